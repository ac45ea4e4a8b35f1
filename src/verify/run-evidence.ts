import type { Place } from './catalog.js';
import type { Finding, FindingCode } from './findings.js';
import type { FoundRun } from './folder/ledger-check.js';
import type { FoundPair } from './folder/pair-check.js';
import { type LogSummary, MOST_NAMED, type Occurrences, type ProcessLog } from './log-check.js';
import type { ProcessSettings } from './process-settings.js';
import { type RunProcess, type RunStatus, workingProcesses } from './processes.js';

/** Everything that was read of one run, for the checks to look at. */
export interface RunEvidence {
  run: FoundRun;
  status: RunStatus;
  processes: RunProcess[];
  /** Its pairs, wherever they lie. */
  pairs: FoundPair[];
  /** What the folder check found of it. */
  findings: Finding[];
  log: LogSummary;
  /** Milliseconds since the epoch; log files before that were removed to keep their number. */
  rotatedBefore: number | null;
  /** Milliseconds since the epoch. */
  now: number;
}

/** The findings of these kinds, as places. */
export function placesOf({ findings }: Pick<RunEvidence, 'findings'>, ...codes: readonly FindingCode[]): Place[] {
  return findings
    .filter(({ code, severity }) => severity === 'wrong' && codes.includes(code))
    .map(({ where, message }) => ({ where, message }));
}

/** What the log has of the run. */
export function processLogsOf({ run, processes, log }: RunEvidence): ProcessLog[] {
  const matched = new Set(processes.map((runProcess) => runProcess.log));
  return log.processes.filter((processLog) => processLog.run === run.id || matched.has(processLog));
}

/** Was the log of this life removed, for it was too old? */
export function isRotatedAway({ rotatedBefore }: RunEvidence, { claimedAt, log }: RunProcess): boolean {
  return rotatedBefore !== null && claimedAt < rotatedBefore && (log === null || !log.hasStart);
}

/** A life whose settings are known. */
export interface ConfiguredProcess extends RunProcess {
  log: ProcessLog;
  settings: ProcessSettings;
}

/** The lives with their settings, which only the log has. */
export function withSettings({ processes }: Pick<RunEvidence, 'processes'>): ConfiguredProcess[] {
  return workingProcesses(processes).flatMap((runProcess) => {
    const { log } = runProcess;
    return log === null || log.settings === null ? [] : [{ ...runProcess, log, settings: log.settings }];
  });
}

/** Those among them whose log leaves out nothing. */
export function loggedAtInfo(evidence: Pick<RunEvidence, 'processes'>): ConfiguredProcess[] {
  return withSettings(evidence).filter(({ settings: { logLevel } }) => logLevel === 'info' || logLevel === 'debug');
}

/** Why something that needs the settings or the records of the log cannot be told. */
export function skipReason(evidence: RunEvidence): string {
  const processes = workingProcesses(evidence.processes);
  if (processes.some((runProcess) => isRotatedAway(evidence, runProcess)))
    return '로그가 오래되어 지워졌습니다 (LOG_KEEP_FILES)';
  if (processes.every(({ log }) => log === null)) return '이 실행의 로그가 없습니다';
  return '로그에 시작의 기록이 없습니다 (LOG_LEVEL이 warn 이상)';
}

/** Adds up what several processes were seen with. */
export function mergeOccurrences(occurrences: readonly Occurrences[]): { places: Place[]; count: number } {
  return {
    places: occurrences
      .flatMap(({ first }) => first)
      .slice(0, MOST_NAMED)
      .map((where) => ({ where, message: '' })),
    count: occurrences.reduce((total, { count }) => total + count, 0),
  };
}
