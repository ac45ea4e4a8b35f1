import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Limits } from '../config.js';
import { describeEnd, exitCodeOf, type RunEnd } from '../ending.js';
import type { Failure } from '../failure.js';

const LIMITS: Limits = { durationMs: 86_400_000, maxStories: 1200, intervalMs: 0, maxConsecutiveFailures: 5 };

const REFUSED: Failure = {
  kind: 'fatal',
  reason: 'API가 401로 답했습니다 (invalid x-api-key)',
  advice: '키를 확인하세요',
  code: 'authentication_error',
  retryAfterMs: null,
};

const TABLE: [end: RunEnd, code: number, words: string][] = [
  [{ kind: 'duration' }, 10, '실행 시간 제한 도달 (24시간 0분)'],
  [{ kind: 'count' }, 10, '생성 개수 제한 도달 (1,200편)'],
  [{ kind: 'signal', source: 'SIGTERM' }, 10, 'SIGTERM 수신'],
  [{ kind: 'aborted', source: 'SIGINT' }, 130, 'SIGINT 두 번째 수신 - 강제 종료'],
  [{ kind: 'refused', failure: REFUSED }, 78, `${REFUSED.reason}. ${REFUSED.advice}`],
  [{ kind: 'exhausted', failures: 5 }, 1, '연속 5회 실패'],
  [{ kind: 'uncaught', error: new TypeError('x') }, 1, '예상하지 못한 문제: x'],
  [{ kind: 'uncaught', error: 'thrown text' }, 1, '예상하지 못한 문제: thrown text'],
];

for (const [end, code, words] of TABLE) {
  test(`a run that ended by ${end.kind} exits with ${code} under a profile whose code for "as asked" is 10`, () => {
    assert.equal(exitCodeOf(end, 10), code);
    assert.equal(describeEnd(end, LIMITS), words);
  });
}

test('a run that ended as asked exits with 0 by default', () => {
  assert.equal(exitCodeOf({ kind: 'count' }, 0), 0);
});

test('a refusal without advice ends with its reason', () => {
  assert.equal(describeEnd({ kind: 'refused', failure: { ...REFUSED, advice: null } }, LIMITS), REFUSED.reason);
});
