import { type Doubt, doubtOf } from '../../doubts.js';
import { isPolite, sentencesOf } from '../../sentences.js';
import { LARGEST_PREFACE_SHARE, LONGEST_TALK } from '../../thresholds.js';
import { headingOf } from '../forms/lines.js';
import { craftWordsOf, isNarrative, weighTalk } from '../forms/talk.js';
import { cleanTitle, headingKindOf } from '../forms/title.js';
import type { RemovedText } from '../removed-text.js';
import { Cursor, type Taken } from './cursor.js';
import { frontmatter, labels, notes, rule, talk } from './preface-steps.js';
import { expectedTitle, headingStep, titleInElement, titleLine } from './title-steps.js';

/** The top of an answer, read: what the story is called, and where it begins. */
export interface Opening {
  title: string | null;
  /** The number of the line with which the story begins. */
  from: number;
  /** Does the title stand in the text from `from` on? */
  isTitleInText: boolean;
  tags: string[];
  removed: RemovedText[];
  doubts: Doubt[];
}

/** Takes from the top of an answer, line by line, whatever stands before the story. */
export function readOpening(lines: readonly string[]): Opening {
  const cursor = new Cursor(lines);
  const taken: RemovedText[] = [];
  const tags: string[] = [];
  const take = (each: Taken): void => {
    const text = cursor.textOf({ from: cursor.at, to: each.to });
    if (each.title !== undefined) {
      cursor.title = each.title;
      cursor.expectsTitle = false;
    }
    // A title that stands as it will stand on disk is not taken away.
    if (each.what !== 'title' || text !== `# ${cursor.title}`) taken.push({ what: each.what, where: 'before', text });
    tags.push(...(each.tags ?? []));
    cursor.at = each.to;
  };
  const goDown = (): void => {
    for (;;) {
      cursor.at = cursor.next(cursor.at);
      const each = cursor.at < cursor.limit ? step(cursor) : null;
      if (each === null) return;
      take(each);
    }
  };
  goDown();
  const late = cursor.title === null ? lateTitle(cursor) : null;
  if (late?.isSure === true) {
    take({ to: late.at, what: 'note' });
    take({ to: late.at + 1, what: 'title', title: late.title });
    goDown();
  } else if (late !== null) {
    cursor.title = late.title;
    cursor.doubts.push(doubtOf('unclear_preface', late.preface.slice(0, 30)));
  }
  const { title, doubts } = cursor;
  return { title, from: cursor.next(cursor.at), isTitleInText: late?.isSure === false, tags, removed: taken, doubts };
}

/** @returns null when the story begins here */
function step(cursor: Cursor): Taken | null {
  if (headingOf(cursor.line()) !== null) return headingStep(cursor);
  return (
    frontmatter(cursor) ??
    rule(cursor) ??
    comment(cursor) ??
    titleInElement(cursor) ??
    (cursor.expectsTitle ? expectedTitle(cursor) : null) ??
    labels(cursor) ??
    talk(cursor) ??
    notes(cursor) ??
    titleLine(cursor)
  );
}

function comment(cursor: Cursor): Taken | null {
  return /^\s*<!--[^\n]*-->\s*$/.test(cursor.line()) ? { to: cursor.at + 1, what: 'note' } : null;
}

interface LateTitle {
  title: string;
  /** The number of its line. */
  at: number;
  /** What stands above it. */
  preface: string;
  /** Is that surely no part of the story? */
  isSure: boolean;
}

/** A title below something that no step knew: it is what the story is called, whatever stands above it. */
function lateTitle(cursor: Cursor): LateTitle | null {
  const headings = cursor.lines.flatMap((line, at) => {
    const heading = headingOf(line);
    return heading === null ? [] : [{ at, ...heading }];
  });
  const top = Math.min(...headings.map(({ level }) => level));
  const found = headings.find(({ at }) => at > cursor.at);
  if (found === undefined || found.at >= cursor.limit || found.level !== top) return null;
  if (headings.filter(({ level }) => level === top).length > 1 || headingKindOf(found.text) !== 'title') return null;
  const preface = cursor.textOf({ from: cursor.at, to: found.at });
  if (preface.length > cursor.lines.join('\n').length * LARGEST_PREFACE_SHARE) return null;
  const blocks = preface.split(/\n\s*\n/);
  const speaksOfWork = blocks.some((each) => craftWordsOf(each) > 0 || weighTalk(each).score > 0);
  // A narrator in the plain register does not speak politely above the title.
  const isSpoken = !cursor.storyIsPolite() && preface.length <= LONGEST_TALK && sentencesOf(preface).every(isPolite);
  const isSure = isSpoken || (!blocks.some(isNarrative) && speaksOfWork);
  return { title: cleanTitle(found.text), at: found.at, preface, isSure };
}
