import { formatNumber } from '../../lib/format-number.js';
import { type CheckResult, failAt, note, pass, skip } from '../catalog.js';
import { namedOutcomes } from '../folder/ledger-check.js';
import { workingLives } from '../processes.js';
import { logLivesOf, placesOf, type RunCase, sum, whyUntold } from '../run-evidence.js';

// What the files promise besides the seed's criteria.

export function checkPromises(c: RunCase): CheckResult[] {
  return [checkLedger(c), checkTexts(c), checkAlarms(c)];
}

function checkLedger(c: RunCase): CheckResult {
  const code = 'ledger';
  const { ledger, state } = c.run;
  const outcomes = ledger.records.filter(({ type }) => type === 'outcome').length;
  const calls = ledger.records.filter(({ type }) => type === 'attempt').length;
  const figure = [
    `호출 ${formatNumber(calls)}회`,
    `결과 ${formatNumber(outcomes)}건`,
    ...(state.statistics.lostCalls === 0 ? [] : [`끊긴 호출 ${formatNumber(state.statistics.lostCalls)}회`]),
  ].join(', ');
  const places = placesOf(c, 'outcome_without_call', 'call_without_outcome', 'attempt_number');
  if (ledger.unreadable > 0 && !hasKills(c)) {
    places.push({ where: c.run.id, message: `강제 종료가 없었는데 읽을 수 없는 줄이 ${ledger.unreadable}개입니다` });
  }
  if (places.length > 0) return failAt(code, figure, places);
  if (ledger.unreadable === 0) return pass(code, figure);
  return note(code, `${figure}, 강제 종료로 잘린 줄 ${formatNumber(ledger.unreadable)}개`);
}

/** A process that ended without a word: in the ledger, or, where it was killed as it took the run, in the log alone. */
function hasKills(c: RunCase): boolean {
  if (workingLives(c.lives).some(({ end }) => end === null)) return true;
  return c.log.lives.some(({ run, finals }) => finals.length === 0 && (run === null || run === c.run.id));
}

function checkTexts(c: RunCase): CheckResult {
  const names = namedOutcomes(c.run.ledger.records).size;
  const places = placesOf(c, 'not_in_ledger', 'not_on_disk', 'wrong_shelf', 'twice');
  return failAt('ledger_texts', `장부의 글 ${formatNumber(names)}편`, places);
}

function checkAlarms(c: RunCase): CheckResult {
  const code = 'clean_log';
  const lives = logLivesOf(c);
  if (lives.length === 0) return skip(code, whyUntold(c));
  const alarms = sum(lives.map((life) => life.alarms));
  if (alarms.count > 0) return failAt(code, 'grep에 걸리는 줄이 있음', alarms.places, alarms.count);
  const harmless = sum(lives.map((life) => life.harmless));
  if (harmless.count === 0) return pass(code, '0줄');
  const figure = `작업자의 오류 0줄. grep에는 API가 알린 실패나 제목을 옮긴 ${formatNumber(harmless.count)}줄이 걸립니다`;
  return note(code, figure, harmless.places);
}
