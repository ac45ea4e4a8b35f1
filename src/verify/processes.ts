import { isProcessAlive, type ProcessIdentity } from '../lib/process-identity.js';
import type { ClaimRecord, EndRecord, LedgerRecord } from '../run/ledger.js';
import { applyRecord, INITIAL_RUN_STATE, type RunState } from '../run/run-state.js';
import type { FoundRun } from './folder/ledger-check.js';
import type { LogSummary, ProcessLog } from './log-check.js';

// The processes of a run: a run that is resumed has several. Each one is put together from the ledger and the log.

/** One process that worked on a run: its records in the ledger, and its log. */
export interface RunProcess {
  /** null when the ledger does not name it. */
  owner: ProcessIdentity | null;
  /** begin: started the run. resume: took it up. recover: a process of another run completed what a kill had left. */
  purpose: 'begin' | ClaimRecord['purpose'];
  /** When the process started or claimed the run, milliseconds since the epoch. */
  claimedAt: number;
  /** Its records in the ledger. */
  records: LedgerRecord[];
  /** null when the process was killed, or is still running. */
  end: EndRecord | null;
  /** The run's state before the claim, and after the process's last record. */
  stateBefore: RunState;
  stateAfter: RunState;
  /** null when the log lacks the process. */
  log: ProcessLog | null;
}

/** The processes of a run in order, each with its log. */
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
      // A ledger that was lost and began anew has the owner in its snapshot.
      if (record.type === 'snapshot') current.owner = state.owner;
      current.records.push(record);
      current.stateAfter = state;
      if (record.type === 'end') current.end = record;
    }
  }
  const ownLogs = log.processes.filter(({ run }) => run === id);
  // A process that is killed right after its claim has logged no run id yet.
  const logsWithoutRun = log.processes.filter(({ run }) => run === null);
  for (const runProcess of processes)
    runProcess.log = takeMatchingLog(ownLogs, runProcess) ?? takeMatchingLog(logsWithoutRun, runProcess);
  return processes;
}

/** Tolerance, in milliseconds, between the times in ledger and log, whose records are written one after the other. */
const CLOCK_TOLERANCE = 1000;

/** Takes the log of the process out of the candidates. Pids are reused, so its time has to match too. */
function takeMatchingLog(candidates: ProcessLog[], { owner, claimedAt, records }: RunProcess): ProcessLog | null {
  const until = records.at(-1)?.at ?? claimedAt;
  const index = candidates.findIndex(({ pid, firstAt, lastAt, hasStart }) => {
    const overlaps = lastAt >= claimedAt - CLOCK_TOLERANCE && firstAt <= until + CLOCK_TOLERANCE;
    return pid === owner?.pid && overlaps && (!hasStart || firstAt <= claimedAt + CLOCK_TOLERANCE);
  });
  return index === -1 ? null : (candidates.splice(index, 1)[0] ?? null);
}

/** The state of a run now. */
export type RunStatus =
  | 'running' // its process is alive
  | 'ended' // its last process wrote the end in the ledger
  | 'killed'; // its last process is gone without that

/** The state of a run from its ledger and its process. */
export function statusOf({ owner }: RunState): RunStatus {
  if (owner === null) return 'ended';
  return isProcessAlive(owner) ? 'running' : 'killed';
}

/** The processes that wrote stories, without those that only recovered files. */
export function workingProcesses(processes: readonly RunProcess[]): RunProcess[] {
  return processes.filter(({ purpose }) => purpose !== 'recover');
}

/** Milliseconds from the last record before the process to its claim; 0 for the first process. */
export function downtimeBefore(processes: readonly RunProcess[], index: number): number {
  const [previous, current] = [processes[index - 1], processes[index]];
  if (previous === undefined || current === undefined) return 0;
  const lastSeen = Math.max(previous.records.at(-1)?.at ?? previous.claimedAt, previous.log?.lastAt ?? 0);
  return Math.max(0, current.claimedAt - lastSeen);
}
