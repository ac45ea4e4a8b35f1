import { namedOutcomes } from '../../run/ledger.js';
import type { Artifacts } from '../artifacts.js';
import { isAnswered, type Match, type Reconciliation } from '../reconcile.js';

/** At which point of a story a kill hit the worker, as the folder shows it afterwards. */
export type KillPhase =
  | 'starting' // the process had not claimed the run
  | 'resuming' // it had, and had asked for nothing yet
  | 'calling' // a call without a whole answer
  | 'answered' // a whole answer, and nothing of it on disk
  | 'creating' // a batch is meant to be created, and its id is not in the ledger
  | 'batch_out' // a batch is at the vendor, or its results are being collected
  | 'staging' // half of it staged
  | 'staged' // staged, and not in the ledger
  | 'recorded' // in the ledger, and not in its place
  | 'publishing' // half of it in its place
  | 'between' // after one story, before the next
  | 'over'; // after the end of the run

/** @param pid of the process that was killed */
export function killPhaseOf(
  { runs: [run], texts, torn }: Artifacts,
  { matches, processes }: Pick<Reconciliation, 'matches' | 'processes'>,
  pid: number,
): KillPhase {
  const process = processes.findLast((each) => each.pid === pid);
  if (run === undefined || process === undefined) return 'starting';
  if (run.state.over) return 'over';
  if (texts.some(({ location }) => location === 'half-published')) return 'publishing';
  if (torn.length > 0) return 'staging';
  const staged = texts.find(({ location }) => location === 'staged');
  if (staged !== undefined) return namedOutcomes(run.ledger.records).has(staged.name) ? 'recorded' : 'staged';
  if (run.state.batches.length > 0) return run.state.batches.some(({ id }) => id === null) ? 'creating' : 'batch_out';
  if (process.attempts.length === 0) return 'resuming';
  const open = process.attempts.filter(({ outcome }) => outcome === null);
  if (open.length === 0) return 'between';
  const isOpen = ({ call, attempt }: Match) => attempt !== null && open.includes(attempt) && isAnswered(call);
  return matches.some(isOpen) ? 'answered' : 'calling';
}
