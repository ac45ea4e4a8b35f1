import type { Random } from './random.js';

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
