import { classifyFailure, type Failure } from '../api/failure.js';
import { costOf } from '../api/pricing.js';
import { NO_TOKENS, type Usage } from '../api/usage.js';
import type { Logger } from '../logging/logger.js';
import { type AxisCards, idsOf } from '../prompt/cards.js';
import type { DrawPremise } from '../prompt/deck.js';
import { composePrompt } from '../prompt/prompt.js';
import type { CapHit } from '../run/budget.js';
import type { RecentStories } from '../store/recent-stories.js';
import type { SimilarityIndex } from '../store/similarity-index.js';
import { type RunSettings, toStoryFiles, type WrittenDraft } from '../store/story-metadata.js';
import { newName, type StoredStory, type StoryStore } from '../store/story-store.js';
import { appendRest, type Draft, lastCall, newDraft, restRequest, validateDraft } from '../story/continuation.js';
import type { MostSimilar } from '../story/similarity.js';
import { type Story, toStory } from '../story/story.js';
import { validateSimilarity } from '../story/validate-answer.js';
import { type CallResult, createRecordedCall, type RecordedCallDeps } from './record-call.js';
import { retryUntilStored } from './retry-storage.js';
import { createSaveStory } from './save-story.js';

/** A story on disk. */
export interface SavedStory {
  kind: 'saved';
  story: Story;
  stored: StoredStory;
  usage: Usage | null;
  costUsd: number | null;
  generationMs: number;
  nearest: MostSimilar | null;
  /** The API asks to slow down until then, milliseconds since the epoch; null when it does not. */
  slowUntil: number | null;
}

/** An attempt that gave no story. */
export interface FailedAttempt {
  kind: 'failed';
  failure: Failure;
}

/** The attempt was given up on request. */
export interface AbandonedAttempt {
  kind: 'abandoned';
}

/** No call was made, for it might have passed a cap. */
export interface CappedAttempt {
  kind: 'capped';
  hit: CapHit;
}

export type AttemptOutcome = SavedStory | FailedAttempt | AbandonedAttempt | CappedAttempt;

/** Makes one attempt at a story: premise, prompt, calls, verdict, files. Its outcome is in the run's ledger. */
export type Attempt = () => Promise<AttemptOutcome>;

export interface AttemptDeps extends Omit<RecordedCallDeps, 'maxTokens'> {
  facts: RunSettings;
  axes: readonly AxisCards[];
  drawPremise: DrawPremise;
  recent: RecentStories;
  likeness: Pick<SimilarityIndex, 'nearest' | 'add'>;
  store: StoryStore;
  log: Logger;
}

export function createAttempt(deps: AttemptDeps): Attempt {
  const { run, facts, price, axes, drawPremise, recent, likeness, store } = deps;
  const { log, clock, storageRetry, stopping } = deps;
  const call = createRecordedCall({ ...deps, maxTokens: facts.maxTokens });
  const commit = createSaveStory(deps);

  return async () => {
    let draft: Draft | null = null;
    try {
      return await attemptStory((inHand) => {
        draft = inHand;
      });
    } catch (error) {
      return unforeseen(error, draft);
    }
  };

  /** @param inHand told of what is paid for and not on disk yet */
  async function attemptStory(inHand: (draft: Draft | null) => void): Promise<AttemptOutcome> {
    const { statistics, failuresInARow } = run.state();
    const sequence = statistics.stories + 1;
    const attempts = failuresInARow + 1;
    const drawing = await retryUntilStored(storageRetry, { what: '소재를 뽑지', giveUp: stopping }, drawPremise);
    if (!drawing.done) return { kind: 'abandoned' };
    const premise = drawing.value;
    const purpose = { sequence, premise: idsOf(premise) };
    const prompt = composePrompt(premise, axes, facts, recent.list());
    const announceStart = () =>
      log.info(
        { event: 'story_started', sequence, attempt: attempts, premise: purpose.premise },
        `${sequence}번째 소설을 씁니다 - ${premise.place.text} / ${premise.presence.text}`,
      );
    const first = await call(prompt, { ...purpose, continues: null, onRecorded: announceStart });
    if (first.kind !== 'answered') return ended(first);
    let draft = newDraft(first);
    inHand(draft);
    for (let asked = 1; asked <= facts.maxContinuations; asked++) {
      const rest = restRequest(prompt, draft.answer);
      if (rest === null) break;
      const part = await keepPart({ sequence, attempts, premise, draft });
      if (part === null) return abandon(lastCall(draft).usage);
      inHand(null);
      const announceRest = () =>
        log.info(
          { event: 'continuing', sequence, asked },
          `글이 토큰 한도에서 잘려 이어서 쓰게 합니다 (${asked}/${facts.maxContinuations})`,
        );
      const next = await call(rest.prompt, { ...purpose, continues: part, onRecorded: announceRest });
      if (next.kind !== 'answered') return ended(next);
      draft = appendRest(draft, part, rest.cut, next);
      inHand(draft);
    }
    return conclude({ sequence, attempts, premise, draft });
  }

  /** The end of an attempt whose last call brought nothing. */
  async function ended(called: Exclude<CallResult, { kind: 'answered' }>): Promise<AttemptOutcome> {
    if (called.kind === 'failed') return fail(called.failure, called.usage);
    if (called.kind === 'abandoned') return abandon(null);
    await setPartAside();
    return called;
  }

  async function conclude(written: WrittenDraft): Promise<AttemptOutcome> {
    const { answer } = written.draft;
    const { failure } = validateDraft(written.draft, facts);
    if (failure !== null && answer.text.trim() === '') return fail(failure, lastCall(written.draft).usage);
    if (failure !== null) return setAside(written, failure);
    const nearest = await findNearest(written.draft.read.text);
    const alike = validateSimilarity(nearest, facts.maxLikeness);
    return alike === null ? save({ ...written, nearest }) : setAside({ ...written, nearest }, alike);
  }

  /** @returns null too when the index cannot be used: no story is lost for that */
  async function findNearest(text: string): Promise<MostSimilar | null> {
    try {
      return await likeness.nearest(text);
    } catch (error) {
      log.warn({ event: 'likeness_unknown', err: error }, '앞선 소설들과 얼마나 닮았는지 재지 못했습니다');
      return null;
    }
  }

  async function save(written: WrittenDraft & { nearest: MostSimilar | null }): Promise<AttemptOutcome> {
    const { sequence, premise, draft, nearest } = written;
    const { costUsd, generationMs } = draft;
    const { usage, slowUntil } = draft.answer;
    if (usage === null) log.warn({ event: 'usage_missing', sequence }, '토큰 사용량 정보 없음');
    const story = toStory(draft.read, premise);
    const name = newName(clock.now());
    const record = { ...outcome(draft), kind: 'story', name, generation_ms: generationMs, nearest } as const;
    const committed = await commit(entryOf(written, story), record, 'stories');
    if (!committed.done || committed.stored === null) return abandon(lastCall(draft).usage);
    recent.add(story);
    await likeness.add(name, story.text).catch((error: unknown) => {
      // The next start reads the story itself.
      log.debug({ event: 'likeness_not_added', err: error }, '닮은 소설을 찾는 색인에 더하지 못했습니다');
    });
    return { kind: 'saved', story, stored: committed.stored, usage, costUsd, generationMs, nearest, slowUntil };
  }

  /** Keeps an answer that is no story, for it was paid for. */
  async function setAside(written: WrittenDraft, failure: Failure): Promise<AttemptOutcome> {
    const { kind, code } = failure;
    const story = toStory(written.draft.read, written.premise);
    const name = newName(clock.now());
    const record = { ...outcome(written.draft), kind: 'failure', failure: kind, code, name } as const;
    const committed = await commit(entryOf(written, story, failure), record, 'set-aside');
    if (!committed.done || committed.stored === null) return abandon(lastCall(written.draft).usage);
    announceSetAside(committed.stored, code);
    return { kind: 'failed', failure };
  }

  /**
   * Keeps a cut-off text while its rest is asked for, so that a kill leaves it to the next start.
   * @returns its name; null when given up on request
   */
  async function keepPart(written: WrittenDraft): Promise<string | null> {
    const { failure } = validateDraft(written.draft, facts);
    if (failure === null) throw new Error('a cut-off answer cannot be whole');
    const name = newName(clock.now());
    const entry = entryOf(written, toStory(written.draft.read, written.premise), failure);
    const record = { ...outcome(written.draft), kind: 'part', name, code: failure.code } as const;
    return (await commit(entry, record, null)).done ? name : null;
  }

  /** Sets aside the part whose rest did not come, if there is one. */
  async function setPartAside(): Promise<void> {
    const { part } = run.state();
    if (part === null) return;
    try {
      announceSetAside(await store.publish(part.name, 'set-aside'), part.code);
    } catch (error) {
      // Whole and in the ledger: the next start moves it.
      log.warn({ event: 'part_left_staged', err: error }, `잘린 글을 작업 폴더에 둡니다: ${part.name}`);
    }
  }

  function announceSetAside({ markdownPath }: StoredStory, code: string): void {
    log.warn(
      { event: 'set_aside', path: markdownPath, code },
      `소설로 쓸 수 없는 답을 따로 보관했습니다: ${markdownPath}`,
    );
  }

  /** A defect, ours or a library's. An answer that was there already was paid for, and goes to the log. */
  async function unforeseen(error: unknown, draft: Draft | null): Promise<AttemptOutcome> {
    const failure = classifyFailure(error);
    log.error({ event: 'unforeseen', err: error, ...(draft === null ? {} : { answer: draft.answer }) }, failure.reason);
    // Without a call in hand there is nothing to count: none was made, or its outcome is recorded.
    const usage = draft === null ? null : lastCall(draft).usage;
    return fail(failure, run.state().open === null ? NO_TOKENS : usage);
  }

  async function fail(failure: Failure, usage: Usage | null): Promise<AttemptOutcome> {
    await setPartAside();
    const { kind, code } = failure;
    const record = { ...costs(usage), kind: 'failure', failure: kind, code, name: null } as const;
    const result = await retryUntilStored(storageRetry, { what: '실패를 장부에 적지', giveUp: stopping }, () =>
      run.record(record),
    );
    if (!result.done) run.recordInMemory(record);
    return { kind: 'failed', failure };
  }

  /** The process ends after this; a ledger that cannot be written then shows the call as lost. */
  async function abandon(usage: Usage | null): Promise<AttemptOutcome> {
    await setPartAside();
    // Counted already when a staged story could not be recorded or published: the next start does that.
    if (run.state().open === null) return { kind: 'abandoned' };
    const record = { ...costs(usage), kind: 'abandoned' } as const;
    await run.record(record).catch((error: unknown) => {
      log.warn({ event: 'ledger_unwritable', err: error }, '포기한 호출을 장부에 적지 못했습니다');
      run.recordInMemory(record);
    });
    return { kind: 'abandoned' };
  }

  function entryOf(written: WrittenDraft, story: Story, setAside?: Failure) {
    const now = clock.now();
    return toStoryFiles(facts, written, story, { runId: run.id, now, ...(setAside === undefined ? {} : { setAside }) });
  }

  function outcome(draft: Draft) {
    return { ...costs(lastCall(draft).usage), ...(draft.part === null ? {} : { completes: draft.part }) };
  }

  function costs(usage: Usage | null) {
    return { type: 'outcome', at: clock.now(), usage, cost_usd: costOf(usage, price) } as const;
  }
}
