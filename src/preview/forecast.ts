import { MINUTE } from '../lib/clock.js';
import { type ActiveHours, nextActive } from '../run/active-hours.js';
import type { Caps } from '../run/budget.js';
import type { Limits } from '../run/end-reason.js';
import { nextMidnight } from '../worker/pauses.js';
import type { Spending } from './cost.js';

/** What of caps and counts is used up already. */
export interface Used {
  tokens: number;
  costUsd: number;
}

export interface ForecastOptions {
  /** Milliseconds since the epoch. */
  now: number;
  limits: Pick<Limits, 'maxStories' | 'intervalMs' | 'concurrency'>;
  /** When the run is over, milliseconds since the epoch; null: never. */
  deadline: number | null;
  /** Stories that a resumed run has already. */
  storiesSoFar: number;
  caps: Caps;
  used: Used;
  capsPerDay: Caps;
  usedToday: Used;
  /** null: at any time of the day. */
  activeHours: ActiveHours | null;
  /** What a story takes, what is set aside on the way to it included. In batches, `ms` is the time of a batch. */
  each: Spending;
  /** The most that one call can use: caps have to have room for it. */
  callAtMost: Used;
  /** null: stories are streamed one by one. */
  batchSize: number | null;
}

/** What becomes of a run if every story is like the ones before. */
export interface Forecast {
  /** Saved from now on. */
  stories: number;
  tokens: number;
  /** null where no price is known. */
  costUsd: number | null;
  /** Milliseconds since the epoch: when the last story is done, or the deadline. */
  endsAt: number;
  /** The first limit that ends the run; null when none does within the horizon. */
  end: 'count' | 'duration' | 'tokens' | 'cost' | null;
  /** Whether a cap per day makes it wait for the next day. */
  waitsForNextDay: boolean;
}

/** How far ahead a run without a deadline is looked at. */
const HORIZON = 365 * 24 * 60 * MINUTE;

/** The most stories that are counted one by one. */
export const MOST_STORIES = 100_000;

/** Lives through a run in time that costs nothing: the next story begins in the slot that is free first. Pure. */
export function forecast(options: ForecastOptions): Forecast {
  const { now, limits, deadline, storiesSoFar, caps, capsPerDay, activeHours, each, callAtMost } = options;
  const slots = Array.from({ length: options.batchSize === null ? limits.concurrency : 1 }, () => now);
  const horizon = deadline ?? now + HORIZON;
  const used = { ...options.used };
  const today = { ...options.usedToday, until: nextMidnight(now) };
  const atOnce = options.batchSize ?? 1;
  let [stories, lastDone, waitsForNextDay] = [0, now, false];

  for (;;) {
    const left = limits.maxStories === null ? MOST_STORIES - stories : limits.maxStories - storiesSoFar - stories;
    if (left <= 0) return result(lastDone, limits.maxStories === null ? null : 'count');
    const slot = slots.indexOf(Math.min(...slots));
    const at = begin(slots[slot] ?? now);
    if (at >= horizon) return result(horizon, deadline === null ? null : 'duration');
    const room = roomIn(caps, used, callAtMost);
    if (room.calls < 1) return result(lastDone, room.cap);
    const count = Math.min(atOnce, left, room.calls, roomIn(capsPerDay, today, callAtMost).calls);
    const done = at + Math.max(1, each.ms);
    stories += count;
    spend(used, count);
    if (done < today.until) spend(today, count);
    lastDone = Math.max(lastDone, done);
    slots[slot] = done + limits.intervalMs;
  }

  /** @returns when a story may begin that could at `at`, as far as hours and caps per day are concerned */
  function begin(at: number): number {
    let time = activeHours === null ? at : nextActive(activeHours, at);
    while (time < horizon) {
      if (time >= today.until) Object.assign(today, { tokens: 0, costUsd: 0, until: nextMidnight(time) });
      if (roomIn(capsPerDay, today, callAtMost).calls >= 1) return time;
      waitsForNextDay = true;
      time = activeHours === null ? today.until : nextActive(activeHours, today.until);
    }
    return time;
  }

  function spend(total: Used, count: number): void {
    total.tokens += count * each.tokens;
    total.costUsd += count * (each.costUsd ?? 0);
  }

  function result(endsAt: number, end: Forecast['end']): Forecast {
    const costUsd = each.costUsd === null ? null : stories * each.costUsd;
    return { stories, tokens: stories * each.tokens, costUsd, endsAt, end, waitsForNextDay };
  }
}

/** How many calls at their most fit below the caps, and the cap that is reached first. */
function roomIn(caps: Caps, used: Used, call: Used): { calls: number; cap: 'tokens' | 'cost' } {
  const tokens = roomFor(caps.tokens, used.tokens, call.tokens);
  const cost = roomFor(caps.costUsd, used.costUsd, call.costUsd);
  return tokens <= cost ? { calls: tokens, cap: 'tokens' } : { calls: cost, cap: 'cost' };
}

function roomFor(cap: number | null, used: number, each: number): number {
  if (cap === null || each === 0) return Number.POSITIVE_INFINITY;
  // Against the rounding of sums of dollars.
  return Math.max(0, Math.floor((cap - used) / each + 1e-9));
}

/**
 * The most stories that limits allow, if each took no time. Pure.
 * @returns null where nothing says
 */
export function mostStories({
  now,
  limits,
  deadline,
  storiesSoFar,
}: Pick<ForecastOptions, 'now' | 'limits' | 'deadline' | 'storiesSoFar'>): number | null {
  const { maxStories, intervalMs, concurrency } = limits;
  const byCount = maxStories === null ? Number.POSITIVE_INFINITY : Math.max(0, maxStories - storiesSoFar);
  const isPaced = deadline !== null && intervalMs > 0;
  const byTime = isPaced ? Math.ceil((deadline - now) / intervalMs) * concurrency : Number.POSITIVE_INFINITY;
  const most = Math.min(byCount, byTime);
  return Number.isFinite(most) ? most : null;
}
