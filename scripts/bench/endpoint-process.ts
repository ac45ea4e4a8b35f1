import { startEndpoint } from '../../src/offline/server/messages-server.js';
import type { FromEndpoint, ToEndpoint } from './endpoint-client.js';
import { createTexts } from './sample-texts.js';
import { monotonicMs } from './stats.js';

// The endpoint's process; endpoint-client.ts starts it and talks to it.

const textAt = createTexts();
let arrivals: number[] = [];
let holds = new Set<number>();
let delayMs = 0;
let release = () => {};

const endpoint = await startEndpoint(async (_request, index) => {
  arrivals.push(monotonicMs());
  const number = arrivals.length;
  if (holds.has(number)) {
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    send({ kind: 'held', number });
    await released;
  }
  // The index counts from the start of this process, so no text is served twice.
  return { content: [{ type: 'text', text: textAt(index) }], delayMs };
});

process.on('message', (message: ToEndpoint) => {
  if (message.kind === 'begin') {
    arrivals = [];
    holds = new Set(message.holds);
    delayMs = message.delayMs;
    send({ kind: 'begun' });
  } else if (message.kind === 'release') {
    release();
  } else {
    send({ kind: 'arrivals', at: arrivals });
  }
});
// The process that started this one has ended.
process.on('disconnect', () => process.exit());
// Ctrl+C reaches the whole process group, but the benchmark still needs the endpoint until it closes it.
process.on('SIGINT', () => {});
send({ kind: 'listening', url: endpoint.url });

function send(message: FromEndpoint): void {
  process.send?.(message);
}
