import { classifyFailure } from '../../api/failure.js';
import { NO_TOKENS } from '../../api/usage.js';
import type { AxisCards, Premise } from '../../prompt/cards.js';
import { idsOf } from '../../prompt/cards.js';
import type { DrawPremise } from '../../prompt/deck.js';
import { composePrompt, type Prompt } from '../../prompt/prompt.js';
import type { RecentStories } from '../../store/recent-stories.js';
import type { SimilarityIndex } from '../../store/similarity-index.js';
import {
  appendRest,
  type Draft,
  lastCall,
  newDraft,
  type ReceivedAnswer,
  restRequest,
  validateDraft,
} from '../../story/continuation.js';
import type { MostSimilar } from '../../story/similarity.js';
import { validateSimilarity } from '../../story/validate-answer.js';
import type { AttemptOutcome, SavedStory } from './outcome.js';
import { type CallResult, createRecordedCall, type RecordedCallDeps } from './record-call.js';
import { retryUntilStored } from './retry-storage.js';
import { createSerialize } from './serialize.js';
import { createSettlement, type SettlementDeps, type StoryInHand } from './settle-attempt.js';

/** What an attempt has to know of the loop. */
export interface AttemptRequest {
  /** How often this story was tried, this time included. */
  tries: number;
  /** May a new story's call still be made? Asked again after a wait for room below a cap. */
  mayCall: () => boolean;
}

/**
 * Makes one attempt at a story: premise, prompt, calls, verdict, files. Its outcome is in the run's ledger. Any number
 * of them may be under way at a time.
 */
export type Attempt = (request: AttemptRequest) => Promise<AttemptOutcome>;

export interface AttemptDeps extends Omit<RecordedCallDeps, 'maxTokens'>, SettlementDeps {
  axes: readonly AxisCards[];
  drawPremise: DrawPremise;
  recent: RecentStories;
  similarity: Pick<SimilarityIndex, 'nearest' | 'add'>;
}

type UnansweredCall = Exclude<CallResult, { kind: 'answered' }>;

/** A text of a failed call that is longer, in characters, is kept: more than a paragraph. */
const LONGEST_UNKEPT = 200;

function isWorthKeeping(text: string): boolean {
  return text.trim().length > LONGEST_UNKEPT;
}

/**
 * A rest that the endpoint refuses because the conversation has grown too long for it says nothing about the next story:
 * the part is set aside, and the run goes on.
 */
function asRest(result: UnansweredCall): UnansweredCall {
  if (result.kind !== 'failed' || result.failure.code !== 'context_exceeded') return result;
  return { ...result, failure: { ...result.failure, kind: 'incomplete' } };
}

export function createAttempt(deps: AttemptDeps): Attempt {
  const { run, settings, axes, drawPremise, recent, similarity, log, storageRetry, stopping } = deps;
  const call = createRecordedCall({ ...deps, maxTokens: settings.maxTokens });
  const settle = createSettlement(deps);
  // Each story is compared with those that were saved while it was being written, and numbered after them.
  const concludingInTurn = createSerialize();
  const drawingInTurn = createSerialize();
  let underWay = 0;

  return async (request) => {
    underWay++;
    const sequence = run.state().statistics.stories + underWay;
    const inHand: StoryInHand = { sequence, tries: request.tries, call: null, draft: null, part: null };
    try {
      return await attemptStory(inHand, request);
    } catch (error) {
      return await settleUnforeseen(error, inHand);
    } finally {
      underWay--;
    }
  };

  async function attemptStory(inHand: StoryInHand, { tries, mayCall }: AttemptRequest): Promise<AttemptOutcome> {
    const { sequence } = inHand;
    const what = '소재를 뽑지';
    const drawing = await drawingInTurn(() => retryUntilStored(storageRetry, { what, giveUp: stopping }, drawPremise));
    if (!drawing.done) return { kind: 'abandoned' };
    const premise = drawing.value;
    const prompt = composePrompt(premise, axes, settings, recent.list());
    const onRecorded = (number: number) => {
      inHand.call = number;
      log.info(
        { event: 'story_started', sequence, attempt: tries, premise: idsOf(premise) },
        `${sequence}번째 소설을 씁니다 - ${premise.place.text} / ${premise.presence.text}`,
      );
    };
    const first = await call(prompt, { sequence, premise: idsOf(premise), continues: null, onRecorded, mayCall });
    if (first.kind !== 'answered') return settleWithoutAnswer(first, inHand, premise, newDraft);
    inHand.draft = newDraft(first);
    const interrupted = await completeDraft(inHand, inHand.draft, premise, prompt);
    return interrupted ?? concludingInTurn(() => conclude(inHand, premise));
  }

  /**
   * Asks for the rest of a draft for as long as the model is cut off and the settings allow.
   * @returns the attempt's outcome when a rest did not come; null when the draft is as complete as it gets
   */
  async function completeDraft(
    inHand: StoryInHand,
    draft: Draft,
    premise: Premise,
    prompt: Prompt,
  ): Promise<AttemptOutcome | null> {
    const { sequence } = inHand;
    for (let asked = 1; asked <= settings.maxContinuations; asked++) {
      const rest = restRequest(prompt, draft.answer);
      if (rest === null) return null;
      const part = await settle.keepPart(inHand, draft, premise);
      if (part === null) return settle.abandon(inHand, lastCall(draft).usage);
      const onRecorded = (number: number) => {
        inHand.call = number;
        log.info(
          { event: 'continuing', sequence, asked },
          `글이 토큰 한도에서 잘려 이어서 쓰게 합니다 (${asked}/${settings.maxContinuations})`,
        );
      };
      const next = await call(rest.prompt, {
        sequence,
        premise: idsOf(premise),
        continues: part,
        onRecorded,
        mayCall: () => true,
      });
      const append = (received: ReceivedAnswer) => appendRest(draft, part, rest.cut, received);
      if (next.kind !== 'answered') return settleWithoutAnswer(asRest(next), inHand, premise, append);
      draft = append(next);
      inHand.draft = draft;
    }
    return null;
  }

  /**
   * The end of an attempt whose last call brought no whole answer. Text that had arrived was paid for, and is set aside.
   * @param toDraft puts that text together with what there was before
   */
  async function settleWithoutAnswer(
    result: UnansweredCall,
    inHand: StoryInHand,
    premise: Premise,
    toDraft: (received: ReceivedAnswer) => Draft,
  ): Promise<AttemptOutcome> {
    if (result.kind === 'failed') {
      const { failure, usage, partial } = result;
      if (partial === null || !isWorthKeeping(partial.answer.text)) return settle.fail(inHand, failure, usage);
      return settle.setAside(inHand, { draft: toDraft(partial), premise }, failure);
    }
    if (result.kind === 'abandoned') return settle.abandon(inHand, null);
    await settle.setPartAside(inHand);
    return result;
  }

  /** Judges what there is, and keeps it as a story or sets it aside. */
  async function conclude(inHand: StoryInHand, premise: Premise): Promise<AttemptOutcome> {
    const { draft } = inHand;
    if (draft === null) throw new Error('there is no answer to judge');
    const { failure, doubts } = validateDraft(draft, settings);
    if (failure !== null && draft.answer.text.trim() === '') return settle.fail(inHand, failure, lastCall(draft).usage);
    if (failure !== null) return settle.setAside(inHand, { draft, premise }, failure);
    const nearest = await findMostSimilar(draft.read.text);
    const alike = validateSimilarity(nearest, settings.maxLikeness);
    if (alike !== null) return settle.setAside(inHand, { draft, premise, nearest }, alike);
    const outcome = await settle.save(inHand, { draft, premise, nearest, doubts });
    if (outcome.kind === 'saved') await rememberStory(outcome);
    return outcome;
  }

  /** @returns null too when the index cannot be used: no story is lost for that */
  async function findMostSimilar(text: string): Promise<MostSimilar | null> {
    try {
      return await similarity.nearest(text);
    } catch (error) {
      log.warn({ event: 'likeness_unknown', err: error }, '앞선 소설들과 얼마나 닮았는지 재지 못했습니다');
      return null;
    }
  }

  /** Lets later stories keep away from this one. */
  async function rememberStory({ story, stored }: SavedStory): Promise<void> {
    recent.add(story);
    await similarity.add(stored.name, story.text).catch((error: unknown) => {
      // The next start reads the story itself.
      log.debug({ event: 'likeness_not_added', err: error }, '닮은 소설을 찾는 색인에 더하지 못했습니다');
    });
  }

  /** A defect, ours or a library's. An answer that was there already was paid for, and goes to the log. */
  async function settleUnforeseen(error: unknown, inHand: StoryInHand): Promise<AttemptOutcome> {
    const { draft } = inHand;
    const failure = classifyFailure(error);
    log.error({ event: 'unforeseen', err: error, ...(draft === null ? {} : { answer: draft.answer }) }, failure.reason);
    // Without an open call there is nothing to count: none was made, or its outcome is recorded.
    const usage = draft === null ? null : lastCall(draft).usage;
    return settle.fail(inHand, failure, settle.isOpen(inHand) ? usage : NO_TOKENS);
  }
}
