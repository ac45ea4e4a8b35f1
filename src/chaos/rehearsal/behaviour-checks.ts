import { SECOND } from '../../lib/clock.js';
import type { FoundRun } from '../../verify/folder/folder-check.js';
import { type Artifacts, attemptsOf, endsOf } from '../artifacts.js';
import { callName, type Match, type Recorded } from '../reconcile.js';
import { type Violation, violation } from '../violation.js';
import type { ApiFault, Weather } from './fault-plan.js';
import type { Injected } from './inject.js';
import type { App } from './pm2-sandbox.js';
import type { DayScale, Writing } from './time-scale.js';

// How the worker and pm2 have behaved over the day. Pure.

/** What a rehearsal has recorded of its day. */
export interface Observations extends Recorded, Supervised {
  weather: Weather;
  scale: DayScale;
  writing: Writing;
  /** The API faults that have not come. */
  faultsLeft: readonly ApiFault[];
  injected: readonly Injected[];
}

/** What pm2 and its processes have shown. */
export interface Supervised {
  /** As pm2 lists it in the end. */
  app: App | null;
  workersLeft: readonly number[];
  /** The most workers that there were at once. */
  mostWorkers: number;
  /** How many stories a reader of `pm2 logs` has seen. */
  storiesWatched: number;
}

/** Tolerance for scheduling delays of a busy machine, in milliseconds. */
const TOLERANCE = 5 * SECOND;
/** Tolerance between a worker's look at the clock and its record of a call. */
const LATE = 1 * SECOND;
/** Clocks are read in whole milliseconds, and timers may fire a little early. */
const ROUNDING = 5;
/** From a call's record to its request, in milliseconds. */
const ON_ITS_WAY = 200;
/** The exit code of a run that ended as asked, in the 24 h profile. */
const COMPLETED = 10;

export function checkBehaviour(observations: Observations, { runs: [run], texts }: Artifacts): Violation[] {
  if (run === undefined) return [];
  return [
    ...checkDeadline(observations, run),
    ...checkPatience(observations, run),
    ...checkPace(observations, run),
    ...checkSupervisor(observations, texts.filter(({ location }) => location === 'stories').length),
    ...checkFaultsCame(observations),
  ];
}

/** The run ends at its deadline: not before, and at most a story later. */
function checkDeadline({ scale, calls }: Observations, run: FoundRun): Violation[] {
  const deadline = run.ledger.begin.at + scale.dayMs;
  const violations = attemptsOf(run)
    .filter(({ record }) => record.continues === undefined && record.at > deadline + LATE)
    .map(({ record }) => violation('late_start', run.id, `마감 ${record.at - deadline} ms 뒤에 소설을 시작했습니다`));
  const end = endsOf(run).at(-1);
  if (end === undefined) return violations;
  const inProgress = calls.filter(({ at, endedAt }) => at <= deadline + LATE && (endedAt ?? at) > deadline);
  const latest = Math.max(deadline, ...inProgress.map(({ endedAt, at }) => endedAt ?? at)) + TOLERANCE;
  if (end.reason !== 'duration') violations.push(violation('end_reason', run.id, `종료 사유가 ${end.reason}입니다`));
  if (end.at < deadline) {
    violations.push(violation('ended_early', run.id, `마감 ${deadline - end.at} ms 전에 끝났습니다`));
  }
  if (end.at > latest) violations.push(violation('ended_late', run.id, `마감 ${end.at - deadline} ms 뒤에 끝났습니다`));
  return violations;
}

/** A worker that is asked to wait waits, and one that cannot save pays for nothing more. */
function checkPatience({ calls, injected, writing }: Observations, { ledger: { records } }: FoundRun): Violation[] {
  const claims = records.filter(({ type }) => type === 'claim');
  // With several stories at once, a call may be on its way while the worker is being told to wait.
  const onItsWay = writing.concurrency === 1 ? 0 : ON_ITS_WAY;
  const hasty = calls.flatMap((call, index) => {
    const { retryAfterMs, endedAt } = call;
    if (retryAfterMs === null || endedAt === null) return [];
    const next = calls.slice(index + 1).find(({ at }) => at >= endedAt + onItsWay);
    if (next === undefined) return [];
    // Another process does not know.
    if (claims.some(({ at }) => at >= call.at && at <= next.at)) return [];
    const waited = next.at - endedAt;
    if (waited >= retryAfterMs - ROUNDING) return [];
    return [violation('too_soon', callName(next), `retry-after ${retryAfterMs} ms 대신 ${waited} ms 뒤입니다`)];
  });
  const paid = injected
    .filter(({ fault, missed }) => fault.kind === 'folder_away' && missed === null)
    .flatMap(({ from, to }) => {
      const during = calls.filter(({ at }) => at > from && at < to);
      if (during.length <= writing.concurrency) return [];
      return [violation('paid_while_held', '소설 폴더', `저장할 수 없는 동안 ${during.length}번 호출했습니다`)];
    });
  return [...hasty, ...paid];
}

/** Without faults, one story follows the other; a worker that idles has failed too. */
function checkPace({ weather, scale, calls, injected }: Observations, run: FoundRun): Violation[] {
  const made = attemptsOf(run).length;
  const few =
    weather === 'calm' && made < scale.dayMs / scale.beatMs / 2
      ? [violation('too_few', run.id, `하루에 ${made}번밖에 쓰지 않았습니다`)]
      : [];
  const idle = calls.flatMap((call, index) => {
    const from = call.endedAt ?? call.at;
    const to = calls[index + 1]?.at ?? run.ledger.begin.at + scale.dayMs;
    const isExplained = injected.some((each) => each.from <= to && each.to + TOLERANCE >= from);
    const gap = to - from - (call.retryAfterMs ?? 0);
    if (isExplained || gap <= Math.max(scale.intervalMs, scale.retryMaxMs) + TOLERANCE) return [];
    return [violation('idle', callName(call), `그 뒤로 ${gap} ms 동안 아무것도 하지 않았습니다`)];
  });
  return [...few, ...idle];
}

/** pm2 shows the end that was asked for, no process is left, and a reader of the log has seen the stories come. */
export function checkSupervisor(
  { app, workersLeft, mostWorkers, storiesWatched }: Supervised,
  stories: number,
): Violation[] {
  const state = app === null ? '없음' : `${app.status}, 종료 코드 ${app.exitCode}`;
  return [
    ...(app?.status === 'stopped' && app.exitCode === COMPLETED
      ? []
      : [violation('pm2_status', 'pm2', `stopped, 종료 코드 ${COMPLETED}이어야 하는데 ${state}입니다`)]),
    ...workersLeft.map((pid) => violation('worker_left', pid, '워커 프로세스가 남아 있습니다')),
    ...(mostWorkers <= 1 ? [] : [violation('two_workers', 'pm2', `워커 ${mostWorkers}개가 한꺼번에 있었습니다`)]),
    ...(storiesWatched >= stories / 2
      ? []
      : [violation('not_watched', 'pm2 logs', `${stories}편 가운데 ${storiesWatched}편만 보였습니다`)]),
  ];
}

/** A fault that was planned and did not come proves nothing. */
function checkFaultsCame({ faultsLeft, injected }: Observations): Violation[] {
  return [
    ...faultsLeft.map(({ kind }) => violation('weather_missed', kind, '계획한 답을 보낼 때가 오지 않았습니다')),
    ...injected.flatMap(({ fault, missed }) =>
      missed === null ? [] : [violation('weather_missed', fault.kind, missed)],
    ),
  ];
}

/** Failures of calls that were to be answered with a story: on a busy machine, a stream may seem to stall. */
export function unplannedFailures(matches: readonly Match[]): Match[] {
  return matches.filter(
    ({ call, attempt }) => call.kind === 'story' && !call.killed && attempt?.outcome?.kind === 'failure',
  );
}
