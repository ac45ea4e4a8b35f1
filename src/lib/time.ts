import { randomInt } from 'node:crypto';

/** Milliseconds in a second; settings are in seconds, timers in milliseconds. */
export const SECOND = 1000;

/** The longest delay that Node's timers take; a longer one would fire at once. */
export const LONGEST_TIMER = 2 ** 31 - 1;

/** Where a module gets the time from; tests give it a clock of their own. */
export interface Clock {
  /** Wall clock, milliseconds since the epoch. */
  now(): number;
  /** Milliseconds from an arbitrary start that no clock adjustment moves; for measuring durations. */
  monotonic(): number;
  /**
   * Resolves after `ms`, or as soon as `signal` aborts: waking early is not a failure.
   * @returns true when the whole time has passed, false when woken early
   */
  sleep(ms: number, signal: AbortSignal): Promise<boolean>;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal.aborted) return resolve(false);
      const end = performance.now() + ms;
      let timer: NodeJS.Timeout;
      const arm = () => {
        const left = end - performance.now();
        if (left <= 0) return finish(true);
        // Rounded up, because a timer may fire a fraction of a millisecond before its time.
        timer = setTimeout(arm, Math.min(Math.ceil(left), LONGEST_TIMER));
      };
      const wake = () => finish(false);
      const finish = (whole: boolean) => {
        clearTimeout(timer);
        signal.removeEventListener('abort', wake);
        resolve(whole);
      };
      signal.addEventListener('abort', wake, { once: true });
      arm();
    }),
};

/** A source of numbers in [0, 1), such as Math.random. */
export type Random = () => number;

/** Random numbers that two workers started in the same instant do not share. */
export const systemRandom: Random = () => randomInt(2 ** 47) / 2 ** 47;

/** Numbers in [0, 1) that are the same for the same seed (mulberry32): for what has to be repeatable. */
export function seededRandom(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** How long to wait between attempts, in milliseconds. */
export interface BackoffOptions {
  baseMs: number;
  maxMs: number;
}

/**
 * The wait before the next attempt after `failures` (1 or more) in a row: doubling from the base up to the
 * maximum, less up to a quarter, so that workers which failed together do not come back together.
 * @returns milliseconds
 */
export function backoff(failures: number, { baseMs, maxMs }: BackoffOptions, random: Random): number {
  const full = Math.min(maxMs, baseMs * 2 ** (failures - 1));
  return full * (1 - 0.25 * random());
}

const pad = (value: number, width = 2) => String(value).padStart(width, '0');

/** Local time as `20261123_143005`, the form that file names carry. */
export function fileTimestamp(epochMs: number): string {
  const d = new Date(epochMs);
  return `${d.getFullYear()}${pad(d.getMonth() + 1)}${pad(d.getDate())}_${clockTime(epochMs).replaceAll(':', '')}`;
}

/** Local time of day as `14:30:05`. */
export function clockTime(epochMs: number): string {
  const d = new Date(epochMs);
  return `${pad(d.getHours())}:${pad(d.getMinutes())}:${pad(d.getSeconds())}`;
}

/** Local time with its offset, ISO 8601: `2026-11-23T14:30:05+09:00`. */
export function localIso(epochMs: number): string {
  const d = new Date(epochMs);
  const offset = -d.getTimezoneOffset();
  const sign = offset < 0 ? '-' : '+';
  const zone = `${sign}${pad(Math.floor(Math.abs(offset) / 60))}:${pad(Math.abs(offset) % 60)}`;
  return `${d.getFullYear()}-${pad(d.getMonth() + 1)}-${pad(d.getDate())}T${clockTime(epochMs)}${zone}`;
}

/** A duration for people, in Korean: `3.2초`, `15분 3초`, `24시간 0분`. */
export function formatDuration(ms: number): string {
  const seconds = ms / SECOND;
  if (seconds < 59.95) return `${Number(seconds.toFixed(1))}초`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)}분 ${whole % 60}초`;
  return `${Math.floor(whole / 3600)}시간 ${Math.floor((whole % 3600) / 60)}분`;
}
