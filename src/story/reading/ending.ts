import { type Doubt, doubtOf } from '../doubt.js';
import { speaksPolitely } from '../sentences.js';
import {
  ENDING_CHARACTERS,
  ENDING_LINES,
  LARGEST_NOTES_SHARE,
  LINES_OF_NOTES,
  LONGEST_LINE,
  LONGEST_MARK_LINE,
  LONGEST_TALK,
} from '../thresholds.js';
import {
  blockUpTo,
  headingOf,
  isBlank,
  isDecorated,
  isListItem,
  isQuoted,
  isRule,
  labelOf,
  type Span,
  textOf,
} from './forms/lines.js';
import { isCount, isEndMarker, isField, isWritingDate, markerAtEnd } from './forms/marks.js';
import { isByline, isFormBlock, metadataLines } from './forms/metadata.js';
import { isDisclaimer, isRatingTable, type SectionKind, sectionOf, translationIn } from './forms/sections.js';
import { announcesTags, isTagLine, tagsIn, tagsOfData, tagsOfLine } from './forms/tags.js';
import { commentsOnWork, craftWordsOf, isAllTalk, isNarrative, weighTalk } from './forms/talk.js';
import type { Removed, RemovedKind } from './removed.js';

/** The end of an answer, read: where the story ends, and what stood below it. */
export interface Ending {
  /** The story's lines, the last one without an end marker that stood on it. */
  lines: string[];
  tags: string[];
  /** In the order in which it stood. */
  removed: Removed[];
  doubts: Doubt[];
}

/** Takes from the end of an answer, piece by piece, whatever stands after the story. */
export function readEnding(lines: readonly string[], title: string | null): Ending {
  return new EndingReader(lines, title).read();
}

/** What a step took: the lines from `from` on. */
interface Taken {
  from: number;
  what: RemovedKind;
  tags?: string[];
}

class EndingReader {
  readonly #lines: string[];
  readonly #title: string | null;
  /** No line before this one is looked at. */
  readonly #limit: number;
  /** The line after the last one of the story. */
  #end: number;
  readonly #tags: string[] = [];
  readonly #removed: Removed[] = [];
  #isPolite: boolean | null = null;

  constructor(lines: readonly string[], title: string | null) {
    this.#lines = [...lines];
    this.#title = title;
    this.#end = lines.length;
    const translated = translationIn(this.#lines);
    if (translated !== null) this.#take({ from: translated, what: 'note' });
    let [limit, characters] = [this.#end, 0];
    while (limit > 0 && this.#end - limit < ENDING_LINES && characters < ENDING_CHARACTERS) {
      characters += lines[--limit]?.length ?? 0;
    }
    this.#limit = limit;
  }

  read(): Ending {
    for (;;) {
      this.#skipBlank();
      if (this.#end <= this.#limit) break;
      const taken = this.#step();
      if (taken === null) break;
      this.#take(taken);
    }
    const marker = this.#markerOnLastLine();
    if (marker !== null) this.#removed.unshift({ what: 'end_marker', where: 'after', text: marker });
    const doubts = this.#doubts();
    return { lines: this.#lines.slice(0, this.#end), tags: this.#tags, removed: this.#removed, doubts };
  }

  #take({ from, what, tags = [] }: Taken): void {
    this.#removed.unshift({ what, where: 'after', text: textOf(this.#lines, { from, to: this.#end }) });
    this.#tags.unshift(...tags);
    this.#end = from;
  }

  #skipBlank(): void {
    while (this.#end > this.#limit && isBlank(this.#line(this.#end - 1))) this.#end--;
  }

  /** A line, or as much of it as any rule looks at. */
  #line(at: number): string {
    return (this.#lines[at] ?? '').slice(0, LONGEST_LINE);
  }

  #block(): Span {
    return blockUpTo(this.#lines, this.#end, this.#limit);
  }

  /** @returns null when the last line is the story's */
  #step(): Taken | null {
    return (
      this.#mark() ??
      this.#tagList() ??
      this.#data() ??
      this.#talk('talk') ??
      this.#section() ??
      this.#talk('note') ??
      this.#commentary() ??
      this.#table() ??
      this.#labelled()
    );
  }

  /** A last line that is told by its form alone. */
  #mark(): Taken | null {
    const from = this.#end - 1;
    const line = this.#line(from);
    if (isRule(line)) return { from, what: 'rule' };
    if (/^\s*(?:<!--[^\n]*-->|!\[[^\]\n]*\]\([^)\n]*\))\s*$/.test(line)) return { from, what: 'note' };
    if (isEndMarker(line, this.#title)) return this.#isLogLine(from) ? null : { from, what: 'end_marker' };
    if (isCount(line)) return { from, what: 'count' };
    if (isWritingDate(line) && (isDecorated(line) || !this.#isSigned(this.#block()))) return { from, what: 'date' };
    return isDisclaimer(line) ? { from, what: 'note' } : null;
  }

  /** A last line with a label of its own: tags, a field, something about the text. */
  #labelled(): Taken | null {
    const from = this.#end - 1;
    const line = this.#line(from);
    const tags = tagsOfLine(line);
    if (tags !== null) return { from, what: 'tags', tags };
    const block = this.#block();
    if (this.#occursEarlier(line) || isFormBlock(this.#lines, block)) return null;
    const what = this.#aboutOf(from);
    if (what === null || !isListItem(line)) return what === null ? null : { from, what };
    // Items belong together: one of them is about the text only when all are.
    const items = Array.from({ length: block.to - block.from }, (_, at) => block.from + at);
    return items.every((at) => !isListItem(this.#line(at)) || this.#aboutOf(at) !== null) ? { from, what } : null;
  }

  /** What a line with a label tells about the text; null when it does not. */
  #aboutOf(at: number): 'note' | 'label' | null {
    if (isField(this.#line(at))) return 'note';
    if (isByline(this.#line(at)) && /AI|Claude|클로드|GPT/u.test(this.#line(at))) return 'label';
    return metadataLines(this.#lines, { from: at, to: at + 1 }) === null ? null : 'label';
  }

  /** A table that rates or sums up the text. */
  #table(): Taken | null {
    const { from, to } = this.#block();
    const rows = this.#lines.slice(from, to).map((line) => line.slice(0, LONGEST_LINE));
    return isRatingTable(rows) ? { from, what: 'note' } : null;
  }

  /** A fence with title, tags and counts in it, for machines to read. */
  #data(): Taken | null {
    if (!/^ {0,3}`{3,}\s*$/.test(this.#line(this.#end - 1))) return null;
    for (let at = this.#end - 2; at >= this.#limit; at--) {
      if (!/^ {0,3}`{3,}/.test(this.#line(at))) continue;
      const tags = tagsOfData(this.#line(at), this.#lines.slice(at + 1, this.#end - 1).join('\n'));
      return tags === null ? null : { from: at, what: 'tags', tags };
    }
    return null;
  }

  /** Is a date the date of a statement or a letter: below a signature, or beside one? */
  #isSigned(block: Span): boolean {
    const above = this.#lines.slice(this.#limit, block.to - 1).findLast((line) => !isBlank(line)) ?? '';
    const lines = [above, ...this.#lines.slice(block.from, block.to)];
    return lines.some((line) => /서명|작성자|보고자|진술|올림|드림|\(인\)|날인|배상/u.test(line));
  }

  /** A log or a transcript ends with a line of its own, right below the one before. */
  #isLogLine(at: number): boolean {
    const before = this.#line(at - 1);
    return !isBlank(before) && /^\s*(?:\[|>|\d{1,2}:\d{2}|\d{4}[-./]|<|\||#)/.test(before) && !isQuoted(this.#line(at));
  }

  /** Does a label of the same name stand in the story? Then the form is the story's own. */
  #occursEarlier(line: string): boolean {
    const key = labelOf(line)?.key;
    if (key === undefined || key === '') return false;
    return this.#lines
      .slice(0, this.#limit)
      .some((each) => each.length < LONGEST_MARK_LINE * 2 && labelOf(each)?.key === key);
  }

  /** `## 태그` with the tags below it. */
  #tagList(): Taken | null {
    for (let at = this.#end - 1; at >= Math.max(this.#limit, this.#end - 20); at--) {
      const line = this.#line(at);
      if (announcesTags(line)) {
        const text = textOf(this.#lines, { from: at + 1, to: this.#end });
        if (text === '' && headingOf(line) === null) return null;
        return { from: at, what: 'tags', tags: tagsIn(text.replace(/\n\s*\n/g, '\n')) };
      }
      if (!isBlank(line) && !isTagLine(line)) return null;
    }
    return null;
  }

  /** The nearest heading or label for notes, with what stands below it. */
  #section(): Taken | null {
    for (let at = this.#end - 1; at >= this.#limit; at--) {
      const line = this.#line(at);
      if (isBlank(line)) continue;
      const what = sectionOf(line);
      if (what !== null) return this.#isSection(at, what) ? { from: at, what: 'note' } : null;
      if (headingOf(line) !== null) return null;
    }
    return null;
  }

  /** Does nothing of the story stand below the heading? Notes speak of the work; fiction named like notes does not. */
  #isSection(at: number, kind: SectionKind): boolean {
    const label = labelOf(this.#line(at));
    const below = textOf(this.#lines, { from: at + 1, to: this.#end });
    const text = `${headingOf(this.#line(at)) === null ? (label?.value ?? '') : ''}\n\n${below}`.trim();
    if (text.length > this.#lines.join('\n').length * LARGEST_NOTES_SHARE) return false;
    if (text === '' || (kind === 'teaser' && text.length <= LONGEST_TALK)) return true;
    const blocks = text.split(/\n\s*\n/);
    const needed = kind === 'sure' ? 1 : 2;
    const comments = (block: string) => craftWordsOf(block) >= needed || weighTalk(block).score >= needed;
    return blocks.every((block) => !isNarrative(block) || comments(block));
  }

  /** Offers, questions, commentary: a last paragraph that speaks to the person who asked. */
  #talk(wanted: 'talk' | 'note'): Taken | null {
    const block = this.#block();
    const last = { from: this.#end - 1, to: this.#end };
    for (const span of block.to - block.from > 1 ? [block, last] : [block]) {
      const text = textOf(this.#lines, span);
      const { score, offers, asks, offersRevision, isOfAModel } = weighTalk(text);
      if ((asks ? 'talk' : 'note') !== wanted) continue;
      if (score < 2 && !offersRevision) continue;
      if (this.#storyIsPolite() && !isOfAModel && !offersRevision) continue;
      const isSure = offers || this.#isSetApart(span) || isAllTalk(text);
      const needed = this.#storyIsPolite() ? 4 : isSure ? 2 : 3;
      if (score >= needed || offersRevision) return { from: span.from, what: wanted };
    }
    return null;
  }

  /** Commentary in the register of narration: below a rule, about the work from its first words on. */
  #commentary(): Taken | null {
    const block = this.#block();
    const text = textOf(this.#lines, block);
    return commentsOnWork(text) && this.#isSetApart(block) ? { from: block.from, what: 'note' } : null;
  }

  /** Below a rule, in brackets or in emphasis. */
  #isSetApart({ from, to }: Span): boolean {
    let at = from - 1;
    while (at >= this.#limit && isBlank(this.#line(at))) at--;
    return isRule(this.#line(at)) || (to - from === 1 && isDecorated(this.#line(from)));
  }

  #storyIsPolite(): boolean {
    const middle = () => this.#lines.slice(0, Math.ceil(this.#lines.length * 0.75)).join('\n');
    this.#isPolite ??= speaksPolitely(middle().slice(-ENDING_CHARACTERS));
    return this.#isPolite;
  }

  /** Cuts off an end marker that stands on the story's last line. */
  #markerOnLastLine(): string | null {
    const line = this.#lines[this.#end - 1] ?? '';
    const marker = markerAtEnd(line, this.#title);
    if (marker !== null) this.#lines[this.#end - 1] = line.slice(0, -marker.length).trimEnd();
    return marker;
  }

  /** A last paragraph that may be talk or notes, and may be the story's. */
  #doubts(): Doubt[] {
    this.#skipBlank();
    if (this.#end <= this.#limit) return [];
    const text = textOf(this.#lines, this.#block());
    const { score, offers, acknowledges, isOfAModel } = weighTalk(text);
    const isPolite = this.#storyIsPolite();
    const isTalk = isPolite ? score >= 3 && isOfAModel : offers || score >= 2 || acknowledges;
    const isDoubtful = isTalk || commentsOnWork(text) || this.#hasUnclearSection();
    return isDoubtful ? [doubtOf('unclear_tail', text.slice(0, 30))] : [];
  }

  #hasUnclearSection(): boolean {
    const from = Math.max(this.#limit, this.#end - LINES_OF_NOTES);
    const isMarked = (line: string) => headingOf(line) !== null || labelOf(line)?.isSetOff === true;
    return this.#lines.slice(from, this.#end).some((line) => sectionOf(line) !== null && isMarked(line));
  }
}
