import { formatNumber } from '../../lib/format-number.js';
import { namedOutcomes } from '../../run/ledger.js';
import { type CheckResult, failAt, note, pass, skip } from '../catalog.js';
import { workingProcesses } from '../processes.js';
import { mergeOccurrences, placesOf, processLogsOf, type RunEvidence, skipReason } from '../run-evidence.js';

// Checks besides the seed's criteria: the ledger is consistent, fits the folder, and the log has no errors.

/** The remaining checks of a run. */
export function checkIntegrity(evidence: RunEvidence): CheckResult[] {
  return [checkLedger(evidence), checkTexts(evidence), checkCleanLog(evidence)];
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
  const places = placesOf(evidence, 'outcome_without_call', 'call_without_outcome', 'attempt_number');
  if (ledger.unreadable > 0 && !wasKilled(evidence)) {
    places.push({
      where: evidence.run.id,
      message: `강제 종료가 없었는데 읽을 수 없는 줄이 ${ledger.unreadable}개입니다`,
    });
  }
  if (places.length > 0) return failAt(code, figure, places);
  if (ledger.unreadable === 0) return pass(code, figure);
  return note(code, `${figure}, 강제 종료로 잘린 줄 ${formatNumber(ledger.unreadable)}개`);
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
  const places = placesOf(evidence, 'not_in_ledger', 'not_on_disk', 'wrong_folder', 'twice');
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
    expected.count === 0 ? '작업자의 오류 0줄' : `예상한 파일 오류 ${formatNumber(expected.count)}줄뿐`,
    ...(quoted.count === 0
      ? []
      : [`grep에는 API가 알린 실패나 제목을 옮긴 ${formatNumber(quoted.count)}줄이 걸립니다`]),
  ].join('. ');
  return note(code, figure, [...expected.places, ...quoted.places]);
}
