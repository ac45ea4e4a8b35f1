import { readdir, readFile } from 'node:fs/promises';

// Resource use of a process, from Linux's /proc.

/** Clock ticks per second, the unit of processor time in /proc: 100 on every Linux. */
const TICKS_PER_SECOND = 100;

export interface ProcessUse {
  /** Resident memory, in bytes. */
  rss: number;
  /** Processor time of all threads since the start, in milliseconds, in steps of 10. */
  cpuMs: number;
  /** Voluntary context switches of all threads: every wake-up ends with one. */
  switches: number;
}

/** @throws when the process or /proc does not exist */
export async function readUse(pid: number): Promise<ProcessUse> {
  const folder = `/proc/${pid}`;
  const threads = await readdir(`${folder}/task`);
  const [status, stat, ...perThread] = await Promise.all(
    [`${folder}/status`, `${folder}/stat`, ...threads.map((thread) => `${folder}/task/${thread}/status`)].map((path) =>
      readFile(path, 'utf8'),
    ),
  );
  return {
    rss: parseStatus(status ?? '', 'VmRSS') * 1024,
    cpuMs: parseCpuMs(stat ?? ''),
    switches: perThread.reduce((sum, text) => sum + parseStatus(text, 'voluntary_ctxt_switches'), 0),
  };
}

/** A number in /proc/<pid>/status; memory is in KB. @throws when the line is missing */
export function parseStatus(text: string, name: string): number {
  const [, value] = new RegExp(`^${name}:\\s*(\\d+)`, 'm').exec(text) ?? [];
  if (value === undefined) throw new Error(`no ${name} in /proc/<pid>/status`);
  return Number(value);
}

/** The processor time in /proc/<pid>/stat, in milliseconds. The process name in field 2 may hold blanks and brackets. */
export function parseCpuMs(text: string): number {
  const fields = text.replace(/^.*\) /s, '').split(' ');
  const [user, system] = [Number(fields[11]), Number(fields[12])];
  if (!Number.isFinite(user + system)) throw new Error('no processor time in /proc/<pid>/stat');
  return ((user + system) * 1000) / TICKS_PER_SECOND;
}
