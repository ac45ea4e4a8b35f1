import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../lib/errors.js';
import { listFolder } from '../lib/files.js';
import { isProcessAlive } from '../lib/process-identity.js';
import { ledgerPath, listRuns, type ReadLedger, readLedger } from '../run/ledger.js';
import { replay } from '../run/run.js';
import { filesOf, setAsideFolder } from '../store/story-store.js';
import { type StoryFacts, toStoryFacts, type Why, whyOf } from './metadata.js';

/** A report that cannot be made; the message is for the user. */
export class ReportError extends UserError {
  override readonly name = 'ReportError';
}

/** A run and its texts, as they stand on disk. */
export interface RunOnDisk {
  ledger: ReadLedger;
  /** Does a process still work on it? */
  alive: boolean;
  /** Newer files that should be ledgers, and are none. */
  skipped: string[];
  /** By name, among the stories: the run's own, and the ones that they are most like. What is missing is not there. */
  stories: ReadonlyMap<string, StoryFacts>;
  /** By name: what of this run is set aside. */
  setAside: ReadonlyMap<string, { facts: StoryFacts; why: Why }>;
  /** How many texts of other runs are set aside in the folder. */
  othersSetAside: number;
}

/**
 * Reads a run of a story folder.
 * @param wanted its id or any part of it that fits one alone; null: the newest
 * @throws ReportError when there is no such run
 */
export async function readRun(folder: string, wanted: string | null): Promise<RunOnDisk> {
  const { ledger, skipped } = await findRun(folder, wanted);
  const { owner, recovering, statistics } = replay(ledger);
  const names = namesIn(ledger);
  const nearest = statistics.nearest === null ? [] : [statistics.nearest.nearest.name];
  const stories = await readEach(folder, [...names, ...nearest], toStoryFacts);
  if (ledger.records.some(({ type }) => type === 'snapshot')) await addUntold(folder, ledger.begin.run_id, stories);
  const aside = setAsideFolder(folder);
  const waiting = (await listFolder(aside)).flatMap((file) => (file.endsWith('.md') ? [file.slice(0, -3)] : []));
  const ours = new Set(names);
  const setAside = await readEach(
    aside,
    waiting.filter((each) => ours.has(each)),
    (metadata) => ({ facts: toStoryFacts(metadata), why: whyOf(metadata) }),
  );
  return {
    ledger,
    alive: owner !== null && !recovering && isProcessAlive(owner),
    skipped,
    stories,
    setAside,
    othersSetAside: waiting.filter((each) => !ours.has(each)).length,
  };
}

async function findRun(folder: string, wanted: string | null): Promise<{ ledger: ReadLedger; skipped: string[] }> {
  const all = await listRuns(folder);
  if (all.length === 0) throw new ReportError(`아직 실행이 없습니다: ${folder}`);
  const exact = all.filter((id) => id === wanted);
  const fitting = wanted === null ? all : exact.length > 0 ? exact : all.filter((id) => id.includes(wanted));
  if (fitting.length === 0) throw new ReportError(`"${wanted}"에 맞는 실행이 없습니다. ${listing(all)}`);
  if (wanted !== null && fitting.length > 1)
    throw new ReportError(`"${wanted}"에 맞는 실행이 여럿입니다. ${listing(fitting)}`);
  const skipped: string[] = [];
  for (const id of fitting) {
    const path = ledgerPath(folder, id);
    const ledger = readLedger(path);
    if (ledger !== null) return { ledger, skipped };
    skipped.push(path);
  }
  throw new ReportError(`장부로 읽을 수 없습니다: ${skipped.join(', ')}`);
}

const LISTED = 10;

function listing(ids: readonly string[]): string {
  const rest = ids.length - LISTED;
  return `실행: ${ids.slice(0, LISTED).join(', ')}${rest > 0 ? ` 외 ${rest}개` : ''}`;
}

/** The texts that a ledger names. */
function namesIn({ records }: ReadLedger): string[] {
  return records.flatMap((record) =>
    record.type === 'outcome' && record.kind !== 'abandoned' && record.name !== null ? [record.name] : [],
  );
}

/** A ledger that was lost and began anew does not name what was before; the stories themselves say whose they are. */
async function addUntold(folder: string, runId: string, stories: Map<string, StoryFacts>): Promise<void> {
  const names = (await listFolder(folder)).flatMap((file) => (file.endsWith('.md') ? [file.slice(0, -3)] : []));
  const unknown = names.filter((name) => !stories.has(name));
  for (const [name, facts] of await readEach(folder, unknown, toStoryFacts)) {
    if (facts.runId === runId) stories.set(name, facts);
  }
}

/** Files that are read at once. */
const AT_ONCE = 64;

/** What is made of the metadata of these texts; those whose metadata is not there are left out. */
async function readEach<T>(
  folder: string,
  names: readonly string[],
  make: (metadata: Record<string, unknown>) => T,
): Promise<Map<string, T>> {
  const found = new Map<string, T>();
  for (let from = 0; from < names.length; from += AT_ONCE) {
    await Promise.all(
      names.slice(from, from + AT_ONCE).map(async (name) => {
        const metadata = await readJson(join(folder, filesOf(name)[1]));
        if (metadata !== null) found.set(name, make(metadata));
      }),
    );
  }
  return found;
}

/** @returns null when the file is gone, is no object, or cannot be read: the report says what it misses */
async function readJson(path: string): Promise<Record<string, unknown> | null> {
  try {
    const json: unknown = JSON.parse(await readFile(path, 'utf8'));
    return typeof json === 'object' && json !== null ? (json as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
