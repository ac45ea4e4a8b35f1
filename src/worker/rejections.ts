import type { Failure } from '../api/failure.js';
import type { RejectedEnd } from '../run/end-reason.js';
import type { FailedAttempt } from './attempt/outcome.js';

// Rejections: answers that were paid for and are no story. So many in a row mean that the next one will be none either.

/** Was an answer paid for that is no story? One whose cost is not known counts as paid. */
export function isRejection({ failure, usage }: FailedAttempt): boolean {
  const isVerdict = failure.kind === 'unusable' || failure.kind === 'incomplete';
  return isVerdict && (usage === null || usage.total_tokens > 0);
}

/** What to change when every rejected answer was of one kind, by the beginning of its code. */
const ADVICE: readonly [code: RegExp, advice: string][] = [
  [
    /^refusal/,
    '소재나 요청이 거절을 부릅니다. --request, --template, --cards의 내용을 바꾸거나 다른 모델(CLAUDE_MODEL)을 쓰세요',
  ],
  [/^(max_tokens|length|model_context_window|context_exceeded)/, 'MAX_TOKENS를 늘리거나 MAX_CONTINUATIONS를 늘리세요'],
  [/^too_short/, '모델이 짧게 씁니다. MIN_STORY_CHARACTERS를 낮추거나 다른 모델을 쓰세요'],
  [/^too_alike/, '소설들이 서로 닮았습니다. MAX_LIKENESS를 높이거나 카드를 늘리세요 (--cards)'],
  [
    /^(not_korean|foreign|broken)/,
    '모델이 한국어를 제대로 쓰지 못합니다. 다른 모델(CLAUDE_MODEL)을 쓰거나 주소를 확인하세요',
  ],
  [/^repetition/, '모델이 같은 말을 되풀이합니다. 다른 모델(CLAUDE_MODEL)을 쓰거나 TEMPERATURE를 확인하세요'],
  [/^empty/, '답에 글이 없습니다. 모델과 주소(ANTHROPIC_BASE_URL)를 확인하세요'],
];

const GENERAL_ADVICE = '모델(CLAUDE_MODEL), 주소(ANTHROPIC_BASE_URL), 요청(--request, --template)을 확인하세요';

/** The end of a run after so many rejections in a row: what they had in common, and what to change. */
export function toRejectedEnd(rejections: readonly Failure[]): RejectedEnd {
  const codes: Record<string, number> = {};
  for (const { code } of rejections) codes[code] = (codes[code] ?? 0) + 1;
  const shared = ADVICE.find(([pattern]) => rejections.every(({ code }) => pattern.test(code)));
  return { kind: 'rejected', count: rejections.length, codes, advice: shared?.[1] ?? GENERAL_ADVICE };
}
