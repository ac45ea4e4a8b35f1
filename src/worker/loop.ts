import type { EndReason } from '../run/end-reason.js';
import type { Attempt } from './attempt/attempt.js';
import { createMutex } from './attempt/mutex.js';
import { createRunRules, type RunRulesDeps } from './run-rules.js';
import { createWaits } from './waits.js';

export interface LoopDeps extends RunRulesDeps {
  attempt: Attempt;
}

/**
 * The loop: in each slot one story after another, until a limit, a signal, or a failure that only a person can mend.
 * The stories in hand are finished then. Never exits the process, and rejects only on a defect of its own.
 */
export async function runLoop(deps: LoopDeps): Promise<EndReason> {
  const { limits, state, attempt, onEvent, clock } = deps;
  const rules = createRunRules(deps);
  let inHand = 0;
  const { wait, ready, waitOutPause } = createWaits({ ...deps, rules, inHand: () => inHand });
  /** Those who wait for a story in hand to be settled. */
  let awaiting: (() => void)[] = [];
  const placeMutex = createMutex();

  await Promise.all(Array.from({ length: limits.concurrency }, (_, slot) => runSlot(slot)));
  return rules.end();

  async function runSlot(slot: number): Promise<void> {
    let tries = slot === 0 ? state().failuresInARow + 1 : 1;
    while (await takePlace()) {
      const begunAt = clock.monotonic();
      const outcome = await attempt({ tries, mayCall: ready });
      inHand--;
      tries = outcome.kind === 'failed' ? tries + 1 : 1;
      rules.settle(outcome, begunAt);
      const told = awaiting;
      awaiting = [];
      for (const tell of told) tell();
      const pause = outcome.kind === 'saved' ? limits.intervalMs : 0;
      if (!rules.close(rules.due())) await wait({ until: clock.monotonic() + pause, reason: 'interval' });
    }
  }

  // One after another: two slots must not find the same place.
  function takePlace(): Promise<boolean> {
    return placeMutex(waitForPlace);
  }

  /**
   * Counts another story in hand; waits for as long as those in hand may be all that the count allows.
   * @returns false once the run is to end
   */
  async function waitForPlace(): Promise<boolean> {
    for (;;) {
      if (rules.close(rules.due())) return false;
      if (await waitOutPause()) continue;
      if (limits.maxStories === null || state().statistics.stories + inHand < limits.maxStories) {
        inHand++;
        onEvent({ kind: 'writing', inHand });
        return true;
      }
      await new Promise<void>((resolve) => awaiting.push(resolve));
    }
  }
}
