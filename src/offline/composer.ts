import type { Random } from '../lib/random.js';
import type { Axis } from '../prompt/cards.js';
import { type Corpus, loadCorpus } from './materials.js';
import { type Passage, tell } from './passages.js';
import { PLOTS, type Plot, SPARE_BEATS } from './plots.js';
import { type Chosen, choose } from './premise-materials.js';
import { sentencesOf } from './sentences.js';
import { composeTitle } from './titles.js';
import { bestOf, emptyMemory, type Memory, openDraw, openingKeyOf } from './usage-history.js';

export interface StoryRequest {
  /** Card texts as they stood in the prompt; a missing axis is drawn from the cards. */
  premise: Partial<Record<Axis, string>>;
  /** Returns [0, 1). The same premise, sequence and memory give the same story. */
  random: Random;
  /** What was told before; this story is added to it. Without one, nothing was. */
  memory?: Memory;
}

export interface ComposedStory {
  title: string;
  /** Markdown: a `# title` line, then paragraphs separated by blank lines. */
  text: string;
  /** The name of its plot. */
  plot: string;
}

interface Source {
  readonly corpus: Corpus;
  readonly chosen: Chosen;
  readonly plot: Plot;
  readonly random: Random;
  readonly memory: Memory;
}

interface Attempt {
  readonly title: string;
  readonly text: string;
  /** What it took from the material. */
  readonly taken: readonly string[];
}

const LENGTH = { shortest: 2000, comfortable: 3700, longest: 4000 };
const PARAGRAPHS = { fewest: 16, most: 38 };
/** How likely a spare passage is left out though there is room, so that even stories of one plot differ in shape. */
const SPARED = 0.2;
const MOST_ATTEMPTS = 24;

/** Writes one whole story for the premise, without any network. */
export function composeStory({ premise, random, memory = emptyMemory() }: StoryRequest): ComposedStory {
  const corpus = loadCorpus();
  const chosen = choose(corpus, premise, random);
  const plot = choosePlot(random, memory);
  // Passages are written to fit each other; a retry only catches the rare bad length, echo or repetition.
  const best = bestOf(
    MOST_ATTEMPTS,
    (tries) => tryStory({ corpus, chosen, plot, random, memory }, tries),
    ({ title, text }) =>
      (isSound(text) ? 2 : 0) + (memory.titles.has(title) || memory.openings.has(openingKeyOf(text)) ? 0 : 1),
    3,
  );
  remember(memory, best, plot);
  return { title: best.title, text: best.text, plot: plot.name };
}

/** Each as often as any other, and never the same twice in a row. */
function choosePlot(random: Random, memory: Memory): Plot {
  const names = PLOTS.map(({ name }) => name).filter((name) => name !== memory.plot);
  const chosen = openDraw(random, memory).least(names);
  const plot = PLOTS.find(({ name }) => name === chosen);
  if (plot === undefined) throw new Error('There are no plots.');
  return plot;
}

function tryStory({ corpus, chosen, plot, random, memory }: Source, tries: number): Attempt {
  const draw = openDraw(random, memory, tries);
  const title = composeTitle(corpus, chosen, draw, (candidate) => memory.titles.has(candidate));
  const passages = tell(plot, corpus, chosen, draw, (key) => memory.openings.has(key));
  const paragraphs = fit(passages, random);
  return { title, text: `# ${title}\n\n${paragraphs.join('\n\n')}\n`, taken: draw.taken };
}

function remember(memory: Memory, { title, text, taken }: Attempt, plot: Plot): void {
  memory.titles.add(title);
  memory.openings.add(openingKeyOf(text));
  memory.plot = plot.name;
  for (const item of [...taken, plot.name]) memory.uses.set(item, (memory.uses.get(item) ?? 0) + 1);
}

/** The paragraphs of a story, less a spare passage here and there, and less those for which there is no room. */
function fit(passages: readonly Passage[], random: Random): string[] {
  const kept = passages.filter(({ beat }) => !SPARE_BEATS.has(beat) || random() >= SPARED);
  const isTooLong = (): boolean => lengthOf(kept) > LENGTH.comfortable || paragraphsOf(kept).length > PARAGRAPHS.most;
  while (isTooLong()) {
    const spare = kept.filter(({ beat, text }) => text !== '' && SPARE_BEATS.has(beat));
    const dropped = spare[Math.floor(random() * spare.length)];
    if (dropped === undefined) break;
    kept.splice(kept.indexOf(dropped), 1);
  }
  return paragraphsOf(kept);
}

function paragraphsOf(passages: readonly Passage[]): string[] {
  return passages.flatMap(({ text }) => text.split('\n\n')).filter((paragraph) => paragraph.trim() !== '');
}

function lengthOf(passages: readonly Passage[]): number {
  return [...paragraphsOf(passages).join('\n\n')].length;
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
