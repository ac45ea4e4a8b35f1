import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { listFolder } from '../lib/files.js';
import { type LedgerRecord, ledgerPath, listRuns, type OutcomeRecord, readLedger } from '../run/ledger.js';
import { type Destination, nameOfStory, setAsideFolder } from '../store/story-store.js';
import { fromMarkdown } from '../story/story.js';

// What a worker has left on disk, read without the code that verifies it.

/** A text on disk. */
export interface FoundText {
  name: string;
  shelf: Destination;
  text: string;
}

/** A call as the ledger has it. */
export interface FoundAttempt {
  /** Milliseconds since the epoch. */
  at: number;
  /** Ids of cards by axis. */
  premise: Readonly<Record<string, string>>;
  continues: boolean;
  /** null: none was recorded before the next call. */
  outcome: OutcomeRecord | null;
  /** When the record after it was written that is not its outcome; null for the last. */
  followedAt: number | null;
}

export interface FoundRun {
  id: string;
  /** When it began, milliseconds since the epoch. */
  at: number;
  records: readonly LedgerRecord[];
  attempts: readonly FoundAttempt[];
}

export interface Evidence {
  texts: readonly FoundText[];
  runs: readonly FoundRun[];
  /** The log, in order. */
  log: readonly Record<string, unknown>[];
}

export async function readEvidence(folder: string, logDir: string): Promise<Evidence> {
  const texts = [...(await readTexts(folder, 'stories')), ...(await readTexts(setAsideFolder(folder), 'set-aside'))];
  return { texts, runs: await readRuns(folder), log: await readLog(logDir) };
}

/** The runs of a story folder, in the order of their beginnings. */
export async function readRuns(folder: string): Promise<FoundRun[]> {
  const runs: FoundRun[] = [];
  for (const id of (await listRuns(folder)).reverse()) {
    const ledger = readLedger(ledgerPath(folder, id));
    if (ledger === null) continue;
    const { records, begin } = ledger;
    runs.push({ id, at: begin.at, records, attempts: attemptsOf(records) });
  }
  return runs;
}

/** Read from the records as they stand, not by the worker's own replay. */
export function attemptsOf(records: readonly LedgerRecord[]): FoundAttempt[] {
  const attempts: FoundAttempt[] = [];
  for (const record of records) {
    const last = attempts.at(-1);
    if (record.type === 'outcome') {
      if (last !== undefined) last.outcome ??= record;
      continue;
    }
    if (last !== undefined) last.followedAt ??= record.at;
    if (record.type === 'attempt') {
      const { at, premise, continues } = record;
      attempts.push({ at, premise, continues: continues !== undefined, outcome: null, followedAt: null });
    }
  }
  return attempts;
}

async function readTexts(folder: string, shelf: Destination): Promise<FoundText[]> {
  const names = (await listFolder(folder)).flatMap((file) => nameOfStory(file) ?? []);
  return Promise.all(
    names.map(async (name) => {
      const story = fromMarkdown(await readFile(join(folder, `${name}.md`), 'utf8'));
      return { name, shelf, text: story?.text ?? '' };
    }),
  );
}

async function readLog(logDir: string): Promise<Record<string, unknown>[]> {
  const files = (await listFolder(logDir)).filter((file) => file.endsWith('.log')).sort();
  const contents = await Promise.all(files.map((file) => readFile(join(logDir, file), 'utf8')));
  return contents.flatMap((content) => content.split('\n').flatMap(parseLine));
}

/** A line that a kill tore is passed over here. */
function parseLine(line: string): Record<string, unknown>[] {
  try {
    const record: unknown = JSON.parse(line);
    return typeof record === 'object' && record !== null ? [record as Record<string, unknown>] : [];
  } catch {
    return [];
  }
}
