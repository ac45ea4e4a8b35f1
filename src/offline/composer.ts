import type { Random } from '../lib/random.js';
import type { Axis } from '../prompt/cards.js';
import { sentencesOf } from './korean/sentences.js';
import { type Corpus, loadCorpus } from './materials.js';
import { type Passage, stalenessOf, writePassages } from './passages.js';
import { leavesNothingOut, OPTIONAL_BEATS, type Plot } from './plots.js';
import { type PremiseMaterials, selectMaterials } from './premise-materials.js';
import { composeTitle } from './titles.js';
import {
  addUsage,
  bestOf,
  digestOf,
  emptyHistory,
  openingKeyOf,
  openPicker,
  type StoryUsage,
  type UsageHistory,
  usesOf,
} from './usage-history.js';

export interface StoryRequest {
  /** Card texts as they stood in the prompt; a missing axis is drawn from the cards. */
  premise: Partial<Record<Axis, string>>;
  /** Returns [0, 1). The same premise, sequence and history give the same story. */
  random: Random;
  /** What was used before; this story is added to it. Default: nothing. */
  history?: UsageHistory;
}

export interface ComposedStory {
  title: string;
  /** Markdown: a `# title` line, then paragraphs separated by blank lines. */
  text: string;
  /** The name of its plot. */
  plot: string;
  /** What it consists of, in its order. */
  passages: readonly Passage[];
  usage: StoryUsage;
}

interface Source {
  readonly corpus: Corpus;
  readonly materials: PremiseMaterials;
  readonly plot: Plot;
  readonly random: Random;
  readonly history: UsageHistory;
}

interface Attempt {
  readonly title: string;
  readonly text: string;
  readonly passages: readonly Passage[];
  /** What of the material it is made of. */
  readonly items: readonly string[];
}

const LENGTH = { shortest: 2000, comfortable: 3000, longest: 4000 };
/** Of which a title line may take so much. */
const LONGEST_TITLE_LINE = 30;
const PARAGRAPHS = { fewest: 16, most: 38 };
/** How likely an optional beat is left out though there is room, so that even stories of one plot differ in shape. */
const OMISSION = 0.5;
const MOST_ATTEMPTS = 24;

/** Writes one whole story for the premise, without any network. */
export function composeStory({ premise, random, history = emptyHistory() }: StoryRequest): ComposedStory {
  const corpus = loadCorpus();
  const materials = selectMaterials(corpus, premise, random);
  const plot = choosePlot(corpus, materials, random, history);
  // Passages are written to fit each other; a retry only catches the rare bad length, echo or repetition.
  const best = bestOf(
    MOST_ATTEMPTS,
    (tries) => attemptStory({ corpus, materials, plot, random, history }, tries),
    ({ title, text }) => (isSound(text) ? 2 : 0) + (isNew(title, text, history) ? 1 : 0),
    3,
  );
  const usage = {
    title: digestOf(best.title),
    opening: openingKeyOf(best.text),
    plot: digestOf(plot.name),
    items: best.items.map(digestOf),
  };
  addUsage(history, usage);
  return { title: best.title, text: best.text, plot: plot.name, passages: best.passages, usage };
}

/**
 * Chooses among the plots that follow the structure of the premise; among all that leave nothing out when the structure is
 * a card of the user's. Each comes as often as any other, and neither half the same twice in a row. Among those whose turn it is, one
 * that tells what earlier stories on these cards have not told.
 */
function choosePlot({ plots }: Corpus, materials: PremiseMaterials, random: Random, history: UsageHistory): Plot {
  const last = plots.find(({ name }) => digestOf(name) === history.lastPlot);
  const following = plots.filter((plot) =>
    materials.structure === null ? leavesNothingOut(plot) : plot.structure === materials.structure,
  );
  const otherwise = preferring(following, ({ back }) => back !== last?.back);
  const others = preferring(otherwise, ({ front }) => front !== last?.front);
  const due = leastBy(others, ({ name }) => usesOf(name, history));
  const fresh = leastBy(due, (plot) => stalenessOf(plot, materials, (variant) => usesOf(variant, history)));
  const plot = fresh[Math.floor(random() * fresh.length)];
  if (plot === undefined) throw new Error('There are no plots.');
  return plot;
}

/** Those of which it holds; all of them when it holds of none. */
function preferring<T>(list: readonly T[], holds: (item: T) => boolean): readonly T[] {
  const preferred = list.filter(holds);
  return preferred.length > 0 ? preferred : list;
}

function leastBy<T>(list: readonly T[], countOf: (item: T) => number): readonly T[] {
  const least = Math.min(...list.map(countOf));
  return list.filter((item) => countOf(item) === least);
}

function attemptStory({ corpus, materials, plot, random, history }: Source, tries: number): Attempt {
  const picker = openPicker(random, history, tries);
  const beats = plot.beats.filter((beat) => !OPTIONAL_BEATS.has(beat) || random() >= OMISSION);
  const isKnownOpening = (key: string): boolean => history.openings.has(key);
  const written = writePassages({ plot, beats, corpus, materials, picker, isKnownOpening });
  const kept = fit(written, random);
  const story = paragraphsOf(kept).join('\n\n');
  const counted = picker.picked.length;
  const isTaken = (candidate: string): boolean => history.titles.has(digestOf(candidate));
  const title = composeTitle({ corpus, materials, picker, story, isTaken });
  return {
    title,
    text: `# ${title}\n\n${story}\n`,
    passages: kept,
    items: [...picker.picked.slice(counted), ...kept.flatMap(({ items }) => items)],
  };
}

/** The passages of a story, less those optional ones for which there is no room, and then less what the form says. */
function fit(passages: readonly Passage[], random: Random): Passage[] {
  const kept = [...passages];
  const isTooLong = (): boolean => lengthOf(kept) > LENGTH.comfortable || paragraphsOf(kept).length > PARAGRAPHS.most;
  while (isTooLong()) {
    const optional = kept.filter(({ beat }) => OPTIONAL_BEATS.has(beat));
    const dropped = optional[Math.floor(random() * optional.length)];
    if (dropped === undefined) break;
    kept.splice(kept.indexOf(dropped), 1);
  }
  return lengthOf(kept) > LENGTH.longest - LONGEST_TITLE_LINE
    ? kept.map((passage) => ({ ...passage, touch: '' }))
    : kept;
}

function paragraphsOf(passages: readonly Passage[]): string[] {
  const texts = passages.map(({ text, touch }) => (touch === '' ? text : `${text} ${touch}`));
  return texts.flatMap((text) => text.split('\n\n')).filter((paragraph) => paragraph.trim() !== '');
}

function lengthOf(passages: readonly Passage[]): number {
  return [...paragraphsOf(passages).join('\n\n')].length;
}

function isNew(title: string, text: string, history: UsageHistory): boolean {
  return !history.titles.has(digestOf(title)) && !history.openings.has(openingKeyOf(text));
}

function isSound(text: string): boolean {
  const length = [...text].length;
  const sentences = sentencesOf(text);
  const paragraphs = text.trim().split('\n\n').length - 1; // less the title
  return (
    length >= LENGTH.shortest &&
    length <= LENGTH.longest &&
    paragraphs >= PARAGRAPHS.fewest &&
    paragraphs <= PARAGRAPHS.most &&
    new Set(sentences).size === sentences.length
  );
}
