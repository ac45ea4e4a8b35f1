import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { backoff } from '../../../lib/backoff.js';
import { LONGEST_TIMER, systemClock } from '../../../lib/clock.js';
import { clockTime, fileTimestamp, formatDuration, localIso } from '../../../lib/format-time.js';
import { systemRandom } from '../../../lib/random.js';

/** Moves timers and performance.now() together. */
function fakeTime(t: TestContext): (ms: number) => void {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let now = 1000.25;
  t.mock.method(performance, 'now', () => now);
  return (ms) => {
    now += ms;
    t.mock.timers.tick(ms);
  };
}

/** Lets the callbacks of settled promises run. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

function inZone(t: TestContext, zone: string): void {
  const { TZ } = process.env;
  process.env.TZ = zone;
  t.after(() => {
    if (TZ === undefined) delete process.env.TZ;
    else process.env.TZ = TZ;
  });
}

test('a sleep ends when its time has passed, and not before', async (t) => {
  const pass = fakeTime(t);
  let woken: boolean | null = null;
  const sleeping = systemClock.sleep(5000, new AbortController().signal).then((whole) => {
    woken = whole;
  });
  pass(4999);
  await settle();
  assert.equal(woken, null);
  pass(1);
  await sleeping;
  assert.equal(woken, true);
});

test('a timer that fires before its time does not end the sleep', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let now = 0;
  t.mock.method(performance, 'now', () => now);
  let over = false;
  const sleeping = systemClock.sleep(100, new AbortController().signal).then(() => {
    over = true;
  });
  now = 99.6;
  t.mock.timers.tick(100);
  await settle();
  assert.equal(over, false);
  now = 100.6;
  t.mock.timers.tick(1);
  await sleeping;
});

test('an abort wakes a sleeper at once, and says that it was early', async (t) => {
  const pass = fakeTime(t);
  const controller = new AbortController();
  const sleeping = systemClock.sleep(60_000, controller.signal);
  pass(10);
  controller.abort();
  assert.equal(await sleeping, false);
});

test('nobody falls asleep under a signal that is aborted already', async () => {
  assert.equal(await systemClock.sleep(60_000, AbortSignal.abort()), false);
});

test('a sleep of no time, or less, is over at once', async () => {
  const { signal } = new AbortController();
  assert.equal(await systemClock.sleep(0, signal), true);
  assert.equal(await systemClock.sleep(-5, signal), true);
});

test('a sleep longer than a timer can take lasts its whole time', async (t) => {
  let now = 0;
  const delays: number[] = [];
  t.mock.method(performance, 'now', () => now);
  // Fires in the next microtask, with all of its delay gone by.
  t.mock.method(globalThis, 'setTimeout', (fire: () => void, ms: number) => {
    delays.push(ms);
    queueMicrotask(() => {
      now += ms;
      fire();
    });
  });
  assert.equal(await systemClock.sleep(LONGEST_TIMER + 5000, new AbortController().signal), true);
  assert.deepEqual(delays, [LONGEST_TIMER, 5000]);
});

test('a thousand sleeps leave no listener on the signal', async (t) => {
  const { signal } = new AbortController();
  const added = t.mock.method(signal, 'addEventListener');
  const removed = t.mock.method(signal, 'removeEventListener');
  for (let i = 0; i < 1000; i++) await systemClock.sleep(0, signal);
  assert.equal(added.mock.callCount(), 1000);
  assert.equal(removed.mock.callCount(), 1000);
});

test('the back-off doubles from the base up to the maximum', () => {
  const options = { baseMs: 5000, maxMs: 300_000 };
  const waits = [1, 2, 3, 4, 5, 6, 7, 8, 2000].map((failures) => backoff(failures, options, () => 0));
  assert.deepEqual(
    waits,
    [5, 10, 20, 40, 80, 160, 300, 300, 300].map((seconds) => seconds * 1000),
  );
});

test('jitter takes up to a quarter off the back-off, and never adds to it', () => {
  const options = { baseMs: 8000, maxMs: 300_000 };
  assert.equal(
    backoff(1, options, () => 0.5),
    7000,
  );
  const least = backoff(1, options, () => 1 - Number.EPSILON);
  assert.ok(least >= 6000 && least < 6001);
});

test('a base above the maximum waits the maximum', () => {
  assert.equal(
    backoff(1, { baseMs: 10_000, maxMs: 2000 }, () => 0),
    2000,
  );
});

test('random numbers lie in [0, 1) and differ', () => {
  const numbers = Array.from({ length: 1000 }, systemRandom);
  assert.ok(numbers.every((number) => number >= 0 && number < 1));
  assert.equal(new Set(numbers).size, 1000);
});

test('times are local, and say by how much', async (t) => {
  const moment = Date.UTC(2026, 10, 23, 5, 3, 9, 999);
  const cases = [
    ['Asia/Seoul', '20261123_140309', '14:03:09', '2026-11-23T14:03:09+09:00'],
    ['UTC', '20261123_050309', '05:03:09', '2026-11-23T05:03:09+00:00'],
    ['America/St_Johns', '20261123_013309', '01:33:09', '2026-11-23T01:33:09-03:30'],
    ['Asia/Kathmandu', '20261123_104809', '10:48:09', '2026-11-23T10:48:09+05:45'],
    ['America/Los_Angeles', '20261122_210309', '21:03:09', '2026-11-22T21:03:09-08:00'],
  ] as const;
  for (const [zone, file, day, iso] of cases) {
    await t.test(zone, (t) => {
      inZone(t, zone);
      assert.equal(fileTimestamp(moment), file);
      assert.equal(clockTime(moment), day);
      assert.equal(localIso(moment), iso);
      assert.equal(Date.parse(localIso(moment)), moment - 999);
    });
  }
});

test('durations read as people say them, and no unit shows its own limit', () => {
  const cases = [
    [0, '0초'],
    [40, '0초'],
    [3240, '3.2초'],
    [15_000, '15초'],
    [59_940, '59.9초'],
    [59_950, '1분 0초'],
    [60_000, '1분 0초'],
    [119_600, '2분 0초'],
    [903_000, '15분 3초'],
    [3_599_400, '59분 59초'],
    [3_599_500, '1시간 0분'],
    [5_400_000, '1시간 30분'],
    [86_400_000, '24시간 0분'],
    [360_000_000, '100시간 0분'],
  ] as const;
  for (const [ms, text] of cases) assert.equal(formatDuration(ms), text, `${ms} ms`);
});
