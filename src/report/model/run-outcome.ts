import type { LedgerRecord } from '../../run/ledger.js';
import { applyRecord, INITIAL_RUN_STATE, type RunState } from '../../run/run-state.js';
import type { ProcessPeriod } from './timeline.js';

/** The state of a run now, or how it ended. */
export type RunOutcome =
  | { kind: 'running' } // its process is alive
  | { kind: 'finished'; reason: string } // a limit or a cap ended it
  | { kind: 'interrupted'; reason: string } // its process shut down gracefully; the run can be resumed
  | { kind: 'killed' }; // its process is gone without a record of its end; the run can be resumed

/**
 * @param over the ledger says that a limit or a cap ended the run
 * @param isAlive the process that has the run is running
 */
export function runOutcomeOf(processes: readonly ProcessPeriod[], over: boolean, isAlive: boolean): RunOutcome {
  if (isAlive) return { kind: 'running' };
  // The end of a process that only recovered files is not the end of the run.
  const reason = processes.findLast(({ purpose }) => purpose !== 'recover')?.end ?? null;
  if (over) return { kind: 'finished', reason: reason ?? 'duration' };
  return reason === null ? { kind: 'killed' } : { kind: 'interrupted', reason };
}

/**
 * The state of a run for its statistics. After a kill, open calls count as lost and cut-off texts as set aside, as the
 * next start counts them.
 */
export function settledState(records: readonly LedgerRecord[], isAlive: boolean): RunState {
  const state = records.reduce(applyRecord, INITIAL_RUN_STATE);
  if (isAlive || (state.open.length === 0 && state.parts.length === 0)) return state;
  return applyRecord(state, { type: 'end', at: state.lastAt, reason: 'killed', over: state.over });
}
