import type { Random } from '../lib/random.js';
import { sentencesOf } from './sentences.js';

/** What the author has told so far, so as not to tell it again. Lives as long as the process does. */
export interface Memory {
  readonly titles: Set<string>;
  /** First sentences, as `openingKey` writes them. */
  readonly openings: Set<string>;
  /** How often each passage, pattern and plot was used. */
  readonly uses: Map<string, number>;
  /** The plot of the latest story. */
  plot: string | null;
}

/** Takes from the lists of the material, and notes what. */
export interface Draw {
  /** One of the list, among those that were used least. */
  least: (list: readonly string[]) => string;
  /** One of the list, each as likely as the next. */
  any: (list: readonly string[]) => string;
  /** What was drawn by `least`. */
  readonly taken: readonly string[];
  /** A draw for one try of several, the later the less picky. What it takes counts only when it is kept. */
  fork: (tries: number) => Draw;
  keep: (fork: Draw) => void;
}

/** A prompt cuts long openings short; so much of one is enough to know it again. */
const KEY_LENGTH = 100;

export function emptyMemory(): Memory {
  return { titles: new Set(), openings: new Set(), uses: new Map(), plot: null };
}

/**
 * Draws from the lists of the material.
 * @param slack how many uses more than the least are let pass, for a retry that must find another; it also makes a
 * retry differ when `random` keeps returning one value
 */
export function openDraw(random: Random, memory: Memory, slack = 0): Draw {
  const taken: string[] = [];
  const usesOf = (item: string): number => memory.uses.get(item) ?? 0;
  const any = (list: readonly string[]): string => {
    const chosen = list[(Math.floor(random() * list.length) + slack) % list.length];
    if (chosen === undefined) throw new Error('There is nothing to draw from.');
    return chosen;
  };
  const least = (list: readonly string[]): string => {
    const most = Math.min(...list.map(usesOf)) + slack;
    const chosen = any(list.filter((item) => usesOf(item) <= most));
    taken.push(chosen);
    return chosen;
  };
  return {
    least,
    any,
    taken,
    fork: (tries) => openDraw(random, memory, slack + tries),
    keep: (fork) => taken.push(...fork.taken),
  };
}

/** Makes until one is good enough, at most so often; then the best is taken. */
export function bestOf<T>(most: number, make: (tries: number) => T, meritOf: (made: T) => number, enough: number): T {
  let best = make(0);
  for (let tries = 1; tries < most && meritOf(best) < enough; tries += 1) {
    const made = make(tries);
    if (meritOf(made) > meritOf(best)) best = made;
  }
  return best;
}

/** A first sentence as it is remembered. */
export function openingKey(sentence: string): string {
  return [...sentence].slice(0, KEY_LENGTH).join('');
}

/** The first sentence of a text, with or without its title, as it is remembered. */
export function openingKeyOf(text: string): string {
  return openingKey(sentencesOf(text)[0] ?? '');
}
