import { join } from 'node:path';
import { canStreamThinking, costOf, type Price, readModel } from '../api/pricing.js';
import type { Usage } from '../api/usage.js';
import type { BackoffOptions } from '../lib/backoff.js';
import { SECOND } from '../lib/clock.js';
import { ROOT } from '../lib/project.js';
import type { AxisCards } from '../prompt/cards.js';
import { addCustomCards } from '../prompt/custom-cards.js';
import { longestPrompt, type PromptStyle } from '../prompt/prompt.js';
import { readCards } from '../prompt/read-cards.js';
import { readTemplate } from '../prompt/template.js';
import { type Caps, worstCase } from '../run/budget.js';
import type { Limits } from '../run/end-reason.js';
import { longestRecentStories } from '../store/recent-stories.js';
import type { RunSettings } from '../store/story-metadata.js';
import { type Config, ConfigError } from './load.js';

// What the settings come to: everything that is decided before a run begins, files that they name included.

/** A run as the settings ask for it. */
export interface Plan {
  author: AuthorChoice;
  /** As it is asked for, and stands in every record; "offline" for the built-in author. */
  model: string;
  /** The model above, and those that stand in for it, in their order. */
  models: readonly [PlannedModel, ...PlannedModel[]];
  /** The dearest of them, for the caps; null where none is known. */
  price: Price | null;
  caps: Caps;
  limits: Limits;
  /** Back-off after failures. */
  retry: BackoffOptions;
  /** The cards of all axes, the user's own included. */
  axes: readonly AxisCards[];
  style: PromptStyle;
  /** The most that the first call can use. */
  callAtMost: Usage;
  /** The same once there are stories that the next one is to keep away from. */
  laterCallAtMost: Usage;
}

/** A model that may write. */
export interface PlannedModel {
  name: string;
  /** null where none is known. */
  price: Price | null;
  /** Whether it can be asked to stream its thinking, by config/models.json or else by its name. */
  streamThinking: boolean;
}

/** Stands wherever a model's name does, so that the built-in author is not taken for Claude. */
const OFFLINE_MODEL = 'offline';

/**
 * Reads every file that the settings name and decides what they leave open. Opens and calls nothing.
 * @throws UserError when a setting or a file cannot be used
 */
export function resolvePlan(config: Config): Plan {
  const author = chooseAuthor(config);
  const model = author.kind === 'offline' ? OFFLINE_MODEL : config.model;
  const shipped = readCards(join(ROOT, 'config', 'premises'));
  const axes = config.cards === null ? shipped : addCustomCards(shipped, config.cards);
  const style = { template: config.template === null ? null : readTemplate(config.template), request: config.request };
  const planModel = (name: string) => planned(config, author, name);
  const models = [planModel(model), ...fallbacksOf(config, author).map(planModel)] as const;
  const price = dearest(models.map((each) => each.price));
  const caps = { tokens: config.maxTokensTotal, costUsd: config.maxCostUsd };
  const callAtMost = worstCase(longestPrompt(axes, style), config.maxTokens);
  checkCaps(caps, callAtMost, price, model, CAP_NAMES);
  const perDay = { tokens: config.maxTokensPerDay, costUsd: config.maxCostUsdPerDay };
  // A later day has to have room for a call, too.
  const laterCallAtMost = worstCase(longestPrompt(axes, style, longestRecentStories(axes)), config.maxTokens);
  checkCaps(perDay, laterCallAtMost, price, model, CAP_NAMES_PER_DAY);
  return {
    author,
    model,
    models,
    price,
    caps,
    limits: toLimits(config),
    retry: { baseMs: config.retryBaseSeconds * SECOND, maxMs: config.retryMaxSeconds * SECOND },
    axes,
    style,
    callAtMost,
    laterCallAtMost,
  };
}

function planned(config: Config, author: AuthorChoice, name: string): PlannedModel {
  const isOffline = author.kind === 'offline';
  const known = isOffline ? null : readModel(join(ROOT, 'config', 'models.json'), name);
  return {
    name,
    // Another endpoint has prices of its own for a model of the same name.
    price: choosePrice(config, author, author.provider === 'anthropic' ? known : null),
    streamThinking: !isOffline && canStreamThinking(name, known),
  };
}

function fallbacksOf({ fallbackModels, model }: Config, { kind }: AuthorChoice): string[] {
  const names = kind === 'offline' || fallbackModels === null ? [] : fallbackModels.split(',');
  return [...new Set(names.map((name) => name.trim()))].filter((name) => name !== '' && name !== model);
}

/** @returns null as soon as one price is not known */
function dearest(prices: readonly (Price | null)[]): Price | null {
  const known = prices.flatMap((price) => price ?? []);
  if (known.length < prices.length) return null;
  return {
    input: Math.max(...known.map(({ input }) => input)),
    output: Math.max(...known.map(({ output }) => output)),
  };
}

/** The settings that the metadata of each story of the run repeats. */
export function toRunSettings(config: Config, { author, model, style }: Plan): RunSettings {
  return {
    ...style,
    provider: author.provider,
    model,
    maxTokens: config.maxTokens,
    temperature: config.temperature,
    minCharacters: config.minStoryCharacters,
    maxContinuations: config.maxContinuations,
    maxLikeness: config.maxLikeness,
  };
}

/** Who writes, and under which name it is recorded. */
export interface AuthorChoice {
  kind: 'anthropic' | 'offline';
  /** "anthropic", "offline", or the host of another endpoint. */
  provider: string;
}

export const VENDOR_HOST = 'api.anthropic.com';

/**
 * The author that the settings ask for: with `auto`, the Messages API as soon as a credential or an address is
 * given, and else the built-in offline author.
 * @throws ConfigError when the API is asked for by name and nothing says how to reach it
 */
export function chooseAuthor({ author, anthropicApiKey, anthropicAuthToken, anthropicBaseUrl }: Config): AuthorChoice {
  const reachable = anthropicApiKey !== null || anthropicAuthToken !== null || anthropicBaseUrl !== null;
  if (author === 'offline' || (author === 'auto' && !reachable)) return { kind: 'offline', provider: 'offline' };
  if (!reachable) {
    throw new ConfigError(
      'AUTHOR=anthropic에는 ANTHROPIC_API_KEY, ANTHROPIC_AUTH_TOKEN, ANTHROPIC_BASE_URL 가운데 하나가 필요합니다',
    );
  }
  const host = anthropicBaseUrl === null ? VENDOR_HOST : new URL(anthropicBaseUrl).host;
  return { kind: 'anthropic', provider: host === VENDOR_HOST ? 'anthropic' : host };
}

/**
 * The price of a call: the settings', the model's list price, nothing for the offline author; null where none is known.
 * @throws ConfigError when only one of the two prices is given
 */
export function choosePrice(
  { priceInputUsd, priceOutputUsd }: Config,
  { kind }: AuthorChoice,
  listPrice: Price | null,
): Price | null {
  if ((priceInputUsd === null) !== (priceOutputUsd === null)) {
    throw new ConfigError('PRICE_INPUT_USD와 PRICE_OUTPUT_USD는 함께 주어야 합니다');
  }
  if (priceInputUsd !== null && priceOutputUsd !== null) return { input: priceInputUsd, output: priceOutputUsd };
  return kind === 'offline' ? { input: 0, output: 0 } : listPrice;
}

/** The settings that caps come from, for messages. */
interface CapNames {
  tokens: string;
  costUsd: string;
}

const CAP_NAMES: CapNames = { tokens: 'MAX_TOKENS_TOTAL', costUsd: 'MAX_COST_USD' };
const CAP_NAMES_PER_DAY: CapNames = { tokens: 'MAX_TOKENS_PER_DAY', costUsd: 'MAX_COST_USD_PER_DAY' };

/**
 * @param call the most that one call can use
 * @throws ConfigError when a cap leaves no room for a single call, or costs are capped and no price is known
 */
export function checkCaps(
  caps: Caps,
  call: Usage,
  price: Price | null,
  model: string,
  names: CapNames = CAP_NAMES,
): void {
  if (caps.tokens !== null && caps.tokens < call.total_tokens) {
    throw new ConfigError(
      `${names.tokens}: 한 번의 호출이 쓸 수 있는 ${call.total_tokens}토큰보다 작습니다. 늘리거나 MAX_TOKENS를 줄이세요`,
    );
  }
  if (caps.costUsd === null) return;
  const cost = costOf(call, price);
  if (cost === null) {
    throw new ConfigError(
      `${names.costUsd}: ${model}의 가격을 모릅니다. PRICE_INPUT_USD와 PRICE_OUTPUT_USD를 주거나 config/models.json에 더하세요`,
    );
  }
  if (caps.costUsd < cost) {
    throw new ConfigError(
      `${names.costUsd}: 한 번의 호출이 쓸 수 있는 ${cost.toFixed(4)}달러보다 작습니다. 늘리거나 MAX_TOKENS를 줄이세요`,
    );
  }
}

/**
 * 0 means "no limit" everywhere. With neither a duration nor a count, one story is written; a duration alone is
 * not cut at one.
 */
export function toLimits(config: Config): Limits {
  const { durationSeconds, maxStories, intervalSeconds, maxConsecutiveFailures } = config;
  const stories = maxStories ?? (durationSeconds === null ? 1 : 0);
  return {
    durationMs: durationSeconds === null || durationSeconds === 0 ? null : durationSeconds * 1000,
    maxStories: stories === 0 ? null : stories,
    intervalMs: intervalSeconds * 1000,
    maxConsecutiveFailures: maxConsecutiveFailures === 0 ? null : maxConsecutiveFailures,
    maxRejectedInARow: config.maxRejectedInARow === 0 ? null : config.maxRejectedInARow,
    concurrency: config.concurrency,
  };
}
