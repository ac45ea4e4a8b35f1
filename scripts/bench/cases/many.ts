import { join } from 'node:path';
import { childScript, type Fixture, type MeasuredProcess, readReports } from '../fixture.js';
import { type BenchCase, interleave, MB } from '../runner.js';
import { type Row, type Target, toRow } from '../table.js';

/** How the stories are asked for: so many calls side by side, or all in one batch. */
interface Way {
  id: string;
  label: string;
  mode: number | 'batch';
  stories: number;
  /** How long the endpoint takes before it answers a call, in milliseconds. */
  delayMs: number;
  /** Of the wall time of a story. */
  target?: Target;
  memoryTarget?: Target;
}

/** What one run of many stories cost. */
interface Cost {
  /** From the first request, or for a batch from the start of the process, to the end of the process; per story, in ms. */
  wall: number;
  /** Processor time of all threads, start and end of the process included; per story, in ms. */
  cpu: number;
  /** In bytes. */
  peak: number;
}

/** Stories side by side and in batches, against the SDK alone with a durable commit of its own. */
export const manyCase: BenchCase = {
  name: 'many',
  title: '여러 편 함께 쓰기 (간격 0)',
  run: async (fixture, { quick }) => {
    const rows: Row[] = [];
    for (const way of waysOf(quick)) {
      const { bare, ours } = await interleave(quick ? 3 : 5, {
        bare: () => measureBare(fixture, way),
        ours: () => measureWorker(fixture, way),
      });
      rows.push(...toRows(way, bare, ours));
    }
    return { rows };
  },
};

function waysOf(quick: boolean): Way[] {
  const stories = quick ? 256 : 1024;
  return [
    { id: '1', label: '한 편씩', mode: 1, stories, delayMs: 0, target: { of: 'ratio', atMost: 1.7 } },
    { id: '8', label: '8편씩', mode: 8, stories, delayMs: 0 },
    { id: '20', label: '20편씩, 호출 0.5초', mode: 20, stories, delayMs: 500, target: { of: 'ratio', atMost: 1.1 } },
    { id: '64', label: '64편씩', mode: 64, stories, delayMs: 0, memoryTarget: { of: 'ratio', atMost: 1.3 } },
    { id: 'batch', label: '한 배치로', mode: 'batch', stories: 1000, delayMs: 0 },
  ];
}

function toRows(
  { id, label, stories, target, memoryTarget }: Way,
  bare: readonly Cost[],
  ours: readonly Cost[],
): Row[] {
  const row = (what: string, text: string, unit: string, of: (cost: Cost) => number, limit?: Target) =>
    toRow({
      id: `many.${id}.${what}`,
      label: text,
      unit,
      ours: ours.map(of),
      baseline: bare.map(of),
      ...(limit === undefined ? {} : { target: limit }),
    });
  return [
    row('wall', `${label} (${stories}편), 한 편의 시간`, 'ms', ({ wall }) => wall, target),
    row('cpu', '  한 편의 CPU 시간', 'ms', ({ cpu }) => cpu, { of: 'excess', atMost: 3 }),
    row('memory', '  가장 큰 메모리', 'MB', ({ peak }) => peak / MB, memoryTarget),
  ];
}

function measureBare(fixture: Fixture, { mode, stories, delayMs }: Way): Promise<Cost> {
  return measure(fixture, { mode, stories, delayMs }, (folder, preload, env) =>
    fixture.startNode(
      [...preload, childScript('durable-loop.mjs'), String(stories), fixture.prompt, String(mode), folder],
      {
        env,
      },
    ),
  );
}

function measureWorker(fixture: Fixture, { mode, stories, delayMs }: Way): Promise<Cost> {
  const way =
    mode === 'batch'
      ? ['--batch-size', String(stories), '--batch-poll-seconds', '0.1']
      : ['--concurrency', String(mode)];
  return measure(fixture, { mode, stories, delayMs }, (outputDir, nodeFlags, env) =>
    fixture.startWorker({ outputDir, flags: ['--max-stories', String(stories), ...way], nodeFlags, env }),
  );
}

async function measure(
  fixture: Fixture,
  { mode, stories, delayMs }: Pick<Way, 'mode' | 'stories' | 'delayMs'>,
  start: (folder: string, preload: readonly string[], env: Record<string, string>) => MeasuredProcess,
): Promise<Cost> {
  const [folder, reports] = [await fixture.newFolder(), await fixture.newFolder()];
  const path = join(reports, 'report');
  await fixture.endpoint.begin([], delayMs);
  const process = start(folder, ['--import', childScript('report.mjs')], { BENCH_REPORT: path });
  const end = await process.ended();
  const arrivals = await fixture.endpoint.arrivals();
  const [report] = await readReports(path);
  await Promise.all([fixture.remove(folder), fixture.remove(reports)]);
  const first = mode === 'batch' ? process.startedAt : arrivals[0];
  if (arrivals.length !== stories || first === undefined || report?.kind !== 'exit') {
    throw new Error(`${arrivals.length} calls instead of ${stories}`);
  }
  return { wall: (end - first) / stories, cpu: report.cpu / stories, peak: report.peak };
}
