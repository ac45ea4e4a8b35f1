import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createShutdown } from '../../../worker/shutdown.js';

function shutdownAt(start = 500_000.75) {
  const heard: string[] = [];
  const time = { now: start };
  const shutdown = createShutdown(() => time.now);
  for (const stage of ['stopping', 'aborting'] as const) {
    shutdown[stage].addEventListener('abort', () => heard.push(`${stage} ${shutdown[stage].reason}`));
  }
  return { shutdown, heard, time };
}

test('the first request stops the run, and says who asked', () => {
  const { shutdown, heard } = shutdownAt();
  assert.equal(shutdown.stopping.aborted, false);
  shutdown.request('SIGTERM');
  assert.equal(shutdown.stopping.aborted, true);
  assert.equal(shutdown.stopping.reason, 'SIGTERM');
  assert.equal(shutdown.aborting.aborted, false);
  assert.deepEqual(heard, ['stopping SIGTERM']);
});

test('a signal that arrives several times for one press does not abort', () => {
  const { shutdown, heard, time } = shutdownAt();
  for (const later of [0, 0, 1, 997]) {
    time.now += later;
    shutdown.request('SIGINT');
  }
  assert.equal(shutdown.aborting.aborted, false);
  assert.deepEqual(heard, ['stopping SIGINT']);
});

test('a request one second after the first aborts, and says who asked', () => {
  const { shutdown, heard, time } = shutdownAt();
  shutdown.request('SIGINT');
  time.now += 1000;
  shutdown.request('SIGTERM');
  assert.equal(shutdown.aborting.aborted, true);
  assert.equal(shutdown.aborting.reason, 'SIGTERM');
  assert.equal(shutdown.stopping.reason, 'SIGINT');
  assert.deepEqual(heard, ['stopping SIGINT', 'aborting SIGTERM']);
});

test('the second counts from the first request, not from the last', () => {
  const { shutdown, time } = shutdownAt();
  shutdown.request('SIGINT');
  time.now += 600;
  shutdown.request('SIGINT');
  time.now += 600;
  shutdown.request('SIGINT');
  assert.equal(shutdown.aborting.aborted, true);
});

test('a third request does nothing', () => {
  const { shutdown, heard, time } = shutdownAt();
  for (let i = 0; i < 5; i++) {
    shutdown.request('SIGINT');
    time.now += 2000;
  }
  assert.deepEqual(heard, ['stopping SIGINT', 'aborting SIGINT']);
});
