import { startEndpoint } from '../../src/offline/messages-server.js';
import type { FromEndpoint, ToEndpoint } from './endpoint-client.js';
import { createTexts } from './sample-texts.js';
import { monotonicMs } from './stats.js';

// The endpoint, in a process of its own so that it takes no processor time of who is measured. See remote-endpoint.ts.

const textOf = createTexts();
let arrivals: number[] = [];
let holds = new Set<number>();
let release = () => {};

const endpoint = await startEndpoint(async (_request, index) => {
  arrivals.push(monotonicMs());
  const number = arrivals.length;
  if (holds.has(number)) {
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    tell({ kind: 'held', number });
    await released;
  }
  // By the number since the start of this process: no text comes twice, whoever asks.
  return { content: [{ type: 'text', text: textOf(index) }] };
});

process.on('message', (message: ToEndpoint) => {
  if (message.kind === 'begin') {
    arrivals = [];
    holds = new Set(message.holds);
    tell({ kind: 'begun' });
  } else if (message.kind === 'release') {
    release();
  } else {
    tell({ kind: 'arrivals', at: arrivals });
  }
});
// Whoever started it is gone.
process.on('disconnect', () => process.exit());
// Ctrl+C reaches the whole group: the bench ends this process when it is done with it.
process.on('SIGINT', () => {});
tell({ kind: 'listening', url: endpoint.url });

function tell(message: FromEndpoint): void {
  process.send?.(message);
}
