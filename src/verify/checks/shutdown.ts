import { ExitCode } from '../../lib/errors.js';
import { formatNumber } from '../../lib/format-number.js';
import { clockTime, formatDuration } from '../../lib/format-time.js';
import type { RunEnd } from '../../run/end-reason.js';
import { type CheckResult, failAt, note, type Place, pass, skip } from '../catalog.js';
import type { FinalRecord } from '../log-check.js';
import { type RunProcess, workingProcesses } from '../processes.js';
import {
  isRotatedAway,
  loggedAtInfo,
  mergeOccurrences,
  placesOf,
  processLogsOf,
  type RunEvidence,
  skipReason,
  withSettings,
} from '../run-evidence.js';
import { batchSpans, coverage } from './spans.js';

// Criterion 4: a process that is told to stop, or reaches a limit, shuts down gracefully.

/** The checks of criterion 4. */
export function checkShutdown(evidence: RunEvidence): CheckResult[] {
  return [
    checkFinalRecord(evidence),
    checkFinalIsLast(evidence),
    checkExitCode(evidence),
    checkStoppedInTime(evidence),
    checkNoPartial(evidence),
  ];
}

function checkFinalRecord(evidence: RunEvidence): CheckResult {
  const code = 'final_record';
  const processes = workingProcesses(evidence.processes).filter((runProcess) => !isRotatedAway(evidence, runProcess));
  if (processes.length === 0) return skip(code, skipReason(evidence));
  const last = processes.at(-1);
  const places: Place[] = [];
  let finals = 0;
  for (const runProcess of processes) {
    const found = runProcess.log?.finals ?? [];
    finals += found.length;
    const where = `프로세스 ${runProcess.owner?.pid ?? '?'} (${clockTime(runProcess.claimedAt)} 시작)`;
    if (found.length > 1) places.push({ where, message: `최종 통계 ${found.length}개` });
    for (const final of found)
      if (!hasSeedWords(final)) places.push({ where: final.where, message: '통계의 글이 없습니다' });
    if (found.length > 0) continue;
    if (runProcess.end !== null) places.push({ where, message: '끝났는데 최종 통계가 없습니다' });
    else if (runProcess === last && evidence.status !== 'running')
      places.push({ where, message: '강제 종료된 채 이어지지 않았습니다' });
  }
  if (places.length > 0) return failAt(code, `${formatNumber(finals)}건`, places);
  if (evidence.status === 'running') return skip(code, '진행 중');
  const repeated = finals > 1 ? `, 중단되거나 다시 말한 것 ${formatNumber(finals - 1)}건 포함` : '';
  if (evidence.status === 'killed') return note(code, `${formatNumber(finals)}건, 장부에 끝을 적기 전에 강제 종료`);
  return pass(code, `${formatNumber(finals)}건${repeated}`);
}

/** Tells whether the record has the words that the seed's commands search for. */
function hasSeedWords({ fields: { msg } }: FinalRecord): boolean {
  return String(msg).includes('실행 완료 - 최종 통계') && String(msg).includes('총 토큰 사용량');
}

function checkFinalIsLast(evidence: RunEvidence): CheckResult {
  const code = 'final_is_last';
  const logs = processLogsOf(evidence);
  if (logs.length === 0) return skip(code, skipReason(evidence));
  const { places, count } = mergeOccurrences(logs.map(({ afterFinal }) => afterFinal));
  if (count > 0) return failAt(code, '최종 통계 뒤에 기록이 더 있음', places, count);
  if (evidence.status === 'running') return skip(code, '진행 중');
  const last = logs.reduce((latest, log) => (log.lastLine > latest.lastLine ? log : latest));
  const final = last.finals.at(-1);
  return final === undefined ? skip(code, '최종 통계가 없습니다') : pass(code, final.where);
}

/** The exit code of each end reason, which is a contract. null: the code that the settings name. */
const EXIT_CODES = {
  duration: null,
  count: null,
  cap: null,
  signal: null,
  aborted: ExitCode.aborted,
  refused: ExitCode.refused,
  rejected: ExitCode.rejected,
  exhausted: ExitCode.failed,
  uncaught: ExitCode.failed,
} as const satisfies Record<RunEnd['kind'], number | null>;

function isEndReason(reason: unknown): reason is keyof typeof EXIT_CODES {
  return typeof reason === 'string' && Object.hasOwn(EXIT_CODES, reason);
}

const ENDS_OVER = new Set(['duration', 'count', 'cap']);

function checkExitCode(evidence: RunEvidence): CheckResult {
  const code = 'exit_code';
  const ended = workingProcesses(evidence.processes).flatMap((runProcess) =>
    (runProcess.log?.finals ?? []).map((final) => ({ runProcess, final })),
  );
  if (ended.length === 0) return skip(code, evidence.status === 'running' ? '진행 중' : '최종 통계가 없습니다');
  const places: Place[] = [];
  for (const { runProcess, final } of ended) {
    const { reason, exit_code: recorded, over } = final.fields;
    const contractCode = isEndReason(reason) ? EXIT_CODES[reason] : undefined;
    const expected = contractCode === null ? runProcess.log?.settings?.completedExitCode : contractCode;
    const addPlace = (message: string) => places.push({ where: final.where, message });
    if (contractCode === undefined) addPlace(`모르는 종료 사유 ${String(reason)}`);
    else if (expected !== undefined && recorded !== expected)
      addPlace(`${String(reason)}: ${String(recorded)} ≠ ${expected}`);
    if (over !== ENDS_OVER.has(String(reason))) addPlace(`over: ${String(over)}`);
    if (runProcess.end !== null && (runProcess.end.reason !== reason || runProcess.end.over !== over)) {
      addPlace(`장부의 끝은 ${runProcess.end.reason}`);
    }
  }
  const last = ended.at(-1)?.final.fields;
  return failAt(code, `${String(last?.exit_code)} (${String(last?.reason)})`, places);
}

/** Allowance, in milliseconds, from the last story to the final record: syncs, and a slow reader of standard output. */
const STOP_SLACK = 10_000;

function checkStoppedInTime(evidence: RunEvidence): CheckResult {
  const code = 'stopped_in_time';
  const places: Place[] = [];
  let longestMs: number | null = null;
  const batchesOut = batchSpans(evidence.processes, evidence.now);
  for (const { log, settings, claimedAt } of withSettings(evidence)) {
    const final = log.finals.at(-1);
    if (final === undefined) continue;
    const { reason } = final.fields;
    const stopRequest = log.events.find(({ event }) => event === 'stop_requested');
    if (reason === 'signal' && stopRequest === undefined && isLoggedAtInfo(evidence, claimedAt)) {
      places.push({
        where: final.where,
        message: '"SIGINT 수신 - 현재 작업 완료 후 종료합니다"와 같은 기록이 없습니다',
      });
    }
    const { durationMs } = settings.limits;
    const deadline = durationMs === null ? undefined : Math.max(claimedAt, evidence.run.ledger.begin.at + durationMs);
    const from = reason === 'signal' ? stopRequest?.at : reason === 'duration' ? deadline : undefined;
    if (from === undefined) continue;
    const takenMs = Math.max(0, final.at - from);
    longestMs = Math.max(longestMs ?? 0, takenMs);
    const storageRetries = log.events.filter(({ event, at: when }) => event === 'holding' && when >= from);
    // A limit does not leave out a batch that was paid for: the process waits for its results.
    const batchMs = reason === 'signal' ? 0 : coverage(batchesOut, { from, to: final.at });
    const allowedMs =
      settings.longestStoryMs +
      batchMs +
      storageRetries.reduce((total, { seconds }) => total + (seconds ?? 0) * 1000, STOP_SLACK);
    if (takenMs > allowedMs) {
      places.push({ where: final.where, message: `${formatDuration(takenMs)} / 허용 ${formatDuration(allowedMs)}` });
    }
  }
  if (longestMs === null && places.length === 0) return skip(code, '신호로도 마감으로도 끝나지 않았습니다');
  return failAt(code, formatDuration(longestMs ?? 0), places);
}

function isLoggedAtInfo(evidence: RunEvidence, at: RunProcess['claimedAt']): boolean {
  return loggedAtInfo(evidence).some((runProcess) => runProcess.claimedAt === at);
}

function checkNoPartial(evidence: RunEvidence): CheckResult {
  const code = 'no_partial';
  const leftovers = placesOf(evidence, 'half_published', 'leftover', 'torn_leftover');
  if (evidence.status === 'running') return skip(code, '진행 중');
  if (evidence.status === 'killed' && leftovers.length > 0)
    return note(code, '강제 종료가 남긴 것이 있습니다 (다음 시작이 치웁니다)', leftovers);
  return failAt(code, `${formatNumber(leftovers.length)}개`, leftovers);
}
