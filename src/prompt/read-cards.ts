import { join } from 'node:path';
import { UserError } from '../lib/errors.js';
import { readTextFile } from '../lib/files.js';
import { AXES, type Axis, type AxisCards, type Card } from './cards.js';
import { findConstraintFault } from './constraints.js';

/** A file of cards that cannot be used; the message is for the user. */
export class CardFileError extends UserError {
  override readonly name = 'CardFileError';
}

/**
 * Reads the cards of every axis from `<folder>/<axis>.json`.
 * @throws CardFileError when a file is missing or malformed, has fewer than two cards, repeats an id, or holds a card
 *   that can never be dealt
 */
export function readCards(folder: string): AxisCards[] {
  const pathOf = (axis: Axis): string => join(folder, `${axis}.json`);
  const axes = AXES.map((axis) => {
    try {
      return parseAxis(axis, JSON.parse(readTextFile(pathOf(axis))));
    } catch (cause) {
      throw unusable(pathOf(axis), cause);
    }
  });
  const fault = findConstraintFault(axes);
  if (fault !== null) throw unusable(pathOf(fault.axis), new Error(fault.message));
  return axes;
}

/** The error that names the file. */
export function unusable(path: string, cause: unknown): CardFileError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new CardFileError(`소재 파일을 쓸 수 없습니다: ${path}: ${why}`, { cause });
}

function parseAxis(axis: Axis, json: unknown): AxisCards {
  const { label, cards } = json as { label?: unknown; cards?: unknown };
  if (typeof label !== 'string' || !Array.isArray(cards)) throw new Error('label(문자열)과 cards(배열)가 필요합니다');
  const parsed = cards.map((card: unknown): Card => {
    const { id, text } = (card ?? {}) as { id?: unknown; text?: unknown };
    if (typeof id !== 'string' || typeof text !== 'string' || id === '' || text === '') {
      throw new Error(`카드에는 id와 text가 필요합니다: ${JSON.stringify(card)}`);
    }
    return { id, text, ...optionalFields(card, id) };
  });
  const ids = new Set(parsed.map((card) => card.id));
  if (ids.size !== parsed.length) throw new Error('같은 id의 카드가 있습니다');
  if (parsed.length < 2) throw new Error('카드가 두 장 이상 필요합니다');
  return { axis, label, cards: parsed };
}

const TAG_FIELDS = ['tags', 'requires', 'excludes'] as const;

/** A tag is letters and digits of any script, joined by hyphens. */
const TAG = /^[\p{L}\p{N}]+(-[\p{L}\p{N}]+)*$/u;

/**
 * The fields of a card that may be left out.
 * @param name how the card is named in an error
 */
export function optionalFields(card: unknown, name: string): Omit<Card, 'id' | 'text'> {
  const given = card as Record<string, unknown>;
  const { note } = given;
  if (note !== undefined && (typeof note !== 'string' || note.trim() === '' || /\p{Cc}/u.test(note))) {
    throw new Error(`카드 "${name}": note는 한 줄짜리 글이어야 합니다`);
  }
  const lists = TAG_FIELDS.flatMap((field) => {
    const tags = given[field];
    if (tags === undefined) return [];
    if (!Array.isArray(tags) || !tags.every((tag) => typeof tag === 'string' && TAG.test(tag))) {
      throw new Error(`카드 "${name}": ${field}는 태그(글자와 숫자, 붙임표)의 배열이어야 합니다`);
    }
    return tags.length === 0 ? [] : [[field, tags as string[]] as const];
  });
  return { ...(note === undefined ? {} : { note: note.trim() }), ...Object.fromEntries(lists) };
}
