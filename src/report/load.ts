import { join } from 'node:path';
import { UserError } from '../lib/errors.js';
import { listFolder, readJson } from '../lib/files.js';
import { isProcessAlive } from '../lib/process-identity.js';
import { ledgerPath, listRuns, namedOutcomes, type ReadLedger, readLedger } from '../run/ledger.js';
import { replay } from '../run/run.js';
import { selectRun } from '../run/select-run.js';
import { type ReadMetadata, readMetadata, type SetAsideReason } from '../store/story-metadata.js';
import { filesOf, setAsideFolder } from '../store/story-store.js';
import { type StoryDetails, setAsideReasonOf, toStoryDetails } from './story-details.js';

/** The report cannot be made; the message is for the user. */
export class ReportError extends UserError {
  override readonly name = 'ReportError';
}

/** A run and its texts, as they stand on disk. */
export interface RunOnDisk {
  ledger: ReadLedger;
  /** A process still works on the run. */
  isAlive: boolean;
  /** Paths of newer ledgers that cannot be read. */
  unreadableLedgers: string[];
  /** The run's own stories and the stories they are most similar to, by name. Without those whose file is missing. */
  stories: ReadonlyMap<string, StoryDetails>;
  /** The texts of this run that are set aside, by name. */
  setAside: ReadonlyMap<string, { details: StoryDetails; reason: SetAsideReason }>;
  /** The number of texts of other runs that are set aside in the folder. */
  othersSetAside: number;
}

/**
 * Reads a run of a story folder.
 * @param wanted its id, or any part that only one id has; null: the newest run
 * @throws ReportError when the folder has no run that can be read, RunSelectionError when `wanted` does not fit one
 */
export async function readRun(folder: string, wanted: string | null): Promise<RunOnDisk> {
  const { ledger, unreadableLedgers } = await findRun(folder, wanted);
  const { owner, recovering, statistics } = replay(ledger);
  const names = [...namedOutcomes(ledger.records).keys()];
  const nearest = statistics.nearest === null ? [] : [statistics.nearest.nearest.name];
  const stories = readEach(folder, [...names, ...nearest], toStoryDetails);
  const hasSnapshot = ledger.records.some(({ type }) => type === 'snapshot');
  if (hasSnapshot) await addMissingHistory(folder, ledger.begin.run_id, stories);
  const setAsidePath = setAsideFolder(folder);
  const setAsideNames = await listNames(setAsidePath);
  const ownNames = new Set(names);
  const setAside = readEach(
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

/** The wanted run, or the newest one whose ledger can be read. */
async function findRun(
  folder: string,
  wanted: string | null,
): Promise<{ ledger: ReadLedger; unreadableLedgers: string[] }> {
  const all = await listRuns(folder);
  if (all.length === 0) throw new ReportError(`아직 실행이 없습니다: ${folder}`);
  const unreadableLedgers: string[] = [];
  for (const id of wanted === null ? all : [selectRun(all, wanted)]) {
    const path = ledgerPath(folder, id);
    const ledger = readLedger(path);
    if (ledger !== null) return { ledger, unreadableLedgers };
    unreadableLedgers.push(path);
  }
  throw new ReportError(`장부로 읽을 수 없습니다: ${unreadableLedgers.join(', ')}`);
}

/** A ledger that was lost and began anew lacks the names of earlier stories; their own metadata names their run. */
async function addMissingHistory(folder: string, runId: string, stories: Map<string, StoryDetails>): Promise<void> {
  const unknown = (await listNames(folder)).filter((name) => !stories.has(name));
  for (const [name, details] of readEach(folder, unknown, toStoryDetails)) {
    if (details.runId === runId) stories.set(name, details);
  }
}

async function listNames(folder: string): Promise<string[]> {
  return (await listFolder(folder)).flatMap((file) => (file.endsWith('.md') ? [file.slice(0, -'.md'.length)] : []));
}

/** Reads the metadata of these texts. Leaves out those whose metadata is missing or no JSON object. */
function readEach<T>(folder: string, names: readonly string[], make: (metadata: ReadMetadata) => T): Map<string, T> {
  const found = new Map<string, T>();
  for (const name of names) {
    const metadata = readMetadata(readJson(join(folder, filesOf(name)[1])));
    if (metadata !== null) found.set(name, make(metadata));
  }
  return found;
}
