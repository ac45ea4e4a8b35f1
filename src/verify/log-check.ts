import { basename } from 'node:path';
import { isTorn, type LogLine, type LogRecord, listLogFiles, readLogLines } from './log-reader.js';
import { type ProcessSettings, readProcessSettings } from './process-settings.js';
import type { FindSecret } from './secret-scan.js';

// One pass over the log: its records grouped by process, and the lines that the checks look at.

/** A span of time, in milliseconds since the epoch. */
export interface TimeWindow {
  from: number;
  to: number;
}

/** The lines of one kind: how many there are, and where the first of them stand. */
export interface Occurrences {
  count: number;
  first: string[];
}

/** The final record of a process, with the statistics of the run. */
export interface FinalRecord {
  /** Milliseconds since the epoch. */
  at: number;
  where: string;
  fields: Record<string, unknown>;
}

/** The log of one process. */
export interface ProcessLog {
  pid: number;
  /** The run's id; null when the process never had a run. */
  run: string | null;
  /** null when the log lacks the record of the start. */
  settings: ProcessSettings | null;
  /** Time of the first and the last record, milliseconds since the epoch. */
  firstAt: number;
  lastAt: number;
  /** The first record is that of the start. */
  hasStart: boolean;
  lineCount: number;
  /** Numbers of the first and the last line, counted over the whole log. */
  firstLine: number;
  lastLine: number;
  events: LogEvent[];
  finals: FinalRecord[];
  /** Records after the final one. */
  afterFinal: Occurrences;
  /** Lines that are no records of the worker and that no kill explains. */
  foreignLines: Occurrences;
  /** Lines that the seed's grep for crashes finds. */
  errorLines: Occurrences;
  /** Lines that the same grep finds though they tell of no crash: they quote the API's errors, a title or a path. */
  quotedErrorLines: Occurrences;
  /** Lines that it finds, too, and that tell of file system errors at a time when these are expected. */
  expectedErrorLines: Occurrences;
  secrets: Occurrences;
}

/** A record that the checks look at, reduced to the fields they need. */
export interface LogEvent {
  /** Milliseconds since the epoch. */
  at: number;
  event: string;
  /** Number of the story. */
  sequence: number | null;
  /** Length of a wait. */
  seconds: number | null;
  /** Purpose of the wait. */
  reason: string | null;
  /** Name of a story. */
  name: string | null;
}

/** The whole log. */
export interface LogSummary {
  fileCount: number;
  lineCount: number;
  /** Time of the first record, milliseconds since the epoch; null when there is none. */
  firstAt: number | null;
  processes: ProcessLog[];
  /** Names of other files that the seed's commands match too. */
  otherFiles: string[];
}

const KEPT_EVENTS = new Set([
  ...['story_started', 'continuing', 'progress', 'story_saved', 'leftover_published', 'usage_missing'],
  ...['waiting', 'holding', 'stop_requested'],
  ...['batch_foreign', 'batch_list_failed', 'batch_poll_failed', 'batch_results_failed'],
]);

/**
 * Reads the log of a folder.
 * @param isWanted selects the runs, by id, whose events are kept
 * @param expectedErrorWindows when errors of the file system, and ends at a limit of the API, are expected
 */
export async function readLog(
  folder: string,
  isWanted: (runId: string) => boolean,
  findSecret: FindSecret,
  expectedErrorWindows: readonly TimeWindow[] = [],
): Promise<LogSummary> {
  const { workerFiles, otherFiles } = await listLogFiles(folder);
  const collector = new LogCollector(isWanted, findSecret, expectedErrorWindows);
  for await (const line of readLogLines(workerFiles)) collector.add(line);
  return {
    fileCount: workerFiles.length,
    otherFiles: otherFiles.map((path) => basename(path)),
    ...collector.finish(),
  };
}

class LogCollector {
  readonly #isWanted: (runId: string) => boolean;
  readonly #findSecret: FindSecret;
  readonly #expectedErrorWindows: readonly TimeWindow[];
  readonly #processes: ProcessLog[] = [];
  /** The latest process of each pid. */
  readonly #currentByPid = new Map<number, ProcessLog>();
  /** The process of the previous record, which a line without a record is attributed to. */
  #lastWriter: ProcessLog | null = null;
  #lineCount = 0;
  #firstAt: number | null = null;
  #tornLines: { where: string; line: number; processLog: ProcessLog | null }[] = [];
  /** Attributions of lines before the first record; they go to its process. */
  #beforeFirstRecord: ((processLog: ProcessLog) => void)[] = [];

  constructor(
    isWanted: (runId: string) => boolean,
    findSecret: FindSecret,
    expectedErrorWindows: readonly TimeWindow[],
  ) {
    this.#isWanted = isWanted;
    this.#findSecret = findSecret;
    this.#expectedErrorWindows = expectedErrorWindows;
  }

  add({ file, number, text, record, rest }: LogLine): void {
    this.#lineCount += 1;
    if (text === '') return;
    const where = `${file}:${number}`;
    if (rest !== '') this.#addRest(rest, where);
    if (record !== null) this.#addRecord(record, where);
    if (ERROR_WORDS.test(text) && !EXCLUDED_WORDS.test(text)) {
      const kind = record === null || ERROR_WORDS.test(rest) ? 'errorLines' : this.#kindOfError(record);
      this.#attribute((processLog) => addOccurrence(processLog[kind], `${where} (${record?.event ?? '기록이 아님'})`));
    }
    const secret = this.#findSecret(text);
    if (secret !== null) this.#attribute((processLog) => addOccurrence(processLog.secrets, `${where} (${secret})`));
  }

  finish(): Pick<LogSummary, 'lineCount' | 'firstAt' | 'processes'> {
    this.#judgeTornLines();
    return { lineCount: this.#lineCount, firstAt: this.#firstAt, processes: this.#processes };
  }

  #kindOfError(record: LogRecord): 'errorLines' | 'quotedErrorLines' | 'expectedErrorLines' {
    if (isQuotedError(record)) return 'quotedErrorLines';
    const { code } = (record.fields.err ?? {}) as NodeJS.ErrnoException;
    const isInTime = this.#expectedErrorWindows.some(({ from, to }) => record.at >= from && record.at <= to);
    const isAtLimit = record.event === 'attempt_failed' && record.fields.kind === 'blocked';
    return isInTime && (typeof code === 'string' || isAtLimit) ? 'expectedErrorLines' : 'errorLines';
  }

  #addRecord(record: LogRecord, where: string): void {
    this.#firstAt ??= record.at;
    const processLog = this.#processOf(record);
    this.#lastWriter = processLog;
    for (const attribute of this.#beforeFirstRecord.splice(0)) attribute(processLog);
    processLog.lineCount += 1;
    processLog.lastLine = this.#lineCount;
    processLog.lastAt = Math.max(processLog.lastAt, record.at);
    if (processLog.run === null && record.run !== null) {
      processLog.run = record.run;
      if (!this.#isWanted(record.run)) processLog.events = [];
    }
    const isFinal = record.event === 'run_finished';
    if (!isFinal && processLog.finals.length > 0) addOccurrence(processLog.afterFinal, `${where} (${record.event})`);
    if (isFinal) processLog.finals.push({ at: record.at, where, fields: record.fields });
    const isKept = KEPT_EVENTS.has(record.event) && (processLog.run === null || this.#isWanted(processLog.run));
    if (isKept) processLog.events.push(toEvent(record));
  }

  /** The process that wrote the record: the latest one with its pid, or a new one. */
  #processOf(record: LogRecord): ProcessLog {
    const { pid, run, event, fields, at } = record;
    const current = this.#currentByPid.get(pid);
    const isStart = event === 'worker_started';
    // Pids are reused. When the log lacks a start, another run or a record after the end shows that the process is new.
    const isNew =
      current === undefined ||
      isStart ||
      (!current.hasStart && (current.finals.length > 0 || isOtherRun(current.run, run)));
    if (!isNew) return current;
    const processLog = newProcessLog({
      pid,
      firstAt: at,
      firstLine: this.#lineCount,
      hasStart: isStart,
      settings: isStart ? readProcessSettings(fields) : null,
    });
    this.#processes.push(processLog);
    this.#currentByPid.set(pid, processLog);
    return processLog;
  }

  #addRest(rest: string, where: string): void {
    if (isTorn(rest)) this.#tornLines.push({ where, line: this.#lineCount, processLog: this.#lastWriter });
    else this.#attribute((processLog) => addOccurrence(processLog.foreignLines, where));
  }

  #attribute(act: (processLog: ProcessLog) => void): void {
    if (this.#lastWriter === null) this.#beforeFirstRecord.push(act);
    else act(this.#lastWriter);
  }

  /**
   * A process without a final record was killed and may have torn one line, its last, before another process started.
   * Every other torn line counts as foreign.
   */
  #judgeTornLines(): void {
    const killed = this.#processes.filter(({ finals }) => finals.length === 0);
    for (const { where, line, processLog } of this.#tornLines) {
      const index = killed.findIndex(
        ({ lastLine }) =>
          lastLine < line && !this.#processes.some((next) => next.firstLine > lastLine && next.firstLine < line),
      );
      const culprit = processLog ?? this.#processes[0];
      if (index !== -1) killed.splice(index, 1);
      else if (culprit !== undefined) addOccurrence(culprit.foreignLines, where);
    }
  }
}

function isOtherRun(known: string | null, run: string | null): boolean {
  return known !== null && run !== null && known !== run;
}

function newProcessLog(start: Pick<ProcessLog, 'pid' | 'firstAt' | 'firstLine' | 'hasStart' | 'settings'>): ProcessLog {
  const none = (): Occurrences => ({ count: 0, first: [] });
  return {
    ...start,
    ...{ run: null, lastAt: start.firstAt, lineCount: 0, lastLine: start.firstLine, events: [], finals: [] },
    ...{ afterFinal: none(), foreignLines: none(), secrets: none() },
    ...{ errorLines: none(), quotedErrorLines: none(), expectedErrorLines: none() },
  };
}

/** The most places that are named where there may be many. */
export const MAX_NAMED = 5;

function addOccurrence(occurrences: Occurrences, where: string): void {
  occurrences.count += 1;
  if (occurrences.first.length < MAX_NAMED) occurrences.first.push(where);
}

function toEvent({ at, event, fields }: LogRecord): LogEvent {
  const { sequence, seconds, retry_in_seconds, for: reason, file, name } = fields;
  return {
    at,
    event,
    sequence: numberOrNull(sequence),
    seconds: numberOrNull(seconds) ?? numberOrNull(retry_in_seconds),
    reason: textOrNull(reason),
    name: textOrNull(file)?.replace(/\.md$/, '') ?? textOrNull(name),
  };
}

const numberOrNull = (value: unknown) => (typeof value === 'number' ? value : null);
const textOrNull = (value: unknown) => (typeof value === 'string' ? value : null);

/** The seed's `grep -i "traceback\|error" … | grep -v "토큰 사용량.*없음"`. */
const ERROR_WORDS = /traceback|error/i;
const EXCLUDED_WORDS = /토큰 사용량.*없음/;

/** Fields, by event, that quote settings, paths, titles, or the API's words for a failure that passes. */
const QUOTING_FIELDS: Record<string, readonly string[]> = {
  worker_started: ['settings'],
  attempt_failed: ['code', 'msg'],
  run_finished: ['failure_codes'],
  story_saved: ['title', 'msg'],
  set_aside: ['path', 'msg'],
  leftover_published: ['msg'],
};

/** Tells whether the error words of a record stand only in fields that quote others. */
function isQuotedError({ level, event, fields }: LogRecord): boolean {
  if (level !== 'info' && level !== 'warn') return false;
  const own = Object.entries(fields).filter(([name]) => QUOTING_FIELDS[event]?.includes(name) !== true);
  return !ERROR_WORDS.test(JSON.stringify(Object.fromEntries(own)));
}
