import { LONGEST_HEADING, LONGEST_LINE, LONGEST_MARK_LINE } from '../../thresholds.js';

// What a line is by its form alone: blank, a rule, a heading, an item of a list, a label with its value.

export const isBlank = (line: string): boolean => line.trim() === '';

/** Characters of which rules and ornaments between scenes are made; stars rate something, dots trail off. */
const RULE = /^[-*_=~\u2500-\u257f─━―—–⸺⸻•·◇◆○●□■♦✦✧❖⁂#※\s]+$/;
const LONE_ORNAMENT = /^[⁂⸻⸺—―─❖✦◆◇※]$/;

/** A thematic break in any form: `---`, `* * *`, `───`, `◇ ◇ ◇`, `⁂`. */
export function isRule(line: string): boolean {
  if (line.length > LONGEST_MARK_LINE || !RULE.test(line)) return false;
  const marks = line.replace(/\s/g, '');
  return marks.length >= 3 || LONE_ORNAMENT.test(marks);
}

/** The marks that decorate a line at both ends: emphasis, quotation, brackets, dashes, `#`, `>`, pictures. */
const DECORATION =
  /^(?:[\s>*_~`#\-–—―\u2500-\u257f=·•<()[\]{}【】〔〕「」『』《》〈〉|"'“”‘’◆◇■□▶◀▷◁※●○♦✦✧❖]|\ufe0f|\u200d|\p{Extended_Pictographic})$/u;

/** A line without what decorates it. */
export function bare(line: string): string {
  if (line.length > LONGEST_LINE) return line.trim();
  const characters = [...line];
  let [start, end] = [0, characters.length];
  while (start < end && DECORATION.test(characters[start] ?? '')) start++;
  while (end > start && DECORATION.test(characters[end - 1] ?? '')) end--;
  return characters.slice(start, end).join('');
}

/** Is anything but space around the bare line? */
export const isDecorated = (line: string): boolean => bare(line) !== line.trim();

const HEADING = /^ {0,3}(#{1,6})[ \t]*(.*)$/;

export interface Heading {
  level: number;
  /** Without the closing `#`. */
  text: string;
}

/** A Markdown heading, also one without the blank after `#`; null when the line is none. */
export function headingOf(line: string): Heading | null {
  if (line.length > LONGEST_HEADING || !line.includes('#')) return null;
  const [, marks, rest = ''] = HEADING.exec(line) ?? [];
  if (marks === undefined) return null;
  // `#호러 #단편` are tags.
  if (!/^ {0,3}#+[ \t]/.test(line) && (rest === '' || /(^|\s)#\S/.test(rest) || marks.length > 3)) return null;
  return { level: marks.length, text: rest.replace(/[ \t]+#+[ \t]*$/, '').trim() };
}

const LIST_ITEM = /^\s*(?:[-*+•·▪◦]|\d{1,3}[.)]|\[[ xX✓]?\]|[①-⑳]|[☐☑✅✔□■▶])\s+\S/u;

export const isListItem = (line: string): boolean => LIST_ITEM.test(line);

export const isQuoted = (line: string): boolean => /^\s*>/.test(line);

/** A line whose every word is emphasised: `**제목**`, `*끝*`. */
export function isEmphasised(line: string): boolean {
  return /^\s*(\*{1,3}|_{1,3})(?=\S)[^*_]{1,200}\1\s*$/u.test(line);
}

export interface Label {
  /** Without decoration. */
  key: string;
  /** What follows the colon, or the bracket; may be empty. */
  value: string;
  /** Bold, bracketed, an item, a heading: set off from prose by more than its colon. */
  isSetOff: boolean;
}

/** `key: value`, `**key:** value`, `[key] value`, `- **key**: value`, `key | value`. */
const COLON_LABEL = /^([^:：.!?…]{1,30}?)\s*[:：](?!\/\/)\s*(.*)$/u;
const BRACKET_LABEL = /^(?:\[([^\]]{1,24})\]|【([^】]{1,24})】|〔([^〕]{1,24})〕|<([^>]{1,24})>)\s*[:：]?\s*(.*)$/u;
const EMPHASIS_MARKS = /\*{1,3}|_{2,3}/g;

/** Where a key ends at the latest, with what decorates it. */
const LONGEST_KEY = 48;
const MAY_BE_LABEL = /[:：\]】〕>]/;

/** A line as a label with its value; null when it has none. */
export function labelOf(line: string): Label | null {
  if (line.length > LONGEST_MARK_LINE * 8 || !MAY_BE_LABEL.test(line.slice(0, LONGEST_KEY))) return null;
  const unquoted = line
    .replace(/^\s*(?:>\s*)*/, '')
    .replace(/^(?:[-*+•·▪◦]|\[[ xX✓]?\]|[☐☑✅✔□■▶◆◇※]+|📝|📌|🏷️?)\s+/u, '');
  const plain = unquoted.replace(EMPHASIS_MARKS, '').trim();
  const setOff = unquoted !== line.trim() || /^(\*\*|__|\*|#)/.test(unquoted);
  const bracket = BRACKET_LABEL.exec(plain);
  if (bracket !== null) {
    const key = bracket[1] ?? bracket[2] ?? bracket[3] ?? bracket[4] ?? '';
    return { key: key.trim(), value: (bracket[5] ?? '').trim(), isSetOff: true };
  }
  const [, key, value = ''] = COLON_LABEL.exec(plain.replace(/^#{1,6}\s*/, '')) ?? [];
  if (key === undefined) return null;
  return { key: bare(key), value: value.trim(), isSetOff: setOff };
}

/** A run of lines: from the first to before the last. */
export interface Span {
  from: number;
  to: number;
}

/** The run of lines without a blank one, a heading or a rule between, that begins at a line. */
export function blockFrom(lines: readonly string[], from: number, limit = lines.length): Span {
  let to = from + 1;
  while (to < limit && continuesBlock(lines[to] ?? '')) to++;
  return { from, to };
}

/** The same, that ends before a line. */
export function blockUpTo(lines: readonly string[], to: number, limit = 0): Span {
  let from = to - 1;
  while (from > limit && continuesBlock(lines[from] ?? '') && continuesBlock(lines[from - 1] ?? '')) from--;
  return { from, to };
}

function continuesBlock(line: string): boolean {
  return !isBlank(line) && !isRule(line) && headingOf(line) === null;
}

/** The number of the next line that is not blank, from a line on; the number of lines when there is none. */
export function skipBlank(lines: readonly string[], from: number): number {
  let at = from;
  while (at < lines.length && isBlank(lines[at] ?? '')) at++;
  return at;
}

export const textOf = (lines: readonly string[], { from, to }: Span): string => lines.slice(from, to).join('\n').trim();
