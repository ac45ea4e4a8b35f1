import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { MODELS, planAnswers } from '../../../chaos/month/month-api.js';
import { checkMonth, type MonthObservations } from '../../../chaos/month/month-checks.js';
import { type MonthEventKind, nextHour, planMonth, SHORTEST_MONTH } from '../../../chaos/month/month-plan.js';
import type { ReceivedRequest } from '../../../offline/server/reply.js';
import type { LedgerRecord } from '../../../run/ledger-records.js';
import { INITIAL_RUN_STATE } from '../../../run/run-state.js';
import { type MadeMonth, madeMonth } from '../../helpers/report-days/made-month.js';

const HOUR = 3_600_000;
const TODAY = new Date(2026, 10, 29, 12).getTime();

/** The codes of all violations, each once. */
function codesOf({ observations, records }: MadeMonth): string[] {
  const [begin] = records;
  assert.ok(begin?.type === 'begin', 'no begin');
  const ledger = { path: '', begin, records, unreadable: 0 };
  const run = { id: 'r', ledger, state: INITIAL_RUN_STATE, isMarkedOut: false };
  const artifacts = { texts: [], torn: [], runs: [run], findings: [], log: [] };
  return [...new Set(checkMonth(observations, artifacts).map(({ code }) => code))].sort();
}

const isPause = (reason: string) => (record: LedgerRecord) => record.type === 'pause' && record.reason === reason;
const isStory = (record: LedgerRecord) => record.type === 'outcome' && record.kind === 'story';

describe('the plan of a month', () => {
  test('is the same for a seed, and has everything in its order and within the month, for any seed and length', () => {
    for (let seed = 0; seed < 200; seed++) {
      const days = SHORTEST_MONTH + (seed % 25);
      const plan = planMonth(TODAY, days, seed);
      assert.deepEqual(planMonth(TODAY, days, seed), plan);
      const times = plan.events.map(({ at }) => at);
      assert.deepEqual(
        [...times].sort((a, b) => a - b),
        times,
        `${seed}`,
      );
      const [first = 0] = times;
      const last = times.at(-1) ?? 0;
      // A night before, and one to go on in afterwards.
      assert.ok(first > plan.start + 4 * HOUR && last < plan.end - 24 * HOUR, `${seed}`);
      const [, , named, unnamed] = plan.events;
      assert.ok(named !== undefined && unnamed !== undefined, 'events');
      assert.ok(plan.resetsAt > named.at + 12 * HOUR && plan.resetsAt < unnamed.at, `${seed}`);
    }
  });

  test('knows hours of the local calendar', () => {
    assert.equal(nextHour(22, TODAY), TODAY + 10 * HOUR);
    assert.equal(nextHour(12, TODAY), TODAY + 24 * HOUR);
    assert.equal(nextHour(0, TODAY), TODAY + 12 * HOUR);
  });
});

test('each event answers the first calls from its time on, and the one that ends the run waits to be let', () => {
  const plan = planMonth(TODAY, 30, 1);
  let now = plan.start;
  const told: MonthEventKind[] = [];
  const api = planAnswers({ plan, now: () => now, compose: () => '글', onEvent: (kind) => told.push(kind) });
  const request = { body: { model: MODELS[0] }, headers: {} } as ReceivedRequest;
  const ask = () => api.answer(request, api.models.length, null);
  assert.equal(ask().kind, 'story');
  now = plan.end;
  const kinds = Array.from({ length: 7 }, () => ask().kind);
  assert.deepEqual(kinds, [...Array(3).fill('overload'), ...Array(3).fill('spend_limit'), 'story']);
  assert.deepEqual(api.left(), ['limit_that_ends']);
  api.letEnd();
  assert.deepEqual(ask().spendLimit, { resetsAt: null, now });
  assert.deepEqual(
    [api.left(), told],
    [[], ['overload', 'limit_with_reset', 'limit_without_reset', 'limit_that_ends']],
  );
});

describe('a rehearsed month', () => {
  test('has nothing wrong with it when all is well', () => {
    for (let seed = 1; seed <= 20; seed++) assert.deepEqual(codesOf(madeMonth(seed)), [], `${seed}`);
  });

  const drop = (month: MadeMonth, isDropped: (record: LedgerRecord) => boolean) => {
    month.records = month.records.filter((record) => !isDropped(record));
  };
  const observe = (month: MadeMonth, changes: Partial<MonthObservations>) => {
    month.observations = { ...month.observations, ...changes };
  };
  const cases: [what: string, change: (month: MadeMonth) => void, codes: string[]][] = [
    ['a budget that is never reached', (month) => drop(month, isPause('daily_cap')), ['no_pause']],
    ['a series of crashes that is not waited out', (month) => drop(month, isPause('crash_loop')), ['no_pause']],
    [
      'a pause for the day that ends at another time than midnight',
      (month) => {
        month.records = month.records.map((record) =>
          isPause('daily_cap')(record) && 'until' in record ? { ...record, until: record.until + HOUR } : record,
        );
      },
      ['pause_until'],
    ],
    [
      'a worker that sleeps on when its pause is over',
      (month) => {
        const wanted = month.records.findIndex((record) => isPause('inactive_hours')(record) && 'until' in record);
        const end = month.records[wanted + 1];
        assert.ok(end !== undefined, 'no end');
        month.records[wanted + 1] = { ...end, at: end.at + HOUR };
      },
      ['overslept'],
    ],
    [
      'a run that does not go on after a pause',
      (month) => {
        const first = month.records.findIndex(isPause('crash_loop'));
        month.records = month.records.filter((record, index) => index < first || !isStory(record));
      },
      ['empty_night', 'pause_not_left'],
    ],
    [
      'a night without a story',
      (month) => {
        const from = nextHour(22, month.observations.plan.start);
        drop(month, (record) => isStory(record) && record.at >= from && record.at <= from + 8 * HOUR);
      },
      ['empty_night'],
    ],
    [
      'a model that nothing stands in for',
      (month) => observe(month, { models: month.observations.models.map(() => MODELS[0]) }),
      ['no_stand_in', 'wrong_model'],
    ],
    [
      'a model that stands in for good',
      (month) => {
        const { models } = month.observations;
        const from = models.indexOf(MODELS[1]);
        observe(month, { models: models.map((model, index) => (index < from ? model : MODELS[1])) });
      },
      ['wrong_model'],
    ],
    [
      'a call before a spend limit is lifted',
      (month) => {
        const { calls, plan } = month.observations;
        const next = calls.findIndex(({ at }) => at >= plan.resetsAt);
        const moved = calls.map((call, index) => (index === next ? { ...call, at: plan.resetsAt - 1 } : call));
        observe(month, { calls: moved });
      },
      ['limit_not_kept'],
    ],
    [
      'an end at a limit that pm2 did not leave alone',
      (month) => observe(month, { stop: null }),
      ['empty_night', 'not_stopped'],
    ],
    [
      'a call while the run had ended at a limit',
      (month) => {
        const { calls, stop } = month.observations;
        const next = calls.findIndex(({ at }) => at >= (stop?.to ?? 0));
        const moved = calls.map((call, index) => (index === next ? { ...call, at: (stop?.to ?? 0) - HOUR } : call));
        observe(month, { calls: moved });
      },
      ['called_while_stopped'],
    ],
    [
      'an end before the month is over',
      (month) => {
        const end = month.records.pop();
        assert.ok(end?.type === 'end', 'no end');
        month.records.push({ ...end, at: month.observations.plan.end - 1000 });
      },
      ['ended_at'],
    ],
    [
      'an end for another reason',
      (month) => {
        const end = month.records.pop();
        assert.ok(end?.type === 'end', 'no end');
        month.records.push({ ...end, reason: 'cap' });
      },
      ['end_reason'],
    ],
    ['an event that did not come', (month) => observe(month, { left: ['overload'] }), ['event_missed']],
    ['a worker that is left', (month) => observe(month, { workersLeft: [1] }), ['worker_left']],
  ];
  for (const [what, change, codes] of cases) {
    test(`notices ${what}`, () => {
      const month = madeMonth();
      change(month);
      assert.deepEqual(codesOf(month), codes);
    });
  }
});
