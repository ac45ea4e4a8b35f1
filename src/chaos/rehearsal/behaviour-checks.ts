import { SECOND } from '../../lib/clock.js';
import type { EndRecord } from '../../run/ledger.js';
import type { Evidence, FoundRun } from '../artifacts.js';
import { type Complaint, callName, complaint, isFinal, type Witnessed } from './observations.js';

// How the worker and pm2 have behaved over the day. Pure.

/** What a busy machine may take for what takes no time, in milliseconds. */
const SLACK = 5 * SECOND;
/** Between the look at the clock and the record of a call. */
const LATE = 1 * SECOND;
/** The exit code of a run that ended as asked, in the profile. */
const COMPLETED = 10;

/** The run ends at its deadline: not before, and at most a story later. */
export function checkEnd({ scale, calls }: Witnessed, run: FoundRun, { log }: Evidence): Complaint[] {
  const deadline = run.at + scale.dayMs;
  const finals = log.filter(isFinal);
  const ends = run.records.filter((record): record is EndRecord => record.type === 'end' && record.over);
  const complaints = [
    ...(finals.length === 1 ? [] : [complaint('finals', run.id, `실행의 최종 통계가 ${finals.length}개입니다`)]),
    ...(ends.length === 1 ? [] : [complaint('ends', run.id, `장부의 끝 기록이 ${ends.length}개입니다`)]),
    ...run.attempts
      .filter(({ at, continues }) => !continues && at > deadline + LATE)
      .map(({ at }) => complaint('late_start', run.id, `마감 ${at - deadline} ms 뒤에 소설을 시작했습니다`)),
  ];
  const end = ends.at(-1);
  if (end === undefined) return complaints;
  const inHand = calls.filter(({ at, endedAt }) => at <= deadline + LATE && (endedAt ?? at) > deadline);
  const latest = Math.max(deadline, ...inHand.map(({ endedAt, at }) => endedAt ?? at)) + SLACK;
  if (end.reason !== 'duration') complaints.push(complaint('end_reason', run.id, `끝난 까닭이 ${end.reason}입니다`));
  if (end.at < deadline)
    complaints.push(complaint('ended_early', run.id, `마감 ${deadline - end.at} ms 전에 끝났습니다`));
  if (end.at > latest) complaints.push(complaint('ended_late', run.id, `마감 ${end.at - deadline} ms 뒤에 끝났습니다`));
  return complaints;
}

/** A worker that is asked to wait waits, and one that cannot save pays for nothing more. */
export function checkPatience({ calls, incidents }: Witnessed, { records }: FoundRun): Complaint[] {
  const claims = records.filter(({ type }) => type === 'claim');
  const hasty = calls.flatMap((call, index) => {
    const next = calls[index + 1];
    if (call.retryAfterMs === null || call.endedAt === null || next === undefined) return [];
    const asked = call.endedAt;
    // Another process does not know.
    if (claims.some(({ at }) => at >= call.at && at <= next.at)) return [];
    const waited = next.at - asked;
    // Clocks are read in milliseconds.
    if (waited >= call.retryAfterMs - 5) return [];
    return [complaint('too_soon', callName(next), `retry-after ${call.retryAfterMs} ms 대신 ${waited} ms 뒤입니다`)];
  });
  const paid = incidents
    .filter(({ incident, missed }) => incident.kind === 'folder_away' && missed === null)
    .flatMap(({ from, to }) => {
      const during = calls.filter(({ at }) => at > from && at < to);
      if (during.length <= 1) return [];
      return [complaint('paid_while_held', '소설 폴더', `저장할 수 없는 동안 ${during.length}번 호출했습니다`)];
    });
  return [...hasty, ...paid];
}

/** Without weather, one story follows the other; a worker that idles has failed too. */
export function checkPace({ weather, scale, calls, incidents }: Witnessed, run: FoundRun): Complaint[] {
  const few =
    weather === 'calm' && run.attempts.length < scale.dayMs / scale.beatMs / 2
      ? [complaint('too_few', run.id, `하루에 ${run.attempts.length}번밖에 쓰지 않았습니다`)]
      : [];
  const idle = calls.flatMap((call, index) => {
    const from = call.endedAt ?? call.at;
    const to = calls[index + 1]?.at ?? run.at + scale.dayMs;
    const isExplained = incidents.some((each) => each.from <= to && each.to + SLACK >= from);
    const gap = to - from - (call.retryAfterMs ?? 0);
    if (isExplained || gap <= Math.max(scale.intervalMs, scale.retryMaxMs) + SLACK) return [];
    return [complaint('idle', callName(call), `그 뒤로 ${gap} ms 동안 아무것도 하지 않았습니다`)];
  });
  return [...few, ...idle];
}

export type Supervised = Pick<Witnessed, 'app' | 'workersLeft' | 'mostWorkers' | 'storiesWatched'>;

/** pm2 shows the end that was asked for, no process is left, and who followed the log has seen the stories come. */
export function checkSupervisor(
  { app, workersLeft, mostWorkers, storiesWatched }: Supervised,
  { texts }: Pick<Evidence, 'texts'>,
): Complaint[] {
  const stories = texts.filter(({ shelf }) => shelf === 'stories').length;
  const state = app === null ? '없음' : `${app.status}, 종료 코드 ${app.exitCode}`;
  return [
    ...(app?.status === 'stopped' && app.exitCode === COMPLETED
      ? []
      : [complaint('pm2_status', 'pm2', `stopped, 종료 코드 ${COMPLETED}이어야 하는데 ${state}입니다`)]),
    ...workersLeft.map((pid) => complaint('worker_left', pid, '워커 프로세스가 남아 있습니다')),
    ...(mostWorkers <= 1 ? [] : [complaint('two_workers', 'pm2', `워커 ${mostWorkers}개가 한꺼번에 있었습니다`)]),
    ...(storiesWatched >= stories / 2
      ? []
      : [complaint('not_watched', 'pm2 logs', `${stories}편 가운데 ${storiesWatched}편만 보였습니다`)]),
  ];
}

/** Weather that was planned and did not come proves nothing. */
export function checkWeather({ squallsLeft, incidents }: Witnessed): Complaint[] {
  return [
    ...squallsLeft.map(({ kind }) => complaint('weather_missed', kind, '계획한 답을 보낼 때가 오지 않았습니다')),
    ...incidents.flatMap(({ incident, missed }) =>
      missed === null ? [] : [complaint('weather_missed', incident.kind, missed)],
    ),
  ];
}
