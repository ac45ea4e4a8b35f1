import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createProgress } from '../../../logging/progress.js';
import type { Terminal } from '../../../logging/terminal.js';
import { recordingLog } from '../../helpers/fakes.js';

/** Timers and the clock move together. */
function progressFor(t: TestContext, { isLive, heartbeatMs = 15_000 }: { isLive: boolean; heartbeatMs?: number }) {
  t.mock.timers.enable({ apis: ['setInterval'] });
  let now = 0;
  const lines: string[] = [];
  const terminal: Terminal = {
    isLive,
    write: () => assert.fail('progress writes no text of its own'),
    live: (line) => lines.push(line),
    flush: async () => {},
  };
  const log = recordingLog();
  const clock = { now: () => now, monotonic: () => now, sleep: async () => true };
  const pass = (ms: number) => {
    now += ms;
    t.mock.timers.tick(ms);
  };
  return { progress: createProgress(terminal, log, clock, heartbeatMs), lines, log, pass };
}

test('without a terminal a record is written every heartbeat, and not between', (t) => {
  const { progress, log, lines, pass } = progressFor(t, { isLive: false });
  const growing = progress.start(3);
  pass(14_999);
  assert.deepEqual(log.events(), []);
  growing.characters(1234);
  pass(1);
  growing.characters(2345);
  pass(15_000);
  assert.deepEqual(
    log.records.map(({ level, fields, message }) => [level, fields, message]),
    [
      [
        'info',
        { event: 'progress', sequence: 3, characters: 1234, seconds: 15 },
        '3번째 소설을 쓰는 중 - 1,234자, 15초',
      ],
      [
        'info',
        { event: 'progress', sequence: 3, characters: 2345, seconds: 30 },
        '3번째 소설을 쓰는 중 - 2,345자, 30초',
      ],
    ],
  );
  assert.deepEqual(lines, []);
});

test('in a terminal the live line is drawn again and again, and the log stays silent', (t) => {
  const { progress, log, lines, pass } = progressFor(t, { isLive: true });
  const growing = progress.start(1);
  pass(200);
  growing.characters(1500);
  for (let frame = 0; frame < 9; frame++) pass(200);
  assert.equal(lines.length, 10);
  assert.equal(lines[0], '1번째 소설을 쓰는 중 - 0자, 0초');
  assert.equal(lines.at(-1), '1번째 소설을 쓰는 중 - 1,500자, 2초');
  assert.deepEqual(log.events(), []);
});

test('once the story is there nothing is drawn or written any more, and the line is gone', (t) => {
  for (const isLive of [true, false]) {
    const { progress, log, lines, pass } = progressFor(t, { isLive });
    const growing = progress.start(1);
    growing.stop();
    assert.deepEqual(lines, ['']);
    pass(60_000);
    assert.deepEqual(lines, ['']);
    assert.deepEqual(log.events(), []);
    t.mock.timers.reset();
  }
});

test('a heartbeat longer than a timer can take is none, and not one every millisecond', (t) => {
  const set = t.mock.method(globalThis, 'setInterval', () => undefined);
  const terminal: Terminal = { isLive: false, write: () => {}, live: () => {}, flush: async () => {} };
  const clock = { now: () => 0, monotonic: () => 0, sleep: async () => true };
  createProgress(terminal, recordingLog(), clock, 1e12).start(1);
  const delay: unknown = set.mock.calls[0]?.arguments[1];
  assert.ok(typeof delay === 'number' && delay <= 2 ** 31 - 1, String(delay));
});

test('stories that are written side by side share one record and one live line', (t) => {
  const { progress, log, pass } = progressFor(t, { isLive: false });
  const first = progress.start(3);
  pass(5000);
  const second = progress.start(4);
  first.characters(1000);
  second.characters(234);
  pass(10_000);
  const fields = { event: 'progress', sequence: 3, characters: 1234, seconds: 15, in_hand: 2 };
  assert.deepEqual(
    log.records.map(({ fields, message }) => [fields, message]),
    [[fields, '소설 2편을 쓰는 중 - 모두 1,234자, 가장 먼저 시작한 것 15초']],
  );
  first.stop();
  pass(15_000);
  assert.deepEqual(log.records.at(-1)?.fields, { event: 'progress', sequence: 4, characters: 234, seconds: 25 });
  second.stop();
  pass(60_000);
  assert.equal(log.records.length, 2);
});
