import { closeSync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { basename } from 'node:path';

// pm2 keeps a copy of what the worker writes to standard output and standard error, for `pm2 logs`, and never shortens
// it. Everything in it is in the log files too.

/** How much of a copy stays when it is cut, in bytes: some two thousand lines. */
const KEPT = 256 * 1024;

/**
 * Cuts pm2's copies down to their last part where they have grown beyond a limit. pm2 appends to them, so that it goes on
 * after the cut, as it does after `pm2 flush`; a line that it writes in this very moment may be lost from the copy.
 * Files that the user has named (out_file, error_file) are left alone: they may hold more than this worker's lines.
 * @param limit in bytes
 * @returns why a copy could not be cut; null when all is well
 */
export function trimPm2Logs(env: NodeJS.ProcessEnv, limit: number): Error | null {
  const { name = '', pm_out_log_path: out, pm_err_log_path: err } = env;
  let problem: Error | null = null;
  for (const path of [out, err]) {
    if (path === undefined || !isNamedByPm2(path, name)) continue;
    try {
      trim(path, limit);
    } catch (error) {
      problem = error as Error;
    }
  }
  return problem;
}

/** `horror-story-worker-out.log`, or with a number where an app has several processes. */
function isNamedByPm2(path: string, app: string): boolean {
  const file = basename(path);
  const start = app.replace(/[^a-zA-Z0-9\\.\\-]/g, '-');
  return file.startsWith(start) && /^-(out|error)(-\d+)?\.log$/.test(file.slice(start.length));
}

function trim(path: string, limit: number): void {
  const file = openSync(path, 'a+');
  try {
    const { size } = fstatSync(file);
    if (size <= limit) return;
    const tail = Buffer.alloc(Math.min(KEPT, limit, size));
    const read = readSync(file, tail, 0, tail.length, size - tail.length);
    ftruncateSync(file, 0);
    writeSync(file, tail, tail.indexOf('\n') + 1, read - (tail.indexOf('\n') + 1));
  } finally {
    closeSync(file);
  }
}
