import type { Failure } from '../api/failure.js';
import { MINUTE, SECOND } from '../lib/clock.js';
import { type ActiveHours, nextActive } from '../run/active-hours.js';
import type { PauseReason } from '../run/end-reason.js';
import type { PauseRecord } from '../run/ledger-records.js';
import type { DayBudget } from './day-budget.js';

// Pauses: reasons to begin no story for a while that do not end the run. A story in hand is finished.

/** Why no story begins now, and until when, milliseconds since the epoch. */
export interface Pause {
  until: number;
  reason: PauseReason;
}

export interface PausesOptions {
  /** null: at any time of the day. */
  activeHours: ActiveHours | null;
  /** null: no cap per day. */
  dayBudget: DayBudget | null;
  /** Is a spend limit of the API waited out, rather than the end of the run? */
  waitsForSpendLimit: boolean;
  /** When a process may begin whose predecessors all ended without a story, milliseconds since the epoch; null: now. */
  startsAt: number | null;
  /** Writes a record into the ledger; resolves once it is durable, or given up. */
  record: (record: PauseRecord) => Promise<unknown>;
  /** Milliseconds since the epoch. */
  now: () => number;
}

export interface Pauses {
  /**
   * The pause that holds now, if any; the longest of several.
   * @param inHand calls that are being made or about to be
   */
  current(inHand: number): Promise<Pause | null>;
  /** How many more calls may begin today; null: any number. */
  room(): Promise<number | null>;
  /** Pauses for a failure instead of ending the run for it. @returns whether it does */
  takes(failure: Failure): boolean;
  /** Records that a pause has begun. The one before it, if any, has ended by that. */
  begin(pause: Pause): Promise<void>;
  /** Records that the pause has ended, if one was on. */
  end(): Promise<void>;
}

/** How long to wait for a spend limit whose reset the API does not name, in milliseconds. */
const SPEND_LIMIT_RETRY = 3600 * SECOND;

export function createPauses(options: PausesOptions): Pauses {
  const { activeHours, dayBudget, waitsForSpendLimit, startsAt, record, now } = options;
  let spendLimitUntil = Number.NEGATIVE_INFINITY;
  let recorded: PauseReason | null = null;
  return {
    current: async (inHand) => {
      const pauses: Pause[] = [];
      if (startsAt !== null) pauses.push({ until: startsAt, reason: 'crash_loop' });
      if (activeHours !== null) pauses.push({ until: nextActive(activeHours, now()), reason: 'inactive_hours' });
      pauses.push({ until: spendLimitUntil, reason: 'spend_limit' });
      if (dayBudget !== null && (await dayBudget.room(inHand)) <= 0) {
        pauses.push({ until: nextMidnight(now()), reason: 'daily_cap' });
      }
      const held = pauses.filter(({ until }) => until > now());
      return held.length === 0 ? null : held.reduce((a, b) => (b.until > a.until ? b : a));
    },
    room: async () => (dayBudget === null ? null : dayBudget.room(0)),
    takes: (failure) => {
      if (failure.kind !== 'blocked' || !waitsForSpendLimit) return false;
      const { resetsAt } = failure;
      spendLimitUntil = resetsAt !== undefined && resetsAt > now() ? resetsAt : now() + SPEND_LIMIT_RETRY;
      return true;
    },
    begin: async ({ reason, until }) => {
      recorded = reason;
      await record({ type: 'pause', at: now(), phase: 'begin', reason, until });
    },
    end: async () => {
      if (recorded === null) return;
      const reason = recorded;
      recorded = null;
      await record({ type: 'pause', at: now(), phase: 'end', reason });
    },
  };
}

/** So many processes may end badly and without a story before the next one waits. */
const CRASHES_BEFORE_WAIT = 5;

/** The first wait after that, doubling, and the longest one, in milliseconds. */
const FIRST_CRASH_WAIT = MINUTE;
const LONGEST_CRASH_WAIT = 60 * MINUTE;

/**
 * How long a process waits before it begins, after a series of crashes.
 * @param crashes the processes before it that ended badly and without a story
 * @returns milliseconds; null: it begins at once
 */
export function waitAfterCrashes(crashes: number): number | null {
  if (crashes < CRASHES_BEFORE_WAIT) return null;
  return Math.min(LONGEST_CRASH_WAIT, FIRST_CRASH_WAIT * 2 ** (crashes - CRASHES_BEFORE_WAIT));
}

/** Where nothing is paused, as in most runs. */
export const NO_PAUSES: Pauses = {
  current: async () => null,
  room: async () => null,
  takes: () => false,
  begin: async () => {},
  end: async () => {},
};

/** When the next local day begins; also of a day with 23 or 25 hours. */
export function nextMidnight(epochMs: number): number {
  const date = new Date(epochMs);
  return new Date(date.getFullYear(), date.getMonth(), date.getDate() + 1).getTime();
}
