import { formatNumber } from '../../lib/format-number.js';
import { clockTime, formatDuration, localIso } from '../../lib/format-time.js';
import type { AttemptRecord } from '../../run/ledger.js';
import { type CheckResult, failAt, note, type Place, pass, skip } from '../catalog.js';
import { downtimeBefore, type RunProcess, workingProcesses } from '../processes.js';
import { type RunEvidence, skipReason, withSettings } from '../run-evidence.js';

// Criterion 1: the run goes on by itself, keeps its limits, and ends as asked.

/** End reasons that a user asks for, by a limit or a signal. */
const ENDS_AS_ASKED = new Set(['duration', 'count', 'cap', 'signal']);

/** The checks of criterion 1. */
export function checkLimits(evidence: RunEvidence): CheckResult[] {
  return [checkEnd(evidence), checkWithinLimits(evidence), checkRestarts(evidence)];
}

/**
 * The end of the latest process that worked on the run, from the log or else the ledger; null when neither has it.
 * `at`: milliseconds since the epoch.
 */
export function endOf({
  processes,
}: Pick<RunEvidence, 'processes'>): { at: number; reason: string; message: string } | null {
  const last = workingProcesses(processes).at(-1);
  const final = last?.log?.finals.at(-1);
  const reason = last?.end?.reason ?? final?.fields.reason;
  if (typeof reason !== 'string') return null;
  const message = /종료 사유: (.*)/.exec(String(final?.fields.msg))?.[1] ?? reason;
  return { at: final?.at ?? last?.end?.at ?? 0, reason, message };
}

function checkEnd(evidence: RunEvidence): CheckResult {
  const code = 'ended_as_asked';
  const { statistics } = evidence.run.state;
  const since = formatDuration(evidence.now - evidence.run.ledger.begin.at);
  if (evidence.status === 'running') return note(code, `진행 중, ${since}째, ${formatNumber(statistics.stories)}편`);
  const end = endOf(evidence);
  if (end === null) return skip(code, '끝의 기록이 없습니다 (강제 종료)');
  const figure = `${end.message}, ${formatDuration(end.at - evidence.run.ledger.begin.at)}`;
  if (end.reason === 'aborted') return note(code, figure);
  const places = ENDS_AS_ASKED.has(end.reason) ? [] : [{ where: localIso(end.at), message: end.message }];
  return failAt(code, figure, places);
}

/** Tolerance, in milliseconds, for the work between the check of the deadline and the record of the call. */
const START_TOLERANCE = 2_000;

function checkWithinLimits(evidence: RunEvidence): CheckResult {
  const code = 'within_limits';
  const processes = withSettings(evidence);
  if (processes.length === 0) return skip(code, skipReason(evidence));
  const places: Place[] = [];
  let latest: number | null = null;
  for (const runProcess of processes) {
    const { durationMs, maxStories } = runProcess.settings.limits;
    const deadline = deadlineOf(evidence, durationMs);
    for (const { record, stories } of storyStartsOf(runProcess)) {
      latest = Math.max(latest ?? 0, record.at);
      const where = `장부, ${record.number}번째 호출 (${clockTime(record.at)})`;
      if (deadline !== null && record.at > deadline + START_TOLERANCE) {
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
  const limits = processes.at(-1)?.settings.limits;
  const deadline = deadlineOf(evidence, limits?.durationMs ?? null);
  const end = evidence.status === 'running' ? null : endOf(evidence);
  const { stories } = evidence.run.state.statistics;
  if (end?.reason === 'duration' && deadline !== null && end.at < deadline - START_TOLERANCE) {
    places.push({ where: `끝 (${clockTime(end.at)})`, message: `마감 ${clockTime(deadline)}보다 먼저 끝났습니다` });
  }
  if (end?.reason === 'count' && stories < (limits?.maxStories ?? 0)) {
    places.push({ where: `끝 (${clockTime(end.at)})`, message: '개수를 채우기 전에 끝났습니다' });
  }
  const from = evidence.run.ledger.begin.at;
  const figure = [
    `마지막 시작 ${latest === null ? '없음' : formatDuration(latest - from)}`,
    `마감 ${deadline === null ? '없음' : formatDuration(deadline - from)}`,
    `${formatNumber(stories)}편 / ${limits?.maxStories == null ? '개수 제한 없음' : `${formatNumber(limits.maxStories)}편`}`,
  ];
  return failAt(code, figure.join(', '), places);
}

function deadlineOf({ run }: RunEvidence, durationMs: number | null): number | null {
  return durationMs === null ? null : run.ledger.begin.at + durationMs;
}

/**
 * The calls of a process that began a text, each with the number of stories that the run had by then. Calls for the
 * rest of a cut-off text are left out: they may come after the deadline.
 */
function storyStartsOf(runProcess: RunProcess): { record: AttemptRecord; stories: number }[] {
  let { stories } = runProcess.stateBefore.statistics;
  const starts: { record: AttemptRecord; stories: number }[] = [];
  for (const record of runProcess.records) {
    if (record.type === 'snapshot') ({ stories } = record.state.statistics);
    if (record.type === 'outcome' && record.kind === 'story') stories += 1;
    if (record.type === 'attempt' && record.continues === undefined) starts.push({ record, stories });
  }
  return starts;
}

function checkRestarts({ processes, run, status }: RunEvidence): CheckResult {
  const code = 'restarts';
  const working = workingProcesses(processes);
  const killed = working.filter(({ end }, at) => end === null && (at < working.length - 1 || status === 'killed'));
  const downtime = processes.reduce((sum, _, at) => sum + downtimeBefore(processes, at), 0);
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
