import { LONGEST_LINE, LONGEST_MARK_LINE } from '../../thresholds.js';
import { headingOf, isBlank, isDecorated, isListItem, isQuoted, isRule, labelOf, type Span } from '../forms/lines.js';
import { isBareDate, isCount, isEndMarker, isField, isWritingDate } from '../forms/marks.js';
import { isByline, isFormBlock, metadataLines } from '../forms/metadata.js';
import { isDisclaimer, isNoteName, isRatingTable } from '../forms/sections.js';
import { announcesTags, isTagLine, tagsIn, tagsOfData, tagsOfLine } from '../forms/tags.js';
import type { EndingCursor, TakenEnd } from './ending-cursor.js';

// Steps from the end of an answer that take lines which are told by their form: marks, tags, fields, tables. Each says
// what it takes; null when nothing of its kind is here.

/** A last line that is told by its form alone. */
export function mark(cursor: EndingCursor): TakenEnd | null {
  const from = cursor.end - 1;
  const line = cursor.line(from);
  if (isRule(line)) return { from, what: 'rule' };
  if (/^\s*(?:<!--[^\n]*-->|!\[[^\]\n]*\]\([^)\n]*\))\s*$/.test(line)) return { from, what: 'note' };
  if (isEndMarker(line, cursor.title)) return isLogLine(cursor, from) ? null : { from, what: 'end_marker' };
  if (isCount(line)) return { from, what: 'count' };
  if (isWritingDate(line) && (isDecorated(line) || !isSigned(cursor, cursor.block()))) return { from, what: 'date' };
  const isOfModel = COPYRIGHT.test(line) && /\bAI\b|Claude|클로드|GPT/iu.test(line);
  return isDisclaimer(line) || isOfModel ? { from, what: 'note' } : null;
}

const COPYRIGHT = /^[\s*_(]*(?:ⓒ|©|\(c\)|copyright)|all rights reserved/iu;

/** Lines of nothing but dates, counts and names below an end marker: the story is over above it. */
export function belowMarker(cursor: EndingCursor): TakenEnd | null {
  let from: number | null = null;
  for (let at = cursor.lastBefore(cursor.end); at !== null; at = cursor.lastBefore(at)) {
    const line = cursor.line(at);
    if (isEndMarker(line, cursor.title)) {
      return from === null || isLogLine(cursor, at) ? null : { from, what: 'date' };
    }
    const isAbout = isBareDate(line) || isCount(line) || isWritingDate(line) || isByline(line) || COPYRIGHT.test(line);
    if (!isAbout) return null;
    from = at;
  }
  return null;
}

/** A last line with a label of its own: tags, a field, something about the text. */
export function labelled(cursor: EndingCursor): TakenEnd | null {
  const from = cursor.end - 1;
  const line = cursor.line(from);
  const tags = tagsOfLine(line);
  if (tags !== null) return { from, what: 'tags', tags };
  const block = cursor.block();
  if (occursEarlier(cursor, line) || isFormBlock(cursor.lines, block)) return null;
  const what = aboutOf(cursor, from);
  if (what === null || !isListItem(line)) return what === null ? null : { from, what };
  // Items belong together: one of them is about the text only when all are.
  const items = Array.from({ length: block.to - block.from }, (_, at) => block.from + at);
  return items.every((at) => !isListItem(cursor.line(at)) || aboutOf(cursor, at) !== null) ? { from, what } : null;
}

/** What a line with a label tells about the text; null when it does not. */
function aboutOf(cursor: EndingCursor, at: number): 'note' | 'label' | null {
  const line = cursor.line(at);
  if (isField(line) || isScore(line)) return 'note';
  if (isByline(line) && /AI|Claude|클로드|GPT/u.test(line)) return 'label';
  return metadataLines(cursor.lines, { from: at, to: at + 1 }) === null ? null : 'label';
}

/** `자체 평가: 공포도 ★★★★☆ / 개연성 9/10` */
function isScore(line: string): boolean {
  const label = labelOf(line);
  return label !== null && isNoteName(label.key) && /[★☆⭐]{3,}|\d\s?\/\s?(?:5|10|100)(?!\d)/u.test(label.value);
}

/** A table that rates or sums up the text. */
export function table(cursor: EndingCursor): TakenEnd | null {
  const { from, to } = cursor.block();
  const rows = cursor.lines.slice(from, to).map((line) => line.slice(0, LONGEST_LINE));
  return isRatingTable(rows) ? { from, what: 'note' } : null;
}

/** A fence with title, tags and counts in it, for machines to read. */
export function data(cursor: EndingCursor): TakenEnd | null {
  if (!/^ {0,3}`{3,}\s*$/.test(cursor.line(cursor.end - 1))) return null;
  for (let at = cursor.end - 2; at >= cursor.limit; at--) {
    if (!/^ {0,3}`{3,}/.test(cursor.line(at))) continue;
    const tags = tagsOfData(cursor.line(at), cursor.lines.slice(at + 1, cursor.end - 1).join('\n'));
    return tags === null ? null : { from: at, what: 'tags', tags };
  }
  return null;
}

/** `## 태그` with the tags below it. */
export function tagList(cursor: EndingCursor): TakenEnd | null {
  for (let at = cursor.end - 1; at >= Math.max(cursor.limit, cursor.end - 20); at--) {
    const line = cursor.line(at);
    if (announcesTags(line)) {
      const text = cursor.textOf({ from: at + 1, to: cursor.end });
      if (text === '' && headingOf(line) === null) return null;
      return { from: at, what: 'tags', tags: tagsIn(text.replace(/\n\s*\n/g, '\n')) };
    }
    if (!isBlank(line) && !isTagLine(line)) return null;
  }
  return null;
}

/** Is a date the date of a statement or a letter: below a signature, or beside one? */
function isSigned(cursor: EndingCursor, block: Span): boolean {
  const above = cursor.lastBefore(block.to - 1);
  const lines = [above === null ? '' : cursor.line(above), ...cursor.lines.slice(block.from, block.to)];
  return lines.some((line) => /서명|작성자|보고자|진술|올림|드림|\(인\)|날인|배상/u.test(line));
}

/** A log or a transcript ends with a line of its own, right below the one before. */
function isLogLine(cursor: EndingCursor, at: number): boolean {
  const before = cursor.line(at - 1);
  return !isBlank(before) && /^\s*(?:\[|>|\d{1,2}:\d{2}|\d{4}[-./]|<|\||#)/.test(before) && !isQuoted(cursor.line(at));
}

/** Does a label of the same name stand in the story? Then the form is the story's own. */
function occursEarlier(cursor: EndingCursor, line: string): boolean {
  const key = labelOf(line)?.key;
  if (key === undefined || key === '') return false;
  return cursor.lines
    .slice(0, cursor.limit)
    .some((each) => each.length < LONGEST_MARK_LINE * 2 && labelOf(each)?.key === key);
}
