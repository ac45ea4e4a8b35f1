import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';
import { toUsage, type Usage } from '../../api/usage.js';
import type { Random } from '../../lib/random.js';
import { startEndpoint } from '../../offline/server/messages-server.js';
import type { Reply } from '../../offline/server/reply.js';
import type { Destination } from '../../store/story-store.js';

// An endpoint that remembers: what was asked, what was answered, and whether the answer left whole.

/** What an answer is like. */
export type ReplyKind =
  | 'story'
  | 'slow' // a story that takes a while to arrive
  | 'no_usage' // a story that nobody says the price of
  | 'cut_off' // a text that ends at max_tokens, and its rest when that is asked for
  | 'refusal' // a text that is none
  | 'broken' // the connection breaks in the middle
  | 'overloaded'; // 529, retry-after 0

/** A request, and what became of it. */
export interface Call {
  /** Counts the requests of all lives from 0. */
  index: number;
  /** Which life of the worker asked. */
  life: number;
  kind: ReplyKind;
  /** The text that belongs on disk once this is answered, and on which shelf; null when none does. */
  text: string | null;
  /** What it would be, were it never cut off. */
  whole: string;
  /** The call whose text this one goes on with. */
  continues: Call | null;
  shelf: Destination | null;
  usage: Usage | null;
  /** Its last byte, that of message_stop, is with the operating system. */
  completed: boolean;
}

export interface Witness {
  url: string;
  /** In the order of their arrival. */
  calls: readonly Call[];
  close(): Promise<void>;
}

export interface WitnessOptions {
  /** Tells the texts of this witness from those of others. */
  id: string;
  /** The kind of the reply to each request, by index. */
  replies: (index: number) => ReplyKind;
  random: Random;
  /** Called as a request arrives and as an answer has left whole. */
  notify: (what: 'request' | 'completed', call: Call) => void;
}

/** The API key that a life has to use, so that its requests are known for its own. */
export const keyOfLife = (life: number) => `witness-life-${life}`;

export async function startWitness({ id, replies, random, notify }: WitnessOptions): Promise<Witness> {
  const calls: Call[] = [];
  const { url, close } = await startEndpoint(({ headers, body }, index) => {
    const written = body.messages.find(({ role }) => role === 'assistant')?.content;
    const cut = calls.findLast(({ text }) => typeof written === 'string' && text?.startsWith(written) === true);
    const kind = replies(index);
    const { call, reply } =
      cut === undefined ? plan(id, index, kind, random) : goOn(cut, `${written}`, index, kind, random);
    call.life = Number(/\d+$/.exec(`${headers['x-api-key'] ?? headers.authorization}`)?.[0] ?? Number.NaN);
    calls.push(call);
    notify('request', call);
    return reply;
  });
  const port = Number(new URL(url).port);
  // Node tells what its servers receive and have sent; so the endpoint itself needs no hook for it.
  const indexes = new WeakMap<IncomingMessage, number>();
  let requests = 0;
  const onReceived = (message: unknown) => {
    const { request } = message as { request: IncomingMessage };
    if (request.socket.localPort === port) indexes.set(request, requests++);
  };
  const onSent = (message: unknown) => {
    const { request } = message as { request: IncomingMessage };
    const call = calls.find(({ index }) => index === indexes.get(request));
    if (call === undefined || call.text === null) return;
    call.completed = true;
    notify('completed', call);
  };
  subscribe('http.server.request.start', onReceived);
  subscribe('http.server.response.finish', onSent);
  return {
    url,
    calls,
    close: async () => {
      unsubscribe('http.server.request.start', onReceived);
      unsubscribe('http.server.response.finish', onSent);
      await close();
    },
  };
}

/** A call and those before it whose texts it goes on with, the latest first. */
export function chainOf(call: Call): Call[] {
  return call.continues === null ? [call] : [call, ...chainOf(call.continues)];
}

/** The id of the call whose text this is, or was; null when no part of it is a witness's. */
export function markOf(text: string): string | null {
  return /표식-[\w-]+/.exec(text)?.[0] ?? null;
}

function plan(id: string, index: number, kind: ReplyKind, random: Random): { call: Call; reply: Reply } {
  const whole = write(`표식-${id}-${index}`, 300 + Math.floor(random() * 2500), random);
  // Anywhere, also where a worker finds nothing to go on with.
  const text = kind === 'cut_off' ? whole.slice(0, 150 + Math.floor(random() * (whole.length - 150))).trim() : whole;
  return answerWith({ text, sent: text, whole, continues: null }, index, kind, random);
}

/** The rest of a text that was cut off; it may be cut off again, or fail like any other. */
function goOn(cut: Call, written: string, index: number, kind: ReplyKind, random: Random) {
  const { whole } = cut;
  // At least one character more each time.
  const from = (cut.text?.length ?? 0) + 1;
  const end = kind === 'cut_off' ? from + Math.floor(random() * (whole.length - from)) : whole.length;
  const text = whole.slice(0, end);
  const sent = text.slice(written.length).trimStart();
  return answerWith({ text: text.trim(), sent, whole, continues: cut }, index, kind, random);
}

function answerWith(
  { text, sent, whole, continues }: Pick<Call, 'continues' | 'whole'> & { text: string; sent: string },
  index: number,
  kind: ReplyKind,
  random: Random,
): { call: Call; reply: Reply } {
  // Numbers that no two calls share, so that none can stand in for another.
  const usage = toUsage(1000 + index, 100_000 + index * 7);
  const { input_tokens, output_tokens } = usage;
  const content: Reply['content'] = [{ type: 'text', text: sent }];
  const call: Call = {
    index,
    life: Number.NaN,
    kind,
    text,
    whole,
    continues,
    shelf: 'stories',
    usage,
    completed: false,
  };
  const reply: Reply = { content, usage: { input_tokens, output_tokens } };
  switch (kind) {
    case 'story':
      return { call, reply };
    case 'slow':
      return { call, reply: { ...reply, charactersPerSecond: sent.length / (0.01 + 0.05 * random()) } };
    case 'no_usage':
      return { call: { ...call, usage: null }, reply: { content, usage: 'absent' } };
    case 'cut_off':
      return { call: { ...call, shelf: 'set-aside' }, reply: { ...reply, stopReason: 'max_tokens' } };
    case 'refusal':
      return { call: { ...call, shelf: 'set-aside' }, reply: { ...reply, stopReason: 'refusal' } };
    case 'broken': {
      const fault = { afterCharacters: Math.floor(random() * sent.length), kind: 'cut' } as const;
      return { call: { ...call, text: null, shelf: null, usage: null }, reply: { ...reply, fault } };
    }
    case 'overloaded':
      return {
        call: { ...call, text: null, shelf: null, usage: toUsage(0, 0) },
        reply: {
          status: 529,
          headers: { 'retry-after': '0' },
          error: { type: 'overloaded_error', message: 'Overloaded' },
        },
      };
  }
}

/** A text that carries its mark from the first line to the last. */
function write(mark: string, characters: number, random: Random): string {
  const paragraphs: string[] = [];
  for (let length = 0, n = 1; length < characters; n++) {
    const paragraph = `${n}번 선반의 상자에는 ${Math.floor(random() * 1e6)}이라고 적혀 있었다. 나는 그것을 세지 않으려고 했다. (${mark})`;
    paragraphs.push(paragraph);
    length += paragraph.length;
  }
  return `# ${mark}\n\n${paragraphs.join('\n\n')}\n\n그것이 ${mark}의 마지막 상자였다.`;
}
