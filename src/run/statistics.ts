import { FAILURE_NAMES, type FailureKind } from '../api/failure.js';
import { addUsage, NO_TOKENS, type Usage } from '../api/usage.js';
import { SECOND } from '../lib/clock.js';
import { formatCost, formatNumber, formatPercent } from '../lib/format-number.js';
import { formatDuration } from '../lib/format-time.js';
import type { MostSimilar } from '../story/similarity.js';

/** Counters of a run so far. Immutable: every outcome makes new ones. */
export interface Statistics {
  stories: number;
  attempts: number;
  /** Attempts that gave no story, by kind; kinds that did not happen are absent. */
  failures: Partial<Record<FailureKind, number>>;
  /** The same attempts by code, such as `overloaded_error` or `refusal:bio`. */
  failureCodes: Record<string, number>;
  /** Answers that were paid for and are no story. */
  setAside: number;
  /** Everything known to have been used, stories and failed attempts alike. */
  tokens: Usage;
  /** What the stories whose usage is known used, and how many they are. */
  storyTokens: Usage;
  storiesWithUsage: number;
  /** Time spent generating the saved stories, in milliseconds; waiting is not in it. */
  generationMs: number;
  /** US dollars for everything used; null while no price is known. */
  costUsd: number | null;
  /** Calls that may have been paid for, and nobody knows how much: cut off, given up, without usage, or killed. */
  callsWithoutUsage: number;
  /** Those among them that were in flight when the process was killed. */
  lostCalls: number;
  /** Calls that asked for the rest of a text that was cut off. */
  continuations: number;
  /** The two most alike: a story of this run and one before it; null while none was compared. */
  nearest: { name: string; nearest: MostSimilar } | null;
}

export const EMPTY_STATISTICS: Statistics = {
  stories: 0,
  attempts: 0,
  failures: {},
  failureCodes: {},
  setAside: 0,
  tokens: NO_TOKENS,
  storyTokens: NO_TOKENS,
  storiesWithUsage: 0,
  generationMs: 0,
  costUsd: null,
  callsWithoutUsage: 0,
  lostCalls: 0,
  continuations: 0,
  nearest: null,
};

/** What one attempt adds. */
export interface Tally {
  usage: Usage | null;
  costUsd: number | null;
}

export interface StoryTally extends Tally {
  /** Of all calls that the story took; the tally's own is that of the last. */
  storyUsage: Usage | null;
  generationMs: number;
  nearest: Statistics['nearest'];
}

export function countStory(s: Statistics, { storyUsage, generationMs, nearest, ...tally }: StoryTally): Statistics {
  const isNearer = nearest !== null && nearest.nearest.score > (s.nearest?.nearest.score ?? -1);
  return {
    ...countUsage(s, tally),
    stories: s.stories + 1,
    storyTokens: storyUsage === null ? s.storyTokens : addUsage(s.storyTokens, storyUsage),
    storiesWithUsage: s.storiesWithUsage + (storyUsage === null ? 0 : 1),
    generationMs: s.generationMs + generationMs,
    nearest: isNearer ? nearest : s.nearest,
  };
}

/** A call that brought a part of a text: neither a story yet, nor a failure. */
export function countPart(s: Statistics, tally: Tally): Statistics {
  return countUsage(s, tally);
}

/** A call that asks for the rest. */
export function countContinuation(s: Statistics): Statistics {
  return { ...s, continuations: s.continuations + 1 };
}

/** A part whose rest never came; its call is counted already. */
export function countCutOff(s: Statistics, code: string): Statistics {
  return countKind({ ...s, setAside: s.setAside + 1 }, 'incomplete', code);
}

export function countFailure(
  s: Statistics,
  failure: Tally & { kind: FailureKind; code: string; setAside: boolean },
): Statistics {
  const counted = { ...countUsage(s, failure), setAside: s.setAside + (failure.setAside ? 1 : 0) };
  return countKind(counted, failure.kind, failure.code);
}

function countKind(s: Statistics, kind: FailureKind, code: string): Statistics {
  return {
    ...s,
    failures: { ...s.failures, [kind]: (s.failures[kind] ?? 0) + 1 },
    failureCodes: { ...s.failureCodes, [code]: (s.failureCodes[code] ?? 0) + 1 },
  };
}

/** An attempt that was given up: it is no failure, but what it used was used. */
export function countAbandoned(s: Statistics, abandoned: Tally): Statistics {
  return countUsage(s, abandoned);
}

/** A call that was in flight when the process was killed. */
export function countLost(s: Statistics): Statistics {
  return { ...countUsage(s, { usage: null, costUsd: null }), lostCalls: s.lostCalls + 1 };
}

function countUsage(s: Statistics, { usage, costUsd }: Tally): Statistics {
  return {
    ...s,
    attempts: s.attempts + 1,
    tokens: usage === null ? s.tokens : addUsage(s.tokens, usage),
    costUsd: costUsd === null ? s.costUsd : (s.costUsd ?? 0) + costUsd,
    callsWithoutUsage: s.callsWithoutUsage + (usage === null ? 1 : 0),
  };
}

/** Total tokens a story over the stories whose usage is known; null when there is none. */
export function averageTokens(s: Statistics): number | null {
  return s.storiesWithUsage === 0 ? null : s.storyTokens.total_tokens / s.storiesWithUsage;
}

/** Milliseconds of generation a saved story; null when there is none. */
export function averageGenerationMs(s: Statistics): number | null {
  return s.stories === 0 ? null : s.generationMs / s.stories;
}

/** The fields of the final record. */
export function toFields(s: Statistics, runtimeMs: number): Record<string, unknown> {
  const generationMs = averageGenerationMs(s);
  return {
    runtime_seconds: runtimeMs / SECOND,
    stories: s.stories,
    attempts: s.attempts,
    failed_attempts: s.failures,
    failure_codes: s.failureCodes,
    set_aside: s.setAside,
    stories_without_usage: s.stories - s.storiesWithUsage,
    calls_without_usage: s.callsWithoutUsage,
    calls_lost_to_kills: s.lostCalls,
    continuations: s.continuations,
    tokens: s.tokens,
    average_tokens_per_story: averageTokens(s),
    average_generation_seconds: generationMs === null ? null : generationMs / SECOND,
    cost_usd: s.costUsd,
    most_alike: s.nearest === null ? null : { name: s.nearest.name, ...toSimilarityFields(s.nearest.nearest) },
  };
}

/** How metadata and records tell of the nearest story. */
export function toSimilarityFields({ name, score }: MostSimilar): { nearest: string; likeness: number } {
  return { nearest: name, likeness: Number(score.toFixed(4)) };
}

/** The final statistics as Korean lines, for the message of the final record. */
export function toLines(
  s: Statistics,
  runtimeMs: number,
  reason: string,
  { over, resumes }: { over: boolean; resumes: number },
): string[] {
  const failed = Object.entries(s.failures).map(
    ([kind, count]) => `${FAILURE_NAMES[kind as FailureKind]} ${formatNumber(count)}`,
  );
  const tokens = averageTokens(s);
  const generation = averageGenerationMs(s);
  const unknown = s.callsWithoutUsage;
  const lost = s.lostCalls === 0 ? '' : `, 그중 강제 종료로 끊긴 호출 ${formatNumber(s.lostCalls)}회`;
  return [
    `종료 사유: ${reason}${over ? '' : ' (중단됨, --resume으로 이어 할 수 있습니다)'}`,
    `총 실행 시간: ${formatDuration(runtimeMs)}${resumes === 0 ? '' : ` (다시 시작 ${formatNumber(resumes)}회)`}`,
    `생성한 소설: ${formatNumber(s.stories)}편 (시도 ${formatNumber(s.attempts)}회)`,
    ...(failed.length === 0
      ? []
      : [`소설이 되지 못한 시도: ${failed.join(', ')} (따로 보관 ${formatNumber(s.setAside)}건)`]),
    `총 토큰 사용량: ${formatNumber(s.tokens.total_tokens)} (입력 ${formatNumber(s.tokens.input_tokens)}, 출력 ${formatNumber(s.tokens.output_tokens)})` +
      (unknown === 0 ? '' : ` - 사용량을 모르는 호출 ${formatNumber(unknown)}회 제외${lost}`),
    ...(tokens === null ? [] : [`소설당 평균 토큰: ${formatNumber(Math.round(tokens))}`]),
    ...(generation === null ? [] : [`소설당 평균 생성 시간: ${formatDuration(generation)}`]),
    ...(!s.costUsd ? [] : [`비용(정가 기준): ${formatCost(s.costUsd)}`]),
    ...(s.continuations === 0 ? [] : [`잘린 글 이어 쓰기: ${formatNumber(s.continuations)}회`]),
    ...(s.nearest === null
      ? []
      : [
          `가장 닮은 두 소설: ${formatPercent(s.nearest.nearest.score)} (${s.nearest.name}, ${s.nearest.nearest.name})`,
        ]),
  ];
}
