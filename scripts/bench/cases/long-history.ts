import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { syncFolder } from '../../../src/lib/files.js';
import { seededRandom } from '../../../src/lib/random.js';
import { childScript, type Fixture, waitForReports } from '../fixture.js';
import { makeHistory } from '../make-history.js';
import { type BenchCase, interleave, MB } from '../runner.js';
import { toRow } from '../table.js';

/** The cost of a process that writes one story. */
interface StoryCost {
  /** Time until the first request, in milliseconds. */
  request: number;
  /** Time until the process has ended, in milliseconds. */
  whole: number;
  /** Peak memory, in bytes. */
  peak: number;
}

/** The cost of years of history at a start: one story written in a full folder, against an empty one. */
export const longHistoryCase: BenchCase = {
  name: 'folder',
  title: '소설이 쌓인 폴더에서 시작해 한 편 쓰기',
  run: async (fixture, { quick, signal }) => {
    const [stories, runs] = quick ? [10_000, 100] : [100_000, 1000];
    const full = await fixture.newFolder();
    const [random, now] = [seededRandom(1), Date.now()];
    await makeHistory({ folder: full, axes: fixture.axes, stories, runs, runName: 'default', random, now, signal });
    await checkFormats(fixture, full);
    // Otherwise writing the new files to disk would be measured as a cost of the worker.
    await syncFolder(full);
    const { empty, plain, resume, profile } = await interleave(quick ? 3 : 10, {
      empty: async () => {
        const outputDir = await fixture.newFolder();
        const one = await measureOneStory(fixture, outputDir, []);
        await fixture.remove(outputDir);
        return one;
      },
      plain: () => measureOneStory(fixture, full, []),
      resume: () => measureOneStory(fixture, full, ['--resume']),
      // The flags of the 24 h profile.
      profile: () => measureOneStory(fixture, full, ['--resume', '--duration-seconds', '86400', '--max-stories', '1']),
    });
    await fixture.remove(full);
    const [request, whole, peak] = (['request', 'whole', 'peak'] as const).map(
      (name) => (one: StoryCost) => one[name] / (name === 'peak' ? MB : 1),
    ) as [Of, Of, Of];
    const label = (text: string) =>
      `${text} (${stories.toLocaleString('en-US')}편, 실행 ${runs.toLocaleString('en-US')}개)`;
    const facts = (id: string, text: string, ours: StoryCost[], of: Of) => {
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

type Of = (one: StoryCost) => number;

async function measureOneStory(fixture: Fixture, outputDir: string, flags: readonly string[]): Promise<StoryCost> {
  const reports = await fixture.newFolder();
  const path = join(reports, 'report');
  await fixture.endpoint.begin();
  const nodeFlags = ['--import', childScript('report.mjs')];
  const process = fixture.startWorker({ outputDir, flags, nodeFlags, env: { BENCH_REPORT: path } });
  const end = await process.ended();
  const [first] = await fixture.endpoint.arrivals();
  const [report] = await waitForReports(path, 1);
  await fixture.remove(reports);
  if (first === undefined || report?.kind !== 'exit') throw new Error('no request came');
  return { request: first - process.startedAt, whole: end - process.startedAt, peak: report.peak };
}

/** An upper bound for a line of the index or of the deck, in bytes. */
const LINE_LIMIT = 500;

/**
 * Checks that the worker accepts the folder as its own. Otherwise the first start would repair it, and the repair would
 * be measured.
 */
async function checkFormats(fixture: Fixture, folder: string): Promise<void> {
  const files = ['.likeness', '.deck.jsonl'].map((file) => join(folder, file));
  const sizes = () => Promise.all(files.map(async (file) => (await stat(file)).size));
  const before = await sizes();
  await measureOneStory(fixture, folder, []);
  const after = await sizes();
  for (const [at, file] of files.entries()) {
    const grown = (after[at] ?? 0) - (before[at] ?? 0);
    if (grown <= 0 || grown > LINE_LIMIT) throw new Error(`${file} grew by ${grown} bytes with one story`);
  }
}
