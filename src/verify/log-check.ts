import { basename } from 'node:path';
import { isTorn, type Line, type LogRecord, listLogFiles, parseLogLine, readLines } from './log-reader.js';
import { type ProcessSettings, readProcessSettings } from './process-settings.js';
import type { FindSecret } from './secret-scan.js';

// The log, read once from end to end, and what of it a run has to answer for.

/** Places of one kind: how many, and the first of them. */
export interface Occurrences {
  count: number;
  first: string[];
}

/** The statistics with which a process ended. */
export interface FinalRecord {
  at: number;
  where: string;
  fields: Record<string, unknown>;
}

/** What the log tells of one process. */
export interface ProcessLog {
  pid: number;
  /** null as long as it had none. */
  run: string | null;
  /** As it started; null where that is not in the log. */
  settings: ProcessSettings | null;
  /** Milliseconds since the epoch. */
  firstAt: number;
  lastAt: number;
  /** Its first line is that of a start, and not one after a gap. */
  hasStart: boolean;
  lineCount: number;
  /** Counted over the whole log. */
  firstLine: number;
  lastLine: number;
  events: LogEvent[];
  finals: FinalRecord[];
  /** Records that follow the final one. */
  afterFinal: Occurrences;
  /** Lines that are no records, and that no kill explains. */
  foreignLines: Occurrences;
  /** What the seed's grep for crashes finds. */
  errorLines: Occurrences;
  /** What it finds too, and what is no crash: the API's words for its failures, a title, a path. */
  quotedErrorLines: Occurrences;
  secrets: Occurrences;
}

/** The records that the checks go back to. */
export interface LogEvent {
  at: number;
  event: string;
  sequence: number | null;
  /** Of a wait. */
  seconds: number | null;
  /** What is waited for. */
  reason: string | null;
  /** Of a pair. */
  name: string | null;
}

export interface LogSummary {
  fileCount: number;
  lineCount: number;
  /** When the log begins, milliseconds since the epoch; null when there is none. */
  firstAt: number | null;
  processes: ProcessLog[];
  /** Names of files that are not the worker's, and that the seed's commands look at all the same. */
  otherFiles: string[];
}

const KEPT_EVENTS = new Set([
  ...['story_started', 'continuing', 'progress', 'story_saved', 'leftover_published', 'usage_missing'],
  ...['waiting', 'holding', 'stop_requested'],
]);

/**
 * Reads the log of a folder.
 * @param isWanted the runs whose events are kept
 */
export async function readLog(
  folder: string,
  isWanted: (runId: string) => boolean,
  findSecret: FindSecret,
): Promise<LogSummary> {
  const { workerFiles, otherFiles } = await listLogFiles(folder);
  const collector = new LogCollector(isWanted, findSecret);
  for (const path of workerFiles) {
    for await (const line of readLines(path)) collector.add(line, `${basename(path)}:${line.number}`);
  }
  return { fileCount: workerFiles.length, otherFiles: otherFiles.map((path) => basename(path)), ...collector.end() };
}

class LogCollector {
  readonly #isWanted: (runId: string) => boolean;
  readonly #findSecret: FindSecret;
  readonly #processes: ProcessLog[] = [];
  /** The process at work, by its number. */
  readonly #currentByPid = new Map<number, ProcessLog>();
  /** Who wrote the line before. */
  #lastWriter: ProcessLog | null = null;
  #lineCount = 0;
  #firstAt: number | null = null;
  #tornLines: { where: string; line: number; processLog: ProcessLog | null }[] = [];
  /** Before the first record of all. */
  #beforeFirstRecord: ((processLog: ProcessLog) => void)[] = [];

  constructor(isWanted: (runId: string) => boolean, findSecret: FindSecret) {
    this.#isWanted = isWanted;
    this.#findSecret = findSecret;
  }

  add({ text }: Line, where: string): void {
    this.#lineCount += 1;
    if (text === '') return;
    const { record, rest } = parseLogLine(text);
    if (rest !== '') this.#addRest(rest, where);
    if (record !== null) this.#addRecord(record, where);
    const hasErrorWords = ERROR_WORDS.test(text) && !EXCLUDED_WORDS.test(text);
    if (hasErrorWords) {
      const kind =
        record !== null && (rest === '' || !ERROR_WORDS.test(rest)) && isQuotedError(record)
          ? 'quotedErrorLines'
          : 'errorLines';
      this.#attribute((processLog) => addOccurrence(processLog[kind], `${where} (${record?.event ?? '기록이 아님'})`));
    }
    const secret = this.#findSecret(text);
    if (secret !== null) this.#attribute((processLog) => addOccurrence(processLog.secrets, `${where} (${secret})`));
  }

  end(): Pick<LogSummary, 'lineCount' | 'firstAt' | 'processes'> {
    this.#attributeTornLines();
    return { lineCount: this.#lineCount, firstAt: this.#firstAt, processes: this.#processes };
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
    const isKeptEvent = KEPT_EVENTS.has(record.event) && (processLog.run === null || this.#isWanted(processLog.run));
    if (isKeptEvent) processLog.events.push(toEvent(record));
  }

  #processOf(record: LogRecord): ProcessLog {
    const { pid, run, event, fields, at } = record;
    const current = this.#currentByPid.get(pid);
    const isStart = event === 'worker_started';
    // Numbers come back. Without its start in the log, another run or a line after the end tells the next process.
    const isNewProcess =
      current === undefined ||
      isStart ||
      (!current.hasStart && (current.finals.length > 0 || isOtherRun(current.run, run)));
    if (!isNewProcess) return current;
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

  #attribute(attribute: (processLog: ProcessLog) => void): void {
    if (this.#lastWriter === null) this.#beforeFirstRecord.push(attribute);
    else attribute(this.#lastWriter);
  }

  /** A process that said no end may have torn one line, its last, before any other one started. */
  #attributeTornLines(): void {
    const unended = this.#processes.filter(({ finals }) => finals.length === 0);
    for (const { where, line, processLog } of this.#tornLines) {
      const at = unended.findIndex(
        ({ lastLine }) =>
          lastLine < line && !this.#processes.some((next) => next.firstLine > lastLine && next.firstLine < line),
      );
      const culprit = processLog ?? this.#processes[0];
      if (at !== -1) unended.splice(at, 1);
      else if (culprit !== undefined) addOccurrence(culprit.foreignLines, where);
    }
  }
}

function isOtherRun(current: string | null, run: string | null): boolean {
  return current !== null && run !== null && current !== run;
}

function newProcessLog(start: Pick<ProcessLog, 'pid' | 'firstAt' | 'firstLine' | 'hasStart' | 'settings'>): ProcessLog {
  const empty = (): Occurrences => ({ count: 0, first: [] });
  return {
    ...start,
    ...{ run: null, lastAt: start.firstAt, lineCount: 0, lastLine: start.firstLine, events: [], finals: [] },
    ...{ afterFinal: empty(), foreignLines: empty(), errorLines: empty(), quotedErrorLines: empty(), secrets: empty() },
  };
}

/** How many places are named. */
export const MOST_EXAMPLES = 5;

function addOccurrence(occurrences: Occurrences, where: string): void {
  occurrences.count += 1;
  if (occurrences.first.length < MOST_EXAMPLES) occurrences.first.push(where);
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

/** Fields that quote others: settings and paths, titles, what the API says of a failure that passes. */
const QUOTING: Record<string, readonly string[]> = {
  worker_started: ['settings'],
  attempt_failed: ['code', 'msg'],
  run_finished: ['failure_codes'],
  story_saved: ['title', 'msg'],
  set_aside: ['path', 'msg'],
  leftover_published: ['msg'],
};

function isQuotedError({ level, event, fields }: LogRecord): boolean {
  if (level !== 'info' && level !== 'warn') return false;
  const own = Object.entries(fields).filter(([name]) => QUOTING[event]?.includes(name) !== true);
  return !ERROR_WORDS.test(JSON.stringify(Object.fromEntries(own)));
}
