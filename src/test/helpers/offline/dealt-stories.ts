import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ComposedStory, composeStory } from '../../../offline/composer.js';
import { loadCorpus, type Material } from '../../../offline/materials.js';
import type { Passage } from '../../../offline/passages.js';
import { emptyHistory } from '../../../offline/usage-history.js';
import { type Axis, type AxisCards, byAxis, type Premise } from '../../../prompt/cards.js';
import { openDeck } from '../../../prompt/deck.js';
import { readCards } from '../../../prompt/read-cards.js';
import { seededRandom } from '../fakes.js';
import { ROOT } from '../processes.js';

/** A story of the offline author and the cards that were dealt for it. */
export interface Dealt extends ComposedStory {
  premise: Premise;
  material: Readonly<Record<Axis, Material>>;
}

export const AXIS_CARDS: readonly AxisCards[] = readCards(join(ROOT, 'config', 'premises'));

/** What so many orders in a row give, of one deck and one author. */
export async function dealStories(count: number, seed: number): Promise<Dealt[]> {
  const folder = mkdtempSync(join(tmpdir(), 'horror-'));
  const random = seededRandom(seed);
  const history = emptyHistory();
  const { material } = loadCorpus();
  const stories: Dealt[] = [];
  let ids = 0;
  const deal = openDeck({ folder, axes: AXIS_CARDS, random, newId: () => `draw-${++ids}` });
  while (stories.length < count) {
    const premise = await deal();
    const composed = composeStory({ premise: byAxis((axis) => premise[axis].text), random, history });
    stories.push({ ...composed, premise, material: byAxis((axis) => material[axis].get(premise[axis].id) ?? {}) });
  }
  rmSync(folder, { recursive: true, force: true });
  return stories;
}

/** The paragraphs of a story without its title. */
export function paragraphsOf(text: string): string[] {
  return text.trim().split('\n\n').slice(1);
}

/** A passage as it stands in the story, with what the form says after it. */
export function told({ text, touch }: Passage): string {
  return touch === '' ? text : `${text} ${touch}`;
}

export function counts(values: readonly string[]): Map<string, number> {
  const result = new Map<string, number>();
  for (const value of values) result.set(value, (result.get(value) ?? 0) + 1);
  return result;
}

export function repeatedIn(values: readonly string[]): string[] {
  return [...counts(values)].flatMap(([value, count]) => (count > 1 ? [value] : []));
}
