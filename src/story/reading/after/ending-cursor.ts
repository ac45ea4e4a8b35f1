import { speaksPolitely } from '../../sentences.js';
import { ENDING_CHARACTERS, ENDING_LINES, LONGEST_LINE } from '../../thresholds.js';
import { blockUpTo, isBlank, isDecorated, isRule, type Span, textOf } from '../forms/lines.js';
import type { RemovedKind, RemovedText } from '../removed-text.js';

/** What a step takes from the end: the lines from `from` on. */
export interface TakenEnd {
  from: number;
  what: RemovedKind;
  tags?: string[];
}

/** A place in the lines of an answer, on the way from its end up to the story, and what can be seen from there. */
export class EndingCursor {
  readonly lines: string[];
  readonly title: string | null;
  /** The line after the last one of the story. */
  end: number;
  readonly tags: string[] = [];
  /** In the order in which it stood. */
  readonly removed: RemovedText[] = [];
  #limit = 0;
  #isPolite: boolean | null = null;

  constructor(lines: readonly string[], title: string | null) {
    this.lines = [...lines];
    this.title = title;
    this.end = lines.length;
    this.boundSearch();
  }

  /** No line before this one is looked at. */
  get limit(): number {
    return this.#limit;
  }

  /** Sets the limit anew, as seen from the end of now. */
  boundSearch(): void {
    let [limit, characters] = [this.end, 0];
    while (limit > 0 && this.end - limit < ENDING_LINES && characters < ENDING_CHARACTERS) {
      characters += this.lines[--limit]?.length ?? 0;
    }
    this.#limit = limit;
  }

  take({ from, what, tags = [] }: TakenEnd): void {
    this.removed.unshift({ what, where: 'after', text: textOf(this.lines, { from, to: this.end }) });
    this.tags.unshift(...tags);
    this.end = from;
  }

  skipBlank(): void {
    while (this.end > this.#limit && isBlank(this.line(this.end - 1))) this.end--;
  }

  /** A line, or as much of it as any rule looks at. */
  line(at: number): string {
    return (this.lines[at] ?? '').slice(0, LONGEST_LINE);
  }

  /** The last block of what is left. */
  block(): Span {
    return blockUpTo(this.lines, this.end, this.#limit);
  }

  textOf(span: Span): string {
    return textOf(this.lines, span);
  }

  /** Below a rule, in brackets or in emphasis. */
  isSetApart({ from, to }: Span): boolean {
    const above = this.lastBefore(from);
    return (above !== null && isRule(this.line(above))) || (to - from === 1 && isDecorated(this.line(from)));
  }

  /** The number of the last line with something on it before a line; null when none is looked at. */
  lastBefore(from: number): number | null {
    for (let at = from - 1; at >= this.#limit; at--) if (!isBlank(this.line(at))) return at;
    return null;
  }

  /** Does the story itself speak politely, as letters and posts do? */
  storyIsPolite(): boolean {
    const middle = () => this.lines.slice(0, Math.ceil(this.lines.length * 0.75)).join('\n');
    this.#isPolite ??= speaksPolitely(middle().slice(-ENDING_CHARACTERS));
    return this.#isPolite;
  }
}
