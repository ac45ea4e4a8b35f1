import type { Ground } from '../fixture.js';
import { type Measure, takeTurns } from '../runner.js';
import { toRow } from '../table.js';

/** What is answered without a run, next to a node that does nothing. */
export const help: Measure = {
  name: 'help',
  title: '도움말과 잘못된 옵션',
  run: async (ground, { quick }) => {
    const { nothing, help, badFlag } = await takeTurns(quick ? 7 : 20, {
      nothing: () => wholeTime(ground, ['-e', '0'], 0),
      help: () => workerTime(ground, ['--help'], 0),
      badFlag: () => workerTime(ground, ['--no-such-flag'], 2),
    });
    const target = { of: 'ratio', atMost: 2 } as const;
    const common = { unit: 'ms', baseline: nothing, target };
    return {
      rows: [
        toRow({ ...common, id: 'help.help', label: '--help (기준: node -e 0)', ours: help }),
        toRow({ ...common, id: 'help.bad_flag', label: '잘못된 옵션 (기준: node -e 0)', ours: badFlag }),
      ],
    };
  },
};

async function workerTime(ground: Ground, flags: readonly string[], code: number): Promise<number> {
  const process = ground.startWorker({ outputDir: '/nonexistent', flags });
  return (await process.ended(code)) - process.startedAt;
}

async function wholeTime(ground: Ground, args: readonly string[], code: number): Promise<number> {
  const process = ground.startNode(args);
  return (await process.ended(code)) - process.startedAt;
}
