import { SECOND } from '../../lib/clock.js';
import { formatNumber } from '../../lib/format-number.js';
import { formatDuration } from '../../lib/format-time.js';
import type { Terminal } from '../../logging/terminal.js';
import type { Destination } from '../../store/story-store.js';
import { CHECKS, type CheckCode, type CheckResult, CRITERIA, type Criterion } from '../../verify/catalog.js';
import type { Verification } from '../../verify/verify.js';
import type { AnswerKind } from '../answers.js';
import { isAnswered, isWhole } from '../reconcile.js';
import type { Violation } from '../violation.js';
import { unplannedFailures } from './behaviour-checks.js';
import type { FaultKind, Weather } from './fault-plan.js';
import type { Rehearsal, RehearsalProgress } from './rehearsal.js';
import { type DayScale, MAX_CONTINUATIONS, timeOfDay } from './time-scale.js';

// A rehearsal as its user sees it, in Korean.

export const WEATHER_NAMES: Record<Weather, string> = { calm: '맑음', rough: '궂음', storm: '폭풍' };

export const KIND_NAMES: Record<FaultKind, string> = {
  rate_limit: '429, retry-after 1초',
  overload: '529 과부하, 잇달아',
  server_error: '5xx 서버 오류',
  cut: '도중에 끊긴 응답',
  stall: 'ping만 오는 응답',
  no_usage: '사용량 없는 답',
  cut_off: '잘린 답 (나머지를 받음)',
  cut_off_for_good: '끝내 잘린 답',
  refusal: '거절',
  empty: '빈 답',
  meta_talk: '소설 밖의 말이 섞인 답',
  unreachable: '접속 거부 (서버가 닫힘)',
  folder_away: '쓸 수 없는 소설 폴더',
  reader_stops: 'pm2 logs가 읽기를 멈춤',
  daemon_stops: 'pm2 데몬이 멈춤 (출력이 가득 참)',
  kill_in_call: 'SIGKILL, 쓰는 중에',
  kill_in_wait: 'SIGKILL, 기다리는 중에',
  kill: 'SIGKILL, 아무 때나',
  kill_twice: 'SIGKILL, 되살아나자마자 또',
  restart: 'pm2 restart',
  stop_start: 'pm2 stop, 얼마 뒤 pm2 start',
  out_of_memory: '메모리 한도를 넘어 다시 시작',
};

/** Shows the progress of the day: on a terminal one line that is drawn anew, elsewhere a line per event. */
export function createProgressView(terminal: Terminal, scale: DayScale): (progress: RehearsalProgress) => void {
  let latest = '';
  let toldDay = false;
  return ({ elapsedMs, stories, event }) => {
    const time = elapsedMs < 0 ? '--:--' : timeOfDay(elapsedMs, scale);
    const words = event === null ? null : describe(event);
    if (words !== null) latest = words;
    const count = `소설 ${formatNumber(stories)}편`;
    if (terminal.isLive) return terminal.live(`${time}  ${count}${latest === '' ? '' : `  ${latest}`}`);
    if (words !== null) terminal.write(`${time}  ${count}  ${words}\n`);
    if (elapsedMs >= scale.dayMs && !toldDay) {
      toldDay = true;
      terminal.write(`${time}  ${count}  하루가 끝났습니다\n`);
    }
  };
}

function describe(event: NonNullable<RehearsalProgress['event']>): string {
  if ('fault' in event) return KIND_NAMES[event.fault.kind];
  if ('missed' in event) return `${KIND_NAMES[event.missed.fault.kind]}: 오지 않음 - ${event.missed.missed}`;
  const { kind, killed } = event.call;
  return `${answerName(kind)}${killed ? ' (강제 종료로 끊김)' : ''}`;
}

function answerName(kind: AnswerKind): string {
  if (kind === 'story') return '소설';
  if (kind === 'spend_limit') return '지출 한도';
  return kind === 'expired' ? '만료된 요청' : KIND_NAMES[kind];
}

/** The result: counts, the faults that came, and what holds and what does not. */
export function summaryOf(rehearsal: Rehearsal, seed: number): string {
  const { plan, observations, artifacts, verification, violations, passed, elapsedMs } = rehearsal;
  const { weather, scale, calls, kills, app } = observations;
  const countIn = (location: Destination) =>
    formatNumber(artifacts.texts.filter((text) => text.location === location).length);
  const unplanned = unplannedFailures(rehearsal.matches).length;
  const isCalm = plan.apiFaults.length + plan.environmentFaults.length === 0;
  const heading = `${WEATHER_NAMES[weather]}(${weather}) 하루의 연습 - 시드 ${seed}, 하루 ${scale.dayMs / SECOND}초, 걸린 시간 ${formatDuration(elapsedMs)}`;
  const counts = [
    `소설 ${countIn('stories')}편`,
    `따로 보관 ${countIn('set-aside')}건`,
    `요청 ${formatNumber(calls.length)}회`,
    `온전히 보낸 글 ${formatNumber(calls.filter(isAnswered).length)}건`,
    `강제 종료 ${formatNumber(kills.length)}회`,
    `pm2의 재시작 ${app?.restarts ?? '?'}회`,
    ...(unplanned === 0 ? [] : [`계획에 없던 실패 ${formatNumber(unplanned)}회 (바쁜 기계)`]),
  ];
  const lines = [
    heading,
    counts.join(', '),
    ...(isCalm ? [] : ['', '날씨: 왔음/계획', ...apiFaultLines(rehearsal), ...environmentFaultLines(rehearsal)]),
    '',
    '기준',
    ...criteriaLines(verification),
    ...violationLines(violations, '보낸 답과 남은 것의 대조, 마감, pm2'),
    '',
    passed ? 'PASS' : 'FAIL',
  ];
  return `${lines.join('\n')}\n`;
}

function apiFaultLines({ plan, observations: { calls, faultsLeft } }: Rehearsal): string[] {
  return plan.apiFaults.map((fault) => {
    const mine = calls.filter((call) => call.kind === fault.kind);
    const killed = mine.filter((call) => call.killed).length;
    const came = mine.filter((call) => !call.killed && isWhole(call)).length;
    const planned = fault.kind === 'cut_off_for_good' ? 1 + MAX_CONTINUATIONS : fault.times;
    const rest = killed === 0 ? '' : `도중에 강제 종료 ${killed}회`;
    return row(!faultsLeft.includes(fault), KIND_NAMES[fault.kind], `${came}/${planned}`, rest);
  });
}

function environmentFaultLines({ observations: { injected, scale }, artifacts }: Rehearsal): string[] {
  const begun = artifacts.runs[0]?.ledger.begin.at ?? 0;
  return injected.map(({ fault, from, to, missed }) => {
    const time = `${timeOfDay(from - begun, scale)} (${formatDuration(to - from)})`;
    return row(missed === null, KIND_NAMES[fault.kind], missed === null ? '1/1' : '0/1', missed ?? time);
  });
}

const row = (isFine: boolean, name: string, count: string, rest: string) =>
  `  ${isFine ? 'o' : 'X'} ${count.padEnd(5)} ${name}${rest === '' ? '' : `: ${rest}`}`;

/** The check whose figure stands for its criterion. */
const MAIN_CHECK: Record<Criterion, CheckCode> = {
  folder: 'folder_pairs',
  background_execution: 'within_limits',
  realtime_observability: 'story_records',
  output_continuity: 'pairs',
  graceful_shutdown: 'final_record',
  usage_reliability: 'totals',
  promises: 'ledger',
};

export function criteriaLines({ sections }: Verification): string[] {
  const checks = sections.flatMap((section) => section.checks);
  return (Object.keys(CRITERIA) as Criterion[]).flatMap((criterion) => {
    const mine = checks.filter(({ code }) => CHECKS[code].criterion === criterion);
    const failed = mine.filter(({ status }) => status === 'fail');
    const figure = mine.find(({ code }) => code === MAIN_CHECK[criterion])?.figure ?? '';
    const head = `  ${failed.length === 0 ? 'PASS' : 'FAIL'}  ${CRITERIA[criterion]}: ${figure}`;
    return [head, ...failed.flatMap(failureLines)];
  });
}

function failureLines({ code, figure, places }: CheckResult): string[] {
  return [
    `        ${CHECKS[code].title}: ${figure}`,
    ...places.slice(0, MOST_NAMED).map(({ where, message }) => `          ${where} ${message}`.trimEnd()),
  ];
}

const MOST_NAMED = 10;

/** @param title Korean: what was checked besides the criteria */
export function violationLines(violations: readonly Violation[], title: string): string[] {
  if (violations.length === 0) return [`  PASS  ${title}`];
  return [
    `  FAIL  ${title}: ${violations.length}건`,
    ...violations.slice(0, MOST_NAMED).map(({ code, where, message }) => `        ${code} [${where}] ${message}`),
  ];
}
