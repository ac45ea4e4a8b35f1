import { type Doubt, doubtOf } from '../../doubts.js';
import { isPlain, sentencesOf } from '../../sentences.js';
import { LARGEST_NOTES_SHARE, LINES_OF_NOTES, LONGEST_TALK, LONGEST_TITLE } from '../../thresholds.js';
import { bare, headingOf, isBlank, isEmphasised, isListItem, labelOf } from '../forms/lines.js';
import { isNoteName, type SectionKind, sectionOf } from '../forms/sections.js';
import {
  commentsOnWork,
  craftWordsOf,
  isAllTalk,
  isNarrative,
  isOption,
  offersChoice,
  weighTalk,
} from '../forms/talk.js';
import { ADDRESSES_READER, SAYS_UNFINISHED } from '../forms/talk-words.js';
import type { EndingCursor, TakenEnd } from './ending-cursor.js';

// Steps from the end of an answer that take what a model says below a story: notes, offers, questions, commentary. Each
// says what it takes; null when nothing of its kind is here.

/** The nearest heading or label for notes, with what stands below it. */
export function section(cursor: EndingCursor): TakenEnd | null {
  for (let at = cursor.end - 1; at >= cursor.limit; at--) {
    const line = cursor.line(at);
    if (isBlank(line)) continue;
    const what = sectionOf(line);
    if (what !== null) return isSection(cursor, at, what) ? { from: at, what: 'note' } : null;
    if (headingOf(line) !== null) return null;
  }
  return null;
}

/** Does nothing of the story stand below the heading? Notes speak of the work; fiction named like notes does not. */
function isSection(cursor: EndingCursor, at: number, kind: SectionKind): boolean {
  const label = labelOf(cursor.line(at));
  const below = cursor.textOf({ from: at + 1, to: cursor.end });
  const text = `${headingOf(cursor.line(at)) === null ? (label?.value ?? '') : ''}\n\n${below}`.trim();
  if (text.length > cursor.lines.join('\n').length * LARGEST_NOTES_SHARE) return false;
  if (text === '' || ((kind === 'teaser' || kind === 'summary') && text.length <= LONGEST_TALK)) return true;
  const blocks = text.split(/\n\s*\n/);
  const needed = kind === 'sure' ? 1 : 2;
  const comments = (block: string) => craftWordsOf(block) >= needed || weighTalk(block).score >= needed;
  return blocks.every((block) => !isNarrative(block) || comments(block));
}

/** What somebody says in a story stands in quotation marks. */
const isSaid = (text: string): boolean => /^["“「『].*["”」』]$/su.test(text);

/** Offers, questions, commentary: a last paragraph that speaks to the person who asked. */
export const talk =
  (wanted: 'talk' | 'note') =>
  (cursor: EndingCursor): TakenEnd | null => {
    const block = cursor.block();
    const last = { from: cursor.end - 1, to: cursor.end };
    for (const span of block.to - block.from > 1 ? [block, last] : [block]) {
      const text = cursor.textOf(span);
      if (isSaid(text)) continue;
      const { score, offers, asks, offersRevision, isOfAModel } = weighTalk(text);
      if ((asks ? 'talk' : 'note') !== wanted) continue;
      if (score < 2 && !offersRevision) continue;
      if (cursor.storyIsPolite() && !isOfAModel && !offersRevision) continue;
      const isSure = offers || cursor.isSetApart(span) || isAllTalk(text);
      const needed = cursor.storyIsPolite() ? 4 : isSure ? 2 : 3;
      if (score >= needed || offersRevision) return { from: span.from, what: wanted };
    }
    return null;
  };

/** A list of what a model could do next, below the words that offer it. */
export function options(cursor: EndingCursor): TakenEnd | null {
  if (!isListItem(cursor.line(cursor.end - 1))) return null;
  const block = cursor.block();
  const lines = cursor.lines.slice(block.from, block.to).map((line) => line.slice(0, LONGEST_TALK));
  const first = lines.findIndex(isListItem);
  const items = first < 0 ? [] : lines.slice(first);
  if (items.length < 2 || !items.every(isListItem) || first > 1) return null;
  const above = first === 1 ? block.from : cursor.lastBefore(block.from);
  if (above === null || !offersChoice(cursor.line(above))) return null;
  return items.filter(isOption).length >= items.length / 2 ? { from: above, what: 'talk' } : null;
}

/** A list that speaks of the work, or one below a word for notes: `등장인물`, `**왜 무서운가**`. */
export function listedNotes(cursor: EndingCursor): TakenEnd | null {
  if (!isListItem(cursor.line(cursor.end - 1))) return null;
  const block = cursor.block();
  const lines = cursor.lines.slice(block.from, block.to).map((line) => line.slice(0, LONGEST_TALK));
  const first = lines.findIndex(isListItem);
  if (first > 1 || !lines.slice(first).every(isListItem)) return null;
  const above = first === 1 ? block.from : cursor.lastBefore(block.from);
  const head = above === null ? '' : cursor.line(above);
  const name = bare(headingOf(head)?.text ?? head);
  if (above === null || name.length > LONGEST_TITLE) return null;
  const items = lines.slice(first).join('\n');
  const isNamed = first === 1 && isNoteName(name);
  const isMarked = headingOf(head) !== null || isEmphasised(head) || /[:：]\s*$/.test(head);
  const speaksOfWork = isMarked && (craftWordsOf(items) >= 2 || /주인공|독자|화자/.test(items));
  return isNamed || speaksOfWork ? { from: above, what: 'note' } : null;
}

/** Commentary in the register of narration: below a rule, about the work from its first words on. */
export function commentary(cursor: EndingCursor): TakenEnd | null {
  const block = cursor.block();
  return commentsOnWork(cursor.textOf(block)) && cursor.isSetApart(block) ? { from: block.from, what: 'note' } : null;
}

/** A last paragraph that may be talk or notes, and may be the story's. */
export function doubtsAbout(cursor: EndingCursor): Doubt[] {
  cursor.skipBlank();
  if (cursor.end <= cursor.limit) return [];
  const text = cursor.textOf(cursor.block());
  const { score, offers, acknowledges, isOfAModel } = weighTalk(text);
  const sounds = cursor.storyIsPolite() ? score >= 3 && isOfAModel : offers || score >= 2 || acknowledges;
  const isTalk = sounds && !isSaid(text);
  const toReader = !cursor.storyIsPolite() && text.length <= LONGEST_TALK && ADDRESSES_READER.test(text);
  const isAddressed = toReader && !/^["“'‘「『]/.test(text) && !isNarrativeInPlain(text);
  const isDoubtful = isTalk || isAddressed || commentsOnWork(text) || hasUnclearSection(cursor);
  const isUnfinished = text.length <= LONGEST_TALK && SAYS_UNFINISHED.test(text) && !isNarrativeInPlain(text);
  return [
    ...(isDoubtful ? [doubtOf('unclear_tail', text.slice(0, 30))] : []),
    ...(isUnfinished ? [doubtOf('unfinished', text.slice(0, 30))] : []),
  ];
}

/** A story in the register of narration may speak of limits and of what comes next. */
const isNarrativeInPlain = (text: string): boolean => sentencesOf(text).some(isPlain);

function hasUnclearSection(cursor: EndingCursor): boolean {
  const from = Math.max(cursor.limit, cursor.end - LINES_OF_NOTES);
  const isMarked = (line: string) => headingOf(line) !== null || labelOf(line)?.isSetOff === true;
  return cursor.lines.slice(from, cursor.end).some((line) => sectionOf(line) !== null && isMarked(line));
}
