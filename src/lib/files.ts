import { closeSync, fsync, mkdirSync, openSync, readFileSync, readSync, renameSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

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
