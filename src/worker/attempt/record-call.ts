import { CallError, classifyFailure, type Failure } from '../../api/failure.js';
import { costOf, type Price } from '../../api/pricing.js';
import type { Usage } from '../../api/usage.js';
import type { Clock } from '../../lib/clock.js';
import type { Progress } from '../../logging/progress.js';
import type { Prompt } from '../../prompt/prompt.js';
import { type CapHit, type Caps, capInTheWay, worstCase } from '../../run/budget.js';
import type { Run } from '../../run/run.js';
import type { ReceivedAnswer } from '../../story/continuation.js';
import type { ChosenModel } from '../model-chooser.js';
import { createMutex } from './mutex.js';
import { retryUntilStored, type StorageRetry } from './retry-storage.js';

/** What a call is for. */
export interface CallPurpose {
  /** Number of the story. */
  sequence: number;
  /** Ids by axis. */
  premise: Record<string, string>;
  /** Who writes. */
  model: ChosenModel;
  /** The part whose rest is asked for; null for a new text. */
  continues: string | null;
  /** Called with the call's number once the ledger knows of it, before it is made. */
  onRecorded: (number: number) => void;
  /**
   * Resolves when the call may be made, with false when it is not to be made any more. Asked right before it is made, since
   * another story may have met an overload meanwhile, and again after a wait for room below a cap.
   */
  mayCall: () => Promise<boolean>;
}

/** What came of a call. Its outcome is not in the ledger yet, unless it was never made. */
export type CallResult =
  | ({ kind: 'answered' } & ReceivedAnswer)
  | { kind: 'failed'; failure: Failure; usage: Usage | null; partial: ReceivedAnswer | null }
  | { kind: 'abandoned' } // given up on request; in the ledger as open, or never made
  | { kind: 'capped'; hit: CapHit }; // not made, for it might have passed a cap

type Reservation = { kind: 'recorded'; number: number } | { kind: 'abandoned' } | { kind: 'capped'; hit: CapHit };

/** Makes one call, within the caps, and in the ledger before it is made. Rejects on what nobody foresaw. */
export type RecordedCall = (prompt: Prompt, purpose: CallPurpose) => Promise<CallResult>;

export interface RecordedCallDeps {
  run: Run;
  maxTokens: number;
  /** The dearest of the models that may write, for the caps; null where it is not known. */
  price: Price | null;
  caps: Caps;
  progress: Progress;
  clock: Clock;
  storageRetry: StorageRetry;
  stopping: AbortSignal;
  aborting: AbortSignal;
}

export function createRecordedCall(deps: RecordedCallDeps): RecordedCall {
  const { run, maxTokens, price, caps, progress, clock, storageRetry, stopping, aborting } = deps;
  // Two calls must not find the same room, nor take the same number.
  const reserveMutex = createMutex();

  return async (prompt, purpose) => {
    const atMost = worstCase(prompt, maxTokens);
    const reserved = await reserveMutex(() => reserve(purpose, atMost));
    if (reserved.kind !== 'recorded') return reserved;
    purpose.onRecorded(reserved.number);
    return callNow(prompt, purpose);
  };

  /**
   * Writes the call into the ledger once the caps have room for the most that it can use. Calls in flight are counted at
   * their most: they may turn out to have left room. Those of a batch come to their outcome only after this one.
   */
  async function reserve(purpose: CallPurpose, atMost: Usage): Promise<Reservation> {
    for (;;) {
      if (!(await purpose.mayCall())) return { kind: 'abandoned' };
      const hit = capInTheWay(caps, run.state(), atMost, price);
      if (hit === null) break;
      const { open, epoch } = run.state();
      if (!open.some((call) => call.epoch === epoch && call.batch === undefined)) return { kind: 'capped', hit };
      await run.outcome();
    }
    const number = await recordCall(purpose, atMost);
    return number === null ? { kind: 'abandoned' } : { kind: 'recorded', number };
  }

  /**
   * Writes the call into the ledger before it is made, so that a kill cannot hide it.
   * @returns its number; null when given up on request
   */
  async function recordCall({ premise, continues }: CallPurpose, atMost: Usage): Promise<number | null> {
    const { statistics, open } = run.state();
    const record = {
      type: 'attempt' as const,
      at: clock.now(),
      // Calls in flight, and those that a kill cut off, are not counted yet.
      number: statistics.attempts + open.length + 1,
      premise,
      at_most: { tokens: atMost.total_tokens, cost_usd: costOf(atMost, price) },
      ...(continues === null ? {} : { continues }),
    };
    // A story that is begun is finished, also when told to stop.
    const giveUp = continues === null ? stopping : aborting;
    const what = '호출을 장부에 적지';
    const stored = await retryUntilStored(storageRetry, { what, giveUp }, () => run.record(record));
    return stored.done ? record.number : null;
  }

  async function callNow(prompt: Prompt, { sequence, model }: CallPurpose): Promise<CallResult> {
    const startedAt = clock.monotonic();
    const growing = progress.start(sequence);
    try {
      const answer = await model.client(prompt, { signal: aborting, onProgress: growing.characters });
      const generationMs = clock.monotonic() - startedAt;
      return { kind: 'answered', answer, costUsd: costOf(answer.usage, model.price), generationMs };
    } catch (error) {
      if (aborting.aborted) return { kind: 'abandoned' };
      if (!(error instanceof CallError)) throw error;
      const { partial, detail } = error;
      const generationMs = clock.monotonic() - startedAt;
      return {
        kind: 'failed',
        failure: classifyFailure(error),
        usage: detail.usage,
        partial:
          partial === null ? null : { answer: partial, costUsd: costOf(partial.usage, model.price), generationMs },
      };
    } finally {
      growing.stop();
    }
  }
}
