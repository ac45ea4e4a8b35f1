import { setMaxListeners } from 'node:events';
import { endsRun } from '../api/failure.js';
import type { BackoffOptions } from '../lib/backoff.js';
import { type Clock, SECOND } from '../lib/clock.js';
import { clockTime, formatDuration } from '../lib/format-time.js';
import type { Random } from '../lib/random.js';
import type { Logger } from '../logging/logger.js';
import { type CapHit, type Caps, nearCaps } from '../run/budget.js';
import type { EndReason, Limits, Waiting } from '../run/end-reason.js';
import { afterWaitLabel } from '../run/labels.js';
import type { RunState } from '../run/run-state.js';
import { announceFailure, announceStory, describeNearCap } from './attempt/announce-outcome.js';
import type { Attempt, AttemptOutcome, FailedAttempt } from './attempt/attempt.js';
import { createPacing, type Gate } from './pacing.js';
import { isRejection, toRejectedEnd } from './rejections.js';

/** What the loop tells, as it happens. An outcome is in the run's state by then. */
export type WorkerEvent =
  | { kind: 'writing'; inHand: number }
  | AttemptOutcome
  | { kind: 'cap_near'; hit: CapHit }
  /** Every slot waits. `until` is when the first of them goes on, milliseconds since the epoch; the deadline at most. */
  | { kind: 'waiting'; for: Waiting; until: number };

export interface LoopDeps {
  limits: Limits;
  caps: Caps;
  retry: BackoffOptions;
  /** When the run first started, milliseconds since the epoch. */
  startedAt: number;
  /** The run so far; every attempt changes it. */
  state: () => RunState;
  attempt: Attempt;
  /** Called on every event; must return at once and never throw. */
  onEvent: (event: WorkerEvent) => void;
  clock: Clock;
  random: Random;
  log: Logger;
  stopping: AbortSignal;
  aborting: AbortSignal;
}

/** How often a refusal that may pass by itself is tried in a row, by a process that has had answers. */
const TRIES_OF_REFUSAL = 4;

/**
 * The loop: in each slot one story after another, until a limit, a signal, or a failure that only a person can mend.
 * The stories in hand are finished then. Never exits the process, and rejects only on a defect of its own.
 */
export async function runLoop(deps: LoopDeps): Promise<EndReason> {
  const { limits, caps, retry, startedAt, state, attempt, onEvent, clock, random, log, stopping, aborting } = deps;
  const deadline = limits.durationMs === null ? null : startedAt + limits.durationMs;
  const pacing = createPacing(retry, clock, random);
  const warned = new Set<CapHit['cap']>();
  // Rows of failures are of this process: a person who starts the worker again wants it tried again.
  let failuresInARow = 0;
  let refusalsInARow = 0;
  let rejections: FailedAttempt['failure'][] = [];
  let hasHadAnswer = false;
  let inHand = 0;
  let end: EndReason | null = null;
  const closing = new AbortController();
  const woken = AbortSignal.any([stopping, closing.signal]);
  // One for each slot that waits.
  setMaxListeners(0, woken);
  /** Those who wait for a story in hand to be settled. */
  let awaiting: (() => void)[] = [];
  /** The gates at which slots wait. */
  const waits = new Set<Gate>();
  let announced: Gate | null = null;

  await Promise.all(Array.from({ length: limits.concurrency }, (_, slot) => runSlot(slot)));
  if (end === null) throw new Error('all slots ended without a reason');
  return aborting.aborted ? { kind: 'aborted', source: String(aborting.reason) } : end;

  async function runSlot(slot: number): Promise<void> {
    let tries = slot === 0 ? state().failuresInARow + 1 : 1;
    while (await takePlace()) {
      const begunAt = clock.monotonic();
      const outcome = await attempt({ tries, mayCall: () => due() === null });
      inHand--;
      tries = outcome.kind === 'failed' ? tries + 1 : 1;
      settle(outcome, begunAt);
      const told = awaiting;
      awaiting = [];
      for (const tell of told) tell();
      const pause = outcome.kind === 'saved' ? limits.intervalMs : 0;
      if (!close(due())) await wait({ until: clock.monotonic() + pause, reason: 'interval' });
    }
  }

  /**
   * Counts another story in hand; waits for as long as those in hand may be all that the count allows.
   * @returns false once the run is to end
   */
  async function takePlace(): Promise<boolean> {
    for (;;) {
      if (close(due())) return false;
      if (limits.maxStories === null || state().statistics.stories + inHand < limits.maxStories) {
        inHand++;
        onEvent({ kind: 'writing', inHand });
        return true;
      }
      await new Promise<void>((resolve) => awaiting.push(resolve));
    }
  }

  /** Ends the run for a reason, if there is one; the first reason stays. @returns whether the run is to end */
  function close(reason: EndReason | null): boolean {
    end ??= reason;
    if (end !== null) closing.abort();
    return end !== null;
  }

  /** The end that is due before the next story, if any; a signal goes before a limit. @param during a wait that it cuts */
  function due(during: Waiting | null = null): EndReason | null {
    if (end !== null) return end;
    if (aborting.aborted) return { kind: 'aborted', source: String(aborting.reason) };
    if (stopping.aborted) return { kind: 'signal', source: String(stopping.reason), during };
    if (limits.maxStories !== null && state().statistics.stories >= limits.maxStories) return { kind: 'count' };
    if (deadline !== null && clock.now() >= deadline) return { kind: 'duration', during };
    return null;
  }

  /** Counts what came of an attempt, and ends the run where that ends it. */
  function settle(outcome: AttemptOutcome, begunAt: number): void {
    onEvent(outcome);
    if (outcome.kind === 'capped') return void close({ kind: 'cap', hit: outcome.hit });
    if (outcome.kind === 'saved') {
      [failuresInARow, refusalsInARow, rejections, hasHadAnswer] = [0, 0, [], true];
      announceStory(outcome, state(), log);
      pacing.succeed();
      pacing.slowDown(outcome.slowUntil);
    }
    const reason = outcome.kind === 'failed' ? settleFailure(outcome, begunAt) : null;
    warnOfCaps();
    close(reason);
  }

  /** @returns the end that the failure brings about, if any */
  function settleFailure(outcome: FailedAttempt, begunAt: number): EndReason | null {
    const { failure } = outcome;
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

  /** Waits for the slot's own gate and the shared one, to the deadline, or to a signal, whichever is first. */
  async function wait(own: Gate): Promise<void> {
    for (;;) {
      const gate = pacing.later(own);
      const left = gate.until - clock.monotonic();
      if (left <= 0) return;
      const until = clock.now() + left;
      waits.add(gate);
      announceWait(gate, left);
      if (deadline !== null && until >= deadline) await sleepToDeadline(deadline);
      else await clock.sleep(left, woken);
      waits.delete(gate);
      if (close(due(inHand === 0 ? gate.reason : null))) return;
    }
  }

  /** The deadline is one of the wall clock, which may be set while we sleep. */
  async function sleepToDeadline(until: number): Promise<void> {
    while (!woken.aborted && clock.now() < until) await clock.sleep(until - clock.now(), woken);
  }

  function announceWait(gate: Gate, left: number): void {
    const now = clock.now();
    const isCut = deadline !== null && now + left >= deadline;
    const goesOnAt = isCut ? deadline : now + left;
    // Slots that wait at the shared gate say it once.
    if (gate !== announced) {
      announced = gate;
      log.info(
        { event: 'waiting', for: gate.reason, seconds: left / SECOND, until: new Date(goesOnAt).toISOString() },
        isCut
          ? `${clockTime(goesOnAt)}에 실행 시간이 끝나므로, 새 소설 없이 ${formatDuration(goesOnAt - now)} 뒤 종료합니다`
          : `${clockTime(goesOnAt)}에 ${afterWaitLabel(gate.reason)} (${formatDuration(left)} 뒤)`,
      );
    }
    onEvent(inHand > 0 ? { kind: 'writing', inHand } : toWaiting(gate));
  }

  /** The wait of the slot that goes on first. @param gate of one of them */
  function toWaiting(gate: Gate): WorkerEvent {
    const first = [...waits].reduce((a, b) => (b.until < a.until ? b : a), gate);
    const until = clock.now() + first.until - clock.monotonic();
    return { kind: 'waiting', for: first.reason, until: deadline === null ? until : Math.min(until, deadline) };
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
