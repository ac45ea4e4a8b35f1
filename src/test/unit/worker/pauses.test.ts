import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Failure } from '../../../api/failure.js';
import { toUsage } from '../../../api/usage.js';
import { appendRecords, ledgerPath } from '../../../run/ledger.js';
import type { LedgerRecord, PauseRecord } from '../../../run/ledger-records.js';
import { openDayBudget } from '../../../worker/day-budget.js';
import { createPauses, nextMidnight, type PausesOptions, waitAfterCrashes } from '../../../worker/pauses.js';
import { temporaryFolder } from '../../helpers/fakes.js';
import { attempt, DEAD, end, failure, ME, story } from '../../helpers/records.js';

const HOUR = 3_600_000;
/** Local noon of 29 November 2026. */
const NOON = new Date(2026, 10, 29, 12).getTime();

const BLOCKED: Failure = { kind: 'blocked', code: 'billing_error', reason: '한도', advice: null, retryAfterMs: null };

function pausesAt(now: number, options: Partial<PausesOptions> = {}) {
  let time = now;
  const records: PauseRecord[] = [];
  const pauses = createPauses({
    activeHours: null,
    dayBudget: null,
    waitsForSpendLimit: false,
    startsAt: null,
    record: async (record) => records.push(record),
    now: () => time,
    ...options,
  });
  return { pauses, records, pass: (ms: number) => (time += ms) };
}

describe('pauses', () => {
  test('without a reason there is none', async () => {
    assert.equal(await pausesAt(NOON).pauses.current(0), null);
  });

  test('outside the active hours lasts until they begin', async () => {
    const { pauses, pass } = pausesAt(NOON, { activeHours: { from: 22 * 60, to: 6 * 60 } });
    assert.deepEqual(await pauses.current(0), { until: NOON + 10 * HOUR, reason: 'inactive_hours' });
    pass(10 * HOUR);
    assert.equal(await pauses.current(0), null);
  });

  test('a day whose budget is used up lasts until the next local day', async () => {
    const { pauses } = pausesAt(NOON, { dayBudget: { room: async (inHand) => 2 - inHand } });
    assert.equal(await pauses.current(1), null);
    assert.deepEqual(await pauses.current(2), { until: NOON + 12 * HOUR, reason: 'daily_cap' });
  });

  test('of several the longest holds', async () => {
    const { pauses } = pausesAt(NOON, {
      activeHours: { from: 13 * 60, to: 14 * 60 },
      dayBudget: { room: async () => 0 },
    });
    assert.equal((await pauses.current(0))?.reason, 'daily_cap');
  });

  test('after a row of crashes holds until the process may begin', async () => {
    const { pauses, pass } = pausesAt(NOON, { startsAt: NOON + HOUR });
    assert.deepEqual(await pauses.current(0), { until: NOON + HOUR, reason: 'crash_loop' });
    pass(HOUR);
    assert.equal(await pauses.current(0), null);
  });

  test('a spend limit is waited out only when that is asked for, and only it', async () => {
    assert.equal(pausesAt(NOON).pauses.takes(BLOCKED), false);
    const { pauses } = pausesAt(NOON, { waitsForSpendLimit: true });
    assert.equal(pauses.takes({ ...BLOCKED, kind: 'fatal' }), false);
    assert.equal(await pauses.current(0), null);
  });

  test('a spend limit lasts until the reset that the API names, or else an hour', async () => {
    const { pauses, pass } = pausesAt(NOON, { waitsForSpendLimit: true });
    assert.equal(pauses.takes({ ...BLOCKED, resetsAt: NOON + 30 * HOUR }), true);
    assert.deepEqual(await pauses.current(0), { until: NOON + 30 * HOUR, reason: 'spend_limit' });
    pass(30 * HOUR);
    assert.equal(await pauses.current(0), null);
    // A reset that is past already is none.
    pauses.takes({ ...BLOCKED, resetsAt: NOON });
    assert.equal((await pauses.current(0))?.until, NOON + 31 * HOUR);
  });

  test('are recorded as they begin, and as the last of them ends', async () => {
    const { pauses, records, pass } = pausesAt(NOON);
    await pauses.end();
    await pauses.begin({ reason: 'daily_cap', until: NOON + 12 * HOUR });
    pass(12 * HOUR);
    await pauses.begin({ reason: 'inactive_hours', until: NOON + 34 * HOUR });
    pass(22 * HOUR);
    await pauses.end();
    await pauses.end();
    assert.deepEqual(records, [
      { type: 'pause', at: NOON, phase: 'begin', reason: 'daily_cap', until: NOON + 12 * HOUR },
      { type: 'pause', at: NOON + 12 * HOUR, phase: 'begin', reason: 'inactive_hours', until: NOON + 34 * HOUR },
      { type: 'pause', at: NOON + 34 * HOUR, phase: 'end', reason: 'inactive_hours' },
    ]);
  });

  test('a series of crashes is waited out from the fifth on, longer each time, an hour at most', () => {
    const minutes = [0, 4, 5, 6, 8, 11, 12, 500].map((crashes) => (waitAfterCrashes(crashes) ?? 0) / 60_000);
    assert.deepEqual(minutes, [0, 0, 1, 2, 8, 60, 60, 60]);
  });

  test('the next local day begins at midnight, at any time of the day', () => {
    assert.equal(nextMidnight(NOON), NOON + 12 * HOUR);
    assert.equal(nextMidnight(NOON + 12 * HOUR), NOON + 36 * HOUR);
    assert.equal(nextMidnight(NOON + 12 * HOUR - 1), NOON + 12 * HOUR);
  });
});

describe('the budget of a day', () => {
  const begin = (run_id: string): LedgerRecord => ({
    ...{ type: 'begin', at: NOON - 48 * HOUR, run_id, run_name: 'default', owner: ME, new_run_token: null },
  });

  /** Calls of at most 100 tokens, of which 1,000 are allowed per day. */
  async function budgetOf(folder: string, now: () => number, runs: Record<string, LedgerRecord[]>) {
    for (const [id, records] of Object.entries(runs)) {
      await appendRecords(ledgerPath(folder, id), [begin(id), ...records], []);
    }
    const caps = { tokens: 1000, costUsd: null };
    return openDayBudget({ folder, runId: 'run_1', caps, callAtMost: toUsage(60, 40), price: null, now });
  }

  const claim = (at: number): LedgerRecord => ({ type: 'claim', at, epoch: 2, owner: DEAD, purpose: 'resume' });
  const today = { at: Date.now(), usage: toUsage(100, 150) };

  test('counts what all runs of the folder have used today, and nothing of the days before', async (t) => {
    const now = Date.now();
    const yesterday = now - 24 * HOUR;
    const budget = await budgetOf(temporaryFolder(t), () => now, {
      run_1: [attempt(), story({ ...today, at: yesterday }), attempt({ number: 2 }), story(today)],
      run_2: [attempt(), failure({ ...today, name: 'aside' }), end({ at: now })],
    });
    // 500 of 1,000 are used.
    assert.equal(await budget.room(0), 5);
    assert.equal(await budget.room(3), 2);
  });

  test('reads on as ledgers grow, and begins anew with the next day', async (t) => {
    const folder = temporaryFolder(t);
    let now = Date.now();
    const budget = await budgetOf(folder, () => now, { run_1: [attempt(), story(today)] });
    assert.equal(await budget.room(0), 7);
    await appendRecords(ledgerPath(folder, 'run_1'), [attempt({ number: 2 }), story({ ...today, attempt: 2 })], []);
    assert.equal(await budget.room(0), 5);
    now = nextMidnight(now);
    assert.equal(await budget.room(0), 10);
  });

  test('counts a call that its batch has ended without once, at its most', async (t) => {
    const now = Date.now();
    const call = (number: number) => attempt({ at: now, number, batch: 'b', at_most: { tokens: 200, cost_usd: null } });
    const budget = await budgetOf(temporaryFolder(t), () => now, {
      run_1: [call(1), call(2), { type: 'batch', at: now, key: 'b', phase: 'intent' }],
    });
    assert.equal(await budget.room(0), 8);
    const folder = temporaryFolder(t);
    const closed = await budgetOf(folder, () => now, {
      run_1: [
        ...[call(1), call(2), { ...story(today), attempt: 1 }],
        { type: 'batch', at: now, key: 'b', phase: 'closed' },
      ],
    });
    // 250 and 200 are spent, and nothing is open.
    assert.equal(await closed.room(0), 5);
  });

  test('counts calls without usage, of other workers in flight, and cut off by a kill, at their most', async (t) => {
    const now = Date.now();
    const at_most = { tokens: 200, cost_usd: null };
    const budget = await budgetOf(temporaryFolder(t), () => now, {
      run_1: [attempt({ at: now, at_most }), claim(now), attempt({ at: now, number: 2 })],
      run_2: [attempt({ at: now, at_most })],
      run_3: [attempt({ at: now, at_most }), story({ ...today, usage: null })],
    });
    // 600 at the most; the open call of this run is one of those in hand.
    assert.equal(await budget.room(1), 3);
  });
});
