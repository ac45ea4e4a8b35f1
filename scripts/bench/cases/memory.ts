import { join } from 'node:path';
import { childScript, type Fixture, type Report, waitForReports, whileRunning } from '../fixture.js';
import { type BenchCase, interleave, MB } from '../runner.js';
import { toRow } from '../table.js';

/** Memory of one run, in bytes. */
interface Memory {
  peak: number;
  /** The heap after a collection, before the middle and before the last story. */
  heap: [half: HeapReport, all: HeapReport];
}

type HeapReport = Extract<Report, { kind: 'heap' }>;

/** Peak memory of a long run, and heap growth with the number of stories. */
export const memoryCase: BenchCase = {
  name: 'memory',
  title: '긴 실행의 메모리',
  run: async (fixture, { quick }) => {
    const stories = quick ? 1000 : 10_000;
    const { bare, ours } = await interleave<'bare' | 'ours', Memory | number>(quick ? 1 : 3, {
      bare: () => bareMemory(fixture, stories),
      ours: () => workerMemory(fixture, stories),
    });
    const runs = ours as Memory[];
    const label = (text: string) => `${text} (${stories.toLocaleString('en-US')}편)`;
    const growth = (of: (report: HeapReport) => number) =>
      runs.map(({ heap: [half, all] }) => (of(all) - of(half)) / MB);
    return {
      rows: [
        toRow({
          id: 'memory.peak',
          label: label('가장 큰 메모리'),
          unit: 'MB',
          ours: runs.map(({ peak }) => peak / MB),
          baseline: (bare as number[]).map((peak) => peak / MB),
          target: { of: 'ratio', atMost: 1.3 },
        }),
        toRow({
          id: 'memory.heap',
          label: label('GC 뒤의 힙'),
          unit: 'MB',
          ours: runs.map(({ heap: [, all] }) => all.heapUsed / MB),
        }),
        toRow({
          id: 'memory.growth',
          label: '  뒤쪽 절반에 늘어난 힙',
          unit: 'MB',
          ours: growth(({ heapUsed }) => heapUsed),
          target: { of: 'median', atMost: 2 },
        }),
        toRow({
          id: 'memory.external',
          label: '  뒤쪽 절반에 늘어난 힙 밖의 메모리',
          unit: 'MB',
          ours: growth(({ external }) => external),
        }),
      ],
    };
  },
};

const PRELOAD = ['--import', childScript('report.mjs')];

async function bareMemory(fixture: Fixture, calls: number): Promise<number> {
  const folder = await fixture.newFolder();
  const path = join(folder, 'report');
  await fixture.endpoint.begin();
  await fixture.startBareLoop(calls, { nodeFlags: PRELOAD, env: { BENCH_REPORT: path } }).ended();
  const [report] = await waitForReports(path, 1);
  await fixture.remove(folder);
  if (report?.kind !== 'exit') throw new Error('no report');
  return report.peak;
}

/** Measures the heap in the middle of a call: the endpoint holds the answer until the report is written. */
async function workerMemory(fixture: Fixture, stories: number): Promise<Memory> {
  const outputDir = await fixture.newFolder();
  const path = join(outputDir, '.report');
  const holds = [stories / 2, stories];
  await fixture.endpoint.begin(holds);
  const process = fixture.startWorker({
    outputDir,
    flags: ['--max-stories', String(stories)],
    nodeFlags: ['--expose-gc', ...PRELOAD],
    env: { BENCH_REPORT: path },
  });
  for (const [at, number] of holds.entries()) {
    await whileRunning(process, fixture.endpoint.held(number));
    process.signal('SIGUSR2');
    await whileRunning(process, waitForReports(path, at + 1));
    fixture.endpoint.release();
  }
  await process.ended();
  const [half, all, exit] = await waitForReports(path, 3);
  await fixture.remove(outputDir);
  if (half?.kind !== 'heap' || all?.kind !== 'heap' || exit?.kind !== 'exit') throw new Error('no report');
  return { peak: exit.peak, heap: [half, all] };
}
