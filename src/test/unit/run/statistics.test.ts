import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toUsage } from '../../../api/usage.js';
import {
  averageGenerationMs,
  averageTokens,
  countAbandoned,
  countContinuation,
  countCutOff,
  countFailure,
  countLost,
  countPart,
  countStory,
  EMPTY_STATISTICS,
  type Statistics,
  type StoryTally,
  toFields,
  toLines,
} from '../../../run/statistics.js';

function story(tokens: number | null, generationMs = 1000, costUsd: number | null = null): StoryTally {
  const usage = tokens === null ? null : toUsage(tokens / 2, tokens / 2);
  return { usage, storyUsage: usage, costUsd, generationMs, nearest: null };
}

/** A run that is over, in one go. */
const OVER = { over: true, resumes: 0 };

const failed = { kind: 'transient', code: 'overloaded_error', setAside: false, usage: null, costUsd: null } as const;

function afterStories(...stories: StoryTally[]): Statistics {
  return stories.reduce(countStory, EMPTY_STATISTICS);
}

test('counting makes new statistics and leaves the old as they are', () => {
  const before = structuredClone(EMPTY_STATISTICS);
  countFailure(countStory(EMPTY_STATISTICS, story(100)), failed);
  assert.deepEqual(EMPTY_STATISTICS, before);
});

test('averages are over stories; failed attempts are in the totals only', () => {
  let s = afterStories(story(1000, 2000), story(3000, 4000));
  s = countFailure(s, { ...failed, kind: 'unusable', code: 'refusal:bio', usage: toUsage(50, 50), setAside: true });
  assert.equal(averageTokens(s), 2000);
  assert.equal(averageGenerationMs(s), 3000);
  assert.equal(s.tokens.total_tokens, 4100);
  assert.equal(s.attempts, 3);
  assert.equal(s.stories, 2);
  assert.equal(s.setAside, 1);
});

test('a story whose usage is unknown is in no average of tokens', () => {
  const s = afterStories(story(1000), story(null), story(3000));
  assert.equal(averageTokens(s), 2000);
  assert.equal(averageGenerationMs(s), 1000);
  assert.equal(toFields(s, 0).stories_without_usage, 1);
  assert.match(toLines(s, 0, '', OVER).join('\n'), /사용량을 모르는 호출 1회 제외$/m);
});

test('without a story, or with none whose usage is known, there is no average', () => {
  assert.equal(averageTokens(EMPTY_STATISTICS), null);
  assert.equal(averageGenerationMs(EMPTY_STATISTICS), null);
  assert.equal(averageTokens(afterStories(story(null))), null);
  const lines = toLines(EMPTY_STATISTICS, 0, '', OVER).join('\n');
  assert.doesNotMatch(lines, /평균|NaN|비용/);
  assert.match(lines, /총 토큰 사용량: 0/);
});

test('failures are counted by kind and by code', () => {
  let s = countFailure(EMPTY_STATISTICS, failed);
  s = countFailure(s, failed);
  s = countFailure(s, { ...failed, code: 'cut' });
  s = countFailure(s, { ...failed, kind: 'incomplete', code: 'max_tokens', setAside: true });
  assert.deepEqual(s.failures, { transient: 3, incomplete: 1 });
  assert.deepEqual(s.failureCodes, { overloaded_error: 2, cut: 1, max_tokens: 1 });
  assert.match(toLines(s, 0, '', OVER).join('\n'), /소설이 되지 못한 시도: 일시적 실패 3, 잘린 답 1 \(따로 보관 1건\)/);
});

test('an attempt that was given up is no failure, but what it used is counted', () => {
  const s = countAbandoned(EMPTY_STATISTICS, { usage: toUsage(10, 20), costUsd: 0.5 });
  assert.deepEqual(
    { attempts: s.attempts, stories: s.stories, failures: s.failures },
    { attempts: 1, stories: 0, failures: {} },
  );
  assert.equal(s.tokens.total_tokens, 30);
  assert.equal(s.costUsd, 0.5);
});

test('a call that was in flight when the process was killed is an attempt whose usage nobody knows', () => {
  const s = countLost(afterStories(story(1000)));
  assert.deepEqual([s.attempts, s.stories, s.tokens.total_tokens, averageTokens(s)], [2, 1, 1000, 1000]);
  assert.match(toLines(s, 0, '', OVER).join('\n'), /사용량을 모르는 호출 1회 제외, 그중 강제 종료로 끊긴 호출 1회$/m);
});

test('the cost is of everything whose price is known, and null while nothing is', () => {
  assert.equal(afterStories(story(100)).costUsd, null);
  const s = countFailure(afterStories(story(100, 0, 0.25), story(100)), { ...failed, costUsd: 0.5 });
  assert.equal(s.costUsd, 0.75);
  assert.match(toLines(s, 0, '', OVER).join('\n'), /비용\(정가 기준\): \$0\.75/);
});

test('the fields of the final record are in seconds and complete', () => {
  const s = countFailure(afterStories(story(1000, 2500, 0.5)), { ...failed, usage: toUsage(6, 4) });
  assert.deepEqual(toFields(s, 90_000), {
    runtime_seconds: 90,
    stories: 1,
    attempts: 2,
    failed_attempts: { transient: 1 },
    failure_codes: { overloaded_error: 1 },
    set_aside: 0,
    stories_without_usage: 0,
    calls_without_usage: 0,
    calls_lost_to_kills: 0,
    continuations: 0,
    tokens: { input_tokens: 506, output_tokens: 504, total_tokens: 1010 },
    average_tokens_per_story: 1000,
    average_generation_seconds: 2.5,
    cost_usd: 0.5,
    most_alike: null,
  });
});

test('the lines say the reason, the time, the stories, the tokens and the averages in Korean', () => {
  const s = afterStories(story(1_234_000, 61_000), story(1_000_000, 59_000));
  assert.deepEqual(toLines(s, 86_400_000, '실행 시간 제한 도달', OVER), [
    '종료 사유: 실행 시간 제한 도달',
    '총 실행 시간: 24시간 0분',
    '생성한 소설: 2편 (시도 2회)',
    '총 토큰 사용량: 2,234,000 (입력 1,117,000, 출력 1,117,000)',
    '소설당 평균 토큰: 1,117,000',
    '소설당 평균 생성 시간: 1분 0초',
  ]);
});

test('the two stories most alike are told, whichever story came later', () => {
  const like = (name: string, score: number) => ({
    ...story(10),
    nearest: { name, nearest: { name: `${name}-other`, score } },
  });
  const s = afterStories(like('a', 0.02), like('b', 0.256), story(10), like('c', 0.1));
  assert.deepEqual(toFields(s, 0).most_alike, { name: 'b', nearest: 'b-other', likeness: 0.256 });
  assert.equal(toLines(s, 0, '', OVER).at(-1), '가장 닮은 두 소설: 25.6% (b, b-other)');
});

test('a story of two calls is averaged over both, and each call is counted once', () => {
  const first = countPart(EMPTY_STATISTICS, { usage: toUsage(100, 900), costUsd: 1 });
  const rest = { ...story(500, 3000, 0.5), storyUsage: toUsage(350, 1150) };
  const s = countStory(countContinuation(first), rest);
  assert.deepEqual([s.attempts, s.stories, s.tokens.total_tokens, s.costUsd], [2, 1, 1500, 1.5]);
  assert.deepEqual([averageTokens(s), averageGenerationMs(s)], [1500, 3000]);
  assert.deepEqual([s.failures, s.setAside, toFields(s, 0).continuations], [{}, 0, 1]);
  assert.ok(toLines(s, 0, '', OVER).includes('잘린 글 이어 쓰기: 1회'));
});

test('a part whose rest never came is a text set aside, and no further call', () => {
  const s = countCutOff(countPart(EMPTY_STATISTICS, { usage: toUsage(1, 2), costUsd: null }), 'max_tokens');
  assert.deepEqual([s.attempts, s.setAside, s.failures, s.failureCodes], [1, 1, { incomplete: 1 }, { max_tokens: 1 }]);
});

test('the lines of a run that was only interrupted say how to go on, and how often it was started again', () => {
  const lines = toLines(afterStories(story(10)), 5000, 'SIGTERM 수신', { over: false, resumes: 2 });
  assert.equal(lines[0], '종료 사유: SIGTERM 수신 (중단됨, --resume으로 이어 할 수 있습니다)');
  assert.equal(lines[1], '총 실행 시간: 5초 (다시 시작 2회)');
});

test('the lines of a run without failures hold no word that a grep for trouble finds', () => {
  assert.doesNotMatch(
    JSON.stringify([toFields(afterStories(story(10)), 1), toLines(afterStories(story(10)), 1, '', OVER)]),
    /error|traceback/i,
  );
});
