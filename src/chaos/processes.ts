import { devNull } from 'node:os';
import { SETTING_NAMES, SETTINGS } from '../config/settings.js';
import { systemClock } from '../lib/clock.js';

/**
 * An environment without any setting of the worker, those of the project's .env file included, and without what pm2 and
 * the test runner tell their children.
 */
export function environmentWithoutSettings(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const ours = new Set<string>([...SETTING_NAMES.map((name) => SETTINGS[name].env), 'NODE_ENV', 'pm_id']);
  const inherited = Object.entries(env).filter(([name]) => !ours.has(name) && !/^(NODE_TEST|PM2_)/.test(name));
  return { ...Object.fromEntries(inherited), ENV_FILE: devNull };
}

/** @returns false when there is no such process any more */
export function signalTo(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}

/** Milliseconds. */
const POLL = 15;

/** Polls until something is so. @returns whether it came to be so within `ms` */
export async function waitUntil(
  isSo: () => boolean | Promise<boolean>,
  ms: number,
  signal = new AbortController().signal,
): Promise<boolean> {
  const end = performance.now() + ms;
  while (!(await isSo())) {
    if (performance.now() >= end || signal.aborted) return false;
    await systemClock.sleep(POLL, signal);
  }
  return true;
}
