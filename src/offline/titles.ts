import type { Axis } from '../prompt/cards.js';
import { sentencesOf } from './korean/sentences.js';
import { fillSlots } from './korean/slots.js';
import { type Corpus, name, variants } from './materials.js';
import type { PremiseMaterials } from './premise-materials.js';
import { bestOf, type Picker } from './usage-history.js';

const LENGTH = { min: 4, max: 25 };
/** Merits of a title; the highest is their sum. */
const MERIT = { length: 1, wordsDiffer: 3, isNew: 5, isTold: 2 };
const BEST = MERIT.length + MERIT.wordsDiffer + MERIT.isNew + MERIT.isTold;
/** For cards so worded that no title of them has the right length. */
const FALLBACK = '그곳에 있던 것';
const AXES_WITH_TITLES = ['place', 'presence', 'device', 'turn'] as const satisfies readonly Axis[];
/** How often a pattern and its parts are picked before the best so far is taken. */
const MOST_TRIES = 40;

export interface TitleSource {
  readonly corpus: Corpus;
  readonly materials: PremiseMaterials;
  readonly picker: Picker;
  /** The text of the story: a title whose words stand in it says something of it. */
  readonly story: string;
  readonly isTaken: (title: string) => boolean;
}

interface Candidate {
  readonly title: string;
  /** What of the cards it is made of, less the name of the place. */
  readonly parts: readonly string[];
  readonly fork: Picker;
}

/** A title of one or two cards' parts that is not taken and whose words the story tells, as far as there is one. */
export function composeTitle({ corpus, materials, picker, story, isTaken }: TitleSource): string {
  const sentences = sentencesOf(story);
  const make = (tries: number): Candidate => {
    const fork = picker.fork(tries);
    return { ...candidateTitle(corpus, materials, fork), fork };
  };
  const meritOf = ({ title, parts }: Candidate): number =>
    hasLength(title)
      ? MERIT.length +
        (isTaken(title) ? 0 : MERIT.isNew) +
        (repeatsWord(title) ? 0 : MERIT.wordsDiffer) +
        (isTold(parts, sentences) ? MERIT.isTold : 0)
      : 0;
  const best = bestOf(MOST_TRIES, make, meritOf, BEST);
  picker.keep(best.fork);
  return hasLength(best.title) ? best.title : FALLBACK;
}

function candidateTitle(
  corpus: Corpus,
  { material }: PremiseMaterials,
  picker: Picker,
): { title: string; parts: readonly string[] } {
  const pattern = picker.leastUsed(variants(corpus.common, 'titlePatterns'));
  const parts = AXES_WITH_TITLES.flatMap((axis) =>
    pattern.includes(`{${axis}Title`) ? [[`${axis}Title`, picker.leastUsed(variants(material[axis], 'titles'))]] : [],
  );
  const title = fillSlots(pattern, { ...Object.fromEntries(parts), place: name(material.place, 'name') });
  return { title, parts: parts.flatMap(([, part]) => (part === undefined ? [] : [part])) };
}

function hasLength(title: string): boolean {
  const length = [...title].length;
  return length >= LENGTH.min && length <= LENGTH.max;
}

/** Whether a sentence of the story has the words of each part of a title, be it with other particles. */
function isTold(parts: readonly string[], sentences: readonly string[]): boolean {
  return parts.every((part) => sentences.some((sentence) => wordsOf(part).every((word) => sentence.includes(word))));
}

/** The words of a title without their particles. */
function wordsOf(title: string): string[] {
  return title.split(/[ ,]+/).map((word) => word.replace(/(의|과|와|이|가|을|를|에)$/, ''));
}

/** Whether a title has a word twice, or hangs one possessive on another. */
function repeatsWord(title: string): boolean {
  const words = wordsOf(title);
  if (/의 .*의 /u.test(title)) return true;
  return new Set(words).size < words.length;
}
