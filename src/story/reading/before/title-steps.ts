import { isPlain, isPolite, sentencesOf } from '../../sentences.js';
import { LARGEST_PREFACE_SHARE, LONGEST_TITLE } from '../../thresholds.js';
import { bare, headingOf, isBlank, isListItem, isRule, labelOf } from '../forms/lines.js';
import { isBodyLabel, isByline } from '../forms/metadata.js';
import { isTagLine, tagsIn } from '../forms/tags.js';
import { craftWordsOf, isNarrative, weighTalk } from '../forms/talk.js';
import {
  cleanTitle,
  emphasisedTitle,
  enclosedTitle,
  headingKindOf,
  isUnderline,
  plainTitle,
  sameTitle,
} from '../forms/title.js';
import type { Cursor, Taken } from './cursor.js';

// Steps from the top of an answer that look for its title. Each says what it takes; null when nothing of its kind is here.

const TITLE_ELEMENTS = 'title|제목|h[1-6]|center|strong|big|b|u|p|div';
const IN_ELEMENTS = new RegExp(
  `^\\s*((?:<(?:${TITLE_ELEMENTS})(?=[\\s>])[^<>]{0,80}>\\s*)+)([^<>]{1,100})(?:</(?:${TITLE_ELEMENTS})>\\s*)+$`,
  'iu',
);

/** `<title>검은 방</title>`, `<제목>검은 방</제목>`, `<center><b>검은 방</b></center>`. */
export function titleInElement(cursor: Cursor): Taken | null {
  const [, elements = '', inside] = IN_ELEMENTS.exec(cursor.line()) ?? [];
  if (inside === undefined || cursor.title !== null) return null;
  // An element for a paragraph may hold a sentence of the story.
  if (!/<(?:title|제목|h\d|center)/iu.test(elements) && plainTitle(inside) === null) return null;
  return { to: cursor.at + 1, what: 'title', title: cleanTitle(inside) };
}

/** A heading: the title, a label for it or for the text, a plan, tags; null for one of the story itself. */
export function headingStep(cursor: Cursor): Taken | null {
  const heading = headingOf(cursor.line());
  if (heading === null) return null;
  const next = cursor.at + 1;
  if (cursor.expectsTitle && heading.text !== '') return { to: next, what: 'title', title: cleanTitle(heading.text) };
  const kind = headingKindOf(heading.text);
  switch (kind) {
    case 'label':
      if (cursor.title !== null) return null;
      cursor.expectsTitle = true;
      return { to: next, what: 'label' };
    case 'body':
      return { to: next, what: 'label' };
    case 'empty':
      return { to: next, what: 'rule' };
    case 'genre':
      if (cursor.title === null && cursor.titleAt(cursor.next(next)) === null) break;
      return { to: next, what: 'label' };
    case 'tags': {
      const block = cursor.block(cursor.next(next));
      const text = cursor.textOf(block);
      return text.split('\n').every(isTagLine) ? { to: block.to, what: 'tags', tags: tagsIn(text) } : null;
    }
    case 'plan':
      return plan(cursor, heading.level);
    case 'section':
      return null;
    case 'stamp':
      if (cursor.countHeadings(heading.level) > 1) return null;
      break;
    case 'chapter': {
      const name = cursor.title === null ? cursor.titleAt(cursor.next(next)) : null;
      if (name === null) break;
      return { to: name.to, what: 'title', title: `${cleanTitle(heading.text)} ${name.title}` };
    }
    case 'title':
      break;
  }
  const title = cleanTitle(heading.text.replace(/\*\*|__/g, ''));
  if (heading.text.length > LONGEST_TITLE * 2) return null;
  if (cursor.title === null) return { to: next, what: 'title', title };
  return sameTitle(title, cursor.title) ? { to: next, what: 'title' } : null;
}

/** The line below a label for the title: nearly anything that is short and alone. */
export function expectedTitle(cursor: Cursor): Taken | null {
  cursor.expectsTitle = false;
  const line = cursor.line();
  const next = cursor.line(cursor.at + 1);
  const title = cleanTitle(line.replace(/^\s*(?:>|[-*•])\s+/, ''));
  const isAlone = isBlank(next) || isRule(next) || headingOf(next) !== null || labelOf(next) !== null;
  if (!isAlone || title === '' || title.length > LONGEST_TITLE || /[.…]["'”’]?$/u.test(title)) return null;
  return weighTalk(line).score > 0 || isBodyLabel(line) ? null : { to: cursor.at + 1, what: 'title', title };
}

/** Plans below a heading of their own, when what follows them is the title or the story. */
function plan(cursor: Cursor, level: number): Taken | null {
  const body = bodyHeadingBelow(cursor);
  if (body !== null) return { to: body, what: 'note' };
  let at = cursor.at + 1;
  while (at < cursor.limit) {
    at = cursor.next(at);
    const line = cursor.line(at);
    const heading = headingOf(line);
    const kind = heading === null ? null : headingKindOf(heading.text);
    if (kind === 'body' || kind === 'label') return { to: at, what: 'note' };
    if (heading !== null && kind === 'title' && cursor.title === null && heading.level <= level) {
      return { to: at, what: 'note' };
    }
    if (isRule(line) && !isPlanBlock(cursor.textOf(cursor.block(cursor.next(at + 1))))) {
      return { to: at, what: 'note' };
    }
    const block = heading !== null || isRule(line) ? { from: at, to: at + 1 } : cursor.block(at);
    if (heading === null && !isRule(line) && isNarrative(cursor.textOf(block)) && !isPlanBlock(cursor.textOf(block)))
      return null;
    at = block.to;
  }
  return null;
}

/** The line of a heading that says that the story follows, not far below; null when there is none. */
function bodyHeadingBelow(cursor: Cursor): number | null {
  let [at, characters] = [cursor.at + 1, 0];
  const longest = cursor.lines.join('\n').length * LARGEST_PREFACE_SHARE;
  for (; at < cursor.limit && characters <= longest; at++) {
    const heading = headingOf(cursor.line(at));
    if (heading !== null && headingKindOf(heading.text) === 'body') return at;
    characters += cursor.lines[at]?.length ?? 0;
  }
  return null;
}

/** A title that is no heading: underlined, emphasised, quoted, or short and set apart. */
export function titleLine(cursor: Cursor): Taken | null {
  const line = cursor.line();
  const next = cursor.line(cursor.at + 1);
  if (cursor.title !== null) {
    const isAgain = line.length <= LONGEST_TITLE * 2 && sameTitle(line, cursor.title);
    return isAgain ? { to: cursor.at + 1, what: 'title' } : null;
  }
  if (isUnderline(next) && bare(line).length <= LONGEST_TITLE) {
    const title = next.includes('=')
      ? cleanTitle(line)
      : (plainTitle(line) ?? enclosedTitle(line) ?? emphasisedTitle(line));
    if (title !== null && title !== '') return { to: cursor.at + 2, what: 'title', title };
  }
  const isAlone = isBlank(next) || isRule(next);
  const marked = emphasisedTitle(line) ?? (isAlone || /^\s*[「『《≪〈<«]/.test(line) ? enclosedTitle(line) : null);
  if (marked !== null) return { to: cursor.at + 1, what: 'title', title: marked };
  const plain = isAlone ? plainTitle(line) : null;
  if (plain === null || !proseFollows(cursor)) return null;
  return { to: cursor.at + 1, what: 'title', title: plain };
}

/** Is the next block a paragraph? A line above lists, stamps or verses belongs to them. */
function proseFollows(cursor: Cursor): boolean {
  let at = cursor.next(cursor.at + 1);
  while (at < cursor.limit && (isRule(cursor.line(at)) || isByline(cursor.line(at)))) at = cursor.next(at + 1);
  const block = cursor.block(at);
  const text = cursor.textOf(block);
  return (
    headingOf(cursor.line(at)) === null &&
    !isListItem(text) &&
    sentencesOf(text).some((each) => each.length >= 10 || isPlain(each) || isPolite(each))
  );
}

/** Does a paragraph speak of the story from outside, as plans and synopses do? */
const isPlanBlock = (text: string): boolean => craftWordsOf(text) >= 2;
