import type { Config } from '../config/load.js';
import type { Plan } from '../config/run-plan.js';
import { parseActiveHours } from '../run/active-hours.js';
import type { RunState } from '../run/ledger-records.js';
import { openDayBudget } from '../worker/day-budget.js';
import { createPauses, type Pause, waitAfterCrashes } from '../worker/pauses.js';

/** A run that is about to be resumed, or begun. */
export interface ComingRun {
  /** null: it would be begun. */
  resumed: { id: string; state: RunState } | null;
  now: number;
}

/** More than can follow one another: a series of crashes, the day, and the hours. */
const MOST_PAUSES = 4;

/**
 * The pauses with which a run would begin, one after the other, by the worker's own rules. Reads the ledgers of today, and
 * writes nothing. A spend limit of the API shows with the first call alone.
 */
export async function firstPauses(config: Config, plan: Plan, { resumed, now }: ComingRun): Promise<Pause[]> {
  const { maxTokensPerDay, maxCostUsdPerDay, activeHours, outputDir: folder } = config;
  const caps = { tokens: maxTokensPerDay, costUsd: maxCostUsdPerDay };
  const hasCap = caps.tokens !== null || caps.costUsd !== null;
  const runId = resumed?.id ?? '';
  const wait = waitAfterCrashes(crashesBefore(resumed?.state ?? null));
  let at = now;
  const pauses = createPauses({
    activeHours: activeHours === null ? null : parseActiveHours(activeHours),
    dayBudget: hasCap
      ? openDayBudget({ folder, runId, caps, callAtMost: plan.laterCallAtMost, price: plan.price, now: () => at })
      : null,
    waitsForSpendLimit: false,
    startsAt: wait === null ? null : now + wait,
    record: async () => {},
    now: () => at,
  });
  const found: Pause[] = [];
  while (found.length < MOST_PAUSES) {
    const pause = await pauses.current(0);
    if (pause === null) break;
    found.push(pause);
    at = pause.until;
  }
  return found;
}

/** How many processes in a row have ended badly and without a story when the next one takes the run up. */
export function crashesBefore(state: RunState | null): number {
  // To be taken up counts as well, until there is a story.
  return state === null ? 0 : state.resumesWithoutStory + 1;
}
