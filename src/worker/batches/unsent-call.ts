import { NO_TOKENS } from '../../api/usage.js';
import type { AbandonedRecord, AttemptRecord } from '../../run/ledger-records.js';

/**
 * The outcome of a call that was planned for a batch and never sent: nothing of it was paid for.
 * @param at milliseconds since the epoch
 */
export function unsentOutcome({ number }: Pick<AttemptRecord, 'number'>, at: number): AbandonedRecord {
  return { type: 'outcome', at, attempt: number, usage: NO_TOKENS, cost_usd: 0, kind: 'abandoned' };
}
