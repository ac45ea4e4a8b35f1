import { isProcessAlive, type ProcessIdentity } from '../lib/process-identity.js';
import type { ClaimRecord, EndRecord, LedgerRecord } from '../run/ledger.js';
import { applyRecord, INITIAL_RUN_STATE, type RunState } from '../run/run-state.js';
import type { FoundRun } from './folder/ledger-check.js';
import type { LogSummary, ProcessLog } from './log-check.js';

// A run is one or more processes, its lives. The ledger and the log both tell of them; here they are put side by side.

/** One process's share of a run. */
export interface RunProcess {
  owner: ProcessIdentity | null;
  /** recover: a process of another run only put right what a kill had left. */
  purpose: 'begin' | ClaimRecord['purpose'];
  /** When it took the run, milliseconds since the epoch. */
  claimedAt: number;
  /** Its records in the ledger. */
  records: LedgerRecord[];
  /** How it let go of the run; null when it was killed, or still has it. */
  end: EndRecord | null;
  /** The run before it took it, and after its last record. */
  stateBefore: RunState;
  stateAfter: RunState;
  /** What the log has of it; null when nothing. */
  log: ProcessLog | null;
}

/** The lives of a run in their order, each with its share of the log. */
export function processesOf(
  { id, ledger }: Pick<FoundRun, 'id' | 'ledger'>,
  log: Pick<LogSummary, 'processes'>,
): RunProcess[] {
  const processes: RunProcess[] = [];
  let state = INITIAL_RUN_STATE;
  for (const record of ledger.records) {
    const stateBefore = state;
    state = applyRecord(state, record);
    const current = processes.at(-1);
    if (record.type === 'begin' || (record.type === 'claim' && state.epoch > stateBefore.epoch)) {
      const { owner, at: claimedAt } = record;
      const purpose = record.type === 'begin' ? ('begin' as const) : record.purpose;
      processes.push({
        owner,
        purpose,
        claimedAt,
        records: [record],
        end: null,
        stateBefore,
        stateAfter: state,
        log: null,
      });
    } else if (current !== undefined) {
      // In a ledger that was begun anew, the snapshot says whose it is.
      if (record.type === 'snapshot') current.owner = state.owner;
      current.records.push(record);
      current.stateAfter = state;
      if (record.type === 'end') current.end = record;
    }
  }
  const ownLogs = log.processes.filter(({ run }) => run === id);
  // Killed between taking the run and the first word of it.
  const logsWithoutRun = log.processes.filter(({ run }) => run === null);
  for (const runProcess of processes)
    runProcess.log = takeMatchingLog(ownLogs, runProcess) ?? takeMatchingLog(logsWithoutRun, runProcess);
  return processes;
}

/** Process ids come back, and clocks of two records differ by what lies between them. */
const CLOCK_TOLERANCE = 1000;

/** Takes the log life that wrote while this life took the run. */
function takeMatchingLog(candidates: ProcessLog[], { owner, claimedAt, records }: RunProcess): ProcessLog | null {
  const until = records.at(-1)?.at ?? claimedAt;
  const index = candidates.findIndex(({ pid, firstAt, lastAt, hasStart }) => {
    const overlaps = lastAt >= claimedAt - CLOCK_TOLERANCE && firstAt <= until + CLOCK_TOLERANCE;
    return pid === owner?.pid && overlaps && (!hasStart || firstAt <= claimedAt + CLOCK_TOLERANCE);
  });
  return index === -1 ? null : (candidates.splice(index, 1)[0] ?? null);
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
export function workingProcesses(processes: readonly RunProcess[]): RunProcess[] {
  return processes.filter(({ purpose }) => purpose !== 'recover');
}

/** Milliseconds between what the run was last heard of and the life that took it up; 0 for the first. */
export function downtimeBefore(processes: readonly RunProcess[], index: number): number {
  const [previous, current] = [processes[index - 1], processes[index]];
  if (previous === undefined || current === undefined) return 0;
  const lastSeen = Math.max(previous.records.at(-1)?.at ?? previous.claimedAt, previous.log?.lastAt ?? 0);
  return Math.max(0, current.claimedAt - lastSeen);
}
