import { costOf, type Price } from '../api/pricing.js';
import { MINUTE } from '../lib/clock.js';
import type { History, PastText } from './history.js';

/** Something used: money, tokens and time. */
export interface Spending {
  tokens: number;
  /** US dollars; null where no price is known. */
  costUsd: number | null;
  /** Milliseconds. */
  ms: number;
}

/** What a story costs, going by a history. */
export interface StoryCost {
  /** How many stories say so. */
  stories: number;
  /** How many answers were set aside meanwhile. */
  setAside: number;
  /** Of each figure by itself. */
  median: Spending;
  worst: Spending;
  /** All that was spent, what was set aside included, per story that was saved. */
  perSaved: Spending;
}

/** The longest that a batch takes. */
export const LONGEST_BATCH = 24 * 60 * MINUTE;

/**
 * What a story costs at the price of today. Pure.
 * @param price of the calls to come, half of the list price for those of a batch
 * @returns null when no story of the history says what it used
 */
export function storyCostOf(history: History, price: Price | null): StoryCost | null {
  const stories = history.stories.flatMap(({ usage }) => usage ?? []);
  const setAside = history.setAside.flatMap(({ usage }) => usage ?? []);
  if (stories.length === 0) return null;
  const tokens = stories.map(({ total_tokens }) => total_tokens);
  const costs = stories.flatMap((usage) => costOf(usage, price) ?? []);
  const times = streamTimes(history.stories);
  const allTimes = [...times, ...streamTimes(history.setAside)];
  const wasted = sum(setAside.map(({ total_tokens }) => total_tokens));
  const wastedUsd = sum(setAside.flatMap((usage) => costOf(usage, price) ?? []));
  const priced = (costUsd: number) => (price === null ? null : costUsd);
  return {
    stories: stories.length,
    setAside: setAside.length,
    median: { tokens: median(tokens), costUsd: priced(median(costs)), ms: median(times) },
    worst: { tokens: Math.max(...tokens), costUsd: priced(Math.max(...costs)), ms: Math.max(0, ...times) },
    perSaved: {
      tokens: (sum(tokens) + wasted) / stories.length,
      costUsd: priced((sum(costs) + wastedUsd) / stories.length),
      ms: times.length === 0 ? 0 : (median(allTimes) * allTimes.length) / times.length,
    },
  };
}

/** Generation times of what was streamed: a text of a batch has its share of the batch's time. */
function streamTimes(texts: readonly PastText[]): number[] {
  return texts.filter(({ batch }) => batch === null).flatMap(({ generationMs }) => generationMs ?? []);
}

/** How long the batches of a history took, in the middle, in milliseconds; null when it has none. Pure. */
export function batchTimeOf({ stories, setAside }: History): number | null {
  const batches = new Map<string, number>();
  for (const { batch, generationMs } of [...stories, ...setAside]) {
    if (batch !== null) batches.set(batch, (batches.get(batch) ?? 0) + (generationMs ?? 0));
  }
  return batches.size === 0 ? null : Math.min(LONGEST_BATCH, median([...batches.values()]));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** The lower one of the two in the middle; 0 without values. */
function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length / 2) - 1)] ?? 0;
}
