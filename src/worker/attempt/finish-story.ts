import { classifyFailure } from '../../api/failure.js';
import { NO_TOKENS } from '../../api/usage.js';
import { idsOf, type Premise } from '../../prompt/cards.js';
import type { Prompt } from '../../prompt/prompt.js';
import { type RecentStories, toRecentStory } from '../../store/recent-stories.js';
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
import type { Pacing } from '../pacing.js';
import { createMutex } from './mutex.js';
import type { AttemptOutcome, SavedStory } from './outcome.js';
import type { CallResult, RecordedCall } from './record-call.js';
import { createSettlement, type SettlementDeps, type StoryInHand } from './settle-attempt.js';

// From a call's result to the end of the attempt: the rest of a cut-off answer, the verdict, the files.

export interface FinishStoryDeps extends SettlementDeps {
  /** Makes a call, for the rest of an answer. */
  call: RecordedCall;
  recent: RecentStories;
  similarity: Pick<SimilarityIndex, 'nearest' | 'add'>;
  pacing: Pick<Pacing, 'opensIn' | 'slowDown'>;
}

/** A premise and the prompt that was made of it. */
export interface Commission {
  premise: Premise;
  prompt: Prompt;
}

export interface FinishStory {
  /** Ends an attempt whose first call has come to something. Its outcome is in the run's ledger. Never rejects. */
  finish(inHand: StoryInHand, commission: Commission, result: CallResult): Promise<AttemptOutcome>;
  /** Ends an attempt on which a defect came up, ours or a library's. */
  settleUnforeseen(error: unknown, inHand: StoryInHand): Promise<AttemptOutcome>;
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

export function createFinishStory(deps: FinishStoryDeps): FinishStory {
  const { call, settings, recent, similarity, pacing, log, clock, aborting } = deps;
  const settle = createSettlement(deps);
  // Each story is compared with those that were saved while it was being written, and numbered after them.
  const concludeMutex = createMutex();
  return { finish, settleUnforeseen };

  async function finish(inHand: StoryInHand, commission: Commission, result: CallResult): Promise<AttemptOutcome> {
    const { premise, prompt } = commission;
    try {
      if (result.kind !== 'answered') return await settleWithoutAnswer(result, inHand, premise, newDraft);
      inHand.draft = newDraft(result);
      const interrupted = await completeDraft(inHand, inHand.draft, premise, prompt);
      return interrupted ?? (await concludeMutex(() => conclude(inHand, premise)));
    } catch (error) {
      return settleUnforeseen(error, inHand);
    }
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
        // A rest is streamed, at the full price, also where its beginning came with a batch.
        inHand.price = inHand.model.price;
        log.info(
          { event: 'continuing', sequence, asked },
          `글이 토큰 한도에서 잘려 이어서 쓰게 합니다 (${asked}/${settings.maxContinuations})`,
        );
      };
      // The same limit holds for the rest, and a refused rest would cost the part.
      pacing.slowDown(draft.answer.slowUntil);
      const next = await call(rest.prompt, {
        sequence,
        premise: idsOf(premise),
        model: inHand.model,
        continues: part,
        onRecorded,
        mayCall: waitForPace,
      });
      const append = (received: ReceivedAnswer) => appendRest(draft, part, rest.cut, received);
      if (next.kind !== 'answered') return settleWithoutAnswer(asRest(next), inHand, premise, append);
      draft = append(next);
      inHand.draft = draft;
    }
    return null;
  }

  /** A story that is begun is finished: neither a signal nor a limit keeps its rest from being asked for. */
  async function waitForPace(): Promise<boolean> {
    for (let left = pacing.opensIn(); left > 0 && !aborting.aborted; left = pacing.opensIn()) {
      await clock.sleep(left, aborting);
    }
    return !aborting.aborted;
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
    if (outcome.kind === 'saved') await rememberStory(outcome, premise);
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
  async function rememberStory({ story, stored }: SavedStory, premise: Premise): Promise<void> {
    recent.add(toRecentStory(story, premise.structure?.text));
    await similarity.add(stored.name, story.text).catch((error: unknown) => {
      // The next start reads the story itself.
      log.debug({ event: 'likeness_not_added', err: error }, '닮은 소설을 찾는 색인에 더하지 못했습니다');
    });
  }

  /** An answer that was there already was paid for, and goes to the log. */
  async function settleUnforeseen(error: unknown, inHand: StoryInHand): Promise<AttemptOutcome> {
    const { draft } = inHand;
    const failure = classifyFailure(error);
    log.error({ event: 'unforeseen', err: error, ...(draft === null ? {} : { answer: draft.answer }) }, failure.reason);
    // Without an open call there is nothing to count: none was made, or its outcome is recorded.
    const usage = draft === null ? null : lastCall(draft).usage;
    return settle.fail(inHand, failure, settle.isOpen(inHand) ? usage : NO_TOKENS);
  }
}
