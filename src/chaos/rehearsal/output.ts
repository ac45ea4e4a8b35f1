import { SECOND } from '../../lib/clock.js';
import { formatNumber } from '../../lib/format-number.js';
import { formatDuration } from '../../lib/format-time.js';
import type { Terminal } from '../../logging/terminal.js';
import type { Destination } from '../../store/story-store.js';
import { CHECKS, type CheckCode, type CheckResult, CRITERIA, type Criterion } from '../../verify/catalog.js';
import type { Verification } from '../../verify/verify.js';
import { matchCalls, unplannedFailures } from '../reconcile.js';
import type { Squall } from './fault-plan.js';
import { KIND_NAMES, replyName, WEATHER_NAMES } from './labels.js';
import type { Complaint } from './observations.js';
import type { News, Rehearsal } from './rehearsal.js';
import { type DayScale, MAX_CONTINUATIONS, timeOfDay } from './time-scale.js';

// What people see of a rehearsal, in Korean.

/** Shows the day go by: on a terminal one line that is drawn anew, elsewhere a line for everything that comes. */
export function follow(terminal: Terminal, scale: DayScale): (news: News) => void {
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

function describe(event: NonNullable<News['event']>): string {
  if ('incident' in event) return KIND_NAMES[event.incident.kind];
  if ('missed' in event) return `${KIND_NAMES[event.missed.incident.kind]}: 오지 않음 - ${event.missed.missed}`;
  const { kind, killed } = event.call;
  return `${replyName(kind)}${killed ? ' (강제 종료로 끊김)' : ''}`;
}

/** The end of it: what was, what weather there was, what holds and what does not. */
export function summaryOf(rehearsal: Rehearsal, seed: number): string {
  const { plan, seen, evidence, verification, complaints, passed, elapsedMs } = rehearsal;
  const { weather, scale } = seen;
  const onShelf = (shelf: Destination) => formatNumber(evidence.texts.filter((text) => text.shelf === shelf).length);
  const sent = seen.calls.filter((call) => call.sent && call.text !== null).length;
  const [run] = evidence.runs;
  const unplanned = run === undefined ? 0 : unplannedFailures(matchCalls(seen.calls, run)).length;
  const isCalm = plan.squalls.length + plan.incidents.length === 0;
  const heading = `${WEATHER_NAMES[weather]}(${weather}) 하루의 연습 - 시드 ${seed}, 하루 ${scale.dayMs / SECOND}초, 걸린 시간 ${formatDuration(elapsedMs)}`;
  const counts = [
    `소설 ${onShelf('stories')}편`,
    `따로 보관 ${onShelf('set-aside')}건`,
    `요청 ${formatNumber(seen.calls.length)}회`,
    `온전히 보낸 글 ${formatNumber(sent)}건`,
    `강제 종료 ${formatNumber(seen.kills.length)}회`,
    `pm2의 재시작 ${seen.app?.restarts ?? '?'}회`,
    ...(unplanned === 0 ? [] : [`계획에 없던 실패 ${formatNumber(unplanned)}회 (바쁜 기계)`]),
  ];
  const lines = [
    heading,
    counts.join(', '),
    ...(isCalm ? [] : ['', '날씨: 왔음/계획', ...squallLines(rehearsal), ...incidentLines(rehearsal)]),
    '',
    '기준',
    ...criteriaLines(verification),
    ...ownLines(complaints, '보낸 답과 남은 것의 대조, 마감, pm2'),
    '',
    passed ? 'PASS' : 'FAIL',
  ];
  return `${lines.join('\n')}\n`;
}

function squallLines({ plan, seen }: Rehearsal): string[] {
  return plan.squalls.map((squall) => {
    const { kind } = squall;
    const calls = seen.calls.filter((call) => call.kind === kind);
    const came = calls.filter((call) => !call.killed && (call.sent || kind === 'cut' || kind === 'stall')).length;
    const killed = calls.filter((call) => call.killed).length;
    const isMissed = seen.squallsLeft.includes(squall);
    return row(
      !isMissed,
      KIND_NAMES[kind],
      `${came}/${answersOf(squall)}`,
      killed === 0 ? '' : `도중에 강제 종료 ${killed}회`,
    );
  });
}

/** How many answers of its kind a squall comes to. */
function answersOf({ kind, times }: Squall): number {
  return kind === 'cut_off_for_good' ? 1 + MAX_CONTINUATIONS : times;
}

function incidentLines({ seen, evidence }: Rehearsal): string[] {
  const kinds = [...new Set(seen.incidents.map(({ incident }) => incident.kind))];
  const begun = evidence.runs[0]?.at ?? 0;
  return kinds.map((kind) => {
    const all = seen.incidents.filter(({ incident }) => incident.kind === kind);
    const came = all.filter(({ missed }) => missed === null);
    const times = came.map(({ from, to }) => `${timeOfDay(from - begun, seen.scale)} (${formatDuration(to - from)})`);
    const missed = all.flatMap((each) => each.missed ?? []);
    return row(missed.length === 0, KIND_NAMES[kind], `${came.length}/${all.length}`, [...times, ...missed].join(', '));
  });
}

const row = (isFine: boolean, name: string, count: string, rest: string) =>
  `  ${isFine ? 'o' : 'X'} ${count.padEnd(5)} ${name}${rest === '' ? '' : `: ${rest}`}`;

/** The check whose figure says most of its criterion. */
const TELLING: Record<Criterion, CheckCode> = {
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
    const figure = mine.find(({ code }) => code === TELLING[criterion])?.figure ?? '';
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

/** @param title Korean: what was looked at besides the criteria */
export function ownLines(complaints: readonly Complaint[], title: string): string[] {
  if (complaints.length === 0) return [`  PASS  ${title}`];
  return [
    `  FAIL  ${title}: ${complaints.length}건`,
    ...complaints.slice(0, MOST_NAMED).map(({ code, where, message }) => `        ${code} [${where}] ${message}`),
  ];
}
