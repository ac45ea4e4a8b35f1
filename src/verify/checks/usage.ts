import { isDeepStrictEqual } from 'node:util';
import { NO_TOKENS } from '../../api/usage.js';
import { formatCost, formatNumber } from '../../lib/format-number.js';
import { supersededParts } from '../../run/ledger.js';
import { applyRecord } from '../../run/run-state.js';
import { toFields } from '../../run/statistics.js';
import { type CheckResult, failAt, note, type Place, pass, skip } from '../catalog.js';
import { isWhole, namedOutcomes } from '../folder/ledger-check.js';
import { addSpent, type Spent } from '../folder/pair-check.js';
import { type Life, workingLives } from '../processes.js';
import { isRotatedAway, logLivesOf, placesOf, type RunCase } from '../run-evidence.js';

// Criterion 5: what was used is known, or said to be unknown, and adds up.

export function checkUsage(c: RunCase): CheckResult[] {
  const { tokens } = c.run.state.statistics;
  return [
    checkKnown(c),
    failAt(
      'usage_matches',
      `${formatNumber(c.pairs.length)}쌍, 토큰 ${formatNumber(tokens.total_tokens)}`,
      placesOf(c, 'usage'),
    ),
    checkTotals(c),
  ];
}

function checkKnown(c: RunCase): CheckResult {
  const code = 'usage_known';
  const stories = c.pairs.filter(({ place, metadata }) => place === 'stories' && metadata.accepted_at === undefined);
  const unknown = stories.filter(({ metadata }) => metadata.usage === null || metadata.usage === undefined);
  const figure = `${formatNumber(stories.length)}편`;
  if (unknown.length === 0) return pass(code, figure);
  const isQuiet = workingLives(c.lives).some(
    (life) => isRotatedAway(c, life) || life.log?.settings?.logLevel === 'error',
  );
  if (isQuiet)
    return skip(code, `${figure} 가운데 ${formatNumber(unknown.length)}편은 모름, 경고가 있었는지는 로그에 없습니다`);
  const warned = new Set(
    logLivesOf(c)
      .flatMap(({ events }) => events.filter(({ event }) => event === 'usage_missing'))
      .map((e) => e.sequence),
  );
  const silent = unknown.filter(({ metadata }) => !warned.has(Number(metadata.sequence)));
  return failAt(
    code,
    `${figure} 가운데 ${formatNumber(unknown.length)}편은 모름 (경고 있음)`,
    silent.map(({ name }) => ({ where: name, message: '사용량이 없는데 "토큰 사용량 정보 없음" 경고도 없습니다' })),
  );
}

function checkTotals(c: RunCase): CheckResult {
  const code = 'totals';
  const { tokens, costUsd } = c.run.state.statistics;
  const cost = costUsd === null ? '가격 모름' : formatCost(costUsd);
  const figure = `토큰 ${formatNumber(tokens.total_tokens)} (입력 ${formatNumber(tokens.input_tokens)}, 출력 ${formatNumber(tokens.output_tokens)}), ${cost}`;
  const places: Place[] = [...placesOf(c, 'totals'), ...comparePairs(c), ...compareFinals(c)];
  if (places.length > 0) return failAt(code, figure, places);
  if (c.status === 'running') return note(code, `${figure}, 진행 중`);
  if (!isWhole(c.run)) return note(code, `${figure}, 장부가 도중에 새로 시작되어 소설들의 합계와는 견줄 수 없습니다`);
  return pass(code, figure);
}

/** Everything on disk, and what went without leaving a text, against the ledger. */
function comparePairs(c: RunCase): Place[] {
  // While it goes on, the folder is ahead of the ledger as it was read.
  if (c.status === 'running' || !isWhole(c.run)) return [];
  const { records } = c.run.ledger;
  const named = namedOutcomes(records);
  const takenIn = supersededParts(records);
  let spent: Spent = { tokens: NO_TOKENS, costUsd: null };
  for (const { name, spent: used } of c.pairs) {
    if (named.has(name) && !takenIn.has(name)) spent = addSpent(spent, used.tokens, used.costUsd);
  }
  for (const record of records) {
    const isTextless = record.type === 'outcome' && (record.kind === 'abandoned' || record.name === null);
    if (isTextless) spent = addSpent(spent, record.usage, record.cost_usd);
  }
  const { tokens, costUsd } = c.run.state.statistics;
  const places: Place[] = [];
  const [onDisk, inLedger] = [spent.tokens.total_tokens, tokens.total_tokens];
  if (!isDeepStrictEqual(spent.tokens, tokens)) {
    places.push({ where: c.run.id, message: `토큰: 소설들 ${formatNumber(onDisk)} ≠ 장부 ${formatNumber(inLedger)}` });
  }
  if (!isClose(spent.costUsd, costUsd)) {
    places.push({ where: c.run.id, message: `비용: 소설들 ${spent.costUsd} ≠ 장부 ${costUsd}` });
  }
  return places;
}

/** Sums of fractions come out a little different in another order. */
function isClose(a: number | null, b: number | null): boolean {
  return a === null || b === null ? a === b : Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(a));
}

/** What the final record has always told. */
const ALWAYS_TOLD = new Set(['stories', 'attempts', 'set_aside', 'calls_without_usage', 'tokens', 'cost_usd']);

/** Every final record against what the ledger knew when its process ended. */
function compareFinals({ lives }: RunCase): Place[] {
  return workingLives(lives).flatMap((life) =>
    (life.log?.finals ?? []).flatMap(({ where, fields }) => {
      const { runtime_seconds: _, ...wanted } = asJson(toFields(stateAtEnd(life).statistics, 0));
      const wrong = Object.entries(wanted).filter(
        ([name, value]) =>
          (Object.hasOwn(fields, name) || ALWAYS_TOLD.has(name)) && !isDeepStrictEqual(fields[name], value),
      );
      return wrong.map(([name, value]) => ({
        where,
        message: `${name}: 최종 통계 ${JSON.stringify(fields[name])} ≠ 장부 ${JSON.stringify(value)}`,
      }));
    }),
  );
}

/** The process counts its end before it says its statistics; a kill may keep that from the ledger. */
function stateAtEnd({ after, end }: Life) {
  return end === null ? applyRecord(after, { type: 'end', at: after.lastAt, reason: '', over: false }) : after;
}

function asJson(fields: Record<string, unknown>): Record<string, unknown> {
  return JSON.parse(JSON.stringify(fields)) as Record<string, unknown>;
}
