import type { Config } from '../config/load.js';
import { systemClock } from '../lib/clock.js';
import type { Log } from '../logging/logger.js';
import type { Caps } from '../run/budget.js';
import type { Limits } from '../run/end-reason.js';
import type { Run } from '../run/run.js';
import type { NotifierOptions } from './notify.js';
import { reportMetrics, supervised } from './pm2.js';
import { type Status, toCaps, toIso } from './status.js';
import { readStatus, writeStatus } from './status-file.js';
import { createWatch, type Followed, type Watch } from './status-tracker.js';

// What a worker tells while it works: to its status file, to pm2, and to the user's command.

export interface LiveOptions extends Omit<NotifierOptions, 'command'> {
  config: Config;
  log: Log;
}

/** The watch of this process. The part that runs the user's command is loaded only when there is one. */
export async function openWatch({ config, log, secrets, ...options }: LiveOptions): Promise<Watch> {
  const { notifyCommand: command, notifyFailures, outputDir } = config;
  const notifier =
    command === null ? null : (await import('./notify.js')).openNotifier({ ...options, command, log, secrets });
  return createWatch({
    clock: systemClock,
    log,
    show: [(status) => writeStatus(outputDir, status), ...(supervised() === null ? [] : [reportMetrics])],
    notifier,
    notifyFailures,
    secrets,
  });
}

/** The run that this process has, as its watch needs to know it. @param folder the story folder */
export function toFollowed(
  folder: string,
  run: Run,
  { runName, limits, caps }: { runName: string; limits: Limits; caps: Caps },
): Followed {
  const before = readBefore(folder, run.id);
  return {
    given: {
      run_id: run.id,
      run_name: runName,
      pid: process.pid,
      started_at: toIso(run.startedAt),
      deadline: limits.durationMs === null ? null : toIso(run.startedAt + limits.durationMs),
      max_stories: limits.maxStories,
      caps: toCaps(caps),
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
