// Doubts: what may be wrong with a story, but not surely enough to take something away or to refuse it.

/** Every doubt: its stable code, for counting and grep, and what it says in Korean. */
export const DOUBT_REASONS = {
  unclear_preface: '소설 앞에 소설이 아닐 수도 있는 말이 있습니다',
  unclear_tail: '소설 끝에 소설이 아닐 수도 있는 말이 있습니다',
  unclear_title: '제목인지 본문의 첫 줄인지 분명하지 않습니다',
  reasoning_inside: '본문 가운데에 생각 과정 표시가 있습니다',
  unclosed_reasoning: '생각 과정이 닫히지 않은 채 소설이 이어집니다',
  surroundings: '지금 규칙으로는 떼어 낼 말이 소설 앞뒤에 남아 있습니다',
  stop_reason: '모르는 종료 사유(stop_reason)입니다',
  unfinished: '모델이 이야기를 다 쓰지 않았다고 합니다',
  unfinished_sentence: '마지막 문장이 끝나지 않은 것처럼 보입니다',
  broken_characters: '깨진 글자가 있습니다',
  foreign_letters: '다른 문자가 섞여 있습니다',
  repetition: '같은 말이 여러 번 되풀이됩니다',
  outline: '소설이 아니라 개요나 목록일 수도 있습니다',
  several_texts: '한 답에 이야기가 두 벌 들어 있을 수도 있습니다',
  refusal: '거절하는 말일 수도 있습니다',
  talk: '독자가 아니라 요청한 사람에게 하는 말이 많습니다',
  seam: '이어 쓴 곳이 매끄럽지 않을 수 있습니다',
} as const;

export type DoubtCode = keyof typeof DOUBT_REASONS;

/** One doubt about a story. */
export interface Doubt {
  code: DoubtCode;
  /** Korean: what is doubtful, for the log and the report. */
  reason: string;
}

/** @param detail Korean: where or how much; added in parentheses */
export function doubtOf(code: DoubtCode, detail?: string): Doubt {
  const reason = DOUBT_REASONS[code];
  return { code, reason: detail === undefined ? reason : `${reason} (${detail})` };
}

/** The doubts of both lists, each code once: the first one stays. */
export function mergeDoubts(...lists: readonly (readonly Doubt[])[]): Doubt[] {
  const merged = new Map<DoubtCode, Doubt>();
  for (const doubt of lists.flat()) if (!merged.has(doubt.code)) merged.set(doubt.code, doubt);
  return [...merged.values()];
}
