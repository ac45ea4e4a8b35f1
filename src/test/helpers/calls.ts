import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TestContext } from 'node:test';
import { inspect } from 'node:util';
import type { Irregularity } from '../../api/answer.js';
import { CallError, type CallErrorDetail, classifyFailure, type Failure } from '../../api/failure.js';
import {
  type Answer,
  type CallOptions,
  type ClientNotice,
  createMessagesClient,
  type MessagesClientOptions,
} from '../../api/messages-client.js';
import { toUsage } from '../../api/usage.js';
import type { BodyPiece, ReceivedRequest, Reply, Responder } from '../../offline/server/reply.js';
import { storyText } from './fakes.js';
import { endpointFor } from './processes.js';

// Calls of the real client to an endpoint of the test's own.

export const KEY = 'sk-test-5f1c0a9e7d';
export const PROMPT = { system: '당신은 소설가다.', user: '호러 단편 한 편을 써 주세요.' };
/** For suites that call: none takes long, and a hang fails. The limits of `settings` are longer, so they hide no hang. */
export const GUARD = { timeout: 45_000 };

export const settings = (baseUrl: string, changes: Partial<MessagesClientOptions> = {}): MessagesClientOptions => ({
  apiKey: KEY,
  authToken: null,
  baseUrl,
  model: 'claude-sonnet-5-5',
  maxTokens: 16_000,
  temperature: null,
  streamThinking: false,
  idleMs: 60_000,
  firstTextMs: null,
  totalMs: 120_000,
  env: {},
  onRateLimits: () => {},
  onSdkMessage: () => {},
  onNotice: () => {},
  ...changes,
});

export const NEVER: CallOptions = { signal: new AbortController().signal, onProgress: () => {} };

export type Event = { type: string } & Record<string, unknown>;

export const START = {
  type: 'message_start',
  message: { id: 'msg_1', type: 'message', role: 'assistant', model: 'm' },
};
export const TEXT: Event[] = [
  { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: '밤이 왔다.' } },
  { type: 'content_block_stop', index: 0 },
];
export const END: Event = { type: 'message_delta', delta: { stop_reason: 'end_turn' } };
export const STOP: Event = { type: 'message_stop' };
/** All that follows message_start. */
export const WRITTEN: Event[] = [...TEXT, END, STOP];

export const startedWith = (usage: unknown): Event => ({ ...START, message: { ...START.message, usage } });

export function sse(...events: Event[]): string {
  return events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join('');
}

/** A reply that streams these very events. */
export function stream(...events: Event[]): Reply {
  return { headers: { 'content-type': 'text/event-stream' }, body: sse(...events) };
}

/** What a failure of a call has to be: parts of its detail, and what the worker is told. */
export interface Expected {
  detail: Partial<CallErrorDetail>;
  failure: Partial<Failure>;
}

/** Asks an endpoint that gives one reply, and wants an answer. */
export async function ask(
  t: TestContext,
  reply: Reply,
  changes: Partial<MessagesClientOptions> = {},
  options: Partial<CallOptions> = {},
): Promise<{ answer: Answer; request: ReceivedRequest }> {
  const requests: ReceivedRequest[] = [];
  const endpoint = await endpointFor(t, (received) => {
    requests.push(received);
    return reply;
  });
  const answer = await createMessagesClient(settings(endpoint.url, changes))(PROMPT, { ...NEVER, ...options });
  const [request] = requests;
  assert.ok(request !== undefined && requests.length === 1, `${requests.length} requests`);
  return { answer, request };
}

/**
 * Asks an endpoint that gives one reply, and wants a failure as expected: after one request, and without the key
 * anywhere in the error.
 */
export async function fail(
  t: TestContext,
  reply: Reply | Responder,
  expected: Expected,
  changes: Partial<MessagesClientOptions> = {},
): Promise<CallError> {
  let requests = 0;
  const endpoint = await endpointFor(t, (request, index) => {
    requests++;
    return typeof reply === 'function' ? reply(request, index) : reply;
  });
  const error = await callFailure(createMessagesClient(settings(endpoint.url, changes))(PROMPT, NEVER));
  assertFailure(error, expected);
  assert.equal(requests, 1, 'one request');
  return error;
}

/** The same as the whole of a test. */
export async function fails(...call: Parameters<typeof fail>): Promise<void> {
  await fail(...call);
}

export function assertFailure(error: CallError, { detail, failure }: Expected): void {
  assert.deepEqual(pick(error.detail, detail), detail);
  assert.deepEqual(pick(classifyFailure(error), failure), failure);
  for (const text of [error.message, String(error.stack), JSON.stringify(error), inspect(error, WHOLE)]) {
    assert.ok(!text.includes(KEY), 'the key is in the error');
  }
}

const WHOLE = { depth: 20, showHidden: true, maxStringLength: null, maxArrayLength: null };

/** The fields of `whole` that `part` has. */
function pick<Whole extends object>(whole: Whole, part: Partial<Whole>): Partial<Whole> {
  return Object.fromEntries(Object.entries(whole).filter(([name]) => name in part)) as Partial<Whole>;
}

export async function callFailure(call: Promise<unknown>): Promise<CallError> {
  const error = await rejection(call);
  assert.ok(error instanceof CallError, inspect(error));
  return error;
}

export async function rejection(call: Promise<unknown>): Promise<unknown> {
  const nothing = Symbol('nothing');
  const error: unknown = await call.then(
    () => nothing,
    (thrown: unknown) => thrown,
  );
  assert.notEqual(error, nothing, 'the call has succeeded');
  return error;
}

export interface Server {
  url: string;
  requests(): number;
  /** Resolves when the response to the first request is over, or its connection closed. */
  closed: Promise<void>;
}

/** A server that leaves the response to the test, for what the endpoint has no word for. */
export async function serve(t: TestContext, respond: (response: ServerResponse) => void): Promise<Server> {
  let requests = 0;
  let close = () => {};
  const closed = new Promise<void>((resolve) => {
    close = resolve;
  });
  const server = createServer((request, response) => {
    requests++;
    response.on('close', close);
    response.setHeader('content-type', 'text/event-stream');
    request.resume().on('end', () => respond(response));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests: () => requests, closed };
}

export const STORY = storyText();
export const HALF = STORY.slice(0, STORY.length / 2);
/** message_start, with an input of 1,200 tokens. */
const STARTED = startedWith({ input_tokens: 1200, output_tokens: 1 });
export const USAGE = toUsage(1200, 3000);

/** A text block with this text, in pieces. */
export const textBlock = (text: string): Event[] => [
  { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
  ...(text.match(/[\s\S]{1,100}/g) ?? []).map((piece) => ({
    ...{ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: piece } },
  })),
  { type: 'content_block_stop', index: 0 },
];
export const delta = (stopReason: string, usage: unknown = { output_tokens: 3000 }): Event => ({
  ...{ type: 'message_delta', delta: { stop_reason: stopReason }, usage },
});
const DELTA = delta('end_turn');
/** Frames of a good answer: start, text, delta with its stop reason, stop. */
export const S = sse(STARTED);
export const T = sse(...textBlock(STORY));
export const D = sse(DELTA);
export const E = sse(STOP);

const events = { 'content-type': 'text/event-stream' };
/** A reply whose stream is these pieces, as they are. */
export const raw = (...pieces: BodyPiece[]): Reply => ({ headers: events, body: pieces });

/** Wants the whole story, and these irregularities. */
export async function isWhole(
  t: TestContext,
  reply: Reply,
  irregularities?: readonly Irregularity[],
  { idleMs = 60_000 } = {},
) {
  const notices: ClientNotice[] = [];
  const { answer } = await ask(t, reply, { onNotice: (notice) => notices.push(notice), idleMs });
  assert.equal(answer.text, STORY);
  assert.deepEqual(answer.irregularities, irregularities);
  return { answer, notices };
}

/** A proxy that opens every tunnel to one port of this machine; with null it wants a password that nobody knows. */
export async function openProxy(t: TestContext, target: number | null) {
  const requests: IncomingMessage[] = [];
  const sockets = new Set<Duplex>();
  const server = createServer().on('connect', (request: IncomingMessage, client: Duplex) => {
    requests.push(request);
    sockets.add(client);
    if (target === null) return void client.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
    const upstream = connect(target, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      upstream.pipe(client).pipe(upstream);
    });
    for (const socket of [upstream, client]) socket.on('error', () => {});
    sockets.add(upstream);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const close = () =>
    new Promise<void>((resolve) => {
      for (const socket of sockets) socket.destroy();
      server.close(() => resolve());
      server.closeAllConnections();
    });
  t.after(close);
  return { port, requests, close };
}
