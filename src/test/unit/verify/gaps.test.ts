import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { BeginRecord, ClaimRecord, LedgerRecord } from '../../../run/ledger.js';
import { INITIAL_RUN_STATE } from '../../../run/run-state.js';
import { type Gap, gapLength, gapsOf, isTooLong } from '../../../verify/checks/gaps.js';
import type { LogEvent, ProcessLog } from '../../../verify/log-check.js';
import { processesOf } from '../../../verify/processes.js';
import { attempt, DEAD, failure, ME, part, story } from '../../helpers/records.js';

const MINUTE = 60_000;
const INTERVAL = 30 * MINUTE;
const START = Date.UTC(2026, 10, 23, 5);

const begin: BeginRecord = {
  type: 'begin',
  at: START,
  run_id: 'run_1',
  run_name: 'default',
  owner: DEAD,
  new_run_token: null,
};
const claim = (at: number, purpose: ClaimRecord['purpose'] = 'resume'): ClaimRecord => ({
  type: 'claim',
  at: START + at,
  epoch: 2,
  owner: ME,
  purpose,
});

/** A call at a minute of the run that takes so many minutes, and what comes of it. */
const call = (at: number, minutes: number, outcome: LedgerRecord): LedgerRecord[] => [
  attempt({ at: START + at * MINUTE }),
  { ...outcome, at: START + (at + minutes) * MINUTE },
];
const written = (at: number, minutes = 1) => call(at, minutes, story({ generation_ms: minutes * MINUTE }));

const wait = (at: number, reason: string, minutes: number): LogEvent => ({
  ...{ at: START + at * MINUTE, event: 'waiting', sequence: null, seconds: minutes * 60, reason, name: null },
});

function logOf(pid: number, firstAt: number, events: LogEvent[] = [], interval = INTERVAL): ProcessLog {
  const none = { count: 0, first: [] };
  return {
    ...{
      pid,
      run: 'run_1',
      firstAt,
      lastAt: Number.MAX_SAFE_INTEGER,
      hasStart: true,
      lineCount: 9,
      events,
      finals: [],
    },
    ...{
      firstLine: 1,
      lastLine: 9,
      afterFinal: none,
      foreignLines: none,
      errorLines: none,
      quotedErrorLines: none,
      expectedErrorLines: none,
      secrets: none,
    },
    settings: {
      limits: {
        durationMs: null,
        maxStories: null,
        intervalMs: interval,
        maxConsecutiveFailures: null,
        maxRejectedInARow: null,
        concurrency: 1,
      },
      ...{ logLevel: 'info', logKeepFiles: 30, heartbeatMs: 15_000, completedExitCode: 0, onTerminal: null },
      caps: { tokens: null, costUsd: null },
      ...{ capsPerDay: { tokens: null, costUsd: null }, activeHours: null },
      longestStoryMs: 10 * MINUTE,
    },
  };
}

function gaps(records: LedgerRecord[], logs: ProcessLog[], end: number | null = null): Gap[] {
  const ledger = { path: '', begin, records: [begin, ...records], unreadable: 0 };
  const until = end === null ? null : { at: START + end * MINUTE, endedBy: 'end' };
  return gapsOf(processesOf({ id: 'run_1', ledger }, { processes: logs }), until);
}

const tooLong = (...args: Parameters<typeof gaps>) => gaps(...args).filter(isTooLong).length;

describe('the gap between two stories', () => {
  test('is an interval and the longest generation, and no more', () => {
    const found = gaps([...written(0, 4), ...written(34, 1)], [logOf(DEAD.pid, START)]);
    assert.deepEqual(found.map(gapLength), [4 * MINUTE, 31 * MINUTE]);
    assert.equal(found[1]?.allowedMs, INTERVAL + 4 * MINUTE + 5000);
    assert.equal(tooLong([...written(0, 4), ...written(34, 1)], [logOf(DEAD.pid, START)]), 0);
    assert.equal(tooLong([...written(0, 4), ...written(39, 1)], [logOf(DEAD.pid, START)]), 1);
  });

  test('may contain failed calls, and the waits for a retry that the log has', () => {
    const records = [...written(0), ...call(31, 5, failure()), ...call(46, 2, part()), ...written(53)];
    assert.equal(tooLong(records, [logOf(DEAD.pid, START)]), 1);
    const waits = [wait(1, 'interval', 30), wait(36, 'retry', 10), wait(48, 'retry', 5)];
    assert.equal(tooLong(records, [logOf(DEAD.pid, START, waits)]), 0);
  });

  test('may contain the wait for a rate limit, but no interval twice', () => {
    const records = [...written(0), ...written(91)];
    assert.equal(tooLong(records, [logOf(DEAD.pid, START, [wait(1, 'rate_limit', 90)])]), 0);
    assert.equal(tooLong(records, [logOf(DEAD.pid, START, [wait(1, 'interval', 90)])]), 1);
  });

  test('may not contain a call that took longer than the settings allow', () => {
    const records = [...written(0), ...call(31, 60, failure()), ...written(91)];
    assert.equal(tooLong(records, [logOf(DEAD.pid, START)]), 1);
    const short = [...written(0), ...call(31, 9, failure()), ...written(40)];
    assert.equal(tooLong(short, [logOf(DEAD.pid, START)]), 0);
  });

  test('may contain downtime', () => {
    const records = [...written(0), claim(600 * MINUTE), ...written(600)];
    const dead = { ...logOf(DEAD.pid, START), lastAt: START + 2 * MINUTE };
    assert.equal(tooLong(records, [dead, logOf(ME.pid, START + 600 * MINUTE)]), 0);
    // A process that still logged was not down.
    const late = { ...dead, lastAt: START + 500 * MINUTE };
    assert.equal(tooLong(records, [late, logOf(ME.pid, START + 600 * MINUTE)]), 1);
  });

  test('is measured to the end of the run, or to now', () => {
    const records = written(0);
    assert.equal(tooLong(records, [logOf(DEAD.pid, START)], 31), 0);
    assert.equal(tooLong(records, [logOf(DEAD.pid, START)], 40), 1);
    // With an open call.
    const open = [...records, attempt({ at: START + 31 * MINUTE })];
    assert.equal(tooLong(open, [logOf(DEAD.pid, START)], 40), 0);
    assert.equal(tooLong(open, [logOf(DEAD.pid, START)], 60), 1);
  });

  test('is left out when the settings are not known', () => {
    const silent = { ...logOf(DEAD.pid, START), settings: null };
    assert.deepEqual(gaps([...written(0), ...written(400)], [silent], 900), []);
    // Only from the first story of a process with known settings.
    const records = [...written(0), claim(10 * MINUTE), ...written(10), ...written(200)];
    const found = gaps(records, [{ ...silent, lastAt: START }, logOf(ME.pid, START + 10 * MINUTE)]);
    assert.deepEqual(found.map(gapLength), [190 * MINUTE]);
  });

  test('is as long with several slots as with one: what keeps all of them is counted once', () => {
    const slot = (n: number, at: number, minutes: number, outcome: LedgerRecord): LedgerRecord[] => [
      attempt({ at: START + at * MINUTE, number: n }),
      { ...outcome, attempt: n, at: START + (at + minutes) * MINUTE } as LedgerRecord,
    ];
    const inOrder = (...records: LedgerRecord[][]) => records.flat().sort((a, b) => a.at - b.at);
    const first = slot(1, 0, 1, story({ generation_ms: MINUTE }));
    const second = slot(2, 0, 2, story({ generation_ms: 2 * MINUTE, name: 'b' }));
    const stalls = (minutes: number) => [3, 4, 5].map((n) => slot(n, 32, minutes, failure()));
    const last = (at: number) => slot(6, at, 1, story({ generation_ms: MINUTE, name: 'c' }));
    const log = [logOf(DEAD.pid, START)];
    assert.equal(tooLong(inOrder(first, second, ...stalls(9), last(41)), log), 0);
    // Three stalls of 9 minutes at a time explain 9 minutes, not 27.
    assert.equal(tooLong(inOrder(first, second, ...stalls(9), last(50)), log), 1);
  });

  test('may contain the wait of another slot that began before it', () => {
    const waits = [wait(1, 'rate_limit', 60)];
    const records = [...written(0, 1), ...written(1, 1), ...written(61, 1)];
    assert.equal(tooLong(records, [logOf(DEAD.pid, START, waits, 0)]), 0);
    assert.equal(tooLong(records, [logOf(DEAD.pid, START, [], 0)]), 1);
  });

  test('may contain a batch that was out, as long as the vendor takes at most', () => {
    const batch = (hours: number, events: LogEvent[] = []) => {
      const at = START + MINUTE;
      const until = at + hours * 60 * MINUTE;
      const records: LedgerRecord[] = [
        attempt({ at, batch: 'batch_1', custom_id: 'a' }),
        { type: 'batch', at, key: 'batch_1', phase: 'intent' },
        { type: 'batch', at, key: 'batch_1', phase: 'created', id: 'msgbatch_1' },
        story({ at: until, attempt: 1, generation_ms: 1000 }),
        { type: 'batch', at: until, key: 'batch_1', phase: 'closed' },
      ];
      return tooLong(records, [logOf(DEAD.pid, START, events)]);
    };
    assert.equal(batch(24), 0);
    assert.equal(batch(40), 1);
    // Nobody could be asked.
    assert.equal(batch(40, [{ ...wait(600, '', 0), event: 'batch_poll_failed' }]), 0);
  });

  test('begins anew with a ledger that was begun anew', () => {
    const snapshot: LedgerRecord = {
      type: 'snapshot',
      at: START + 300 * MINUTE,
      state: { ...INITIAL_RUN_STATE, owner: DEAD },
    };
    const found = gaps([snapshot, ...written(310)], [logOf(DEAD.pid, START)]);
    assert.deepEqual(found.map(gapLength), [11 * MINUTE]);
  });
});
