import { createHash } from 'node:crypto';
import { readTextFile } from '../lib/files.js';
import { AXES, type Axis, type AxisCards, type Card } from './cards.js';
import { findConstraintFault } from './constraints.js';
import { optionalFields, unusable } from './read-cards.js';

/** A card's text stands in one line of the prompt. */
const LONGEST_TEXT = 200;

/**
 * Adds the cards of a user's own file to those of the project: a JSON object with a list of texts per axis, such as
 * `{ "place": ["할머니 댁 다락"], "fear": [{ "id": "stairs", "text": "계단을 세는 두려움", "excludes": ["vehicle"] }] }`.
 * @throws CardFileError when the file cannot be read, is not like that, or holds a card that can never be dealt
 */
export function addCustomCards(axes: readonly AxisCards[], path: string): AxisCards[] {
  try {
    const own = parseOwn(JSON.parse(readTextFile(path)));
    const joined = axes.map(({ axis, label, cards }) => ({ axis, label, cards: join(cards, own[axis] ?? [], axis) }));
    const fault = findConstraintFault(joined);
    if (fault !== null) throw new Error(`${fault.axis}: ${fault.message}`);
    return joined;
  } catch (cause) {
    throw unusable(path, cause);
  }
}

function parseOwn(json: unknown): Partial<Record<Axis, Card[]>> {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw new Error('JSON 객체여야 합니다');
  return Object.fromEntries(
    Object.entries(json).map(([axis, cards]) => {
      if (!AXES.some((known) => known === axis)) {
        throw new Error(`모르는 소재 ${axis} (쓸 수 있는 것: ${AXES.join(', ')})`);
      }
      if (!Array.isArray(cards)) throw new Error(`${axis}는 배열이어야 합니다`);
      return [axis, cards.map((card) => parseCard(card, axis))];
    }),
  );
}

function parseCard(card: unknown, axis: string): Card {
  const given = typeof card === 'string' ? { text: card } : (card ?? {});
  const { text, id } = given as { text?: unknown; id?: unknown };
  const isText = typeof text === 'string' && text.trim() !== '' && !/\p{Cc}/u.test(text);
  if (!isText || [...text].length > LONGEST_TEXT) {
    throw new Error(`${axis}: ${LONGEST_TEXT}자 이하의 한 줄짜리 글이어야 합니다: ${JSON.stringify(card)}`);
  }
  if (id !== undefined && (typeof id !== 'string' || id === '')) {
    throw new Error(`${axis}: id는 빈 글일 수 없습니다: ${JSON.stringify(card)}`);
  }
  return { id: id ?? idOf(text.trim()), text: text.trim(), ...optionalFields(given, text.trim()) };
}

/** Stable as long as the text is: the deck remembers by it what was dealt. */
function idOf(text: string): string {
  return `own-${createHash('sha256').update(text.normalize('NFC')).digest('hex').slice(0, 8)}`;
}

function join(cards: readonly Card[], own: readonly Card[], axis: Axis): Card[] {
  const all = [...cards, ...own];
  const twice = all.find(({ id, text }, at) =>
    all.some((other, n) => n < at && (other.id === id || other.text === text)),
  );
  if (twice !== undefined) throw new Error(`${axis}: 같은 카드가 이미 있습니다: ${twice.text} (${twice.id})`);
  return all;
}
