import { SECOND } from '../lib/clock.js';

// What the headers of an answer, and the words of an error, say about when to come back. Times that they name are those
// of the endpoint's clock; the answer's own Date tells how far ours is from it.

/** What the API counts, and how much of it the next call needs. */
const KINDS = [
  { name: 'requests', needs: () => 1 },
  { name: 'tokens', needs: (maxTokens: number) => maxTokens },
  { name: 'output-tokens', needs: (maxTokens: number) => maxTokens },
];

/** What is left of each limit that an answer's headers name, for the log. */
export function remainingLimits(headers: Headers): Record<string, number> {
  const found = [...headers].flatMap(([name, value]) => {
    const limit = /^anthropic-ratelimit-(.+)-remaining$/.exec(name)?.[1];
    return limit === undefined || !/^\d+$/.test(value) ? [] : [[limit, Number(value)] as const];
  });
  return Object.fromEntries(found);
}

/** These limits fill up within minutes; a reset that is further away is a wrong clock's, in milliseconds. */
const LONGEST_RESET = 3600 * SECOND;

/**
 * Reads the `anthropic-ratelimit-*` headers of an answer.
 * @param maxTokens what the next call may write
 * @returns when the last limit that leaves too little for another call is full again, milliseconds since the epoch of our
 *   clock; null when there is room, or nothing is said
 */
export function slowUntil(headers: Headers, maxTokens: number, now: number): number | null {
  const resets = KINDS.flatMap(({ name, needs }) => {
    const remaining = headers.get(`anthropic-ratelimit-${name}-remaining`);
    const reset = Date.parse(headers.get(`anthropic-ratelimit-${name}-reset`) ?? '');
    const tooLittle = remaining !== null && remaining.trim() !== '' && Number(remaining) < needs(maxTokens);
    return tooLittle && !Number.isNaN(reset) ? [toOurClock(reset, headers, now)] : [];
  });
  return resets.length === 0 ? null : Math.min(Math.max(...resets), now + LONGEST_RESET);
}

/** A year, in milliseconds: no API means a longer wait. */
const LONGEST_WAIT = 366 * 24 * 3600 * SECOND;

/** `retry-after` in seconds or as a date, or the vendor's `retry-after-ms`; in milliseconds, null without one. */
export function retryAfter(headers: Headers | undefined, now: number): number | null {
  const ms = headers?.get('retry-after-ms');
  const value = headers?.get('retry-after');
  const exact = ms ? waitOf(Number(ms)) : null;
  if (exact !== null || !value) return exact;
  const seconds = Number(value);
  return waitOf(Number.isNaN(seconds) ? toOurClock(Date.parse(value), headers, now) - now : seconds * SECOND);
}

function waitOf(ms: number): number | null {
  return Number.isFinite(ms) && ms >= 0 ? Math.min(ms, LONGEST_WAIT) : null;
}

const RESET =
  /(?:regain access|resets?|available again|try again|renews?)\b\D{0,40}?(\d{4}-\d\d-\d\d)(?:\D{1,5}(\d\d:\d\d(?::\d\d)?))?/i;

/**
 * The time at which a spend limit is lifted, as a message names it: "You will regain access on 2026-12-01 at 00:00 UTC".
 * @returns milliseconds since the epoch of our clock; null when none is named, or one that lies in the past or more than
 *   a year away
 */
export function resetTime(message: string, headers: Headers | undefined, now: number): number | null {
  const [, date, time = '00:00'] = RESET.exec(message) ?? [];
  if (date === undefined) return null;
  const at = toOurClock(Date.parse(`${date}T${time}Z`), headers, now);
  return at > now && at - now <= LONGEST_WAIT ? at : null;
}

/** Takes a time of the endpoint's clock to ours. Without a Date header the two are taken for the same. */
function toOurClock(time: number, headers: Headers | undefined, now: number): number {
  const theirs = Date.parse(headers?.get('date') ?? '');
  // Date has whole seconds: less than that is no difference.
  return Number.isNaN(theirs) || Math.abs(now - theirs) < 2 * SECOND ? time : time + (now - theirs);
}
