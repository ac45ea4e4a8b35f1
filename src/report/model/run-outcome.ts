import type { LedgerRecord } from '../../run/ledger.js';
import { applyRecord, INITIAL_RUN_STATE, type RunState } from '../../run/run-state.js';
import type { ProcessPeriod } from './timeline.js';

/** How it stands with a run. */
export type RunOutcome =
  | { kind: 'running' } // its process is at work
  | { kind: 'finished'; reason: string } // a limit or a cap has ended it
  | { kind: 'interrupted'; reason: string } // let go of in good order; can be taken up
  | { kind: 'killed' }; // its process is gone without a word; can be taken up

/** @param isAlive does the process that has the run still work on it? */
export function runOutcomeOf(processes: readonly ProcessPeriod[], over: boolean, isAlive: boolean): RunOutcome {
  if (isAlive) return { kind: 'running' };
  // A process that only put right what a crash left says nothing about the run itself.
  const reason = processes.findLast(({ purpose }) => purpose !== 'recover')?.end ?? null;
  if (over) return { kind: 'finished', reason: reason ?? 'duration' };
  return reason === null ? { kind: 'killed' } : { kind: 'interrupted', reason };
}

/**
 * The state of a run as its statistics tell it. Of a process that was killed, a call in flight counts as lost and a
 * cut-off text as set aside, as the next start will count them.
 */
export function settledState(records: readonly LedgerRecord[], isAlive: boolean): RunState {
  const state = records.reduce(applyRecord, INITIAL_RUN_STATE);
  if (isAlive || (state.open.length === 0 && state.parts.length === 0)) return state;
  return applyRecord(state, { type: 'end', at: state.lastAt, reason: 'killed', over: state.over });
}
