import {
  appendFileSync,
  closeSync,
  fdatasync,
  fstatSync,
  ftruncateSync,
  openSync,
  readFileSync,
  readSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { FailureKind } from '../api/failure.js';
import type { Usage } from '../api/usage.js';
import { endsLine, listFolder, makeFolder, syncFolder, withFile } from '../lib/files.js';
import type { ProcessIdentity } from '../lib/process-identity.js';
import type { MostSimilar } from '../story/similarity.js';
import type { RunState } from './run-state.js';

/** When, milliseconds since the epoch. Every record has it. */
interface Dated {
  at: number;
}

/** The first record of a run. */
export interface BeginRecord extends Dated {
  type: 'begin';
  run_id: string;
  /** Runs of one name follow each other; two names in one folder do not mix. */
  run_name: string;
  owner: ProcessIdentity;
  /** What asked for a run of its own, so that a restart of the same process goes on with it; null otherwise. */
  new_run_token: string | null;
}

/**
 * Another process took the run over. Valid only when its epoch is the next one: of two that claim the same run, the
 * one whose line is first has it.
 */
export interface ClaimRecord extends Dated {
  type: 'claim';
  epoch: number;
  owner: ProcessIdentity;
  /** resume: the run goes on. recover: only what a crash left behind is put right. */
  purpose: 'resume' | 'recover';
}

/** A call is about to be made. One without an outcome was in flight when the process was killed. */
export interface AttemptRecord extends Dated {
  type: 'attempt';
  number: number;
  /** Ids by axis. */
  premise: Record<string, string>;
  /** What the call can use at most, for the caps, as long as its usage is not known. */
  at_most: { tokens: number; cost_usd: number | null };
  /** The part whose rest the call asks for. */
  continues?: string;
}

interface Outcome extends Dated {
  type: 'outcome';
  /** Number of the call that it is the outcome of; absent in ledgers of version 1, where one call was open at most. */
  attempt?: number;
  /** Of the one call. */
  usage: Usage | null;
  cost_usd: number | null;
  /** The part that this text has taken in, and that is no longer kept by itself. */
  completes?: string;
}

/** A story, staged; from here on it is a matter of renaming. */
export interface StoryRecord extends Outcome {
  kind: 'story';
  name: string;
  /** Of all its calls. */
  generation_ms: number;
  /** The story before it that is most like it, and how much, from 0 to 1; null for the first of a folder. */
  nearest?: MostSimilar | null;
  /** Codes of the doubts with which it was saved; absent without any. */
  doubts?: readonly string[];
}

/** Cut off, staged, and about to be gone on with. Unless a later text takes it in, it is set aside. */
export interface PartRecord extends Outcome {
  kind: 'part';
  name: string;
  code: string;
}

/** No story. With a name: the answer is staged, to be set aside. */
export interface FailureRecord extends Outcome {
  kind: 'failure';
  failure: FailureKind;
  code: string;
  name: string | null;
}

/** Given up on request. */
export interface AbandonedRecord extends Outcome {
  kind: 'abandoned';
}

export type OutcomeRecord = StoryRecord | PartRecord | FailureRecord | AbandonedRecord;

/** The process let go of the run in good order. */
export interface EndRecord extends Dated {
  type: 'end';
  reason: string;
  /** true: a limit or a cap ended the run. false: it was interrupted, and can be taken up. */
  over: boolean;
}

/** The ledger went missing while the run went on: what the run knew of itself then. */
export interface SnapshotRecord extends Dated {
  type: 'snapshot';
  state: RunState;
}

export type LedgerRecord = BeginRecord | ClaimRecord | AttemptRecord | OutcomeRecord | EndRecord | SnapshotRecord;

/** A run's ledger as it stands on disk. */
export interface ReadLedger {
  path: string;
  begin: BeginRecord;
  /** All records, `begin` included. */
  records: LedgerRecord[];
  /** Lines that are no records: torn by a crash, or foreign. */
  unreadable: number;
}

/** The names of the parts that later texts have taken in. */
export function supersededParts(records: readonly LedgerRecord[]): Set<string> {
  return new Set(records.flatMap((record) => (record.type === 'outcome' ? (record.completes ?? []) : [])));
}

const FOLDER = '.runs';
const EXTENSION = '.jsonl';

/** @param folder the story folder */
export function ledgerPath(folder: string, runId: string): string {
  return join(folder, FOLDER, `${runId}${EXTENSION}`);
}

/** The ids of all runs in a story folder, newest first. */
export async function listRuns(folder: string): Promise<string[]> {
  const names = await listFolder(join(folder, FOLDER));
  const ids = names.filter((name) => name.endsWith(EXTENSION)).map((name) => name.slice(0, -EXTENSION.length));
  return ids.sort().reverse();
}

/** What reading a file answers that is not there, is a folder, or belongs to somebody else. */
const NO_FILE_OF_OURS = new Set(['ENOENT', 'EISDIR', 'EACCES', 'EPERM']);

/**
 * @returns null when there is no ledger of ours: no file, an empty or foreign one, or one torn in its first record
 * @throws the file system's other errors
 */
export function readLedger(path: string): ReadLedger | null {
  let content: string;
  try {
    content = readFileSync(path, 'utf8');
  } catch (error) {
    if (NO_FILE_OF_OURS.has((error as NodeJS.ErrnoException).code ?? '')) return null;
    throw error;
  }
  const lines = content.split('\n').filter((line) => line !== '');
  const records = lines.flatMap((line) => parseRecord(line) ?? []);
  const [begin] = records;
  if (begin?.type !== 'begin') return null;
  return { path, begin, records, unreadable: lines.length - records.length };
}

/** Bytes at the end of a ledger that hold its last record, when that is the end of the run. */
const TAIL = 512;

/**
 * Is the last thing that a ledger says that its run is over? Reads no more than the end of the file: a worker that starts
 * may have thousands of them to pass over.
 * @returns false too where the end of the file does not say, or cannot be read
 */
export function isClosed(path: string): boolean {
  try {
    const file = openSync(path, 'r');
    try {
      const tail = Buffer.alloc(TAIL);
      const read = readSync(file, tail, 0, TAIL, Math.max(0, fstatSync(file).size - TAIL));
      const text = tail.toString('utf8', 0, read);
      const last = text.endsWith('\n') ? parseRecord(text.slice(text.lastIndexOf('\n', text.length - 2) + 1)) : null;
      return last?.type === 'end' && last.over;
    } finally {
      closeSync(file);
    }
  } catch {
    // Whoever reads the whole of it finds out what is wrong.
    return false;
  }
}

const TYPES: ReadonlySet<unknown> = new Set<LedgerRecord['type']>([
  'begin',
  'claim',
  'attempt',
  'outcome',
  'end',
  'snapshot',
]);

function parseRecord(line: string): LedgerRecord | null {
  try {
    const record = JSON.parse(line) as Partial<LedgerRecord> | null;
    return TYPES.has(record?.type) && typeof record?.at === 'number' ? (record as LedgerRecord) : null;
  } catch {
    // A line that a crash tore; the caller counts it.
    return null;
  }
}

/**
 * Appends records and makes them durable with one sync.
 * The file is opened anew each time, for somebody may have moved the folder away: writing into a file that nobody can
 * find any more would look like success.
 * @param ifNew what to write before them when the file is not there
 * @throws the file system's error; none of the records is in the ledger then, and all can be appended again
 */
export async function appendRecords(
  path: string,
  records: readonly LedgerRecord[],
  ifNew: readonly LedgerRecord[],
): Promise<void> {
  await makeFolder(dirname(path));
  const isNew = await withFile(path, 'a+', async (file) => {
    const { size } = fstatSync(file);
    const lines = (size === 0 ? [...ifNew, ...records] : records).map((record) => JSON.stringify(record));
    // A line that a crash tore must not swallow this one.
    const separator = endsLine(file, size) ? '' : '\n';
    try {
      appendFileSync(file, `${separator}${lines.join('\n')}\n`);
      await promisify(fdatasync)(file);
    } catch (error) {
      takeBack(file, size);
      throw error;
    }
    return size === 0;
  });
  if (isNew) await syncFolder(dirname(path));
}

/** The same for one record. */
export async function appendRecord(path: string, record: LedgerRecord, ifNew: readonly LedgerRecord[]): Promise<void> {
  return appendRecords(path, [record], ifNew);
}

/** As well as it can be done: half a line that stays is no record to any reader. */
function takeBack(file: number, size: number): void {
  try {
    ftruncateSync(file, size);
  } catch {
    // Whoever appends will be told the reason.
  }
}
