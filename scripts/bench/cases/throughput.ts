import { join } from 'node:path';
import { type Ground, pathOf, type Running, readReports } from '../fixture.js';
import { type Measure, takeTurns } from '../runner.js';
import { median } from '../stats.js';
import { toRow } from '../table.js';

/** What one of the calls of a long run costs, in milliseconds. */
interface PerCall {
  wall: number;
  /** Of all threads, the start and the end of the process included. */
  cpu: number;
}

/** Stories one after another without a wait, next to the SDK alone. */
export const throughput: Measure = {
  name: 'throughput',
  title: '소설 한 편에 걸리는 시간 (간격 0)',
  run: async (ground, { quick }) => {
    const calls = quick ? 200 : 2000;
    const noSync = ['--import', pathOf('no-sync.mjs')];
    const { bare, unsynced, durable } = await takeTurns(quick ? 3 : 5, {
      bare: () => measureCalls(ground, calls, (options) => ground.startBareLoop(calls, options)),
      unsynced: () => measureWorker(ground, calls, noSync),
      durable: () => measureWorker(ground, calls, []),
    });
    const wall = (each: PerCall) => each.wall;
    const cpu = (each: PerCall) => each.cpu;
    const label = (text: string) => `${text} (${calls}편)`;
    const commit = durable.map((each, round) => each.wall - (unsynced[round]?.wall ?? 0));
    return {
      rows: [
        toRow({
          id: 'throughput.unsynced',
          label: label('한 편의 시간, fsync 없이'),
          unit: 'ms',
          ours: unsynced.map(wall),
          baseline: bare.map(wall),
          target: { of: 'ratio', atMost: 1.25 },
        }),
        toRow({
          id: 'throughput.durable',
          label: label('한 편의 시간, 있는 그대로'),
          unit: 'ms',
          ours: durable.map(wall),
          baseline: bare.map(wall),
        }),
        toRow({ id: 'throughput.commit', label: '  그중 fsync의 값', unit: 'ms', ours: commit }),
        toRow({
          id: 'throughput.cpu',
          label: label('한 편의 CPU 시간, fsync 없이'),
          unit: 'ms',
          ours: unsynced.map(cpu),
          baseline: bare.map(cpu),
        }),
      ],
      notes: [
        `있는 그대로의 한 편 ${median(durable.map(wall)).toFixed(2)}ms = SDK만 ${median(bare.map(wall)).toFixed(2)}ms + 작업자 ${(median(unsynced.map(wall)) - median(bare.map(wall))).toFixed(2)}ms + fsync ${median(commit).toFixed(2)}ms`,
      ],
    };
  },
};

async function measureWorker(ground: Ground, calls: number, nodeFlags: readonly string[]): Promise<PerCall> {
  const outputDir = await ground.newFolder();
  const flags = ['--max-stories', String(calls)];
  const result = await measureCalls(ground, calls, (options) =>
    ground.startWorker({ outputDir, flags, env: options.env, nodeFlags: [...nodeFlags, ...options.nodeFlags] }),
  );
  await ground.remove(outputDir);
  return result;
}

interface ReportOptions {
  nodeFlags: readonly string[];
  env: Record<string, string>;
}

/** From the first request to the last: the start of a process and its end are measured by themselves. */
async function measureCalls(
  ground: Ground,
  calls: number,
  start: (options: ReportOptions) => Running,
): Promise<PerCall> {
  const folder = await ground.newFolder();
  const path = join(folder, 'report');
  await ground.endpoint.begin();
  await start({ nodeFlags: ['--import', pathOf('report.mjs')], env: { BENCH_REPORT: path } }).ended();
  const arrivals = await ground.endpoint.arrivals();
  const [report] = await readReports(path);
  await ground.remove(folder);
  const [first, last] = [arrivals[0], arrivals.at(-1)];
  if (arrivals.length !== calls || first === undefined || last === undefined || report?.kind !== 'exit') {
    throw new Error(`${arrivals.length} calls in place of ${calls}`);
  }
  return { wall: (last - first) / (calls - 1), cpu: report.cpu / calls };
}
