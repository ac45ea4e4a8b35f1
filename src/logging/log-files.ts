import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { localIso } from '../lib/format-time.js';

// The worker's own log files: `horror_story_worker.<date>.<number>.log`. A log folder may hold other files too.

/** What the name of every log file begins with. */
export const LOG_FILE_NAME = 'horror_story_worker';

const OWN_FILE = /^horror_story_worker\.(\d{4}-\d{2}-\d{2})\.(\d{1,9})\.log$/;

interface LogFile {
  name: string;
  /** Local date, as `2026-11-23`. */
  day: string;
  /** From 1; a file that has grown to its full size is followed by the next number. */
  number: number;
}

/**
 * The worker's log files, oldest first.
 * @throws the file system's error
 */
export function listOwnLogFiles(folder: string): LogFile[] {
  const files = readdirSync(folder).flatMap((name): LogFile[] => {
    const [, day, number] = OWN_FILE.exec(name) ?? [];
    return day === undefined ? [] : [{ name, day, number: Number(number) }];
  });
  return files.sort((a, b) => (a.day === b.day ? a.number - b.number : a.day < b.day ? -1 : 1));
}

/**
 * The number of the latest log file of a day; 1 when there is none.
 * @param dayStart a moment of the day, milliseconds since the epoch
 */
export function lastLogNumber(folder: string, dayStart: number): number {
  const today = localIso(dayStart).slice(0, 'yyyy-MM-dd'.length);
  try {
    return listOwnLogFiles(folder).findLast(({ day }) => day === today)?.number ?? 1;
  } catch {
    // No such folder yet: it is made when the file is opened, and what is wrong with it is said then.
    return 1;
  }
}

/**
 * Removes the oldest of the worker's log files beyond those that are to be kept, and never the one that is written.
 * @param keep how many files stay, the current one included; 1 or more
 * @returns why a file could not be removed; null when all is well
 */
export function removeOldLogFiles(folder: string, { keep, current }: { keep: number; current: string }): Error | null {
  try {
    const others = listOwnLogFiles(folder).filter(({ name }) => name !== current);
    for (const { name } of others.slice(0, Math.max(0, others.length - (keep - 1)))) {
      // Another worker on the folder may have been faster.
      rmSync(join(folder, name), { force: true });
    }
    return null;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
