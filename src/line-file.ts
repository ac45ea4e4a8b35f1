import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { endsLine, makeFolder } from './files.js';

/** A file of lines to which several processes append, and which each of them reads on as it grows. */
export interface LineFile {
  /** The whole lines that were appended since the last time, by whomever. Makes the file when it is not there. */
  readOn(): Promise<string[]>;
  /** Adds lines after whatever stands there, a torn line included. */
  append(lines: readonly string[]): Promise<void>;
}

/** @param from where to start reading, in bytes: what is before is known already */
export function openLineFile(path: string, from = 0): LineFile & { position(): number } {
  let read = from;
  return { readOn, append, position: () => read };

  async function readOn(): Promise<string[]> {
    await makeFolder(dirname(path));
    const file = await open(path, 'a+');
    try {
      const { size } = await file.stat();
      // Somebody moved the file away: what this process has seen stays seen.
      if (size < read) read = 0;
      const { buffer, bytesRead } = await file.read(Buffer.alloc(size - read), 0, size - read, read);
      const whole = buffer.subarray(0, bytesRead).lastIndexOf('\n') + 1;
      read += whole;
      return buffer.subarray(0, whole).toString().split('\n').slice(0, -1);
    } finally {
      await file.close();
    }
  }

  async function append(lines: readonly string[]): Promise<void> {
    const file = await open(path, 'a+');
    try {
      const { size } = await file.stat();
      // A line that a crash tore must not swallow the next one.
      await file.appendFile(`${(await endsLine(file, size)) ? '' : '\n'}${lines.map((line) => `${line}\n`).join('')}`);
    } finally {
      await file.close();
    }
  }
}
