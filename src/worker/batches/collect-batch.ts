import { type BatchInfo, sizeOf } from '../../api/batches/batch-client.js';
import { classifyFailure, endsRun, type Failure } from '../../api/failure.js';
import { NO_TOKENS } from '../../api/usage.js';
import { formatNumber } from '../../lib/format-number.js';
import type { AxisCards, Premise } from '../../prompt/cards.js';
import { composePrompt } from '../../prompt/prompt.js';
import { unmarkBatchOut } from '../../run/ledger.js';
import type { OpenBatch, OpenCall, OutcomeRecord } from '../../run/ledger-records.js';
import type { RecentStories } from '../../store/recent-stories.js';
import type { RunSettings } from '../../store/story-metadata.js';
import { retryUntilStored } from '../attempt/retry-storage.js';
import type { WorkerEvent } from '../events.js';
import type { Waits } from '../waits.js';
import { countFields, describeCounts } from './describe-counts.js';
import { createLookUpBatch } from './look-up-batch.js';
import { createTakeResults, premiseOf, type TakeResultsDeps } from './take-results.js';
import { unsentOutcome } from './unsent-call.js';

export interface CollectBatchDeps extends Omit<TakeResultsDeps, 'promptOf'> {
  /** The story folder. */
  folder: string;
  settings: RunSettings;
  axes: readonly AxisCards[];
  recent: RecentStories;
  wait: Waits['wait'];
  onEvent: (event: WorkerEvent) => void;
  /** null: no batch is to be created any more, also none that an earlier process was about to create. */
  batchSize: number | null;
}

/**
 * Sees to a batch of the ledger until nothing of it is expected any more: creates it, or finds the one that an earlier
 * try created, waits for its end, and ends the attempts that its results belong to.
 * @returns false when the worker is to stop before that
 */
export type CollectBatch = (batch: OpenBatch) => Promise<boolean>;

/** Waits between two polls grow by this factor, to so many times the first. */
const EASING = 1.5;
const LONGEST_POLL = 10;

export function createCollectBatch(deps: CollectBatchDeps): CollectBatch {
  const { run, folder, settings, axes, recent, client, rules, wait, batchSize } = deps;
  const { pollMs, storageRetry, onEvent, clock, log, stopping, aborting } = deps;
  const lookUp = createLookUpBatch({ client, pollMs, clock, log, stopping, aborting });
  const takeResults = createTakeResults({ ...deps, promptOf });
  const foreign = new Set<string>();

  return async (batch) => {
    for (let current: OpenBatch = batch; ; current = { ...current, id: null }) {
      const id = current.id ?? (await ensureCreated(current));
      const info = id === null ? null : await waitForEnd(current, id);
      // Without results it was refused, or the vendor does not know it: then nothing of it is expected any more.
      if (info === null) return isClosed(batch);
      const taken = await takeResults(info);
      if (taken === 'stopped') return false;
      if (taken === 'taken') {
        await close(batch, []);
        log.info(
          { event: 'batch_collected', batch: info.id, counts: countFields(info.counts) },
          `배치의 결과를 모두 거두었습니다 - ${describeCounts(info.counts)}`,
        );
        return true;
      }
      // Found by its size while its results could not be read yet, and somebody else's: the search goes on.
      foreign.add(info.id);
      log.warn({ event: 'batch_foreign', batch: info.id }, `이 실행의 배치가 아닙니다: ${info.id}`);
    }
  };

  /** @returns its id; null when it was refused or is not wanted any more, or it is unknown whether it exists and the run is to stop */
  async function ensureCreated(batch: OpenBatch): Promise<string | null> {
    const calls = callsOf(batch);
    // A process that was killed, or an answer that was lost: creating is not idempotent.
    let mayExist = batch.epoch !== run.state().epoch || foreign.size > 0;
    for (;;) {
      const found = mayExist ? await lookUp(batch, calls, foreign) : null;
      if (found === 'stopped') return null;
      if (found !== null) return recordCreated(batch, found);
      // A limit that was reached meanwhile lets nothing new begin.
      if (batchSize === null || rules.due() !== null) {
        await closeUncreated(batch, null);
        return null;
      }
      const begunAt = clock.monotonic();
      try {
        const requests = calls.map((call) => ({ customId: call.custom_id ?? '', prompt: promptOf(premiseOf(call)) }));
        return await recordCreated(batch, await client.create(requests, aborting));
      } catch (error) {
        if (aborting.aborted) return null;
        const failure = asBatchFailure(classifyFailure(error));
        if (endsRun(failure.kind) && failure.mayPass !== true) {
          await closeUncreated(batch, failure);
          rules.settle({ kind: 'failed', failure, usage: NO_TOKENS }, begunAt);
          return null;
        }
        mayExist = true;
        rules.settle({ kind: 'failed', failure, usage: NO_TOKENS }, begunAt);
        if (rules.close(rules.due())) return null;
        await wait({ until: clock.monotonic(), reason: 'retry' });
        if (rules.close(rules.due('batch'))) return null;
      }
    }
  }

  async function recordCreated({ key }: OpenBatch, info: BatchInfo): Promise<string | null> {
    const { id } = info;
    const record = { type: 'batch', at: clock.now(), key, phase: 'created', id } as const;
    const what = '배치의 번호를 장부에 적지';
    const stored = await retryUntilStored(storageRetry, { what, giveUp: aborting }, () => run.record(record));
    // Without its id the next start looks for it.
    if (!stored.done) return null;
    log.info(
      { event: 'batch_created', batch: id, requests: sizeOf(info.counts) },
      `소설 ${formatNumber(sizeOf(info.counts))}편을 배치로 맡겼습니다: ${id}`,
    );
    return id;
  }

  /**
   * It does not exist, so nothing of it was or will be paid for.
   * @param failure of its creation; null when it was not tried
   */
  async function closeUncreated(batch: OpenBatch, failure: Failure | null): Promise<void> {
    const outcomes: OutcomeRecord[] = callsOf(batch).map((call) => unsentOutcome(call, clock.now()));
    const [first] = outcomes;
    if (first !== undefined && failure !== null) {
      const { kind, code } = failure;
      outcomes[0] = { ...first, kind: 'failure', failure: kind, code, name: null };
    }
    await close(batch, outcomes);
  }

  /** Polls until the batch has ended. @returns null when the worker is to stop, or the vendor knows no such batch */
  async function waitForEnd(batch: OpenBatch, id: string): Promise<BatchInfo | null> {
    let pause = pollMs;
    let told: string | null = null;
    let refusals = 0;
    for (;;) {
      if (stopping.aborted) return leaveOut(id);
      try {
        const info = await client.retrieve(id, aborting);
        if (info === null) return await closeUnknown(batch, id);
        if (info.hasEnded) return info;
        refusals = 0;
        const detail = describeCounts(info.counts);
        if (detail !== told) {
          told = detail;
          log.info(
            { event: 'batch_waiting', batch: id, counts: countFields(info.counts) },
            `배치의 결과를 기다립니다 - ${detail}`,
          );
        }
      } catch (error) {
        if (aborting.aborted) return leaveOut(id);
        const failure = classifyFailure(error);
        refusals = endsRun(failure.kind) ? refusals + 1 : 0;
        log.warn(
          { event: 'batch_poll_failed', batch: id, code: failure.code },
          `배치의 상태를 묻지 못했습니다 - ${failure.reason}`,
        );
        if (refusals === TRIES_OF_REFUSAL) {
          rules.close({ kind: 'refused', failure });
          return null;
        }
      }
      onEvent({
        kind: 'waiting',
        for: 'batch',
        until: clock.now() + pause,
        ...(told === null ? {} : { detail: told }),
      });
      await clock.sleep(pause, stopping);
      pause = Math.min(pause * EASING, LONGEST_POLL * pollMs);
    }
  }

  function leaveOut(id: string): null {
    rules.close(rules.due('batch'));
    log.info(
      { event: 'batch_left_out', batch: id },
      `배치는 API에서 계속됩니다: ${id}. 29일 안에 --resume으로 다시 시작하면 결과를 거둡니다`,
    );
    return null;
  }

  /** Of another workspace, older than its results are kept, or of an offline author that has ended. */
  async function closeUnknown(batch: OpenBatch, id: string): Promise<null> {
    log.error(
      { event: 'batch_unknown', batch: id },
      `API가 모르는 배치입니다. 비용이 들었을 수 있어 상한을 셈할 때 최댓값으로 칩니다: ${id}`,
    );
    await close(batch, []);
    return null;
  }

  /** Nothing of the batch is expected any more. */
  async function close({ key }: OpenBatch, outcomes: readonly OutcomeRecord[]): Promise<void> {
    const record = { type: 'batch', at: clock.now(), key, phase: 'closed' } as const;
    const what = '배치가 끝난 것을 장부에 적지';
    await retryUntilStored(storageRetry, { what, giveUp: aborting }, () => run.recordAll([...outcomes, record]));
    if (run.state().batches.length === 0) unmarkBatchOut(folder, run.id);
  }

  function isClosed(batch: OpenBatch): boolean {
    return run.state().batches.every(({ key }) => key !== batch.key);
  }

  function callsOf({ key }: OpenBatch): OpenCall[] {
    return run.state().open.filter(({ batch }) => batch === key);
  }

  function promptOf(premise: Premise) {
    return composePrompt(premise, axes, settings, recent.list());
  }
}

/** How often in a row a poll may be refused for good, as a key that was taken back is. */
const TRIES_OF_REFUSAL = 4;

/** An endpoint without batches says so in several ways; the advice is the same. */
function asBatchFailure(failure: Failure): Failure {
  if (!/^(not_found|http_(404|405|501))/.test(failure.code)) return failure;
  const advice = '이 주소는 Message Batches를 지원하지 않는 것 같습니다. --batch-size 없이 실행하세요';
  return { ...failure, kind: 'fatal', advice, mayPass: false };
}
