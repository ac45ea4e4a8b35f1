import { isProcessAlive, type ProcessIdentity } from '../lib/process-identity.js';
import type { ClaimRecord, EndRecord, LedgerRecord } from '../run/ledger.js';
import { applyRecord, INITIAL_RUN_STATE, type RunState } from '../run/run-state.js';
import type { FoundRun } from './folder/ledger-check.js';
import type { LogFacts, LogLife } from './log-check.js';

// A run is one or more processes, its lives. The ledger and the log both tell of them; here they are put side by side.

/** One process's share of a run. */
export interface Life {
  owner: ProcessIdentity | null;
  /** recover: a process of another run only put right what a kill had left. */
  purpose: 'begin' | ClaimRecord['purpose'];
  /** When it took the run, milliseconds since the epoch. */
  at: number;
  /** Its records in the ledger. */
  records: LedgerRecord[];
  /** How it let go of the run; null when it was killed, or still has it. */
  end: EndRecord | null;
  /** The run before it took it, and after its last record. */
  before: RunState;
  after: RunState;
  /** What the log has of it; null when nothing. */
  log: LogLife | null;
}

/** The lives of a run in their order, each with its share of the log. */
export function livesOf({ id, ledger }: Pick<FoundRun, 'id' | 'ledger'>, log: Pick<LogFacts, 'lives'>): Life[] {
  const lives: Life[] = [];
  let state = INITIAL_RUN_STATE;
  for (const record of ledger.records) {
    const before = state;
    state = applyRecord(state, record);
    const latest = lives.at(-1);
    if (record.type === 'begin' || (record.type === 'claim' && state.epoch > before.epoch)) {
      const { owner, at } = record;
      const purpose = record.type === 'begin' ? ('begin' as const) : record.purpose;
      lives.push({ owner, purpose, at, records: [record], end: null, before, after: state, log: null });
    } else if (latest !== undefined) {
      // In a ledger that was begun anew, the snapshot says whose it is.
      if (record.type === 'snapshot') latest.owner = state.owner;
      latest.records.push(record);
      latest.after = state;
      if (record.type === 'end') latest.end = record;
    }
  }
  const ours = log.lives.filter(({ run }) => run === id);
  // Killed between taking the run and the first word of it.
  const nameless = log.lives.filter(({ run }) => run === null);
  for (const life of lives) life.log = takeMatching(ours, life) ?? takeMatching(nameless, life);
  return lives;
}

/** Process ids come back, and clocks of two records differ by what lies between them. */
const CLOSE = 1000;

/** Takes the log life that wrote while this life took the run. */
function takeMatching(left: LogLife[], { owner, at, records }: Life): LogLife | null {
  const until = records.at(-1)?.at ?? at;
  const index = left.findIndex(({ pid, firstAt, lastAt, fromStart }) => {
    const overlaps = lastAt >= at - CLOSE && firstAt <= until + CLOSE;
    return pid === owner?.pid && overlaps && (!fromStart || firstAt <= at + CLOSE);
  });
  return index === -1 ? null : (left.splice(index, 1)[0] ?? null);
}

/** What a run is just now. */
export type RunStatus =
  | 'running' // its process lives
  | 'ended' // its last process let go of it
  | 'killed'; // its last process did not

export function statusOf({ owner }: RunState): RunStatus {
  if (owner === null) return 'ended';
  return isProcessAlive(owner) ? 'running' : 'killed';
}

/** The lives that worked on the run, not those that only put something right. */
export function workingLives(lives: readonly Life[]): Life[] {
  return lives.filter(({ purpose }) => purpose !== 'recover');
}

/** Milliseconds between what the run was last heard of and the life that took it up; 0 for the first. */
export function downtimeBefore(lives: readonly Life[], index: number): number {
  const [before, life] = [lives[index - 1], lives[index]];
  if (before === undefined || life === undefined) return 0;
  const last = Math.max(before.records.at(-1)?.at ?? before.at, before.log?.lastAt ?? 0);
  return Math.max(0, life.at - last);
}
