import type { Failure } from '../api/failure.js';
import { type Doubt, type DoubtCode, doubtOf, mergeDoubts } from './doubts.js';
import { hasRepeatedParagraph } from './judging/loops.js';
import { type ReadAnswer, readAnswer } from './read-answer.js';
import type { RemovedKind } from './reading/removed-text.js';
import { type ValidationOptions, type Verdict, validateAnswer } from './validate-answer.js';

export interface SavedOptions extends ValidationOptions {
  /** As its metadata tells. */
  stopReason: string | null;
  /** The codes of the doubts that were recorded when it was saved; null in version 1, which recorded none. */
  recorded: readonly string[] | null;
}

/**
 * Judges the text of a story on disk, below its frontmatter, by the rules for answers. A text of version 1 that today's
 * rules refuse, and that version's did not, is a story with a doubt.
 */
export function validateSaved(text: string, { stopReason, recorded, minCharacters }: SavedOptions): Verdict {
  const asItStands: ReadAnswer = { title: null, text, tags: [], removed: [], doubts: [] };
  const verdict = validateAnswer({ stopReason, refusalCategory: null }, asItStands, { minCharacters });
  const { failure } = verdict;
  const taken = readAnswer(text).removed.map(({ what }) => what);
  if (recorded !== null) {
    const isChanged = failure === null && wasChanged(verdict.doubts, taken, recorded);
    return isChanged ? { ...verdict, failure: CHANGED } : verdict;
  }
  const kinds = [...new Set(taken)].filter((what) => what !== 'title');
  const around = kinds.length === 0 ? [] : [doubtOf('surroundings', kinds.join(', '))];
  if (failure === null || wasRefused(failure, text)) return { failure, doubts: mergeDoubts(verdict.doubts, around) };
  return { failure: null, doubts: mergeDoubts([doubtInsteadOf(failure)], verdict.doubts, around) };
}

/**
 * A story is read before it is saved: talk that reading would take away, and a broken last sentence, came into the text
 * later unless a doubt says otherwise. No other doubt counts, so that new rules do not turn against old stories.
 */
function wasChanged(doubts: readonly Doubt[], taken: readonly RemovedKind[], recorded: readonly string[]): boolean {
  const isUnclear = recorded.some((code) => code === 'unclear_preface' || code === 'unclear_tail');
  const breaksOff =
    doubts.some(({ code }) => code === 'unfinished_sentence') && !recorded.includes('unfinished_sentence');
  return breaksOff || (taken.includes('talk') && !isUnclear);
}

const CHANGED: Failure = {
  ...{ kind: 'unforeseen', code: 'changed', reason: '저장한 뒤에 바뀐 글로 보입니다' },
  ...{ advice: null, retryAfterMs: null },
};

/** The codes that version 1 gave too, by the same bounds. */
const OLD_CODES = new Set(['empty', 'too_short', 'not_korean', 'max_tokens', 'model_context_window_exceeded']);

/** Would version 1 have refused it too? It knew one kind of repetition only. */
function wasRefused({ code }: Failure, text: string): boolean {
  if (code === 'repetition') return hasRepeatedParagraph(text);
  return OLD_CODES.has(code) || (code.startsWith('refusal:') && code !== 'refusal:in_words');
}

const DOUBTS: Record<string, DoubtCode> = {
  broken_text: 'broken_characters',
  'refusal:in_words': 'refusal',
  foreign_script: 'foreign_letters',
  talk: 'talk',
  outline: 'outline',
  repetition: 'repetition',
  no_ending: 'unfinished_sentence',
};

/** Stop reasons that version 1 did not know are the codes without a doubt of their own. */
const doubtInsteadOf = ({ code, reason }: Failure): Doubt => doubtOf(DOUBTS[code] ?? 'stop_reason', reason);
