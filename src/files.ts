import { type FileHandle, mkdir, open, readdir } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Writes a file and makes its content durable. */
export async function writeDurably(path: string, content: string): Promise<void> {
  const file = await open(path, 'w');
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Makes a folder, its parents too, and makes them durable; one that is there is left as it is. */
export async function makeFolder(path: string): Promise<void> {
  const firstMade = await mkdir(path, { recursive: true });
  if (firstMade !== undefined) await syncFolder(dirname(firstMade));
}

/** What some file systems (network mounts, Windows) answer when a folder is to be synced. */
const CANNOT_SYNC_FOLDERS = new Set(['EINVAL', 'EISDIR', 'ENOTSUP', 'EPERM']);

/** Makes what was created or renamed in a folder durable, where the file system knows how to. */
export async function syncFolder(path: string): Promise<void> {
  try {
    const folder = await open(path, 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
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

export async function exists(path: string): Promise<boolean> {
  try {
    await (await open(path, 'r')).close();
    return true;
  } catch {
    return false;
  }
}

/** Can a line be appended as it is? Not to one that a crash tore. @param size of the file, in bytes */
export async function endsLine(file: FileHandle, size: number): Promise<boolean> {
  if (size === 0) return true;
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1);
  return buffer.toString() === '\n';
}
