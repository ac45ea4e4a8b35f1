import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

/** A process, named so that another one with the same number is not taken for it. */
export interface ProcessIdentity {
  /** The machine since its last start. */
  boot: string;
  pid: number;
  /** When the process started, in the kernel's ticks; null where the kernel does not say. */
  started: string | null;
}

/** @param pid of this machine */
export function identityOf(pid: number): ProcessIdentity {
  return { boot: bootId(), pid, started: startTime(pid) };
}

/**
 * Is that very process still running here? One of another machine, or from before a restart, is not: its folder was
 * copied, or its machine went down.
 */
export function isProcessAlive(owner: ProcessIdentity): boolean {
  if (owner.boot !== bootId()) return false;
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    // EPERM: it runs, as somebody else.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  return owner.started === null || owner.started === startTime(owner.pid);
}

/** Do both name the same process? */
export function isSameProcess(a: ProcessIdentity, b: ProcessIdentity): boolean {
  return a.boot === b.boot && a.pid === b.pid && a.started === b.started;
}

/** Linux has an id for every boot; elsewhere the machine's name has to do. */
function bootId(): string {
  return readFirst('/proc/sys/kernel/random/boot_id') ?? hostname();
}

/** Field 22 of /proc/<pid>/stat; the name in field 2 may hold blanks and brackets. A zombie is not running. */
function startTime(pid: number): string | null {
  const fields = readFirst(`/proc/${pid}/stat`)
    ?.replace(/^.*\) /s, '')
    .split(' ');
  if (fields === undefined || fields[0] === 'Z') return null;
  return fields[19] ?? null;
}

function readFirst(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return null;
  }
}
