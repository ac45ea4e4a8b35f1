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
import { checkShutdown } from './checks/shutdown.js';
import { checkStories } from './checks/stories.js';
import { checkUsage } from './checks/usage.js';
import { checkFolder, type Finding, type FolderCheck, type FoundRun } from './folder/folder-check.js';
import { type LogSummary, readLog } from './log-check.js';
import { readLines } from './log-reader.js';
import { processesOf, type RunStatus, statusOf } from './processes.js';
import { mergeOccurrences, placesOf, type RunEvidence } from './run-evidence.js';
import { type FindSecret, secretFinder } from './secret-scan.js';

export interface VerifyOptions {
  /** The story folder, and that of the log. */
  folder: string;
  logDir: string;
  /** How many log files are kept. */
  logKeepFiles: number;
  /** Values that must not stand in any file. */
  secrets: readonly string[];
  /** Which runs to look at: the newest, all, or one by any part of its id that fits it alone. */
  which: 'newest' | 'all' | { run: string };
  now: () => number;
}

/** What was found of one run, or of the folder as a whole. */
export interface Section {
  /** null: the folder as a whole. */
  run: { id: string; name: string; startedAt: number; status: RunStatus } | null;
  checks: CheckResult[];
}

export interface Verification {
  folder: string;
  logDir: string;
  sections: Section[];
  /** How many things are wrong in runs that were not looked at. */
  wrongElsewhere: number;
}

/** A request that cannot be carried out. */
export class VerifyError extends UserError {
  override readonly name = 'VerifyError';
}

/** How often it is begun again when a worker starts or ends just then. */
const MAX_TRIES = 3;

/** Checks a folder of stories and its log against everything that they promise. Changes nothing. */
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
  const log = await readLog(logDir, (id) => selected.has(id), findSecret);
  const rotatedBefore = rotatedBeforeOf(log, options.logKeepFiles);
  const runEvidence = runs.map((run): RunEvidence => {
    const status = folderCheck.changedRuns.has(run.id) ? 'running' : statusOf(run.state);
    return {
      run,
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

/** Log files are removed only once there are as many as are kept. */
function rotatedBeforeOf({ fileCount, firstAt, processes }: LogSummary, keep: number): number | null {
  const fewestKept = processes.reduce(
    (fewest, { settings }) => Math.min(fewest, settings?.logKeepFiles ?? fewest),
    keep,
  );
  return fileCount >= fewestKept ? firstAt : null;
}

/** What a worker that is at work has under way. */
function isInTransit({ code }: Finding): boolean {
  return code === 'leftover' || code === 'half_published' || code === 'torn_leftover';
}

function sectionRunOf({ run, status }: RunEvidence): NonNullable<Section['run']> {
  const { run_name: name, at: startedAt } = run.ledger.begin;
  return { id: run.id, name, startedAt, status };
}

/** All checks of a run, in the order of the report. Pure. */
export function checkRun(evidence: RunEvidence): CheckResult[] {
  return [
    ...checkLimits(evidence),
    ...checkObservability(evidence),
    ...checkStories(evidence),
    ...checkShutdown(evidence),
    ...checkUsage(evidence),
    ...checkIntegrity(evidence),
  ];
}

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

/** Processes that never had a run: told to stop as they began, or kept from their ledger. */
function checkStrays(log: LogSummary, runEvidence: readonly RunEvidence[]): CheckResult {
  const code = 'stray_processes';
  const matched = new Set(runEvidence.flatMap(({ processes }) => processes.map((runProcess) => runProcess.log)));
  const strays = log.processes.filter((processLog) => processLog.run === null && !matched.has(processLog));
  const suspicious = mergeOccurrences(strays.flatMap(({ errorLines, foreignLines }) => [errorLines, foreignLines]));
  if (suspicious.count === 0) return pass(code, `${formatNumber(strays.length)}개`);
  const figure = `${formatNumber(strays.length)}개, grep에 걸리거나 기록이 아닌 줄 ${formatNumber(suspicious.count)}개`;
  return note(code, figure, suspicious.places);
}

/** In ledgers, the deck and whatever else lies beside the stories. */
async function secretsInOtherFiles(folder: string, findSecret: FindSecret): Promise<Place[]> {
  const places: Place[] = [];
  for (const below of ['', '.runs']) {
    const entries = await readdir(join(folder, below), { withFileTypes: true });
    for (const entry of entries) {
      if (!entry.isFile() || (below === '' && !entry.name.startsWith('.'))) continue;
      const file = join(below, entry.name);
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
    // A draft that its worker has moved into place meanwhile.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  return places;
}

/** Is what was read of these runs still so? One that goes on may have grown, but no process may have come or gone. */
function areUnchanged(folder: string, runEvidence: readonly RunEvidence[]): boolean {
  for (const { run, status } of runEvidence) {
    const now = readLedger(ledgerPath(folder, run.id));
    const claims = (records: FoundRun['ledger']['records']) => records.filter(({ type }) => type === 'claim').length;
    const hasGrown = now?.records.length !== run.ledger.records.length;
    if (hasGrown && (status !== 'running' || claims(now?.records ?? []) !== claims(run.ledger.records))) return false;
  }
  return true;
}
