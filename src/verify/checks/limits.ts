import { formatCost, formatNumber } from '../../lib/format-number.js';
import { clockTime, formatDuration, localIso } from '../../lib/format-time.js';
import type { AttemptRecord } from '../../run/ledger.js';
import { type CheckResult, failAt, note, type Place, pass, skip } from '../catalog.js';
import { CallTracker, type Spent } from '../folder/call-tracker.js';
import { downtimeBefore, workingProcesses } from '../processes.js';
import { type ConfiguredProcess, type RunEvidence, skipReason, withSettings } from '../run-evidence.js';

// Criterion 1: the run goes on by itself, keeps its limits, and ends as asked.

/** End reasons that a user asks for, by a limit or a signal. */
const ENDS_AS_ASKED = new Set(['duration', 'count', 'cap', 'signal']);

/** The checks of criterion 1. */
export function checkLimits(evidence: RunEvidence): CheckResult[] {
  return [checkEnd(evidence), checkWithinLimits(evidence), checkWithinCaps(evidence), checkRestarts(evidence)];
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
export const START_TOLERANCE = 2_000;

function checkWithinLimits(evidence: RunEvidence): CheckResult {
  const code = 'within_limits';
  const processes = withSettings(evidence);
  if (processes.length === 0) return skip(code, skipReason(evidence));
  const places: Place[] = [];
  let latest: number | null = null;
  let mostStreaming = 0;
  for (const { runProcess, record, stories, inHand, streaming } of callsOf(evidence)) {
    const { durationMs, maxStories, concurrency } = runProcess.settings.limits;
    const where = placeOf(record);
    mostStreaming = Math.max(mostStreaming, streaming);
    if (streaming > concurrency) {
      places.push({
        where,
        message: `한꺼번에 ${formatNumber(streaming)}편을 씀 (제한 ${formatNumber(concurrency)}편)`,
      });
    }
    // The rest of a cut-off text may be asked for after the deadline.
    if (record.continues !== undefined) continue;
    latest = Math.max(latest ?? 0, record.at);
    const deadline = deadlineOf(evidence, durationMs);
    if (deadline !== null && record.at > deadline + START_TOLERANCE) {
      places.push({
        where,
        message: `마감 ${clockTime(deadline)}의 ${formatDuration(record.at - deadline)} 뒤에 시작`,
      });
    }
    if (maxStories !== null && stories + inHand > maxStories) {
      const full = stories >= maxStories ? '채운 뒤에' : '채울 만큼 쓰고 있는데 또';
      places.push({ where, message: `${formatNumber(maxStories)}편을 ${full} 시작` });
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
    ...(mostStreaming > 1 ? [`한꺼번에 많아야 ${formatNumber(mostStreaming)}편`] : []),
    `${formatNumber(stories)}편 / ${limits?.maxStories == null ? '개수 제한 없음' : `${formatNumber(limits.maxStories)}편`}`,
  ];
  return failAt(code, figure.join(', '), places);
}

function deadlineOf({ run }: RunEvidence, durationMs: number | null): number | null {
  return durationMs === null ? null : run.ledger.begin.at + durationMs;
}

/** A call of a process whose settings are known, and the run as it stood with it. */
interface StartedCall {
  runProcess: ConfiguredProcess;
  record: AttemptRecord;
  stories: number;
  /** Texts that may become stories, this one included. */
  inHand: number;
  /** Calls that are streamed at that time, this one included. */
  streaming: number;
  /** The usage that counts towards the caps, this call included. */
  spent: Spent;
}

/** The calls of the processes whose settings are known. */
function callsOf(evidence: RunEvidence): StartedCall[] {
  const tracker = new CallTracker(evidence.run.ledger.records);
  const configured = new Map(withSettings(evidence).map((each) => [each.records, each]));
  const calls: StartedCall[] = [];
  for (const { records } of evidence.processes) {
    const runProcess = configured.get(records);
    for (const record of records) {
      tracker.apply(record);
      if (record.type !== 'attempt' || runProcess === undefined) continue;
      const { counts, inHand, streaming, spent } = tracker;
      calls.push({ runProcess, record, stories: counts.stories, inHand, streaming: streaming.length, spent });
    }
  }
  return calls;
}

function placeOf({ number, at }: AttemptRecord): string {
  return `장부, ${formatNumber(number)}번째 호출 (${clockTime(at)})`;
}

/** Tolerance for sums of fractions, in US dollars. */
const COST_TOLERANCE = 1e-6;

/** At no call may all that the run can have used by then pass a cap, however many calls are open. */
function checkWithinCaps(evidence: RunEvidence): CheckResult {
  const code = 'within_caps';
  const processes = withSettings(evidence);
  const last = processes.at(-1);
  if (last === undefined) return skip(code, skipReason(evidence));
  const hasCap = processes.some(({ settings: { caps } }) => caps.tokens !== null || caps.costUsd !== null);
  if (!hasCap) return pass(code, '상한 없음');
  const places: Place[] = [];
  let most: Spent = { tokens: 0, costUsd: 0 };
  for (const { runProcess, record, spent } of callsOf(evidence)) {
    const { tokens, costUsd } = runProcess.settings.caps;
    const where = placeOf(record);
    most = { tokens: Math.max(most.tokens, spent.tokens), costUsd: Math.max(most.costUsd, spent.costUsd) };
    if (tokens !== null && spent.tokens > tokens) {
      places.push({
        where,
        message: `토큰이 ${formatNumber(spent.tokens)}까지 갈 수 있음 (상한 ${formatNumber(tokens)})`,
      });
    }
    if (costUsd !== null && spent.costUsd > costUsd + COST_TOLERANCE) {
      places.push({
        where,
        message: `비용이 ${formatCost(spent.costUsd)}까지 갈 수 있음 (상한 ${formatCost(costUsd)})`,
      });
    }
  }
  const { tokens, costUsd } = last.settings.caps;
  const figure = [
    ...(tokens === null ? [] : [`토큰 많아야 ${formatNumber(most.tokens)} / ${formatNumber(tokens)}`]),
    ...(costUsd === null ? [] : [`비용 많아야 ${formatCost(most.costUsd)} / ${formatCost(costUsd)}`]),
  ];
  return failAt(code, figure.length === 0 ? '지금은 상한 없음' : figure.join(', '), places);
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
