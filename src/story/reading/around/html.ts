import { LEAST_FENCED_SHARE } from '../../thresholds.js';
import type { RemovedText } from '../removed-text.js';
import type { Unwrapped } from './outside.js';

// A whole answer written in HTML: paragraphs between `<p>` and `</p>`, or lines that end in `<br>`.

/** So many paragraphs, or line ends, show a text in HTML; fewer may be a screen in a story. */
const FEWEST = { paragraphs: 3, lineEnds: 4 };

const BLOCKS = 'p|div|section|article|main|body|html|header|footer|center|blockquote|ul|ol|table|tbody|tr';
const INLINE = 'span|font|small|big|u|ruby|a';
const TAG = new RegExp(
  `</?(?:${BLOCKS}|${INLINE}|br|hr|li|strong|b|em|i|h[1-6]|title|head|meta|link)\\b[^<>]{0,200}/?>`,
  'giu',
);
/** What a reader never sees. */
const UNSEEN = /<!doctype[^<>]{0,200}>|<(style|script)\b[^<>]{0,200}>[\s\S]{0,5000}?<\/\1>/giu;

const IS_BLOCK = new RegExp(`^</?(?:${BLOCKS}|head|meta|link)\\b`, 'iu');
const ENTITIES: Readonly<Record<string, string>> = {
  ...{ nbsp: ' ', lt: '<', gt: '>', amp: '&', quot: '"', apos: "'", ldquo: '“', rdquo: '”', lsquo: '‘', rsquo: '’' },
  ...{ hellip: '…', mdash: '—', ndash: '–', middot: '·' },
};

/** Turns HTML into the Markdown that it stands for; null when the text is none. */
export function unwrapHtml(text: string): Unwrapped | null {
  if (!text.includes('<')) return null;
  const count = (pattern: RegExp) => text.match(pattern)?.length ?? 0;
  const isHtml = count(/<\/(?:p|div)>/gi) >= FEWEST.paragraphs || count(/<br\s*\/?>/gi) >= FEWEST.lineEnds;
  if (!isHtml || markedUp(text) < text.length * LEAST_FENCED_SHARE) return null;
  const taken = new Set<string>();
  const markdown = text
    .replace(UNSEEN, (unseen) => {
      taken.add(unseen);
      return '';
    })
    .replace(TAG, (tag) => {
      taken.add(tag);
      return markdownOf(tag);
    })
    .replace(/&(?:#(\d{1,6})|([a-z]{2,6}));/gi, (entity, code?: string, name?: string) =>
      code === undefined ? (ENTITIES[(name ?? '').toLowerCase()] ?? entity) : characterOf(Number(code), entity),
    )
    .replace(/[ \t]+\n/g, '\n')
    .replace(/\n[ \t]+(?=\S)/g, '\n')
    .replace(/\n{3,}/g, '\n\n');
  const removed: RemovedText[] = [{ what: 'fence', where: 'around', text: [...taken].join(' ') }];
  return { text: markdown.trim(), title: null, tags: [], removed };
}

/** How much of a text stands in paragraphs of HTML, or on lines with a line end of HTML. */
function markedUp(text: string): number {
  const inParagraphs = text.match(/<(p|div)\b[^<>]*>[^<]*(?:<(?!\/?(?:p|div)\b)[^<]*)*<\/\1>/gi) ?? [];
  const withLineEnds = text.split('\n').filter((line) => /<br\b/i.test(line));
  return Math.max(...[inParagraphs, withLineEnds].map((parts) => parts.join('').length));
}

function markdownOf(tag: string): string {
  const isClosing = tag.startsWith('</');
  const [, name = ''] = /^<\/?([a-z]+\d?)/i.exec(tag) ?? [];
  switch (name.toLowerCase()) {
    case 'br':
      return '\n';
    case 'hr':
      return '\n\n---\n\n';
    case 'li':
      return isClosing ? '' : '\n- ';
    case 'strong':
    case 'b':
      return '**';
    case 'em':
    case 'i':
      return '*';
    case 'title':
    case 'h1':
      return isClosing ? '\n\n' : '\n\n# ';
    case 'h2':
      return isClosing ? '\n\n' : '\n\n## ';
    case 'h3':
    case 'h4':
    case 'h5':
    case 'h6':
      return isClosing ? '\n\n' : '\n\n### ';
    default:
      return IS_BLOCK.test(tag) ? '\n\n' : '';
  }
}

const characterOf = (code: number, entity: string): string =>
  code > 31 && code <= 0x10ffff ? String.fromCodePoint(code) : entity;
