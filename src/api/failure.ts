import type { Answer } from './answer.js';
import type { Usage } from './usage.js';

/**
 * What went wrong with a story, and what follows from it. Pure: the worker acts on the answer.
 *
 * - transient: passes by itself; back off and try again
 * - unusable: the API answered, but not with a story; set the answer aside and try another premise
 * - incomplete: the answer was cut at a token limit; set aside
 * - blocked: only a person or the calendar cures it (spend limit, billing); stop
 * - fatal: the request is refused for good (key, permission, model); stop
 * - unforeseen: a defect, ours or a library's; logged with its stack and treated as transient
 */
export type FailureKind = 'transient' | 'unusable' | 'incomplete' | 'blocked' | 'fatal' | 'unforeseen';

/** The kinds in Korean. */
export const FAILURE_NAMES: Record<FailureKind, string> = {
  transient: '일시적 실패',
  unusable: '쓸 수 없는 답',
  incomplete: '잘린 답',
  blocked: '한도·결제',
  fatal: 'API의 거부',
  unforeseen: '예상 밖의 문제',
};

export interface Failure {
  kind: FailureKind;
  /** Korean: what happened, for the log. */
  reason: string;
  /** Korean: what the reader can do about it; null where waiting is the answer. */
  advice: string | null;
  /** A stable word for counting and grep, such as `overloaded_error` or `refusal:bio`. */
  code: string;
  /** How long the API asks to wait, in milliseconds; null when it does not say. */
  retryAfterMs: number | null;
  /**
   * A refusal (401, 403, 404) that has been seen to pass by itself: worth a few more tries in a run that has had answers
   * with the same key and model. Absent means no.
   */
  mayPass?: boolean;
  /** Of `blocked`: when the API says that it answers again, milliseconds since the epoch; absent when it does not say. */
  resetsAt?: number;
}

/** Ways in which a call can fail before there is an answer to judge. */
export type CallFault =
  | 'http' // answered with a status other than 200
  | 'stream_event' // an error event in the stream
  | 'connection' // refused, reset, not resolved
  | 'cut' // the stream broke off, or ended without message_stop
  | 'idle_timeout' // silence for too long
  | 'first_text_timeout' // signs of life, but no text for too long
  | 'total_timeout' // the whole call took too long
  | 'no_message'; // a 200 that is no message

/** A call that failed, in the words of the API and without any type of the SDK. */
export interface CallErrorDetail {
  fault: CallFault;
  status: number | null;
  /** `error.type` of the body or of the error event. */
  type: string | null;
  /** `error.details.error_code` of the body. */
  code: string | null;
  message: string;
  retryAfterMs: number | null;
  requestId: string | null;
  /** What the call had cost when it failed, as far as the API had said; null when unknown. */
  usage: Usage | null;
}

/** Thrown by the client when a call gives no whole answer. */
export class CallError extends Error {
  override readonly name = 'CallError';
  readonly detail: CallErrorDetail;
  /** The text that had arrived until then, with what was known of it; null when there was none. */
  readonly partial: Answer | null;
  constructor(
    detail: CallErrorDetail,
    { partial = null, ...options }: ErrorOptions & { partial?: Answer | null } = {},
  ) {
    super(detail.message, options);
    this.detail = detail;
    this.partial = partial;
  }
}

const FAULT_REASONS: Record<Exclude<CallFault, 'http'>, string> = {
  stream_event: '응답 도중 API가 오류를 알렸습니다',
  connection: 'API에 연결하지 못했습니다',
  cut: '응답이 도중에 끊겼습니다',
  idle_timeout: '응답이 오래 멈춰 있어 중단했습니다',
  first_text_timeout: '첫 글이 오래 오지 않아 중단했습니다',
  total_timeout: '한 번의 호출에 허용된 시간을 넘겨 중단했습니다',
  no_message: '응답이 Messages API의 형식이 아닙니다',
};

const BILLING_ADVICE = '콘솔(console.anthropic.com)에서 결제와 사용 한도를 확인한 뒤 다시 시작하세요';

const FATAL_ADVICE: Record<number, string> = {
  400: '요청을 API가 받아들이지 않습니다. CLAUDE_MODEL, MAX_TOKENS, TEMPERATURE 설정을 확인하세요',
  401: 'ANTHROPIC_API_KEY(또는 ANTHROPIC_AUTH_TOKEN)가 올바른지 확인하세요',
  403: '이 키에 모델을 쓸 권한이 있는지 확인하세요',
  404: 'CLAUDE_MODEL의 모델 이름과 ANTHROPIC_BASE_URL을 확인하세요 (주소 끝에 /v1을 붙이지 않습니다)',
  413: '요청이 너무 큽니다. 템플릿(--template)과 요청(--request)을 줄이세요',
};

/** The statuses below 500 that pass by themselves: timeout, conflict, rate limit. */
const TRANSIENT_STATUSES = new Set([408, 409, 425, 429]);

/**
 * Says what an error thrown during an attempt means.
 * @param error whatever was thrown; anything but a CallError is unforeseen
 */
export function classifyFailure(error: unknown): Failure {
  if (!(error instanceof CallError)) {
    const text = error instanceof Error ? error.message : String(error);
    return {
      kind: 'unforeseen',
      reason: `예상하지 못한 문제: ${text}`,
      advice: null,
      code: 'unforeseen',
      retryAfterMs: null,
    };
  }
  const { detail } = error;
  const code = detail.code ?? detail.type ?? (detail.status === null ? detail.fault : `http_${detail.status}`);
  if (detail.fault !== 'http' || detail.status === null) {
    const fault = detail.fault === 'http' ? 'no_message' : detail.fault;
    return {
      kind: 'transient',
      reason: `${FAULT_REASONS[fault]} (${detail.message})`,
      advice: null,
      code,
      retryAfterMs: detail.retryAfterMs,
    };
  }
  const reason = `API가 ${detail.status}로 답했습니다 (${detail.message})`;
  if (isBilling(detail)) return { kind: 'blocked', reason, advice: BILLING_ADVICE, code, retryAfterMs: null };
  if (detail.status >= 500 || detail.status < 400 || TRANSIENT_STATUSES.has(detail.status)) {
    return { kind: 'transient', reason, advice: null, code, retryAfterMs: detail.retryAfterMs };
  }
  const advice = FATAL_ADVICE[detail.status] ?? '설정(모델, 주소, 키)을 확인하세요';
  return { kind: 'fatal', reason, advice, code, retryAfterMs: null };
}

/**
 * True where only a payment, a raised limit or a new month helps. The API says so with 402, with an error code
 * that names a spend limit or billing, and, for an empty credit balance, with a 400 whose message says "credit".
 */
function isBilling({ status, type, code, message }: CallErrorDetail): boolean {
  if (status === 402 || type === 'billing_error') return true;
  if (code !== null && /spend_limit|billing/.test(code)) return true;
  return status === 400 && /credit balance/i.test(message);
}

/** Does this failure end the run? */
export function endsRun(kind: FailureKind): boolean {
  return kind === 'blocked' || kind === 'fatal';
}
