import type { Config } from '../config/load.js';
import { toLimits } from '../config/plan.js';
import type { Limits } from '../run/end-reason.js';

/** What a process was told, as its first record in the log says. */
export interface ProcessSettings {
  limits: Limits;
  logLevel: string;
  logKeepFiles: number;
  /** Milliseconds. */
  heartbeatMs: number;
  /** The longest that a story can take once it is begun, its continuations included, in milliseconds. */
  longestStoryMs: number;
  /** The exit code of a run that ended as asked. */
  completedExitCode: number;
  /** Progress is drawn on a terminal, not logged; null when the record does not say. */
  onTerminal: boolean | null;
}

/**
 * @param started the fields of `worker_started`
 * @returns null when they are not those of a worker
 */
export function readProcessSettings({ settings, terminal }: Record<string, unknown>): ProcessSettings | null {
  if (typeof settings !== 'object' || settings === null) return null;
  const config = settings as Config;
  const numbers = [config.intervalSeconds, config.heartbeatSeconds, config.requestTimeoutSeconds];
  if (!numbers.every((value) => typeof value === 'number')) return null;
  return {
    limits: toLimits(config),
    logLevel: config.logLevel,
    logKeepFiles: config.logKeepFiles,
    heartbeatMs: config.heartbeatSeconds * 1000,
    // Former versions asked for no rest.
    longestStoryMs: config.requestTimeoutSeconds * 1000 * (1 + (config.maxContinuations ?? 0)),
    completedExitCode: config.completedExitCode,
    onTerminal: typeof terminal === 'boolean' ? terminal : null,
  };
}
