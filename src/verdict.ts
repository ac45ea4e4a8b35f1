import type { Answer } from './author.js';
import type { Failure } from './failure.js';
import { formatNumber } from './statistics.js';
import { countCharacters } from './story.js';

/** Stop reasons that mean: the model was cut off, not finished. */
const CUT_OFF = new Set(['max_tokens', 'model_context_window_exceeded']);

/**
 * Decides whether an answer is a story.
 * @param minCharacters the shortest text, in code points, that counts as one
 * @returns null when it is, and else what is wrong with it
 */
export function judge(answer: Answer, minCharacters: number): Failure | null {
  const { stopReason, refusalCategory } = answer;
  if (stopReason === 'refusal') {
    const category = refusalCategory ?? 'unnamed';
    return unusable(`refusal:${category}`, `모델이 쓰기를 거절했습니다 (분류: ${category})`);
  }
  const characters = countCharacters(answer.text.trim());
  if (stopReason !== null && CUT_OFF.has(stopReason)) {
    return {
      kind: 'incomplete',
      code: stopReason,
      reason: `글이 토큰 한도에서 잘렸습니다 (${formatNumber(characters)}자)`,
      advice: 'MAX_TOKENS를 늘리세요',
      retryAfterMs: null,
    };
  }
  if (characters === 0) return unusable('empty', '답에 글이 없습니다');
  if (characters < minCharacters) {
    return unusable(
      'too_short',
      `답이 너무 짧습니다 (${formatNumber(characters)}자, 최소 ${formatNumber(minCharacters)}자)`,
    );
  }
  return null;
}

function unusable(code: string, reason: string): Failure {
  return { kind: 'unusable', code, reason, advice: null, retryAfterMs: null };
}
