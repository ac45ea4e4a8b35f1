import { isDeepStrictEqual } from 'node:util';
import { addKnownUsage, type Usage } from '../../api/usage.js';
import {
  ledgerPath,
  listRuns,
  listRunsWithBatches,
  type NamedOutcome,
  namedOutcomes,
  type ReadLedger,
  readLedger,
  supersededParts,
} from '../../run/ledger.js';
import { replay } from '../../run/run.js';
import type { RunState } from '../../run/run-state.js';
import type { Destination } from '../../store/story-store.js';
import { DOUBT_REASONS, type Doubt } from '../../story/doubts.js';
import type { AddFinding } from '../findings.js';
import { CallTracker, type TrackedCounts } from './call-tracker.js';
import type { FoundPair } from './pair-check.js';

/** A run that the folder has a ledger of. */
export interface FoundRun {
  id: string;
  ledger: ReadLedger;
  /** The state after all records. */
  state: RunState;
  /** A file beside the ledger says that a batch is out, for the next start to find. */
  isMarkedOut: boolean;
}

/** All runs of a folder, newest first. */
export async function readRuns(folder: string, addFinding: AddFinding): Promise<FoundRun[]> {
  const runs: FoundRun[] = [];
  const markedOut = new Set(await listRunsWithBatches(folder));
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
    runs.push({ id, ledger, state: replay(ledger), isMarkedOut: markedOut.has(id) });
  }
  return runs;
}

/** False for a ledger that was lost and began anew: of the time before, it has only totals. */
export function hasFullHistory({ ledger: { records } }: FoundRun): boolean {
  return records.every(({ type }) => type !== 'snapshot');
}

/** The result of following the calls of a ledger. */
export interface FollowedCalls {
  counts: TrackedCounts;
  /** Stories that the next process found in staging, and recorded. */
  recovered: ReadonlySet<string>;
}

/**
 * Checks that every outcome is of an open call, that every call has an outcome unless a kill or a batch explains why
 * not, that calls are numbered from 1, and that parts and batches follow their own order.
 */
export function checkCalls({ id, ledger: { records } }: FoundRun, addFinding: AddFinding): FollowedCalls {
  const tracker = new CallTracker(records);
  const recovered = new Set<string>();
  for (const record of records) {
    const { misfits, call } = tracker.apply(record);
    for (const { code, ...details } of misfits) addFinding(code, id, { run: id, ...details });
    const isRecovered = call !== null && call.batch === undefined && call.epoch !== tracker.epoch;
    if (isRecovered && record.type === 'outcome' && record.kind === 'story') recovered.add(record.name);
  }
  return { counts: tracker.counts, recovered };
}

/**
 * Compares a ledger with the pairs of its run.
 * @param known the names that the ledger had before the folder was read; a worker may have added others since
 */
export function checkAgainstLedger(
  run: FoundRun,
  pairs: readonly FoundPair[],
  known: ReadonlySet<string>,
  { counts, recovered }: FollowedCalls,
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
    if (!hasSameDoubts(record, metadata.doubts)) addFinding('doubts', name, { run: id });
    // A part that its continuation contains; a kill may leave it in staging.
    if (superseded.has(name) && location !== 'staged') addFinding('twice', name, { run: id });
  }
  const present = new Set(pairs.map(({ name }) => name));
  for (const name of named.keys()) {
    if (known.has(name) && !present.has(name) && !superseded.has(name)) addFinding('not_on_disk', name, { run: id });
  }
  if (hasFullHistory(run)) checkTotals(id, state, counts, addFinding);
  const byName = new Map(pairs.map((pair) => [pair.name, pair]));
  const inOrder = [...named.values()].flatMap(({ kind, name }) => {
    const pair = kind === 'story' && known.has(name) ? byName.get(name) : undefined;
    return pair ?? [];
  });
  checkSequence(id, inOrder, { startsAtOne: hasFullHistory(run), recovered }, addFinding);
}

/** A story that was recorded after a kill may lack its doubts in the ledger, never in its metadata. */
function hasSameDoubts(record: NamedOutcome, doubts: readonly Doubt[] | null): boolean {
  if (record.kind !== 'story' || record.doubts === undefined) return true;
  // Metadata is read without the doubts that only a later version knows.
  const known = record.doubts.filter((code) => Object.hasOwn(DOUBT_REASONS, code));
  return isDeepStrictEqual(known.sort(), (doubts ?? []).map(({ code }) => code as string).sort());
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
function checkTotals(id: string, { statistics }: RunState, counts: TrackedCounts, addFinding: AddFinding): void {
  const { stories, setAside, attempts, lostCalls, tokens } = statistics;
  const recorded = [stories, setAside, attempts, lostCalls, tokens.total_tokens];
  const counted = [counts.stories, counts.setAside, counts.attempts, counts.lostCalls, counts.tokens];
  if (!isDeepStrictEqual(recorded, counted)) {
    addFinding('totals', id, { run: id, detail: `${recorded.join('/')} ≠ ${counted.join('/')}` });
  }
}

/**
 * Stories are numbered in the order in which they were saved.
 * @param stories in the order of the ledger
 */
function checkSequence(
  id: string,
  stories: readonly FoundPair[],
  { startsAtOne, recovered }: { startsAtOne: boolean; recovered: ReadonlySet<string> },
  addFinding: AddFinding,
): void {
  const numberOf = ({ metadata }: FoundPair) => metadata.sequence ?? Number.NaN;
  const numbers = stories.map(numberOf).sort((a, b) => a - b);
  const first = startsAtOne ? 1 : (numbers[0] ?? 1);
  const wrong = numbers.findIndex((number, at) => number !== first + at);
  if (wrong !== -1) {
    addFinding('sequence', id, { run: id, detail: `${first + wrong}번 자리에 ${numbers[wrong]}` });
    return;
  }
  // A story that a kill left in staging was numbered before those that its process saved after it.
  const saved = stories.filter(({ name }) => !recovered.has(name));
  const early = saved.find((story, at) => at > 0 && numberOf(story) < numberOf(saved[at - 1] ?? story));
  if (early !== undefined) addFinding('sequence', id, { run: id, detail: `${numberOf(early)}번이 늦게 저장됨` });
}
