import { setMaxListeners } from 'node:events';
import { endsRun } from '../api/failure.js';
import type { Clock } from '../lib/clock.js';
import type { Logger } from '../logging/logger.js';
import { type CapHit, type Caps, nearCaps } from '../run/budget.js';
import type { EndReason, Limits, Waiting } from '../run/end-reason.js';
import type { RunState } from '../run/run-state.js';
import { announceFailure, announceStory, describeNearCap } from './attempt/announce-outcome.js';
import type { AttemptOutcome, FailedAttempt } from './attempt/outcome.js';
import type { WorkerEvent } from './events.js';
import type { Pacing } from './pacing.js';
import type { Pauses } from './pauses.js';
import { isRejection, toRejectedEnd } from './rejections.js';

// The rules of a run: what an outcome means for it, and when it is to end.

export interface RunRulesDeps {
  limits: Limits;
  caps: Caps;
  pacing: Pacing;
  /** When the run first started, milliseconds since the epoch. */
  startedAt: number;
  /** The run so far; every attempt changes it. */
  state: () => RunState;
  /** Called on every event; must return at once and never throw. */
  onEvent: (event: WorkerEvent) => void;
  clock: Clock;
  log: Logger;
  stopping: AbortSignal;
  aborting: AbortSignal;
  pauses: Pauses;
}

export interface RunRules {
  /** When the run is over by the wall clock, milliseconds since the epoch; null: never. */
  readonly deadline: number | null;
  readonly pacing: Pacing;
  /** Aborted once the run is to stop or to end: ends every wait. */
  readonly woken: AbortSignal;
  /** The end that is due before the next story, if any; a signal goes before a limit. @param during a wait that it cuts */
  due(during?: Waiting | null): EndReason | null;
  /** Ends the run for a reason, if there is one; the first reason stays. @returns whether the run is to end */
  close(reason: EndReason | null): boolean;
  /**
   * Counts what came of an attempt, and ends the run where that ends it.
   * @param begunAt when the attempt began, monotonic milliseconds
   */
  settle(outcome: AttemptOutcome, begunAt: number): void;
  /** Why the run ended. Throws when it has not. */
  end(): EndReason;
}

/** How often a refusal that may pass by itself is tried in a row, by a process that has had answers. */
const TRIES_OF_REFUSAL = 4;

export function createRunRules(deps: RunRulesDeps): RunRules {
  const { limits, caps, pacing, startedAt, state, onEvent, clock, log, stopping, aborting, pauses } = deps;
  const deadline = limits.durationMs === null ? null : startedAt + limits.durationMs;
  const warned = new Set<CapHit['cap']>();
  // Rows of failures are of this process: a person who starts the worker again wants it tried again.
  let failuresInARow = 0;
  let refusalsInARow = 0;
  let rejections: FailedAttempt['failure'][] = [];
  let hasHadAnswer = false;
  let reason: EndReason | null = null;
  const closing = new AbortController();
  const woken = AbortSignal.any([stopping, closing.signal]);
  // One for each slot that waits.
  setMaxListeners(0, woken);
  return { deadline, pacing, woken, due, close, settle, end };

  function due(during: Waiting | null = null): EndReason | null {
    if (reason !== null) return reason;
    if (aborting.aborted) return { kind: 'aborted', source: String(aborting.reason) };
    if (stopping.aborted) return { kind: 'signal', source: String(stopping.reason), during };
    if (limits.maxStories !== null && state().statistics.stories >= limits.maxStories) return { kind: 'count' };
    if (deadline !== null && clock.now() >= deadline) return { kind: 'duration', during };
    return null;
  }

  function close(next: EndReason | null): boolean {
    reason ??= next;
    if (reason !== null) closing.abort();
    return reason !== null;
  }

  function settle(outcome: AttemptOutcome, begunAt: number): void {
    onEvent(outcome);
    if (outcome.kind === 'capped') {
      close({ kind: 'cap', hit: outcome.hit });
      return;
    }
    if (outcome.kind === 'saved') {
      [failuresInARow, refusalsInARow, rejections, hasHadAnswer] = [0, 0, [], true];
      announceStory(outcome, state(), log);
      pacing.succeed();
      pacing.slowDown(outcome.slowUntil);
    }
    const next = outcome.kind === 'failed' ? settleFailure(outcome, begunAt) : null;
    warnOfCaps();
    close(next);
  }

  /** @returns the end that the failure brings about, if any */
  function settleFailure(outcome: FailedAttempt, begunAt: number): EndReason | null {
    const { failure } = outcome;
    if (pauses.takes(failure)) {
      announceFailure(failure, { inARow: failuresInARow, isFinal: false }, log);
      return null;
    }
    failuresInARow++;
    if (isRejection(outcome)) {
      rejections.push(failure);
      hasHadAnswer = true;
    }
    refusalsInARow = endsRun(failure.kind) ? refusalsInARow + 1 : 0;
    const mayPass = failure.mayPass === true && hasHadAnswer && refusalsInARow < TRIES_OF_REFUSAL;
    const isFinal = endsRun(failure.kind) && !mayPass;
    announceFailure(failure, { inARow: failuresInARow, isFinal }, log);
    if (isFinal) return { kind: 'refused', failure };
    pacing.backOff(failure.retryAfterMs, begunAt);
    const limit = due();
    if (limit !== null) return limit;
    if (rejections.length === limits.maxRejectedInARow) return toRejectedEnd(rejections);
    if (failuresInARow === limits.maxConsecutiveFailures) return { kind: 'exhausted', failures: failuresInARow };
    return null;
  }

  function end(): EndReason {
    if (aborting.aborted) return { kind: 'aborted', source: String(aborting.reason) };
    if (reason === null) throw new Error('the run has not ended');
    return reason;
  }

  /** Warns once per cap. */
  function warnOfCaps(): void {
    for (const hit of nearCaps(caps, state())) {
      if (warned.has(hit.cap)) continue;
      warned.add(hit.cap);
      log.warn({ event: 'cap_near', ...hit }, describeNearCap(hit));
      onEvent({ kind: 'cap_near', hit });
    }
  }
}
