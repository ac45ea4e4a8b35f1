import { formatNumber } from '../../lib/format-number.js';
import { clockTime, formatDuration } from '../../lib/format-time.js';
import type { Terminal } from '../../logging/terminal.js';
import { criteriaLines, violationLines } from '../rehearsal/output.js';
import { EVENT_NAMES, type MonthProgress, type MonthRehearsal } from './month.js';

// A rehearsed month as its user sees it, in Korean.

/** Shows the progress of the month: on a terminal one line that is drawn anew, elsewhere a line per event. */
export function createMonthView(terminal: Terminal): (progress: MonthProgress) => void {
  let latest = '';
  return ({ at, stories, event }) => {
    if (event !== null) latest = event;
    const line = `${moment(at)}  소설 ${formatNumber(stories)}편`;
    if (terminal.isLive) terminal.live(`${line}${latest === '' ? '' : `  ${latest}`}`);
    else if (event !== null) terminal.write(`${line}  ${event}\n`);
  };
}

/** `12월 3일 02:10`. */
function moment(at: number): string {
  const date = new Date(at);
  return `${date.getMonth() + 1}월 ${date.getDate()}일 ${clockTime(at).slice(0, 5)}`;
}

/** The result: counts, what happened when, and what holds and what does not. */
export function summaryOfMonth(rehearsal: MonthRehearsal, seed: number): string {
  const { observations, pauses, verification, violations, passed, stories, report, elapsedMs } = rehearsal;
  const { plan, calls, kills, app, left } = observations;
  const counts = [
    `소설 ${formatNumber(stories)}편`,
    `요청 ${formatNumber(calls.length)}회`,
    `강제 종료 ${formatNumber(kills.length)}회`,
    `pm2의 재시작 ${app?.restarts ?? '?'}회`,
  ];
  return `${[
    `한 달(${plan.days}일)의 연습 - 시드 ${seed}, 걸린 시간 ${formatDuration(elapsedMs)}`,
    counts.join(', '),
    '',
    '있었던 일',
    ...plan.events.map(
      ({ kind, at }) => `  ${left.includes(kind) ? 'x' : 'o'} ${moment(at)}부터  ${EVENT_NAMES[kind]}`,
    ),
    '',
    '쉰 때',
    ...pauses.map(({ label, times, ms }) => `  ${label} ${formatNumber(times)}회, 모두 ${formatDuration(ms)}`),
    '',
    '기준',
    ...criteriaLines(verification),
    ...violationLines(violations, '쉬고 이어 간 것, 보낸 답과 남은 것의 대조, 마감, pm2'),
    `  ${report === null ? 'FAIL' : 'PASS'}  보고서${report === null ? '를 쓰지 못했습니다' : ''}`,
    '',
    passed ? 'PASS' : 'FAIL',
  ].join('\n')}\n`;
}
