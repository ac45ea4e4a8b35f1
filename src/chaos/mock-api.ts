import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { toUsage, type Usage } from '../api/usage.js';
import { SECOND } from '../lib/clock.js';
import { startEndpoint } from '../offline/server/messages-server.js';
import type { ReceivedRequest, Reply } from '../offline/server/reply.js';
import type { Combination } from '../prompt/deck-state.js';
import type { Destination } from '../store/story-store.js';
import type { AnswerKind, Squall } from './rehearsal/fault-plan.js';
import { type Gate, openGate } from './rehearsal/tcp-gate.js';
import { MAX_CONTINUATIONS } from './rehearsal/time-scale.js';

// The endpoint of a rehearsal: it answers as the weather is, and remembers what it was asked and what has left it whole.

export type ReplyKind = 'story' | 'rest' | AnswerKind;

/** A request, and what became of it. Times are milliseconds since the epoch. */
export interface Call {
  /** Counts from 0, and ends the request's id. */
  index: number;
  kind: ReplyKind;
  at: number;
  /** The ids of the cards that the prompt names, by axis, as far as they are known. */
  premise: Combination;
  /** null while it is being answered. */
  endedAt: number | null;
  /** The text that belongs on disk once this is answered, and on which shelf; null when none does. */
  text: string | null;
  shelf: Destination | null;
  /** What the worker has to count; null where it cannot know. */
  usage: Usage | null;
  /** The call whose text this one goes on with. */
  continues: Call | null;
  /** What the whole text would be, and what of it the worker had already. */
  whole: string;
  written: string;
  squall: Squall | null;
  /** Its last byte is with the operating system. */
  sent: boolean;
  /** The worker was killed meanwhile. */
  killed: boolean;
  /** How long the worker was asked to wait, in milliseconds; null when it was not. */
  retryAfterMs: number | null;
}

export interface Witness {
  /** For the worker's base URL. */
  url: string;
  gate: Gate;
  /** In the order of their arrival. */
  calls: readonly Call[];
  /** The calls that are being answered; with one worker at work, one at the most. */
  inHand(): Call[];
  /** Has everything been answered that was planned? */
  squallsLeft(): Squall[];
  /** The worker is killed now. */
  markKilled(): void;
  close(): Promise<void>;
}

export interface WitnessOptions {
  squalls: readonly Squall[];
  /** Since the start of the day, in milliseconds; negative before it. */
  elapsed: () => number;
  /** Writes a story for a request. */
  compose: (request: ReceivedRequest) => string;
  /** Reads the premise in a request: ids of cards by axis. */
  premiseOf: (request: ReceivedRequest) => Combination;
  charactersPerSecond: number;
  now: () => number;
  /** Called as a request arrives and as a call has ended. */
  onChange: (what: 'asked' | 'ended', call: Call) => void;
}

/** What a real API asks for: whole seconds. */
const RETRY_AFTER = 1 * SECOND;

export async function startWitness(options: WitnessOptions): Promise<Witness> {
  const { squalls, elapsed, compose, premiseOf, charactersPerSecond, now, onChange } = options;
  const calls: Call[] = [];
  const left = new Map(squalls.map((squall) => [squall, squall.times]));
  const responses: ServerResponse[] = [];

  const endpoint = await startEndpoint((request, index) => {
    const call = toCall(request, index);
    calls.push(call);
    responses[index]?.once('close', () => {
      call.endedAt = now();
      call.sent = responses[index]?.writableFinished === true;
      delete responses[index];
      if (isDone(call)) left.set(call.squall, (left.get(call.squall) ?? 1) - 1);
      onChange('ended', call);
    });
    onChange('asked', call);
    return toReply(call, charactersPerSecond);
  });
  const port = Number(new URL(endpoint.url).port);
  // Node tells what its servers receive; so the endpoint itself needs no hook for it.
  let requests = 0;
  const onReceived = (message: unknown) => {
    const { request, response } = message as { request: IncomingMessage; response: ServerResponse };
    if (request.socket.localPort === port) responses[requests++] = response;
  };
  subscribe('http.server.request.start', onReceived);
  const gate = await openGate(endpoint.url);
  const inHand = () => calls.filter(({ endedAt }) => endedAt === null);

  return {
    url: gate.url,
    gate,
    calls,
    inHand,
    squallsLeft: () => [...left].filter(([, times]) => times > 0).map(([squall]) => squall),
    markKilled: () => {
      for (const call of inHand()) call.killed = true;
    },
    close: async () => {
      unsubscribe('http.server.request.start', onReceived);
      await gate.close();
      await endpoint.close();
    },
  };

  function toCall(request: ReceivedRequest, index: number): Call {
    const written = request.body.messages.find(({ role }) => role === 'assistant')?.content;
    const cut = calls.findLast(({ text }) => typeof written === 'string' && text?.startsWith(written) === true);
    if (cut !== undefined) return goOn(cut, String(written), index, now());
    const squall = [...left].find(([{ at }, times]) => times > 0 && at <= elapsed())?.[0] ?? null;
    return newCall(compose(request), { squall, index, premise: premiseOf(request), at: now() });
  }
}

/** Has the squall of this call come, with it? */
function isDone(call: Call): call is Call & { squall: Squall } {
  const { squall, kind, sent, killed } = call;
  if (squall === null || killed) return false;
  if (kind === 'cut' || kind === 'stall') return true;
  if (!sent) return false;
  // Of a text that is cut off, once the last is asked for.
  if (squall.kind === 'cut_off') return kind === 'rest';
  if (squall.kind === 'cut_off_for_good') return chainOf(call).length > MAX_CONTINUATIONS;
  return true;
}

/** A call and those before it whose texts it goes on with, the latest first. */
export function chainOf(call: Call): Call[] {
  return call.continues === null ? [call] : [call, ...chainOf(call.continues)];
}

/** Numbers that no two calls share, so that none can stand in for another. */
const usageOf = (index: number) => toUsage(1500 + index, 2500 + 3 * index);

const PREFACE = '물론입니다. 요청하신 호러 단편을 써 보았습니다.\n\n';
const EXCUSE = '죄송하지만 이 이야기는 더 이어 갈 수 없습니다.';

function newCall(whole: string, asked: Pick<Call, 'squall' | 'index' | 'premise' | 'at'>): Call {
  const { squall, index } = asked;
  const kind = squall?.kind ?? 'story';
  const part = whole.slice(0, Math.floor((squall?.share ?? 1) * whole.length)).trim();
  const call: Call = {
    ...asked,
    ...{ kind, endedAt: null, whole, written: '', continues: null, sent: false, killed: false },
    ...{ text: whole, shelf: 'stories', usage: usageOf(index), retryAfterMs: null },
  };
  const nothing = { text: null, shelf: null } as const;
  switch (kind) {
    case 'no_usage':
      return { ...call, usage: null };
    case 'meta_talk':
      return { ...call, text: PREFACE + whole, shelf: 'set-aside' };
    case 'refusal':
      return { ...call, text: `${part}\n\n${EXCUSE}`, shelf: 'set-aside' };
    case 'cut_off':
    case 'cut_off_for_good':
      return { ...call, text: part, shelf: 'set-aside' };
    case 'empty':
      return { ...call, ...nothing };
    case 'cut':
    case 'stall':
      return { ...call, ...nothing, usage: null };
    case 'rate_limit':
      return { ...call, ...nothing, usage: toUsage(0, 0), retryAfterMs: RETRY_AFTER };
    case 'overload':
    case 'server_error':
      return { ...call, ...nothing, usage: toUsage(0, 0) };
    default:
      return call;
  }
}

/** The rest of a text that was cut off; it may be cut off again. */
function goOn(cut: Call, written: string, index: number, at: number): Call {
  const { whole, squall, premise } = cut;
  const isLast = squall?.kind !== 'cut_off_for_good';
  const from = written.length;
  // Half of what is left, so that every part has something to go on with.
  const text = isLast ? whole : whole.slice(0, from + Math.ceil((whole.length - from) / 2)).trim();
  return {
    ...{ index, at, premise, whole, written, squall, text, continues: cut, usage: usageOf(index) },
    ...{ endedAt: null, sent: false, killed: false, retryAfterMs: null },
    ...(isLast ? { kind: 'rest', shelf: 'stories' } : { kind: 'cut_off_for_good', shelf: 'set-aside' }),
  };
}

/** The statuses of a server that is in trouble, with what it says then. */
const TROUBLES: readonly Pick<Reply, 'status' | 'error' | 'body' | 'headers'>[] = [
  { status: 500, error: { type: 'api_error', message: 'Internal server error' } },
  { status: 502, body: '<html><h1>502 Bad Gateway</h1></html>', headers: { 'content-type': 'text/html' } },
  { status: 503, error: { type: 'api_error', message: 'Service unavailable' } },
  { status: 504, error: { type: 'timeout_error', message: 'Gateway timeout' } },
];

function toReply(call: Call, charactersPerSecond: number): Reply {
  const { kind, whole, written, squall } = call;
  const text = (call.text ?? whole).slice(written.length).trimStart();
  const { input_tokens, output_tokens } = usageOf(call.index);
  const reply: Reply = {
    content: [{ type: 'text', text }],
    usage: { input_tokens, output_tokens },
    charactersPerSecond,
  };
  const share = squall?.share ?? 0;
  switch (kind) {
    case 'story':
    case 'rest':
    case 'meta_talk':
      return reply;
    case 'no_usage':
      return { ...reply, usage: 'absent' };
    case 'cut_off':
    case 'cut_off_for_good':
      return { ...reply, stopReason: 'max_tokens' };
    case 'refusal':
      return { ...reply, stopReason: 'refusal' };
    case 'empty':
      return { ...reply, content: [] };
    case 'cut':
    case 'stall':
      return {
        ...reply,
        fault: { afterCharacters: Math.floor(share * text.length), kind: kind === 'cut' ? 'cut' : 'ping' },
      };
    case 'rate_limit':
      return {
        status: 429,
        headers: { 'retry-after': String(RETRY_AFTER / SECOND) },
        error: { type: 'rate_limit_error', message: 'This request would exceed your rate limit' },
      };
    case 'overload':
      return { status: 529, error: { type: 'overloaded_error', message: 'Overloaded' } };
    case 'server_error':
      return TROUBLES[Math.floor(share * TROUBLES.length)] ?? { status: 500 };
  }
}
