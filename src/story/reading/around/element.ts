import { LEAST_FENCED_SHARE } from '../../thresholds.js';
import { fromOutside, type Unwrapped } from './outside.js';

// An element such as `<story>` around a whole answer.

/** Elements that a prompt or a model names for what is asked for. */
const ELEMENTS =
  'story|answer|output|response|result|final|final_answer|content|novel|text|article|document|body|html|소설|이야기|본문|단편|답변|출력';
const ELEMENT = new RegExp(`<(${ELEMENTS})(?:\\s[^<>\\n]{0,80})?>`, 'giu');
const LAST_ELEMENT = new RegExp(`</(?:${ELEMENTS})>$`, 'iu');
/** Characters of the longest closing one. */
const LONGEST_ELEMENT = 20;

/** Unwraps `<story>…</story>` and its like; the closing one may be missing. */
export function unwrapElement(text: string): Unwrapped | null {
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
    return fromOutside({
      before: text.slice(0, match.index).trim(),
      inside,
      after,
      marks: at > from ? `${tag}\n${close}` : tag,
    });
  }
  // Closed only: its opening went with what stood around it.
  const [close] = LAST_ELEMENT.exec(text.slice(-LONGEST_ELEMENT)) ?? [];
  if (close === undefined) return null;
  return fromOutside({ before: '', inside: text.slice(0, -close.length).trim(), after: '', marks: close });
}
