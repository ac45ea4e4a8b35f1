import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../lib/errors.js';
import { listFolder } from '../lib/files.js';
import { isProcessAlive } from '../lib/process-identity.js';
import { ledgerPath, listRuns, type ReadLedger, readLedger } from '../run/ledger.js';
import { replay } from '../run/run.js';
import { filesOf, setAsideFolder } from '../store/story-store.js';
import { type SetAsideReason, type StoryDetails, setAsideReasonOf, toStoryDetails } from './metadata.js';

/** A report that cannot be made; the message is for the user. */
export class ReportError extends UserError {
  override readonly name = 'ReportError';
}

/** A run and its texts, as they stand on disk. */
export interface RunOnDisk {
  ledger: ReadLedger;
  /** Does a process still work on it? */
  isAlive: boolean;
  /** Newer files that should be ledgers, and are none. */
  unreadableLedgers: string[];
  /** By name, among the stories: the run's own, and the ones that they are most like. What is missing is not there. */
  stories: ReadonlyMap<string, StoryDetails>;
  /** By name: what of this run is set aside. */
  setAside: ReadonlyMap<string, { details: StoryDetails; reason: SetAsideReason }>;
  /** How many texts of other runs are set aside in the folder. */
  othersSetAside: number;
}

/**
 * Reads a run of a story folder.
 * @param wanted its id or any part of it that fits one alone; null: the newest
 * @throws ReportError when there is no such run
 */
export async function readRun(folder: string, wanted: string | null): Promise<RunOnDisk> {
  const { ledger, unreadableLedgers } = await findRun(folder, wanted);
  const { owner, recovering, statistics } = replay(ledger);
  const names = storyNamesIn(ledger);
  const nearest = statistics.nearest === null ? [] : [statistics.nearest.nearest.name];
  const stories = await readEach(folder, [...names, ...nearest], toStoryDetails);
  if (ledger.records.some(({ type }) => type === 'snapshot'))
    await addMissingHistory(folder, ledger.begin.run_id, stories);
  const setAsidePath = setAsideFolder(folder);
  const setAsideNames = (await listFolder(setAsidePath)).flatMap((file) =>
    file.endsWith('.md') ? [file.slice(0, -3)] : [],
  );
  const ownNames = new Set(names);
  const setAside = await readEach(
    setAsidePath,
    setAsideNames.filter((each) => ownNames.has(each)),
    (metadata) => ({ details: toStoryDetails(metadata), reason: setAsideReasonOf(metadata) }),
  );
  return {
    ledger,
    isAlive: owner !== null && !recovering && isProcessAlive(owner),
    unreadableLedgers,
    stories,
    setAside,
    othersSetAside: setAsideNames.filter((each) => !ownNames.has(each)).length,
  };
}

async function findRun(
  folder: string,
  wanted: string | null,
): Promise<{ ledger: ReadLedger; unreadableLedgers: string[] }> {
  const all = await listRuns(folder);
  if (all.length === 0) throw new ReportError(`아직 실행이 없습니다: ${folder}`);
  const exact = all.filter((id) => id === wanted);
  const matching = wanted === null ? all : exact.length > 0 ? exact : all.filter((id) => id.includes(wanted));
  if (matching.length === 0) throw new ReportError(`"${wanted}"에 맞는 실행이 없습니다. ${listIds(all)}`);
  if (wanted !== null && matching.length > 1)
    throw new ReportError(`"${wanted}"에 맞는 실행이 여럿입니다. ${listIds(matching)}`);
  const unreadableLedgers: string[] = [];
  for (const id of matching) {
    const path = ledgerPath(folder, id);
    const ledger = readLedger(path);
    if (ledger !== null) return { ledger, unreadableLedgers };
    unreadableLedgers.push(path);
  }
  throw new ReportError(`장부로 읽을 수 없습니다: ${unreadableLedgers.join(', ')}`);
}

const MAX_LISTED = 10;

function listIds(ids: readonly string[]): string {
  const rest = ids.length - MAX_LISTED;
  return `실행: ${ids.slice(0, MAX_LISTED).join(', ')}${rest > 0 ? ` 외 ${rest}개` : ''}`;
}

/** The texts that a ledger names. */
function storyNamesIn({ records }: ReadLedger): string[] {
  return records.flatMap((record) =>
    record.type === 'outcome' && record.kind !== 'abandoned' && record.name !== null ? [record.name] : [],
  );
}

/** A ledger that was lost and began anew does not name what was before; the stories themselves say whose they are. */
async function addMissingHistory(folder: string, runId: string, stories: Map<string, StoryDetails>): Promise<void> {
  const names = (await listFolder(folder)).flatMap((file) => (file.endsWith('.md') ? [file.slice(0, -3)] : []));
  const unknown = names.filter((name) => !stories.has(name));
  for (const [name, details] of await readEach(folder, unknown, toStoryDetails)) {
    if (details.runId === runId) stories.set(name, details);
  }
}

/** Files that are read at once. */
const BATCH_SIZE = 64;

/** What is made of the metadata of these texts; those whose metadata is not there are left out. */
async function readEach<T>(
  folder: string,
  names: readonly string[],
  make: (metadata: Record<string, unknown>) => T,
): Promise<Map<string, T>> {
  const found = new Map<string, T>();
  for (let from = 0; from < names.length; from += BATCH_SIZE) {
    await Promise.all(
      names.slice(from, from + BATCH_SIZE).map(async (name) => {
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
