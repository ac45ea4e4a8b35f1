import { appendFileSync, fstatSync, readFileSync, readSync } from 'node:fs';
import { dirname } from 'node:path';
import { endsLine, isSystemError, makeFolder, withFile } from './files.js';

/** A file of lines to which several processes append, and which each of them reads on as it grows. */
export interface AppendLog {
  /** The whole lines that were appended since the last time, by whomever. Makes the file when it is not there. */
  readOn(): Promise<string[]>;
  /** Adds lines after whatever stands there, a torn line included. */
  append(lines: readonly string[]): Promise<void>;
  /** Both in one: adds lines, and reads on, these included. */
  appendAndReadOn(lines: readonly string[]): Promise<string[]>;
}

/** @param from where to start reading, in bytes: what is before is known already */
export function openAppendLog(path: string, from = 0): AppendLog & { position(): number } {
  let read = from;
  return {
    readOn: () => inFolder(path, readOnIn),
    append: (lines) => inFolder(path, (file) => appendTo(file, lines)),
    appendAndReadOn: (lines) =>
      inFolder(path, (file) => {
        appendTo(file, lines);
        return readOnIn(file);
      }),
    position: () => read,
  };

  function readOnIn(file: number): string[] {
    const { size } = fstatSync(file);
    // Somebody moved the file away: what this process has seen stays seen.
    if (size < read) read = 0;
    const bytes = Buffer.alloc(size - read);
    const whole = bytes.subarray(0, readSync(file, bytes, 0, bytes.length, read)).lastIndexOf('\n') + 1;
    read += whole;
    return bytes.subarray(0, whole).toString().split('\n').slice(0, -1);
  }

  function appendTo(file: number, lines: readonly string[]): void {
    // A line that a crash tore must not swallow the next one.
    const separator = endsLine(file, fstatSync(file).size) ? '' : '\n';
    appendFileSync(file, `${separator}${lines.map((line) => `${line}\n`).join('')}`);
  }
}

/** Opens a file to append and to read, and makes its folder only where that is missing: it hardly ever is. */
async function inFolder<T>(path: string, act: (file: number) => T): Promise<T> {
  try {
    return await withFile(path, 'a+', act);
  } catch (error) {
    if (!isSystemError(error) || error.code !== 'ENOENT') throw error;
    await makeFolder(dirname(path));
    return withFile(path, 'a+', act);
  }
}

/**
 * The whole lines of such a file, for a reader that must not make it.
 * @param from where to start reading, in bytes
 * @returns none when the file is not there
 */
export function readLines(path: string, from = 0): string[] {
  try {
    return readFileSync(path).subarray(from).toString().split('\n').slice(0, -1);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
