import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { toUsage } from '../../../api/usage.js';
import { metricsOf } from '../../../observe/pm2.js';
import {
  type Activity,
  describeStatus,
  initialActivity,
  reduceActivity,
  type StorageRetryEvent,
  toIso,
} from '../../../observe/status.js';
import type { WorkerEvent } from '../../../worker/events.js';
import { MINUTE, NOON, SAVED, stateWith, statusOf, toFailed } from '../../helpers/statuses.js';

const LATER = NOON + MINUTE;
const until = NOON + 30 * MINUTE;

const CHANGES: [change: WorkerEvent | StorageRetryEvent, seen: Partial<Activity>][] = [
  [
    { kind: 'writing', inHand: 1 },
    { doing: 'writing', in_hand: 1, since: toIso(LATER) },
  ],
  [
    { kind: 'holding', until },
    { doing: 'holding', since: toIso(LATER), next_at: toIso(until) },
  ],
  [
    { kind: 'waiting', for: 'interval', until },
    { doing: 'interval', in_hand: 0, since: toIso(LATER), next_at: toIso(until) },
  ],
  [
    { kind: 'waiting', for: 'retry', until },
    { doing: 'retry', in_hand: 0, since: toIso(LATER), next_at: toIso(until) },
  ],
  [
    { kind: 'waiting', for: 'rate_limit', until },
    { doing: 'rate_limit', in_hand: 0, since: toIso(LATER), next_at: toIso(until) },
  ],
  [SAVED, { last_story: { title: '반품 구역', file: 'horror_story_20261124_120000_00000001.md', at: toIso(LATER) } }],
  [toFailed('바쁨'), { last_failure: { code: 'overloaded_error', reason: '바쁨', at: toIso(LATER) } }],
  [{ kind: 'abandoned' }, {}],
  [{ kind: 'capped', hit: { cap: 'tokens', used: 1, limit: 2 } }, {}],
  [{ kind: 'cap_near', hit: { cap: 'tokens', used: 1, limit: 2 } }, {}],
];

describe('what is seen', () => {
  for (const [change, expected] of CHANGES) {
    const name = change.kind === 'waiting' ? `waiting for ${change.for}` : change.kind;
    test(`${name} changes ${Object.keys(expected).join(', ') || 'nothing'}`, () => {
      const before = Object.freeze(initialActivity(NOON));
      assert.deepEqual(reduceActivity(before, change, LATER), { ...before, ...expected });
    });
  }

  test('a story that follows a wait takes its end away', () => {
    const waiting = reduceActivity(initialActivity(NOON), { kind: 'waiting', for: 'retry', until }, NOON);
    assert.equal(reduceActivity(waiting, { kind: 'writing', inHand: 1 }, until).next_at, null);
  });
});

describe('for people', () => {
  const lines = (status: ReturnType<typeof statusOf>) => describeStatus(status, NOON).split('\n  ');

  test('a new run that writes takes few words', () => {
    const since = toIso(NOON - 42_000);
    assert.deepEqual(lines(statusOf({ doing: 'writing', since })), [
      'run_1 (default) - 진행 중, pid 1234',
      '지금: 소설을 쓰는 중 (42초째)',
      '시작: 10:30:00, 1시간 30분 전',
      '소설: 0편 (시도 0회)',
      '토큰: 0 (입력 0, 출력 0)',
    ]);
  });

  test('a run with everything says everything', () => {
    const deadline = toIso(NOON + 24 * 60 * MINUTE);
    const state = stateWith(
      {
        stories: 3,
        attempts: 6,
        setAside: 1,
        tokens: toUsage(1000, 9000),
        costUsd: 0.25,
        callsWithoutUsage: 1,
      },
      { failuresInARow: 2, resumes: 1, unknownAtMost: { tokens: 500, costUsd: 0.05 } },
    );
    const status = statusOf(
      {
        doing: 'retry',
        next_at: toIso(NOON + 10_000),
        last_story: { title: '반품 구역', file: 'a.md', at: toIso(NOON - 5 * MINUTE) },
        last_failure: { code: 'overloaded_error', reason: 'API가 529로 답했습니다', at: toIso(NOON - 2000) },
      },
      { deadline, max_stories: 1200, caps: { tokens: 50_000, cost_usd: 5 } },
      state,
    );
    assert.deepEqual(lines(status).slice(1), [
      '지금: 다시 시도하기를 기다리는 중 (12:00:10, 10초 뒤)',
      '시작: 10:30:00, 1시간 30분 전',
      '마감: 2026-11-25 12:00:00, 24시간 0분 뒤',
      '소설: 3편 / 1,200편 (시도 6회)',
      '따로 보관: 1건',
      '다시 시작: 1회',
      '토큰: 10,000 (입력 1,000, 출력 9,000) - 사용량을 모르는 호출 1회 제외',
      '비용(정가 기준): $0.25',
      '토큰 상한: 10,500 / 50,000',
      '비용 상한: $0.30 / $5.00',
      '마지막 소설: "반품 구역" a.md (11:55:00, 5분 0초 전)',
      '연속 실패: 2회, API가 529로 답했습니다 (11:59:58, 2초 전)',
    ]);
  });

  test('a wait that ends at the deadline is one for the deadline', () => {
    const deadline = toIso(NOON + MINUTE);
    const status = statusOf({ doing: 'interval', next_at: deadline }, { deadline });
    assert.match(describeStatus(status, NOON), /지금: 마감을 기다리는 중 \(12:01:00, 1분 0초 뒤\)/);
  });

  const end = { reason: 'signal', message: 'SIGINT 수신', over: false, exit_code: 10 };
  const ended = (given: object, over = false) =>
    lines(statusOf({ doing: 'ended', end: { ...end, over } }, { pid: null, ...given }))[0];

  test('an end is over, can be taken up, or could have been until the deadline', () => {
    assert.equal(ended({}, true), 'run_1 (default) - 끝남');
    assert.equal(ended({}), 'run_1 (default) - 중단됨 (--resume으로 이어 할 수 있습니다)');
    assert.equal(ended({ deadline: toIso(NOON + 1) }), 'run_1 (default) - 중단됨 (--resume으로 이어 할 수 있습니다)');
    assert.equal(ended({ deadline: toIso(NOON) }), 'run_1 (default) - 중단됨 (마감이 지났습니다)');
  });

  test('a deadline is said as long as the run can be taken up', () => {
    const deadlineOf = (over: boolean) =>
      lines(statusOf({ doing: 'ended', end: { ...end, over } }, { pid: null, deadline: toIso(NOON + MINUTE) })).filter(
        (line) => line.startsWith('마감'),
      );
    assert.deepEqual(deadlineOf(false), ['마감: 12:01:00, 1분 0초 뒤']);
    assert.deepEqual(deadlineOf(true), []);
  });

  test('an end says when and why', () => {
    const [, line] = lines(statusOf({ doing: 'ended', since: toIso(NOON - MINUTE), end }, { pid: null }));
    assert.equal(line, '종료: 11:59:00, 1분 0초 전 - SIGINT 수신');
  });

  test('what is known only by its code or its file is said by that', () => {
    const at = toIso(NOON);
    const state = stateWith({}, { failuresInARow: 1 });
    const seen = { last_story: { title: null, file: 'a.md', at }, last_failure: { code: 'cut', reason: null, at } };
    assert.deepEqual(lines(statusOf(seen, {}, state)).slice(-2), [
      '마지막 소설: a.md (12:00:00, 0초 전)',
      '연속 실패: 1회, cut (12:00:00, 0초 전)',
    ]);
  });
});

test('stories in hand and the state of a batch are told, and no detail outlives its wait', () => {
  const doing = (seen: Partial<Activity>) =>
    describeStatus(statusOf(seen), NOON + 1000)
      .split('\n')[1]
      ?.trim();
  const batch = reduceActivity(
    initialActivity(NOON),
    { kind: 'waiting', for: 'batch', until: NOON + MINUTE, detail: '처리 중 12, 완료 30' },
    NOON,
  );
  assert.equal(doing(batch), '지금: 배치의 결과를 기다리는 중 (처리 중 12, 완료 30) (12:01:00, 59초 뒤)');
  const writing = reduceActivity(batch, { kind: 'writing', inHand: 3 }, NOON);
  assert.equal(doing(writing), '지금: 소설 3편을 쓰는 중 (1초째)');
  assert.equal(writing.detail, undefined);
});

describe('for pm2', () => {
  test('numbers are numbers, and what is not known yet has its place', () => {
    assert.deepEqual(Object.entries(metricsOf(statusOf())), [
      ['Doing', { value: 'starting', unit: '' }],
      ['Next at', { value: '-', unit: '' }],
      ['In hand', { value: 0, unit: '' }],
      ['Stories', { value: 0, unit: '' }],
      ['Last story', { value: '-', unit: '' }],
      ['Tokens', { value: 0, unit: '' }],
      ['Cost', { value: '-', unit: 'USD' }],
      ['Failures in a row', { value: 0, unit: '' }],
    ]);
  });

  test('a run in full swing fills them all', () => {
    const state = stateWith({ stories: 3, tokens: toUsage(1000, 9000), costUsd: 0.123456 }, { failuresInARow: 2 });
    const last_story = { title: '반품 구역', file: 'a.md', at: toIso(NOON) };
    const seen = { doing: 'retry', in_hand: 4, next_at: toIso(NOON + 10_000), last_story } as const;
    const metrics = metricsOf(statusOf(seen, {}, state));
    assert.deepEqual(
      Object.values(metrics).map(({ value }) => value),
      ['retry', '12:00:10', 4, 3, '반품 구역', 10_000, 0.1235, 2],
    );
  });
});
