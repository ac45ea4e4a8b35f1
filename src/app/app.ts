import { randomUUID } from 'node:crypto';
import { fstatSync } from 'node:fs';
import type { LoadedConfig } from '../config/load.js';
import { type Plan, resolvePlan, toRunSettings } from '../config/run-plan.js';
import { SECOND, systemClock } from '../lib/clock.js';
import { UserError } from '../lib/errors.js';
import { identityOf } from '../lib/process-identity.js';
import { ROOT } from '../lib/project.js';
import { systemRandom } from '../lib/random.js';
import { revealSecrets } from '../lib/redact.js';
import type { Logger } from '../logging/logger.js';
import { createProgress } from '../logging/progress.js';
import type { Terminal } from '../logging/terminal.js';
import { openStatusTracker, toTrackedRun } from '../observe/open-status-tracker.js';
import { readPm2Environment, reportReady } from '../observe/pm2.js';
import { trimPm2Logs } from '../observe/pm2-logs.js';
import type { StatusTracker } from '../observe/status-tracker.js';
import { openDeck } from '../prompt/deck.js';
import type { RunEnd } from '../run/end-reason.js';
import type { Run } from '../run/run.js';
import { checkFolderFormat } from '../store/folder-format.js';
import { RECENT_STORIES, readRecentStories } from '../store/recent-stories.js';
import { openSimilarityIndex, type SimilarityIndex } from '../store/similarity-index.js';
import { openStoryStore, removeStaging } from '../store/story-store.js';
import { type AttemptDeps, createAttempts } from '../worker/attempt/attempt.js';
import { retryUntilStored, type StorageRetry } from '../worker/attempt/retry-storage.js';
import { runLoop } from '../worker/loop.js';
import type { ModelChooser } from '../worker/model-chooser.js';
import { createPacing } from '../worker/pacing.js';
import { openRun } from '../worker/recovery.js';
import type { Shutdown } from '../worker/shutdown.js';
import { workInBatches } from './batches.js';
import { createRunFinisher } from './finish-run.js';
import { announceAuthor, announceShutdown, announceStart } from './log-start.js';
import { openPauses } from './open-pauses.js';

// The composition root: puts a run together from the settings.

const MEGABYTE = 1024 ** 2;

/** When stories that the similarity index lacks are looked for: while the first one is being written. */
const CATCH_UP_AFTER = 5 * SECOND;

/** What every part of the process needs, once there is a log. */
interface Worker {
  loaded: LoadedConfig;
  plan: Plan;
  shutdown: Shutdown;
  log: Logger;
  terminal: Terminal;
  tracker: StatusTracker;
}

/** Puts a run together from the settings, and goes on with it until it ends. Never returns before that. */
export async function runWorker(loaded: LoadedConfig, shutdown: Shutdown): Promise<void> {
  const startedAt = systemClock.now();
  const { config } = loaded;
  // Before anything is opened or called: a file that a setting names may be unusable, a folder may be
  // one of a later version.
  const plan = resolvePlan(config);
  await checkFolderFormat(config.outputDir);
  const secrets = revealSecrets([config.anthropicApiKey, config.anthropicAuthToken]);
  let current: Run | null = null;
  const { log, terminal } = await openLog(loaded, secrets, () => current?.id ?? null);
  const tracker = await openStatusTracker({
    config,
    log,
    secrets,
    cwd: ROOT,
    env: process.env,
    writeStderr: (text) => process.stderr.write(text),
    forceSignal: shutdown.aborting,
  });
  const finish = createRunFinisher({
    log,
    terminal,
    limits: plan.limits,
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
  // Node would end with code 13 and without a word.
  process.on('beforeExit', () => void crash(new Error('the run has not ended, and nothing is left to wait for')));
  announceStart({ loaded, plan, isLive: terminal.isLive }, log);
  announceShutdown(shutdown, log);
  announceAuthor(plan, config.author, log);

  const worker = { loaded, plan, shutdown, log, terminal, tracker };
  const run = await openRunUntilStored(worker).catch((error: unknown) => {
    if (error instanceof UserError) log.error({ event: 'run_refused' }, error.message);
    throw error;
  });
  if (run === null) return finish({ kind: 'signal', source: String(shutdown.stopping.reason), during: null });
  current = run;
  await workOn(run, worker).then(finish, crash);
}

/** Opens the log file and standard output. The modules are loaded only now: help and bad settings do without. */
async function openLog({ config }: LoadedConfig, secrets: readonly string[], runId: () => string | null) {
  const [{ openTerminal }, { openLogger }] = await Promise.all([
    import('../logging/terminal.js'),
    import('../logging/logger.js'),
  ]);
  const terminal = openTerminal(process.stdout, fstatSync(process.stdout.fd).isFile() ? 'file' : 'stream');
  const log = await openLogger({
    dir: config.logDir,
    level: config.logLevel,
    format: config.logFormat,
    maxSizeMb: config.logMaxSizeMb,
    keepFiles: config.logKeepFiles,
    onFileOpened: () =>
      readPm2Environment() === null ? null : trimPm2Logs(process.env, config.logMaxSizeMb * MEGABYTE),
    terminal,
    secrets,
    context: () => ({ pid: process.pid, run_id: runId() }),
  });
  return { log, terminal };
}

/** @returns null when told to stop before the run's ledger could be opened */
async function openRunUntilStored(worker: Worker): Promise<Run | null> {
  const { loaded, plan, shutdown, log, tracker } = worker;
  const { config } = loaded;
  const pm2 = readPm2Environment();
  const runName = config.runName ?? pm2?.name ?? 'default';
  const opened = await retryUntilStored(
    storageRetryOf(worker),
    { what: '실행 장부를 열지', giveUp: shutdown.stopping },
    () =>
      openRun(
        { folder: config.outputDir, me: identityOf(process.pid), now: systemClock.now },
        {
          runName,
          durationMs: plan.limits.durationMs,
          resume: config.resume,
          newRun: config.newRun,
          processToken: pm2?.token ?? null,
        },
        log,
      ),
  );
  if (!opened.done) return null;
  const { limits, caps } = plan;
  const callTimeoutSeconds = config.requestTimeoutSeconds;
  tracker.track(toTrackedRun(config.outputDir, opened.value, { runName, limits, caps, callTimeoutSeconds }));
  return opened.value;
}

/** Writes one story after another until the run ends. */
async function workOn(run: Run, worker: Worker): Promise<RunEnd> {
  const { loaded, plan, shutdown, log, tracker } = worker;
  const { limits, caps, retry } = plan;
  // Loads the SDK, which help and bad settings do without.
  const { openEndpoint, openModels } = await import('./models.js');
  const endpoint = await openEndpoint(plan, loaded.config, log);
  const pacing = createPacing(retry, systemClock, systemRandom);
  const models = openModels(plan, loaded.config, endpoint, log);
  const attemptDeps = { ...(await openAttemptDeps(run, worker, models)), pacing };
  reportReady();
  const deps = {
    limits,
    caps,
    pacing,
    startedAt: run.startedAt,
    state: run.state,
    onEvent: tracker.onEvent,
    pauses: openPauses(run, plan, loaded.config, log),
    clock: systemClock,
    log,
    ...shutdown,
  };
  // A batch that is out was paid for, and is collected whatever the settings say now.
  if (loaded.config.batchSize !== null || run.state().batches.length > 0) {
    const end = await workInBatches({ ...deps, ...attemptDeps }, loaded.config, endpoint);
    if (end !== null) return end;
  }
  const { attempt } = createAttempts(attemptDeps);
  return runLoop({ ...deps, attempt });
}

/** Opens everything that an attempt at a story needs: the client, deck, store, index. */
async function openAttemptDeps(run: Run, worker: Worker, models: ModelChooser): Promise<Omit<AttemptDeps, 'pacing'>> {
  const { loaded, plan, shutdown, log, terminal, tracker } = worker;
  const { config } = loaded;
  const { price, caps, axes } = plan;
  const similarity = openSimilarityIndex(config.outputDir);
  catchUpLater(similarity, log);
  const storageRetry = storageRetryOf(worker);
  return {
    run,
    settings: toRunSettings(config, plan),
    price,
    caps,
    axes,
    drawPremise: openDeck({ folder: config.outputDir, axes, random: systemRandom, newId: randomUUID }),
    recent: await readRecentStories(config.outputDir, RECENT_STORIES),
    similarity,
    models,
    store: openStoryStore(config.outputDir, run.id),
    progress: createProgress(terminal, log, systemClock, config.heartbeatSeconds * SECOND),
    storageRetry: { ...storageRetry, clock: tracker.trackRetries(systemClock) },
    clock: systemClock,
    log,
    ...shutdown,
  };
}

function storageRetryOf({ plan, shutdown, log }: Worker): StorageRetry {
  return { wait: plan.retry, clock: systemClock, random: systemRandom, log, stopping: shutdown.stopping };
}

function catchUpLater(similarity: SimilarityIndex, log: Logger): void {
  setTimeout(() => {
    similarity.catchUp().catch((error: unknown) => {
      // The first comparison reads what it needs, and the next process looks again.
      log.debug({ event: 'likeness_not_caught_up', err: error }, '닮은 소설을 찾는 색인을 폴더와 맞추지 못했습니다');
    });
  }, CATCH_UP_AFTER).unref();
}
