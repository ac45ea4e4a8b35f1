import type { Doubt } from '../../doubts.js';
import { speaksPolitely } from '../../sentences.js';
import { LONGEST_LINE, LONGEST_TITLE, OPENING_CHARACTERS, OPENING_LINES } from '../../thresholds.js';
import { bare, blockFrom, headingOf, isRule, type Span, skipBlank, textOf } from '../forms/lines.js';
import { isBodyLabel, isFormBlock, metadataLines } from '../forms/metadata.js';
import { weighTalk } from '../forms/talk.js';
import {
  cleanTitle,
  emphasisedTitle,
  enclosedTitle,
  headingKindOf,
  isFormHead,
  labelledTitle,
} from '../forms/title.js';
import type { RemovedKind } from '../removed-text.js';

/** What a step takes from the top: the lines before `to`. */
export interface Taken {
  to: number;
  what: RemovedKind;
  tags?: string[];
  /** The story's title, when the step has found it. */
  title?: string;
}

/** A place in the lines of an answer, on the way from its top down to the story, and what can be seen from there. */
export class Cursor {
  readonly lines: readonly string[];
  /** No line from here on is looked at. */
  readonly limit: number;
  at = 0;
  title: string | null = null;
  /** A label has said that the title follows. */
  expectsTitle = false;
  readonly doubts: Doubt[] = [];
  #isPolite: boolean | null = null;

  constructor(lines: readonly string[]) {
    this.lines = lines;
    let [limit, characters] = [0, 0];
    while (limit < Math.min(lines.length, OPENING_LINES) && characters < OPENING_CHARACTERS) {
      characters += lines[limit++]?.length ?? 0;
    }
    this.limit = limit;
  }

  /** A line, or as much of it as any rule looks at. */
  line(at = this.at): string {
    return (this.lines[at] ?? '').slice(0, LONGEST_LINE);
  }

  block(from = this.at): Span {
    return blockFrom(this.lines, from, this.limit);
  }

  textOf(span: Span): string {
    return textOf(this.lines, span);
  }

  /** The next line that is not blank, from a line on. */
  next(from: number): number {
    return skipBlank(this.lines, from);
  }

  /** A title that stands at a line in any form that marks it. */
  titleAt(at: number): { title: string; to: number } | null {
    const line = this.line(at);
    const heading = headingOf(line);
    if (heading !== null) {
      const kind = headingKindOf(heading.text);
      return kind === 'title' || kind === 'stamp' ? { title: cleanTitle(heading.text), to: at + 1 } : null;
    }
    const labelled = labelledTitle(line);
    if (labelled !== null && labelled !== '') return { title: labelled, to: at + 1 };
    if (/^ {0,3}={2,}\s*$/.test(this.line(at + 1)) && bare(line).length <= LONGEST_TITLE) {
      return { title: cleanTitle(line), to: at + 2 };
    }
    const title = enclosedTitle(line) ?? emphasisedTitle(line);
    return title === null ? null : { title, to: at + 1 };
  }

  countHeadings(level: number): number {
    return this.lines.filter((line) => line.startsWith('#') && headingOf(line)?.level === level).length;
  }

  /** Does a title, a rule or a label for the story follow, with nothing but more talk between? */
  leadsToTitle(from: number): boolean {
    let at = this.next(from);
    for (let blocks = 0; blocks < 4 && at < this.limit; blocks++) {
      const line = this.line(at);
      if (this.title === null && this.titleAt(at) !== null) return true;
      if (isRule(line) || isBodyLabel(line) || labelledTitle(line) !== null) return true;
      const heading = headingOf(line);
      if (heading !== null) return ['label', 'body', 'genre', 'chapter'].includes(headingKindOf(heading.text));
      const block = this.block(at);
      if (weighTalk(this.textOf(block)).score === 0 && metadataLines(this.lines, block) === null) return false;
      at = this.next(block.to);
    }
    return false;
  }

  /** Does a letter, a transcript, a log begin here? Nothing of it stands above its own head. */
  formBegins(from: number): boolean {
    const line = this.line(this.next(from));
    return isFormHead(line) || isFormBlock(this.lines, this.block(this.next(from)));
  }

  /** Does the story itself speak politely, as letters and posts do? */
  storyIsPolite(): boolean {
    const middle = () => this.lines.slice(Math.floor(this.lines.length / 4)).join('\n');
    this.#isPolite ??= speaksPolitely(middle().slice(0, OPENING_CHARACTERS / 2));
    return this.#isPolite;
  }
}
