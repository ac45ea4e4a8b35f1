import { isDeepStrictEqual } from 'node:util';
import { addKnownUsage, type Usage } from '../../api/usage.js';
import {
  type LedgerRecord,
  ledgerPath,
  listRuns,
  type NamedOutcome,
  namedOutcomes,
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

/** A run that the folder has a ledger of. */
export interface FoundRun {
  id: string;
  ledger: ReadLedger;
  /** The state after all records. */
  state: RunState;
}

/** All runs of a folder, newest first. */
export async function readRuns(folder: string, addFinding: AddFinding): Promise<FoundRun[]> {
  const runs: FoundRun[] = [];
  for (const id of await listRuns(folder)) {
    const ledger = readLedger(ledgerPath(folder, id));
    if (ledger === null) {
      // The worker was killed in its first write, before any call.
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

/** False for a ledger that was lost and began anew: of the time before, it has only totals. */
export function hasFullHistory({ ledger: { records } }: FoundRun): boolean {
  return records.every(({ type }) => type !== 'snapshot');
}

/**
 * Checks that every outcome follows its call, that every call has an outcome unless a kill cut it off, and that calls
 * are numbered from 1.
 */
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
        // A defect of the worker before a call is counted as an attempt.
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
 * Compares a ledger with the pairs of its run.
 * @param known the names that the ledger had before the folder was read; a worker may have added others since
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
      // A staged pair may be missing: a worker was killed before it recorded the pair, and the next start does that.
      if (hasFullHistory(run) && location !== 'staged') addFinding('not_in_ledger', name, { run: id });
      continue;
    }
    // A person may have accepted a text that was set aside.
    const isStory = record.kind === 'story' || metadata.accepted_at !== null;
    const destination: Destination = isStory ? 'stories' : 'set-aside';
    if ((location === 'stories' || location === 'set-aside') && location !== destination)
      addFinding('wrong_folder', name, { run: id });
    const calls = callsOf(record, named);
    const recorded = [usageOf(calls), record.completes ?? null, costOf(calls)];
    if (!isDeepStrictEqual(recorded, [metadata.usage, metadata.completes, metadata.cost_usd])) {
      addFinding('usage', name, { run: id });
    }
    // A part that its continuation contains; a kill may leave it in staging.
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

/** The outcomes of all calls for a text, in order. */
function callsOf(record: NamedOutcome, named: ReadonlyMap<string, NamedOutcome>): NamedOutcome[] {
  const calls = [record];
  for (;;) {
    const before = named.get(calls[0]?.completes ?? '');
    if (before === undefined || calls.includes(before)) return calls;
    calls.unshift(before);
  }
}

/** The usage of all calls; null when that of one is unknown. */
function usageOf(calls: readonly NamedOutcome[]): Usage | null {
  return calls.map(({ usage }) => usage).reduce(addKnownUsage);
}

function costOf(calls: readonly NamedOutcome[]): number | null {
  return calls.reduce<number | null>(
    (sum, { cost_usd }) => (sum === null || cost_usd === null ? null : sum + cost_usd),
    0,
  );
}

/** Compares the replayed totals with a second count, which shares no code with the replay. */
function checkTotals(id: string, state: RunState, records: readonly LedgerRecord[], addFinding: AddFinding): void {
  const { statistics } = state;
  const outcomes = records.flatMap((record) => (record.type === 'outcome' ? [record] : []));
  const stories = outcomes.filter(({ kind }) => kind === 'story').length;
  const superseded = supersededParts(outcomes);
  const isSetAside = (outcome: OutcomeRecord) =>
    (outcome.kind === 'failure' && outcome.name !== null) || (outcome.kind === 'part' && !superseded.has(outcome.name));
  // A part whose continuation may still come is not set aside yet.
  const pending = state.parts.length;
  const setAside = outcomes.filter(isSetAside).length - pending;
  const total = outcomes.reduce((sum, { usage }) => sum + (usage?.total_tokens ?? 0), 0);
  const recorded = [statistics.stories, statistics.setAside, statistics.tokens.total_tokens];
  if (!isDeepStrictEqual(recorded, [stories, setAside, total])) {
    addFinding('totals', id, { run: id, detail: `${recorded.join('/')} ≠ ${[stories, setAside, total].join('/')}` });
  }
}

function checkSequence(id: string, stories: readonly FoundPair[], startsAtOne: boolean, addFinding: AddFinding): void {
  const numbers = stories.map(({ metadata }) => metadata.sequence ?? Number.NaN).sort((a, b) => a - b);
  const first = startsAtOne ? 1 : (numbers[0] ?? 1);
  const wrong = numbers.findIndex((number, at) => number !== first + at);
  if (wrong !== -1) addFinding('sequence', id, { run: id, detail: `${first + wrong}번 자리에 ${numbers[wrong]}` });
}
