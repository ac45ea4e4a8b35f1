import type { Random } from '../lib/random.js';
import { type Axis, byAxis, type Card } from '../prompt/cards.js';
import type { Corpus, Material } from './materials.js';

/** The material that belongs to the cards of a premise. */
export interface PremiseMaterials {
  readonly material: Readonly<Record<Axis, Material>>;
  /** The texts of the cards. */
  readonly texts: Readonly<Record<Axis, string>>;
  /** The id of the structure card; null for a card of the user's. */
  readonly structure: string | null;
}

const TEXT_LIMIT = 60;
/** Two of them, and what joins them, make a title. */
const LONGEST_NAME = 11;
/** Words that cannot begin a noun phrase, though they may stand in the middle of one. */
const DEPENDENT =
  /^((않|없|있|못|안|수|것|듯|번째|째|뿐|채|적|더|덜|잘)[가-힣]{0,2}|(앞|옆|뒤|위|밑|아래|속|곁|사이|끝)(에|의|에서|으로)?)$/;

/** Every story looks through all cards. */
const cleanedTexts = new WeakMap<Card, string>();

/** Finds the cards by their texts, as they stand in a prompt; a missing one is drawn. */
export function selectMaterials(
  corpus: Corpus,
  premise: Partial<Record<Axis, string>>,
  random: Random,
): PremiseMaterials {
  const entries = byAxis((axis) => {
    const given = cleaned(premise[axis] ?? '');
    const cards = corpus.cards[axis];
    const drawn = given === '' ? cards[Math.floor(random() * cards.length)] : undefined;
    const card = drawn ?? cards.find((candidate) => textOf(candidate) === given);
    const text = card === undefined ? given : textOf(card);
    const own = card === undefined ? undefined : corpus.material[axis].get(card.id);
    return { id: card?.id ?? null, text, material: own ?? genericFor(axis, corpus.generic[axis], text) };
  });
  return {
    material: byAxis((axis) => entries[axis].material),
    texts: byAxis((axis) => entries[axis].text),
    structure: entries.structure.id,
  };
}

/** The material of a card that the user added, which has none of its own. */
function genericFor(axis: Axis, generic: Material, text: string): Material {
  const short = shortName(text);
  if (short === null) return generic;
  return { ...generic, titles: [short], ...(axis === 'place' ? { name: short } : {}) };
}

/** The last words of a card, since a Korean noun phrase ends in its head; null when they do not make a name. */
export function shortName(text: string): string | null {
  const words = text.split(' ');
  while (words.length > 1 && (words.join(' ').length > LONGEST_NAME || DEPENDENT.test(words[0] ?? ''))) words.shift();
  const name = words.join(' ');
  return name.length <= LONGEST_NAME && /^[\p{L}\p{N}][\p{L}\p{N} ]+$/u.test(name) ? name : null;
}

function textOf(card: Card): string {
  const known = cleanedTexts.get(card) ?? cleaned(card.text);
  cleanedTexts.set(card, known);
  return known;
}

/** A user's card may hold line breaks, braces or a full stop, none of which fit inside a sentence. */
function cleaned(text: string): string {
  const flat = text
    .replace(/[{}|]/g, '')
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/[.。]+$/, '')
    .trim();
  if (!/[\p{L}\p{N}]/u.test(flat)) return '';
  return [...flat].slice(0, TEXT_LIMIT).join('').trim();
}
