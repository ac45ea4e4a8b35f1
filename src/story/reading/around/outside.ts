import { headingOf } from '../forms/lines.js';
import { tagsOfLine } from '../forms/tags.js';
import { isNarrative } from '../forms/talk.js';
import { emphasisedTitle, labelledTitle, plainTitle } from '../forms/title.js';
import type { RemovedText } from '../removed-text.js';

/** The inside of a container, and what of the answer was outside of it. */
export interface Unwrapped {
  text: string;
  /** The title that the container names; null when it names none. */
  title: string | null;
  tags: string[];
  removed: RemovedText[];
}

export interface Outside {
  before: string;
  inside: string;
  after: string;
  marks: string;
}

/** A title above a container is the story's; anything else around it is not, unless it tells the story. */
export function fromOutside({ before, inside, after, marks }: Outside): Unwrapped | null {
  const isToldOutside = [before, after].some((part) => part.split(/\n\s*\n/).some(isNarrative));
  if (isToldOutside) return null;
  const removed: RemovedText[] = [{ what: 'fence', where: 'around', text: marks }];
  const lines = before.split('\n');
  const hasTitle = lines.some(isTitleLine) || (lines.length === 1 && plainTitle(before) !== null);
  if (before !== '' && !hasTitle) removed.push({ what: 'talk', where: 'before', text: before });
  if (after !== '') removed.push({ what: 'note', where: 'after', text: after });
  const text = hasTitle ? `${before}\n\n${inside}` : inside;
  return { text, title: null, tags: after.split('\n').flatMap((line) => tagsOfLine(line) ?? []), removed };
}

const isTitleLine = (line: string): boolean =>
  headingOf(line) !== null || (labelledTitle(line) ?? '') !== '' || emphasisedTitle(line) !== null;
