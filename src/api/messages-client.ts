import type { Prompt } from '../prompt/prompt.js';
import type { Answer } from './answer.js';
import { ErrorInBody, FOREIGN, NoMessageError, toCallError } from './call-error.js';
import { firstWords } from './error-body.js';
import { CallError, statusOf } from './failure.js';
import { remainingLimits, slowUntil } from './rate-limit-headers.js';
import {
  createSdkClient,
  type EndpointOptions,
  type RequestOptions,
  toMessageParams,
  VENDOR_URL,
} from './sdk-client.js';
import { type CallTimer, type MessagePart, startCallTimer } from './streaming/call-timeout.js';
import { type BodyPart, type JsonObject, readBody } from './streaming/response-body.js';
import { StreamReader } from './streaming/stream-reader.js';
import { proxyFor } from './transport.js';

export type { Answer } from './answer.js';

export interface CallOptions {
  /** Gives up the call; `write` then rejects with the signal's reason. */
  signal: AbortSignal;
  /** Called as text arrives, with the number of characters so far. */
  onProgress: (characters: number) => void;
}

/**
 * Makes one call to the Messages API.
 * @throws CallError when there is no whole answer, with what had arrived of it; the signal's reason when given up
 */
export type MessagesClient = (prompt: Prompt, options: CallOptions) => Promise<Answer>;

export interface MessagesClientOptions extends EndpointOptions, RequestOptions {
  /**
   * Ask for the thinking to be streamed as a summary: a model that thinks in silence sends nothing but pings, and so does
   * an endpoint that hangs. An endpoint that refuses the parameter is not asked again.
   */
  streamThinking: boolean;
  /** The longest wait for the first text while pings arrive, in milliseconds; null for none but the whole call's. */
  firstTextMs: number | null;
  /** What is left of the API's limits, by name, as the answer's headers tell it; not called when they do not. */
  onRateLimits: (remaining: Record<string, number>) => void;
  /** Told of what a call met and got over. */
  onNotice: (notice: ClientNotice) => void;
}

/** Something for the log that is no failure; the message is Korean. */
export interface ClientNotice {
  event: 'thinking_not_streamed' | 'frame_skipped';
  message: string;
}

/** A client of the Messages API at `baseUrl`, through the SDK. */
export function createMessagesClient(options: MessagesClientOptions): MessagesClient {
  const { onNotice } = options;
  const client = createSdkClient(options);
  const proxy = proxyFor(options.baseUrl ?? VENDOR_URL, options.env);
  let { streamThinking } = options;

  return async (prompt, callOptions) => {
    callOptions.signal.throwIfAborted();
    const timer = startCallTimer(callOptions.signal, options);
    try {
      const thinking = streamThinking;
      try {
        return await callOnce(prompt, callOptions, { timer, thinking });
      } catch (error) {
        if (!thinking || !refusesThinking(error)) throw error;
        streamThinking = false;
        const message = `서버가 생각 과정의 전송(thinking)을 받지 않아, 그것 없이 다시 청합니다: ${error.message}`;
        onNotice({ event: 'thinking_not_streamed', message });
        return await callOnce(prompt, callOptions, { timer, thinking: false });
      }
    } finally {
      timer.stop();
    }
  };

  async function callOnce(prompt: Prompt, { signal, onProgress }: CallOptions, call: Call): Promise<Answer> {
    const { timer, thinking } = call;
    const reader = new StreamReader();
    try {
      const response = await client.messages
        .create({ ...toMessageParams(prompt, options, thinking), stream: true }, { signal: timer.signal })
        .asResponse();
      const { headers } = response;
      reader.requestId = headers.get('request-id');
      reader.slowUntil = slowUntil(headers, options.maxTokens, Date.now());
      const remaining = remainingLimits(headers);
      if (Object.keys(remaining).length > 0) options.onRateLimits(remaining);
      for await (const part of readBody(response, timer.onBytes)) {
        const brought = read(part, headers, reader);
        if (brought !== 'other') onProgress(reader.characters);
        if (reader.complete || (part.kind === 'end' && reader.isFinished)) timer.expectClose();
        else timer.onEvent(brought);
      }
    } catch (error) {
      // What breaks after the end breaks nothing. Before the formal end, an error that the endpoint reports and a caller
      // who has given up go before a stop reason.
      const isWhole = reader.isFinished && !(error instanceof ErrorInBody) && !signal.aborted;
      if (!reader.complete && !isWhole) throw toCallError(error, timer, reader, proxy);
    }
    if (!reader.isFinished) throw toCallError(null, timer, reader, proxy);
    return reader.answer();
  }

  function read(part: BodyPart, headers: Headers, reader: StreamReader): MessagePart {
    switch (part.kind) {
      case 'event':
        if (isErrorBody(part.event)) throw new ErrorInBody(part.event, headers);
        return reader.read(part.event);
      case 'document':
        if (isErrorBody(part.document)) throw new ErrorInBody(part.document, headers);
        if (!reader.readDocument(part.document)) throw new NoMessageError(describeDocument(headers, part.document));
        return 'text';
      case 'unreadable': {
        const isFirst = reader.unreadable === null;
        reader.skip(part.data);
        if (!isFirst) return 'other';
        const message = `응답에서 읽을 수 없는 조각을 건너뜁니다: ${firstWords(part.data)}`;
        onNotice({ event: 'frame_skipped', message });
        return 'other';
      }
      case 'end':
        return 'other';
      case 'other':
        throw new NoMessageError(describeBody(headers, part.words));
    }
  }
}

/** One request of a call. */
interface Call {
  timer: CallTimer;
  /** Whether the thinking is asked for. */
  thinking: boolean;
}

/** An error in the body of a 200, with or without a type around it. */
function isErrorBody({ type, error }: JsonObject): boolean {
  return type === 'error' || (error !== undefined && error !== null && !/^(message|content_block)_/.test(String(type)));
}

function describeDocument(headers: Headers, document: JsonObject): string {
  const words = describeBody(headers, JSON.stringify(document));
  return Array.isArray(document.choices) ? `${FOREIGN}, ${words}` : words;
}

/** What a body is that is no message: its type and its first words. */
function describeBody(headers: Headers, words: string): string {
  const type = headers.get('content-type') ?? 'content-type 없음';
  return words === '' ? `${type}, 빈 응답` : `${type}: ${firstWords(words)}`;
}

/** A request refused for its `thinking`, before anything was written. */
function refusesThinking(error: unknown): error is CallError {
  if (!(error instanceof CallError) || error.partial !== null) return false;
  const status = statusOf(error.detail);
  return (status === 400 || status === 422) && /thinking|adaptive/i.test(error.message);
}
