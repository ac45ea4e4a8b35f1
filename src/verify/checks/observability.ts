import { formatNumber } from '../../lib/format-number.js';
import { clockTime, formatDuration } from '../../lib/format-time.js';
import type { LedgerRecord } from '../../run/ledger.js';
import { namedOutcomes } from '../../run/ledger.js';
import { type CheckResult, failAt, type Place, skip } from '../catalog.js';
import { CallTracker } from '../folder/call-tracker.js';
import { hasFullHistory } from '../folder/ledger-check.js';
import { type RunProcess, workingProcesses } from '../processes.js';
import {
  isRotatedAway,
  loggedAtInfo,
  mergeOccurrences,
  processLogsOf,
  type RunEvidence,
  skipReason,
  withSettings,
} from '../run-evidence.js';
import type { Span } from './spans.js';

// Criterion 2: a reader who follows the log sees what the worker does.

/** The checks of criterion 2. */
export function checkObservability(evidence: RunEvidence): CheckResult[] {
  return [checkLogComplete(evidence), checkLines(evidence), checkStoryRecords(evidence), checkProgress(evidence)];
}

function checkLogComplete(evidence: RunEvidence): CheckResult {
  const code = 'log_complete';
  const processes = workingProcesses(evidence.processes);
  const rotated = processes.filter((runProcess) => isRotatedAway(evidence, runProcess));
  // At log level warn or error, a process that was killed may have logged nothing.
  const logsAtStart = withSettings(evidence).length > 0;
  const withoutLog = processes.filter(
    (runProcess) =>
      runProcess.log === null &&
      !rotated.includes(runProcess) &&
      (runProcess.end !== null || logsAtStart || processes.length === 1),
  );
  const known = new Set(evidence.processes.map(({ log }) => log));
  const unknownLogs = hasFullHistory(evidence.run)
    ? processLogsOf(evidence).filter((processLog) => !known.has(processLog))
    : [];
  const places = [
    ...withoutLog.map(({ owner, claimedAt }) => ({
      where: `장부, 프로세스 ${owner?.pid ?? '?'} (${clockTime(claimedAt)})`,
      message: '로그가 없습니다',
    })),
    ...unknownLogs.map(({ pid, firstAt }) => ({
      where: `로그, 프로세스 ${pid} (${clockTime(firstAt)})`,
      message: '장부가 모르는 프로세스입니다',
    })),
  ];
  if (places.length === 0 && rotated.length === processes.length) return skip(code, skipReason(evidence));
  const lines = processLogsOf(evidence).reduce((total, { lineCount }) => total + lineCount, 0);
  const removed = rotated.length === 0 ? '' : `, 오래되어 지워진 로그 ${formatNumber(rotated.length)}개 프로세스`;
  return failAt(code, `프로세스 ${formatNumber(processes.length)}개, 로그 ${formatNumber(lines)}줄${removed}`, places);
}

function checkLines(evidence: RunEvidence): CheckResult {
  const code = 'log_lines';
  const logs = processLogsOf(evidence);
  if (logs.length === 0) return skip(code, skipReason(evidence));
  const { places, count } = mergeOccurrences(logs.map(({ foreignLines }) => foreignLines));
  const lines = logs.reduce((total, { lineCount }) => total + lineCount, 0);
  return failAt(code, `${formatNumber(lines)}줄`, places, count);
}

function checkStoryRecords(evidence: RunEvidence): CheckResult {
  const code = 'story_records';
  const processes = loggedAtInfo(evidence);
  if (processes.length === 0) return skip(code, skipReason(evidence));
  const saved = new Set(
    processLogsOf(evidence).flatMap(({ events }) => events.filter(isSaved).map(({ name }) => name)),
  );
  const places: Place[] = [];
  let [starts, stories] = [0, 0];
  for (const runProcess of processes) {
    // A process that was killed or is still running may be between an act and its log record, in each of its slots.
    const mayBeUnlogged = runProcess.end === null ? runProcess.settings.limits.concurrency : 0;
    // The stories of a batch are begun together, and by the vendor.
    const begun = runProcess.records.filter(
      (record) => record.type === 'attempt' && record.continues === undefined && record.batch === undefined,
    ).length;
    const announced = runProcess.log.events.filter(({ event }) => event === 'story_started').length;
    starts += announced;
    if (announced < begun - mayBeUnlogged) {
      places.push({ where: whereOf(runProcess), message: `호출 ${begun}회 가운데 시작의 기록 ${announced}회` });
    }
    const unsaved = storiesOf(runProcess.records).filter(({ name }) => !saved.has(name));
    stories += storiesOf(runProcess.records).length - unsaved.length;
    for (const { name } of unsaved.slice(0, Math.max(0, unsaved.length - mayBeUnlogged))) {
      places.push({ where: name, message: '저장의 기록이 로그에 없습니다' });
    }
  }
  // A running run has saved more since its ledger was read, and a ledger that began anew lacks earlier stories.
  if (evidence.status !== 'running' && hasFullHistory(evidence.run)) {
    const named = namedOutcomes(evidence.run.ledger.records);
    for (const name of saved) {
      if (name !== null && !named.has(name))
        places.push({ where: name, message: '로그에는 저장되었으나 장부에 없습니다' });
    }
  }
  return failAt(code, `시작 ${formatNumber(starts)}회, 저장 ${formatNumber(stories)}편`, places);
}

const isSaved = ({ event }: { event: string }) => event === 'story_saved' || event === 'leftover_published';
const whereOf = ({ log, claimedAt }: RunProcess) => `프로세스 ${log?.pid ?? '?'} (${clockTime(claimedAt)})`;

function storiesOf(records: readonly LedgerRecord[]) {
  return records.flatMap((record) => (record.type === 'outcome' && record.kind === 'story' ? [record] : []));
}

function checkProgress(evidence: RunEvidence): CheckResult {
  const code = 'progress_seen';
  const processes = loggedAtInfo(evidence);
  if (processes.length === 0) return skip(code, skipReason(evidence));
  const places: Place[] = [];
  let [calls, progressLines, onTerminal] = [0, 0, 0];
  const finished = finishedCallsOf(evidence);
  for (const runProcess of processes) {
    const { heartbeatMs, onTerminal: drawsProgress } = runProcess.settings;
    const progress = runProcess.log.events.filter(({ event }) => event === 'progress');
    const long = (finished.get(runProcess.records) ?? []).filter(
      ({ from, to }) => to - from >= 2 * heartbeatMs + TIMER_TOLERANCE,
    );
    // On a terminal, progress is drawn on one line and not logged.
    if (drawsProgress === true || (drawsProgress === null && progress.length === 0)) {
      onTerminal += long.length;
      continue;
    }
    calls += long.length;
    progressLines += progress.length;
    let next = 0;
    for (const { from, to } of long) {
      while ((progress[next]?.at ?? to) < from) next += 1;
      if ((progress[next]?.at ?? Number.POSITIVE_INFINITY) <= to) continue;
      places.push({
        where: `${clockTime(from)}에 시작한 호출`,
        message: `${formatDuration(to - from)} 동안 진행 기록이 없습니다 (${formatDuration(heartbeatMs)}마다 있어야 합니다)`,
      });
    }
  }
  if (calls === 0 && onTerminal > 0) {
    return skip(
      code,
      `긴 호출 ${formatNumber(onTerminal)}회에 진행 기록이 하나도 없습니다 (터미널에서는 화면에만 보입니다)`,
    );
  }
  if (calls === 0) return skip(code, '진행 기록이 나올 만큼 긴 호출이 없습니다');
  return failAt(code, `긴 호출 ${formatNumber(calls)}회 동안 ${formatNumber(progressLines)}줄`, places);
}

/** Tolerance for timers that fire late in a busy process, in milliseconds. */
const TIMER_TOLERANCE = 500;

/**
 * The streamed calls of each process that have an outcome, in the order of their starts, by the process's records.
 * Calls side by side share their progress records.
 */
function finishedCallsOf({ run, processes }: RunEvidence): Map<readonly LedgerRecord[], Span[]> {
  const tracker = new CallTracker(run.ledger.records);
  const finished = new Map<readonly LedgerRecord[], Span[]>();
  for (const { records } of processes) {
    const calls: Span[] = [];
    for (const record of records) {
      const { call } = tracker.apply(record);
      if (record.type !== 'outcome' || call === null || call.batch !== undefined || call.epoch !== tracker.epoch)
        continue;
      // The record of a story is written after it was judged and staged, which may be a while after its only call.
      const isOneCall = record.kind === 'story' && record.completes === undefined;
      const to = isOneCall ? Math.min(record.at, call.at + record.generation_ms) : record.at;
      calls.push({ from: call.at, to });
    }
    finished.set(
      records,
      calls.sort((a, b) => a.from - b.from),
    );
  }
  return finished;
}
