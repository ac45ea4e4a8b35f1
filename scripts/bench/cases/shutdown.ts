import { setTimeout } from 'node:timers/promises';
import type { MeasuredProcess } from '../fixture.js';
import { type BenchCase, interleave } from '../runner.js';
import { toRow } from '../table.js';
import { startIdle, startWaiting, WAITING } from './idle.js';

/** Time from the start of the wait to the signal, in milliseconds. */
const INTO_THE_WAIT = 500;

/** The length of the wait, in seconds: longer than any round lasts. */
const WAIT = 600;

/** Time from a signal during a wait to the exit, against a process that only exits. */
export const shutdownCase: BenchCase = {
  name: 'stop',
  title: '기다리는 중에 받은 신호에서 종료까지',
  run: async (fixture, { quick }) => {
    const { ours, idle } = await interleave(quick ? 5 : 20, {
      ours: async () => {
        const outputDir = await fixture.newFolder();
        const ms = await timeUntilExit(startWaiting(fixture, outputDir, WAIT), WAITING);
        await fixture.remove(outputDir);
        return ms;
      },
      idle: () => timeUntilExit(startIdle(fixture), 'idle'),
    });
    const common = { unit: 'ms', ours, baseline: idle };
    return {
      rows: [
        toRow({
          ...common,
          id: 'stop.median',
          label: 'SIGINT에서 종료까지, 중앙값',
          target: { of: 'median', atMost: 50 },
        }),
        toRow({ ...common, id: 'stop.worst', label: '  가장 늦은 것', target: { of: 'worst', atMost: 50 } }),
      ],
    };
  },
};

async function timeUntilExit(process: MeasuredProcess, ready: string): Promise<number> {
  await process.printed(ready);
  await setTimeout(INTO_THE_WAIT);
  const from = performance.now();
  process.signal('SIGINT');
  await process.ended();
  return performance.now() - from;
}
