import { execFile } from 'node:child_process';
import { availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os';
import { promisify } from 'node:util';
import { VERSION } from '@anthropic-ai/sdk/version';

/** The machine and the versions that a result was measured with. */
export interface HostInfo {
  /** ISO 8601. */
  date: string;
  /** null when the project is not in a repository. */
  commit: string | null;
  /** Whether the working tree differs from the commit; null when the project is not in a repository. */
  changed: boolean | null;
  node: string;
  sdk: string;
  os: string;
  cpu: string;
  cores: number;
  memory_gb: number;
  /** Load averages of one minute, before and after the benchmark. */
  load: [before: number, after: number];
}

/** @param root the project's folder */
export async function readHostInfo(root: string, loadBefore: number): Promise<HostInfo> {
  const commit = await git(root, 'rev-parse', 'HEAD');
  const changes = await git(root, 'status', '--porcelain', '--untracked-files=no');
  return {
    date: new Date().toISOString(),
    commit,
    changed: changes === null ? null : changes !== '',
    node: process.version,
    sdk: VERSION,
    os: `${type()} ${release()}`,
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memory_gb: Math.round(totalmem() / 2 ** 30),
    load: [loadBefore, loadOfLastMinute()],
  };
}

/** The load average of the last minute. */
export function loadOfLastMinute(): number {
  return Number((loadavg()[0] ?? 0).toFixed(2));
}

async function git(root: string, ...args: string[]): Promise<string | null> {
  try {
    return (await promisify(execFile)('git', args, { cwd: root })).stdout.trim();
  } catch {
    return null;
  }
}
