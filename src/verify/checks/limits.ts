import { formatNumber } from '../../lib/format-number.js';
import { clockTime, formatDuration, localIso } from '../../lib/format-time.js';
import type { AttemptRecord } from '../../run/ledger.js';
import { type CheckResult, failAt, note, type Place, pass, skip } from '../catalog.js';
import { downtimeBefore, type Life, workingLives } from '../processes.js';
import { type RunCase, tellingLives, whyUntold } from '../run-evidence.js';

// Criterion 1: the run goes on by itself, within its limits, and ends as it was asked to.

/** Ends that somebody asked for, by a limit or by a signal. */
const AS_ASKED = new Set(['duration', 'count', 'cap', 'signal']);

export function checkBackground(c: RunCase): CheckResult[] {
  return [checkEnd(c), checkLimits(c), checkRestarts(c)];
}

/** How the latest process that worked on the run ended, as ledger or log say; null when neither does. */
export function endOf({ lives }: Pick<RunCase, 'lives'>): { at: number; reason: string; words: string } | null {
  const last = workingLives(lives).at(-1);
  const final = last?.log?.finals.at(-1);
  const reason = last?.end?.reason ?? final?.fields.reason;
  if (typeof reason !== 'string') return null;
  const words = /종료 사유: (.*)/.exec(String(final?.fields.msg))?.[1] ?? reason;
  return { at: final?.at ?? last?.end?.at ?? 0, reason, words };
}

function checkEnd(c: RunCase): CheckResult {
  const code = 'ended_as_asked';
  const { statistics } = c.run.state;
  const since = formatDuration(c.now - c.run.ledger.begin.at);
  if (c.status === 'running') return note(code, `진행 중, ${since}째, ${formatNumber(statistics.stories)}편`);
  const end = endOf(c);
  if (end === null) return skip(code, '끝의 기록이 없습니다 (강제 종료)');
  const figure = `${end.words}, ${formatDuration(end.at - c.run.ledger.begin.at)}`;
  if (end.reason === 'aborted') return note(code, figure);
  const places = AS_ASKED.has(end.reason) ? [] : [{ where: localIso(end.at), message: end.words }];
  return failAt(code, figure, places);
}

/** Between the look at the clock and the record of a call lie a draw, a prompt and a write to disk. */
const LATE = 2_000;

function checkLimits(c: RunCase): CheckResult {
  const code = 'within_limits';
  const lives = tellingLives(c);
  if (lives.length === 0) return skip(code, whyUntold(c));
  const places: Place[] = [];
  let latest: number | null = null;
  for (const life of lives) {
    const { durationMs, maxStories } = life.settings.limits;
    const deadline = deadlineOf(c, durationMs);
    for (const { record, stories } of startsOf(life)) {
      latest = Math.max(latest ?? 0, record.at);
      const where = `장부, ${record.number}번째 호출 (${clockTime(record.at)})`;
      if (deadline !== null && record.at > deadline + LATE) {
        places.push({
          where,
          message: `마감 ${clockTime(deadline)}의 ${formatDuration(record.at - deadline)} 뒤에 시작`,
        });
      }
      if (maxStories !== null && stories >= maxStories) {
        places.push({ where, message: `${formatNumber(maxStories)}편을 채운 뒤에 시작` });
      }
    }
  }
  const limits = lives.at(-1)?.settings.limits;
  const deadline = deadlineOf(c, limits?.durationMs ?? null);
  const end = c.status === 'running' ? null : endOf(c);
  const { stories } = c.run.state.statistics;
  if (end?.reason === 'duration' && deadline !== null && end.at < deadline - LATE) {
    places.push({ where: `끝 (${clockTime(end.at)})`, message: `마감 ${clockTime(deadline)}보다 먼저 끝났습니다` });
  }
  if (end?.reason === 'count' && stories < (limits?.maxStories ?? 0)) {
    places.push({ where: `끝 (${clockTime(end.at)})`, message: '개수를 채우기 전에 끝났습니다' });
  }
  const from = c.run.ledger.begin.at;
  const figure = [
    `마지막 시작 ${latest === null ? '없음' : formatDuration(latest - from)}`,
    `마감 ${deadline === null ? '없음' : formatDuration(deadline - from)}`,
    `${formatNumber(stories)}편 / ${limits?.maxStories == null ? '개수 제한 없음' : `${formatNumber(limits.maxStories)}편`}`,
  ];
  return failAt(code, figure.join(', '), places);
}

function deadlineOf({ run }: RunCase, durationMs: number | null): number | null {
  return durationMs === null ? null : run.ledger.begin.at + durationMs;
}

/** The calls with which a life began a text, and how many stories the run had by then. The rest of one may come late. */
function startsOf(life: Life): { record: AttemptRecord; stories: number }[] {
  let { stories } = life.before.statistics;
  const starts: { record: AttemptRecord; stories: number }[] = [];
  for (const record of life.records) {
    if (record.type === 'snapshot') ({ stories } = record.state.statistics);
    if (record.type === 'outcome' && record.kind === 'story') stories += 1;
    if (record.type === 'attempt' && record.continues === undefined) starts.push({ record, stories });
  }
  return starts;
}

function checkRestarts({ lives, run, status }: RunCase): CheckResult {
  const code = 'restarts';
  const working = workingLives(lives);
  const killed = working.filter(({ end }, at) => end === null && (at < working.length - 1 || status === 'killed'));
  const downtime = lives.reduce((sum, _, at) => sum + downtimeBefore(lives, at), 0);
  const lost = run.state.statistics.lostCalls;
  if (working.length === 1 && killed.length === 0 && lost === 0) return pass(code, '없음, 프로세스 1개');
  const figure = [
    `프로세스 ${formatNumber(working.length)}개`,
    `강제 종료 ${formatNumber(killed.length)}회`,
    `멈춘 시간 ${formatDuration(downtime)}`,
    `결과를 모르는 호출 ${formatNumber(lost)}회`,
  ];
  return note(code, figure.join(', '));
}
