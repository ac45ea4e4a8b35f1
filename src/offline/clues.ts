import type { Material } from './materials.js';
import { variants } from './materials.js';
import type { Whereabouts } from './plots.js';

/** The mark before a passage that plants something, and before one that comes back to it: `<a>`. */
const MARK = /^<(\w+)>/;

/** A passage without its mark. */
export function unmarked(template: string): string {
  return template.replace(MARK, '');
}

/**
 * Whether a clue or a scene of a turn does not go with what is told already: a scene that opens the envelope of a clue must
 * not follow another clue. A clue that no scene goes with is avoided before any scene is told.
 * @param field the field that the passage stands in; any other than a clue or a scene fits always
 * @param told the passages of the story so far
 */
export function isMismatch(
  template: string,
  field: string,
  { turn, whereabouts, told }: { turn: Material; whereabouts: Whereabouts; told: readonly string[] },
): boolean {
  const mark = markOf(template);
  if (field === 'clue') {
    const scenes = variants(turn, whereabouts === 'in' ? 'scene@in' : 'scene');
    const scene = scenes.find((candidate) => told.includes(candidate));
    return !(scene === undefined ? scenes : [scene]).some((candidate) => goesWith(markOf(candidate), mark));
  }
  if (!field.startsWith('scene')) return false;
  const clue = variants(turn, 'clue').find((candidate) => told.includes(candidate));
  return clue !== undefined && !goesWith(mark, markOf(clue));
}

function goesWith(sceneMark: string | null, clueMark: string | null): boolean {
  return sceneMark === null || sceneMark === clueMark;
}

function markOf(template: string): string | null {
  return MARK.exec(template)?.[1] ?? null;
}
