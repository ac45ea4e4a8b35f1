import { randomUUID } from 'node:crypto';
import { fstatSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { readModel } from '../api/pricing.js';
import { checkCaps, chooseAuthor, choosePrice, FROM_SCHEMA, type LoadedConfig, toLimits } from '../config/load.js';
import { SECOND, systemClock } from '../lib/clock.js';
import { formatDuration } from '../lib/format-time.js';
import { identityOf } from '../lib/process-identity.js';
import { ROOT, version } from '../lib/project.js';
import { systemRandom } from '../lib/random.js';
import type { Logger } from '../logging/logger.js';
import { createProgress } from '../logging/progress.js';
import { openStatusTracker, toTrackedRun } from '../observe/open-tracker.js';
import { readPm2Environment, reportReady } from '../observe/pm2.js';
import type { Endpoint } from '../offline/messages-server.js';
import { type AxisCards, readCards } from '../prompt/cards.js';
import { addCustomCards } from '../prompt/custom-cards.js';
import { openDeck } from '../prompt/deck.js';
import { longestPrompt } from '../prompt/prompt.js';
import { readTemplate } from '../prompt/template.js';
import { worstCase } from '../run/budget.js';
import type { Limits } from '../run/end-reason.js';
import type { Run } from '../run/run.js';
import { readRecentStories } from '../store/recent-stories.js';
import { openSimilarityIndex } from '../store/similarity-index.js';
import { openStoryStore, removeStaging } from '../store/story-store.js';
import { createAttempt } from '../worker/attempt.js';
import { runLoop } from '../worker/loop.js';
import { openRun } from '../worker/recovery.js';
import { retryUntilStored } from '../worker/retry-storage.js';
import type { Shutdown } from '../worker/shutdown.js';
import { createRunFinisher } from './finish-run.js';

// The composition root: the settings, put together into a run.

/** How many stories the next one is told to keep away from. */
const RECENT_STORIES = 8;

/** When the folder is looked through for stories that are not in the index yet: while the first one is being written. */
const CATCH_UP_AFTER = 5 * SECOND;

/** Stands wherever a model's name does, so that nobody takes the built-in author for Claude. */
const OFFLINE_MODEL = 'offline';

/** Puts a run together from the settings, and goes on with it until it ends. Never returns before that. */
export async function runWorker({ config, sources }: LoadedConfig, shutdown: Shutdown): Promise<void> {
  const startedAt = systemClock.now();
  // fetch reads HTTP with a WebAssembly module. Compiling it a second time, optimized, takes 0.1 s of processor time and
  // 8 MB that stay (Node 20 and 24), for answers that come a few bytes at a time.
  setFlagsFromString('--no-wasm-tier-up --no-wasm-dynamic-tiering');
  // Whatever the settings name is read before anything is opened or called.
  const choice = chooseAuthor(config);
  const isOffline = choice.kind === 'offline';
  const model = isOffline ? OFFLINE_MODEL : config.model;
  const shipped = readCards(join(ROOT, 'config', 'premises'));
  const axes = config.cards === null ? shipped : addCustomCards(shipped, config.cards);
  const style = { template: config.template === null ? null : readTemplate(config.template), request: config.request };
  const known = choice.provider === 'anthropic' ? readModel(join(ROOT, 'config', 'models.json'), model) : null;
  const price = choosePrice(config, choice, known);
  const caps = { tokens: config.maxTokensTotal, costUsd: config.maxCostUsd };
  checkCaps(caps, worstCase(longestPrompt(axes, style), config.maxTokens), price, model);
  const limits = toLimits(config);

  let current: Run | null = null;
  // Loaded only now, so that help and bad settings are answered at once.
  const [{ openTerminal }, { openLogger }] = await Promise.all([
    import('../logging/terminal.js'),
    import('../logging/logger.js'),
  ]);
  const secrets = [config.anthropicApiKey, config.anthropicAuthToken].flatMap((secret) => secret?.reveal() ?? []);
  const terminal = openTerminal(process.stdout, fstatSync(process.stdout.fd).isFile() ? 'file' : 'stream');
  const log = await openLogger({
    dir: config.logDir,
    level: config.logLevel,
    format: config.logFormat,
    maxSizeMb: config.logMaxSizeMb,
    keepFiles: config.logKeepFiles,
    terminal,
    secrets,
    context: () => ({ pid: process.pid, run_id: current?.id ?? null }),
  });
  const writeStderr = (text: string) => process.stderr.write(text);
  const tracker = await openStatusTracker({
    config,
    log,
    secrets,
    cwd: ROOT,
    env: process.env,
    writeStderr,
    forceSignal: shutdown.aborting,
  });
  const finish = createRunFinisher({
    log,
    terminal,
    limits,
    completed: config.completedExitCode,
    startedAt,
    run: () => current,
    closeStaging: async () => {
      if (current !== null) await removeStaging(config.outputDir, current.id);
    },
    ended: tracker.ended,
  });
  const crash = (error: unknown) => {
    log.error({ event: 'uncaught', err: error }, '예상하지 못한 문제로 종료합니다');
    return finish({ kind: 'uncaught', error });
  };
  process.on('uncaughtException', crash);
  process.on('unhandledRejection', crash);

  // The first record of every process, also of one that was told to stop before it had a log.
  log.info(
    {
      event: 'worker_started',
      version: version(),
      node: process.version,
      provider: choice.provider,
      model,
      // On a terminal stories grow in a live line, elsewhere in the log.
      terminal: terminal.isLive,
      // Secrets mask themselves.
      settings: config,
      sources: Object.fromEntries(Object.entries(sources).filter(([, source]) => source !== FROM_SCHEMA)),
    },
    `호러 소설 생성기를 시작합니다 - ${describeLimits(limits)}`,
  );
  announceRequests(shutdown, log);
  log.info(
    { event: 'author_chosen', provider: choice.provider, model },
    isOffline
      ? '작가: 내장 작가(offline) - API를 쓰지 않으며, Claude가 쓴 소설이 아닙니다. ANTHROPIC_API_KEY를 설정하면 Claude가 씁니다'
      : `작가: ${model} (${choice.provider})`,
  );
  const retry = { baseMs: config.retryBaseSeconds * SECOND, maxMs: config.retryMaxSeconds * SECOND };
  const shared = { clock: systemClock, random: systemRandom, log, ...shutdown };
  const storageRetry = { ...shared, wait: retry };
  const runName = config.runName ?? readPm2Environment()?.name ?? 'default';
  const opened = await retryUntilStored(storageRetry, { what: '실행 장부를 열지', giveUp: shutdown.stopping }, () =>
    openRun(
      { folder: config.outputDir, me: identityOf(process.pid), now: systemClock.now },
      {
        runName,
        durationMs: limits.durationMs,
        resume: config.resume,
        newRun: config.newRun,
        processToken: readPm2Environment()?.token ?? null,
      },
      log,
    ),
  );
  if (!opened.done) return finish({ kind: 'signal', source: String(shutdown.stopping.reason), during: null });
  const run = opened.value;
  current = run;
  tracker.track(toTrackedRun(config.outputDir, run, { runName, limits, caps }));

  const { createMessagesClient } = await import('../api/messages-client.js');
  const offline = isOffline ? await openOfflineAuthor({ axes, ...config }) : null;
  const likeness = openSimilarityIndex(config.outputDir);
  setTimeout(() => {
    likeness.catchUp().catch((error: unknown) => {
      // The first comparison reads what it needs, and the next process looks again.
      log.debug({ event: 'likeness_not_caught_up', err: error }, '닮은 소설을 찾는 색인을 폴더와 맞추지 못했습니다');
    });
  }, CATCH_UP_AFTER).unref();
  const attempt = createAttempt({
    ...shared,
    run,
    facts: {
      ...style,
      provider: choice.provider,
      model,
      maxTokens: config.maxTokens,
      temperature: config.temperature,
      minCharacters: config.minStoryCharacters,
      maxContinuations: config.maxContinuations,
      maxLikeness: config.maxLikeness,
    },
    price,
    caps,
    axes,
    drawPremise: openDeck({ folder: config.outputDir, axes, random: systemRandom, newId: randomUUID }),
    recent: await readRecentStories(config.outputDir, RECENT_STORIES),
    likeness,
    client: createMessagesClient({
      apiKey: isOffline ? null : (config.anthropicApiKey?.reveal() ?? null),
      authToken: isOffline ? null : (config.anthropicAuthToken?.reveal() ?? null),
      baseUrl: offline?.url ?? config.anthropicBaseUrl,
      model,
      maxTokens: config.maxTokens,
      temperature: config.temperature,
      streamThinking: known?.thinks === true,
      idleMs: config.requestIdleSeconds * SECOND,
      totalMs: config.requestTimeoutSeconds * SECOND,
      onRateLimits: (remaining) =>
        log.info({ event: 'rate_limits', remaining }, `API의 남은 한도: ${JSON.stringify(remaining)}`),
      onSdkMessage: (text) => log.warn({ event: 'sdk_message' }, text),
    }),
    store: openStoryStore(config.outputDir, run.id),
    progress: createProgress(terminal, log, systemClock, config.heartbeatSeconds * SECOND),
    storageRetry: { ...storageRetry, clock: tracker.trackRetries(systemClock) },
  });
  reportReady();
  const { startedAt: runStartedAt, state } = run;
  await runLoop({
    ...shared,
    limits,
    caps,
    retry,
    startedAt: runStartedAt,
    state,
    attempt,
    onEvent: tracker.onEvent,
  }).then(finish, crash);
}

/** Loaded only where it writes. */
async function openOfflineAuthor({
  axes,
  offlineCharactersPerSecond: charactersPerSecond,
}: {
  axes: readonly AxisCards[];
  offlineCharactersPerSecond: number;
}): Promise<Endpoint> {
  const { startOfflineAuthor } = await import('../offline/author.js');
  return startOfflineAuthor({ axes, random: systemRandom, charactersPerSecond });
}

/** Says what `main.ts` has heard, also what it heard before there was a log. */
function announceRequests({ stopping, aborting }: Shutdown, log: Logger): void {
  whenAborted(stopping, (source) =>
    log.info({ event: 'stop_requested', source }, `${source} 수신 - 현재 작업 완료 후 종료합니다`),
  );
  whenAborted(aborting, (source) =>
    log.warn({ event: 'abort_requested', source }, `${source} 다시 수신 - 쓰던 소설을 버리고 종료합니다`),
  );
  process.on('SIGHUP', () => {
    if (!stopping.aborted) log.info({ event: 'hangup_ignored' }, 'SIGHUP 수신 - 터미널 없이 실행 중이므로 계속합니다');
  });
}

function whenAborted(signal: AbortSignal, act: (source: unknown) => void): void {
  if (signal.aborted) act(signal.reason);
  else signal.addEventListener('abort', () => act(signal.reason), { once: true });
}

function describeLimits({ durationMs, maxStories, intervalMs }: Limits): string {
  const parts = [
    durationMs === null ? '시간 제한 없음' : `실행 시간 ${formatDuration(durationMs)}`,
    maxStories === null ? '개수 제한 없음' : `최대 ${maxStories}편`,
    `간격 ${formatDuration(intervalMs)}`,
  ];
  return parts.join(', ');
}
