import { type Doubt, doubtOf, mergeDoubts } from './doubts.js';
import { readEnding } from './reading/after/ending.js';
import { withoutBlankEdges } from './reading/around/normalise.js';
import { type Unpacked, unpack } from './reading/around/unpack.js';
import { readOpening } from './reading/before/opening.js';
import { SAYS_UNFINISHED } from './reading/forms/talk-words.js';
import type { RemovedText } from './reading/removed-text.js';
import { LONGEST_TALK } from './thresholds.js';

/** An answer, read: the story, and what stood around it. */
export interface ReadAnswer {
  /** null when the answer has none. */
  title: string | null;
  /** The story as it will stand on disk: a `# title` line when there is a title, and else the bare story. */
  text: string;
  /** The tags that the model gave, without `#`. */
  tags: string[];
  /** What was taken away, in the order in which it stood; a title is named where it had another form. */
  removed: RemovedText[];
  doubts: Doubt[];
}

export interface ReadingOptions {
  /** The model was cut off, so that the end of the text is no end: nothing is taken away there. */
  isCutOff?: boolean;
}

/** Reads a story out of the raw text of an answer. Pure; what is not certain stays, with a doubt. */
export function readAnswer(raw: string, { isCutOff = false }: ReadingOptions = {}): ReadAnswer {
  const opened = unpack(raw);
  const lines = opened.text.split('\n');
  const opening = readOpening(lines);
  const title = opening.title ?? opened.title;
  const below = lines.slice(opening.from);
  const ending = isCutOff ? { lines: below, tags: [], removed: [], doubts: [] } : readEnding(below, title);
  const body = withoutBlankEdges(ending.lines.join('\n'));
  // Talk with hardly anything left is an answer of its own, such as a refusal, and judged as a whole.
  const taken = [...opening.removed, ...ending.removed].reduce((sum, each) => sum + each.text.length, 0);
  if (title === null && body.length < taken) return asItStands(opened);
  const text = title === null || opening.isTitleInText ? body : `# ${title}\n\n${body}`.trim();
  return {
    title,
    text,
    tags: [...new Set([...opened.tags, ...opening.tags, ...ending.tags])],
    removed: inOrder([...opened.removed, ...opening.removed, ...ending.removed]),
    doubts: mergeDoubts(opened.doubts, opening.doubts, ending.doubts, unfinishedOf(ending.removed)),
  };
}

const asItStands = ({ text, title, tags, removed, doubts }: Unpacked): ReadAnswer => ({
  ...{ title, text: title === null ? text : `# ${title}\n\n${text}` },
  ...{ tags: [...new Set(tags)], removed: inOrder(removed), doubts: mergeDoubts(doubts) },
});

/** A model that offers to go on because it has run out of room has not told all. */
const unfinishedOf = (removed: readonly RemovedText[]): Doubt[] =>
  removed.some(({ text }) => SAYS_UNFINISHED.test(text.slice(0, LONGEST_TALK))) ? [doubtOf('unfinished')] : [];

const PLACES: readonly RemovedText['where'][] = ['around', 'before', 'inside', 'after'];

function inOrder(removed: readonly RemovedText[]): RemovedText[] {
  return PLACES.flatMap((place) => removed.filter(({ where }) => where === place));
}
