import type { Failure, FailureKind } from '../api/failure.js';
import type { Usage } from '../api/usage.js';
import { formatNumber, formatPercent } from '../lib/format-number.js';
import { type Doubt, type DoubtCode, doubtOf, mergeDoubts } from './doubts.js';
import { lastLineOf, surelyBreaksOff } from './judging/last-line.js';
import { countLetters, findBroken, findForeign, isKorean } from './judging/letters.js';
import { type Finding, findLoop } from './judging/loops.js';
import { findOutline, findRefusal, findTalk, refusesToGoOn, sharesOf } from './judging/no-story.js';
import { findOmission, findVersions } from './judging/versions.js';
import type { ReadAnswer } from './read-answer.js';
import type { RemovedText } from './reading/removed-text.js';
import { sentencesOf } from './sentences.js';
import type { MostSimilar } from './similarity.js';
import { stopKindOf } from './stop-reason.js';
import { countCharacters } from './story.js';

/** What of an answer the verdict looks at, besides its text. */
export interface StoppedAnswer {
  /** null when the endpoint gave none. */
  stopReason: string | null;
  /** The policy category of a refusal, when named. */
  refusalCategory: string | null;
  /** null when the endpoint reported none; absent where it does not matter, as for a text on disk. */
  usage?: Usage | null;
}

export interface ValidationOptions {
  /** The shortest story, in code points, heading included. */
  minCharacters: number;
}

/** A story, a story with doubts, or (with a failure) no story. */
export interface Verdict {
  /** What makes it no story; null when it is one. */
  failure: Failure | null;
  /** Those of the reading first. */
  doubts: Doubt[];
}

/** Was the model cut off in the middle of its text? Then the rest can be asked for. */
export function isCutOff({ stopReason, text }: { stopReason: string | null; text: string }): boolean {
  return stopKindOf(stopReason) === 'cut_off' && text.trim() !== '';
}

/**
 * Decides whether an answer is a whole story. What a text is decides, not the form of its last line: that counts only
 * where the model has not said that it is done.
 * @param read the answer's text, as `readAnswer` read it
 */
export function validateAnswer(answer: StoppedAnswer, read: ReadAnswer, { minCharacters }: ValidationOptions): Verdict {
  const { text } = read;
  const stopped = failureOfStop(answer, text);
  if (stopped !== null) return { failure: stopped, doubts: read.doubts };
  const problems = [
    ...problemsOf(text, minCharacters),
    ...problemsOfRemoved(read.removed),
    ...problemsOfEnd(answer, text),
  ];
  return {
    failure: problems.find((problem) => problem.failure !== null)?.failure ?? null,
    doubts: mergeDoubts(
      read.doubts,
      problems.flatMap(({ doubt }) => doubt ?? []),
    ),
  };
}

/** Something that may be wrong with a text: a failure, or else a doubt. */
export interface Problem {
  failure: Failure | null;
  doubt: Doubt | null;
}

/** What the stop reason alone says. */
export function failureOfStop({ stopReason, refusalCategory }: StoppedAnswer, text: string): Failure | null {
  const kind = stopKindOf(stopReason);
  const code = stopReason ?? 'none';
  switch (kind) {
    case 'refused': {
      const category = refusalCategory ?? 'unnamed';
      return failure('unusable', `refusal:${category}`, `모델이 쓰기를 거절했습니다 (분류: ${category})`);
    }
    case 'cut_off': {
      const reason = `글이 토큰 한도에서 잘렸습니다 (${formatNumber(countCharacters(text))}자)`;
      return { ...failure('incomplete', code, reason), advice: 'MAX_TOKENS를 늘리세요' };
    }
    case 'filtered':
      return failure('unusable', code, `출력 필터가 글을 잘랐습니다 (${code})`);
    case 'paused':
      return failure('incomplete', code, `모델이 글을 마치지 않고 멈췄습니다 (${code})`);
    default:
      return null;
  }
}

/** What the text itself says, in the order in which it is told. */
export function problemsOf(text: string, minCharacters: number): Problem[] {
  const characters = countCharacters(text);
  if (characters === 0) return [surely('unusable', 'empty', '답에 글이 없습니다')];
  const body = text.replace(/^# .*\n+/, '');
  const sentences = sentencesOf(body);
  const shares = sharesOf(body, sentences);
  const letters = countLetters(text);
  const problems = [
    problemOf(findBroken(text), 'broken_text', '글자가 깨져 있습니다', 'broken_characters'),
    problemOf(findRefusal(body), 'refusal:in_words', '모델이 말로 거절했습니다', 'refusal'),
    isKorean(letters) ? null : surely('unusable', 'not_korean', '한국어가 아닌 글이 섞여 있습니다'),
    problemOf(
      letters.hasOthers ? findForeign(text) : null,
      'foreign_script',
      '다른 문자가 곳곳에 섞여 있습니다',
      'foreign_letters',
    ),
    problemOf(findTalk(body, shares), 'talk', '소설이 아니라 요청한 사람에게 하는 말입니다', 'talk'),
    problemOf(findOutline(body, shares), 'outline', '소설이 아니라 개요나 목록입니다', 'outline'),
    problemOf(findVersions(body), 'several_texts', '한 답에 이야기가 두 벌 들어 있습니다', 'several_texts'),
    problemOf(findOmission(body), 'unfinished', '빠진 곳이 있습니다', 'unfinished'),
    characters < minCharacters ? tooShort(characters, minCharacters) : null,
    problemOf(findLoop(body, sentences), 'repetition', '같은 말이 되풀이됩니다', 'repetition'),
  ];
  return problems.filter((problem) => problem !== null);
}

/** What the model said below the story: that it refuses to go on. */
function problemsOfRemoved(removed: readonly RemovedText[]): Problem[] {
  const refusal = removed.find(
    ({ where, what, text }) => where === 'after' && what !== 'reasoning' && refusesToGoOn(text),
  );
  if (refusal === undefined) return [];
  return [surely('unusable', 'refusal:in_words', `모델이 이어 쓰기를 거절했습니다 (${refusal.text.slice(0, 30)})`)];
}

/**
 * A gateway that has lost the API behind it may say `end_turn` all the same, and then has no count to report: without one
 * the form of the last line is a reason to doubt.
 */
function problemsOfEnd({ stopReason, usage }: StoppedAnswer, text: string): Problem[] {
  const kind = stopKindOf(stopReason);
  const problems: Problem[] = [];
  if (kind === 'unknown') problems.push({ failure: null, doubt: doubtOf('stop_reason', stopReason ?? undefined) });
  const end = lastLineOf(text);
  if (kind !== 'whole' && end === 'breaks_off') {
    problems.push(surely('incomplete', 'no_ending', '마지막 문장이 끝나지 않았습니다'));
  } else if (kind === 'whole' && usage !== null ? surelyBreaksOff(text) : end !== 'ends') {
    problems.push({ failure: null, doubt: doubtOf('unfinished_sentence') });
  }
  return problems;
}

function tooShort(characters: number, minCharacters: number): Problem {
  const counts = `${formatNumber(characters)}자, 최소 ${formatNumber(minCharacters)}자`;
  return surely('unusable', 'too_short', `답이 너무 짧습니다 (${counts})`);
}

function surely(kind: FailureKind, code: string, reason: string): Problem {
  return { failure: failure(kind, code, reason), doubt: null };
}

function problemOf(finding: Finding | null, code: string, reason: string, doubt: DoubtCode): Problem | null {
  if (finding === null) return null;
  if (finding.isFailure) return surely('unusable', code, `${reason} (${finding.detail})`);
  return { failure: null, doubt: doubtOf(doubt, finding.detail) };
}

/**
 * Is a story too much like one before it?
 * @param limit from 0 to 1; null: none is
 * @returns null when it is not
 */
export function validateSimilarity(nearest: MostSimilar | null, limit: number | null): Failure | null {
  if (nearest === null || limit === null || nearest.score <= limit) return null;
  const reason = `앞선 소설과 너무 닮았습니다 (${formatPercent(nearest.score)}, ${nearest.name})`;
  return failure('unusable', 'too_alike', reason);
}

function failure(kind: FailureKind, code: string, reason: string): Failure {
  return { kind, code, reason, advice: null, retryAfterMs: null };
}
