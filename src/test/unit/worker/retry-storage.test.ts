import assert from 'node:assert/strict';
import { test } from 'node:test';
import { retryUntilStored, type StorageRetry } from '../../../worker/attempt/retry-storage.js';
import { diskFull, FakeClock, recordingLog, storyMetadata } from '../../helpers/fakes.js';

const SECOND = 1000;
const ENTRY = { markdown: '# 반품 구역', metadata: storyMetadata({ sequence: 3 }) };

/** Something that fails as often as told. */
function setUp(failures: number) {
  const clock = new FakeClock();
  const log = recordingLog();
  const stopping = new AbortController();
  const giveUp = new AbortController();
  const startedAt = clock.now();
  const triedAt: number[] = [];
  let left = failures;
  const holding: StorageRetry = {
    wait: { baseMs: 5 * SECOND, maxMs: 60 * SECOND },
    clock,
    random: () => 0,
    log,
    stopping: stopping.signal,
  };
  return {
    clock,
    log,
    stopping,
    giveUp,
    /** When it was tried, in seconds since the start. */
    triedAt,
    /** Plans something, in seconds since the start. */
    at: (seconds: number, act: () => void) => clock.at(startedAt + seconds * SECOND, act),
    mend: () => {
      left = 0;
    },
    hold: (entry: typeof ENTRY | null = ENTRY, until: AbortSignal = giveUp.signal) =>
      retryUntilStored(
        holding,
        { what: '소설을 저장하지', giveUp: until, ...(entry === null ? {} : { entry }) },
        async () => {
          triedAt.push((clock.now() - startedAt) / SECOND);
          if (left-- > 0) throw diskFull();
          return 'saved';
        },
      ),
  };
}

test('what works at once is done, without a word', async () => {
  const { hold, log } = setUp(0);
  assert.deepEqual(await hold(), { done: true, value: 'saved' });
  assert.deepEqual(log.records, []);
});

test('what fails is tried again, ever more slowly, until it works', async () => {
  const { hold, log, triedAt } = setUp(6);
  assert.deepEqual(await hold(), { done: true, value: 'saved' });
  assert.deepEqual(triedAt, [0, 5, 15, 35, 75, 135, 195]);
  assert.deepEqual(log.events(), [...Array.from({ length: 6 }, () => 'holding'), 'holding_over']);
  assert.equal(log.records.at(-1)?.fields.failures, 6);
});

test('a failure is said with its error, its code and when it is tried again', async () => {
  const { hold, log } = setUp(1);
  await hold();
  const [first] = log.records;
  assert.equal(first?.level, 'error');
  assert.ok(first.fields.err instanceof Error);
  assert.deepEqual([first.fields.code, first.fields.retry_in_seconds], ['ENOSPC', 5]);
  assert.match(first.message, /^소설을 저장하지 못했습니다 \(ENOSPC: .*\)\..* 5초 뒤 다시 저장합니다$/);
});

test('as long as nobody asks to stop, the story is not in the log', async () => {
  const { hold, log } = setUp(20);
  await hold();
  assert.ok(!log.events().includes('held_story'));
});

test('a request to stop ends the wait at hand for one more try, puts the story into the log once, and the trying goes on', async () => {
  const { hold, log, triedAt, stopping, at, mend } = setUp(Number.POSITIVE_INFINITY);
  at(7, () => stopping.abort('SIGTERM'));
  at(100, mend);
  assert.deepEqual(await hold(), { done: true, value: 'saved' });
  assert.deepEqual(triedAt, [0, 5, 7, 27, 67, 127]);
  const held = log.records.filter(({ fields }) => fields.event === 'held_story');
  assert.equal(held.length, 1);
  assert.deepEqual([held[0]?.level, held[0]?.fields], ['always', { event: 'held_story', ...ENTRY }]);
});

test('what is no story leaves none in the log', async () => {
  const { hold, log, stopping, giveUp, at } = setUp(Number.POSITIVE_INFINITY);
  at(1, () => stopping.abort('SIGTERM'));
  at(2, () => giveUp.abort('SIGTERM'));
  assert.deepEqual(await hold(null), { done: false });
  assert.deepEqual(new Set(log.events()), new Set(['holding']));
});

test('told to give up it tries once more, and lets go', async () => {
  const { hold, triedAt, stopping, giveUp, at } = setUp(Number.POSITIVE_INFINITY);
  at(1, () => stopping.abort('SIGINT'));
  at(3, () => giveUp.abort('SIGINT'));
  assert.deepEqual(await hold(), { done: false });
  assert.deepEqual(triedAt, [0, 1, 3]);
});

test('told to give up before it began it tries once', async () => {
  for (const failures of [0, 1]) {
    const { hold, triedAt, stopping, giveUp, log } = setUp(failures);
    stopping.abort('SIGINT');
    giveUp.abort('SIGINT');
    assert.equal((await hold()).done, failures === 0);
    assert.deepEqual(triedAt, [0]);
    assert.equal(log.events().includes('held_story'), failures === 1);
  }
});

test('where a request to stop is one to give up, it ends with that', async () => {
  const { hold, triedAt, stopping, at } = setUp(Number.POSITIVE_INFINITY);
  at(2, () => stopping.abort('SIGTERM'));
  assert.deepEqual(await hold(null, stopping.signal), { done: false });
  assert.deepEqual(triedAt, [0, 2]);
});

test('stopped and given up in one wait, the story is in the log all the same', async () => {
  const { hold, log, stopping, giveUp, at } = setUp(Number.POSITIVE_INFINITY);
  at(1, () => {
    stopping.abort('SIGINT');
    giveUp.abort('SIGINT');
  });
  assert.deepEqual(await hold(), { done: false });
  assert.equal(log.events().filter((event) => event === 'held_story').length, 1);
});
