import { josa } from 'es-hangul';
import { FAILURE_NAMES } from '../api/failure.js';
import { formatCost, formatNumber } from '../lib/format-number.js';
import { clockTime, formatDuration } from '../lib/format-time.js';
import type { Standing } from './model/run-outcome.js';
import type { Trouble } from './model/timeline.js';

// Korean for what the ledger says in stable words, and for moments.

export const TROUBLES: Record<Trouble, string> = {
  ...FAILURE_NAMES,
  lost: '강제 종료로 끊김',
  abandoned: '종료 요청으로 포기',
};

const CODES: Record<string, string> = {
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

/** @returns what a code means; an empty text when it says no more than its kind */
export function meaningOf(code: string): string {
  const [, category] = /^refusal:(.*)$/.exec(code) ?? [];
  if (category !== undefined) return `모델이 쓰기를 거절했습니다 (분류: ${category})`;
  const [, status] = /^http_(\d+)$/.exec(code) ?? [];
  if (status !== undefined) return `API의 응답 ${status}`;
  return CODES[code] ?? (/spend_limit/.test(code) ? '지출 한도에 닿았습니다' : '');
}

/** How it stands with the run, in a word or two. */
export function standingWord({ kind }: Standing): string {
  return { running: '진행 중', over: '완료', interrupted: '중단됨', killed: '강제 종료됨' }[kind];
}

const ENDS: Record<string, string> = {
  duration: '실행 시간 제한 도달',
  count: '생성 개수 제한 도달',
  cap: '상한 도달',
  signal: '종료 신호',
  aborted: '두 번째 종료 신호',
  refused: 'API의 거부',
  exhausted: '이어진 실패',
  uncaught: '예상하지 못한 문제',
  recovered: '남은 파일 정리를 마침',
};

/** Why a process let go of its run. @param reason of the ledger's `end` */
export function endWord(reason: string): string {
  return ENDS[reason] ?? reason;
}

/** The one thing to know: did it run through, and how much came of it. @param ms from the first to the last of it */
export function verdictOf(standing: Standing, stories: number, ms: number): string {
  const count = stories === 0 ? '소설 없음' : `소설 ${formatNumber(stories)}편`;
  const time = duration(ms);
  if (standing.kind === 'running') return `진행 중입니다 - ${time}째, 지금까지 ${count}`;
  if (standing.kind === 'killed') return `강제 종료된 채 멈춰 있습니다 - ${count}`;
  switch (standing.reason) {
    case 'duration':
      return stories === 0
        ? `${josa(time, '을/를')} 끝까지 돌았지만 쓴 소설이 없습니다`
        : `${josa(time, '을/를')} 끝까지 돌며 ${count}을 썼습니다`;
    case 'count':
      return `정한 만큼, ${count}을 모두 썼습니다`;
    case 'cap':
      return `상한에 닿아 멈췄습니다 - ${count}`;
    case 'signal':
      return `종료 신호를 받고 멈췄습니다 - ${count}`;
    case 'aborted':
      return `쓰던 글을 포기하고 강제로 끝났습니다 - ${count}`;
    case 'refused':
      return `API가 받아 주지 않아 멈췄습니다 - ${count}`;
    case 'exhausted':
      return `실패가 이어져 멈췄습니다 - ${count}`;
    default:
      return `예상하지 못한 문제로 멈췄습니다 - ${count}`;
  }
}

/** A duration whose smaller unit is left out where there is none of it: `31분 5초`, `24시간`, `208일 8시간`. */
export function duration(ms: number): string {
  const hours = Math.floor(ms / HOUR);
  if (hours >= LONGEST_IN_HOURS) return `${Math.floor(hours / 24)}일 ${hours % 24}시간`.replace(/ 0시간$/, '');
  return formatDuration(ms).replace(/ 0[분초]$/, '');
}

const HOUR = 3_600_000;
const LONGEST_IN_HOURS = 72;

const cents = new Intl.NumberFormat('en-US', { style: 'currency', currency: 'USD' });

/** US dollars as a person says them: to the cent, and below a dime to the hundredth of one. */
export function dollars(usd: number): string {
  return usd >= 0.1 ? cents.format(usd) : formatCost(usd);
}

const WEEKDAYS = ['일', '월', '화', '수', '목', '금', '토'];

/** Local date as `11월 23일`. @param at milliseconds since the epoch */
export function shortDate(at: number): string {
  const d = new Date(at);
  return `${d.getMonth() + 1}월 ${d.getDate()}일`;
}

/** Local date as `11월 23일 월요일`. */
function dayOf(at: number): string {
  return `${shortDate(at)} ${WEEKDAYS[new Date(at).getDay()]}요일`;
}

const toMinute = (at: number) => clockTime(at).slice(0, 5);

/** Local date and time as `11월 23일 21:54`. */
export function moment(at: number): string {
  return `${shortDate(at)} ${toMinute(at)}`;
}

/** So short a time is told to the second. */
const SHORT = 600_000;

const timeFor = (from: number, to: number) => (to - from < SHORT ? clockTime : toMinute);

/** From one moment to another, the date only once where it is the same. */
export function period(from: number, to: number): string {
  const time = timeFor(from, to);
  const last = dayOf(from) === dayOf(to) ? '' : `${shortDate(to)} `;
  return `${shortDate(from)} ${time(from)}–${last}${time(to)}`;
}

/** The same at full length: `2026년 11월 23일 월요일 21:54부터 24일 화요일 21:54까지`. */
export function longPeriod(from: number, to: number): string {
  const [start, end] = [new Date(from), new Date(to)];
  const sameMonth = start.getMonth() === end.getMonth() && start.getFullYear() === end.getFullYear();
  const year = start.getFullYear() === end.getFullYear() ? '' : `${end.getFullYear()}년 `;
  const day = sameMonth ? dayOf(to).replace(/^\d+월 /, '') : dayOf(to);
  const last = dayOf(from) === dayOf(to) && year === '' ? '' : `${year}${day} `;
  const time = timeFor(from, to);
  return `${start.getFullYear()}년 ${dayOf(from)} ${time(from)}부터 ${last}${time(to)}까지`;
}
