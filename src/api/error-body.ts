/** What an error answer, or an error event, says. */
export interface ErrorWords {
  /** `error.type`, such as `overloaded_error`; null when there is none. */
  type: string | null;
  /** `error.details.error_code` or `error.code`, when that is a word or a number of the vendor's own; null otherwise. */
  code: string | null;
  /** The HTTP status that the body itself names: gateways put it into `error.code`, also in a 200. */
  status: number | null;
  /** The body's own words; null when it has none. */
  message: string | null;
  /** A moderation flagged the request, as OpenRouter tells it. */
  isFlagged: boolean;
}

/** How many errors may be quoted inside each other: a gateway behind a gateway has two. */
const MOST_QUOTED = 3;

/**
 * Reads the body of an error in the forms that endpoints give it: Anthropic's `{type: "error", error: {type, message}}`,
 * OpenAI's `{error: {message, type, code}}`, OpenRouter's with `metadata`, Ollama's `{error: "…"}`, FastAPI's `{detail}`,
 * and `{type: "error", message: {…}}`. Gateways quote the error of the API behind them as JSON in their own words: what
 * that API says goes first.
 * @returns null when the value is none of them
 */
export function readErrorBody(body: unknown): ErrorWords | null {
  return readQuoting(body, MOST_QUOTED);
}

function readQuoting(body: unknown, depth: number): ErrorWords | null {
  const words = readPlain(body);
  if (words === null || words.message === null || depth === 0) return words;
  const object = objectIn(words.message);
  // The quoted object is an error by itself, or only its inside: `{"message": "…", "code": "429"}`.
  const quoted = object === null ? null : readQuoting('error' in object ? object : { error: object }, depth - 1);
  if (quoted === null || quoted.message === null) return words;
  return {
    type: quoted.type ?? words.type,
    code: quoted.code ?? words.code,
    status: quoted.status ?? words.status,
    message: quoted.message,
    isFlagged: quoted.isFlagged || words.isFlagged,
  };
}

function readPlain(body: unknown): ErrorWords | null {
  const outer = fieldsOf(body);
  if (outer === null) return null;
  const inner = fieldsOf(outer.error) ?? fieldsOf(outer.message) ?? outer;
  const metadata = fieldsOf(inner.metadata) ?? {};
  const details = fieldsOf(inner.details) ?? {};
  const words = [inner.message, outer.error, outer.detail, outer.message].find(isText) ?? null;
  if (words === null && outer.error === undefined && outer.type !== 'error') return null;
  const [code, status] = [inner.code, inner.status].map(toText);
  return {
    type: isText(inner.type) && inner.type !== 'error' ? inner.type : null,
    code: toText(details.error_code) ?? (isStatus(code) ? null : (code ?? null)),
    status: [code, status].map(Number).find(isErrorStatus) ?? null,
    // OpenRouter says "Provider returned error", and keeps what the provider said apart.
    message: [words, metadata.raw].filter(isText).join(' - ') || null,
    isFlagged: Array.isArray(metadata.reasons) || isText(metadata.flagged_input),
  };
}

/** Characters of the longest error that is looked for an object in. */
const LONGEST_QUOTING = 20_000;

/** The first JSON object that stands in a text; null when there is none. */
function objectIn(text: string): Record<string, unknown> | null {
  const from = text.slice(0, LONGEST_QUOTING).indexOf('{');
  if (from < 0) return null;
  let [depth, isInString] = [0, false];
  for (let at = from; at < Math.min(text.length, LONGEST_QUOTING); at++) {
    const character = text[at];
    if (isInString) {
      if (character === '\\') at++;
      else if (character === '"') isInString = false;
    } else if (character === '"') isInString = true;
    else if (character === '{') depth++;
    else if (character === '}' && --depth === 0) return parseFields(text.slice(from, at + 1));
  }
  return null;
}

function parseFields(text: string): Record<string, unknown> | null {
  try {
    return fieldsOf(JSON.parse(text));
  } catch {
    return null;
  }
}

/** How much of a page, or of a message, goes to the log: proxies' error pages can be long. */
const LONGEST = 500;

/** The beginning of a text, on one line. */
export function firstWords(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line;
}

/** The words of a web page, without its tags, scripts and styles. */
export function pageWords(html: string): string {
  return firstWords(
    html
      .slice(0, 20_000)
      .replace(/<!--[\s\S]*?-->|<(script|style)\b[\s\S]*?<\/\1>/gi, ' ')
      .replace(/<[^>]*>/g, ' '),
  );
}

/** Is this text a web page, or the words of a proxy that reached no server, and so no answer of the API? */
export function isPage(contentType: string | null, text: string): boolean {
  return /\bhtml\b/i.test(contentType ?? '') || /^\s*<(!doctype|html|\?xml)/i.test(text) || NO_UPSTREAM.test(text);
}

const NO_UPSTREAM = /no healthy upstream|upstream connect error|upstream request timeout|no available server/i;

function fieldsOf(value: unknown): Record<string, unknown> | null {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
const toText = (value: unknown): string | null =>
  isText(value) ? value : typeof value === 'number' ? String(value) : null;
const isStatus = (text: string | null | undefined) => text !== null && text !== undefined && /^[1-5]\d\d$/.test(text);
const isErrorStatus = (status: number) => Number.isInteger(status) && status >= 400 && status <= 599;
