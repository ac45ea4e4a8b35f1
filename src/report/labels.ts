import { josa } from 'es-hangul';
import { formatCost, formatNumber } from '../lib/format-number.js';
import { clockTime, formatDuration } from '../lib/format-time.js';
import type { RunOutcome } from './model/run-outcome.js';

// Korean labels of outcomes, and Korean formats of times and amounts.

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
