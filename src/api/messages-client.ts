import Anthropic, { APIConnectionError, APIError } from '@anthropic-ai/sdk';
import type {
  MessageCreateParamsStreaming,
  RawMessageStreamEvent,
  StopReason,
} from '@anthropic-ai/sdk/resources/messages';
import { SECOND } from '../lib/clock.js';
import type { Prompt } from '../prompt/prompt.js';
import type { Answer } from './answer.js';
import { CallTimeoutError, type CallTimer, startCallTimer } from './call-timeout.js';
import { CallError, type CallErrorDetail, type CallFault } from './failure.js';
import { remainingLimits, slowUntil } from './rate-limit-headers.js';
import { NO_TOKENS, UsageMeter } from './usage.js';

export type { Answer } from './answer.js';

export interface CallOptions {
  /** Gives up the call; `write` then rejects with the signal's reason. */
  signal: AbortSignal;
  /** Called as text arrives, with the number of characters so far. */
  onProgress: (characters: number) => void;
}

/**
 * Makes one call to the Messages API.
 * @throws CallError when there is no whole answer; the signal's reason when given up
 */
export type MessagesClient = (prompt: Prompt, options: CallOptions) => Promise<Answer>;

export interface MessagesClientOptions {
  apiKey: string | null;
  authToken: string | null;
  /** null: the vendor's. */
  baseUrl: string | null;
  model: string;
  maxTokens: number;
  /** Sent only when not null: the vendor's current API refuses it, local endpoints take it. */
  temperature: number | null;
  /**
   * Ask for the thinking to be streamed as a summary. A model that thinks in silence sends nothing but pings,
   * which nobody can tell from a stalled stream.
   */
  streamThinking: boolean;
  /** The longest silence (pings do not count), in milliseconds. */
  idleMs: number;
  /** The longest call, in milliseconds. */
  totalMs: number;
  /** What is left of the API's limits, by name, as the answer's headers tell it; not called when they do not. */
  onRateLimits: (remaining: Record<string, number>) => void;
  /** Where the SDK's own warnings go. */
  onSdkMessage: (text: string) => void;
}

/** An author who calls the Messages API at `baseUrl` through the SDK. */
export function createMessagesClient(options: MessagesClientOptions): MessagesClient {
  const client = createClient(options);
  return async (prompt, { signal, onProgress }) => {
    signal.throwIfAborted();
    const watchdog = startCallTimer(signal, options);
    const reader = new StreamReader();
    try {
      const { data: stream, response } = await client.messages
        .create(toParams(prompt, options), { signal: watchdog.signal })
        .withResponse();
      reader.requestId = response.headers.get('request-id');
      reader.slowUntil = slowUntil(response.headers, options.maxTokens);
      const remaining = remainingLimits(response.headers);
      if (Object.keys(remaining).length > 0) options.onRateLimits(remaining);
      for await (const event of stream) {
        reader.read(event);
        if (reader.complete) watchdog.expectClose();
        else watchdog.touch();
        if (event.type === 'content_block_delta') onProgress(reader.characters);
      }
    } catch (error) {
      // What breaks after the message is complete breaks nothing.
      if (!reader.complete) throw failureOf(error, watchdog, reader);
    } finally {
      watchdog.stop();
    }
    // An abort ends the SDK's iteration without an exception.
    if (!reader.complete) throw failureOf(null, watchdog, reader);
    return reader.answer();
  };
}

function createClient({ apiKey, authToken, baseUrl, totalMs, onSdkMessage }: MessagesClientOptions): Anthropic {
  const quiet = () => {};
  return new Anthropic({
    // Explicit credentials keep the SDK from looking for profiles on disk, which may name another endpoint.
    ...(authToken !== null && apiKey === null
      ? { apiKey: null, authToken }
      : { apiKey: apiKey ?? 'none', authToken: null }),
    baseURL: baseUrl ?? 'https://api.anthropic.com',
    // The worker's loop is the one layer that retries.
    maxRetries: 0,
    // Ours fires first; the SDK's own ends at the headers, and takes whole milliseconds only.
    timeout: Math.ceil(2 * totalMs),
    openTelemetry: false,
    logLevel: 'warn',
    logger: { error: onSdkMessage, warn: onSdkMessage, info: quiet, debug: quiet },
  });
}

function toParams({ system, user, rest }: Prompt, options: MessagesClientOptions): MessageCreateParamsStreaming {
  // The rest is asked for in a turn of its own: an answer that is begun for the model is refused by those that think.
  const goOn: MessageCreateParamsStreaming['messages'] =
    rest === undefined
      ? []
      : [
          { role: 'assistant', content: rest.written },
          { role: 'user', content: rest.ask },
        ];
  const params: MessageCreateParamsStreaming = {
    model: options.model,
    max_tokens: options.maxTokens,
    system,
    messages: [{ role: 'user', content: user }, ...goOn],
    stream: true,
  };
  if (options.streamThinking) params.thinking = { type: 'adaptive', display: 'summarized' };
  // The SDK's types follow the vendor's current API, which has no temperature any more.
  return options.temperature === null ? params : { ...params, ...{ temperature: options.temperature } };
}

/** Puts an answer together from raw events, and trusts no field of them: endpoints differ. */
class StreamReader {
  requestId: string | null = null;
  slowUntil: number | null = null;
  characters = 0;
  complete = false;
  started = false;
  readonly usage = new UsageMeter();
  #text: string[] = [];
  #model: string | null = null;
  #stopReason: StopReason | null = null;
  #refusalCategory: string | null = null;

  read(event: RawMessageStreamEvent): void {
    switch (event.type) {
      case 'message_start':
        this.started = true;
        this.#model = event.message?.model ?? null;
        this.usage.readStart(event.message?.usage);
        break;
      case 'content_block_start':
        if (event.content_block?.type === 'text') this.#append(event.content_block.text);
        break;
      case 'content_block_delta':
        if (event.delta?.type === 'text_delta') this.#append(event.delta.text);
        break;
      case 'message_delta':
        this.#stopReason = event.delta?.stop_reason ?? this.#stopReason;
        this.#refusalCategory = event.delta?.stop_details?.category ?? this.#refusalCategory;
        this.usage.read(event.usage);
        break;
      case 'message_stop':
        this.complete = this.started;
        break;
    }
  }

  answer(): Answer {
    return {
      text: this.#text.join(''),
      stopReason: this.#stopReason,
      refusalCategory: this.#refusalCategory,
      usage: this.usage.total(),
      model: this.#model,
      requestId: this.requestId,
      slowUntil: this.slowUntil,
    };
  }

  #append(text: unknown): void {
    if (typeof text !== 'string') return;
    this.#text.push(text);
    this.characters += text.length;
  }
}

/** Turns whatever ended a call early into the error to throw. */
function failureOf(error: unknown, { signal }: CallTimer, reader: StreamReader): unknown {
  const reason: unknown = signal.reason;
  if (signal.aborted && !(reason instanceof CallTimeoutError)) return reason;
  const detail =
    reason instanceof CallTimeoutError ? plainDetail(reason.fault, reason.message) : detailOf(error, reader);
  return new CallError(
    {
      ...detail,
      requestId: detail.requestId ?? reader.requestId,
      usage: costsNothing(detail) ? NO_TOKENS : reader.usage.total(),
    },
    { cause: error ?? reason },
  );
}

/** An error answer is not billed, and neither is a request that never arrived. */
function costsNothing({ fault, message }: CallErrorDetail): boolean {
  return fault === 'http' || (fault === 'connection' && /ECONNREFUSED|ENOTFOUND|EAI_AGAIN/.test(message));
}

function detailOf(error: unknown, reader: StreamReader): CallErrorDetail {
  if (error === null) {
    return reader.started
      ? plainDetail('cut', 'message_stop 없이 끝났습니다')
      : plainDetail('no_message', '메시지가 들어 있지 않습니다');
  }
  if (error instanceof APIConnectionError) return plainDetail('connection', rootMessage(error));
  if (error instanceof APIError) {
    return {
      ...plainDetail(error.status === undefined ? 'stream_event' : 'http', messageOf(error)),
      status: error.status ?? null,
      type: typeof error.type === 'string' ? error.type : null,
      code: error.errorCode,
      retryAfterMs: retryAfter(error.headers),
      requestId: error.requestID ?? null,
    };
  }
  // A connection that breaks has a cause; what cannot be read as a message has none.
  const broken = error instanceof Error && error.cause !== undefined;
  return plainDetail(reader.started || broken ? 'cut' : 'no_message', rootMessage(error));
}

/** The body's own words; a body that is no error of the API can be anything. */
function messageOf(error: APIError): string {
  return typeof error.apiMessage === 'string' ? error.apiMessage : error.message;
}

/** A proxy's error page can be long; nobody reads on. */
const LONGEST_MESSAGE = 500;

function plainDetail(fault: CallFault, text: string): CallErrorDetail {
  const message = text.length > LONGEST_MESSAGE ? `${text.slice(0, LONGEST_MESSAGE)}…` : text;
  return { fault, status: null, type: null, code: null, message, retryAfterMs: null, requestId: null, usage: null };
}

/** The innermost cause says what happened ("ECONNREFUSED"); what wraps it says "Connection error.". */
function rootMessage(error: unknown): string {
  let message = String(error);
  for (let at = error; at instanceof Error; at = at.cause) {
    const { code } = at as NodeJS.ErrnoException;
    message = code !== undefined && !at.message.includes(code) ? `${at.message} ${code}`.trim() : at.message;
  }
  return message;
}

/** `retry-after` in seconds or as a date, or the vendor's `retry-after-ms`; in milliseconds, null without one. */
function retryAfter(headers: Headers | undefined): number | null {
  const ms = headers?.get('retry-after-ms');
  const value = headers?.get('retry-after');
  const exact = ms ? waitOf(Number(ms)) : null;
  if (exact !== null || !value) return exact;
  const seconds = Number(value);
  return waitOf(Number.isNaN(seconds) ? Date.parse(value) - Date.now() : seconds * SECOND);
}

/** A year, in milliseconds: whoever asks for more does not mean it. */
const LONGEST_WAIT = 366 * 24 * 3600 * SECOND;

function waitOf(ms: number): number | null {
  return Number.isFinite(ms) && ms >= 0 ? Math.min(ms, LONGEST_WAIT) : null;
}
