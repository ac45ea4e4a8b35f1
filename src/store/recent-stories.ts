import { join } from 'node:path';
import { readJson } from '../lib/files.js';
import type { AxisCards } from '../prompt/cards.js';
import type { RecentStory } from '../prompt/prompt.js';
import { ledgerPath, listRuns, readLedger } from '../run/ledger.js';
import { OPENING_LENGTH, type Story } from '../story/story.js';
import { LONGEST_TITLE } from '../story/thresholds.js';
import { readMetadata } from './story-metadata.js';
import { filesOf } from './story-store.js';

/** How many stories the next one is told to keep away from. */
export const RECENT_STORIES = 8;

/** The latest stories, newest last, and never more than so many. */
export interface RecentStories {
  list(): readonly RecentStory[];
  add(story: RecentStory): void;
}

/**
 * Finds the latest stories of a folder by its ledgers, newest run first, without reading the folder itself.
 * @param count how many to remember
 */
export async function readRecentStories(folder: string, count: number): Promise<RecentStories> {
  let stories: RecentStory[] = [];
  for (const runId of await listRuns(folder)) {
    if (stories.length >= count) break;
    const ledger = readLedger(ledgerPath(folder, runId));
    const names = (ledger?.records ?? []).flatMap((record) =>
      record.type === 'outcome' && record.kind === 'story' ? [record.name] : [],
    );
    const latest = names.slice(stories.length - count);
    stories = [...latest.flatMap((name) => readStory(folder, name) ?? []), ...stories];
  }
  return {
    list: () => stories,
    add: (story) => {
      stories = [...stories, story].slice(-count);
    },
  };
}

/** @returns null when the story is gone, or its metadata lacks the fields; that is no reason not to write the next */
function readStory(folder: string, name: string): RecentStory | null {
  const metadata = readMetadata(readJson(join(folder, filesOf(name)[1])));
  const { title, opening, ending, premise } = metadata ?? {};
  return title && opening ? toRecentStory({ title, opening, ending: ending ?? '' }, premise?.structure?.text) : null;
}

/** @param structure the text of its structure card; undefined where it has none, as stories of version 1 */
export function toRecentStory(
  { title, opening, ending }: Pick<Story, 'title' | 'opening' | 'ending'>,
  structure: string | undefined,
): RecentStory {
  return {
    title,
    opening,
    ...(ending === '' ? {} : { ending }),
    ...(structure === undefined ? {} : { structure }),
  };
}

/** As many recent stories as a prompt names, each as long as one is told there; a syllable has three bytes. */
export function longestRecentStories(axes: readonly AxisCards[]): RecentStory[] {
  const syllables = (count: number) => '가'.repeat(count);
  const structures = axes.find(({ axis }) => axis === 'structure')?.cards.map(({ text }) => text) ?? [];
  const story: RecentStory = {
    title: syllables(2 * LONGEST_TITLE),
    opening: syllables(OPENING_LENGTH + 1),
    ending: syllables(OPENING_LENGTH + 1),
    structure: structures.reduce((a, b) => (b.length > a.length ? b : a), ''),
  };
  return Array.from({ length: RECENT_STORIES }, () => story);
}
