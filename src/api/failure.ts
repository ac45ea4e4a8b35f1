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
  /** Of the answer; null when there was none, or when the error came in the body of a 200. */
  status: number | null;
  /** The status that the body names by itself, for an error in a 200. */
  bodyStatus?: number;
  /** `error.type` of the body or of the error event. */
  type: string | null;
  /** `error.details.error_code` or `error.code` of the body. */
  code: string | null;
  message: string;
  retryAfterMs: number | null;
  requestId: string | null;
  /** What the call had cost when it failed, as far as the API had said; null when unknown. */
  usage: Usage | null;
  /** The body says that a moderation flagged the request. */
  isFlagged?: boolean;
  /** The body is a web page or a proxy's words, and so no answer of the API. */
  isPage?: boolean;
  /** When the API says that it answers again, milliseconds since the epoch. */
  resetsAt?: number;
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

/** What a person can do where waiting may not be enough. */
const FAULT_ADVICE: Partial<Record<CallFault, string>> = {
  idle_timeout: '느린 서버라면 REQUEST_IDLE_SECONDS를 늘리세요',
  first_text_timeout: '오래 생각하는 모델이라면 REQUEST_FIRST_TEXT_SECONDS를 늘리세요 (0은 제한 없음)',
  total_timeout: '느린 서버라면 REQUEST_TIMEOUT_SECONDS를 늘리거나 MAX_TOKENS를 줄이세요',
  no_message: '되풀이되면 ANTHROPIC_BASE_URL이 Messages API 서버의 주소인지 확인하세요',
};

const MONEY_ADVICE =
  '쓰는 API의 콘솔(Anthropic이면 console.anthropic.com)에서 잔액, 결제, 사용 한도를 확인한 뒤 다시 시작하세요';

const PAGE_ADVICE = '되풀이되면 ANTHROPIC_BASE_URL과 그 앞의 프록시를 확인하세요';

const CONTEXT_ADVICE =
  '모델이 받을 수 있는 길이를 넘었습니다. MAX_TOKENS, 템플릿(--template), 요청(--request)을 줄이거나 서버의 문맥 길이를 늘리세요';

const FATAL_ADVICE: Record<number, string> = {
  400: '요청을 API가 받아들이지 않습니다. CLAUDE_MODEL, MAX_TOKENS, TEMPERATURE 설정을 확인하세요',
  401: 'ANTHROPIC_API_KEY(또는 ANTHROPIC_AUTH_TOKEN)가 올바른지 확인하세요',
  403: '이 키에 모델을 쓸 권한이 있는지 확인하세요',
  404: 'CLAUDE_MODEL의 모델 이름과 ANTHROPIC_BASE_URL을 확인하세요 (주소 끝에 /v1을 붙이지 않습니다)',
  413: '요청이 너무 큽니다. 템플릿(--template)과 요청(--request)을 줄이세요',
};

/** The statuses below 500 that pass by themselves: timeout, conflict, rate limit. */
const TRANSIENT_STATUSES = new Set([408, 409, 425, 429]);

/** Refusals that load balancers and gateways are known to give by mistake. */
const PASSING_STATUSES = new Set([401, 403, 404]);

/** Of a request that exceeds the model's context; a continuation refused like that can be given up by itself. */
export const CONTEXT_EXCEEDED = 'context_exceeded';

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
  const { fault, type, message, retryAfterMs } = detail;
  const status = statusOf(detail);
  const code = detail.code ?? type ?? (detail.status === null ? fault : `http_${detail.status}`);
  const transient = (advice: string | null): Failure => ({
    ...{ kind: 'transient', reason: reasonOf(detail), advice, code, retryAfterMs },
  });
  const lasting = (kind: 'unusable' | 'blocked' | 'fatal', changes: Partial<Failure>): Failure => ({
    ...{ kind, reason: reasonOf(detail), advice: null, code, retryAfterMs: null },
    ...changes,
  });

  if (fault !== 'http' && fault !== 'stream_event') return transient(FAULT_ADVICE[fault] ?? null);
  if (isOutOfMoney(detail)) {
    const { resetsAt } = detail;
    return lasting('blocked', { advice: MONEY_ADVICE, ...(resetsAt === undefined ? {} : { resetsAt }) });
  }
  const refusal = refusalOf(detail);
  if (refusal !== null) {
    const reason = `${refusal === 'moderation' ? '입력 검열' : '출력 필터'}에 걸렸습니다 (${message})`;
    return lasting('unusable', { reason, code: `refusal:${refusal}` });
  }
  if (status === null || status >= 500 || status < 400 || TRANSIENT_STATUSES.has(status)) return transient(null);
  if (detail.isPage) return transient(PAGE_ADVICE);
  if (isContextExceeded(detail)) return lasting('fatal', { advice: CONTEXT_ADVICE, code: CONTEXT_EXCEEDED });
  const advice = FATAL_ADVICE[status] ?? '설정(모델, 주소, 키)을 확인하세요';
  return lasting('fatal', { advice, ...(PASSING_STATUSES.has(status) ? { mayPass: true } : {}) });
}

function reasonOf({ fault, status, message }: CallErrorDetail): string {
  if (fault !== 'http') return `${FAULT_REASONS[fault]} (${message})`;
  return status === null ? `${FAULT_REASONS.no_message} (${message})` : `API가 ${status}로 답했습니다 (${message})`;
}

/** The statuses that the API's error types go with, for an error in the body of a 200. */
const TYPE_STATUSES: Record<string, number> = {
  invalid_request_error: 400,
  exceed_context_size_error: 400,
  authentication_error: 401,
  billing_error: 402,
  permission_error: 403,
  not_found_error: 404,
  request_too_large: 413,
  rate_limit_error: 429,
  api_error: 500,
  timeout_error: 504,
  overloaded_error: 529,
};

/** The status of an error answer, or the one that an error in the body of a 200 stands for; null where there is none. */
export function statusOf({ fault, status, bodyStatus, type }: CallErrorDetail): number | null {
  if (fault === 'http') return status;
  return (type === null ? undefined : TYPE_STATUSES[type]) ?? bodyStatus ?? null;
}

/** Codes of the vendors and gateways for an account without money; 1113 is Zhipu's. */
const MONEY_CODES =
  /^(1113|billing\w*|\w*spend_limit\w*|insufficient_(quota|balance|credits?|funds|user_quota)|arrearage)$/i;

/** The same in words. A mere rate limit mentions plans, quotas and billing pages too: each of these says more. */
const MONEY_WORDS =
  /credit balance|out of credits?|(insufficient|not enough|low) (account )?(balance|credits?|funds)|(reached|exceeded|hit) (your|the|its) ([\w'’]+ ){0,3}(usage|spend|spending|billing) (limit|cap)s?\b|regain access|please (recharge|top up)|account is in arrears|余额不足|额度不足|欠费|잔액이? ?부족/i;

/**
 * True where only a payment, a raised limit or a new month helps. APIs say so with 402, and in words or codes with 400,
 * 403 and 429.
 */
function isOutOfMoney(detail: CallErrorDetail): boolean {
  const { type, code, message, isPage } = detail;
  if (statusOf(detail) === 402 || type === 'billing_error') return true;
  return !isPage && ([code, type].some((each) => each !== null && MONEY_CODES.test(each)) || MONEY_WORDS.test(message));
}

/** Where a filter refuses a text or a request, rather than a limit or a rule of the API. */
const FILTER_STATUSES = new Set<number | null>([400, 403, 422, 451, null]);

const OUTPUT_FILTERED =
  /output (was |is )?blocked|output data may|content[ _-]?filter|filtering policy|content management policy|content[ _]policy|data_?inspection|inappropriate content/i;
const INPUT_FLAGGED =
  /moderation|\bflagged\b|input data may|(prompt|input) (was |is )?(blocked|filtered)|prohibited content/i;

/**
 * A filter that has refused this one premise: the API's own model is not asked for its opinion.
 * @returns `moderation` when the request was not let through, `output_filter` when a text was taken away, else null
 */
export function refusalOf(detail: CallErrorDetail): 'moderation' | 'output_filter' | null {
  const { fault, type, code, message, isFlagged, isPage } = detail;
  if ((fault !== 'http' && fault !== 'stream_event') || isPage) return null;
  if (isFlagged) return 'moderation';
  const words = [type, code, message].join(' ');
  const isRefused = FILTER_STATUSES.has(statusOf(detail));
  if (isRefused && INPUT_FLAGGED.test(words)) return 'moderation';
  // In the middle of a stream it may come under any type.
  return (isRefused || fault === 'stream_event') && OUTPUT_FILTERED.test(words) ? 'output_filter' : null;
}

const CONTEXT_STATUSES = new Set<number | null>([400, 413, 422]);
const TOO_LONG =
  /exceed_context_size|context_length|prompt is too long|context (length|window|size|limit)|maximum context|input length and .?max_tokens/i;

function isContextExceeded(detail: CallErrorDetail): boolean {
  return CONTEXT_STATUSES.has(statusOf(detail)) && TOO_LONG.test([detail.type, detail.code, detail.message].join(' '));
}

/** Does this failure end the run? */
export function endsRun(kind: FailureKind): boolean {
  return kind === 'blocked' || kind === 'fatal';
}
