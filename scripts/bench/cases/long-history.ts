import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { syncFolder } from '../../../src/lib/files.js';
import { seededRandom } from '../../../src/lib/random.js';
import { awaitReports, type Ground, pathOf } from '../fixture.js';
import { makeLargeFolder } from '../make-history.js';
import { MB, type Measure, takeTurns } from '../runner.js';
import { toRow } from '../table.js';

/** Of a process that writes one story. */
interface OneStory {
  /** To its first request, in milliseconds. */
  request: number;
  /** To its end, in milliseconds. */
  whole: number;
  /** In bytes. */
  peak: number;
}

/** What years of stories cost a start: the same one story in a folder that is full, and in one that is empty. */
export const oldFolder: Measure = {
  name: 'folder',
  title: '소설이 쌓인 폴더에서 시작해 한 편 쓰기',
  run: async (ground, { quick, signal }) => {
    const [stories, runs] = quick ? [10_000, 100] : [100_000, 1000];
    const full = await ground.newFolder();
    const [random, now] = [seededRandom(1), Date.now()];
    await makeLargeFolder({ folder: full, axes: ground.axes, stories, runs, runName: 'default', random, now, signal });
    await checkFormats(ground, full);
    // What was just made is still on its way to the disk, which would be taken for a cost of the worker's.
    await syncFolder(full);
    const { empty, plain, resume, profile } = await takeTurns(quick ? 3 : 10, {
      empty: async () => {
        const outputDir = await ground.newFolder();
        const one = await oneStory(ground, outputDir, []);
        await ground.remove(outputDir);
        return one;
      },
      plain: () => oneStory(ground, full, []),
      resume: () => oneStory(ground, full, ['--resume']),
      // As the 24 h profile starts.
      profile: () => oneStory(ground, full, ['--resume', '--duration-seconds', '86400', '--max-stories', '1']),
    });
    await ground.remove(full);
    const [request, whole, peak] = (['request', 'whole', 'peak'] as const).map(
      (name) => (one: OneStory) => one[name] / (name === 'peak' ? MB : 1),
    ) as [Of, Of, Of];
    const label = (text: string) =>
      `${text} (${stories.toLocaleString('en-US')}편, 실행 ${runs.toLocaleString('en-US')}개)`;
    const facts = (id: string, text: string, ours: OneStory[], of: Of) => {
      return { id, label: label(text), ours: ours.map(of), baseline: empty.map(of) };
    };
    const row = (...args: Parameters<typeof facts>) =>
      toRow({ ...facts(...args), unit: 'ms', target: { of: 'ratio', atMost: 1.1 } });
    return {
      rows: [
        row('folder.request', '시작에서 첫 요청까지', plain, request),
        row('folder.request_resume', '  --resume으로', resume, request),
        row('folder.request_profile', '  24 h 프로필로', profile, request),
        row('folder.whole', '시작에서 한 편 쓰고 끝까지', plain, whole),
        row('folder.whole_resume', '  --resume으로', resume, whole),
        row('folder.whole_profile', '  24 h 프로필로', profile, whole),
        toRow({ ...facts('folder.peak', '가장 큰 메모리', plain, peak), unit: 'MB' }),
      ],
    };
  },
};

type Of = (one: OneStory) => number;

async function oneStory(ground: Ground, outputDir: string, flags: readonly string[]): Promise<OneStory> {
  const reports = await ground.newFolder();
  const path = join(reports, 'report');
  await ground.endpoint.begin();
  const nodeFlags = ['--import', pathOf('report.mjs')];
  const process = ground.startWorker({ outputDir, flags, nodeFlags, env: { BENCH_REPORT: path } });
  const end = await process.ended();
  const [first] = await ground.endpoint.arrivals();
  const [report] = await awaitReports(path, 1);
  await ground.remove(reports);
  if (first === undefined || report?.kind !== 'exit') throw new Error('no request came');
  return { request: first - process.startedAt, whole: end - process.startedAt, peak: report.peak };
}

/** Bytes of a line of the index and of the deck, and some more. */
const ONE_LINE = 500;

/**
 * Holds the folder against the worker: were it not as the worker leaves it, the first start would put it right, which is
 * not what is measured here.
 */
async function checkFormats(ground: Ground, folder: string): Promise<void> {
  const files = ['.likeness', '.deck.jsonl'].map((file) => join(folder, file));
  const sizes = () => Promise.all(files.map(async (file) => (await stat(file)).size));
  const before = await sizes();
  await oneStory(ground, folder, []);
  const after = await sizes();
  for (const [at, file] of files.entries()) {
    const grown = (after[at] ?? 0) - (before[at] ?? 0);
    if (grown <= 0 || grown > ONE_LINE) throw new Error(`${file} grew by ${grown} bytes with one story`);
  }
}
