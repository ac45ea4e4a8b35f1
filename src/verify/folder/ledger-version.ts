import type { LedgerRecord, OutcomeRecord } from '../../run/ledger.js';

// Outcomes name their calls since several calls may be open. In ledgers of version 1 an outcome is of the only open call.

/** A defect of the worker that ended an attempt: it may have come before the call, and then the outcome is of none. */
export function isUnforeseen(outcome: OutcomeRecord): boolean {
  return outcome.kind === 'failure' && outcome.failure === 'unforeseen' && outcome.name === null;
}

/** The epochs of processes that name the calls of their outcomes, and of those of version 1, which had one call open. */
export function namingEpochs(records: readonly LedgerRecord[]): { naming: Set<number>; version1: Set<number> } {
  const [naming, version1] = [new Set<number>(), new Set<number>()];
  let epoch = 1;
  let hasCalled = false;
  for (const record of records) {
    if (record.type === 'claim' && record.epoch === epoch + 1) [epoch, hasCalled] = [record.epoch, false];
    if (record.type === 'snapshot') epoch = record.state.epoch;
    if (record.type === 'attempt') hasCalled = true;
    if (record.type !== 'outcome') continue;
    if (record.attempt !== undefined) naming.add(epoch);
    // Before its first call a process records what its predecessor left, in the form that its metadata has.
    else if (hasCalled && !isUnforeseen(record)) version1.add(epoch);
  }
  for (const each of naming) version1.delete(each);
  return { naming, version1 };
}
