import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { BenchCase } from '../runner.js';
import { toRow } from '../table.js';

/** Enough stories for the records of start and end to hardly matter. */
const STORIES = 200;

/** Log size per story, each followed by a wait as in a run of a day. */
export const logSizeCase: BenchCase = {
  name: 'log',
  title: '로그의 크기',
  run: async (fixture) => {
    const outputDir = await fixture.newFolder();
    const logDir = await fixture.newFolder();
    const flags = ['--max-stories', String(STORIES), '--interval-seconds', '0.001'];
    await fixture.endpoint.begin();
    await fixture.startWorker({ outputDir, logDir, flags }).ended();
    const files = (await readdir(logDir)).map((file) => join(logDir, file));
    const sizes = await Promise.all(files.map(async (file) => (await stat(file)).size));
    await Promise.all([outputDir, logDir].map(fixture.remove));
    const bytes = sizes.reduce((sum, size) => sum + size, 0);
    return {
      rows: [
        toRow({
          id: 'log.bytes',
          label: `소설 한 편의 로그 (${STORIES}편)`,
          unit: 'KB',
          ours: [bytes / STORIES / 1024],
          target: { of: 'median', atMost: 2 },
        }),
      ],
    };
  },
};
