import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../lib/errors.js';
import { formatNumber } from '../lib/format-number.js';
import { ledgerPath, readLedger } from '../run/ledger.js';
import { selectRun } from '../run/select-run.js';
import { type CheckResult, failAt, note, type Place, pass } from './catalog.js';
import { checkIntegrity } from './checks/integrity.js';
import { checkLimits } from './checks/limits.js';
import { checkObservability } from './checks/observability.js';
import { checkPauses } from './checks/pauses.js';
import { checkShutdown } from './checks/shutdown.js';
import { checkStories } from './checks/stories.js';
import { checkUsage } from './checks/usage.js';
import { checkFolder, type Finding, type FolderCheck, type FoundRun } from './folder/folder-check.js';
import { type LogSummary, readLog, type TimeWindow } from './log-check.js';
import { readLines } from './log-reader.js';
import { processesOf, type RunStatus, statusOf } from './processes.js';
import { mergeOccurrences, placesOf, type RunEvidence } from './run-evidence.js';
import { type FindSecret, secretFinder } from './secret-scan.js';

/** What to verify. */
export interface VerifyOptions {
  /** The story folder. */
  folder: string;
  /** The folder of the log. */
  logDir: string;
  /** The number of log files that the worker keeps. */
  logKeepFiles: number;
  /** Keys and tokens that no file may contain. */
  secrets: readonly string[];
  /** The runs to check: the newest, all, or one by its id or any part that only its id has. */
  which: 'newest' | 'all' | { run: string };
  /**
   * Times in which the caller had made a folder unusable, or let the API refuse for a limit: the worker has to log errors
   * then. Default: none.
   */
  expectedErrorWindows?: readonly TimeWindow[];
  /** Milliseconds since the epoch. */
  now: () => number;
}

/** The checks of one run, or of the folder as a whole. */
export interface Section {
  /** null for the folder as a whole. `startedAt`: milliseconds since the epoch. */
  run: { id: string; name: string; startedAt: number; status: RunStatus } | null;
  checks: CheckResult[];
}

/** The result of a verification. */
export interface Verification {
  folder: string;
  logDir: string;
  sections: Section[];
  /** The number of findings in runs that were not selected. */
  wrongElsewhere: number;
}

/** Nothing can be verified: the folder has no run, or a file cannot be read. */
export class VerifyError extends UserError {
  override readonly name = 'VerifyError';
}

/** A verification starts over when a worker starts or ends meanwhile; this many times in all. */
const MAX_TRIES = 3;

/**
 * Verifies the runs of a story folder and their log. Changes nothing, and tolerates workers that are running.
 * @throws VerifyError when the folder has no run, RunSelectionError when `which` does not select one
 */
export async function verify(options: VerifyOptions): Promise<Verification> {
  for (let tries = 1; ; tries++) {
    const { verification, runEvidence } = await verifyOnce(options);
    if (tries === MAX_TRIES || areUnchanged(options.folder, runEvidence)) return verification;
  }
}

async function verifyOnce(options: VerifyOptions): Promise<{ verification: Verification; runEvidence: RunEvidence[] }> {
  const { folder, logDir, secrets, which, now } = options;
  const findSecret = secretFinder(secrets);
  const folderCheck = await checkFolder(folder, { atRest: true, secrets });
  const runs = selectRuns(folderCheck.runs, which, folder);
  const selected = new Set(runs.map(({ id }) => id));
  const log = await readLog(logDir, (id) => selected.has(id), findSecret, options.expectedErrorWindows);
  const rotatedBefore = rotatedBeforeOf(log, options.logKeepFiles);
  const runEvidence = runs.map((run): RunEvidence => {
    const status = folderCheck.changedRuns.has(run.id) ? 'running' : statusOf(run.state);
    return {
      run,
      folderRuns: folderCheck.runs,
      status,
      processes: processesOf(run, log),
      pairs: folderCheck.pairs.filter(({ metadata }) => metadata.run_id === run.id),
      findings: folderCheck.findings.filter(
        (each) => each.run === run.id && (status !== 'running' || !isInTransit(each)),
      ),
      log,
      rotatedBefore,
      now: now(),
    };
  });
  const elsewhere = folderCheck.findings.filter(
    ({ run, severity, code }) => run !== null && !selected.has(run) && severity === 'wrong' && code !== 'secret',
  );
  const verification: Verification = {
    folder,
    logDir,
    sections: [
      { run: null, checks: await checkFolderSection(folder, folderCheck, log, findSecret, runEvidence) },
      ...runEvidence.map((evidence) => ({ run: sectionRunOf(evidence), checks: checkRun(evidence) })),
    ],
    wrongElsewhere: elsewhere.filter((each) => !isInTransit(each)).length,
  };
  return { verification, runEvidence };
}

function selectRuns(runs: readonly FoundRun[], which: VerifyOptions['which'], folder: string): FoundRun[] {
  const [newest] = runs;
  if (newest === undefined) throw new VerifyError(`실행의 장부가 없습니다: ${join(folder, '.runs')}`);
  if (which === 'all') return [...runs];
  if (which === 'newest') return [newest];
  const ids = runs.map(({ id }) => id);
  const selected = selectRun(ids, which.run);
  return runs.filter(({ id }) => id === selected);
}

/**
 * The time of the oldest record when older log files may have been removed, milliseconds since the epoch; null when
 * none can have been, because the log has fewer files than the worker keeps.
 */
function rotatedBeforeOf({ fileCount, firstAt, processes }: LogSummary, keep: number): number | null {
  const fewestKept = processes.reduce(
    (fewest, { settings }) => Math.min(fewest, settings?.logKeepFiles ?? fewest),
    keep,
  );
  return fileCount >= fewestKept ? firstAt : null;
}

/** Tells a finding that a running worker resolves by itself: it moves the pair on, or writes its other half. */
function isInTransit({ code }: Finding): boolean {
  return code === 'leftover' || code === 'half_published' || code === 'torn_leftover';
}

function sectionRunOf({ run, status }: RunEvidence): NonNullable<Section['run']> {
  const { run_name: name, at: startedAt } = run.ledger.begin;
  return { id: run.id, name, startedAt, status };
}

/** All checks of a run, in the order in which they are printed. Pure. */
export function checkRun(evidence: RunEvidence): CheckResult[] {
  return [
    ...checkLimits(evidence),
    ...checkPauses(evidence),
    ...checkObservability(evidence),
    ...checkStories(evidence),
    ...checkShutdown(evidence),
    ...checkUsage(evidence),
    ...checkIntegrity(evidence),
  ];
}

/** The checks of the folder as a whole. */
async function checkFolderSection(
  folder: string,
  { visible, findings }: FolderCheck,
  log: LogSummary,
  findSecret: FindSecret,
  runEvidence: readonly RunEvidence[],
): Promise<CheckResult[]> {
  const counts = `소설 ${formatNumber(visible.markdown)}, 메타데이터 ${formatNumber(visible.metadata)}`;
  const incompletePairs = placesOf({ findings }, 'missing_metadata', 'missing_text', 'unreadable_metadata');
  const inLog = mergeOccurrences(log.processes.map(({ secrets }) => secrets));
  const inFiles = [...placesOf({ findings }, 'secret'), ...(await secretsInOtherFiles(folder, findSecret))];
  const secrets = inFiles.length + inLog.count;
  const foreign = findings.filter(({ code }) => code === 'foreign').map(({ where }) => ({ where, message: '' }));
  const otherFiles = [...foreign, ...log.otherFiles.map((where) => ({ where, message: '작업자의 로그가 아닙니다' }))];
  return [
    failAt('folder_pairs', counts, incompletePairs),
    failAt('folder_ledgers', `${formatNumber(visible.markdown)}편`, placesOf({ findings }, 'no_ledger')),
    failAt('secrets', secrets === 0 ? '없음' : `${formatNumber(secrets)}곳`, [...inFiles, ...inLog.places], secrets),
    otherFiles.length === 0
      ? pass('other_files', '없음')
      : note('other_files', `${formatNumber(otherFiles.length)}개`, otherFiles),
    checkStrays(log, runEvidence),
  ];
}

/** Processes without a run: they were stopped as they started, or could not write a ledger. */
function checkStrays(log: LogSummary, runEvidence: readonly RunEvidence[]): CheckResult {
  const code = 'stray_processes';
  const matched = new Set(runEvidence.flatMap(({ processes }) => processes.map((runProcess) => runProcess.log)));
  const strays = log.processes.filter((processLog) => processLog.run === null && !matched.has(processLog));
  const suspicious = mergeOccurrences(strays.flatMap(({ errorLines, foreignLines }) => [errorLines, foreignLines]));
  if (suspicious.count === 0) return pass(code, `${formatNumber(strays.length)}개`);
  const figure = `${formatNumber(strays.length)}개, grep에 걸리거나 기록이 아닌 줄 ${formatNumber(suspicious.count)}개`;
  return note(code, figure, suspicious.places);
}

/** Secrets in the ledgers, the deck and the other dot files of the story folder. */
async function secretsInOtherFiles(folder: string, findSecret: FindSecret): Promise<Place[]> {
  const places: Place[] = [];
  for (const subfolder of ['', '.runs']) {
    const entries = await readdir(join(folder, subfolder), { withFileTypes: true });
    for (const entry of entries) {
      if (!entry.isFile() || (subfolder === '' && !entry.name.startsWith('.'))) continue;
      const file = join(subfolder, entry.name);
      for (const { where, message } of await secretsIn(join(folder, file), findSecret)) {
        places.push({ where: `${file}:${where}`, message });
      }
    }
  }
  return places;
}

async function secretsIn(path: string, findSecret: FindSecret): Promise<Place[]> {
  const places: Place[] = [];
  try {
    for await (const { number, text } of readLines(path)) {
      const secret = findSecret(text);
      if (secret !== null) places.push({ where: String(number), message: secret });
    }
  } catch (error) {
    // A worker may have renamed its draft meanwhile.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  return places;
}

/**
 * Tells whether the evidence is still current: the ledger of a running run may have grown, but no process may have
 * claimed a run or ended one since it was read.
 */
function areUnchanged(folder: string, runEvidence: readonly RunEvidence[]): boolean {
  for (const { run, status } of runEvidence) {
    const now = readLedger(ledgerPath(folder, run.id));
    const claims = (records: FoundRun['ledger']['records']) => records.filter(({ type }) => type === 'claim').length;
    const hasGrown = now?.records.length !== run.ledger.records.length;
    if (hasGrown && (status !== 'running' || claims(now?.records ?? []) !== claims(run.ledger.records))) return false;
  }
  return true;
}
