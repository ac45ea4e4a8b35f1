import { existsSync, readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { SourceMap, type SourceMapPayload } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type CallFrame, type CpuProfile, selfTimes } from '../cpu-profile.js';
import { childScript, type Fixture } from '../fixture.js';
import type { BenchCase } from '../runner.js';
import { alignColumns } from '../table.js';

/** Number of lines shown per profile. */
const LINES = 15;

/** The worker's processor time per module. Profiling itself costs time, so read the shares, not the milliseconds. */
export const profileCase: BenchCase = {
  name: 'profile',
  title: 'CPU 프로파일',
  run: async (fixture, { quick }) => {
    const stories = quick ? 200 : 2000;
    const noSync = ['--import', childScript('no-sync.mjs')];
    return {
      rows: [],
      notes: [
        await profile(fixture, `소설 ${stories}편, fsync 없이`, ['--max-stories', String(stories)], noSync),
        await profile(fixture, '시작해서 한 편', [], []),
        await profile(fixture, '--help', ['--help'], []),
      ],
    };
  },
};

async function profile(fixture: Fixture, title: string, flags: readonly string[], nodeFlags: readonly string[]) {
  const outputDir = await fixture.newFolder();
  const profileDir = await fixture.newFolder();
  const profiling = ['--cpu-prof', '--cpu-prof-dir', profileDir];
  await fixture.startWorker({ outputDir, flags, nodeFlags: [...profiling, ...nodeFlags] }).ended();
  const [file] = await readdir(profileDir);
  if (file === undefined) throw new Error('no profile');
  const times = selfTimes(JSON.parse(await readFile(join(profileDir, file), 'utf8')) as CpuProfile, sourceFinder());
  await Promise.all([outputDir, profileDir].map(fixture.remove));
  const all = times.reduce((sum, { ms }) => sum + ms, 0);
  const lines = times
    .slice(0, LINES)
    .map(({ module, ms, share }) => [
      `${(100 * share).toFixed(1)}%`.padStart(6),
      `${ms.toFixed(0)}ms`.padStart(8),
      module,
    ]);
  return `${title} (주 스레드 ${all.toFixed(0)}ms)\n${alignColumns(lines)}`;
}

/** Finds the source of a function in a built file through the build's source maps. */
function sourceFinder(): (frame: CallFrame) => string {
  const maps = new Map<string, SourceMap | null>();
  return ({ url, lineNumber, columnNumber }) => {
    if (!url.startsWith('file:')) return url;
    if (!maps.has(url)) {
      const path = `${fileURLToPath(url)}.map`;
      const payload = existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as SourceMapPayload) : null;
      maps.set(url, payload === null ? null : new SourceMap(payload));
    }
    const entry = maps.get(url)?.findEntry(lineNumber, columnNumber) ?? {};
    return 'originalSource' in entry && typeof entry.originalSource === 'string' ? entry.originalSource : url;
  };
}
