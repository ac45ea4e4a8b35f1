import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import { listFolder } from '../lib/files.js';

/** A line of a file, as it stands there. */
export interface Line {
  /** From 1. */
  number: number;
  text: string;
  /** It has its line break; the last one of a file may lack it. */
  terminated: boolean;
}

/**
 * Reads a file line by line; only the line at hand is in memory. Lines end at `\n` alone: the separators that Unicode
 * knows besides may stand in a title.
 */
export async function* readLines(path: string): AsyncGenerator<Line> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  let number = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 18 })) {
    const lines = (rest + decoder.write(chunk as Buffer)).split('\n');
    rest = lines.pop() ?? '';
    for (const text of lines) yield { number: ++number, text, terminated: true };
  }
  rest += decoder.end();
  if (rest !== '') yield { number: ++number, text: rest, terminated: false };
}

/** What the seed's commands look at. */
const LOG_FILE = /^horror_story_.*\.log$/;
const OUR_LOG_FILE = /^horror_story_worker\.(\d{4}-\d{2}-\d{2})\.(\d+)\.log$/;

/** The log files of a folder: the worker's, oldest first, and others that the same grep would find. */
export async function listLogFiles(folder: string): Promise<{ workerFiles: string[]; otherFiles: string[] }> {
  const files = (await listFolder(folder)).filter((file) => LOG_FILE.test(file));
  const workerFiles = files.flatMap((file) => {
    const [, day, number] = OUR_LOG_FILE.exec(file) ?? [];
    return day === undefined ? [] : [{ file, day, number: Number(number) }];
  });
  workerFiles.sort((a, b) => (a.day === b.day ? a.number - b.number : a.day < b.day ? -1 : 1));
  return {
    workerFiles: workerFiles.map(({ file }) => join(folder, file)),
    otherFiles: files.filter((file) => !OUR_LOG_FILE.test(file)).map((file) => join(folder, file)),
  };
}

/** A record of the log. */
export interface LogRecord {
  level: string;
  /** Milliseconds since the epoch. */
  at: number;
  event: string;
  pid: number;
  /** null as long as the process had no run. */
  run: string | null;
  fields: Record<string, unknown>;
}

/** What a line holds. A process that is killed as it writes leaves a torn record, and the next one's stands behind it. */
export interface ParsedLine {
  record: LogRecord | null;
  /** What is no record: the whole line, what stands before the record, or nothing. */
  rest: string;
}

const RECORD_START = '{"level":"';

export function parseLogLine(text: string): ParsedLine {
  const whole = parseLogRecord(text);
  if (whole !== null) return { record: whole, rest: '' };
  const at = text.lastIndexOf(RECORD_START);
  const record = at <= 0 ? null : parseLogRecord(text.slice(at));
  return record === null ? { record: null, rest: text } : { record, rest: text.slice(0, at) };
}

/** Can it be what a kill, or a machine that went down, leaves of a record? */
export function isTorn(rest: string): boolean {
  // Some file systems fill up with zeros what was not written when the power went.
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
