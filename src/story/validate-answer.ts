import type { Failure, FailureKind } from '../api/failure.js';
import { formatNumber, formatPercent } from '../lib/format-number.js';
import { type Doubt, mergeDoubts } from './doubt.js';
import type { ReadAnswer } from './read-answer.js';
import type { MostSimilar } from './similarity.js';
import { stopKindOf } from './stop-reason.js';
import { countCharacters } from './story.js';

/** What of an answer the verdict looks at, besides its text. */
export interface StoppedAnswer {
  /** null when the endpoint gave none. */
  stopReason: string | null;
  /** The policy category of a refusal, when named. */
  refusalCategory: string | null;
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
 * Decides whether an answer is a whole story.
 * @param read the answer's text, as `readAnswer` read it
 */
export function validateAnswer(answer: StoppedAnswer, read: ReadAnswer, { minCharacters }: ValidationOptions): Verdict {
  return { failure: failureOf(answer, read.text, minCharacters), doubts: mergeDoubts(read.doubts) };
}

function failureOf(answer: StoppedAnswer, text: string, minCharacters: number): Failure | null {
  const { stopReason, refusalCategory } = answer;
  if (stopReason === 'refusal') {
    const category = refusalCategory ?? 'unnamed';
    return failure('unusable', `refusal:${category}`, `모델이 쓰기를 거절했습니다 (분류: ${category})`);
  }
  const characters = countCharacters(text);
  if (stopReason !== null && stopKindOf(stopReason) === 'cut_off') {
    const reason = `글이 토큰 한도에서 잘렸습니다 (${formatNumber(characters)}자)`;
    return { ...failure('incomplete', stopReason, reason), advice: 'MAX_TOKENS를 늘리세요' };
  }
  if (characters === 0) return failure('unusable', 'empty', '답에 글이 없습니다');
  const { preface, paragraphs } = takeApart(text);
  if (koreanShare(text) < LEAST_KOREAN) return failure('unusable', 'not_korean', '한국어가 아닌 글이 섞여 있습니다');
  if (characters < minCharacters) {
    const counts = `${formatNumber(characters)}자, 최소 ${formatNumber(minCharacters)}자`;
    return failure('unusable', 'too_short', `답이 너무 짧습니다 (${counts})`);
  }
  if (preface !== '' || META_BEFORE.test(paragraphs[0] ?? '') || META_AFTER.test(paragraphs.at(-1) ?? '')) {
    return failure('unusable', 'meta_talk', '소설 앞뒤에 소설이 아닌 말이 있습니다');
  }
  if (hasRepetition(paragraphs)) return failure('unusable', 'repetition', '같은 문단이 되풀이됩니다');
  if (!ends(text)) return failure('incomplete', 'no_ending', '마지막 문장이 끝나지 않았습니다');
  return null;
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

/** What stands before the title, and the paragraphs below it. */
function takeApart(text: string): { preface: string; paragraphs: string[] } {
  const heading = /^ {0,3}#[ \t]+\S.*$/m.exec(text);
  const preface = heading === null ? '' : text.slice(0, heading.index);
  const body = heading === null ? text : text.slice(heading.index + heading[0].length);
  const paragraphs = body
    .split(/\n\s*\n/)
    .map((paragraph) => paragraph.trim())
    .filter((paragraph) => paragraph !== '');
  // A rule above the title says nothing.
  return { preface: preface.replace(/[-*_\s]/g, ''), paragraphs };
}

/** How a model talks to whoever asked, not to a reader. */
const META_BEFORE =
  /^(물론(입니다|이죠|이에요)|네[,.!] |알겠습니다|요청하신|요청에 따라|(다음|아래)은 .{0,30}(소설|이야기|단편)|sure\b|certainly\b|of course\b|here('s| is)\b)/i;
const META_AFTER =
  /^[([*_\s]*(총?\s*(글자|공백)[^.]{0,12}\s*[:：]?\s*약?\s*[\d,]+\s*자|약?\s*[\d,]+자(?![가-힣])|이 (소설|이야기|단편)(은|는) .{0,60}(작성|구성|표현)|도움이 되|마음에 드|수정이 필요|더 필요한|let me know\b)/i;

/** The least share of Hangul among the letters of a Korean text; names and screens may be in Latin letters. */
const LEAST_KOREAN = 0.8;

function koreanShare(text: string): number {
  const letters = text.match(/\p{L}/gu)?.length ?? 0;
  const hangul = text.match(/\p{Script=Hangul}/gu)?.length ?? 0;
  return letters === 0 ? 0 : hangul / letters;
}

/** Short ones, a knock or a name called, may well come back. */
const REPEATABLE = 60;

function hasRepetition(paragraphs: readonly string[]): boolean {
  const long = paragraphs.filter((paragraph) => countCharacters(paragraph) >= REPEATABLE);
  return new Set(long).size < long.length;
}

/** A mark that ends a sentence, or a verb that does; quotes, brackets and emphasis may close after it. */
function ends(text: string): boolean {
  const last = text.replace(/[\s"'”’」』)\]*_~]+$/u, '');
  return /([.!?…。！？─—]|[다요까죠네지라])$/u.test(last);
}
