import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { toUsage } from '../../../api/usage.js';
import type { RawValues } from '../../../config/load.js';
import type { PauseReason } from '../../../run/ledger-records.js';
import type { CheckCode } from '../../../verify/catalog.js';
import { DayMaker, HOUR, MINUTE, SECOND } from '../../helpers/report-days/report-day-maker.js';
import {
  assertPasses,
  checkOf,
  codesWith,
  copyOf,
  describeFailures,
  editEvent,
  editMetadata,
  emptyFolders,
  type RunFolders,
  sharedFolders,
  storyName,
  verifyRun,
  writeRun,
} from '../../helpers/verify-runs.js';

// Runs that pause for the budget of a day and outside their active hours. A made-up call may use 20,000 tokens and $0.17.

/** Local time of 23 November 2026. */
const EVENING = new Date(2026, 10, 23, 22).getTime();

const USAGE = toUsage(1000, 9000);
const story = (maker: DayMaker) => maker.story({ ms: MINUTE, usage: USAGE });

function pause(maker: DayMaker, reason: PauseReason, until: number): void {
  const { records } = maker.day;
  records.push({ type: 'pause', at: maker.now(), phase: 'begin', reason, until });
  maker.wait(until - maker.now());
  records.push({ type: 'pause', at: maker.now(), phase: 'end', reason });
}

/** Three stories before midnight, which is all that the day allows, three after it, and one in the next evening. */
function twoNights(): DayMaker {
  const maker = new DayMaker({ start: EVENING });
  for (let n = 0; n < 3; n++) story(maker);
  pause(maker, 'daily_cap', EVENING + 2 * HOUR);
  for (let n = 0; n < 2; n++) story(maker);
  maker.wait(6 * HOUR - 2 * MINUTE - 5 * SECOND);
  // Within the hours as the worker looks at the clock, and over by the end of the story.
  story(maker);
  pause(maker, 'inactive_hours', EVENING + 24 * HOUR);
  maker.wait(2 * HOUR);
  story(maker);
  return maker.end('count', true);
}

const SETTINGS: RawValues = {
  maxStories: 7,
  intervalSeconds: 6 * 3600,
  activeHours: '22:00-06:00',
  // Room for a call as long as 25,000 are spent.
  maxTokensPerDay: 45_000,
  maxCostUsdPerDay: 10,
};

const change = (run: RunFolders, settings: Record<string, unknown>) =>
  editEvent(run, 'worker_started', (record) => ({
    ...record,
    settings: { ...(record.settings as object), ...settings },
  }));

async function failures(run: RunFolders): Promise<CheckCode[]> {
  return codesWith(await verifyRun(run), 'fail');
}

describe('a run that pauses', () => {
  const base = sharedFolders();
  before(() => writeRun(base, twoNights(), SETTINGS));

  test('passes, and the figures tell what the days have used', async () => {
    const found = await assertPasses(base);
    const { figure } = checkOf(found, 'within_day_budget');
    assert.match(figure, /^3일, 하루 토큰 많아야 30,000 \/ 45,000, 하루 비용 많아야 \$0\.\d+ \/ \$10\.00$/);
    assert.equal(checkOf(found, 'within_active_hours').figure, '시작 7번이 모두 정한 시간대');
  });

  test('may be without a story for as long as it pauses', async (t) => {
    const run = copyOf(t, base);
    change(run, { intervalSeconds: 3 * 3600 });
    // That leaves the wait of six hours, which nothing explains any more.
    const places = checkOf(await verifyRun(run), 'gaps').places.map(({ message }) => message);
    assert.equal(places.length, 1, JSON.stringify(places));
  });

  for (const [what, settings, noticed] of [
    ['a story whose call could pass the tokens of its day', { maxTokensPerDay: 39_999 }, 'within_day_budget'],
    ['a story whose call could pass the money of its day', { maxCostUsdPerDay: 0.3 }, 'within_day_budget'],
    ['a story that began before the active hours', { activeHours: '22:01-06:00' }, 'within_active_hours'],
    ['a story that began after the active hours', { activeHours: '22:00-05:59' }, 'within_active_hours'],
  ] as const) {
    test(`fails for ${what}`, async (t) => {
      const run = copyOf(t, base);
      change(run, settings);
      const found = await verifyRun(run);
      assert.deepEqual(codesWith(found, 'fail'), [noticed], describeFailures(found));
      assert.match(checkOf(found, noticed).places[0]?.where ?? '', /^장부, \d번째 호출 \(2026-11-2\d /);
    });
  }

  test('allows as much as fits exactly', async (t) => {
    const run = copyOf(t, base);
    change(run, { maxTokensPerDay: 40_000 });
    await assertPasses(run);
  });

  test('is not judged by another time zone than that of its worker', async (t) => {
    const run = copyOf(t, base);
    editMetadata(run, storyName(run, 1), (metadata) => ({
      ...metadata,
      generated_at: String(metadata.generated_at).replace(/[+-]\d\d:\d\d$/, '+12:45'),
    }));
    const found = await verifyRun(run);
    const statuses = (['within_active_hours', 'within_day_budget'] as const).map((code) => checkOf(found, code).status);
    assert.deepEqual(statuses, ['skip', 'skip']);
  });
});

describe('the budget of a day', () => {
  const budget = { maxStories: 2, intervalSeconds: 60 };

  /** @returns the checks that fail for a run with so many tokens per day */
  async function judge(
    run: RunFolders,
    make: (maker: DayMaker) => void,
    maxTokensPerDay: number,
    more: RawValues = {},
  ) {
    const maker = new DayMaker({ start: EVENING });
    make(maker);
    writeRun(run, maker.end('count', true), { ...budget, ...more, maxTokensPerDay });
    return failures(run);
  }

  test('counts what other runs of the folder have used, on that day alone', async (t) => {
    const others = (start: number) => story2(new DayMaker({ start, seed: 2 }));
    const story2 = (maker: DayMaker) => {
      story(maker);
      story(maker);
      return maker.end('count', true);
    };
    const twoStories = (maker: DayMaker) => void [story(maker), story(maker)];
    const [sameDay, dayBefore] = [emptyFolders(t), emptyFolders(t)];
    writeRun(sameDay, others(EVENING - 2 * HOUR), budget);
    assert.deepEqual(await judge(sameDay, twoStories, 49_999), ['within_day_budget']);
    writeRun(dayBefore, others(EVENING - 24 * HOUR), budget);
    assert.deepEqual(await judge(dayBefore, twoStories, 49_999), []);
  });

  test('counts what is in hand at its most', async (t) => {
    const sideBySide = (maker: DayMaker) =>
      maker.sideBySide(
        () => story(maker),
        () => story(maker),
      );
    assert.deepEqual(await judge(emptyFolders(t), sideBySide, 39_999, { concurrency: 2 }), ['within_day_budget']);
    assert.deepEqual(await judge(emptyFolders(t), sideBySide, 40_000, { concurrency: 2 }), []);
  });

  test('counts a call that a kill cut off at its most', async (t) => {
    const killed = (maker: DayMaker) => {
      maker.killedInCall().wait(SECOND).restart();
      story(maker);
      story(maker);
    };
    assert.deepEqual(await judge(emptyFolders(t), killed, 49_999), ['within_day_budget']);
    assert.deepEqual(await judge(emptyFolders(t), killed, 50_000), []);
  });

  test('has no part in the rest of a story that was begun', async (t) => {
    const cutOff = (maker: DayMaker) => {
      const name = maker.part();
      maker.story({ ms: MINUTE, usage: toUsage(15_000, 9000), part: name });
    };
    assert.deepEqual(await judge(emptyFolders(t), cutOff, 20_000, { maxStories: 1 }), []);
  });

  test('a batch reserves the most of all its calls', async (t) => {
    const inBatch = (maker: DayMaker) => maker.collectBatch(maker.beginBatch(2));
    assert.deepEqual(await judge(emptyFolders(t), inBatch, 39_999, { batchSize: 2 }), ['within_day_budget']);
    assert.deepEqual(await judge(emptyFolders(t), inBatch, 40_000, { batchSize: 2 }), []);
  });
});
