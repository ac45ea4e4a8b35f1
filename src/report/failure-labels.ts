import { FAILURE_NAMES } from '../api/failure.js';
import { stopKindOf } from '../story/stop-reason.js';
import type { FailedCallKind } from './model/timeline.js';

// Korean labels of failures: their kinds, and their codes in ledgers and metadata.

/** Short Korean names of the kinds. */
export const FAILED_CALL_LABELS: Record<FailedCallKind, string> = {
  ...FAILURE_NAMES,
  lost: '결과를 모르는 호출',
  abandoned: '종료 요청으로 포기',
  unprocessed: '배치에서 처리되지 않음',
};

/** Calls that failed. */
const CALL_MEANINGS: Record<string, string> = {
  overloaded_error: 'API가 붐빕니다',
  rate_limit_error: 'API의 요청 한도를 넘었습니다',
  api_error: 'API 안에서 문제가 났습니다',
  timeout_error: 'API가 제때 답하지 못했습니다',
  stream_event: '응답 도중 API가 오류를 알렸습니다',
  connection: 'API에 연결하지 못했습니다',
  cut: '응답이 도중에 끊겼습니다',
  idle_timeout: '응답이 오래 멈춰 있었습니다',
  first_text_timeout: '첫 글이 오래 오지 않았습니다',
  total_timeout: '한 번의 호출에 허용된 시간을 넘겼습니다',
  no_message: '응답이 Messages API의 형식이 아닙니다',
  authentication_error: '키를 받아 주지 않습니다',
  permission_error: '키에 권한이 없습니다',
  not_found_error: '모델이나 주소를 찾지 못했습니다',
  invalid_request_error: '요청을 받아 주지 않습니다',
  request_too_large: '요청이 너무 큽니다',
  context_exceeded: '모델이 받을 수 있는 길이를 넘은 요청입니다',
  billing_error: '결제가 필요합니다',
  insufficient_quota: '잔액이나 사용 한도가 모자랍니다',
  insufficient_balance: '잔액이 모자랍니다',
  unforeseen: '예상하지 못한 문제입니다',
  lost: '결과를 받기 전에 프로세스가 강제 종료되었습니다',
  no_result: '배치가 끝났는데 결과를 받지 못했습니다',
  abandoned: '두 번째 종료 신호를 받고 쓰던 글을 포기했습니다',
  unprocessed: '배치에서 쓰이지 않았습니다 (만료, 취소, 거부). 비용은 없습니다',
};

const SPEND_LIMIT = '지출 한도에 닿았습니다';

/** Answers that are no stories. */
const ANSWER_MEANINGS: Record<string, string> = {
  max_tokens: '토큰 한도에서 잘렸습니다',
  model_context_window_exceeded: '모델이 다룰 수 있는 길이를 넘어 잘렸습니다',
  no_ending: '마지막 문장이 끝나지 않았습니다',
  empty: '답에 글이 없습니다',
  too_short: '답이 너무 짧습니다',
  not_korean: '한국어가 아닌 글이 섞여 있습니다',
  foreign_script: '다른 문자가 곳곳에 섞여 있습니다',
  broken_text: '글자가 깨져 있습니다',
  meta_talk: '소설 앞뒤에 소설이 아닌 말이 있습니다',
  talk: '소설이 아니라 요청한 사람에게 하는 말입니다',
  outline: '소설이 아니라 개요나 목록입니다',
  repetition: '같은 말이 되풀이됩니다',
  seam: '이어 쓴 글이 앞의 글과 이어지지 않습니다',
  too_alike: '앞선 소설과 너무 닮았습니다',
};

/** Refusals that do not come from the model's own policy. */
const REFUSAL_MEANINGS: Record<string, string> = {
  output_filter: 'API의 출력 필터가 글을 막았습니다',
  moderation: '입력 검열에 걸린 요청입니다',
  in_words: '모델이 말로 거절했습니다',
};

/** Meanings of the stop reasons of other endpoints. */
const STOP_MEANINGS: Partial<Record<ReturnType<typeof stopKindOf>, string>> = {
  cut_off: '토큰 한도에서 잘렸습니다',
  filtered: '출력 필터가 글을 잘랐습니다',
  paused: '모델이 글을 마치지 않고 멈췄습니다',
};

/**
 * The meaning of a failure code in Korean; empty for an unknown code.
 * @param kind of the failure, where it tells more: the API refuses a request by one code, and may mean a spend limit
 */
export function failureCodeMeaning(code: string, kind?: FailedCallKind): string {
  if (kind === 'blocked' && CALL_MEANINGS[code] === CALL_MEANINGS.invalid_request_error) return SPEND_LIMIT;
  const [, category] = /^refusal:(.*)$/.exec(code) ?? [];
  if (category !== undefined) return REFUSAL_MEANINGS[category] ?? `모델이 쓰기를 거절했습니다 (분류: ${category})`;
  const [, status] = /^http_(\d+)$/.exec(code) ?? [];
  if (status !== undefined) return `API의 응답 ${status}`;
  const meaning = CALL_MEANINGS[code] ?? ANSWER_MEANINGS[code] ?? STOP_MEANINGS[stopKindOf(code)];
  return meaning ?? (/spend_limit/.test(code) ? SPEND_LIMIT : '');
}
