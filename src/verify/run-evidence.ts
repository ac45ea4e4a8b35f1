import type { Place } from './catalog.js';
import type { Finding, FindingCode } from './findings.js';
import type { FoundRun } from './folder/ledger-check.js';
import type { FoundPair } from './folder/pair-check.js';
import { type LogFacts, type LogLife, MOST_NAMED, type Sightings } from './log-check.js';
import type { LifeSettings } from './process-settings.js';
import { type Life, type RunStatus, workingLives } from './processes.js';

/** Everything that was read of one run, for the checks to look at. */
export interface RunCase {
  run: FoundRun;
  status: RunStatus;
  lives: Life[];
  /** Its pairs, wherever they lie. */
  pairs: FoundPair[];
  /** What the folder check found of it. */
  findings: Finding[];
  log: LogFacts;
  /** Milliseconds since the epoch; log files before that were removed to keep their number. */
  rotatedBefore: number | null;
  /** Milliseconds since the epoch. */
  now: number;
}

/** The findings of these kinds, as places. */
export function placesOf({ findings }: Pick<RunCase, 'findings'>, ...codes: readonly FindingCode[]): Place[] {
  return findings
    .filter(({ code, severity }) => severity === 'wrong' && codes.includes(code))
    .map(({ where, message }) => ({ where, message }));
}

/** What the log has of the run. */
export function logLivesOf({ run, lives, log }: RunCase): LogLife[] {
  const matched = new Set(lives.map((life) => life.log));
  return log.lives.filter((life) => life.run === run.id || matched.has(life));
}

/** Was the log of this life removed, for it was too old? */
export function isRotatedAway({ rotatedBefore }: RunCase, { at, log }: Life): boolean {
  return rotatedBefore !== null && at < rotatedBefore && (log === null || !log.fromStart);
}

/** A life whose settings are known. */
export interface TellingLife extends Life {
  log: LogLife;
  settings: LifeSettings;
}

/** The lives with their settings, which only the log has. */
export function tellingLives({ lives }: Pick<RunCase, 'lives'>): TellingLife[] {
  return workingLives(lives).flatMap((life) => {
    const { log } = life;
    return log === null || log.settings === null ? [] : [{ ...life, log, settings: log.settings }];
  });
}

/** Those among them whose log leaves out nothing. */
export function talkativeLives(c: Pick<RunCase, 'lives'>): TellingLife[] {
  return tellingLives(c).filter(({ settings: { logLevel } }) => logLevel === 'info' || logLevel === 'debug');
}

/** Why something that needs the settings or the records of the log cannot be told. */
export function whyUntold(c: RunCase): string {
  const lives = workingLives(c.lives);
  if (lives.some((life) => isRotatedAway(c, life))) return '로그가 오래되어 지워졌습니다 (LOG_KEEP_FILES)';
  if (lives.every(({ log }) => log === null)) return '이 실행의 로그가 없습니다';
  return '로그에 시작의 기록이 없습니다 (LOG_LEVEL이 warn 이상)';
}

/** Adds up what several processes were seen with. */
export function sum(sightings: readonly Sightings[]): { places: Place[]; count: number } {
  return {
    places: sightings
      .flatMap(({ first }) => first)
      .slice(0, MOST_NAMED)
      .map((where) => ({ where, message: '' })),
    count: sightings.reduce((total, { count }) => total + count, 0),
  };
}
