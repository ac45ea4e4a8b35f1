import { MINUTE } from '../../lib/clock.js';
import { seededRandom } from '../../lib/random.js';

// What happens in a rehearsed month, and when: a plan made from a seed. Pure. Times are milliseconds since the epoch, hours
// and days those of the local calendar.

/** The order is part of what a seed means. */
const EVENTS = [
  'overload', // three answers in a row, so that another model stands in
  'crashes', // the worker is killed again and again before the night begins
  'limit_with_reset', // the API's spend limit, and when it is lifted
  'limit_without_reset', // one that does not say so, twice
  'limit_that_ends', // one that is to end the run; a person starts it again in the morning
] as const;
export type MonthEventKind = (typeof EVENTS)[number];

export interface MonthEvent {
  kind: MonthEventKind;
  /** When it is due, for an answer the first call from then on. */
  at: number;
}

export interface MonthPlan {
  /** When the run begins. */
  start: number;
  days: number;
  /** The run's deadline. */
  end: number;
  /** In the order of time. */
  events: readonly MonthEvent[];
  /** When the spend limit is lifted that says so. */
  resetsAt: number;
}

/** The shortest month that has a night for everything, in days. */
export const SHORTEST_MONTH = 12;

/** When stories begin. */
export const NIGHT = { from: 22, to: 6 } as const;

/** How long before the night the last crash comes. */
export const BEFORE_NIGHT = 2 * MINUTE;

/** Over so many crashes in a row a process waits for longer than those two minutes. */
export const CRASHES = 7;

/** How often each kind of answer comes. */
export const TIMES: Record<Exclude<MonthEventKind, 'crashes'>, number> = {
  overload: 3,
  limit_with_reset: 1,
  limit_without_reset: 2,
  limit_that_ends: 1,
};

/** @param today any time of the day in whose evening the month begins */
export function planMonth(today: number, days: number, seed: number): MonthPlan {
  const random = seededRandom(seed);
  const date = new Date(today);
  const at = (day: number, hour: number, minute = 0) =>
    new Date(date.getFullYear(), date.getMonth(), date.getDate() + day, hour, minute).getTime();
  const part = (days - 2) / EVENTS.length;
  let resetsAt = 0;
  const events = EVENTS.map((kind, index): MonthEvent => {
    // Two days before the next event are free: a spend limit lasts until the next night.
    const day = 1 + Math.floor(part * index + random() * (part - 2));
    if (kind === 'limit_with_reset') resetsAt = at(day + 1, 1, 30);
    // Before the night for what is done to the worker, within it for an answer.
    const isDone = kind === 'crashes' || kind === 'limit_that_ends';
    return { kind, at: isDone ? at(day, NIGHT.to + 1) : at(day, Math.floor(4 * random()), 10) };
  });
  const start = at(0, 20);
  return { start, days, end: start + days * 24 * 60 * MINUTE, events, resetsAt };
}

/** The next time after one at which that hour begins. */
export function nextHour(hour: number, after: number): number {
  const date = new Date(after);
  const days = date.getHours() < hour ? 0 : 1;
  return new Date(date.getFullYear(), date.getMonth(), date.getDate() + days, hour).getTime();
}
