import { josa } from 'es-hangul';
import { FAILURE_NAMES } from '../api/failure.js';
import { formatCost, formatNumber } from '../lib/format-number.js';
import { clockTime, formatDuration } from '../lib/format-time.js';
import type { RunOutcome } from './model/run-outcome.js';
import type { FailedCallKind } from './model/timeline.js';

// Korean labels of the codes in ledgers and metadata, and Korean formats of times and amounts.

/** Short Korean names of the kinds. */
export const FAILED_CALL_LABELS: Record<FailedCallKind, string> = {
  ...FAILURE_NAMES,
  lost: '강제 종료로 끊김',
  abandoned: '종료 요청으로 포기',
};

const CODE_MEANINGS: Record<string, string> = {
  overloaded_error: 'API가 붐빕니다',
  rate_limit_error: 'API의 요청 한도를 넘었습니다',
  api_error: 'API 안에서 문제가 났습니다',
  timeout_error: 'API가 제때 답하지 못했습니다',
  connection: 'API에 연결하지 못했습니다',
  cut: '응답이 도중에 끊겼습니다',
  idle_timeout: '응답이 오래 멈춰 있었습니다',
  total_timeout: '한 번의 호출에 허용된 시간을 넘겼습니다',
  no_message: '응답이 Messages API의 형식이 아닙니다',
  authentication_error: '키를 받아 주지 않습니다',
  permission_error: '키에 권한이 없습니다',
  not_found_error: '모델이나 주소를 찾지 못했습니다',
  invalid_request_error: '요청을 받아 주지 않습니다',
  billing_error: '결제가 필요합니다',
  max_tokens: '토큰 한도에서 잘렸습니다',
  model_context_window_exceeded: '모델이 다룰 수 있는 길이를 넘어 잘렸습니다',
  no_ending: '마지막 문장이 끝나지 않았습니다',
  empty: '답에 글이 없습니다',
  too_short: '답이 너무 짧습니다',
  not_korean: '한국어가 아닌 글이 섞여 있습니다',
  meta_talk: '소설 앞뒤에 소설이 아닌 말이 있습니다',
  repetition: '같은 문단이 되풀이됩니다',
  too_alike: '앞선 소설과 너무 닮았습니다',
  unforeseen: '예상하지 못한 문제입니다',
  lost: '결과를 받기 전에 프로세스가 강제 종료되었습니다',
  abandoned: '두 번째 종료 신호를 받고 쓰던 글을 포기했습니다',
};

/** The meaning of a failure code in Korean; empty for an unknown code. */
export function failureCodeMeaning(code: string): string {
  const [, category] = /^refusal:(.*)$/.exec(code) ?? [];
  if (category !== undefined) return `모델이 쓰기를 거절했습니다 (분류: ${category})`;
  const [, status] = /^http_(\d+)$/.exec(code) ?? [];
  if (status !== undefined) return `API의 응답 ${status}`;
  return CODE_MEANINGS[code] ?? (/spend_limit/.test(code) ? '지출 한도에 닿았습니다' : '');
}

/** The outcome of a run in one or two words. */
export function runOutcomeLabel({ kind }: RunOutcome): string {
  return { running: '진행 중', finished: '완료', interrupted: '중단됨', killed: '강제 종료됨' }[kind];
}

/** The headline of a report: how the run ended and how many stories it has. @param ms duration of the run */
export function headlineOf(outcome: RunOutcome, stories: number, ms: number): string {
  const count = stories === 0 ? '소설 없음' : `소설 ${formatNumber(stories)}편`;
  const time = formatShortDuration(ms);
  if (outcome.kind === 'running') return `진행 중입니다 - ${time}째, 지금까지 ${count}`;
  if (outcome.kind === 'killed') return `강제 종료된 채 멈춰 있습니다 - ${count}`;
  switch (outcome.reason) {
    case 'duration':
      return stories === 0
        ? `${josa(time, '을/를')} 끝까지 돌았지만 쓴 소설이 없습니다`
        : `${josa(time, '을/를')} 끝까지 돌며 ${count}을 썼습니다`;
    case 'count':
      return `요청한 ${count}을 모두 썼습니다`;
    case 'cap':
      return `상한에 닿아 멈췄습니다 - ${count}`;
    case 'signal':
      return `종료 신호를 받고 멈췄습니다 - ${count}`;
    case 'aborted':
      return `쓰던 글을 포기하고 강제로 끝났습니다 - ${count}`;
    case 'refused':
      return `API가 받아 주지 않아 멈췄습니다 - ${count}`;
    case 'rejected':
      return `소설이 되지 못한 답이 연속되어 멈췄습니다 - ${count}`;
    case 'exhausted':
      return `연속 실패로 멈췄습니다 - ${count}`;
    default:
      return `예상하지 못한 문제로 멈췄습니다 - ${count}`;
  }
}

/** A duration without a smaller unit that is zero: `0.02초`, `31분 5초`, `24시간`, `208일 8시간`. */
export function formatShortDuration(ms: number): string {
  const hours = Math.floor(ms / HOUR);
  if (hours >= DAYS_FROM_HOURS) return `${Math.floor(hours / 24)}일 ${hours % 24}시간`.replace(/ 0시간$/, '');
  // One decimal would round it to 0.
  if (ms > 0 && ms < TENTH) return `${Number((ms / 1000).toPrecision(1))}초`;
  return formatDuration(ms).replace(/ 0[분초]$/, '');
}

const TENTH = 100;
const HOUR = 3_600_000;
const DAYS_FROM_HOURS = 72;

const cents = new Intl.NumberFormat('en-US', { style: 'currency', currency: 'USD' });

/** US dollars with cents; below 10 cents, with up to four decimals. */
export function formatDollars(usd: number): string {
  return usd >= 0.1 ? cents.format(usd) : formatCost(usd);
}

const WEEKDAYS = ['일', '월', '화', '수', '목', '금', '토'];

/** Local date as `11월 23일`. @param at milliseconds since the epoch */
export function formatDate(at: number): string {
  const d = new Date(at);
  return `${d.getMonth() + 1}월 ${d.getDate()}일`;
}

/** Local date as `11월 23일 월요일`. */
function formatWeekday(at: number): string {
  return `${formatDate(at)} ${WEEKDAYS[new Date(at).getDay()]}요일`;
}

const formatMinute = (at: number) => clockTime(at).slice(0, 5);

/** Local date and time as `11월 23일 21:54`. */
export function formatDateTime(at: number): string {
  return `${formatDate(at)} ${formatMinute(at)}`;
}

/** Periods shorter than this are told to the second, in milliseconds. */
const TO_THE_SECOND_BELOW = 600_000;

const timeFormatFor = (from: number, to: number) => (to - from < TO_THE_SECOND_BELOW ? clockTime : formatMinute);

/** A period, with the date once when both ends are on the same day. */
export function formatPeriod(from: number, to: number): string {
  const time = timeFormatFor(from, to);
  const last = formatWeekday(from) === formatWeekday(to) ? '' : `${formatDate(to)} `;
  return `${formatDate(from)} ${time(from)}–${last}${time(to)}`;
}

/** A period in full: `2026년 11월 23일 월요일 21:54부터 24일 화요일 21:54까지`. */
export function formatLongPeriod(from: number, to: number): string {
  const [start, end] = [new Date(from), new Date(to)];
  const sameMonth = start.getMonth() === end.getMonth() && start.getFullYear() === end.getFullYear();
  const year = start.getFullYear() === end.getFullYear() ? '' : `${end.getFullYear()}년 `;
  const day = sameMonth ? formatWeekday(to).replace(/^\d+월 /, '') : formatWeekday(to);
  const last = formatWeekday(from) === formatWeekday(to) && year === '' ? '' : `${year}${day} `;
  const time = timeFormatFor(from, to);
  return `${start.getFullYear()}년 ${formatWeekday(from)} ${time(from)}부터 ${last}${time(to)}까지`;
}
