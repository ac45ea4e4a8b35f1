import { writeSync } from 'node:fs';
import type { WriteStream } from 'node:tty';

/** The part of process.stdout that is used here. */
export type Stdout = Pick<
  WriteStream,
  'write' | 'on' | 'isTTY' | 'columns' | 'writableLength' | 'writableNeedDrain'
> & {
  fd: number;
};

/**
 * What people see: standard output, which may be a terminal, a pipe or a file, and may go away, fill up or stop
 * being read at any time. The log file is the record; what cannot be shown here is left out, and never holds up
 * or ends the run.
 */
export interface Terminal {
  /** True where a live line can be shown. */
  readonly isLive: boolean;
  write(text: string): void;
  /** Shows `line` below all that was written, in place of the last one; '' takes it away. */
  live(line: string): void;
  /** Resolves when all is written, or after `ms` at the latest. */
  flush(ms: number): Promise<void>;
}

/** What a reader who has stopped reading may cost, in characters. */
const MOST_PENDING = 1_000_000;

/** Columns of a terminal that does not say (0 or nothing). */
const UNKNOWN_WIDTH = 80;

const CLEAR_LINE = '\r\u001b[2K';

/**
 * @param kind "file" when standard output is a regular file: its errors (a full disk) pass, while a stream that
 *   has seen one stays broken
 */
export function openTerminal(stdout: Stdout, kind: 'file' | 'stream'): Terminal {
  let broken = false;
  let line = '';
  // A closed pipe or terminal; without a listener the process would end here.
  stdout.on('error', () => {
    broken = true;
  });
  const put = (text: string) => {
    if (kind === 'file') return putToFile(stdout.fd, text);
    if (!broken && stdout.writableLength < MOST_PENDING) stdout.write(text);
  };
  return {
    isLive: stdout.isTTY === true,
    write: (text) => {
      put(line === '' ? text : `${CLEAR_LINE}${text}${line}`);
    },
    live: (next) => {
      const fitted = fit(next, stdout.columns || UNKNOWN_WIDTH);
      if (fitted === line) return;
      line = fitted;
      put(`${CLEAR_LINE}${line}`);
    },
    flush: (ms) =>
      new Promise((resolve) => {
        if (kind === 'file' || broken || stdout.writableLength === 0) return resolve();
        const timer = setTimeout(resolve, ms);
        stdout.write('', () => {
          clearTimeout(timer);
          resolve();
        });
      }),
  };
}

function putToFile(fd: number, text: string): void {
  try {
    writeSync(fd, text);
  } catch {
    // Left out, as the interface says: the log file has the record, and the next write may fit again.
  }
}

/** Hangul takes two columns; a line that wraps could not be cleared. */
function fit(line: string, columns: number): string {
  let width = 0;
  let end = 0;
  for (const character of line) {
    width += character > '\u02ff' ? 2 : 1;
    if (width >= columns) break;
    end += character.length;
  }
  return line.slice(0, end);
}
