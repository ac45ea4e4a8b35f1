import { namedOutcomes } from '../../run/ledger.js';
import { type AddFinding, collectFindings, type Finding } from '../findings.js';
import { secretFinder } from '../secret-scan.js';
import { checkAgainstLedger, checkCalls, type FoundRun, readRuns } from './ledger-check.js';
import { checkPair, type FoundPair, hasValidChecksum } from './pair-check.js';
import { readPairs, type VisibleCounts } from './pairs.js';

export type { Finding, FindingCode } from '../findings.js';
export type { FoundRun } from './ledger-check.js';
export type { FoundPair } from './pair-check.js';

/** The result of checking a story folder. */
export interface FolderCheck {
  pairs: FoundPair[];
  /** Newest first. */
  runs: FoundRun[];
  /** Names in staging whose pair is incomplete or damaged. */
  torn: string[];
  /** The files outside of dot folders. */
  visible: VisibleCounts;
  /** Ids of the runs whose ledger grew during the check. */
  changedRuns: ReadonlySet<string>;
  findings: Finding[];
}

/** How strictly to check a folder. */
export interface CheckOptions {
  /** No worker is running and the last one was not killed, so that staging has to be empty. */
  atRest: boolean;
  /** Keys and tokens that no file may contain. */
  secrets?: readonly string[];
}

/**
 * Checks a story folder against its own metadata and ledgers. Changes nothing. A worker may be writing meanwhile.
 */
export async function checkFolder(folder: string, { atRest, secrets = [] }: CheckOptions): Promise<FolderCheck> {
  const { findings, addFinding } = collectFindings();
  // Ledgers are read twice: texts in the first reading have to be on disk, texts on disk have to be in the second one.
  const known = new Map((await readRuns(folder, () => {})).map(({ id, ledger }) => [id, toKnownLedger(ledger)]));
  const pairs: FoundPair[] = [];
  const torn: { name: string; run: string | null }[] = [];
  const findSecret = secretFinder(secrets);
  const visible = await readPairs(folder, {
    onPair: (pair) => {
      const isTorn = pair.location === 'staged' && !hasValidChecksum(pair);
      if (isTorn) torn.push({ name: pair.name, run: pair.metadata.run_id });
      else pairs.push(checkPair(pair, findSecret, addFinding));
    },
    onTornPair: (name, run) => torn.push({ name, run }),
    addFinding,
  });
  const runs = await readRuns(folder, addFinding);
  checkRuns(runs, pairs, known, addFinding);
  checkUniqueTexts(pairs, addFinding);
  if (atRest) {
    for (const { name, location, metadata } of pairs) {
      const run = metadata.run_id;
      if (location === 'staged') addFinding('leftover', name, { run });
      if (location === 'half-published') addFinding('half_published', name, { run });
    }
    for (const { name, run } of torn) addFinding('torn_leftover', name, { run });
  }
  const changed = runs.filter(({ id, ledger }) => known.get(id)?.records !== ledger.records.length);
  return {
    pairs,
    runs,
    torn: torn.map(({ name }) => name),
    visible,
    changedRuns: new Set(changed.map(({ id }) => id)),
    findings: withRuns(findings, runs),
  };
}

/** The content of a ledger when the check began. */
interface KnownLedger {
  names: ReadonlySet<string>;
  records: number;
}

function toKnownLedger({ records }: FoundRun['ledger']): KnownLedger {
  return { names: namesIn(records), records: records.length };
}

function namesIn(records: FoundRun['ledger']['records']): Set<string> {
  return new Set(namedOutcomes(records).keys());
}

function checkRuns(
  runs: readonly FoundRun[],
  pairs: readonly FoundPair[],
  known: ReadonlyMap<string, KnownLedger>,
  addFinding: AddFinding,
): void {
  const byRun = new Map<string | null, FoundPair[]>();
  for (const pair of pairs) {
    const { run_id } = pair.metadata;
    const others = byRun.get(run_id);
    if (others === undefined) byRun.set(run_id, [pair]);
    else others.push(pair);
  }
  for (const run of runs) {
    const calls = checkCalls(run, addFinding);
    checkAgainstLedger(run, byRun.get(run.id) ?? [], known.get(run.id)?.names ?? new Set(), calls, addFinding);
    byRun.delete(run.id);
  }
  for (const [run, orphans] of byRun) {
    for (const { name } of orphans) addFinding('no_ledger', name, { detail: run ?? '' });
  }
}

/** No two stories may have the same text. Texts that are set aside may: a model refuses in the same words again. */
function checkUniqueTexts(pairs: readonly FoundPair[], addFinding: AddFinding): void {
  const first = new Map<string, string>();
  for (const { name, location, textKey, metadata } of pairs) {
    if (location !== 'stories' || textKey === null) continue;
    const same = first.get(textKey);
    if (same === undefined) first.set(textKey, name);
    else addFinding('same_text', name, { run: metadata.run_id, detail: same });
  }
}

/** Adds the run to findings without one: half a pair does not name its run, but a ledger may name the pair. */
function withRuns(findings: readonly Finding[], runs: readonly FoundRun[]): Finding[] {
  const owners = new Map(
    findings.some(({ run }) => run === null)
      ? runs.flatMap(({ id, ledger }) => [...namesIn(ledger.records)].map((name) => [name, id] as const))
      : [],
  );
  return findings.map((finding) => {
    const name = finding.where.replace(/^\.set-aside\//, '');
    return { ...finding, run: finding.run ?? owners.get(name) ?? null };
  });
}
