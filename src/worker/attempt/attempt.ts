import type { AxisCards } from '../../prompt/cards.js';
import { idsOf } from '../../prompt/cards.js';
import type { DrawPremise } from '../../prompt/deck.js';
import { composePrompt } from '../../prompt/prompt.js';
import type { ModelChooser } from '../model-chooser.js';
import { createFinishStory, type FinishStory, type FinishStoryDeps } from './finish-story.js';
import { createMutex } from './mutex.js';
import type { AttemptOutcome } from './outcome.js';
import { createRecordedCall, type RecordedCallDeps } from './record-call.js';
import { retryUntilStored } from './retry-storage.js';
import type { StoryInHand } from './settle-attempt.js';

/** What an attempt has to know of the loop. */
export interface AttemptRequest {
  /** How often this story was tried, this time included. */
  tries: number;
  /** Resolves when a new story's call may be made; with false when it is not to be made any more. */
  mayCall: () => Promise<boolean>;
}

/**
 * Makes one attempt at a story: premise, prompt, calls, verdict, files. Its outcome is in the run's ledger. Any number
 * of them may be under way at a time. Never rejects.
 */
export type Attempt = (request: AttemptRequest) => Promise<AttemptOutcome>;

export interface AttemptDeps extends Omit<RecordedCallDeps, 'maxTokens'>, Omit<FinishStoryDeps, 'call'> {
  axes: readonly AxisCards[];
  drawPremise: DrawPremise;
  models: ModelChooser;
}

export interface Attempts {
  attempt: Attempt;
  /** For calls that are made in another way. */
  finishStory: FinishStory;
}

export function createAttempts(deps: AttemptDeps): Attempts {
  const { run, settings, axes, drawPremise, models, recent, log, storageRetry, stopping } = deps;
  const call = createRecordedCall({ ...deps, maxTokens: settings.maxTokens });
  const finishStory = createFinishStory({ ...deps, call });
  const drawMutex = createMutex();
  let underWay = 0;

  return { attempt, finishStory };

  async function attempt(request: AttemptRequest): Promise<AttemptOutcome> {
    underWay++;
    const sequence = run.state().statistics.stories + underWay;
    const model = models.choose();
    const { price } = model;
    const inHand: StoryInHand = { sequence, tries: request.tries, model, price, call: null, draft: null, part: null };
    try {
      return models.report(model, await attemptStory(inHand, request));
    } catch (error) {
      return await finishStory.settleUnforeseen(error, inHand);
    } finally {
      underWay--;
    }
  }

  async function attemptStory(inHand: StoryInHand, { tries, mayCall }: AttemptRequest): Promise<AttemptOutcome> {
    const { sequence, model } = inHand;
    const what = '소재를 뽑지';
    const drawing = await drawMutex(() => retryUntilStored(storageRetry, { what, giveUp: stopping }, drawPremise));
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
    const first = await call(prompt, {
      sequence,
      premise: idsOf(premise),
      model,
      continues: null,
      onRecorded,
      mayCall,
    });
    return finishStory.finish(inHand, { premise, prompt }, first);
  }
}
