import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { HEALTH_CODES, type HealthState, healthOf, worstOf } from '../../../observe/health.js';
import { type Activity, type ActivityKind, type RunInfo, type Status, toIso } from '../../../observe/status.js';
import { MINUTE, NOON, stateWith, statusOf } from '../../helpers/statuses.js';

const HOUR = 60 * MINUTE;

interface Told extends Partial<Activity> {
  /** When the ledger was last written to, milliseconds since the epoch. */
  recordAt?: number;
  failures?: number;
  info?: Partial<RunInfo>;
}

/** A status of a worker that began to do this at noon. */
function told({ recordAt = NOON, failures = 0, info = {}, ...activity }: Told): Status {
  return statusOf(activity, info, stateWith({ stories: 12 }, { lastAt: recordAt, failuresInARow: failures }));
}

const stateAt = (told: Status, after: number, notifyFailures = 3) => healthOf(told, NOON + after, notifyFailures).state;

describe('a worker', () => {
  test('that writes is well for as long as one call may take, by what it says of that', () => {
    const writing = told({ doing: 'writing', info: { call_timeout_seconds: 600 } });
    assert.equal(stateAt(writing, 12 * MINUTE), 'ok');
    assert.equal(stateAt(writing, 12 * MINUTE + 1), 'stale');
    // Version 1.0.0 does not say: the longest call of all is assumed.
    const silent = told({ doing: 'writing' });
    assert.equal(stateAt(silent, 32 * MINUTE), 'ok');
    assert.equal(stateAt(silent, 32 * MINUTE + 1), 'stale');
  });

  test('that writes many stories side by side is well while its ledger grows', () => {
    const writing = told({
      doing: 'writing',
      in_hand: 8,
      recordAt: NOON + 5 * HOUR,
      info: { call_timeout_seconds: 600 },
    });
    assert.equal(stateAt(writing, 5 * HOUR + 12 * MINUTE), 'ok');
    assert.equal(stateAt(writing, 5 * HOUR + 13 * MINUTE), 'stale');
  });

  test('that waits is well until the wait is over, however long it is', () => {
    for (const doing of ['interval', 'retry', 'rate_limit', 'batch'] as const) {
      const waiting = told({ doing, next_at: toIso(NOON + 24 * HOUR) });
      assert.equal(stateAt(waiting, 24 * HOUR + 2 * MINUTE), 'ok');
      assert.equal(stateAt(waiting, 24 * HOUR + 2 * MINUTE + 1), 'stale');
    }
  });

  test('that begins, or does not say what it does, is given as long as a call', () => {
    for (const doing of ['starting', 'unknown'] as const) {
      assert.equal(stateAt(told({ doing }), 32 * MINUTE), 'ok');
      assert.equal(stateAt(told({ doing }), 33 * MINUTE), 'stale');
    }
  });

  test('fails after as many failures in a row as the user is notified of, three where they are not', () => {
    const failing = (failures: number) => told({ doing: 'retry', next_at: toIso(NOON + MINUTE), failures });
    assert.deepEqual(
      [2, 3].map((failures) => stateAt(failing(failures), 0)),
      ['ok', 'failing'],
    );
    assert.deepEqual(
      [4, 5].map((failures) => stateAt(failing(failures), 0, 5)),
      ['ok', 'failing'],
    );
    assert.deepEqual(
      [2, 3].map((failures) => stateAt(failing(failures), 0, 0)),
      ['ok', 'failing'],
    );
    const last_failure = { code: 'overloaded_error', reason: 'API가 붐빕니다', at: toIso(NOON) };
    const { message } = healthOf({ ...failing(4), last_failure }, NOON, 3);
    assert.equal(message, '연속 4회 실패 - API가 붐빕니다');
  });

  test('whose disk refuses fails', () => {
    const holding = told({ doing: 'holding', next_at: toIso(NOON + MINUTE) });
    assert.deepEqual(healthOf(holding, NOON, 3), {
      state: 'failing',
      isWell: false,
      message: '디스크에 저장할 수 있기를 기다리는 중',
    });
  });

  test('that pauses is well where the settings planned that', () => {
    const cases: [doing: ActivityKind, isWell: boolean][] = [
      ['daily_cap', true],
      ['inactive_hours', true],
      ['spend_limit', false],
      ['crash_loop', false],
    ];
    for (const [doing, isWell] of cases) {
      const health = healthOf(told({ doing, next_at: toIso(NOON + HOUR - 1) }), NOON, 3);
      assert.deepEqual([health.state, health.isWell], ['paused', isWell], doing);
      assert.match(health.message, /^일시 정지 - .*, 13:00:00까지$/);
    }
  });

  test('that is late is stale, whatever else it is', () => {
    const late = told({ doing: 'inactive_hours', next_at: toIso(NOON), failures: 9 });
    const { state, message } = healthOf(late, NOON + HOUR, 3);
    assert.equal(state, 'stale');
    assert.equal(message, '정한 시간대를 기다리는 중 58분 0초 넘게 소식이 없습니다');
  });

  test('that ended in good order is none, over or not; one that was killed is stale', () => {
    const end = { message: '종료 신호 수신', exit_code: 0 };
    const at = (reason: string, over: boolean) =>
      stateAt(told({ doing: 'ended', end: { ...end, reason, over } }), 9 * HOUR);
    assert.deepEqual([at('signal', false), at('count', true), at('killed', true)], ['none', 'none', 'none']);
    assert.equal(at('killed', false), 'stale');
  });

  test('that does what it was told is ok, with what it does', () => {
    assert.deepEqual(healthOf(told({ doing: 'writing' }), NOON, 3), {
      state: 'ok',
      isWell: true,
      message: '정상 - 소설을 쓰는 중, 소설 12편',
    });
  });
});

test('of several workers the one that most needs a look counts', () => {
  const healths = (['ok', 'paused', 'none', 'failing', 'stale'] as const).map((state) => ({
    state: state as HealthState,
    isWell: state === 'ok',
    message: state,
  }));
  while (healths.length > 0) {
    const worst = healths.at(-1);
    assert.equal(worstOf([...healths].sort(() => -1)), worst);
    healths.pop();
  }
  assert.equal(worstOf([]), null);
});

test('every state has an exit code of its own, and only ok that of success', () => {
  const codes = Object.values(HEALTH_CODES);
  assert.equal(new Set(codes).size, codes.length);
  assert.equal(HEALTH_CODES.ok, 0);
  // A check that is broken, and one that was asked wrongly.
  assert.ok(!codes.includes(1) && !codes.includes(2));
});
