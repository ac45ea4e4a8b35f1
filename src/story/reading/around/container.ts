import { FEWEST_ESCAPED_LINES, LEAST_FENCED_SHARE, LEAST_QUOTED_SHARE } from '../../thresholds.js';
import { headingOf, isBlank, isQuoted, type Span, skipBlank } from '../forms/lines.js';
import { tagsIn, tagsOfLine } from '../forms/tags.js';
import { isNarrative } from '../forms/talk.js';
import { emphasisedTitle, labelledTitle, plainTitle } from '../forms/title.js';
import type { RemovedText } from '../removed-text.js';

// What is put around a whole answer: a code fence, a quotation, elements such as `<story>`, a JSON object.

/** The inside of a container, and what of the answer was outside of it. */
export interface Unwrapped {
  text: string;
  /** The title that the container names; null when it names none. */
  title: string | null;
  tags: string[];
  removed: RemovedText[];
}

/** @returns null when the text is in no container */
export function unwrap(text: string): Unwrapped | null {
  return unfence(text) ?? unquote(text) ?? unwrapElements(text) ?? unwrapJson(text);
}

interface Fence {
  line: number;
  marks: string;
  /** What follows the opening marks: a language. */
  info: string;
}

const FENCE = /^ {0,3}(`{3,}|~{3,})[ \t]*([^`\n]{0,60})$/;

/** Languages that a model names for a text that it shows whole. */
const DOCUMENT = /^(?:markdown|md|text|txt|plaintext|plain|story|novel|korean|ko|소설|이야기|본문|html)?$/i;

function fencesOf(lines: readonly string[]): Fence[] {
  return lines.flatMap((line, number) => {
    const [, marks, info = ''] = line.length > 80 ? [] : (FENCE.exec(line) ?? []);
    return marks === undefined ? [] : [{ line: number, marks, info: info.trim() }];
  });
}

/** Unwraps a fence around all. Fences inside are the story's own: a log, a screen. */
function unfence(text: string): Unwrapped | null {
  const lines = text.split('\n');
  const fences = fencesOf(lines);
  const [first] = fences;
  const last = fences.at(-1);
  if (first === undefined || last === undefined) return null;
  const isClosed = fences.length % 2 === 0 && last.info === '' && last.marks.startsWith(first.marks);
  if (isClosed && !isDocument(lines, fences)) return null;
  if (isClosed) return takeOut(lines, { from: first.line, to: last.line });
  if (fences.length % 2 === 0) return null;
  // One of them has no partner: the one around all was opened and never closed, or only closed.
  const before = lines.slice(0, first.line).join('\n');
  const opens =
    DOCUMENT.test(first.info) && (fences.length === 1 || first.info !== '' || isTitle(lines, first.line + 1));
  if (opens && before.length < text.length * (1 - LEAST_FENCED_SHARE)) {
    return takeOut(lines, { from: first.line, to: lines.length });
  }
  const isAtEnd = last.info === '' && lines.slice(last.line + 1).every(isBlank);
  return isAtEnd ? takeOut(lines, { from: -1, to: last.line }) : null;
}

/** Does the first fence hold a whole document, and not a passage of the story? */
function isDocument(lines: readonly string[], fences: readonly Fence[]): boolean {
  const [first, second] = fences;
  if (first === undefined || second === undefined || (!DOCUMENT.test(first.info) && !/^ya?ml|json/i.test(first.info)))
    return false;
  if (fences.length === 2) return true;
  // A fence that names a language opens: so the first one is still open there.
  return (
    second.info !== '' ||
    first.info !== '' ||
    first.marks.length > second.marks.length ||
    isTitle(lines, first.line + 1)
  );
}

const isTitle = (lines: readonly string[], at: number): boolean =>
  headingOf(lines[skipBlank(lines, at)] ?? '') !== null;

/** The lines between two, with what stands outside of them; null when that is too much, or part of the story. */
function takeOut(lines: readonly string[], { from, to }: Span): Unwrapped | null {
  const inside = lines
    .slice(from + 1, to)
    .join('\n')
    .trim();
  const [before, after] = [
    lines.slice(0, Math.max(from, 0)).join('\n').trim(),
    lines
      .slice(to + 1)
      .join('\n')
      .trim(),
  ];
  const all = before.length + inside.length + after.length;
  if (inside.length < all * LEAST_FENCED_SHARE) return null;
  const marks = [from, to].flatMap((line) => lines[line] ?? []).map((line) => line.trim());
  return outside({ before, inside, after, marks: marks.join('\n') });
}

interface Outside {
  before: string;
  inside: string;
  after: string;
  marks: string;
}

/** A title above a container is the story's; anything else around it is not, unless it tells the story. */
function outside({ before, inside, after, marks }: Outside): Unwrapped | null {
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

/** Unwraps a quotation around all: `>` before every line of the story. */
function unquote(text: string): Unwrapped | null {
  if (!text.includes('>')) return null;
  const lines = text.split('\n');
  const from = lines.findIndex(isQuoted);
  const to = lines.findLastIndex(isQuoted);
  const inside = lines.slice(from, to + 1);
  if (from < 0 || to - from < 2 || !inside.every((line) => isQuoted(line) || isBlank(line))) return null;
  const bare = inside
    .map((line) => line.replace(/^\s*> ?/, ''))
    .join('\n')
    .trim();
  const [before, after] = [
    lines.slice(0, from).join('\n').trim(),
    lines
      .slice(to + 1)
      .join('\n')
      .trim(),
  ];
  if (bare.length < text.length * LEAST_QUOTED_SHARE) return null;
  return outside({ before, inside: bare, after, marks: '>' });
}

/** Elements that a prompt or a model names for what is asked for. */
const ELEMENTS =
  'story|answer|output|response|result|final|final_answer|content|novel|text|article|document|body|html|소설|이야기|본문|단편|답변|출력';
const ELEMENT = new RegExp(`<(${ELEMENTS})(?:\\s[^<>\\n]{0,80})?>`, 'giu');
const LAST_ELEMENT = new RegExp(`</(?:${ELEMENTS})>$`, 'iu');
/** Characters of the longest closing one. */
const LONGEST_ELEMENT = 20;

/** Unwraps `<story>…</story>` and its like; the closing one may be missing. */
function unwrapElements(text: string): Unwrapped | null {
  for (const match of text.matchAll(ELEMENT)) {
    const [tag, name = ''] = match;
    const from = match.index + tag.length;
    if (from > text.length * (1 - LEAST_FENCED_SHARE)) return null;
    const close = `</${name}>`;
    const at = text.lastIndexOf(close);
    const to = at > from ? at : text.length;
    const inside = text.slice(from, to).trim();
    if (inside.length < text.length * LEAST_FENCED_SHARE) continue;
    const after = text.slice(to + close.length).trim();
    return outside({
      before: text.slice(0, match.index).trim(),
      inside,
      after,
      marks: at > from ? `${tag}\n${close}` : tag,
    });
  }
  // Closed only: its opening went with what stood around it.
  const [close] = LAST_ELEMENT.exec(text.slice(-LONGEST_ELEMENT)) ?? [];
  if (close === undefined) return null;
  return outside({ before: '', inside: text.slice(0, -close.length).trim(), after: '', marks: close });
}

const TITLE_KEYS = ['title', '제목', 'name'];
const TAG_KEYS = ['tags', '태그', 'keywords', 'hashtags'];

/** Unwraps a JSON object with the story as its longest text, and line ends written as `\\n`. */
function unwrapJson(text: string): Unwrapped | null {
  if (text.startsWith('{') && text.endsWith('}')) {
    const entries = Object.entries(parseObject(text));
    const texts = entries.flatMap(([key, value]) => (typeof value === 'string' ? [{ key, value }] : []));
    const story = texts.reduce((a, b) => (b.value.length > a.value.length ? b : a), { key: '', value: '' });
    if (story.value.length < text.length * LEAST_FENCED_SHARE) return null;
    const title = texts.find(({ key }) => TITLE_KEYS.includes(key.toLowerCase()))?.value ?? null;
    const [, tags] = entries.find(([key]) => TAG_KEYS.includes(key.toLowerCase())) ?? [];
    const rest = JSON.stringify(Object.fromEntries(entries.filter(([key]) => key !== story.key)));
    const removed: RemovedText[] = [{ what: 'fence', where: 'around', text: rest }];
    const list = Array.isArray(tags) ? tags.join(',') : typeof tags === 'string' ? tags : '';
    return { text: story.value.trim(), title, tags: tagsIn(list), removed };
  }
  const escapes = text.includes('\n') ? 0 : text.split('\\n').length - 1;
  if (escapes < FEWEST_ESCAPED_LINES) return null;
  const removed: RemovedText[] = [{ what: 'fence', where: 'around', text: '\\n' }];
  return { text: text.replaceAll('\\n', '\n').replaceAll('\\"', '"').trim(), title: null, tags: [], removed };
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
