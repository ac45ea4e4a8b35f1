import type { Fixture } from '../fixture.js';
import { type BenchCase, interleave } from '../runner.js';
import { toRow } from '../table.js';

/** `--help` and a mistyped flag, against a node process that does nothing. */
export const cliCase: BenchCase = {
  name: 'help',
  title: '도움말과 잘못된 옵션',
  run: async (fixture, { quick }) => {
    const { nothing, help, badFlag } = await interleave(quick ? 7 : 20, {
      nothing: () => timeOf(fixture, ['-e', '0'], 0),
      help: () => workerTime(fixture, ['--help'], 0),
      badFlag: () => workerTime(fixture, ['--no-such-flag'], 2),
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

async function workerTime(fixture: Fixture, flags: readonly string[], code: number): Promise<number> {
  const process = fixture.startWorker({ outputDir: '/nonexistent', flags });
  return (await process.ended(code)) - process.startedAt;
}

async function timeOf(fixture: Fixture, args: readonly string[], code: number): Promise<number> {
  const process = fixture.startNode(args);
  return (await process.ended(code)) - process.startedAt;
}
