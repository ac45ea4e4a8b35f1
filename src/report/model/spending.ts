import { spent } from '../../run/budget.js';
import type { LedgerRecord } from '../../run/ledger.js';
import { applyRecord, INITIAL_RUN_STATE, type RunState } from '../../run/run-state.js';

/** What a run had used by a moment. */
export interface SpendingPoint {
  /** Milliseconds since the epoch. */
  at: number;
  /** Known to have been used. */
  tokens: number;
  /** US dollars known to have been used; null while no price is known. */
  costUsd: number | null;
  /** The same with calls of unknown usage at the most that they can have used: what the caps count. */
  atMost: { tokens: number; costUsd: number };
}

/** More steps than this a chart cannot show. */
const MAX_STEPS = 300;

/** Tokens and money as they accumulate: the first moment, the last, and at most one of each of 300 stretches between. */
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

/** A call in flight has not used anything yet that would be known. */
function usedBy(state: RunState): Omit<SpendingPoint, 'at'> {
  const { tokens, costUsd } = state.statistics;
  return { tokens: tokens.total_tokens, costUsd, atMost: spent({ ...state, open: [] }) };
}
