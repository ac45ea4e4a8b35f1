import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { premiseIn } from '../offline/author.js';
import { BATCHES_PATH, type BatchBehaviour } from '../offline/server/batch-server.js';
import { type Endpoint, startEndpoint } from '../offline/server/messages-server.js';
import type { ReceivedRequest } from '../offline/server/reply.js';
import type { AxisCards } from '../prompt/cards.js';
import type { Combination } from '../prompt/deck-state.js';
import { type AnswerPlan, answer, type Expected } from './answers.js';

// A mock of the Messages API that records what it was asked, what it answered, and whether the answer left whole.

/** A request, and what became of it. Times are milliseconds since the epoch. */
export interface Call extends Expected {
  /** Counts from 0, and ends the request's id. */
  index: number;
  at: number;
  /** How its batch names it; null for a streamed call. A batch is asked for its results by any process. */
  customId: string | null;
  /** The process that asked; null where the request does not tell. */
  pid: number | null;
  /** The ids of the cards that the prompt names, by axis, as far as they are known. */
  premise: Combination;
  /** The call whose text this one continues. */
  continues: Call | null;
  /** null while it is being answered. */
  endedAt: number | null;
  /** The last byte of the answer is with the operating system, or can be had from a batch at any time. */
  sent: boolean;
  /** The worker was killed while it was being answered. */
  killed: boolean;
}

export interface MockApi {
  /** For the worker's base URL. */
  url: string;
  /** In the order of their arrival. */
  calls: readonly Call[];
  /** The batches that were created, in order. */
  batches: Endpoint['batches'];
  /** The calls that are being answered. */
  inProgress(): Call[];
  /** The worker is killed now. */
  markKilled(): void;
  /** Refuses connections from now on; resolves once the calls in progress have come to their ends. */
  shut(): Promise<void>;
  /** Takes connections again, at the same address. */
  open(): Promise<void>;
  close(): Promise<void>;
}

export interface MockApiOptions {
  /** Decides what to answer. @param cut the call whose rest is asked for; null for a new story */
  plan: (request: ReceivedRequest, index: number, cut: Call | null) => AnswerPlan;
  /** The cards that prompts are made of. */
  axes: readonly AxisCards[];
  /** Which process asks, where the request tells. */
  pidOf?: (request: ReceivedRequest) => number | null;
  now: () => number;
  /** Default: every batch is created, and ends at once. */
  batches?: BatchBehaviour;
  /** Called as a worker asks for a batch to be created. */
  onCreation?: () => void;
  /** Called as a request arrives, as its answer has left whole, and as it has ended in whatever way. */
  onChange: (what: 'request' | 'sent' | 'ended', call: Call) => void;
}

export async function startMockApi(options: MockApiOptions): Promise<MockApi> {
  const { plan, axes, pidOf, now, batches = {}, onCreation = () => {}, onChange } = options;
  const calls: Call[] = [];
  /** By the headers of their requests. */
  const responses = new WeakMap<object, ServerResponse>();
  const endpoint = await startEndpoint((request, index) => {
    const kept = request.body.messages.find(({ role }) => role === 'assistant')?.content;
    const cut = typeof kept === 'string' ? calls.findLast(({ text }) => text?.startsWith(kept) === true) : undefined;
    const planned = plan(request, index, cut ?? null);
    const cutOff = cut === undefined ? null : { text: cut.text ?? '', kept: String(kept) };
    const { expected, reply } = answer(planned, index, cutOff);
    const { customId = null } = request;
    const isInBatch = customId !== null;
    const at = now();
    const call: Call = {
      ...expected,
      ...{ index, at, customId, pid: isInBatch ? null : (pidOf?.(request) ?? null), premise: premiseIn(request, axes) },
      ...{ continues: cut ?? null, endedAt: isInBatch ? at : null, sent: isInBatch, killed: false },
    };
    calls.push(call);
    if (isInBatch) {
      for (const what of ['request', 'sent', 'ended'] as const) onChange(what, call);
      return reply;
    }
    responses
      .get(request.headers)
      ?.once('finish', () => {
        call.sent = true;
        onChange('sent', call);
      })
      .once('close', () => {
        call.endedAt = now();
        onChange('ended', call);
      });
    onChange('request', call);
    return reply;
  }, batches);
  const { url, server, close } = endpoint;
  server.on('request', (request, response) => {
    responses.set(request.headers, response);
    if (request.method === 'POST' && request.url === BATCHES_PATH) onCreation();
  });
  const inProgress = () => calls.filter(({ endedAt }) => endedAt === null);
  return {
    url,
    calls,
    batches: endpoint.batches,
    inProgress,
    markKilled: () => {
      for (const call of inProgress()) call.killed = true;
    },
    shut: async () => {
      const closed = once(server, 'close');
      server.close();
      // Connections that are kept alive would still take requests.
      const timer = setInterval(() => server.closeIdleConnections(), CLOSE_IDLE_EVERY);
      await closed;
      clearInterval(timer);
    },
    open: async () => {
      server.listen(Number(new URL(url).port), '127.0.0.1');
      await once(server, 'listening');
    },
    close,
  };
}

/** Milliseconds. */
const CLOSE_IDLE_EVERY = 25;

/** A call and those before it whose texts it continues, the latest first. */
export function chainOf(call: Call): Call[] {
  return call.continues === null ? [call] : [call, ...chainOf(call.continues)];
}
