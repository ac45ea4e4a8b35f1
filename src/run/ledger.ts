import {
  appendFileSync,
  closeSync,
  fdatasync,
  fstatSync,
  ftruncateSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { checkFormat, endsLine, listFolder, makeFolder, syncFolder, withFile, writeDurably } from '../lib/files.js';
import type { BeginRecord, LedgerRecord, OutcomeRecord } from './ledger-records.js';

export type * from './ledger-records.js';

/** A run's ledger as it stands on disk. */
export interface ReadLedger {
  path: string;
  begin: BeginRecord;
  /** All records, `begin` included. */
  records: LedgerRecord[];
  /** Lines that are no records to this version: torn by a crash, foreign, or of a type that a later version added. */
  unreadable: number;
}

/** An outcome that put a text on disk. */
export type NamedOutcome = Exclude<OutcomeRecord, { kind: 'abandoned' }> & { name: string };

/** The outcomes that put a text on disk, by the name of the text. */
export function namedOutcomes(records: readonly LedgerRecord[]): Map<string, NamedOutcome> {
  const named = new Map<string, NamedOutcome>();
  for (const record of records) {
    if (record.type === 'outcome' && record.kind !== 'abandoned' && record.name !== null) {
      named.set(record.name, record as NamedOutcome);
    }
  }
  return named;
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

/** A file beside a ledger that says that a batch of the run is out: a start finds those runs without reading ledgers. */
const BATCH_MARKER = '.batch';

/** Marks a run as one with a batch that is out, durably. */
export async function markBatchOut(folder: string, runId: string): Promise<void> {
  await makeFolder(join(folder, FOLDER));
  await writeDurably(join(folder, FOLDER, `${runId}${BATCH_MARKER}`), '');
  await syncFolder(join(folder, FOLDER));
}

/** Takes the mark away again. What cannot be removed makes a later start look once more. */
export function unmarkBatchOut(folder: string, runId: string): void {
  rmSync(join(folder, FOLDER, `${runId}${BATCH_MARKER}`), { force: true });
}

/** The ids of the runs that are marked so, newest first. */
export async function listRunsWithBatches(folder: string): Promise<string[]> {
  const names = await listFolder(join(folder, FOLDER));
  const marked = names.filter((name) => name.endsWith(BATCH_MARKER));
  return marked
    .map((name) => name.slice(0, -BATCH_MARKER.length))
    .sort()
    .reverse();
}

/** Error codes of reading a file that is missing, is a folder, or belongs to another user. */
const NO_FILE_OF_OURS = new Set(['ENOENT', 'EISDIR', 'EACCES', 'EPERM']);

/**
 * @returns null when there is no ledger of ours: no file, an empty or foreign one, or one torn in its first record
 * @throws NewerFormatError for one that a later version wrote into, or the file system's other errors
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
  for (const record of records)
    if (record.type === 'begin' || record.type === 'claim') checkFormat(record.format, path);
  return { path, begin, records, unreadable: lines.length - records.length };
}

/** Bytes at the start of a ledger that hold the format of its first record. */
const HEAD = 64;

/**
 * The format that a ledger begins with, without reading the rest of it.
 * @returns 1 where the start of the file does not say
 * @throws the file system's error
 */
export function readFormat(path: string): number {
  const file = openSync(path, 'r');
  try {
    const head = Buffer.alloc(HEAD);
    const text = head.toString('utf8', 0, readSync(file, head, 0, HEAD, 0));
    return Number(/^\{"type":"begin","format":(\d+)/.exec(text)?.[1] ?? 1);
  } finally {
    closeSync(file);
  }
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
      return last?.type === 'end' && last.over && !last.batches;
    } finally {
      closeSync(file);
    }
  } catch {
    // The reader of the whole file finds out what is wrong.
    return false;
  }
}

const TYPES: ReadonlySet<unknown> = new Set<LedgerRecord['type']>([
  'begin',
  'claim',
  'attempt',
  'batch',
  'pause',
  'outcome',
  'end',
  'snapshot',
]);

/** @returns null for a line that is no record: torn by a crash, or foreign */
export function parseRecord(line: string): LedgerRecord | null {
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
 * The file is opened anew each time, because the folder may have been moved away: writing into a file that is no longer at
 * its path would look like success.
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
    // The error of the append is the one that is reported.
  }
}
