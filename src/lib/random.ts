import { randomInt } from 'node:crypto';

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
