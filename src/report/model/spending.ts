import { spent } from '../../run/budget.js';
import type { LedgerRecord } from '../../run/ledger.js';
import { applyRecord, INITIAL_RUN_STATE, type RunState } from '../../run/run-state.js';

/** The usage of a run up to a time. */
export interface SpendingPoint {
  /** Milliseconds since the epoch. */
  at: number;
  /** Known usage. */
  tokens: number;
  /** Known cost in US dollars; null while no price is known. */
  costUsd: number | null;
  /** Counts towards the caps: a call of unknown usage counts with the most that it can have used. */
  atMost: { tokens: number; costUsd: number };
}

/** The most steps that a chart can show. */
const MAX_STEPS = 300;

/**
 * Tokens and cost as they accumulate from `from` to `to`, in milliseconds since the epoch: the first point, the last
 * one, and at most one for each of 300 equal steps.
 */
export function spendingOf(records: readonly LedgerRecord[], from: number, to: number): SpendingPoint[] {
  const points = new Map<number, SpendingPoint>();
  let state = INITIAL_RUN_STATE;
  let last: SpendingPoint = { at: from, ...usedBy(state) };
  points.set(0, last);
  for (const record of records) {
    state = applyRecord(state, record);
    const used = usedBy(state);
    if (used.tokens === last.tokens && used.costUsd === last.costUsd && used.atMost.tokens === last.atMost.tokens)
      continue;
    last = { at: Math.min(Math.max(record.at, last.at), to), ...used };
    points.set(to === from ? 1 : 1 + Math.floor(((last.at - from) / (to - from)) * MAX_STEPS), last);
  }
  return [...points.values(), ...(last.at === to ? [] : [{ ...last, at: to }])];
}

/** The usage in a state. Leaves out open calls, whose usage is not known yet. */
function usedBy(state: RunState): Omit<SpendingPoint, 'at'> {
  const { tokens, costUsd } = state.statistics;
  return { tokens: tokens.total_tokens, costUsd, atMost: spent({ ...state, open: [] }) };
}
