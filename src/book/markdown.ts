import { Marked, type MarkedToken, type Token, type TokenizerExtensionFunction, type Tokens } from 'marked';
import { escapeLines, Html, html } from '../report/html/template.js';

// Markdown of stories → XHTML. The text is never inserted as it is: every element is made here, and everything between
// elements is escaped.

/** A tokenizer that leaves its syntax in the text. */
const asText = () => undefined;

/** `2019. 3. 4. 맑음` and `1999. 봄` are dates of a diary, not items of a list. */
const DATE_LIKE = /^ {0,3}(?:\d{3,}[.)]|\d{1,2}[.)][ \t]+\d)/;

const parser = new Marked({
  // A line end in a story is meant: a chat, a poem, an address. Paragraphs have a blank line between them.
  breaks: true,
  extensions: [
    // Markdown demands a space or a mark beside `**` that touches a mark, and a Korean particle is neither:
    // `**"문"**을` would show its asterisks.
    emphasis('strong', '**', /^\*\*(?![\s*])((?:[^*\n]|\*(?!\*))*[^\s*])\*\*(?!\*)/),
    emphasis('em', '*', /^\*(?![\s*])([^*\n]*[^\s*])\*(?!\*)/),
  ],
  tokenizer: {
    // A book leads nowhere else and holds no HTML of others.
    html: asText,
    tag: asText,
    link: asText,
    reflink: asText,
    autolink: asText,
    url: asText,
    def: asText,
    table: asText,
    // Indented paragraphs are how some people write; a line of `---` below a paragraph is a scene break.
    code: asText,
    lheading: asText,
    list: (source) => (DATE_LIKE.test(source) ? undefined : false),
    // A single tilde is a range of numbers.
    del: (source) => (source.startsWith('~~') ? false : undefined),
  },
});

function emphasis(name: 'strong' | 'em', mark: string, pattern: RegExp) {
  const tokenizer: TokenizerExtensionFunction = function (source) {
    const [raw, text = ''] = pattern.exec(source) ?? [];
    return raw === undefined ? undefined : { type: name, raw, text, tokens: this.lexer.inlineTokens(text) };
  };
  return { name, level: 'inline' as const, start: (source: string) => source.indexOf(mark), tokenizer };
}

/** The blocks of a text, blank lines left out. */
export function parseBlocks(text: string): MarkedToken[] {
  return known(parser.lexer(text)).filter(({ type }) => type !== 'space');
}

/** The text of a block without its marks, on one line. */
export function plainText(token: MarkedToken): string {
  return plainInline([token]).replace(/\s+/g, ' ').trim();
}

function plainInline(tokens: readonly MarkedToken[]): string {
  const texts = tokens.map((token) => {
    if ('tokens' in token && token.tokens !== undefined) return plainInline(known(token.tokens));
    if (token.type === 'br') return ' ';
    if (!('text' in token)) return '';
    return token.type === 'codespan' ? token.text : decode(token.text);
  });
  return texts.join('');
}

/** @param level of the first heading that is allowed; the chapter's own stands above it */
export function renderBlocks(tokens: readonly MarkedToken[], level = 2): Html {
  return join(tokens.map((token) => renderBlock(token, level)));
}

/** A line of marks between scenes, which Markdown does not know. */
const SCENE_BREAK = /^[\s*＊※◆◇■□●○★☆─━~]+$/;

function renderBlock(token: MarkedToken, level: number): Html {
  switch (token.type) {
    case 'space':
      return html``;
    case 'heading': {
      const tag = Html.of(`h${Math.min(6, Math.max(level, token.depth))}`);
      return html`<${tag}>${inline(token.tokens)}</${tag}>\n`;
    }
    case 'paragraph':
      return SCENE_BREAK.test(plainText(token))
        ? html`<p class="break">${plainText(token)}</p>\n`
        : html`<p>${inline(token.tokens)}</p>\n`;
    case 'hr':
      return html`<hr/>\n`;
    case 'blockquote':
      return html`<blockquote>\n${renderBlocks(known(token.tokens), level)}</blockquote>\n`;
    case 'code':
      return html`<pre>${Html.of(escapeLines(token.text))}</pre>\n`;
    case 'list':
      return renderList(token, level);
    default:
      // Of a list item without blank lines.
      return html`${inline([token])}\n`;
  }
}

function renderList({ ordered, start, items }: Tokens.List, level: number): Html {
  const inner = items.map((item) => html`<li>${renderBlocks(known(item.tokens), level)}</li>\n`);
  if (!ordered) return html`<ul>\n${inner}</ul>\n`;
  return start === 1 || start === '' ? html`<ol>\n${inner}</ol>\n` : html`<ol start="${start}">\n${inner}</ol>\n`;
}

function inline(tokens: readonly Token[] = []): Html {
  return join(known(tokens).map(renderInline));
}

function renderInline(token: MarkedToken): Html {
  switch (token.type) {
    case 'strong':
      return html`<strong>${inline(token.tokens)}</strong>`;
    case 'em':
      return html`<em>${inline(token.tokens)}</em>`;
    case 'del':
      return html`<del>${inline(token.tokens)}</del>`;
    case 'codespan':
      return html`<code>${token.text}</code>`;
    case 'br':
      return html`<br/>\n`;
    case 'checkbox':
      return html`${token.checked ? '☑' : '☐'} `;
    case 'text':
      return token.tokens === undefined ? html`${decode(token.text)}` : inline(token.tokens);
    case 'escape':
      return html`${token.text}`;
    default:
      return html`${token.raw}`;
  }
}

const ENTITIES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: '\u00a0' };

const ENTITY = /&(?:#(\d{1,7})|#[xX]([\da-fA-F]{1,6})|(amp|lt|gt|quot|apos|nbsp));/g;

/** Replaces the few entities that models write; marked leaves them to the browser, and XHTML knows fewer than HTML. */
function decode(text: string): string {
  return text.replace(ENTITY, (whole: string, decimal?: string, hex?: string, name?: string) => {
    if (name !== undefined) return ENTITIES[name] ?? whole;
    const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
    return code <= 0x10_ff_ff ? String.fromCodePoint(code) : whole;
  });
}

function join(parts: readonly Html[]): Html {
  return html`${parts}`;
}

/** With the tokenizers above, marked makes no tokens but its own. */
function known(tokens: readonly Token[]): MarkedToken[] {
  return tokens as MarkedToken[];
}
