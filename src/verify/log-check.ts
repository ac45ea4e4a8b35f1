import { basename } from 'node:path';
import { isTorn, type Line, type LogRecord, listLogFiles, parseLine, readLines } from './log-reader.js';
import { type LifeSettings, readLifeSettings } from './process-settings.js';
import type { FindSecret } from './secret-scan.js';

// The log, read once from end to end, and what of it a run has to answer for.

/** Places of one kind: how many, and the first of them. */
export interface Sightings {
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
export interface LogLife {
  pid: number;
  /** null as long as it had none. */
  run: string | null;
  /** As it started; null where that is not in the log. */
  settings: LifeSettings | null;
  /** Milliseconds since the epoch. */
  firstAt: number;
  lastAt: number;
  /** Its first line is that of a start, and not one after a gap. */
  fromStart: boolean;
  lines: number;
  /** Counted over the whole log. */
  firstLine: number;
  lastLine: number;
  events: LogEvent[];
  finals: FinalRecord[];
  /** Records that follow the final one. */
  afterFinal: Sightings;
  /** Lines that are no records, and that no kill explains. */
  foreign: Sightings;
  /** What the seed's grep for crashes finds. */
  alarms: Sightings;
  /** What it finds too, and what is no crash: the API's words for its failures, a title, a path. */
  harmless: Sightings;
  secrets: Sightings;
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

export interface LogFacts {
  files: number;
  lines: number;
  /** When the log begins, milliseconds since the epoch; null when there is none. */
  firstAt: number | null;
  lives: LogLife[];
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
): Promise<LogFacts> {
  const { ours, others } = await listLogFiles(folder);
  const reader = new LogReader(isWanted, findSecret);
  for (const path of ours) {
    for await (const line of readLines(path)) reader.take(line, `${basename(path)}:${line.number}`);
  }
  return { files: ours.length, otherFiles: others.map((path) => basename(path)), ...reader.end() };
}

class LogReader {
  readonly #isWanted: (runId: string) => boolean;
  readonly #findSecret: FindSecret;
  readonly #lives: LogLife[] = [];
  /** The process at work, by its number. */
  readonly #current = new Map<number, LogLife>();
  /** Who wrote the line before. */
  #latest: LogLife | null = null;
  #lines = 0;
  #firstAt: number | null = null;
  #torn: { where: string; line: number; life: LogLife | null }[] = [];
  /** Before the first record of all. */
  #early: ((life: LogLife) => void)[] = [];

  constructor(isWanted: (runId: string) => boolean, findSecret: FindSecret) {
    this.#isWanted = isWanted;
    this.#findSecret = findSecret;
  }

  take({ text }: Line, where: string): void {
    this.#lines += 1;
    if (text === '') return;
    const { record, rest } = parseLine(text);
    if (rest !== '') this.#takeRest(rest, where);
    if (record !== null) this.#takeRecord(record, where);
    const isAlarm = ALARM.test(text) && !NO_ALARM.test(text);
    if (isAlarm) {
      const kind = record !== null && (rest === '' || !ALARM.test(rest)) && isHarmless(record) ? 'harmless' : 'alarms';
      this.#blame((life) => sight(life[kind], `${where} (${record?.event ?? '기록이 아님'})`));
    }
    const secret = this.#findSecret(text);
    if (secret !== null) this.#blame((life) => sight(life.secrets, `${where} (${secret})`));
  }

  end(): Pick<LogFacts, 'lines' | 'firstAt' | 'lives'> {
    this.#excuseTorn();
    return { lines: this.#lines, firstAt: this.#firstAt, lives: this.#lives };
  }

  #takeRecord(record: LogRecord, where: string): void {
    this.#firstAt ??= record.at;
    const life = this.#lifeOf(record);
    this.#latest = life;
    for (const blame of this.#early.splice(0)) blame(life);
    life.lines += 1;
    life.lastLine = this.#lines;
    life.lastAt = Math.max(life.lastAt, record.at);
    if (life.run === null && record.run !== null) {
      life.run = record.run;
      if (!this.#isWanted(record.run)) life.events = [];
    }
    const isFinal = record.event === 'run_finished';
    if (!isFinal && life.finals.length > 0) sight(life.afterFinal, `${where} (${record.event})`);
    if (isFinal) life.finals.push({ at: record.at, where, fields: record.fields });
    const isKept = KEPT_EVENTS.has(record.event) && (life.run === null || this.#isWanted(life.run));
    if (isKept) life.events.push(toEvent(record));
  }

  #lifeOf(record: LogRecord): LogLife {
    const { pid, run, event, fields, at } = record;
    const known = this.#current.get(pid);
    const isStart = event === 'worker_started';
    // Numbers come back. Without its start in the log, another run or a line after the end tells the next process.
    const isOther =
      known === undefined || isStart || (!known.fromStart && (known.finals.length > 0 || isOtherRun(known.run, run)));
    if (!isOther) return known;
    const life = newLife({
      pid,
      firstAt: at,
      firstLine: this.#lines,
      fromStart: isStart,
      settings: isStart ? readLifeSettings(fields) : null,
    });
    this.#lives.push(life);
    this.#current.set(pid, life);
    return life;
  }

  #takeRest(rest: string, where: string): void {
    if (isTorn(rest)) this.#torn.push({ where, line: this.#lines, life: this.#latest });
    else this.#blame((life) => sight(life.foreign, where));
  }

  #blame(tell: (life: LogLife) => void): void {
    if (this.#latest === null) this.#early.push(tell);
    else tell(this.#latest);
  }

  /** A process that said no end may have torn one line, its last, before any other one started. */
  #excuseTorn(): void {
    const unended = this.#lives.filter(({ finals }) => finals.length === 0);
    for (const { where, line, life } of this.#torn) {
      const at = unended.findIndex(
        ({ lastLine }) =>
          lastLine < line && !this.#lives.some((next) => next.firstLine > lastLine && next.firstLine < line),
      );
      const blamed = life ?? this.#lives[0];
      if (at !== -1) unended.splice(at, 1);
      else if (blamed !== undefined) sight(blamed.foreign, where);
    }
  }
}

function isOtherRun(known: string | null, run: string | null): boolean {
  return known !== null && run !== null && known !== run;
}

function newLife(start: Pick<LogLife, 'pid' | 'firstAt' | 'firstLine' | 'fromStart' | 'settings'>): LogLife {
  const none = (): Sightings => ({ count: 0, first: [] });
  return {
    ...start,
    ...{ run: null, lastAt: start.firstAt, lines: 0, lastLine: start.firstLine, events: [], finals: [] },
    ...{ afterFinal: none(), foreign: none(), alarms: none(), harmless: none(), secrets: none() },
  };
}

/** How many places are named. */
export const MOST_NAMED = 5;

function sight(sightings: Sightings, where: string): void {
  sightings.count += 1;
  if (sightings.first.length < MOST_NAMED) sightings.first.push(where);
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
const ALARM = /traceback|error/i;
const NO_ALARM = /토큰 사용량.*없음/;

/** Fields that quote others: settings and paths, titles, what the API says of a failure that passes. */
const QUOTING: Record<string, readonly string[]> = {
  worker_started: ['settings'],
  attempt_failed: ['code', 'msg'],
  run_finished: ['failure_codes'],
  story_saved: ['title', 'msg'],
  set_aside: ['path', 'msg'],
  leftover_published: ['msg'],
};

function isHarmless({ level, event, fields }: LogRecord): boolean {
  if (level !== 'info' && level !== 'warn') return false;
  const own = Object.entries(fields).filter(([name]) => QUOTING[event]?.includes(name) !== true);
  return !ALARM.test(JSON.stringify(Object.fromEntries(own)));
}
