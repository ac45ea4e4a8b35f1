import { createHash } from 'node:crypto';
import type { Random } from '../lib/random.js';
import { sentencesOf } from './korean/sentences.js';

/** What one story has used, as digests. */
export interface StoryUsage {
  readonly title: string;
  /** The first sentence, as much of it as `openingKey` keeps. */
  readonly opening: string;
  readonly plot: string;
  /** Passages and patterns. */
  readonly items: readonly string[];
}

/**
 * What the author has used so far, so as not to use it again soon. Everything is held as digests: a file of them is small,
 * and a passage that is reworded later counts as a new one.
 */
export interface UsageHistory {
  readonly titles: Set<string>;
  readonly openings: Set<string>;
  /** How often each passage, pattern and plot was used. */
  readonly uses: Map<string, number>;
  /** The digest of the latest story's plot. */
  lastPlot: string | null;
}

/** Picks from the lists of the material, and notes what was picked. */
export interface Picker {
  /** One of the list, among those that were used least. */
  leastUsed: (list: readonly string[]) => string;
  /** One of the list, each as likely as the next. */
  any: (list: readonly string[]) => string;
  /** What `leastUsed` picked. */
  readonly picked: readonly string[];
  /** A picker for one try of several, the later the less picky. What it picks counts only when it is kept. */
  fork: (tries: number) => Picker;
  keep: (fork: Picker) => void;
}

/** A prompt cuts long openings short; so much of one is enough to know it again. */
const KEY_LENGTH = 100;
/** Characters of a digest: 48 bits, so that among a million items two equal ones are unlikely. */
const DIGEST_LENGTH = 8;

/** The digests of the material's passages: each is asked for in every story. */
const itemDigests = new Map<string, string>();

export function emptyHistory(): UsageHistory {
  return { titles: new Set(), openings: new Set(), uses: new Map(), lastPlot: null };
}

/** A short digest of a text, the same in every process. */
export function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, DIGEST_LENGTH);
}

function digestOfItem(item: string): string {
  const known = itemDigests.get(item) ?? digestOf(item);
  itemDigests.set(item, known);
  return known;
}

/** How often an item was used. */
export function usesOf(item: string, { uses }: UsageHistory): number {
  return uses.get(digestOfItem(item)) ?? 0;
}

/** Adds a story to the history. */
export function addUsage(history: UsageHistory, { title, opening, plot, items }: StoryUsage): void {
  history.titles.add(title);
  history.openings.add(opening);
  history.lastPlot = plot;
  for (const item of [plot, ...items]) history.uses.set(item, (history.uses.get(item) ?? 0) + 1);
}

/**
 * Picks from the lists of the material.
 * @param slack how many uses more than the fewest are let pass, for a retry that must find another; it also makes a
 * retry differ when `random` keeps returning one value
 */
export function openPicker(random: Random, history: UsageHistory, slack = 0): Picker {
  const picked: string[] = [];
  const any = (list: readonly string[]): string => {
    const chosen = list[(Math.floor(random() * list.length) + slack) % list.length];
    if (chosen === undefined) throw new Error('There is nothing to pick from.');
    return chosen;
  };
  const leastUsed = (list: readonly string[]): string => {
    const uses = list.map((item) => usesOf(item, history));
    const most = Math.min(...uses) + slack;
    const chosen = any(list.filter((_, index) => (uses[index] ?? 0) <= most));
    picked.push(chosen);
    return chosen;
  };
  return {
    leastUsed,
    any,
    picked,
    fork: (tries) => openPicker(random, history, slack + tries),
    keep: (fork) => picked.push(...fork.picked),
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

/** A first sentence as the history knows it. */
export function openingKey(sentence: string): string {
  return digestOf([...sentence].slice(0, KEY_LENGTH).join(''));
}

/** The first sentence of a text, with or without its title, as the history knows it. */
export function openingKeyOf(text: string): string {
  return openingKey(sentencesOf(text)[0] ?? '');
}
