import { createReadStream } from 'node:fs';
import { basename, join } from 'node:path';
import { listFolder } from '../lib/files.js';

// The reader of the worker's log files: lines, and the records in them. It tolerates torn lines, which a kill or a
// power cut leaves behind. Only the line at hand is in memory, however large the log is.

/** A line of a file. */
export interface Line {
  /** From 1. */
  number: number;
  /** Position of its first byte in the file. */
  offset: number;
  /** Without its line break. */
  text: string;
  /** It ends with a line break; only the last line of a file may lack it. */
  terminated: boolean;
}

const LINE_BREAK = '\n'.charCodeAt(0);
const CHUNK_BYTES = 256 * 1024;

/** Reads a file line by line. Only `\n` ends a line: a title may contain the other separators that Unicode has. */
export async function* readLines(path: string): AsyncGenerator<Line> {
  let rest: Buffer = Buffer.alloc(0);
  let number = 0;
  let offset = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES }) as AsyncIterable<Buffer>) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let from = 0;
    for (let end = bytes.indexOf(LINE_BREAK); end !== -1; end = bytes.indexOf(LINE_BREAK, from)) {
      yield { number: ++number, offset, text: bytes.toString('utf8', from, end), terminated: true };
      offset += end + 1 - from;
      from = end + 1;
    }
    rest = bytes.subarray(from);
  }
  if (rest.length > 0) yield { number: ++number, offset, text: rest.toString('utf8'), terminated: false };
}

/** The log files that the seed's commands look at. */
const LOG_FILE = /^horror_story_.*\.log$/;
const WORKER_LOG_FILE = /^horror_story_worker\.(\d{4}-\d{2}-\d{2})\.(\d+)\.log$/;

/** The log files of a folder. */
export interface LogFiles {
  /** Paths of the files that the worker writes, oldest first. */
  workerFiles: string[];
  /** Paths of other files that the seed's commands match too. */
  otherFiles: string[];
}

/** Lists the log files of a folder. */
export async function listLogFiles(folder: string): Promise<LogFiles> {
  const files = (await listFolder(folder)).filter((file) => LOG_FILE.test(file));
  const dated = files.flatMap((file) => {
    const [, day, number] = WORKER_LOG_FILE.exec(file) ?? [];
    return day === undefined ? [] : [{ file, day, number: Number(number) }];
  });
  dated.sort((a, b) => (a.day === b.day ? a.number - b.number : a.day < b.day ? -1 : 1));
  return {
    workerFiles: dated.map(({ file }) => join(folder, file)),
    otherFiles: files.filter((file) => !WORKER_LOG_FILE.test(file)).map((file) => join(folder, file)),
  };
}

/** A record of the log. */
export interface LogRecord {
  level: string;
  /** Milliseconds since the epoch. */
  at: number;
  event: string;
  pid: number;
  /** The run's id; null until the process has a run. */
  run: string | null;
  /** All fields of the record, those above included. */
  fields: Record<string, unknown>;
}

/** The content of a line. A torn record has no line break, so the next process's record stands behind it. */
export interface ParsedLine {
  /** null: the line has none. */
  record: LogRecord | null;
  /** The text that is not part of the record: the whole line, the text before the record, or empty. */
  rest: string;
}

/** A line of the log with its content. */
export interface LogLine extends Line, ParsedLine {
  /** Name of the file. */
  file: string;
}

/** Reads the lines of log files, one file after another. */
export async function* readLogLines(paths: readonly string[]): AsyncGenerator<LogLine> {
  for (const path of paths) {
    const file = basename(path);
    for await (const line of readLines(path)) yield { ...line, ...parseLogLine(line.text), file };
  }
}

const RECORD_START = '{"level":"';

/** Finds the record in a line. */
export function parseLogLine(text: string): ParsedLine {
  const whole = parseLogRecord(text);
  if (whole !== null) return { record: whole, rest: '' };
  const start = text.lastIndexOf(RECORD_START);
  const record = start <= 0 ? null : parseLogRecord(text.slice(start));
  return record === null ? { record: null, rest: text } : { record, rest: text.slice(0, start) };
}

/** Tells whether text can be the torn start of a record, as a kill or a power cut leaves it. */
export function isTorn(rest: string): boolean {
  // After a power cut some file systems have zeros in place of bytes that were not written yet.
  const text = rest.replace(/\0+$/, '');
  return text.startsWith(RECORD_START) || RECORD_START.startsWith(text);
}

function parseLogRecord(text: string): LogRecord | null {
  let fields: Record<string, unknown> | null;
  try {
    fields = JSON.parse(text) as Record<string, unknown> | null;
  } catch {
    return null;
  }
  if (typeof fields !== 'object' || fields === null) return null;
  const { level, time, event, pid, run_id } = fields;
  const at = typeof time === 'string' ? Date.parse(time) : Number.NaN;
  if (typeof level !== 'string' || typeof event !== 'string' || Number.isNaN(at)) return null;
  return { level, at, event, pid: Number(pid), run: typeof run_id === 'string' ? run_id : null, fields };
}
