import { basename, join } from 'node:path';
import { pino } from 'pino';
import { prettyFactory } from 'pino-pretty';

import './roll-numbers.js';

import openRollingFile from 'pino-roll';
import { redact, redactJson } from '../lib/redact.js';
import { LOG_FILE_NAME, removeOldLogFiles } from './log-files.js';
import type { Terminal } from './terminal.js';

/** Fields of a record; every record names its event. */
export type LogFields = { event: string } & Record<string, unknown>;

/** The log as the modules see it: fields for machines, a Korean line for people. */
export interface Logger {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
  /** Written whatever the level: the statistics of the run. */
  summary(fields: LogFields, message: string): void;
  /** Drops every record from now on. */
  close(): void;
}

export interface LoggerOptions {
  dir: string;
  level: string;
  /** The form of the lines on standard output. */
  format: 'pretty' | 'json';
  maxSizeMb: number;
  /** How many log files stay, the current one included. */
  keepFiles: number;
  /**
   * Called whenever another log file is begun: at the start, every day, and when one has its full size.
   * @returns what went wrong, for the log
   */
  onFileOpened?: () => Error | null;
  terminal: Terminal;
  /** Texts that must not appear in any line. */
  secrets: readonly string[];
  /** Fields of every record, such as the run's id; asked for each time. */
  context: () => Record<string, unknown>;
}

/**
 * Opens the log: JSON lines in `horror_story_worker.<date>.<n>.log`, written before the call returns, and the same
 * records on standard output. Neither ends the run: a folder that cannot be written is said once on standard
 * output, a full disk is waited out in memory. Whenever a file is opened, the oldest ones beyond `keepFiles` are removed:
 * a worker that is started once a day, for one story, never comes to a rotation.
 */
export async function openLogger(options: LoggerOptions): Promise<Logger> {
  const { terminal, format, secrets } = options;
  const pretty = prettyFactory({
    colorize: terminal.isLive,
    translateTime: 'SYS:yyyy-mm-dd HH:MM:ss',
    ignore: 'pid,hostname',
    hideObject: true,
  });
  const show = (line: string) => (format === 'json' ? redactJson(line, secrets) : redact(pretty(line), secrets));
  const screen = { write: (line: string) => terminal.write(show(line)) };
  const file = await openFile(options);
  const streams = [
    { level: 'debug' as const, stream: screen },
    ...(file instanceof Error
      ? []
      : [{ level: 'debug' as const, stream: { write: (line: string) => file.write(redactJson(line, secrets)) } }]),
  ];
  const logger = pino(
    {
      level: options.level,
      base: null,
      mixin: options.context,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    pino.multistream(streams),
  );
  const always = logger.child({}, { level: 'info' });
  const log: Logger = {
    debug: (fields, message) => logger.debug(fields, message),
    info: (fields, message) => logger.info(fields, message),
    warn: (fields, message) => logger.warn(fields, message),
    error: (fields, message) => logger.error(fields, message),
    summary: (fields, message) => always.info(fields, message),
    close: () => {
      logger.level = 'silent';
      always.level = 'silent';
    },
  };
  if (file instanceof Error) {
    log.warn(
      { event: 'log_file_unavailable', dir: options.dir, reason: file.message },
      `로그 파일을 열 수 없어 표준 출력에만 남깁니다: ${file.message}`,
    );
    return log;
  }
  // What cannot be removed now is said when the next file is begun: the first record of a process is that of its start.
  tidyUp(options, file.file);
  let current = file.file;
  file.on('ready', () => {
    if (file.file === current) return;
    current = file.file;
    const problem = tidyUp(options, current);
    if (problem !== null) log.debug({ event: 'old_logs_kept', err: problem }, '오래된 로그를 정리하지 못했습니다');
  });
  return log;
}

/** @returns what of the old logs could not be tidied up; null when all is well */
function tidyUp({ dir, keepFiles, onFileOpened }: LoggerOptions, current: string): Error | null {
  const problem = removeOldLogFiles(dir, { keep: keepFiles, current: basename(current) });
  return onFileOpened?.() ?? problem;
}

/** @returns the stream, or the reason why there is none */
async function openFile({ dir, maxSizeMb }: LoggerOptions) {
  try {
    const file = await openRollingFile({
      file: join(dir, LOG_FILE_NAME),
      extension: '.log',
      frequency: 'daily',
      dateFormat: 'yyyy-MM-dd',
      size: maxSizeMb,
      mkdir: true,
      // In the calling turn: whatever ends the process, the last line is on disk.
      sync: true,
    });
    // A full disk: with a listener the stream keeps the lines and writes them when there is space again.
    file.on('error', () => {});
    return file;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
