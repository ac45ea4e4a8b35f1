import type { Fixture, MeasuredProcess } from '../fixture.js';
import { type BenchCase, interleave } from '../runner.js';
import { toRow } from '../table.js';

/** Time from the start of the process to the first request, against a script that does nothing else. */
export const startupCase: BenchCase = {
  name: 'start',
  title: '프로세스 시작에서 첫 요청까지',
  run: async (fixture, { quick }) => {
    const { bare, ours } = await interleave(quick ? 5 : 20, {
      bare: () => timeUntilRequest(fixture, () => fixture.startBareLoop(1)),
      ours: async () => {
        const outputDir = await fixture.newFolder();
        const ms = await timeUntilRequest(fixture, () => fixture.startWorker({ outputDir }));
        await fixture.remove(outputDir);
        return ms;
      },
    });
    return {
      rows: [
        toRow({
          id: 'start.request',
          label: '시작에서 첫 요청까지',
          unit: 'ms',
          ours,
          baseline: bare,
          target: { of: 'ratio', atMost: 1.3 },
        }),
      ],
    };
  },
};

/** Time from the start of a process to its first request, in milliseconds. */
async function timeUntilRequest(fixture: Fixture, start: () => MeasuredProcess): Promise<number> {
  await fixture.endpoint.begin();
  const process = start();
  await process.ended();
  const [first] = await fixture.endpoint.arrivals();
  if (first === undefined) throw new Error('no request came');
  return first - process.startedAt;
}
