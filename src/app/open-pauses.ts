import type { Config } from '../config/load.js';
import type { Plan } from '../config/run-plan.js';
import { SECOND, systemClock } from '../lib/clock.js';
import { isSystemError } from '../lib/files.js';
import type { Logger } from '../logging/logger.js';
import { parseActiveHours } from '../run/active-hours.js';
import type { PauseRecord } from '../run/ledger-records.js';
import type { Run } from '../run/run.js';
import { openDayBudget } from '../worker/day-budget.js';
import { createPauses, type Pauses, waitAfterCrashes } from '../worker/pauses.js';

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
        : openDayBudget({ folder, runId: run.id, caps, callAtMost: plan.laterCallAtMost, price: plan.price, now }),
    waitsForSpendLimit: onSpendLimit === 'wait',
    startsAt: startAfterCrashes(run, log),
    record: (record) => recordPause(run, record, log),
    now,
  });
}

/** A disk that refuses must not keep a paused run from its deadline: its pause is then missing in the report alone. */
async function recordPause(run: Run, record: PauseRecord, log: Logger): Promise<void> {
  try {
    await run.record(record);
  } catch (error) {
    if (!isSystemError(error)) throw error;
    const { reason, phase } = record;
    log.warn(
      { event: 'pause_not_recorded', reason, phase, code: error.code },
      `일시 정지를 장부에 적지 못했습니다 (${error.code})`,
    );
  }
}

/** @returns when this process may begin, milliseconds since the epoch; null for at once */
function startAfterCrashes(run: Run, log: Logger): number | null {
  const { resumesWithoutStory } = run.state();
  const wait = waitAfterCrashes(resumesWithoutStory);
  if (wait === null) return null;
  log.warn(
    { event: 'crash_loop', crashes: resumesWithoutStory, wait_seconds: wait / SECOND },
    `프로세스가 연속 ${resumesWithoutStory}번 소설 한 편 없이 비정상으로 끝났습니다. 로그에서 까닭을 확인하세요. 이제부터 점점 오래 쉬었다가 시작합니다`,
  );
  return systemClock.now() + wait;
}
