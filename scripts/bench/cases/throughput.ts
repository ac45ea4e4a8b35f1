import { join } from 'node:path';
import { childScript, type Fixture, type MeasuredProcess, readReports } from '../fixture.js';
import { type BenchCase, interleave } from '../runner.js';
import { median } from '../stats.js';
import { toRow } from '../table.js';

/** The cost of one call of a long run, in milliseconds. */
interface CallCost {
  wall: number;
  /** Processor time of all threads, start and end of the process included. */
  cpu: number;
}

/** Stories without a wait between them, against the SDK alone. */
export const throughputCase: BenchCase = {
  name: 'throughput',
  title: '소설 한 편에 걸리는 시간 (간격 0)',
  run: async (fixture, { quick }) => {
    const calls = quick ? 200 : 2000;
    const noSync = ['--import', childScript('no-sync.mjs')];
    const { bare, unsynced, durable } = await interleave(quick ? 3 : 5, {
      bare: () => measureCalls(fixture, calls, (options) => fixture.startBareLoop(calls, options)),
      unsynced: () => measureWorker(fixture, calls, noSync),
      durable: () => measureWorker(fixture, calls, []),
    });
    const wall = (each: CallCost) => each.wall;
    const cpu = (each: CallCost) => each.cpu;
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
        `있는 그대로의 한 편 ${median(durable.map(wall)).toFixed(2)}ms = SDK만 ${median(bare.map(wall)).toFixed(2)}ms + 워커 ${(median(unsynced.map(wall)) - median(bare.map(wall))).toFixed(2)}ms + fsync ${median(commit).toFixed(2)}ms`,
      ],
    };
  },
};

async function measureWorker(fixture: Fixture, calls: number, nodeFlags: readonly string[]): Promise<CallCost> {
  const outputDir = await fixture.newFolder();
  const flags = ['--max-stories', String(calls)];
  const result = await measureCalls(fixture, calls, (options) =>
    fixture.startWorker({ outputDir, flags, env: options.env, nodeFlags: [...nodeFlags, ...options.nodeFlags] }),
  );
  await fixture.remove(outputDir);
  return result;
}

interface ReportOptions {
  nodeFlags: readonly string[];
  env: Record<string, string>;
}

/** Measures from the first request to the last; start and end of the process are cases of their own. */
async function measureCalls(
  fixture: Fixture,
  calls: number,
  start: (options: ReportOptions) => MeasuredProcess,
): Promise<CallCost> {
  const folder = await fixture.newFolder();
  const path = join(folder, 'report');
  await fixture.endpoint.begin();
  await start({ nodeFlags: ['--import', childScript('report.mjs')], env: { BENCH_REPORT: path } }).ended();
  const arrivals = await fixture.endpoint.arrivals();
  const [report] = await readReports(path);
  await fixture.remove(folder);
  const [first, last] = [arrivals[0], arrivals.at(-1)];
  if (arrivals.length !== calls || first === undefined || last === undefined || report?.kind !== 'exit') {
    throw new Error(`${arrivals.length} calls instead of ${calls}`);
  }
  return { wall: (last - first) / (calls - 1), cpu: report.cpu / calls };
}
