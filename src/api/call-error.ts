import { APIConnectionError, APIError } from '@anthropic-ai/sdk';
import { firstWords, isPage, pageWords, readErrorBody } from './error-body.js';
import { CallError, type CallErrorDetail, type CallFault, refusalOf, statusOf } from './failure.js';
import { resetTime, retryAfter } from './rate-limit-headers.js';
import { CallTimeoutError, type CallTimer } from './streaming/call-timeout.js';
import type { StreamReader } from './streaming/stream-reader.js';
import type { HttpProxy } from './transport.js';
import { NO_TOKENS } from './usage.js';

/** An error that a 200 brings in its body: as an event of the stream, or as JSON in place of one. */
export class ErrorInBody extends Error {
  override readonly name = 'ErrorInBody';
  readonly body: unknown;
  readonly headers: Headers;
  constructor(body: unknown, headers: Headers) {
    super('error in the body of a 200');
    this.body = body;
    this.headers = headers;
  }
}

/** A 200 whose body is no message of the Messages API; the message says what it is. */
export class NoMessageError extends Error {
  override readonly name = 'NoMessageError';
}

/**
 * Turns whatever ended a call early into the error to throw: the caller's own reason when it gave the call up, else a
 * CallError that carries what had arrived.
 * @param error null when the body ended by itself
 * @param proxy what the request went through; null for a direct connection
 */
export function toCallError(
  error: unknown,
  { signal }: Pick<CallTimer, 'signal'>,
  reader: StreamReader,
  proxy: HttpProxy | null,
): unknown {
  const reason: unknown = signal.reason;
  if (signal.aborted && !(reason instanceof CallTimeoutError)) return reason;
  const detail =
    reason instanceof CallTimeoutError ? plainDetail(reason.fault, reason.message) : toDetail(error, reader, proxy);
  return new CallError(
    {
      ...detail,
      requestId: detail.requestId ?? reader.requestId,
      usage: costsNothing(detail, reader) ? NO_TOKENS : reader.usage(),
    },
    { cause: error ?? reason, partial: reader.partial() },
  );
}

/**
 * An error answer is not billed, and neither is a request that never arrived, or an error event before the message. What
 * an output filter has taken away had been written.
 */
function costsNothing(detail: CallErrorDetail, reader: StreamReader): boolean {
  const { fault, message } = detail;
  if (refusalOf(detail) === 'output_filter') return false;
  if (fault === 'stream_event') return !reader.started && (statusOf(detail) ?? 500) < 500;
  return fault === 'http' || (fault === 'connection' && NOT_SENT.test(message));
}

/** No address, no listener, or a proxy that opens no tunnel. */
const NOT_SENT = /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|HTTP Tunneling/;

function toDetail(error: unknown, reader: StreamReader, proxy: HttpProxy | null): CallErrorDetail {
  if (error === null) return endedEarly(reader);
  if (error instanceof NoMessageError) return plainDetail('no_message', error.message);
  if (error instanceof ErrorInBody) return toErrorDetail('stream_event', null, error.body, error.headers, '');
  if (error instanceof APIConnectionError) {
    const via = proxy === null ? '' : `, 환경 변수 ${proxy.variable}의 프록시를 거쳤습니다`;
    return plainDetail('connection', `${rootMessage(error)}${via}`);
  }
  if (error instanceof APIError) {
    const detail = toErrorDetail('http', error.status ?? null, error.error, error.headers, error.message);
    return { ...detail, requestId: error.requestID ?? null };
  }
  // A connection that breaks has a cause; what cannot be read as a message has none.
  const isBroken = error instanceof Error && error.cause !== undefined;
  return plainDetail(reader.started || isBroken ? 'cut' : 'no_message', rootMessage(error));
}

/** What an endpoint of another kind is told by. */
export const FOREIGN = 'Messages API가 아니라 chat.completion(OpenAI) 형식입니다';

function endedEarly({ started, isForeign, unreadable }: StreamReader): CallErrorDetail {
  const heard = unreadable === null ? '' : `, 읽을 수 없는 조각: ${firstWords(unreadable)}`;
  if (started) return plainDetail('cut', `message_stop 없이 끝났습니다${heard}`);
  return plainDetail('no_message', isForeign ? FOREIGN : `메시지가 들어 있지 않습니다${heard}`);
}

/**
 * @param body the parsed body, undefined when it is no JSON
 * @param text the words to fall back on
 */
function toErrorDetail(
  fault: CallFault,
  status: number | null,
  body: unknown,
  headers: Headers | undefined,
  text: string,
): CallErrorDetail {
  const now = Date.now();
  const words = readErrorBody(body);
  const contentType = headers?.get('content-type') ?? null;
  // The SDK puts the status in front.
  const page = text.replace(/^\d{3} /, '');
  const foreign = words === null && isPage(contentType, page);
  const message = words?.message ?? (foreign ? `${contentType ?? '?'}: ${pageWords(page)}` : text);
  const resetsAt = resetTime(message, headers, now);
  return {
    ...plainDetail(fault, message),
    status,
    type: words?.type ?? null,
    code: words?.code ?? null,
    retryAfterMs: retryAfter(headers, now),
    ...(words?.status != null && status === null ? { bodyStatus: words.status } : {}),
    ...(words?.isFlagged ? { isFlagged: true } : {}),
    ...(foreign ? { isPage: true } : {}),
    ...(resetsAt === null ? {} : { resetsAt }),
  };
}

function plainDetail(fault: CallFault, text: string): CallErrorDetail {
  const message = firstWords(text);
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
