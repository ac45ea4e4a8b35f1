import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ForecastOptions, forecast, MOST_STORIES, mostStories } from '../../../preview/forecast.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Ten in the morning, local time. */
const NOW = new Date(2026, 10, 29, 10).getTime();
const NO_CAPS = { tokens: null, costUsd: null };
const NOTHING = { tokens: 0, costUsd: 0 };

const options = (fields: Partial<ForecastOptions> = {}): ForecastOptions => ({
  now: NOW,
  limits: { maxStories: null, intervalMs: 0, concurrency: 1 },
  deadline: null,
  storiesSoFar: 0,
  caps: NO_CAPS,
  used: NOTHING,
  capsPerDay: NO_CAPS,
  usedToday: NOTHING,
  activeHours: null,
  each: { tokens: 8000, costUsd: 0.05, ms: MINUTE },
  callAtMost: { tokens: 20_000, costUsd: 0.2 },
  batchSize: null,
  ...fields,
});

const limits = (fields: Partial<ForecastOptions['limits']>) => ({ ...options().limits, ...fields });

/** Of dollars to the cent. */
const cents = (costUsd: number | null) => (costUsd === null ? null : Math.round(100 * costUsd));

test('a count ends the run when the last of its stories is done', () => {
  const { stories, tokens, costUsd, endsAt, end } = forecast(
    options({ limits: limits({ maxStories: 5, intervalMs: HOUR }), storiesSoFar: 2 }),
  );
  assert.deepEqual([stories, tokens, cents(costUsd), end], [3, 24_000, 15, 'count']);
  assert.equal(endsAt, NOW + 2 * HOUR + 3 * MINUTE);
});

test('a run that has its count already writes nothing', () => {
  const { stories, end, endsAt } = forecast(options({ limits: limits({ maxStories: 5 }), storiesSoFar: 7 }));
  assert.deepEqual([stories, end, endsAt], [0, 'count', NOW]);
});

test('by the deadline, stories begin an interval after the last one was done', () => {
  const day = options({ deadline: NOW + DAY, limits: limits({ intervalMs: 29 * MINUTE }) });
  assert.deepEqual(forecast(day), {
    stories: 48,
    tokens: 48 * 8000,
    costUsd: 48 * 0.05,
    endsAt: NOW + DAY,
    end: 'duration',
    waitsForNextDay: false,
  });
});

test('every slot writes, and waits its own interval', () => {
  const slots = limits({ concurrency: 3, intervalMs: 9 * MINUTE });
  assert.equal(forecast(options({ deadline: NOW + HOUR, limits: slots })).stories, 18);
});

test('a cap ends the run before a call that could pass it, what was used already counted', () => {
  const capped = forecast(
    options({
      limits: limits({ maxStories: 100 }),
      caps: { tokens: null, costUsd: 1 },
      used: { tokens: 0, costUsd: 0.5 },
    }),
  );
  // 0.50 and seven stories are 0.85: the next call may cost 0.20.
  assert.deepEqual([capped.stories, capped.end], [7, 'cost']);
  const tokens = forecast(options({ caps: { tokens: 100_000, costUsd: 1000 } }));
  assert.deepEqual([tokens.stories, tokens.end], [11, 'tokens']);
});

test('a cap per day makes the run wait for midnight, today’s use counted, and does not end it', () => {
  const capsPerDay = { tokens: null, costUsd: 0.5 };
  const { stories, end, waitsForNextDay } = forecast(
    options({ capsPerDay, usedToday: { tokens: 0, costUsd: 0.3 }, deadline: NOW + DAY }),
  );
  // One today, seven after midnight.
  assert.deepEqual([stories, end, waitsForNextDay], [8, 'duration', true]);
  assert.equal(forecast(options({ capsPerDay, deadline: NOW + HOUR })).waitsForNextDay, true);
  assert.equal(forecast(options({ deadline: NOW + HOUR })).waitsForNextDay, false);
});

test('outside its hours the run begins no story', () => {
  const night = { from: 22 * 60, to: 6 * 60 };
  const hours = (deadline: number) =>
    forecast(options({ activeHours: night, deadline, limits: limits({ intervalMs: 59 * MINUTE }) })).stories;
  assert.deepEqual([hours(NOW + 12 * HOUR), hours(NOW + 13 * HOUR), hours(NOW + DAY)], [0, 1, 8]);
});

test('batches come one after the other, the last one as small as the count allows', () => {
  const batch = { batchSize: 10, each: { tokens: 8000, costUsd: 0.05, ms: HOUR } };
  const counted = forecast(options({ ...batch, limits: limits({ maxStories: 25, concurrency: 4 }) }));
  assert.deepEqual([counted.stories, counted.endsAt - NOW, counted.end], [25, 3 * HOUR, 'count']);
  // A batch is collected also after the deadline.
  assert.equal(forecast(options({ ...batch, deadline: NOW + 90 * MINUTE })).stories, 20);
  assert.equal(
    forecast(options({ ...batch, caps: { tokens: null, costUsd: 1 } })).stories,
    5 + 3 + 3 + 2 + 1 + 1 + 1 + 1,
  );
});

test('a run without an end is looked at for a year, and one of countless stories not for ever', () => {
  const year = forecast(options({ limits: limits({ intervalMs: DAY - MINUTE }) }));
  assert.deepEqual([year.stories, year.end, year.endsAt], [365, null, NOW + 365 * DAY]);
  const fast = forecast(options({ each: { tokens: 1, costUsd: 0, ms: 0 }, deadline: NOW + DAY }));
  assert.deepEqual([fast.stories, fast.end], [MOST_STORIES, null]);
});

test('where no price is known, no cost is', () => {
  const { costUsd } = forecast(
    options({ each: { tokens: 1, costUsd: null, ms: 1 }, limits: limits({ maxStories: 2 }) }),
  );
  assert.equal(costUsd, null);
});

for (const [what, fields, most] of [
  ['a count', { limits: limits({ maxStories: 5 }), storiesSoFar: 2 }, 3],
  ['a count that is reached', { limits: limits({ maxStories: 5 }), storiesSoFar: 9 }, 0],
  ['deadline and interval', { limits: limits({ intervalMs: 30 * MINUTE, concurrency: 2 }), deadline: NOW + DAY }, 96],
  ['the smaller one of both', { limits: limits({ intervalMs: HOUR, maxStories: 7 }), deadline: NOW + DAY }, 7],
  ['a deadline alone', { deadline: NOW + DAY }, null],
  ['an interval alone', { limits: limits({ intervalMs: HOUR }) }, null],
] as const) {
  test(`${what} ${most === null ? 'says nothing of' : 'bounds'} the number of stories, whatever one takes`, () => {
    assert.equal(mostStories(options(fields)), most);
  });
}
