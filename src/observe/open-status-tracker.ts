import type { Config } from '../config/load.js';
import { parseEvents } from '../config/notification-events.js';
import { SECOND, systemClock } from '../lib/clock.js';
import { FORMAT } from '../lib/files.js';
import type { Logger } from '../logging/logger.js';
import type { Caps } from '../run/budget.js';
import type { Limits } from '../run/end-reason.js';
import type { Run } from '../run/run.js';
import type { NotifierOptions } from './notify.js';
import { readPm2Environment, reportMetrics } from './pm2.js';
import { type Status, toCaps, toIso } from './status.js';
import { readStatus, writeStatus } from './status-file.js';
import { createStatusTracker, type StatusTracker, type TrackedRun } from './status-tracker.js';

// What a worker tells while it works: to its status file, to pm2, and to the user's command.

/** In milliseconds: too short for a reader to notice, and with stories in hand that change it all the time a rare write. */
const SHOW_INTERVAL = 100;

export interface OpenTrackerOptions extends Omit<NotifierOptions, 'command'> {
  config: Config;
  log: Logger;
}

/** The watch of this process. The part that runs the user's command is loaded only when there is one. */
export async function openStatusTracker({
  config,
  log,
  secrets,
  ...options
}: OpenTrackerOptions): Promise<StatusTracker> {
  const { notifyCommand: command, notifyFailures, notifyHeartbeatSeconds, outputDir } = config;
  const notifier =
    command === null ? null : (await import('./notify.js')).openNotifier({ ...options, command, log, secrets });
  return createStatusTracker({
    clock: systemClock,
    log,
    show: [(status) => writeStatus(outputDir, status), ...(readPm2Environment() === null ? [] : [reportMetrics])],
    showIntervalMs: SHOW_INTERVAL,
    notifier,
    notifyEvents: parseEvents(config.notifyEvents) ?? new Set(),
    heartbeatMs: notifyHeartbeatSeconds * SECOND,
    notifyFailures,
    secrets,
  });
}

interface TrackedRunOptions {
  runName: string;
  limits: Limits;
  caps: Caps;
  callTimeoutSeconds: number;
}

/** The run that this process has, as its watch needs to know it. @param folder the story folder */
export function toTrackedRun(
  folder: string,
  run: Run,
  { runName, limits, caps, callTimeoutSeconds }: TrackedRunOptions,
): TrackedRun {
  const before = readBefore(folder, run.id);
  return {
    info: {
      format: FORMAT,
      run_id: run.id,
      run_name: runName,
      pid: process.pid,
      started_at: toIso(run.startedAt),
      deadline: limits.durationMs === null ? null : toIso(run.startedAt + limits.durationMs),
      max_stories: limits.maxStories,
      caps: toCaps(caps),
      call_timeout_seconds: callTimeoutSeconds,
    },
    state: run.state,
    before: { last_story: before?.last_story ?? null, last_failure: before?.last_failure ?? null },
  };
}

/** What earlier processes of the run have left to show, and nothing that it depends on. */
function readBefore(folder: string, runId: string): Status | null {
  try {
    return readStatus(folder, runId);
  } catch {
    return null;
  }
}
