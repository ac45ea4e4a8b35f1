import { isDeepStrictEqual } from 'node:util';
import { NO_TOKENS } from '../../api/usage.js';
import { formatCost, formatNumber } from '../../lib/format-number.js';
import { namedOutcomes, supersededParts } from '../../run/ledger.js';
import { applyRecord } from '../../run/run-state.js';
import { toFields } from '../../run/statistics.js';
import { type CheckResult, failAt, note, type Place, pass, skip } from '../catalog.js';
import { hasFullHistory } from '../folder/ledger-check.js';
import { addToTotal, type UsageTotal } from '../folder/pair-check.js';
import { type RunProcess, workingProcesses } from '../processes.js';
import { isRotatedAway, placesOf, processLogsOf, type RunEvidence } from '../run-evidence.js';

// Criterion 5: usage is known, or its absence is logged, and the totals add up.

/** The checks of criterion 5. */
export function checkUsage(evidence: RunEvidence): CheckResult[] {
  const { tokens } = evidence.run.state.statistics;
  return [
    checkUsageKnown(evidence),
    failAt(
      'usage_matches',
      `${formatNumber(evidence.pairs.length)}쌍, 토큰 ${formatNumber(tokens.total_tokens)}`,
      placesOf(evidence, 'usage'),
    ),
    checkTotals(evidence),
  ];
}

function checkUsageKnown(evidence: RunEvidence): CheckResult {
  const code = 'usage_known';
  const stories = evidence.pairs.filter(
    ({ location, metadata }) => location === 'stories' && metadata.accepted_at === null,
  );
  const unknown = stories.filter(({ metadata }) => metadata.usage === null);
  const figure = `${formatNumber(stories.length)}편`;
  if (unknown.length === 0) return pass(code, figure);
  const mayLackWarnings = workingProcesses(evidence.processes).some(
    (runProcess) => isRotatedAway(evidence, runProcess) || runProcess.log?.settings?.logLevel === 'error',
  );
  if (mayLackWarnings)
    return skip(code, `${figure} 가운데 ${formatNumber(unknown.length)}편은 모름, 경고가 있었는지는 로그에 없습니다`);
  const warned = new Set(
    processLogsOf(evidence)
      .flatMap(({ events }) => events.filter(({ event }) => event === 'usage_missing'))
      .map((e) => e.sequence),
  );
  const unwarned = unknown.filter(({ metadata }) => !warned.has(metadata.sequence));
  return failAt(
    code,
    `${figure} 가운데 ${formatNumber(unknown.length)}편은 모름 (경고 있음)`,
    unwarned.map(({ name }) => ({ where: name, message: '사용량이 없는데 "토큰 사용량 정보 없음" 경고도 없습니다' })),
  );
}

function checkTotals(evidence: RunEvidence): CheckResult {
  const code = 'totals';
  const { tokens, costUsd } = evidence.run.state.statistics;
  const cost = costUsd === null ? '가격 모름' : formatCost(costUsd);
  const figure = `토큰 ${formatNumber(tokens.total_tokens)} (입력 ${formatNumber(tokens.input_tokens)}, 출력 ${formatNumber(tokens.output_tokens)}), ${cost}`;
  const places: Place[] = [...placesOf(evidence, 'totals'), ...comparePairs(evidence), ...compareFinals(evidence)];
  if (places.length > 0) return failAt(code, figure, places);
  if (evidence.status === 'running') return note(code, `${figure}, 진행 중`);
  if (!hasFullHistory(evidence.run))
    return note(code, `${figure}, 장부가 도중에 새로 시작되어 소설들의 합계와는 견줄 수 없습니다`);
  return pass(code, figure);
}

/** Compares the totals of the ledger with the sum of all texts on disk and of the calls that left no text. */
function comparePairs(evidence: RunEvidence): Place[] {
  // While the run is running, the folder has more than the ledger had when it was read.
  if (evidence.status === 'running' || !hasFullHistory(evidence.run)) return [];
  const { records } = evidence.run.ledger;
  const named = namedOutcomes(records);
  const superseded = supersededParts(records);
  let onDisk: UsageTotal = { tokens: NO_TOKENS, costUsd: null };
  for (const { name, total: used } of evidence.pairs) {
    if (named.has(name) && !superseded.has(name)) onDisk = addToTotal(onDisk, used.tokens, used.costUsd);
  }
  for (const record of records) {
    const isTextless = record.type === 'outcome' && (record.kind === 'abandoned' || record.name === null);
    if (isTextless) onDisk = addToTotal(onDisk, record.usage, record.cost_usd);
  }
  const { tokens, costUsd } = evidence.run.state.statistics;
  const places: Place[] = [];
  const [tokensOnDisk, tokensInLedger] = [onDisk.tokens.total_tokens, tokens.total_tokens];
  if (!isDeepStrictEqual(onDisk.tokens, tokens)) {
    places.push({
      where: evidence.run.id,
      message: `토큰: 소설들 ${formatNumber(tokensOnDisk)} ≠ 장부 ${formatNumber(tokensInLedger)}`,
    });
  }
  if (!isClose(onDisk.costUsd, costUsd)) {
    places.push({ where: evidence.run.id, message: `비용: 소설들 ${onDisk.costUsd} ≠ 장부 ${costUsd}` });
  }
  return places;
}

/** Compares two sums of fractions, which differ a little when they are added in another order. */
function isClose(a: number | null, b: number | null): boolean {
  return a === null || b === null ? a === b : Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(a));
}

/** Fields of the final record that every version has written. */
const ALWAYS_PRESENT = new Set(['stories', 'attempts', 'set_aside', 'calls_without_usage', 'tokens', 'cost_usd']);

/** Compares every final record with the ledger's state at the end of its process. */
function compareFinals({ processes }: RunEvidence): Place[] {
  return workingProcesses(processes).flatMap((runProcess) =>
    (runProcess.log?.finals ?? []).flatMap(({ where, fields }) => {
      const { runtime_seconds: _, ...expected } = asJson(toFields(stateAtEnd(runProcess).statistics, 0));
      const differing = Object.entries(expected).filter(
        ([name, value]) =>
          (Object.hasOwn(fields, name) || ALWAYS_PRESENT.has(name)) && !isDeepStrictEqual(fields[name], value),
      );
      return differing.map(([name, value]) => ({
        where,
        message: `${name}: 최종 통계 ${JSON.stringify(fields[name])} ≠ 장부 ${JSON.stringify(value)}`,
      }));
    }),
  );
}

/** The state that the final record was made from: it includes the end, which a kill can keep out of the ledger. */
function stateAtEnd({ stateAfter, end }: RunProcess) {
  return end === null
    ? applyRecord(stateAfter, { type: 'end', at: stateAfter.lastAt, reason: '', over: false })
    : stateAfter;
}

function asJson(fields: Record<string, unknown>): Record<string, unknown> {
  return JSON.parse(JSON.stringify(fields)) as Record<string, unknown>;
}
