import { LEAST_QUOTED_SHARE } from '../../thresholds.js';
import { isBlank, isQuoted } from '../forms/lines.js';
import { unwrapElement } from './element.js';
import { unfence } from './fence.js';
import { unwrapHtml } from './html.js';
import { unwrapObject } from './object.js';
import { fromOutside, type Unwrapped } from './outside.js';
import { unwrapTable } from './table.js';

// What is put around a whole answer: a code fence, a quotation, HTML, elements such as `<story>`, an object of JSON or YAML, a table.

/** @returns null when the text is in no container */
export function unwrap(text: string): Unwrapped | null {
  return (
    unfence(text) ?? unquote(text) ?? unwrapTable(text) ?? unwrapHtml(text) ?? unwrapElement(text) ?? unwrapObject(text)
  );
}

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
  return fromOutside({ before, inside: bare, after, marks: '>' });
}
