import { SECOND } from '../lib/clock.js';
import { formatDuration } from '../lib/format-time.js';
import type { Logger } from '../logging/logger.js';
import {
  type LedgerRecord,
  ledgerPath,
  type OutcomeRecord,
  type ReadLedger,
  readLedger,
  supersededParts,
} from '../run/ledger.js';
import {
  beginRun,
  type ClaimedRun,
  claimRun,
  hasLivingOwner,
  type Run,
  type RunContext,
  resumeRun,
} from '../run/run.js';
import type { ReadMetadata } from '../store/story-metadata.js';
import {
  type Destination,
  discardLeftover,
  listLeftovers,
  listStagings,
  openStoryStore,
  removeStaging,
  stagingFolder,
} from '../store/story-store.js';
import { unsentOutcome } from './batches/unsent-call.js';

/** What the settings and the supervisor say about which run this is. */
export interface RunRequest {
  runName: string;
  durationMs: number | null;
  resume: boolean;
  newRun: boolean;
  /** The same for every automatic restart of one supervised process; null without a supervisor. */
  processToken: string | null;
}

/**
 * Takes up the run that is to go on, or begins one, and puts right what killed runs have left in the folder.
 * Rejects with the file system's error; can be tried again.
 */
export async function openRun(context: RunContext, wish: RunRequest, log: Logger): Promise<Run> {
  const taken = await takeUp(context, wish, (path) => {
    log.warn({ event: 'ledger_unreadable', path }, `장부로 읽을 수 없는 파일을 건너뜁니다: ${path}`);
  });
  if (taken !== null) {
    await recoverRun(context, taken, log);
    announceResumed(taken.run, context, log);
  }
  await recoverRuns(context, taken?.run.id ?? null, log);
  // Last, so that a failure before it begins no second run when this is tried again.
  const run = taken?.run ?? (await beginRun(context, wish.runName, wish.newRun ? wish.processToken : null));
  if (taken === null) {
    log.info(
      { event: 'run_begun', run_name: wish.runName },
      wish.resume && !wish.newRun ? '이어 할 실행이 없어 새 실행을 시작합니다' : '새 실행을 시작합니다',
    );
  }
  return run;
}

/**
 * A supervisor restarts a worker with the same flags: what `--new-run` began goes on then, or every crash would start
 * the count and the deadline anew.
 */
async function takeUp(
  context: RunContext,
  { runName, durationMs, resume, newRun, processToken }: RunRequest,
  onUnreadable: (path: string) => void,
): Promise<ClaimedRun | null> {
  if (newRun) {
    return processToken === null
      ? null
      : resumeRun(context, { runName, durationMs, newRunToken: processToken }, onUnreadable);
  }
  return resume ? resumeRun(context, { runName, durationMs, newRunToken: null }, onUnreadable) : null;
}

function announceResumed(run: Run, { now }: RunContext, log: Logger): void {
  const { statistics, resumes, lastAt } = run.state();
  const { stories } = statistics;
  log.info(
    { event: 'run_resumed', resumes, stories, started_at: new Date(run.startedAt).toISOString() },
    `끝나지 않은 실행을 이어서 합니다 - ${formatDuration(now() - run.startedAt)} 전에 시작, 소설 ${stories}편, 다시 시작 ${resumes}회째`,
  );
  if (lastAt > now() + CLOCK_SLACK) {
    log.warn(
      { event: 'clock_set_back', last_record_at: new Date(lastAt).toISOString() },
      '시계가 지난 기록보다 뒤로 가 있습니다. 마감은 처음 시작한 시각에서 셈하되, 실행 시간보다 길어지지 않게 합니다',
    );
  }
}

/** How far a clock may be behind the last record without a word, in milliseconds. */
const CLOCK_SLACK = 2 * SECOND;

/**
 * Puts right what runs left behind whose process was killed: staged pairs that are whole are published, what is not
 * whole is removed, and both are said. A run with a living owner is not touched.
 */
export async function recoverRuns(context: RunContext, exceptRunId: string | null, log: Logger): Promise<void> {
  for (const runId of await listStagings(context.folder)) {
    if (runId === exceptRunId) continue;
    if ((await listLeftovers(context.folder, runId)).length === 0) {
      // Killed when all was done but this; one whose owner lives is about to be used.
      if (!hasLivingOwner(context, runId)) await removeStaging(context.folder, runId);
      continue;
    }
    const taken = await claimRun(context, runId, 'recover');
    if (taken === null) {
      warnOfOrphan(context, runId, log);
      continue;
    }
    await recoverRun(context, taken, log);
    const { run } = taken;
    await run.record({ type: 'end', at: context.now(), reason: 'recovered', over: run.state().over });
  }
}

/** Without its ledger nobody can say whose these files are; they are left for a person to look at. */
function warnOfOrphan({ folder }: RunContext, runId: string, log: Logger): void {
  if (readLedger(ledgerPath(folder, runId)) !== null) return;
  log.warn(
    { event: 'staging_without_ledger', of_run: runId },
    `장부가 없는 실행의 작업 폴더를 그대로 둡니다. 온전한 글이 있을 수 있습니다: ${stagingFolder(folder, runId)}`,
  );
}

/** The same for one run that this process has claimed. */
export async function recoverRun({ folder, now }: RunContext, { run, ledger }: ClaimedRun, log: Logger): Promise<void> {
  const store = openStoryStore(folder, run.id);
  // All are recorded before one is moved: a text that the ledger does not know yet may have taken in another.
  const found: { name: string; record: NamedOutcome | null }[] = [];
  for (const { name, metadata } of await listLeftovers(folder, run.id)) {
    const record =
      metadata === null ? null : (recordedOutcome(ledger, name) ?? (await recordOutcome(run, name, metadata, now())));
    found.push({ name, record });
  }
  const takenIn = supersededParts([...ledger.records, ...found.flatMap(({ record }) => record ?? [])]);
  for (const { name, record } of found) {
    if (takenIn.has(name)) {
      await discardLeftover(folder, run.id, name);
    } else if (record === null) {
      await discardLeftover(folder, run.id, name);
      log.warn(
        { event: 'leftover_discarded', of_run: run.id, name },
        `지난 실행이 쓰다 만 파일을 지웠습니다 (온전하지 않음): ${name}`,
      );
    } else {
      const stored = await store.publish(name, destinationOf(record));
      log.info(
        { event: 'leftover_published', of_run: run.id, name },
        `지난 실행이 남긴 글을 마저 저장했습니다: ${stored.markdownPath}`,
      );
    }
  }
  await removeStaging(folder, run.id);
  if (ledger.unreadable > 0) {
    log.warn(
      { event: 'ledger_torn', of_run: run.id, lines: ledger.unreadable },
      `장부에 읽을 수 없는 줄이 ${ledger.unreadable}개 있어 건너뛰었습니다: ${ledger.path}`,
    );
  }
  await giveUpUnsentCalls(run, now());
  for (const { number, at_most, batch } of run.state().open) {
    // A batch goes on without its process.
    if (batch !== undefined) continue;
    log.warn(
      { event: 'call_lost', of_run: run.id, number, at_most },
      '지난 실행의 호출 하나가 결과를 받기 전에 끊겼습니다. 비용이 들었을 수 있어 상한을 셈할 때 최댓값으로 칩니다',
    );
  }
}

/** Calls of a batch whose intent is missing: the process was killed while it wrote them, before it could create the batch. */
async function giveUpUnsentCalls(run: Run, at: number): Promise<void> {
  const { open, batches } = run.state();
  const keys = new Set<string | undefined>([undefined, ...batches.map(({ key }) => key)]);
  const unsent = open.filter(({ batch }) => !keys.has(batch));
  if (unsent.length > 0) await run.recordAll(unsent.map((call) => unsentOutcome(call, at)));
}

type NamedOutcome = Exclude<OutcomeRecord, { kind: 'abandoned' }>;

function isNamed(record: LedgerRecord): record is NamedOutcome {
  return record.type === 'outcome' && record.kind !== 'abandoned';
}

function recordedOutcome({ records }: ReadLedger, name: string): NamedOutcome | null {
  return records.filter(isNamed).find((record) => record.name === name) ?? null;
}

/** A whole pair that the ledger does not know: the process was killed between staging and recording. */
async function recordOutcome(run: Run, name: string, metadata: ReadMetadata, at: number): Promise<NamedOutcome> {
  const record = rebuildOutcome(name, metadata, at);
  await run.record(record);
  return record;
}

function rebuildOutcome(name: string, metadata: ReadMetadata, at: number): NamedOutcome {
  const { calls, call_number, completes, set_aside: setAside, doubts, nearest, likeness, duration_ms } = metadata;
  // Of several calls, the ledger has counted all but the last.
  const { usage, cost_usd } = calls?.at(-1) ?? metadata;
  const common = {
    type: 'outcome',
    at,
    ...(call_number === null ? {} : { attempt: call_number }),
    usage,
    cost_usd,
    name,
    ...(completes === null ? {} : { completes }),
  } as const;
  if (setAside !== null) return { ...common, kind: 'failure', failure: setAside.kind, code: setAside.code };
  return {
    ...common,
    kind: 'story',
    generation_ms: duration_ms ?? 0,
    nearest: nearest === null ? null : { name: nearest, score: likeness ?? 0 },
    ...(doubts === null || doubts.length === 0 ? {} : { doubts: doubts.map(({ code }) => code) }),
  };
}

function destinationOf({ kind }: NamedOutcome): Destination {
  return kind === 'story' ? 'stories' : 'set-aside';
}
