import { isDeepStrictEqual } from 'node:util';
import { addKnownUsage, type Usage } from '../../api/usage.js';
import {
  type LedgerRecord,
  ledgerPath,
  listRuns,
  type OutcomeRecord,
  type ReadLedger,
  readLedger,
  supersededParts,
} from '../../run/ledger.js';
import { replay } from '../../run/run.js';
import type { RunState } from '../../run/run-state.js';
import type { Destination } from '../../store/story-store.js';
import type { AddFinding } from '../findings.js';
import type { FoundPair } from './pair-check.js';

export interface FoundRun {
  id: string;
  ledger: ReadLedger;
  /** What the ledger amounts to. */
  state: RunState;
}

/** All runs of a folder, newest first. */
export async function readRuns(folder: string, addFinding: AddFinding): Promise<FoundRun[]> {
  const runs: FoundRun[] = [];
  for (const id of await listRuns(folder)) {
    const ledger = readLedger(ledgerPath(folder, id));
    if (ledger === null) {
      // Killed in the first write of the run: nothing had been called yet.
      addFinding('unreadable_ledger', id, { severity: 'note', run: id });
      continue;
    }
    if (ledger.unreadable > 0) {
      addFinding('torn_ledger', id, { severity: 'note', run: id, detail: `${ledger.unreadable}줄` });
    }
    runs.push({ id, ledger, state: replay(ledger) });
  }
  return runs;
}

export type NamedOutcome = Exclude<OutcomeRecord, { kind: 'abandoned' }> & { name: string };

/** The outcomes that put a text on disk, by its name. */
export function namedOutcomes(records: readonly LedgerRecord[]): Map<string, NamedOutcome> {
  const named = new Map<string, NamedOutcome>();
  for (const record of records) {
    if (record.type === 'outcome' && record.kind !== 'abandoned' && record.name !== null) {
      named.set(record.name, record as NamedOutcome);
    }
  }
  return named;
}

/** A ledger that was begun anew knows what was before only as a sum. */
export function hasFullHistory({ ledger: { records } }: FoundRun): boolean {
  return records.every(({ type }) => type !== 'snapshot');
}

/** Every outcome follows its call, and every call has its outcome unless a kill cut it off; calls are numbered from 1. */
export function checkCallSequence({ id, ledger: { records } }: FoundRun, addFinding: AddFinding): void {
  let open: 'no' | 'yes' | 'cut_off' = 'no';
  let calls = 0;
  for (const record of records) {
    switch (record.type) {
      case 'claim':
        if (open === 'yes') open = 'cut_off';
        break;
      case 'attempt':
        if (open === 'yes') addFinding('call_without_outcome', id, { run: id, detail: `${calls}번째 호출` });
        calls += 1;
        open = 'yes';
        if (record.number !== calls)
          addFinding('attempt_number', id, { run: id, detail: `${calls} ≠ ${record.number}` });
        break;
      case 'outcome':
        // A defect before the call counts as an attempt of its own.
        if (open === 'no' && isUnforeseen(record)) calls += 1;
        else if (open === 'no') addFinding('outcome_without_call', id, { run: id, detail: `${calls}번째 호출 뒤` });
        open = 'no';
        break;
      case 'snapshot':
        calls = record.state.statistics.attempts + record.state.open.length;
        open = record.state.open.length === 0 ? 'no' : 'yes';
        break;
      case 'end':
        open = 'no';
    }
  }
}

function isUnforeseen(outcome: OutcomeRecord): boolean {
  return outcome.kind === 'failure' && outcome.failure === 'unforeseen' && outcome.name === null;
}

/**
 * Holds a ledger against the pairs of its run.
 * @param known the names that the ledger had before the folder was looked through; a worker may have added others
 */
export function checkAgainstLedger(
  run: FoundRun,
  pairs: readonly FoundPair[],
  known: ReadonlySet<string>,
  addFinding: AddFinding,
): void {
  const { id, ledger, state } = run;
  const { records } = ledger;
  const named = namedOutcomes(records);
  const superseded = supersededParts(records);
  for (const { name, location, metadata } of pairs) {
    const record = named.get(name);
    if (record === undefined) {
      // Killed between the two: the next start records it.
      if (hasFullHistory(run) && location !== 'staged') addFinding('not_in_ledger', name, { run: id });
      continue;
    }
    // A person may have put it among the stories since.
    const isStory = record.kind === 'story' || metadata.accepted_at !== null;
    const destination: Destination = isStory ? 'stories' : 'set-aside';
    if ((location === 'stories' || location === 'set-aside') && location !== destination)
      addFinding('wrong_folder', name, { run: id });
    const calls = callsOf(record, named);
    const recorded = [usageOf(calls), record.completes ?? null, costOf(calls)];
    if (!isDeepStrictEqual(recorded, [metadata.usage, metadata.completes, metadata.cost_usd])) {
      addFinding('usage', name, { run: id });
    }
    // Its text stands in another; a kill may have left it in staging.
    if (superseded.has(name) && location !== 'staged') addFinding('twice', name, { run: id });
  }
  const present = new Set(pairs.map(({ name }) => name));
  for (const name of named.keys()) {
    if (known.has(name) && !present.has(name) && !superseded.has(name)) addFinding('not_on_disk', name, { run: id });
  }
  if (hasFullHistory(run)) checkTotals(id, state, records, addFinding);
  const stories = pairs.filter(({ name }) => known.has(name) && named.get(name)?.kind === 'story');
  checkSequence(id, stories, hasFullHistory(run), addFinding);
}

/** The calls that a text took, the first one first. */
function callsOf(record: NamedOutcome, named: ReadonlyMap<string, NamedOutcome>): NamedOutcome[] {
  const calls = [record];
  for (;;) {
    const before = named.get(calls[0]?.completes ?? '');
    if (before === undefined || calls.includes(before)) return calls;
    calls.unshift(before);
  }
}

/** What the ledger says of all calls that a text took; null as soon as one of them is not known. */
function usageOf(calls: readonly NamedOutcome[]): Usage | null {
  return calls.map(({ usage }) => usage).reduce(addKnownUsage);
}

function costOf(calls: readonly NamedOutcome[]): number | null {
  return calls.reduce<number | null>(
    (sum, { cost_usd }) => (sum === null || cost_usd === null ? null : sum + cost_usd),
    0,
  );
}

/** The replay, against a count that does not share its code. */
function checkTotals(id: string, state: RunState, records: readonly LedgerRecord[], addFinding: AddFinding): void {
  const { statistics } = state;
  const outcomes = records.flatMap((record) => (record.type === 'outcome' ? [record] : []));
  const stories = outcomes.filter(({ kind }) => kind === 'story').length;
  const superseded = supersededParts(outcomes);
  const isSetAside = (outcome: OutcomeRecord) =>
    (outcome.kind === 'failure' && outcome.name !== null) || (outcome.kind === 'part' && !superseded.has(outcome.name));
  // A part whose rest may still come is neither.
  const pending = state.parts.length;
  const setAside = outcomes.filter(isSetAside).length - pending;
  const total = outcomes.reduce((sum, { usage }) => sum + (usage?.total_tokens ?? 0), 0);
  const recorded = [statistics.stories, statistics.setAside, statistics.tokens.total_tokens];
  if (!isDeepStrictEqual(recorded, [stories, setAside, total])) {
    addFinding('totals', id, { run: id, detail: `${recorded.join('/')} ≠ ${[stories, setAside, total].join('/')}` });
  }
}

function checkSequence(id: string, stories: readonly FoundPair[], whole: boolean, addFinding: AddFinding): void {
  const numbers = stories.map(({ metadata }) => metadata.sequence ?? Number.NaN).sort((a, b) => a - b);
  const first = whole ? 1 : (numbers[0] ?? 1);
  const wrong = numbers.findIndex((number, at) => number !== first + at);
  if (wrong !== -1) addFinding('sequence', id, { run: id, detail: `${first + wrong}번 자리에 ${numbers[wrong]}` });
}
