import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Measure } from '../runner.js';
import { toRow } from '../table.js';

/** Enough for the start and the end of a run to count for little. */
const STORIES = 200;

/** What a story adds to the log, with a wait after it as in a run of a day. */
export const logSize: Measure = {
  name: 'log',
  title: '로그의 크기',
  run: async (ground) => {
    const outputDir = await ground.newFolder();
    const logDir = await ground.newFolder();
    const flags = ['--max-stories', String(STORIES), '--interval-seconds', '0.001'];
    await ground.endpoint.begin();
    await ground.startWorker({ outputDir, logDir, flags }).ended();
    const files = (await readdir(logDir)).map((file) => join(logDir, file));
    const sizes = await Promise.all(files.map(async (file) => (await stat(file)).size));
    await Promise.all([outputDir, logDir].map(ground.remove));
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
