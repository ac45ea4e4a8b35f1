import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { firstWords, pageWords } from '../error-body.js';

/**
 * A piece of a response body.
 *
 * - event: an event of a stream, with its type, whether that stood in the JSON or in the `event:` line
 * - unreadable: an event whose data is no JSON object
 * - end: `data: [DONE]`, the end mark of other APIs' streams
 * - document: the body is one JSON object, not a stream
 * - other: the body is neither (a web page, plain text, nothing)
 */
export type BodyPart =
  | { kind: 'event'; event: JsonObject }
  | { kind: 'unreadable'; data: string }
  | { kind: 'end' }
  | { kind: 'document'; document: JsonObject }
  | { kind: 'other'; words: string };

export type JsonObject = Record<string, unknown>;

/**
 * Reads the body of a 200 as endpoints and gateways send it. The SDK's own reader drops every event without an `event:`
 * line, an error among them, and takes nothing but a stream.
 * @param onBytes called whenever bytes arrive, comments and pings included
 */
export async function* readBody(response: Response, onBytes: () => void): AsyncGenerator<BodyPart> {
  const chunks = bytesOf(response, onBytes);
  // A stream begins with the name of a field or with a colon, so one letter tells what the body is.
  const { start, first } = await readStart(chunks);
  if (first === '{' || first === '[' || first === '<') {
    yield toDocument(await readText(start, chunks));
    return;
  }
  let words = '';
  let isEmpty = true;
  const events: EventSourceMessage[] = [];
  const decoder = new TextDecoder();
  const parser = createParser({ onEvent: (event) => events.push(event) });
  const take = function* (text: string) {
    parser.feed(text);
    if (isEmpty && words.length < KEPT) words += text;
    for (const { event, data } of events.splice(0)) {
      isEmpty = false;
      const part = toPart(event ?? null, data);
      if (part !== null) yield part;
    }
  };
  // Syllables may be split between two chunks, which streaming decoding puts together.
  for (const chunk of start) yield* take(decoder.decode(chunk, { stream: true }));
  for await (const chunk of chunks) yield* take(decoder.decode(chunk, { stream: true }));
  // An empty line ends an event that a gateway has left without one.
  yield* take(`${decoder.decode()}\n\n`);
  if (isEmpty) yield { kind: 'other', words: firstWords(words) };
}

/** How much of a stream that has no event is kept for the log, in characters. */
const KEPT = 2000;

async function* bytesOf(response: Response, onBytes: () => void): AsyncGenerator<Uint8Array> {
  if (response.body === null) return;
  for await (const chunk of response.body) {
    onBytes();
    yield chunk;
  }
}

/** Takes chunks until one has a letter in it; `first` is that letter, null when the body has none. */
async function readStart(chunks: AsyncGenerator<Uint8Array>) {
  const start: Uint8Array[] = [];
  for (;;) {
    const next = await chunks.next();
    if (next.done) return { start, first: null };
    start.push(next.value);
    // A byte order mark is three bytes beyond ASCII.
    const letter = next.value.find((byte) => byte > 0x20 && byte < 0x80);
    if (letter !== undefined) return { start, first: String.fromCharCode(letter) };
  }
}

/** A whole message is some ten kilobytes; more than this is none, and is not held in memory. */
const LONGEST_DOCUMENT = 8 * 1024 * 1024;

async function readText(start: readonly Uint8Array[], chunks: AsyncGenerator<Uint8Array>): Promise<string> {
  const read = [...start];
  let length = start.reduce((sum, chunk) => sum + chunk.length, 0);
  for await (const chunk of chunks) {
    read.push(chunk);
    length += chunk.length;
    if (length > LONGEST_DOCUMENT) break;
  }
  return new TextDecoder().decode(Buffer.concat(read));
}

function toDocument(text: string): BodyPart {
  const value = parseObject(text);
  if (value !== null) return { kind: 'document', document: value };
  return { kind: 'other', words: text.trimStart().startsWith('<') ? pageWords(text) : firstWords(text) };
}

/** The names of events that carry the message; `message` is the default name of server-sent events. */
const NAMES = /^(message|message_\w+|content_block_\w+|error)$/;

/** @returns null for an event that says nothing: a ping, or one of an unknown kind */
function toPart(name: string | null, data: string): BodyPart | null {
  const text = data.trim();
  if (text === '[DONE]') return { kind: 'end' };
  if (name === 'ping' || (text === '' && name !== 'error')) return null;
  const value = parseObject(text);
  if (value !== null)
    return { kind: 'event', event: { ...value, type: name === 'error' ? name : (value.type ?? name) } };
  const error = name === 'error' ? { message: text } : errorBehind(text);
  if (error !== null) return { kind: 'event', event: { type: 'error', error } };
  return name === null || NAMES.test(name) ? { kind: 'unreadable', data: text } : null;
}

/** The error that a gateway has put right behind a frame that broke off; null when there is none. */
function errorBehind(text: string): unknown {
  const last = text.split(/\n|data:/).at(-1) ?? '';
  return parseObject(last.trim())?.error ?? null;
}

function parseObject(text: string): JsonObject | null {
  try {
    const value: unknown = JSON.parse(text.replace(/^\ufeff/, ''));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : null;
  } catch {
    return null;
  }
}
