import { MINUTE, SECOND } from '../lib/clock.js';
import { formatNumber } from '../lib/format-number.js';
import { clockTime, formatDuration } from '../lib/format-time.js';
import type { PauseReason } from '../run/end-reason.js';
import { isPlannedPause } from './notifications.js';
import { describeDoing, type Status, toWholeSecond } from './status.js';

/**
 * How it stands with a worker, for monitors:
 *
 * - ok: it does what it was told
 * - none: no worker is at work, and the last one ended in good order
 * - failing: so many failures in a row, or the disk refuses
 * - paused: no story begins for a while, though the run goes on
 * - stale: it should have said or done something by now, or was killed
 */
export type HealthState = 'ok' | 'none' | 'failing' | 'paused' | 'stale';

/** Exit codes of `npm run status -- --check`. 1 and 2 are left to a check that is broken or asked wrongly. */
export const HEALTH_CODES: Record<HealthState, number> = { ok: 0, none: 3, failing: 4, paused: 5, stale: 6 };

export interface Health {
  state: HealthState;
  /** Does a monitor that waits for a sign of life get one? Also in a pause that the settings planned. */
  isWell: boolean;
  /** Korean, one line. */
  message: string;
}

/** How late a worker may be, in milliseconds: a machine under load, a slow disk, a clock that was set. */
const SLACK = 2 * MINUTE;

/** The longest call that any settings allow, in seconds: for workers that do not say what theirs allow. */
const LONGEST_CALL = 1800;

/** So many failures in a row are failing where the settings do not say. */
const FAILURES = 3;

const PAUSES: ReadonlySet<string> = new Set<PauseReason>(['daily_cap', 'inactive_hours', 'spend_limit', 'crash_loop']);

/**
 * Pure.
 * @param now milliseconds since the epoch
 * @param notifyFailures the user's NOTIFY_FAILURES; 0: not said
 */
export function healthOf(status: Status, now: number, notifyFailures: number): Health {
  const { doing, end, failures_in_a_row: failures, last_failure, next_at, stories } = status;
  if (end !== null) {
    const isKilled = end.reason === 'killed' && !end.over;
    return isKilled
      ? toHealth('stale', `작업자가 사라졌습니다 - ${end.message}`)
      : toHealth('none', `진행 중인 작업자가 없습니다 - ${end.message}`);
  }
  const late = now - dueAt(status);
  if (late > 0) return toHealth('stale', `${describeDoing(status)} ${formatDuration(late)} 넘게 소식이 없습니다`);
  if (failures >= (notifyFailures === 0 ? FAILURES : notifyFailures)) {
    const why = last_failure === null ? '' : ` - ${last_failure.reason ?? last_failure.code}`;
    return toHealth('failing', `연속 ${formatNumber(failures)}회 실패${why}`);
  }
  if (doing === 'holding') return toHealth('failing', describeDoing(status));
  if (PAUSES.has(doing)) {
    const until = next_at === null ? '' : `, ${clockTime(toWholeSecond(Date.parse(next_at)))}까지`;
    const isWell = isPlannedPause(doing as PauseReason);
    return { ...toHealth('paused', `일시 정지 - ${describeDoing(status)}${until}`), isWell };
  }
  return toHealth('ok', `정상 - ${describeDoing(status)}, 소설 ${formatNumber(stories)}편`);
}

/** The health that most needs a person's attention; null of an empty list. */
export function worstOf(healths: readonly Health[]): Health | null {
  const order: readonly HealthState[] = ['stale', 'failing', 'none', 'paused', 'ok'];
  return [...healths].sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state))[0] ?? null;
}

function toHealth(state: HealthState, message: string): Health {
  return { state, isWell: state === 'ok', message };
}

/** By when the worker should have done something else, milliseconds since the epoch. */
function dueAt({ since, next_at, last_record_at, call_timeout_seconds: seconds }: Status): number {
  const latest = Math.max(Date.parse(since), Date.parse(last_record_at));
  const callLimit = (seconds ?? LONGEST_CALL) * SECOND;
  // A wait says when it ends; a call is in the ledger when it begins and when it ends.
  const due = next_at === null ? latest + callLimit : Math.max(latest, Date.parse(next_at));
  return due + SLACK;
}
