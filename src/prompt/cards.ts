import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../lib/errors.js';

/** The axes along which one story differs from the next; each is a file of cards in config/premises. */
export const AXES = ['person', 'place', 'time', 'fear', 'presence', 'device', 'turn', 'form'] as const;
export type Axis = (typeof AXES)[number];

export interface Card {
  /** Unique within its axis, and stable: metadata refers to it. */
  id: string;
  /** Korean, as it stands in the prompt. */
  text: string;
}

/** What is new this time: one card an axis. */
export type Premise = Record<Axis, Card>;

/** One axis: its Korean name, as it stands in the prompt, and its cards. */
export interface AxisCards {
  axis: Axis;
  label: string;
  cards: readonly Card[];
}

/** A record with one value an axis. */
export function byAxis<T>(make: (axis: Axis) => T): Record<Axis, T> {
  return Object.fromEntries(AXES.map((axis) => [axis, make(axis)])) as Record<Axis, T>;
}

/** The ids of a premise's cards by axis. */
export function idsOf(premise: Premise): Record<Axis, string> {
  return byAxis((axis) => premise[axis].id);
}

/** A file of cards that cannot be used; the message is for the user. */
export class CardFileError extends UserError {
  override readonly name = 'CardFileError';
}

/**
 * Reads the cards of every axis from `<folder>/<axis>.json`.
 * @throws CardFileError when a file is missing, malformed, has no two cards or repeats an id
 */
export function readCards(folder: string): AxisCards[] {
  return AXES.map((axis) => {
    const path = join(folder, `${axis}.json`);
    try {
      return parseAxis(axis, JSON.parse(readFileSync(path, 'utf8')));
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new CardFileError(`소재 파일을 쓸 수 없습니다: ${path}: ${why}`, { cause });
    }
  });
}

function parseAxis(axis: Axis, json: unknown): AxisCards {
  const { label, cards } = json as { label?: unknown; cards?: unknown };
  if (typeof label !== 'string' || !Array.isArray(cards)) throw new Error('label(문자열)과 cards(배열)가 필요합니다');
  const parsed = cards.map((card: unknown): Card => {
    const { id, text } = (card ?? {}) as { id?: unknown; text?: unknown };
    if (typeof id !== 'string' || typeof text !== 'string' || id === '' || text === '') {
      throw new Error(`카드에는 id와 text가 필요합니다: ${JSON.stringify(card)}`);
    }
    return { id, text };
  });
  const ids = new Set(parsed.map((card) => card.id));
  if (ids.size !== parsed.length) throw new Error('같은 id의 카드가 있습니다');
  if (parsed.length < 2) throw new Error('카드가 두 장 이상 필요합니다');
  return { axis, label, cards: parsed };
}
