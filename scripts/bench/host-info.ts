import { execFile } from 'node:child_process';
import { availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os';
import { promisify } from 'node:util';
import { VERSION } from '@anthropic-ai/sdk/version';

/** What a result is worth nothing without. */
export interface Circumstances {
  /** ISO 8601. */
  date: string;
  /** null: not in a repository. */
  commit: string | null;
  /** The working tree differs from the commit. */
  changed: boolean | null;
  node: string;
  sdk: string;
  os: string;
  cpu: string;
  cores: number;
  memory_gb: number;
  /** How many processes wanted to run during the last minute, before the bench and after it. */
  load: [before: number, after: number];
}

/** @param root the project's folder */
export async function circumstances(root: string, loadBefore: number): Promise<Circumstances> {
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
