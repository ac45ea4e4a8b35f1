import { LEAST_FENCED_SHARE } from '../../thresholds.js';
import { headingOf, isBlank, type Span, skipBlank } from '../forms/lines.js';
import { fromOutside, type Unwrapped } from './outside.js';

// A code fence around a whole answer.

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
export function unfence(text: string): Unwrapped | null {
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
  return fromOutside({ before, inside, after, marks: marks.join('\n') });
}
