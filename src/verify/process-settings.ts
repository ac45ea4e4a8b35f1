import type { Config } from '../config/load.js';
import { toLimits } from '../config/run-plan.js';
import { type ActiveHours, parseActiveHours } from '../run/active-hours.js';
import type { Caps } from '../run/budget.js';
import type { Limits } from '../run/end-reason.js';

/** The settings of a process, as its first record in the log has them. */
export interface ProcessSettings {
  limits: Limits;
  caps: Caps;
  /** Of a local day, for all runs of the folder together. */
  capsPerDay: Caps;
  /** null: stories begin at any time of the day. */
  activeHours: ActiveHours | null;
  logLevel: string;
  logKeepFiles: number;
  /** Milliseconds. */
  heartbeatMs: number;
  /** The longest time that one story can take, continuations included, in milliseconds. */
  longestStoryMs: number;
  /** The exit code of a run that a limit or a signal ended. */
  completedExitCode: number;
  /** Progress was drawn on a terminal and not logged; null when the record does not tell. */
  onTerminal: boolean | null;
}

/**
 * Reads the settings from the fields of a `worker_started` record.
 * @returns null when the record has no settings of a worker
 */
export function readProcessSettings({ settings, terminal }: Record<string, unknown>): ProcessSettings | null {
  if (typeof settings !== 'object' || settings === null) return null;
  const config = settings as Config;
  const numbers = [config.intervalSeconds, config.heartbeatSeconds, config.requestTimeoutSeconds];
  if (!numbers.every((value) => typeof value === 'number')) return null;
  return {
    // Version 1 wrote one story at a time.
    limits: { ...toLimits(config), concurrency: config.concurrency ?? 1 },
    caps: { tokens: config.maxTokensTotal ?? null, costUsd: config.maxCostUsd ?? null },
    // Version 1 had neither.
    capsPerDay: { tokens: config.maxTokensPerDay ?? null, costUsd: config.maxCostUsdPerDay ?? null },
    activeHours: typeof config.activeHours === 'string' ? parseActiveHours(config.activeHours) : null,
    logLevel: config.logLevel,
    logKeepFiles: config.logKeepFiles,
    heartbeatMs: config.heartbeatSeconds * 1000,
    // Early versions had no continuations.
    longestStoryMs: config.requestTimeoutSeconds * 1000 * (1 + (config.maxContinuations ?? 0)),
    completedExitCode: config.completedExitCode,
    onTerminal: typeof terminal === 'boolean' ? terminal : null,
  };
}
