import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startWorker } from '../../helpers/processes.js';

/** Sends SIGINT as soon as it is heard, long before there is a log. */
const EARLY = `data:text/javascript,${encodeURIComponent(`
  process.on('newListener', (name) => {
    if (name === 'SIGINT') setImmediate(() => process.kill(process.pid, 'SIGINT'));
  });
`)}`;

test('the log of a worker that is told to stop while it starts begins with its start', {
  timeout: 30_000,
}, async (t) => {
  const { exited, records } = startWorker(t, { command: [process.execPath, '--import', EARLY, 'dist/main.js'] });
  assert.deepEqual(await exited, { code: 0, signal: null });
  const events = records().map(({ event }) => event);
  // Whoever reads a log tells its processes apart by these records.
  assert.equal(events[0], 'worker_started');
  assert.equal(events[1], 'stop_requested');
  assert.equal(events.at(-1), 'run_finished');
});
