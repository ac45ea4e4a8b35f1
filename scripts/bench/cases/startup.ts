import type { Ground, Running } from '../fixture.js';
import { type Measure, takeTurns } from '../runner.js';
import { toRow } from '../table.js';

/** How long until the first request is on the wire, next to a script that does nothing else. */
export const start: Measure = {
  name: 'start',
  title: '프로세스 시작에서 첫 요청까지',
  run: async (ground, { quick }) => {
    const { bare, ours } = await takeTurns(quick ? 5 : 20, {
      bare: () => untilRequest(ground, () => ground.startBareLoop(1)),
      ours: async () => {
        const outputDir = await ground.newFolder();
        const ms = await untilRequest(ground, () => ground.startWorker({ outputDir }));
        await ground.remove(outputDir);
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

/** From the start of a process to its first request, in milliseconds. */
async function untilRequest(ground: Ground, start: () => Running): Promise<number> {
  await ground.endpoint.begin();
  const process = start();
  await process.ended();
  const [first] = await ground.endpoint.arrivals();
  if (first === undefined) throw new Error('no request came');
  return first - process.startedAt;
}
