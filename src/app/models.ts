import { createMessagesClient } from '../api/messages-client.js';
import type { EndpointOptions, RequestOptions } from '../api/sdk-client.js';
import type { Config } from '../config/load.js';
import type { Plan, PlannedModel } from '../config/run-plan.js';
import { SECOND, systemClock } from '../lib/clock.js';
import { systemRandom } from '../lib/random.js';
import type { Logger } from '../logging/logger.js';
import type { Endpoint } from '../offline/server/messages-server.js';
import { type ChosenModel, createModelChooser, type ModelChooser } from '../worker/model-chooser.js';

// The models that may write, and where they are reached.

export type ModelEndpoint = EndpointOptions & RequestOptions;

/** Where requests go, and what they have in common: the API, or the offline author, which is started for it. */
export async function openEndpoint(plan: Plan, config: Config, log: Logger): Promise<ModelEndpoint> {
  const { author, model } = plan;
  const offline = author.kind === 'offline' ? await openOfflineAuthor(plan, config, log) : null;
  return {
    apiKey: offline === null ? (config.anthropicApiKey?.reveal() ?? null) : null,
    authToken: offline === null ? (config.anthropicAuthToken?.reveal() ?? null) : null,
    baseUrl: offline?.url ?? config.anthropicBaseUrl,
    model,
    maxTokens: config.maxTokens,
    temperature: config.temperature,
    idleMs: config.requestIdleSeconds * SECOND,
    totalMs: config.requestTimeoutSeconds * SECOND,
    env: process.env,
    onSdkMessage: (text) => log.warn({ event: 'sdk_message' }, text),
  };
}

/** A client for each model that may write. */
export function openModels({ models }: Plan, config: Config, endpoint: ModelEndpoint, log: Logger): ModelChooser {
  const [first, ...others] = models;
  const open = ({ name, price, streamThinking }: PlannedModel): ChosenModel => ({
    name,
    price,
    client: createMessagesClient({
      ...endpoint,
      model: name,
      streamThinking,
      firstTextMs: config.requestFirstTextSeconds === 0 ? null : config.requestFirstTextSeconds * SECOND,
      onRateLimits: (remaining) =>
        log.info({ event: 'rate_limits', remaining }, `API의 남은 한도: ${JSON.stringify(remaining)}`),
      onNotice: ({ event, message }) => log.warn({ event }, message),
    }),
  });
  return createModelChooser([open(first), ...others.map(open)], systemClock, log);
}

/** Loaded only where it writes. */
async function openOfflineAuthor(
  { axes }: Plan,
  { outputDir: folder, offlineCharactersPerSecond: charactersPerSecond }: Config,
  log: Logger,
): Promise<Endpoint> {
  const { startOfflineAuthor } = await import('../offline/author.js');
  const onHistoryError = (error: unknown): void =>
    log.warn({ event: 'offline_history_failed', err: error }, '내장 작가의 사용 기록을 읽거나 쓰지 못했습니다');
  return startOfflineAuthor({ axes, random: systemRandom, charactersPerSecond, folder, onHistoryError });
}
