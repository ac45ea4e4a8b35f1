import { isUtf8 } from 'node:buffer';
import { closeSync, fsync, mkdirSync, openSync, readFileSync, readSync, renameSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify, TextDecoder } from 'node:util';
import { UserError } from './errors.js';

// File operations shared by all folders. Only a sync is asynchronous, because it waits for the disk itself; everything
// else takes some microseconds in the calling turn and ten times as long by way of the thread pool.

/**
 * Tells an error of the operating system (`ENOSPC`, `ENOENT`), which may go away by itself, from a defect of the
 * program, Node's own `ERR_…` codes included.
 */
export function isSystemError(error: unknown): error is NodeJS.ErrnoException & { code: string } {
  const code: unknown = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return typeof code === 'string' && /^E(?!RR_)[A-Z0-9]+$/.test(code);
}

/** Opens a file, and closes it whatever happens in between. */
export async function withFile<T>(path: string, flags: string, act: (file: number) => T | Promise<T>): Promise<T> {
  const file = openSync(path, flags);
  try {
    return await act(file);
  } finally {
    closeSync(file);
  }
}

/** Writes a file and makes its content durable. */
export async function writeDurably(path: string, content: string): Promise<void> {
  await withFile(path, 'w', async (file) => {
    writeFileSync(file, content);
    await promisify(fsync)(file);
  });
}

/**
 * Writes files into one folder and makes them and their names durable together: their syncs wait for the disk at the
 * same time, which takes as long as the slowest and not as long as all of them.
 */
export async function writeTogether(folder: string, files: ReadonlyMap<string, string>): Promise<void> {
  const opened: number[] = [];
  try {
    for (const [name, content] of files) {
      const file = openSync(join(folder, name), 'w');
      opened.push(file);
      writeFileSync(file, content);
    }
    // All of them settle before a file is closed.
    const synced = await Promise.allSettled([...opened.map((file) => promisify(fsync)(file)), syncFolder(folder)]);
    const failed = synced.find((result) => result.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  } finally {
    for (const file of opened) closeSync(file);
  }
}

/** Makes a folder, its parents too, and makes them durable; one that is there is left as it is. */
export async function makeFolder(path: string): Promise<void> {
  const firstMade = mkdirSync(path, { recursive: true });
  if (firstMade !== undefined) await syncFolder(dirname(firstMade));
}

/** What some file systems (network mounts, Windows) answer when a folder is to be synced. */
const CANNOT_SYNC_FOLDERS = new Set(['EINVAL', 'EISDIR', 'ENOTSUP', 'EPERM']);

/** Makes what was created or renamed in a folder durable, where the file system knows how to. */
export async function syncFolder(path: string): Promise<void> {
  try {
    await withFile(path, 'r', (folder) => promisify(fsync)(folder));
  } catch (error) {
    if (!CANNOT_SYNC_FOLDERS.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}

/** The names in a folder; none when it is not there. */
export async function listFolder(path: string): Promise<string[]> {
  try {
    return await readdir(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** Can a line be appended as it is? Not to one that a crash tore. @param size of the file, in bytes */
export function endsLine(file: number, size: number): boolean {
  if (size === 0) return true;
  const last = Buffer.alloc(1);
  readSync(file, last, 0, 1, size - 1);
  return last.toString() === '\n';
}

/**
 * Replaces a file atomically: a reader finds the old content or the new one, whole. Not durable; write durably and
 * rename where a crash must not lose it.
 * @throws the file system's error; also when the folder is gone
 */
export function replaceFile(path: string, content: string | Buffer): void {
  // The pid keeps two processes from writing one draft.
  const draft = `${path}.${process.pid}.new`;
  writeFileSync(draft, content);
  renameSync(draft, path);
}

/** @returns the JSON value in a file; null when the file is missing, cannot be read, or holds no JSON */
export function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return null;
  }
}

/** A text file in an encoding that cannot be told for certain; the message says what to do, without the path. */
export class TextEncodingError extends UserError {
  override readonly name = 'TextEncodingError';
}

/**
 * Reads a text file that a person wrote, as the editors and shells of all systems save it: UTF-8, with or without a
 * byte order mark, and UTF-16 with one (PowerShell's `>`, Notepad's "Unicode"). Other encodings are refused: a guess
 * that is wrong would put nonsense into the prompt.
 * @throws TextEncodingError, or the file system's error
 */
export function readTextFile(path: string): string {
  return decodeText(readFileSync(path));
}

/** @throws TextEncodingError */
export function decodeText(bytes: Buffer): string {
  const [first, second] = bytes;
  const isLittleEndian = first === 0xff && second === 0xfe;
  const isBigEndian = first === 0xfe && second === 0xff;
  if (isLittleEndian || isBigEndian) {
    // Half a character at the end is what a copy that was cut short leaves.
    if (bytes.length % 2 !== 0) throw new TextEncodingError('온전하지 않은 UTF-16으로 보입니다. UTF-8로 저장하세요');
    const littleEndian = isLittleEndian ? bytes : Buffer.from(bytes).swap16();
    return littleEndian.toString('utf16le', 2);
  }
  if (!isUtf8(bytes)) throw new TextEncodingError(`${guessEncoding(bytes)}. UTF-8로 저장하세요`);
  // UTF-16 without a byte order mark is valid UTF-8 as long as it is English.
  if (bytes.includes(0)) throw new TextEncodingError('UTF-16이거나 글 파일이 아닌 것으로 보입니다. UTF-8로 저장하세요');
  return bytes.toString('utf8').replace(/^\ufeff/, '');
}

/** What bytes that are no UTF-8 look like, in Korean. "ANSI" is what Windows calls CP949 on Korean machines. */
function guessEncoding(bytes: Buffer): string {
  try {
    // The web's name for CP949.
    const text = new TextDecoder('euc-kr', { fatal: true }).decode(bytes);
    if (/[가-힣]/.test(text)) return 'CP949/ANSI로 보입니다';
  } catch {
    // Bytes that CP949 does not have either.
  }
  return 'UTF-8이 아닌 것으로 보입니다';
}

/** Why a file cannot be read, in a few words for the user: how to save it, or the system's code. */
export function describeReadError(error: unknown): string {
  if (error instanceof TextEncodingError) return error.message;
  return isSystemError(error) ? error.code : String(error);
}

/**
 * The format of everything that this version writes into a story folder: ledgers, deck, metadata, status files. Files
 * without a format are of format 1, which version 1.0.0 wrote: outcomes without the number of their call, one call open
 * at a time, stories without doubts. A change that an older version would misread gets the next number.
 */
export const FORMAT = 2;

/** A file of a later version, which this one might misread; the message is for the user. */
export class NewerFormatError extends UserError {
  override readonly name = 'NewerFormatError';
}

/**
 * @param format as the file says; anything but a number is format 1
 * @throws NewerFormatError
 */
export function checkFormat(format: unknown, path: string): void {
  if (typeof format !== 'number' || format <= FORMAT) return;
  throw new NewerFormatError(
    `더 새로운 버전의 프로그램이 쓴 폴더라 건드리지 않습니다. 프로그램을 새 버전으로 바꾸세요: ${path} (형식 ${format}, 이 버전은 ${FORMAT}까지)`,
  );
}
