import type { Axis } from '../prompt/cards.js';
import { type Corpus, variants } from './materials.js';
import type { Chosen } from './premise-materials.js';
import { fillSlots } from './slots.js';
import { bestOf, type Draw } from './usage-history.js';

const LENGTH = { min: 4, max: 25 };
/** Of a length that is right (1), with no word twice (1), and new (2). */
const BEST = 4;
/** For cards so worded that no title of them has the right length. */
const FALLBACK = '그곳에 남은 것';
const AXES_WITH_TITLES = ['place', 'time', 'presence', 'device'] as const satisfies readonly Axis[];
/** How often a pattern and its parts are drawn before what came is taken. */
const MOST_TRIES = 40;

/** A title of parts from two or three axes that `isTaken` does not know, as far as there is one. */
export function composeTitle(corpus: Corpus, chosen: Chosen, draw: Draw, isTaken: (title: string) => boolean): string {
  const make = (tries: number): { title: string; fork: Draw } => {
    const fork = draw.fork(tries);
    return { title: candidateTitle(corpus, chosen, fork), fork };
  };
  const meritOf = ({ title }: { title: string }): number =>
    hasLength(title) ? 1 + (isTaken(title) ? 0 : 2) + (repeatsWord(title) ? 0 : 1) : 0;
  const best = bestOf(MOST_TRIES, make, meritOf, BEST);
  draw.keep(best.fork);
  return hasLength(best.title) ? best.title : FALLBACK;
}

function candidateTitle(corpus: Corpus, chosen: Chosen, draw: Draw): string {
  const parts = AXES_WITH_TITLES.map((axis) => [`${axis}Title`, draw.least(variants(chosen.material[axis], 'titles'))]);
  return fillSlots(draw.least(variants(corpus.common, 'titlePatterns')), Object.fromEntries(parts));
}

function hasLength(title: string): boolean {
  const length = [...title].length;
  return length >= LENGTH.min && length <= LENGTH.max;
}

function repeatsWord(title: string): boolean {
  const words = title.split(/[ ,]+/).map((word) => word.replace(/(의|과|와|이|가|을|를|에)$/, ''));
  return new Set(words).size < words.length;
}
