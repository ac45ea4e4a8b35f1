import { formatNumber } from '../../lib/format-number.js';
import { namedOutcomes } from '../../run/ledger.js';
import { type CheckResult, failAt, note, pass, skip } from '../catalog.js';
import type { TrackedBatch } from '../folder/batch-tracker.js';
import { CallTracker } from '../folder/call-tracker.js';
import { workingProcesses } from '../processes.js';
import {
  loggedAtInfo,
  mergeOccurrences,
  notesOf,
  placesOf,
  processLogsOf,
  type RunEvidence,
  skipReason,
} from '../run-evidence.js';

// Checks besides the seed's criteria: the ledger is consistent, fits the folder, and the log has no errors.

/** The remaining checks of a run. */
export function checkIntegrity(evidence: RunEvidence): CheckResult[] {
  return [checkLedger(evidence), checkBatches(evidence), checkTexts(evidence), checkCleanLog(evidence)];
}

function checkLedger(evidence: RunEvidence): CheckResult {
  const code = 'ledger';
  const { ledger, state } = evidence.run;
  const outcomes = ledger.records.filter(({ type }) => type === 'outcome').length;
  const calls = ledger.records.filter(({ type }) => type === 'attempt').length;
  const figure = [
    `호출 ${formatNumber(calls)}회`,
    `결과 ${formatNumber(outcomes)}건`,
    ...(state.statistics.lostCalls === 0 ? [] : [`끊긴 호출 ${formatNumber(state.statistics.lostCalls)}회`]),
  ].join(', ');
  const places = placesOf(evidence, 'outcome_without_call', 'call_without_outcome', 'attempt_number', 'part_order');
  // A signal ends the wait for a disk that refuses the record of an outcome; nothing else keeps it out of the ledger.
  const givenUp = notesOf(evidence, 'call_given_up');
  if (!mayHaveLogged(evidence, 'holding')) places.push(...givenUp);
  if (ledger.unreadable > 0 && !wasKilled(evidence)) {
    places.push({
      where: evidence.run.id,
      message: `강제 종료가 없었는데 읽을 수 없는 줄이 ${ledger.unreadable}개입니다`,
    });
  }
  if (places.length > 0) return failAt(code, figure, places);
  if (ledger.unreadable > 0) return note(code, `${figure}, 강제 종료로 잘린 줄 ${formatNumber(ledger.unreadable)}개`);
  return givenUp.length === 0 ? pass(code, figure) : note(code, `${figure}, 디스크가 받지 않은 결과가 있음`, givenUp);
}

/** Tells whether the log of the run has the event, or may lack it. */
function mayHaveLogged(evidence: RunEvidence, event: string): boolean {
  const logs = processLogsOf(evidence);
  const isComplete = loggedAtInfo(evidence).length === workingProcesses(evidence.processes).length;
  return !isComplete || logs.some(({ events }) => events.some((each) => each.event === event));
}

/** How long the vendor keeps the results of a batch, in milliseconds. */
const RESULTS_KEPT = 29 * 86_400_000;

function checkBatches(evidence: RunEvidence): CheckResult {
  const code = 'batches';
  const { run, status, now } = evidence;
  const tracker = new CallTracker(run.ledger.records);
  for (const record of run.ledger.records) tracker.apply(record);
  const { all, out } = tracker.batches;
  const places = placesOf(evidence, 'batch_order', 'batch_twice', 'batch_count');
  // A batch that was found by its size may turn out to be another worker's, which the log tells.
  if (!mayHaveLogged(evidence, 'batch_foreign')) places.push(...notesOf(evidence, 'batch_replaced'));
  if (out.length > 0 && status !== 'running' && !run.isMarkedOut) {
    places.push({
      where: run.id,
      message: '나가 있는 배치의 표시(.batch)가 장부 옆에 없어 다음 시작이 찾지 못할 수 있습니다',
    });
  }
  const calls = all.reduce((sum, batch) => sum + batch.calls, 0);
  const figure = all.length === 0 ? '없음' : `${formatNumber(all.length)}개, 소설 ${formatNumber(calls)}편`;
  if (places.length > 0) return failAt(code, figure, places);
  const notes = notesOf(evidence, 'batch_without_results', 'batch_cut_off', 'batch_replaced');
  const left =
    status === 'running'
      ? []
      : out.map((batch) => ({ where: batch.id ?? batch.key, message: describeLeft(batch, now) }));
  if (notes.length + left.length === 0) return pass(code, figure);
  const outText = left.length === 0 ? '' : `, 아직 거두지 않은 배치 ${formatNumber(left.length)}개`;
  return note(code, `${figure}${outText}`, [...left, ...notes]);
}

/** In Korean: how to collect a batch that is out. */
function describeLeft({ at, openCalls }: TrackedBatch, now: number): string {
  const what = `${formatNumber(openCalls)}건의 결과가 남았습니다`;
  return now - at > RESULTS_KEPT
    ? `${what}. 결과를 보관하는 29일이 지났을 수 있습니다 (npm start -- --resume으로 확인)`
    : `${what}. npm start -- --resume이 거둡니다 (API가 29일 동안 보관, 목록은 npm run batches -- list)`;
}

/** Tells whether a process of the run was killed. One that is killed as it claims the run shows in the log alone. */
function wasKilled(evidence: RunEvidence): boolean {
  if (workingProcesses(evidence.processes).some(({ end }) => end === null)) return true;
  return evidence.log.processes.some(
    ({ run, finals }) => finals.length === 0 && (run === null || run === evidence.run.id),
  );
}

function checkTexts(evidence: RunEvidence): CheckResult {
  const names = namedOutcomes(evidence.run.ledger.records).size;
  const places = placesOf(evidence, 'not_in_ledger', 'not_on_disk', 'wrong_folder', 'twice', 'doubts');
  return failAt('ledger_texts', `장부의 글 ${formatNumber(names)}편`, places);
}

function checkCleanLog(evidence: RunEvidence): CheckResult {
  const code = 'clean_log';
  const logs = processLogsOf(evidence);
  if (logs.length === 0) return skip(code, skipReason(evidence));
  const errors = mergeOccurrences(logs.map(({ errorLines }) => errorLines));
  if (errors.count > 0) return failAt(code, 'grep에 걸리는 줄이 있음', errors.places, errors.count);
  const quoted = mergeOccurrences(logs.map(({ quotedErrorLines }) => quotedErrorLines));
  const expected = mergeOccurrences(logs.map(({ expectedErrorLines }) => expectedErrorLines));
  if (quoted.count + expected.count === 0) return pass(code, '0줄');
  const figure = [
    expected.count === 0 ? '작업자의 오류 0줄' : `예상한 오류 ${formatNumber(expected.count)}줄뿐`,
    ...(quoted.count === 0
      ? []
      : [`grep에는 API가 알린 실패나 제목을 옮긴 ${formatNumber(quoted.count)}줄이 걸립니다`]),
  ].join('. ');
  return note(code, figure, [...expected.places, ...quoted.places]);
}
