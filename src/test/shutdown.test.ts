import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createShutdown } from '../shutdown.js';

function shutdownAt(start = 500_000.75) {
  const heard: string[] = [];
  const time = { now: start };
  const shutdown = createShutdown({
    now: () => time.now,
    onStopping: (source) => heard.push(`stopping ${source}`),
    onAborting: (source) => heard.push(`aborting ${source}`),
  });
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

test('the request is announced before anybody acts on it', () => {
  const order: string[] = [];
  const shutdown = createShutdown({ now: () => 0, onStopping: () => order.push('said'), onAborting: () => {} });
  shutdown.stopping.addEventListener('abort', () => order.push('acted'));
  shutdown.request('SIGINT');
  assert.deepEqual(order, ['said', 'acted']);
});
