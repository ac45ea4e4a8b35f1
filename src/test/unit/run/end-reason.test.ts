import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Failure } from '../../../api/failure.js';
import { exitCodeOf, isOver, type Limits, type RunEnd } from '../../../run/end-reason.js';
import { describeEnd } from '../../../run/labels.js';

const LIMITS: Limits = {
  durationMs: 86_400_000,
  maxStories: 1200,
  intervalMs: 0,
  maxConsecutiveFailures: 5,
  maxRejectedInARow: null,
  concurrency: 1,
};

const REFUSED: Failure = {
  kind: 'fatal',
  reason: 'API가 401로 답했습니다 (invalid x-api-key)',
  advice: '키를 확인하세요',
  code: 'authentication_error',
  retryAfterMs: null,
};

const TABLE: [end: RunEnd, code: number, over: boolean, words: string][] = [
  [{ kind: 'duration', during: null }, 10, true, '실행 시간 제한 도달 (24시간 0분)'],
  [{ kind: 'duration', during: 'interval' }, 10, true, '실행 시간 제한 도달 (24시간 0분) - 다음 소설을 기다리던 중'],
  [
    { kind: 'duration', during: 'rate_limit' },
    10,
    true,
    '실행 시간 제한 도달 (24시간 0분) - API의 요청 한도가 회복되기를 기다리던 중',
  ],
  [
    { kind: 'cap', hit: { cap: 'tokens', used: 98_765, limit: 100_000 } },
    10,
    true,
    '토큰 상한 도달 (98,765 / 100,000, 다음 호출이 넘을 수 있습니다)',
  ],
  [
    { kind: 'cap', hit: { cap: 'cost', used: 9.5, limit: 10 } },
    10,
    true,
    '비용 상한 도달 ($9.50 / $10.00, 다음 호출이 넘을 수 있습니다)',
  ],
  [{ kind: 'count' }, 10, true, '생성 개수 제한 도달 (1,200편)'],
  [{ kind: 'signal', source: 'SIGTERM', during: null }, 10, false, 'SIGTERM 수신'],
  [{ kind: 'signal', source: 'SIGTERM', during: 'retry' }, 10, false, 'SIGTERM 수신 - 다시 시도하기를 기다리던 중'],
  [{ kind: 'aborted', source: 'SIGINT' }, 130, false, 'SIGINT 두 번째 수신 - 강제 종료'],
  [{ kind: 'refused', failure: REFUSED }, 78, false, `${REFUSED.reason}. ${REFUSED.advice}`],
  [{ kind: 'exhausted', failures: 5 }, 1, false, '연속 5회 실패'],
  [{ kind: 'uncaught', error: new TypeError('x') }, 1, false, '예상하지 못한 문제: x'],
  [{ kind: 'uncaught', error: 'thrown text' }, 1, false, '예상하지 못한 문제: thrown text'],
];

for (const [end, code, over, words] of TABLE) {
  test(`"${words}" exits with ${code} under a profile whose code for "as asked" is 10, and the run is ${over ? '' : 'not '}over`, () => {
    assert.equal(exitCodeOf(end, 10), code);
    assert.equal(isOver(end), over);
    assert.equal(describeEnd(end, LIMITS), words);
  });
}

test('a run that ended as asked exits with 0 by default', () => {
  assert.equal(exitCodeOf({ kind: 'count' }, 0), 0);
});

test('a refusal without advice ends with its reason', () => {
  assert.equal(describeEnd({ kind: 'refused', failure: { ...REFUSED, advice: null } }, LIMITS), REFUSED.reason);
});
