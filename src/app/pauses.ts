import type { Config } from '../config/load.js';
import type { Plan } from '../config/plan.js';
import { MINUTE, systemClock } from '../lib/clock.js';
import type { Logger } from '../logging/logger.js';
import { parseActiveHours } from '../run/active-hours.js';
import type { Run } from '../run/run.js';
import { openDayBudget } from '../worker/day-budget.js';
import { createPauses, type Pauses } from '../worker/pauses.js';

/** So many processes may end badly and without a story before the next one waits. */
const CRASHES_BEFORE_WAIT = 5;

/** The first wait after that, doubling, and the longest one, in milliseconds. */
const FIRST_WAIT = MINUTE;
const LONGEST_WAIT = 60 * MINUTE;

/** The pauses that the settings and the run's past ask for. */
export function openPauses(run: Run, plan: Plan, config: Config, log: Logger): Pauses {
  const { maxTokensPerDay, maxCostUsdPerDay, activeHours, onSpendLimit, outputDir: folder } = config;
  const caps = { tokens: maxTokensPerDay, costUsd: maxCostUsdPerDay };
  const { now } = systemClock;
  return createPauses({
    activeHours: activeHours === null ? null : parseActiveHours(activeHours),
    dayBudget:
      caps.tokens === null && caps.costUsd === null
        ? null
        : openDayBudget({ folder, runId: run.id, caps, callAtMost: plan.callAtMost, price: plan.price, now }),
    waitsForSpendLimit: onSpendLimit === 'wait',
    startsAt: startAfterCrashes(run, log),
    now,
  });
}

/** @returns when this process may begin, milliseconds since the epoch; null for at once */
function startAfterCrashes(run: Run, log: Logger): number | null {
  const { resumesWithoutStory } = run.state();
  if (resumesWithoutStory < CRASHES_BEFORE_WAIT) return null;
  const wait = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** (resumesWithoutStory - CRASHES_BEFORE_WAIT));
  log.warn(
    { event: 'crash_loop', crashes: resumesWithoutStory, wait_seconds: wait / 1000 },
    `프로세스가 연속 ${resumesWithoutStory}번 소설 한 편 없이 비정상으로 끝났습니다. 로그에서 까닭을 확인하세요. 이제부터 점점 오래 쉬었다가 시작합니다`,
  );
  return systemClock.now() + wait;
}
