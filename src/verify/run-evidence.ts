import type { Place } from './catalog.js';
import type { Finding, FindingCode } from './findings.js';
import type { FoundRun } from './folder/ledger-check.js';
import type { FoundPair } from './folder/pair-check.js';
import { type LogSummary, MAX_NAMED, type Occurrences, type ProcessLog } from './log-check.js';
import type { ProcessSettings } from './process-settings.js';
import { type RunProcess, type RunStatus, workingProcesses } from './processes.js';

/** Everything that was read about one run: the input of its checks. */
export interface RunEvidence {
  run: FoundRun;
  /** All runs of the folder, this one included: the budget of a day is for all of them together. */
  folderRuns: readonly FoundRun[];
  status: RunStatus;
  processes: RunProcess[];
  /** Its pairs of story and metadata, in whatever folder. */
  pairs: FoundPair[];
  /** The findings of the folder check on this run. */
  findings: Finding[];
  log: LogSummary;
  /** Older log files were removed (LOG_KEEP_FILES). Milliseconds since the epoch; null: none were removed. */
  rotatedBefore: number | null;
  /** Milliseconds since the epoch. */
  now: number;
}

/** The findings with these codes, as places. Without notes. */
export function placesOf({ findings }: Pick<RunEvidence, 'findings'>, ...codes: readonly FindingCode[]): Place[] {
  return toPlaces(findings.filter(({ code, severity }) => severity === 'wrong' && codes.includes(code)));
}

/** The notes with these codes, as places. */
export function notesOf({ findings }: Pick<RunEvidence, 'findings'>, ...codes: readonly FindingCode[]): Place[] {
  return toPlaces(findings.filter(({ code, severity }) => severity === 'note' && codes.includes(code)));
}

function toPlaces(findings: readonly Finding[]): Place[] {
  return findings.map(({ where, message }) => ({ where, message }));
}

/** The log of each process of the run, also of processes that the ledger lacks. */
export function processLogsOf({ run, processes, log }: RunEvidence): ProcessLog[] {
  const matched = new Set(processes.map((runProcess) => runProcess.log));
  return log.processes.filter((processLog) => processLog.run === run.id || matched.has(processLog));
}

/** Tells whether the log of the process was removed because of its age. */
export function isRotatedAway({ rotatedBefore }: RunEvidence, { claimedAt, log }: RunProcess): boolean {
  return rotatedBefore !== null && claimedAt < rotatedBefore && (log === null || !log.hasStart);
}

/** A process whose settings are known. */
export interface ConfiguredProcess extends RunProcess {
  log: ProcessLog;
  settings: ProcessSettings;
}

/** The processes whose settings are known; the settings stand in the log alone. */
export function withSettings({ processes }: Pick<RunEvidence, 'processes'>): ConfiguredProcess[] {
  return workingProcesses(processes).flatMap((runProcess) => {
    const { log } = runProcess;
    return log === null || log.settings === null ? [] : [{ ...runProcess, log, settings: log.settings }];
  });
}

/** The processes that logged at level info or debug, so that their log has every event. */
export function loggedAtInfo(evidence: Pick<RunEvidence, 'processes'>): ConfiguredProcess[] {
  return withSettings(evidence).filter(({ settings: { logLevel } }) => logLevel === 'info' || logLevel === 'debug');
}

/** Why a check that needs the log is skipped, in Korean. */
export function skipReason(evidence: RunEvidence): string {
  const processes = workingProcesses(evidence.processes);
  if (processes.some((runProcess) => isRotatedAway(evidence, runProcess)))
    return '로그가 오래되어 지워졌습니다 (LOG_KEEP_FILES)';
  if (processes.every(({ log }) => log === null)) return '이 실행의 로그가 없습니다';
  return '로그에 시작의 기록이 없습니다 (LOG_LEVEL이 warn 이상)';
}

/** Adds up the occurrences of several processes. */
export function mergeOccurrences(occurrences: readonly Occurrences[]): { places: Place[]; count: number } {
  return {
    places: occurrences
      .flatMap(({ first }) => first)
      .slice(0, MAX_NAMED)
      .map((where) => ({ where, message: '' })),
    count: occurrences.reduce((total, { count }) => total + count, 0),
  };
}
