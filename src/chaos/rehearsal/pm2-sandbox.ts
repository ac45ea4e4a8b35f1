import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { SETTING_NAMES, SETTINGS } from '../../config/settings.js';
import { SECOND, systemClock } from '../../lib/clock.js';
import { identityOf, isProcessAlive, type ProcessIdentity } from '../../lib/process-identity.js';

// The real pm2, with a home and a daemon of its own, that leaves nothing behind.

/** The app of ecosystem.config.cjs. */
export const APP = 'horror-story-worker';
const ECOSYSTEM = 'ecosystem.config.cjs';

/** One command takes no longer than this, in milliseconds. */
const LONGEST_COMMAND = 60 * SECOND;

/** The app as pm2 lists it. */
export interface App {
  pid: number;
  status: string;
  restarts: number;
  /** Above which pm2 restarts it, in bytes. */
  memoryLimit: number | null;
  /** Of the last time that it ended. */
  exitCode: number | null;
}

export interface Pm2 {
  /** Runs one command, such as `['restart', APP]`. @throws with all that it said, when it fails */
  run(args: readonly string[]): Promise<string>;
  /** Starts the file. @param settings the worker's, beside the environment; those of the last start when not given */
  start(settings?: Readonly<Record<string, string>>): Promise<void>;
  readApp(): Promise<App | null>;
  /** null while there is none. */
  workerPid(): number | null;
  /** How many there were at once, at the most. */
  mostWorkers(): number;
  /** Those that are still running, of all that there were. */
  workersLeft(): number[];
  daemonPid(): number | null;
  /** What the daemon says of itself. */
  log(): string;
  /** What workers wrote to standard error, such as why they cannot start. */
  errors(): string;
  /** `pm2 logs`, as one watches it. */
  openReader(onLine: (line: string) => void): Reader;
  /**
   * Ends the worker, then the daemon, and removes the home.
   * @param patienceMs how long the worker may take for what it has in hand; 0: none
   */
  end(patienceMs: number): Promise<void>;
  /** The same at once, for a process that exits. */
  endNow(): void;
}

export interface Reader {
  signal(name: NodeJS.Signals): void;
  close(): void;
}

export interface Pm2Options {
  /** Short enough for the daemon's sockets. */
  home: string;
  /** The folder of ecosystem.config.cjs. */
  root: string;
  env: NodeJS.ProcessEnv;
  /** Flags of the worker. */
  flags?: readonly string[];
}

export function openPm2({ home, root, env, flags = [] }: Pm2Options): Pm2 {
  const command = join(root, 'node_modules', 'pm2', 'bin', 'pm2');
  let ownEnv = { ...env, PM2_HOME: home, PM2_DISABLE_VERSION_CHECK: '1' };
  /** With the time of their start: their numbers may belong to others later. */
  const workers = new Map<number, ProcessIdentity>();
  let daemon: ProcessIdentity | null = null;
  let most = 0;
  const commands = new Set<ChildProcess>();
  const pidFiles = () => listFiles(join(home, 'pids')).filter((path) => path.includes(APP));

  const run = (args: readonly string[], longestMs = LONGEST_COMMAND) =>
    new Promise<string>((resolve, reject) => {
      // In a group of its own: Ctrl+C must not end a command half-way, and leave a daemon that nobody knows.
      const child = spawn(process.execPath, [command, ...args], { cwd: root, env: ownEnv, detached: true });
      let said = '';
      let complained = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        said += text;
      });
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        complained += text;
      });
      const hung = setTimeout(() => child.kill('SIGKILL'), longestMs);
      commands.add(child);
      child.on('error', reject);
      child.on('close', (code, signal) => {
        clearTimeout(hung);
        commands.delete(child);
        note();
        if (code === 0) resolve(said);
        else reject(new Error(`pm2 ${args.join(' ')} (${code ?? signal})\n${said}${complained}`));
      });
    });

  /** The daemon's children, or where the system does not tell them, what pm2 has written down. */
  const running = () => {
    const pids = (daemon === null ? null : childrenOf(daemon.pid)) ?? pidFiles().flatMap((path) => readPid(path) ?? []);
    return pids.filter(isRunning);
  };
  const note = () => {
    const pid = readPid(join(home, 'pm2.pid'));
    if (pid !== null && pid !== daemon?.pid && isRunning(pid)) daemon = identityOf(pid);
    const now = running();
    most = Math.max(most, now.length);
    for (const worker of now) if (!workers.has(worker)) workers.set(worker, identityOf(worker));
    return now;
  };
  /** The daemon first, or it would start another worker. */
  const left = () => [...(daemon === null ? [] : [daemon]), ...workers.values()].filter(isProcessAlive);
  const signalAll = (name: NodeJS.Signals) => {
    for (const { pid } of left()) signalTo(pid, name);
  };

  return {
    run,
    start: async (settings = {}) => {
      ownEnv = { ...ownEnv, ...settings };
      await run(['start', ECOSYSTEM, '--', ...flags]);
    },
    readApp: async () => toApp(await run(['jlist'])),
    workerPid: () => note()[0] ?? null,
    mostWorkers: () => most,
    workersLeft: () => [...workers.values()].filter(isProcessAlive).map(({ pid }) => pid),
    daemonPid: () => {
      note();
      return daemon?.pid ?? null;
    },
    log: () => (existsSync(join(home, 'pm2.log')) ? readFileSync(join(home, 'pm2.log'), 'utf8') : ''),
    errors: () =>
      listFiles(join(home, 'logs'))
        .filter((path) => path.endsWith('-error.log'))
        .map((path) => readFileSync(path, 'utf8').slice(-2000))
        .join('\n'),
    openReader: (onLine) =>
      openReader([command, 'logs', APP, '--raw', '--lines', '0'], { cwd: root, env: ownEnv }, onLine),
    end: async (patienceMs) => {
      // Whatever was under way; afterwards its daemon is known.
      await waitUntil(() => commands.size === 0, LONGEST_COMMAND);
      note();
      signalAll('SIGCONT');
      if (patienceMs > 0 && left().length > 0) await run(['kill'], patienceMs).catch(() => {});
      signalAll('SIGKILL');
      await waitUntil(() => left().length === 0, 5 * SECOND);
      // One that was just being started.
      note();
      signalAll('SIGKILL');
      rmSync(home, { recursive: true, force: true });
    },
    endNow: () => {
      note();
      signalAll('SIGKILL');
    },
  };
}

function openReader(
  args: readonly string[],
  options: { cwd: string; env: NodeJS.ProcessEnv },
  onLine: (line: string) => void,
): Reader {
  const child = spawn(process.execPath, args, { ...options, detached: true, stdio: ['ignore', 'pipe', 'ignore'] });
  child.on('error', () => {});
  createInterface(child.stdout).on('line', onLine);
  return {
    signal: (name) => void child.kill(name),
    close: () => {
      child.kill('SIGCONT');
      child.kill('SIGKILL');
    },
  };
}

function toApp(json: string): App | null {
  // A daemon that is just being started says so before the list.
  const [app] = JSON.parse(json.slice(json.lastIndexOf('\n[') + 1)) as {
    pid: number;
    pm2_env: { status: string; restart_time: number; exit_code?: number; max_memory_restart?: number };
  }[];
  if (app === undefined) return null;
  const { status, restart_time, exit_code, max_memory_restart } = app.pm2_env;
  return {
    ...{ pid: app.pid, status, restarts: restart_time },
    ...{ memoryLimit: max_memory_restart ?? null, exitCode: exit_code ?? null },
  };
}

/** This process's environment without any setting of the worker. */
export function environmentWithoutSettings(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const ours = new Set<string>([...SETTING_NAMES.map((name) => SETTINGS[name].env), 'NODE_ENV', 'NODE_TEST_CONTEXT']);
  return Object.fromEntries(Object.entries(env).filter(([name]) => !ours.has(name) && !name.startsWith('PM2_')));
}

/** A process that has ended is a zombie until its parent takes note, which in a container may be never. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    const stat = `/proc/${pid}/stat`;
    return !existsSync(stat) || !/\) Z /.test(readFileSync(stat, 'utf8'));
  } catch {
    return false;
  }
}

/** @returns false when there is no such process any more */
export function signalTo(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}

/** @returns whether it came to be so within `ms` */
export async function waitUntil(
  isSo: () => boolean,
  ms: number,
  signal = new AbortController().signal,
): Promise<boolean> {
  const end = performance.now() + ms;
  while (!isSo()) {
    if (performance.now() >= end || signal.aborted) return false;
    await systemClock.sleep(POLL, signal);
  }
  return true;
}

/** Milliseconds. */
const POLL = 15;

/**
 * The workers that a daemon has started, by Linux's account: pm2 removes a pid file too early when two restarts meet.
 * @returns null where the system does not tell
 */
function childrenOf(daemon: number): number[] | null {
  try {
    const pids = readFileSync(`/proc/${daemon}/task/${daemon}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
    return pids.filter(isWorker);
  } catch {
    return null;
  }
}

/** Not what pm2 starts to learn of the machine, nor a copy of pm2 that is about to become something. */
function isWorker(pid: number): boolean {
  try {
    return /ProcessContainerFork|dist\/main\.js/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
  } catch {
    return false;
  }
}

function readPid(path: string): number | null {
  try {
    const pid = Number(readFileSync(path, 'utf8'));
    return Number.isSafeInteger(pid) && pid > 0 ? pid : null;
  } catch {
    return null;
  }
}

function listFiles(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
}
