import type { Piece, UpstreamReply } from './openai-endpoint.js';

// Answers of a chat completions API, whole and odd.

/** What an answer is made of; a field that is absent is as OpenAI sends it. */
export interface Completion {
  text?: string;
  /** Sent as `reasoning_content` before the text, as DeepSeek and vLLM do. */
  reasoning?: string;
  finish?: string;
  /** Sent with the last chunk; null leaves it out. */
  usage?: { prompt_tokens: number; completion_tokens: number } | null;
  /** In a chunk of its own after the last one, as OpenAI sends it. */
  usageApart?: boolean;
  /** Sent in place of the last chunks once so much of the text has gone. */
  breaksOff?: { after: number; with: readonly Piece[] };
  /** Sent before anything else. */
  first?: readonly Piece[];
}

const USAGE = { prompt_tokens: 900, completion_tokens: 2100 };
const CHUNK_LENGTH = 40;
const HEAD = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'writer' };
const CHUNK_OF_USAGE = { ...HEAD, choices: [] };

const chunk = (delta: object, finish: string | null = null, extra: object = {}): Piece => ({
  data: {
    ...HEAD,
    choices: [{ index: 0, delta, finish_reason: finish }],
    ...extra,
  },
});

function* pieces(text: string): Generator<string> {
  for (let at = 0; at < text.length; at += CHUNK_LENGTH) yield text.slice(at, at + CHUNK_LENGTH);
}

/** A streamed answer. */
export function streamed(completion: Completion): UpstreamReply {
  const {
    text = '',
    reasoning = '',
    finish = 'stop',
    usage = USAGE,
    usageApart = false,
    breaksOff,
    first = [],
  } = completion;
  const sent = text.slice(0, breaksOff?.after);
  const deltas = [
    ...[...pieces(reasoning)].map((piece) => chunk({ reasoning_content: piece })),
    ...[...pieces(sent)].map((piece) => chunk({ content: piece })),
  ];
  const end = [
    chunk({}, finish, usage === null || usageApart ? {} : { usage }),
    ...(usage !== null && usageApart ? [{ data: { ...CHUNK_OF_USAGE, usage } }] : []),
    { data: '[DONE]' },
  ];
  return { stream: [...first, chunk({ role: 'assistant', content: '' }), ...deltas, ...(breaksOff?.with ?? end)] };
}

/** The same as one JSON document, from an endpoint that does not stream. */
export function document({ text = '', finish = 'stop', usage = USAGE }: Completion): UpstreamReply {
  const message = { role: 'assistant', content: text };
  const choices = [{ index: 0, message, finish_reason: finish }];
  const body = { id: 'chatcmpl-1', object: 'chat.completion', created: 1, model: 'writer', choices };
  return { status: 200, body: usage === null ? body : { ...body, usage } };
}

/** An error answer of the API. */
export function refused(status: number, error: object, headers: Record<string, string> = {}): UpstreamReply {
  return { status, headers, body: { error } };
}
