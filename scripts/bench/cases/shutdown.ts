import { setTimeout } from 'node:timers/promises';
import type { Running } from '../fixture.js';
import { type Measure, takeTurns } from '../runner.js';
import { toRow } from '../table.js';
import { startIdle, startWaiting, WAITING } from './idle.js';

/** How far into the wait the signal comes, in milliseconds. */
const INTO_THE_WAIT = 500;

/** Longer than any of the waits is left alone, in seconds. */
const WAIT = 600;

/** How soon a worker is gone that is told to stop while it waits, next to a process that only exits. */
export const stop: Measure = {
  name: 'stop',
  title: '기다리는 중에 받은 신호에서 종료까지',
  run: async (ground, { quick }) => {
    const { ours, idle } = await takeTurns(quick ? 5 : 20, {
      ours: async () => {
        const outputDir = await ground.newFolder();
        const ms = await untilGone(startWaiting(ground, outputDir, WAIT), WAITING);
        await ground.remove(outputDir);
        return ms;
      },
      idle: () => untilGone(startIdle(ground), 'idle'),
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

async function untilGone(process: Running, ready: string): Promise<number> {
  await process.printed(ready);
  await setTimeout(INTO_THE_WAIT);
  const from = performance.now();
  process.signal('SIGINT');
  await process.ended();
  return performance.now() - from;
}
