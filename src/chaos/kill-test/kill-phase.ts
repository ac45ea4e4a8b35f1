import type { AttemptRecord, OutcomeRecord } from '../../run/ledger.js';
import { namedOutcomes } from '../../run/ledger.js';
import type { FolderCheck, FoundRun } from '../../verify/folder/folder-check.js';
import type { Witness } from './mock-api.js';

// At which point of a story a kill met the worker.

/** What a kill met, as the folder shows it afterwards. */
export type Met =
  | 'starting' // the life had not claimed the run
  | 'resuming' // it had, and had asked for nothing yet
  | 'calling' // a call without a whole answer
  | 'answered' // a whole answer, and nothing of it on disk
  | 'staging' // half of it staged
  | 'staged' // staged, and not in the ledger
  | 'recorded' // in the ledger, and not in its place
  | 'publishing' // half of it in its place
  | 'between' // after one story, before the next
  | 'over'; // after the end of the run

/** A process of the worker. */
export interface Life {
  number: number;
  pid: number;
  killed: boolean;
}

/** A call as the ledger has it. */
export interface MadeAttempt {
  /** Of the process that made it. */
  pid: number;
  attempt: AttemptRecord;
  /** null: none, or not yet. */
  outcome: OutcomeRecord | null;
}

/** Read from the records as they stand, not by the worker's own replay. */
export function attemptsOf({ ledger: { records } }: FoundRun): MadeAttempt[] {
  const made: MadeAttempt[] = [];
  let pid = 0;
  for (const record of records) {
    if (record.type === 'begin' || record.type === 'claim') pid = record.owner.pid;
    if (record.type === 'attempt') made.push({ pid, attempt: record, outcome: null });
    const last = made.at(-1);
    if (record.type === 'outcome' && last !== undefined) last.outcome = record;
  }
  return made;
}

/** All that is known after a kill. */
interface Traces {
  run: FoundRun | undefined;
  found: FolderCheck;
  made: readonly MadeAttempt[];
  life: Life | undefined;
  calls: Witness['calls'];
}

/** @param life the last one */
export function whatWasMet({ run, found, made, life, calls }: Traces): Met {
  const { pairs, torn } = found;
  const isClaimed = run?.ledger.records.some((record) => 'owner' in record && record.owner.pid === life?.pid) ?? false;
  if (run === undefined || !isClaimed) return 'starting';
  if (run.state.over) return 'over';
  if (pairs.some(({ location }) => location === 'half-published')) return 'publishing';
  if (torn.length > 0) return 'staging';
  const staged = pairs.find(({ location }) => location === 'staged');
  if (staged !== undefined) return namedOutcomes(run.ledger.records).has(staged.name) ? 'recorded' : 'staged';
  const mine = made.filter(({ pid }) => pid === life?.pid);
  if (mine.length === 0) return 'resuming';
  if (mine.at(-1)?.outcome !== null) return 'between';
  const call = calls.filter((each) => each.life === life?.number)[mine.length - 1];
  return call?.completed === true ? 'answered' : 'calling';
}
