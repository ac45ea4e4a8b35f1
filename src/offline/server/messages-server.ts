import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import type { MessageCreateParamsStreaming, RawMessageStreamEvent } from '@anthropic-ai/sdk/resources/messages';
import { BATCHES_PATH, type BatchBehaviour, type BatchServer, createBatchServer } from './batch-server.js';
import type { Fault, Pings, Reply, ReplyBlock, Responder } from './reply.js';

export interface Endpoint {
  /** `http://127.0.0.1:<port>`, for a client's base URL. */
  url: string;
  /** For tools that follow its requests or close it for a while. */
  server: Server;
  /** The batches that were created so far, in order. */
  batches(): ReturnType<BatchServer['created']>;
  /** Stops listening and ends open connections. */
  close(): Promise<void>;
}

const PATH = '/v1/messages';
const CHUNK = 24;
const PING_EVERY = 20;
const PING = 'event: ping\ndata: {"type": "ping"}\n\n';
/** Korean runs to about one token a character; near enough for a stand-in. */
const CHARACTERS_PER_TOKEN = 1.1;

/**
 * Starts a Messages API endpoint on loopback that streams the replies of `respond`, and gives them in batches.
 * @param behaviour of its batches; their requests are counted with the others
 */
export async function startEndpoint(respond: Responder, behaviour: BatchBehaviour = {}): Promise<Endpoint> {
  let requests = 0;
  const batches = createBatchServer((request) => respond(request, requests++), toMessage, behaviour);
  const server = createServer((request, response) => {
    route(request, response).catch((error: unknown) => {
      // The client is where somebody looks.
      if (response.headersSent) response.destroy();
      else sendError(response, 500, { type: 'api_error', message: String(error) });
    });
  });
  const route = async (request: IncomingMessage, response: ServerResponse) => {
    if (request.url?.startsWith(BATCHES_PATH) !== true) return answer(request, response, respond, requests++);
    const { method = 'GET', url, headers } = request;
    return batches.handle({ method, url, headers, body: await readText(request) }, response);
  };
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    server,
    batches: batches.created,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Once the endpoint is closed, a reply that is not yet due keeps no process alive. */
const delay = (ms: number) => setTimeout(ms, undefined, { ref: false });

async function answer(request: IncomingMessage, response: ServerResponse, respond: Responder, index: number) {
  const text = await readText(request);
  if (request.method !== 'POST' || request.url?.split('?')[0] !== PATH) {
    return sendError(response, 404, { type: 'not_found_error', message: `no such path: ${request.url}` });
  }
  const body = JSON.parse(text) as MessageCreateParamsStreaming;
  const reply = await respond({ body, headers: request.headers }, index);
  if (reply.delayMs !== undefined) await delay(reply.delayMs);
  const status = reply.status ?? 200;
  const headers = { 'request-id': `req_offline_${String(index).padStart(6, '0')}`, ...reply.headers };
  if (reply.body !== undefined) {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    await sendBody(response, reply.body);
  } else if (status !== 200) {
    sendError(response, status, reply.error ?? { type: 'api_error', message: `status ${status}` }, headers);
  } else {
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', ...headers });
    await stream(response, body, reply, index);
  }
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

function sendError(response: ServerResponse, status: number, error: Reply['error'], headers = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify({ type: 'error', error }));
}

async function sendBody(response: ServerResponse, body: NonNullable<Reply['body']>): Promise<void> {
  if (typeof body === 'string' || body instanceof Uint8Array) return void response.end(body);
  for (const piece of body) {
    if (typeof piece === 'string' || piece instanceof Uint8Array) await write(response, piece);
    else if ('waitMs' in piece) await delay(piece.waitMs);
    else if ('pings' in piece) await sendPings(response, piece.pings);
    else return misbehave(response, { kind: piece.end });
  }
  response.end();
}

/** Resolves once the operating system has it, so that the next piece does not travel in the same packet. */
function write(response: ServerResponse, piece: string | Uint8Array): Promise<void> {
  return new Promise((resolve) => response.write(piece, () => resolve()));
}

async function sendPings(response: ServerResponse, { count, everyMs }: Pings): Promise<void> {
  for (let sent = 0; sent < count && !response.destroyed; sent++) {
    await delay(everyMs);
    response.write(PING);
  }
}

async function stream(response: ServerResponse, body: MessageCreateParamsStreaming, reply: Reply, index: number) {
  const pace = reply.charactersPerSecond ?? 0;
  let sent = 0;
  for (const { event, characters } of eventsOf(body, reply, index)) {
    const { fault } = reply;
    if (fault !== undefined && sent >= fault.afterCharacters) return misbehave(response, fault);
    if (response.destroyed) return;
    send(response, event);
    if (event.type === 'message_start' && reply.pingsFirst !== undefined) await sendPings(response, reply.pingsFirst);
    sent += characters;
    if (pace > 0 && characters > 0) await delay((characters / pace) * 1000);
  }
  if (reply.fault !== undefined) return misbehave(response, reply.fault);
  response.end();
}

async function misbehave(response: ServerResponse, { kind, error }: Omit<Fault, 'afterCharacters'>): Promise<void> {
  switch (kind) {
    case 'cut':
      // Let the client have what was sent before the connection breaks.
      await delay(PING_EVERY);
      response.destroy();
      return;
    case 'end':
      response.end();
      return;
    case 'error':
      response.write(
        `event: error\ndata: ${JSON.stringify({ type: 'error', error: error ?? { type: 'overloaded_error', message: 'Overloaded' } })}\n\n`,
      );
      response.end();
      return;
    case 'stall':
      return;
    case 'ping':
      while (!response.destroyed) {
        response.write(PING);
        await delay(PING_EVERY);
      }
  }
}

function send(response: ServerResponse, event: RawMessageStreamEvent): void {
  response.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
}

interface TimedEvent {
  event: RawMessageStreamEvent;
  /** How much of the text it carries. */
  characters: number;
}

function* eventsOf(body: MessageCreateParamsStreaming, reply: Reply, index: number): Generator<TimedEvent> {
  const content = reply.content ?? [];
  const usage = usageOf(body, reply, content);
  yield silent({
    type: 'message_start',
    message: {
      id: `msg_offline_${String(index).padStart(6, '0')}`,
      type: 'message',
      role: 'assistant',
      model: body.model,
      content: [],
      stop_reason: null,
      stop_sequence: null,
      ...usage.start,
    },
  });
  for (const [at, block] of content.entries()) {
    const isText = block.type === 'text';
    yield silent({
      type: 'content_block_start',
      index: at,
      content_block: isText
        ? { type: 'text', text: '', citations: null }
        : { type: 'thinking', thinking: '', signature: '' },
    });
    for (const piece of pieces(isText ? block.text : block.thinking)) {
      const delta = isText ? { type: 'text_delta', text: piece } : { type: 'thinking_delta', thinking: piece };
      yield {
        event: { type: 'content_block_delta', index: at, delta } as RawMessageStreamEvent,
        characters: piece.length,
      };
    }
    yield silent({ type: 'content_block_stop', index: at });
  }
  yield silent({
    type: 'message_delta',
    delta: {
      stop_reason: reply.stopReason === undefined ? 'end_turn' : reply.stopReason,
      stop_sequence: null,
      stop_details: reply.stopDetails ?? null,
    },
    ...usage.end,
  });
  yield silent({ type: 'message_stop' });
}

/** The SDK's types want every field of the latest API; endpoints, this one included, send the ones that matter. */
function silent(event: object): TimedEvent {
  return { event: event as RawMessageStreamEvent, characters: 0 };
}

/** A reply as the one JSON document of a call that is not streamed. */
function toMessage(body: MessageCreateParamsStreaming, reply: Reply): object {
  const content = reply.content ?? [];
  const { start, end } = usageOf(body, reply, content);
  const usage = { ...('usage' in start ? Object(start.usage) : {}), ...('usage' in end ? Object(end.usage) : {}) };
  return {
    id: 'msg_offline_batch',
    type: 'message',
    role: 'assistant',
    model: body.model,
    content,
    stop_reason: reply.stopReason === undefined ? 'end_turn' : reply.stopReason,
    stop_sequence: null,
    stop_details: reply.stopDetails ?? null,
    ...(reply.usage === 'absent' ? {} : { usage }),
  };
}

function* pieces(text: string): Generator<string> {
  // Array.from keeps surrogate pairs together, as a tokenizer's text does.
  const characters = Array.from(text);
  for (let at = 0; at < characters.length; at += CHUNK) yield characters.slice(at, at + CHUNK).join('');
}

function usageOf(body: MessageCreateParamsStreaming, { usage }: Reply, content: ReplyBlock[]) {
  if (usage === 'absent') return { start: {}, end: {} };
  if (usage !== undefined) return { start: { usage }, end: { usage } };
  const written = content.map((block) => (block.type === 'text' ? block.text : block.thinking)).join('');
  const input = tokensOf(JSON.stringify([body.system, body.messages]));
  return {
    start: { usage: { input_tokens: input, output_tokens: 1 } },
    end: { usage: { output_tokens: Math.max(1, tokensOf(written)) } },
  };
}

function tokensOf(text: string): number {
  return Math.ceil(text.length / CHARACTERS_PER_TOKEN);
}
