import { readFile } from 'node:fs/promises';
import type { AttemptRecord, EndRecord, OutcomeRecord } from '../run/ledger.js';
import { fromMarkdown } from '../store/frontmatter.js';
import type { Finding } from '../verify/findings.js';
import { checkFolder, type FoundPair, type FoundRun } from '../verify/folder/folder-check.js';
import { readRuns as readLedgers } from '../verify/folder/ledger-check.js';
import { type LogLine, type LogRecord, listLogFiles, readLogLines } from '../verify/log-reader.js';

// What workers have left on disk: texts, ledgers, log.

/** A text with its metadata, wherever it lies. */
export interface FoundText extends Pick<FoundPair, 'name' | 'location' | 'metadata'> {
  text: string;
}

export interface Artifacts {
  texts: readonly FoundText[];
  /** Names in staging that are not whole pairs. */
  torn: readonly string[];
  /** In the order of their beginnings. */
  runs: readonly FoundRun[];
  /** What the folder check says of all this. */
  findings: readonly Finding[];
  /** In the order in which it was written. */
  log: readonly LogLine[];
}

/** @param atRest the run is over, and nothing may be on its way any more */
export async function readArtifacts(folder: string, logDir: string, atRest: boolean): Promise<Artifacts> {
  const { pairs, torn, runs, findings } = await checkFolder(folder, { atRest });
  const texts = pairs.map(async ({ name, location, metadata, markdownPath }) => {
    const text = fromMarkdown(await readFile(markdownPath, 'utf8'))?.text ?? '';
    return { name, location, metadata, text };
  });
  return { texts: await Promise.all(texts), torn, runs: [...runs].reverse(), findings, log: await readLog(logDir) };
}

/** The runs of a story folder, in the order of their beginnings. */
export async function readRuns(folder: string): Promise<FoundRun[]> {
  return (await readLedgers(folder, () => {})).reverse();
}

/** The log of a folder, line by line. */
export async function readLog(folder: string): Promise<LogLine[]> {
  const lines: LogLine[] = [];
  for await (const line of readLogLines((await listLogFiles(folder)).workerFiles)) lines.push(line);
  return lines;
}

export function recordsOf({ log }: Pick<Artifacts, 'log'>): LogRecord[] {
  return log.flatMap(({ record }) => record ?? []);
}

/** The final records of a run that is over, not of one that was interrupted. */
export function finalsOf(artifacts: Pick<Artifacts, 'log'>): LogRecord[] {
  return recordsOf(artifacts).filter(({ event, fields }) => event === 'run_finished' && fields.over === true);
}

/** The records that end the run, of which there has to be one. */
export function endsOf({ ledger: { records } }: FoundRun): EndRecord[] {
  return records.filter((record): record is EndRecord => record.type === 'end' && record.over);
}

/** A process that had the run, as the ledger has it. */
export interface FoundProcess {
  pid: number;
  attempts: FoundAttempt[];
  /** The most of its streamed calls that were without an outcome at once. */
  mostOpen: number;
  /** It let go of the run in good order. */
  hasEnded: boolean;
}

/** A call as the ledger has it. */
export interface FoundAttempt {
  process: FoundProcess;
  record: AttemptRecord;
  /** null: none, or not yet. */
  outcome: OutcomeRecord | null;
  /** A later process has recorded the outcome, from what a kill left staged. */
  isRecovered: boolean;
  /** It was planned for a batch that was given up before it was created. */
  isUnsent: boolean;
}

/** The calls of all processes. */
export const attemptsOf = (run: FoundRun) => processesOf(run).flatMap(({ attempts }) => attempts);

/** Reads the records as they stand, not by the worker's own replay. */
export function processesOf({ ledger: { records } }: FoundRun): FoundProcess[] {
  const processes: FoundProcess[] = [];
  const attempts = new Map<number, FoundAttempt>();
  const created = new Set<string>();
  let latest = 0;
  for (const record of records) {
    const process = processes.at(-1);
    if (record.type === 'begin' || record.type === 'claim') {
      processes.push({ pid: record.owner.pid, attempts: [], mostOpen: 0, hasEnded: false });
    } else if (record.type === 'attempt' && process !== undefined) {
      latest = record.number;
      const attempt = { process, record, outcome: null, isRecovered: false, isUnsent: false };
      attempts.set(latest, attempt);
      process.attempts.push(attempt);
      const open = process.attempts.filter(
        ({ record, outcome }) => outcome === null && record.batch === undefined,
      ).length;
      process.mostOpen = Math.max(process.mostOpen, open);
    } else if (record.type === 'outcome') {
      // Ledgers of version 1 have one call open at most, and do not name it.
      const attempt = record.attempt === null ? undefined : attempts.get(record.attempt ?? latest);
      if (attempt === undefined || attempt.outcome !== null) continue;
      attempt.outcome = record;
      attempt.isRecovered = attempt.process !== process;
      const { batch } = attempt.record;
      const isFree = record.kind === 'abandoned' && record.usage?.total_tokens === 0;
      attempt.isUnsent = isFree && batch !== undefined && !created.has(batch);
    } else if (record.type === 'batch') {
      if (record.phase === 'created') created.add(record.key);
    } else if (record.type === 'end' && process !== undefined) process.hasEnded = true;
  }
  return processes;
}
