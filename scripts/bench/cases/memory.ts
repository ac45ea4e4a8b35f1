import { join } from 'node:path';
import { awaitReports, type Ground, pathOf, type Report, whileRunning } from '../fixture.js';
import { MB, type Measure, takeTurns } from '../runner.js';
import { toRow } from '../table.js';

/** Of one run, in bytes. */
interface Memory {
  peak: number;
  /** Live after a collection, when half of the stories are written and when all but the last are. */
  heap: [half: HeapReport, all: HeapReport];
}

type HeapReport = Extract<Report, { kind: 'heap' }>;

/** What a long run takes, and whether that grows with its stories. */
export const memory: Measure = {
  name: 'memory',
  title: '긴 실행의 메모리',
  run: async (ground, { quick }) => {
    const stories = quick ? 1000 : 10_000;
    const { bare, ours } = await takeTurns<'bare' | 'ours', Memory | number>(quick ? 1 : 3, {
      bare: () => bareMemory(ground, stories),
      ours: () => workerMemory(ground, stories),
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

const PRELOAD = ['--import', pathOf('report.mjs')];

async function bareMemory(ground: Ground, calls: number): Promise<number> {
  const folder = await ground.newFolder();
  const path = join(folder, 'report');
  await ground.endpoint.begin();
  await ground.startBareLoop(calls, { nodeFlags: PRELOAD, env: { BENCH_REPORT: path } }).ended();
  const [report] = await awaitReports(path, 1);
  await ground.remove(folder);
  if (report?.kind !== 'exit') throw new Error('no report');
  return report.peak;
}

/** The heap is looked at in the middle of a call, which waits for that. */
async function workerMemory(ground: Ground, stories: number): Promise<Memory> {
  const outputDir = await ground.newFolder();
  const path = join(outputDir, '.report');
  const holds = [stories / 2, stories];
  await ground.endpoint.begin(holds);
  const process = ground.startWorker({
    outputDir,
    flags: ['--max-stories', String(stories)],
    nodeFlags: ['--expose-gc', ...PRELOAD],
    env: { BENCH_REPORT: path },
  });
  for (const [at, number] of holds.entries()) {
    await whileRunning(process, ground.endpoint.held(number));
    process.signal('SIGUSR2');
    await whileRunning(process, awaitReports(path, at + 1));
    ground.endpoint.release();
  }
  await process.ended();
  const [half, all, exit] = await awaitReports(path, 3);
  await ground.remove(outputDir);
  if (half?.kind !== 'heap' || all?.kind !== 'heap' || exit?.kind !== 'exit') throw new Error('no report');
  return { peak: exit.peak, heap: [half, all] };
}
