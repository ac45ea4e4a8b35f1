import { appendFileSync, fstatSync, readSync } from 'node:fs';
import { dirname } from 'node:path';
import { endsLine, makeFolder, withFile } from './files.js';

/** A file of lines to which several processes append, and which each of them reads on as it grows. */
export interface AppendLog {
  /** The whole lines that were appended since the last time, by whomever. Makes the file when it is not there. */
  readOn(): Promise<string[]>;
  /** Adds lines after whatever stands there, a torn line included. */
  append(lines: readonly string[]): Promise<void>;
}

/** @param from where to start reading, in bytes: what is before is known already */
export function openAppendLog(path: string, from = 0): AppendLog & { position(): number } {
  let read = from;
  return { readOn, append, position: () => read };

  async function readOn(): Promise<string[]> {
    await makeFolder(dirname(path));
    return withFile(path, 'a+', (file) => {
      const { size } = fstatSync(file);
      // Somebody moved the file away: what this process has seen stays seen.
      if (size < read) read = 0;
      const bytes = Buffer.alloc(size - read);
      const whole = bytes.subarray(0, readSync(file, bytes, 0, bytes.length, read)).lastIndexOf('\n') + 1;
      read += whole;
      return bytes.subarray(0, whole).toString().split('\n').slice(0, -1);
    });
  }

  async function append(lines: readonly string[]): Promise<void> {
    await withFile(path, 'a+', (file) => {
      // A line that a crash tore must not swallow the next one.
      const separator = endsLine(file, fstatSync(file).size) ? '' : '\n';
      appendFileSync(file, `${separator}${lines.map((line) => `${line}\n`).join('')}`);
    });
  }
}
