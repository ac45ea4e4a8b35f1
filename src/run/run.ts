import { randomBytes } from 'node:crypto';
import { FORMAT } from '../lib/files.js';
import { isProcessAlive, isSameProcess, type ProcessIdentity } from '../lib/process-identity.js';
import {
  appendRecord,
  appendRecords,
  type BeginRecord,
  type ClaimRecord,
  isClosed,
  type LedgerRecord,
  ledgerPath,
  listRuns,
  listRunsWithBatches,
  type ReadLedger,
  readLedger,
} from './ledger.js';
import { applyRecord, INITIAL_RUN_STATE, type RunState } from './run-state.js';

/** A run that this process has: its state in memory, every change of it durable first. */
export interface Run {
  readonly id: string;
  /** When the run first started, milliseconds since the epoch; its deadline is measured from there. */
  readonly startedAt: number;
  state(): RunState;
  /** Rejects with the file system's error, and then the state is as before. */
  record(record: LedgerRecord): Promise<void>;
  /** The same for several: all of them are in the ledger, or none is. */
  recordAll(records: readonly LedgerRecord[]): Promise<void>;
  /**
   * Changes the state alone: for a record that cannot be written and whose process ends. Should the disk take another one
   * after all, it is written before that.
   */
  recordInMemory(record: LedgerRecord): void;
  /** Resolves at the next outcome of a call. */
  outcome(): Promise<void>;
}

/** A run that another process left. */
export interface ClaimedRun {
  run: Run;
  ledger: ReadLedger;
}

export interface RunContext {
  /** The story folder. */
  folder: string;
  me: ProcessIdentity;
  now: () => number;
}

/** Begins a run of its own. */
export async function beginRun(context: RunContext, runName: string, newRunToken: string | null): Promise<Run> {
  const at = context.now();
  const id = `${idAt(at)}_${randomBytes(3).toString('hex')}`;
  const begin: BeginRecord = {
    type: 'begin',
    format: FORMAT,
    at,
    run_id: id,
    run_name: runName,
    owner: context.me,
    new_run_token: newRunToken,
  };
  await appendRecord(ledgerPath(context.folder, id), begin, []);
  return toRun(context, begin, applyRecord(INITIAL_RUN_STATE, begin));
}

/** What the id of a run begins with that began then. In universal time, so that ids sort by age also when the clocks change. */
function idAt(at: number): string {
  return `run_${new Date(at).toISOString().replace(/\D/g, '')}`;
}

/**
 * Claims a run whose owner is gone.
 * @returns null when it is no ledger, its owner lives, or another process was faster
 */
export async function claimRun(
  context: RunContext,
  runId: string,
  purpose: ClaimRecord['purpose'],
): Promise<ClaimedRun | null> {
  const path = ledgerPath(context.folder, runId);
  const found = readLedger(path);
  if (found === null) return null;
  const before = replay(found);
  const { owner, epoch } = before;
  // Claimed in an earlier try, after which something failed.
  if (owner !== null && isSameProcess(owner, context.me))
    return { run: toRun(context, found.begin, before), ledger: found };
  if (owner !== null && isProcessAlive(owner)) return null;
  const claim: ClaimRecord = {
    type: 'claim',
    format: FORMAT,
    at: context.now(),
    epoch: epoch + 1,
    owner: context.me,
    purpose,
  };
  await appendRecord(path, claim, []);
  const ledger = readLedger(path);
  if (ledger === null) return null;
  const state = replay(ledger);
  const won = state.owner !== null && isSameProcess(state.owner, context.me);
  return won ? { run: toRun(context, ledger.begin, state), ledger } : null;
}

/** Another worker is recovering the run at this moment. Like the file system's EBUSY, it goes away by itself. */
export class RunBusyError extends Error {
  override readonly name = 'RunBusyError';
  readonly code = 'EBUSY';
  constructor() {
    super('다른 작업자가 이어 할 실행을 정리하는 중입니다');
  }
}

/** What to look for in the runs of a folder. */
export interface ResumeQuery {
  runName: string;
  durationMs: number | null;
  /** A run begun with this token is the one to go on with; others are not. null: any. */
  newRunToken: string | null;
}

/**
 * Takes up the newest run of that name that is not over and has no living owner.
 * @param onUnreadable called with the path of every file on the way that is no ledger
 * @returns null when there is none
 * @throws RunBusyError when another worker is recovering it; can be tried again
 */
export async function resumeRun(
  context: RunContext,
  query: ResumeQuery,
  onUnreadable: (path: string) => void = () => {},
): Promise<ClaimedRun | null> {
  for await (const { ledger, isBatchOut } of listResumable(context, query, onUnreadable)) {
    const runId = ledger.begin.run_id;
    const taken = await claimRun(context, runId, 'resume');
    if (taken !== null) return taken;
    if (!isBatchOut && isBeingRecovered(context, runId)) {
      throw new RunBusyError();
    }
  }
  return null;
}

/** The ledger of the run that `resumeRun` would take up at this moment; null when there is none. Claims nothing. */
export async function findResumable(
  context: Pick<RunContext, 'folder' | 'now'>,
  query: ResumeQuery,
): Promise<ReadLedger | null> {
  for await (const { ledger } of listResumable(context, query, () => {})) {
    const { owner } = replay(ledger);
    if (owner === null || !isProcessAlive(owner)) return ledger;
  }
  return null;
}

/** The runs that can be taken up unless their owner lives, in the order in which that is tried. */
async function* listResumable(
  { folder, now }: Pick<RunContext, 'folder' | 'now'>,
  query: ResumeQuery,
  onUnreadable: (path: string) => void,
): AsyncGenerator<{ ledger: ReadLedger; isBatchOut: boolean }> {
  // A batch was paid for: it is collected also when its run is over, or its deadline past.
  for (const runId of await listRunsWithBatches(folder)) {
    const ledger = readLedger(ledgerPath(folder, runId));
    if (ledger !== null && isOfQuery(ledger, query) && replay(ledger).batches.length > 0) {
      yield { ledger, isBatchOut: true };
    }
  }
  const oldest = query.durationMs === null ? '' : idAt(Math.max(0, now() - query.durationMs));
  for (const runId of await listRuns(folder)) {
    const path = ledgerPath(folder, runId);
    // There may be thousands, of which hardly one has to be read: the deadline of most is past.
    if (runId < oldest || isClosed(path)) continue;
    const ledger = readLedger(path);
    if (ledger === null) onUnreadable(path);
    else if (isOpen(now(), ledger, query)) yield { ledger, isBatchOut: false };
  }
}

/** Does a process that still runs have this run? */
export function hasLivingOwner({ folder }: RunContext, runId: string): boolean {
  const ledger = readLedger(ledgerPath(folder, runId));
  const owner = ledger === null ? null : replay(ledger).owner;
  return owner !== null && isProcessAlive(owner);
}

function isBeingRecovered({ folder }: RunContext, runId: string): boolean {
  const ledger = readLedger(ledgerPath(folder, runId));
  if (ledger === null) return false;
  const { owner, recovering } = replay(ledger);
  return recovering && owner !== null && isProcessAlive(owner);
}

function isOfQuery({ begin }: ReadLedger, { runName, newRunToken }: ResumeQuery): boolean {
  return begin.run_name === runName && (newRunToken === null || begin.new_run_token === newRunToken);
}

function isOpen(now: number, ledger: ReadLedger, query: ResumeQuery): boolean {
  const { begin } = ledger;
  const { durationMs } = query;
  if (!isOfQuery(ledger, query)) return false;
  if (durationMs !== null && begin.at + durationMs <= now) return false;
  return !replay(ledger).over;
}

/** The state that a ledger amounts to. */
export function replay({ records }: ReadLedger): RunState {
  return records.reduce(applyRecord, INITIAL_RUN_STATE);
}

function toRun({ folder, now }: RunContext, begin: BeginRecord, initial: RunState): Run {
  const path = ledgerPath(folder, begin.run_id);
  let state = initial;
  /** The state that the ledger amounts to, and what it lacks. */
  let written = initial;
  let unwritten: LedgerRecord[] = [];
  let waiting: QueuedRecords[] = [];
  let isWriting = false;
  let awaiting: (() => void)[] = [];

  return {
    id: begin.run_id,
    // A clock set back since must not lengthen the run.
    startedAt: Math.min(begin.at, now()),
    state: () => state,
    record: (record) => enqueue([record]),
    recordAll: enqueue,
    recordInMemory: (record) => {
      unwritten.push(record);
      apply(record);
    },
    outcome: () => new Promise((resolve) => awaiting.push(resolve)),
  };

  function enqueue(records: readonly LedgerRecord[]): Promise<void> {
    return new Promise((resolve, reject) => {
      waiting.push({ records, resolve, reject });
      void writeWaiting();
    });
  }

  /** Writes what waits, again and again until nothing does. Records that wait together are synced together. */
  async function writeWaiting(): Promise<void> {
    if (isWriting) return;
    isWriting = true;
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      const late = [...unwritten];
      const records = [...late, ...batch.flatMap((queued) => queued.records)];
      try {
        // Should the ledger be gone, it starts anew with what is known.
        await appendRecords(path, records, [begin, { type: 'snapshot', at: now(), state: written }]);
      } catch (error) {
        for (const { reject } of batch) reject(error);
        continue;
      }
      written = records.reduce(applyRecord, written);
      unwritten = unwritten.slice(late.length);
      for (const { records, resolve } of batch) {
        for (const record of records) apply(record);
        resolve();
      }
    }
    isWriting = false;
  }

  function apply(record: LedgerRecord): void {
    state = applyRecord(state, record);
    if (record.type !== 'outcome') return;
    const told = awaiting;
    awaiting = [];
    for (const tell of told) tell();
  }
}

/** Records that are to be written together, and whom to tell. */
interface QueuedRecords {
  records: readonly LedgerRecord[];
  resolve: () => void;
  reject: (error: unknown) => void;
}
