import { costOf, type Price } from '../api/pricing.js';
import { applyRecord, INITIAL_RUN_STATE, type RunState } from '../run/run-state.js';
import type { FoundRun } from '../verify/folder/folder-check.js';
import type { FoundAttempt } from './artifacts.js';
import type { Call } from './mock-api.js';
import { type Violation, violation } from './violation.js';

// Checks of what several calls at once put at risk: batches that are created twice, and more calls than stories are left
// to write. Pure.

/** A batch at the mock API. */
export interface CreatedBatch {
  id: string;
  customIds: readonly string[];
}

/** No call is in two batches, and once the run is over, every batch that was created is in the ledger and collected. */
export function checkBatches(
  batches: readonly CreatedBatch[],
  runs: readonly FoundRun[],
  { atRest }: { atRest: boolean },
): Violation[] {
  const records = runs.flatMap(({ ledger }) => ledger.records);
  const known = new Set(records.flatMap((record) => (record.type === 'batch' && 'id' in record ? record.id : [])));
  const open = runs.flatMap(({ state }) => state.batches);
  const batchOf = new Map<string, string>();
  const violations: Violation[] = [];
  for (const { id, customIds } of batches) {
    const other = customIds.map((customId) => batchOf.get(customId)).find((each) => each !== undefined);
    if (other !== undefined)
      violations.push(violation('batch_twice', id, `같은 호출로 만든 배치가 있습니다: ${other}`));
    for (const customId of customIds) batchOf.set(customId, id);
    if (atRest && !known.has(id)) violations.push(violation('batch_forgotten', id, '장부에 없는 배치입니다'));
  }
  if (atRest) violations.push(...open.map(({ key }) => violation('batch_open', key, '다 거두지 않은 배치가 있습니다')));
  return violations;
}

/** At no time are more stories written and in hand than were asked for. */
export function checkCount({ id, ledger }: FoundRun, maxStories: number): Violation[] {
  let state: RunState = INITIAL_RUN_STATE;
  let most = 0;
  for (const record of ledger.records) {
    state = applyRecord(state, record);
    // A kill shows in the state only once the next process makes a call.
    if (record.type === 'attempt' || record.type === 'outcome') most = Math.max(most, inHandOf(state));
  }
  return most <= maxStories
    ? []
    : [violation('count_exceeded', id, `쓴 것과 쓰는 것이 ${most}편입니다 (${maxStories}편까지)`)];
}

function inHandOf({ statistics, open, parts, epoch }: RunState): number {
  const current = open.filter((call) => call.epoch === epoch || call.batch !== undefined);
  const waiting = parts.filter(
    (part) => part.epoch === epoch && !current.some(({ continues }) => continues === part.name),
  );
  return statistics.stories + current.length + waiting.length;
}

/** The vendor bills no more than the cap: what calls in flight may use has to be set aside before the next is made. */
export function checkCap(calls: readonly { billedTokens: number }[], cap: number): Violation[] {
  const billed = calls.reduce((sum, { billedTokens }) => sum + billedTokens, 0);
  return billed <= cap ? [] : [violation('cap_exceeded', 'MAX_TOKENS_TOTAL', `${billed}토큰 (상한 ${cap})`)];
}

/** Every call costs what its usage costs; one of a batch, half of that. */
export function checkCosts(
  matches: readonly { call: Call; attempt: FoundAttempt | null }[],
  price: Price,
): Violation[] {
  return matches.flatMap(({ call, attempt }) => {
    const outcome = attempt?.outcome ?? null;
    if (outcome === null || outcome.usage === null) return [];
    const full = costOf(outcome.usage, price) ?? 0;
    const due = call.customId === null ? full : full / 2;
    if (outcome.cost_usd !== null && Math.abs(outcome.cost_usd - due) < ROUNDING_USD) return [];
    return [violation('wrong_cost', call.index, `장부에는 $${outcome.cost_usd}, 값은 $${due}`)];
  });
}

/** US dollars. */
const ROUNDING_USD = 1e-9;
