import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

/** A process, named so that another one with the same number is not taken for it. */
export interface ProcessIdentity {
  /** On Linux, the machine since its last start. Elsewhere the machine's name, which may change at any time. */
  boot: string;
  pid: number;
  /**
   * When the process started: on Linux in the kernel's ticks since the machine's start, elsewhere as an ISO 8601 time.
   * null where the system did not say, and in what version 1.0.0 wrote off Linux.
   */
  started: string | null;
}

/** What the system knows of its processes; tests bring their own. */
export interface ProcessSystem {
  platform: NodeJS.Platform;
  hostname(): string;
  /** This process, and when it started, milliseconds since the epoch; always the same moment. */
  self: { pid: number; startedAt: number };
  /** Sends a signal, as `process.kill` does. */
  kill(pid: number, signal: 0): void;
  /** @returns the content of a file without its last line end; null when it cannot be read */
  readFile(path: string): string | null;
  /** Runs a program. @returns its output; null when it is not there or fails */
  run(program: string, args: readonly string[]): string | null;
}

/** How far apart two accounts of one start may be: systems tell whole seconds, and Node counts from a little later. */
const START_SLACK = 2000;

/** How long a program may take to tell of a process, in milliseconds. */
const LONGEST_RUN = 10_000;

/** The system that this process runs on. */
export const thisSystem: ProcessSystem = {
  platform: process.platform,
  hostname,
  self: { pid: process.pid, startedAt: Date.now() - process.uptime() * 1000 },
  kill: (pid, signal) => process.kill(pid, signal),
  readFile: (path) => {
    try {
      return readFileSync(path, 'utf8').trim();
    } catch {
      return null;
    }
  },
  run: (program, args) => {
    const env = { ...process.env, LC_ALL: 'C', TZ: 'UTC' };
    const { status, stdout } = spawnSync(program, args, {
      ...{ encoding: 'utf8', env, windowsHide: true, timeout: LONGEST_RUN },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return status === 0 ? stdout.trim() : null;
  },
};

/** @param pid of this machine */
export const identityOf = (pid: number): ProcessIdentity => identify(pid, thisSystem);

/**
 * Is that very process still running here? One of another machine, or from before a restart, is not: its folder was
 * copied, or its machine went down.
 */
export const isProcessAlive = (owner: ProcessIdentity): boolean => isAlive(owner, thisSystem);

/** Is there a process with this number? A zombie is none, and in a container may stay one for ever. */
export const isRunning = (pid: number): boolean => exists(pid, thisSystem);

/** Do both name the same process? */
export function isSameProcess(a: ProcessIdentity, b: ProcessIdentity): boolean {
  return a.boot === b.boot && a.pid === b.pid && a.started === b.started;
}

/** The identity of a process of a system. */
export function identify(pid: number, system: ProcessSystem): ProcessIdentity {
  return { boot: bootId(system), pid, started: isLinux(system) ? ticksOf(pid, system) : startOf(pid, system) };
}

/** Does a process of a system still run? */
export function isAlive(owner: ProcessIdentity, system: ProcessSystem): boolean {
  const { boot, pid, started } = owner;
  if (isLinux(system)) {
    return boot === bootId(system) && exists(pid, system) && (started === null || started === ticksOf(pid, system));
  }
  // Version 1.0.0 wrote no more than a name and a number.
  if (started === null) return boot === bootId(system) && exists(pid, system);
  // A number and a moment tell a process from any other, also of other machines, and the machine may have another name
  // by now: laptops take one from each network.
  if (!exists(pid, system)) return false;
  const found = startOf(pid, system);
  // Where the system no longer says, rather a run that is left alone than one with two workers.
  return found === null || Math.abs(Date.parse(found) - Date.parse(started)) <= START_SLACK;
}

function exists(pid: number, system: ProcessSystem): boolean {
  try {
    system.kill(pid, 0);
  } catch (error) {
    // EPERM: it runs, as another user.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  return statOf(pid, system)?.[0] !== 'Z';
}

function isLinux({ platform }: ProcessSystem): boolean {
  return platform === 'linux' || platform === 'android';
}

/** Linux has an id for every boot. */
function bootId(system: ProcessSystem): string {
  const id = isLinux(system) ? system.readFile('/proc/sys/kernel/random/boot_id') : null;
  return id ?? system.hostname();
}

/** Null where the kernel does not say, and of a zombie, which is not running. */
function ticksOf(pid: number, system: ProcessSystem): string | null {
  const fields = statOf(pid, system);
  return fields === null || fields[0] === 'Z' ? null : (fields[19] ?? null);
}

/** The fields of /proc/<pid>/stat from the third on; the name before them may hold blanks and brackets. */
function statOf(pid: number, system: ProcessSystem): string[] | null {
  const stat = isLinux(system) ? system.readFile(`/proc/${pid}/stat`) : null;
  return stat?.replace(/^.*\) /s, '').split(' ') ?? null;
}

/** When a process started, as an ISO 8601 time; null where the system does not say. Starts a program for others. */
function startOf(pid: number, system: ProcessSystem): string | null {
  if (pid === system.self.pid) return new Date(system.self.startedAt).toISOString();
  const told =
    system.platform === 'win32'
      ? system.run('powershell.exe', [
          ...['-NoProfile', '-NonInteractive', '-Command'],
          `(Get-Process -Id ${pid}).StartTime.ToUniversalTime().ToString('o')`,
        ])
      : // Without a time zone: it is asked for in UTC.
        withZone(system.run('ps', ['-o', 'lstart=', '-p', String(pid)]));
  const at = Date.parse(told ?? '');
  return Number.isNaN(at) ? null : new Date(at).toISOString();
}

function withZone(text: string | null): string | null {
  return text === null || text === '' ? null : `${text} UTC`;
}
