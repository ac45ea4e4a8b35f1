import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { SECOND } from '../../lib/clock.js';
import { identityOf, isProcessAlive, isRunning, type ProcessIdentity } from '../../lib/process-identity.js';
import { signalTo, waitUntil } from '../processes.js';

// The real pm2, with a home and a daemon of its own, that leaves nothing behind.

/** The app of ecosystem.config.cjs. */
export const APP = 'horror-story-worker';

/** One command takes no longer than this, in milliseconds. */
const LONGEST_COMMAND = 60 * SECOND;

/** The app as pm2 lists it. */
export interface App {
  pid: number;
  status: string;
  restarts: number;
  /** The memory above which pm2 restarts it, in bytes. */
  memoryLimit: number | null;
  /** Of its last process that has ended. */
  exitCode: number | null;
}

export interface Reader {
  /** @returns false when it is not running */
  signal(name: NodeJS.Signals): boolean;
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

export type Pm2 = ReturnType<typeof openPm2>;

export function openPm2({ home, root, env, flags = [] }: Pm2Options) {
  const command = join(root, 'node_modules', 'pm2', 'bin', 'pm2');
  let ownEnv = { ...env, PM2_HOME: home, PM2_DISABLE_VERSION_CHECK: '1' };
  /** Identified by the time of their start, too: their numbers may be reused. */
  const workers = new Map<number, ProcessIdentity>();
  let daemon: ProcessIdentity | null = null;
  let most = 0;
  const commands = new Set<ChildProcess>();
  const pidFiles = () => listFiles(join(home, 'pids')).filter((path) => path.includes(APP));

  const run = async (args: readonly string[], longestMs = LONGEST_COMMAND) => {
    const child = spawn(process.execPath, [command, ...args], {
      ...{ cwd: root, env: ownEnv, timeout: longestMs, killSignal: 'SIGKILL' },
      // In a process group of its own: Ctrl+C must not end a command half-way and leave an unknown daemon.
      detached: true,
    });
    commands.add(child);
    try {
      const outputs = Promise.all([text(child.stdout), text(child.stderr)]);
      const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
      const [output, errors] = await outputs;
      if (code === 0) return output;
      throw new Error(`pm2 ${args.join(' ')} (${code ?? signal})\n${output}${errors}`);
    } finally {
      commands.delete(child);
      look();
    }
  };

  /** Takes note of the daemon and the workers that are running now. @returns the workers' process ids */
  const look = (): number[] => {
    const pid = readPid(join(home, 'pm2.pid'));
    if (pid !== null && pid !== daemon?.pid && isRunning(pid)) daemon = identityOf(pid);
    const children = daemon === null ? null : childrenOf(daemon.pid);
    // Where the system does not list children, pm2's pid files have to do.
    const pids = (children ?? pidFiles().flatMap((path) => readPid(path) ?? [])).filter(isRunning);
    most = Math.max(most, pids.length);
    for (const worker of pids) if (!workers.has(worker)) workers.set(worker, identityOf(worker));
    return pids;
  };
  /** The daemon first, or it would start another worker. */
  const left = () => [...(daemon === null ? [] : [daemon]), ...workers.values()].filter(isProcessAlive);
  const signalAll = (name: NodeJS.Signals) => {
    for (const { pid } of left()) signalTo(pid, name);
  };

  // Should this process exit before `end`.
  const endNow = () => {
    look();
    signalAll('SIGKILL');
  };
  process.on('exit', endNow);

  return {
    /** Runs one command, such as `['restart', APP]`. @throws with its output when it fails */
    run,
    /** Starts the ecosystem file. @param settings the worker's; default: those of the last start */
    start: async (settings: Readonly<Record<string, string>> = {}): Promise<void> => {
      ownEnv = { ...ownEnv, ...settings };
      // pm2 refuses a separator with nothing after it.
      await run(['start', 'ecosystem.config.cjs', ...(flags.length === 0 ? [] : ['--', ...flags])]);
    },
    readApp: async () => toApp(await run(['jlist'])),
    /** null while there is none. */
    workerPid: () => look()[0] ?? null,
    /** The most workers that were seen at once. */
    mostWorkers: () => most,
    /** Those of all workers so far that are still running. */
    workersLeft: () => [...workers.values()].filter(isProcessAlive).map(({ pid }) => pid),
    daemonPid: (): number | null => {
      look();
      return daemon?.pid ?? null;
    },
    /** The daemon's own log. */
    log: () => readText(join(home, 'pm2.log')) ?? '',
    /** The workers' standard error, such as why they cannot start. */
    errors: () =>
      listFiles(join(home, 'logs'))
        .filter((path) => path.endsWith('-error.log'))
        .map((path) => readText(path)?.slice(-2000))
        .join('\n'),
    /** Starts `pm2 logs`. */
    openReader: (onLine: (line: string) => void) =>
      openReader([command, 'logs', APP, '--raw', '--lines', '0'], { cwd: root, env: ownEnv }, onLine),
    /**
     * Ends the worker, then the daemon, and removes the home.
     * @param graceMs how long the worker may take to finish its story; 0: not at all
     */
    end: async (graceMs: number): Promise<void> => {
      // A command that is still running may be starting the daemon.
      await waitUntil(() => commands.size === 0, LONGEST_COMMAND);
      look();
      signalAll('SIGCONT');
      if (graceMs > 0 && left().length > 0) await run(['kill'], graceMs).catch(() => {});
      signalAll('SIGKILL');
      await waitUntil(() => left().length === 0, 5 * SECOND);
      // A worker that was just being started.
      endNow();
      process.off('exit', endNow);
      rmSync(home, { recursive: true, force: true });
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
    signal: (name) => child.kill(name),
    close: () => {
      child.kill('SIGCONT');
      child.kill('SIGKILL');
    },
  };
}

function toApp(json: string): App | null {
  // A daemon that is just being started prints that before the list.
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

/**
 * The workers that a daemon has started, as Linux lists them: pm2 removes a pid file too early when two restarts meet.
 * @returns null where the system does not list them
 */
function childrenOf(daemon: number): number[] | null {
  const pids = readText(`/proc/${daemon}/task/${daemon}/children`)?.split(' ').filter(Boolean).map(Number);
  return pids?.filter(isWorker) ?? null;
}

/** pm2 also starts commands that inspect the machine, and copies of itself that are about to become a worker. */
function isWorker(pid: number): boolean {
  return /ProcessContainerFork|dist\/main\.js/.test(readText(`/proc/${pid}/cmdline`) ?? '');
}

function readPid(path: string): number | null {
  const pid = Number(readText(path) ?? Number.NaN);
  return Number.isSafeInteger(pid) && pid > 0 ? pid : null;
}

/** @returns null when there is no such file, or no more */
function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

function listFiles(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
}
