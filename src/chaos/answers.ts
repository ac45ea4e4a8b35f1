import { NO_TOKENS, toUsage, type Usage } from '../api/usage.js';
import { SECOND } from '../lib/clock.js';
import type { Reply } from '../offline/server/reply.js';
import type { Destination } from '../store/story-store.js';

// The answers of the mock API: what it sends, and what the worker has to make of it. Pure.

/** Every kind of answer but a plain story. The order is part of what a seed means. */
export const FAULTY_ANSWERS = [
  'rate_limit', // 429 with retry-after
  'overload', // 529
  'server_error', // 500, 502, 503 or 504
  'cut', // the connection breaks
  'stall', // the text stops, and only pings follow
  'no_usage', // a story without token counts
  'cut_off', // ends at max_tokens; the worker has to ask for the rest
  'cut_off_for_good', // ends at max_tokens, where the worker may find nothing left to ask for
  'refusal',
  'empty', // a message without text
  'meta_talk', // a story with reasoning, talk and an end marker around it
] as const;

export type AnswerKind =
  | 'story'
  | (typeof FAULTY_ANSWERS)[number]
  // In a batch alone: not processed, and free.
  | 'expired'
  // A 400 that tells of the user's own limit.
  | 'spend_limit';

/** What to answer. */
export interface AnswerPlan {
  kind: AnswerKind;
  /** The whole story, of which the answer may be a part. */
  whole: string;
  /** From 0 to 1: how much of the text is sent before it ends or breaks, or which of several statuses. */
  share: number;
  /** How fast the text arrives; 0: at once. */
  charactersPerSecond: number;
  /** When a spend limit is lifted, and what the API's clock says; milliseconds since the epoch. */
  spendLimit?: { resetsAt: number | null; now: number };
}

/** What the worker has to make of an answer. */
export interface Expected {
  kind: AnswerKind;
  whole: string;
  /** All that the answer was to say, with what it continues: of one that breaks, the beginning arrives. */
  full: string;
  /** After how many characters of its own it breaks; null when it does not. */
  breaksAfter: number | null;
  /** The text that belongs on disk once the answer has arrived; null when none does. */
  text: string | null;
  destination: Destination | null;
  /** What the ledger has to count; null where the worker cannot know it. */
  usage: Usage | null;
  /** What the vendor bills, also for an answer that does not arrive. */
  billedTokens: number;
  /** How long the worker is asked to wait, in milliseconds; null when it is not asked. */
  retryAfterMs: number | null;
}

/** A text that was cut off, and how much of it the worker continues from. */
export interface CutOff {
  text: string;
  kept: string;
}

/** A real API asks for whole seconds. */
const RETRY_AFTER = 1 * SECOND;
/** What the worker has to take away. */
const BEFORE = '<think>\n상자에서 시작하자.\n</think>\n\n물론입니다. 요청하신 호러 단편을 써 보았습니다.\n\n';
const AFTER = '\n\n(끝)';
const APOLOGY = '죄송하지만 이 이야기는 더 이어 갈 수 없습니다.';

/** The answers without a message, of which one is picked. */
const ERRORS: Record<'rate_limit' | 'overload' | 'server_error', readonly Reply[]> = {
  rate_limit: [
    {
      status: 429,
      headers: { 'retry-after': String(RETRY_AFTER / SECOND) },
      error: { type: 'rate_limit_error', message: 'This request would exceed your rate limit' },
    },
  ],
  overload: [{ status: 529, error: { type: 'overloaded_error', message: 'Overloaded' } }],
  server_error: [
    { status: 500, error: { type: 'api_error', message: 'Internal server error' } },
    { status: 502, body: '<html><h1>502 Bad Gateway</h1></html>', headers: { 'content-type': 'text/html' } },
    { status: 503, error: { type: 'api_error', message: 'Service unavailable' } },
    { status: 504, error: { type: 'timeout_error', message: 'Gateway timeout' } },
  ],
};

/**
 * The reply to one request, and what has to come of it.
 * @param index of the request; no two requests have the same usage, so that none can stand in for another
 * @param cut the text whose rest is asked for; null for a new story
 */
export function answer(
  { kind, whole, share, charactersPerSecond, spendLimit }: AnswerPlan,
  index: number,
  cut: CutOff | null,
): { expected: Expected; reply: Reply } {
  const usage = toUsage(1500 + index, 2500 + 3 * index);
  const kept = cut?.kept ?? '';
  // Each rest brings at least one character more than the text before it had.
  const from = cut === null ? 0 : cut.text.length + 1;
  const part = whole.slice(0, from + Math.floor(share * (whole.length - from))).trim();
  const expected = (text: string | null, destination: Destination | null, more: Partial<Expected> = {}): Expected => ({
    ...{ kind, whole, full: text ?? '', breaksAfter: null, text, destination, usage, retryAfterMs: null },
    billedTokens: usage.total_tokens,
    ...more,
  });
  const restOf = (text: string) => text.slice(kept.length).trimStart();
  const message = (text: string, more: Reply = {}): Reply => ({
    content: [{ type: 'text', text: restOf(text) }],
    usage: { input_tokens: usage.input_tokens, output_tokens: usage.output_tokens },
    charactersPerSecond,
    ...more,
  });
  switch (kind) {
    case 'story':
      return { expected: expected(whole, 'stories'), reply: message(whole) };
    case 'no_usage':
      return { expected: expected(whole, 'stories', { usage: null }), reply: message(whole, { usage: 'absent' }) };
    case 'cut_off':
    case 'cut_off_for_good':
      return { expected: expected(part, 'set-aside'), reply: message(part, { stopReason: 'max_tokens' }) };
    case 'refusal': {
      const text = `${part}\n\n${APOLOGY}`;
      return { expected: expected(text, 'set-aside'), reply: message(text, { stopReason: 'refusal' }) };
    }
    case 'meta_talk':
      return {
        expected: expected(whole, 'stories'),
        reply: message(whole, { content: [{ type: 'text', text: `${BEFORE}${restOf(whole)}${AFTER}` }] }),
      };
    case 'empty':
      return { expected: expected(null, null), reply: message('', { content: [] }) };
    case 'cut':
    case 'stall': {
      // With nothing sent it would be a connection that broke before the answer.
      const breaksAfter = Math.max(1, Math.floor(share * restOf(whole).length));
      const reply = message(whole, { fault: { afterCharacters: breaksAfter, kind: kind === 'cut' ? 'cut' : 'ping' } });
      return { expected: expected(null, null, { full: whole, breaksAfter, usage: null }), reply };
    }
    case 'expired': {
      const reply: Reply = { batchResult: 'expired' };
      return { expected: expected(null, null, { usage: NO_TOKENS, billedTokens: 0 }), reply };
    }
    case 'spend_limit': {
      const { resetsAt = null, now = Date.now() } = spendLimit ?? {};
      const until = resetsAt === null ? null : new Date(resetsAt).toISOString();
      const back =
        until === null ? '' : ` You will regain access on ${until.slice(0, 10)} at ${until.slice(11, 16)} UTC.`;
      const message = `You have reached your specified API usage limits.${back}`;
      const headers = { date: new Date(now).toUTCString() };
      const reply: Reply = { status: 400, headers, error: { type: 'invalid_request_error', message } };
      return { expected: expected(null, null, { usage: NO_TOKENS, billedTokens: 0 }), reply };
    }
    case 'rate_limit':
    case 'overload':
    case 'server_error': {
      const retryAfterMs = kind === 'rate_limit' ? RETRY_AFTER : null;
      const reply = ERRORS[kind][Math.floor(share * ERRORS[kind].length)] ?? { status: 500 };
      return { expected: expected(null, null, { usage: NO_TOKENS, billedTokens: 0, retryAfterMs }), reply };
    }
  }
}
