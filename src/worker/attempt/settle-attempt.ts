import type { Failure } from '../../api/failure.js';
import { costOf, type Price } from '../../api/pricing.js';
import type { Usage } from '../../api/usage.js';
import type { Clock } from '../../lib/clock.js';
import type { Logger } from '../../logging/logger.js';
import type { Premise } from '../../prompt/cards.js';
import type { Run } from '../../run/run.js';
import { toStoryFiles } from '../../store/story-files.js';
import type { RunSettings, StoryFiles } from '../../store/story-metadata.js';
import { newName, type StoredStory, type StoryStore } from '../../store/story-store.js';
import { type Draft, lastCall, validateDraft } from '../../story/continuation.js';
import type { Doubt } from '../../story/doubts.js';
import type { MostSimilar } from '../../story/similarity.js';
import { type Story, toStory } from '../../story/story.js';
import type { ChosenModel } from '../model-chooser.js';
import type { AttemptOutcome } from './outcome.js';
import { retryUntilStored, type StorageRetry } from './retry-storage.js';
import { createSaveStory } from './save-story.js';

// How an attempt ends: each end is in the ledger, and what was paid for is on disk or, failing that, in the log.

/** An attempt's state until it is settled. */
export interface StoryInHand {
  /** The number of the story that it would be if no other were saved before it. */
  readonly sequence: number;
  /** How often the story was tried, this time included. */
  readonly tries: number;
  /** Who writes it. */
  readonly model: ChosenModel;
  /** Of its latest call; null where it is not known. */
  price: Price | null;
  /** Id of the batch that its first call came with; absent for a streamed one. */
  readonly batch?: string;
  /** Number of its latest call in the ledger; null before the first one. */
  call: number | null;
  /** What its calls have brought so far. */
  draft: Draft | null;
  /** The cut-off text that is kept while its rest is asked for. */
  part: { name: string; code: string } | null;
}

/** A text that an attempt ends with. */
export interface FinishedText {
  draft: Draft;
  premise: Premise;
  /** null for the first story of a folder; absent where it was not looked for. */
  nearest?: MostSimilar | null;
}

/** A text that is a story. */
export interface WholeStory extends FinishedText {
  nearest: MostSimilar | null;
  doubts: readonly Doubt[];
}

export interface SettlementDeps {
  run: Run;
  settings: RunSettings;
  store: StoryStore;
  log: Logger;
  clock: Clock;
  storageRetry: StorageRetry;
  stopping: AbortSignal;
  aborting: AbortSignal;
}

export interface Settlement {
  /** Puts a whole story on disk. */
  save(inHand: StoryInHand, text: WholeStory): Promise<AttemptOutcome>;
  /** Keeps an answer that is no story, for it was paid for. */
  setAside(inHand: StoryInHand, text: FinishedText, failure: Failure): Promise<AttemptOutcome>;
  /**
   * Keeps a cut-off text while its rest is asked for, so that a kill leaves it to the next start.
   * @returns its name; null when given up on request
   */
  keepPart(inHand: StoryInHand, draft: Draft, premise: Premise): Promise<string | null>;
  /** Sets aside the part whose rest did not come, if there is one. */
  setPartAside(inHand: StoryInHand): Promise<void>;
  /** Records that there is no story, and nothing to keep. */
  fail(inHand: StoryInHand, failure: Failure, usage: Usage | null): Promise<AttemptOutcome>;
  /** Records that the attempt was given up. The process ends after this. */
  abandon(inHand: StoryInHand, usage: Usage | null): Promise<AttemptOutcome>;
  /** Is the attempt's latest call still without an outcome in the ledger? */
  isOpen(inHand: StoryInHand): boolean;
}

export function createSettlement(deps: SettlementDeps): Settlement {
  const { run, settings, store, log, clock, storageRetry, stopping } = deps;
  const saveFiles = createSaveStory(deps);
  return { save, setAside, keepPart, setPartAside, fail, abandon, isOpen };

  async function save(inHand: StoryInHand, text: WholeStory): Promise<AttemptOutcome> {
    const { draft, premise, nearest, doubts } = text;
    const { costUsd, generationMs } = draft;
    const { usage, slowUntil } = draft.answer;
    const sequence = run.state().statistics.stories + 1;
    if (usage === null) log.warn({ event: 'usage_missing', sequence }, '토큰 사용량 정보 없음');
    const story = toStory(draft.read, premise);
    const name = newName(clock.now());
    const outcome = {
      ...outcomeOf(inHand, draft),
      kind: 'story',
      name,
      generation_ms: generationMs,
      nearest,
      ...(doubts.length === 0 ? {} : { doubts: doubts.map(({ code }) => code) }),
    } as const;
    const files = filesOf({ ...inHand, sequence }, text, story);
    const saved = await saveFiles(files, outcome, 'stories');
    if (!saved.done || saved.stored === null) return abandon(inHand, lastCall(draft).usage);
    return { kind: 'saved', story, stored: saved.stored, usage, costUsd, generationMs, nearest, doubts, slowUntil };
  }

  async function setAside(inHand: StoryInHand, text: FinishedText, failure: Failure): Promise<AttemptOutcome> {
    const { draft, premise } = text;
    const { kind, code } = failure;
    const name = newName(clock.now());
    // Word for word, so that other rules can read it again.
    const verbatim = { ...draft.read, text: draft.verbatim, removed: [] };
    const files = filesOf(inHand, text, toStory(verbatim, premise), failure);
    const outcome = { ...outcomeOf(inHand, draft), kind: 'failure', failure: kind, code, name } as const;
    const saved = await saveFiles(files, outcome, 'set-aside');
    if (!saved.done || saved.stored === null) return abandon(inHand, lastCall(draft).usage);
    announceSetAside(saved.stored, code);
    return { kind: 'failed', failure, usage: lastCall(draft).usage };
  }

  async function keepPart(inHand: StoryInHand, draft: Draft, premise: Premise): Promise<string | null> {
    const { failure } = validateDraft(draft, settings);
    if (failure === null) throw new Error('a cut-off answer cannot be whole');
    const { code } = failure;
    const name = newName(clock.now());
    const files = filesOf(inHand, { draft, premise }, toStory(draft.read, premise), failure);
    const outcome = { ...outcomeOf(inHand, draft), kind: 'part', name, code } as const;
    if (!(await saveFiles(files, outcome, null)).done) return null;
    inHand.part = { name, code };
    inHand.draft = null;
    return name;
  }

  async function setPartAside(inHand: StoryInHand): Promise<void> {
    const { part } = inHand;
    if (part === null) return;
    inHand.part = null;
    try {
      announceSetAside(await store.publish(part.name, 'set-aside'), part.code);
    } catch (error) {
      // Whole and in the ledger: the next start moves it.
      log.warn({ event: 'part_left_staged', err: error }, `잘린 글을 작업 폴더에 둡니다: ${part.name}`);
    }
  }

  async function fail(inHand: StoryInHand, failure: Failure, usage: Usage | null): Promise<AttemptOutcome> {
    await setPartAside(inHand);
    const { kind, code } = failure;
    const outcome = { ...costsOf(inHand, usage), kind: 'failure', failure: kind, code, name: null } as const;
    const result = await retryUntilStored(storageRetry, { what: '실패를 장부에 적지', giveUp: stopping }, () =>
      run.record(outcome),
    );
    if (!result.done) run.recordInMemory(outcome);
    return { kind: 'failed', failure, usage };
  }

  /** A ledger that cannot be written shows the call as lost. */
  async function abandon(inHand: StoryInHand, usage: Usage | null): Promise<AttemptOutcome> {
    await setPartAside(inHand);
    // Counted already when a staged story could not be recorded or published: the next start does that.
    if (!isOpen(inHand)) return { kind: 'abandoned' };
    const outcome = { ...costsOf(inHand, usage), kind: 'abandoned' } as const;
    await run.record(outcome).catch((error: unknown) => {
      log.warn({ event: 'ledger_unwritable', err: error }, '포기한 호출을 장부에 적지 못했습니다');
      run.recordInMemory(outcome);
    });
    return { kind: 'abandoned' };
  }

  function isOpen({ call }: StoryInHand): boolean {
    return run.state().open.some(({ number }) => number === call);
  }

  function announceSetAside({ markdownPath }: StoredStory, code: string): void {
    log.warn(
      { event: 'set_aside', path: markdownPath, code },
      `소설로 쓸 수 없는 답을 따로 보관했습니다: ${markdownPath}`,
    );
  }

  function filesOf(
    { sequence, tries, model, call, batch }: StoryInHand,
    text: FinishedText & { doubts?: readonly Doubt[] },
    story: Story,
    failure?: Failure,
  ): StoryFiles {
    const context = { runId: run.id, now: clock.now(), ...(failure === undefined ? {} : { setAside: failure }) };
    return toStoryFiles(
      settings,
      { sequence, attempts: tries, model: model.name, call, ...(batch === undefined ? {} : { batch }), ...text },
      story,
      context,
    );
  }

  function outcomeOf(inHand: StoryInHand, draft: Draft) {
    const completes = draft.part === null ? {} : { completes: draft.part };
    return { ...costsOf(inHand, lastCall(draft).usage), ...completes };
  }

  function costsOf({ call, price }: StoryInHand, usage: Usage | null) {
    return { type: 'outcome', at: clock.now(), attempt: call, usage, cost_usd: costOf(usage, price) } as const;
  }
}
