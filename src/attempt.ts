import type { Answer, Author } from './author.js';
import { type CapHit, type Caps, capInTheWay, worstCase } from './budget.js';
import { type DrawPremise, idsOf } from './deck.js';
import { type Answered, type RunFacts, toEntry } from './entry.js';
import { CallFailure, classify, type Failure } from './failure.js';
import { type Holding, holdUntilDone } from './holding.js';
import type { OutcomeRecord } from './ledger.js';
import { type Entry, type Library, newName, type Shelf, type Stored } from './library.js';
import type { Log } from './log.js';
import { costOf, type Price } from './models.js';
import type { AxisCards } from './premise.js';
import type { Progress } from './progress.js';
import { composePrompt, type Prompt } from './prompt.js';
import type { RecentStories } from './recent.js';
import type { Run } from './run.js';
import { type Story, toStory } from './story.js';
import type { Clock } from './time.js';
import { NO_TOKENS, type Usage } from './usage.js';
import { judge } from './verdict.js';

/** A story on disk. */
export interface SavedStory {
  kind: 'saved';
  story: Story;
  stored: Stored;
  usage: Usage | null;
  costUsd: number | null;
  generationMs: number;
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

export type Outcome = SavedStory | FailedAttempt | AbandonedAttempt | CappedAttempt;

/** Makes one attempt at a story: premise, prompt, call, verdict, files. Its outcome is in the run's ledger. */
export type Attempt = () => Promise<Outcome>;

export interface AttemptDeps {
  run: Run;
  facts: RunFacts;
  /** null where it is not known. */
  price: Price | null;
  caps: Caps;
  axes: readonly AxisCards[];
  drawPremise: DrawPremise;
  recent: RecentStories;
  write: Author;
  library: Library;
  progress: Progress;
  log: Log;
  clock: Clock;
  holding: Holding;
  stopping: AbortSignal;
  aborting: AbortSignal;
}

export function createAttempt(deps: AttemptDeps): Attempt {
  const {
    run,
    facts,
    price,
    caps,
    axes,
    drawPremise,
    recent,
    write,
    progress,
    log,
    clock,
    holding,
    stopping,
    aborting,
  } = deps;

  return async () => {
    let answer: Answer | null = null;
    try {
      return await attemptStory((received) => {
        answer = received;
      });
    } catch (error) {
      return unforeseen(error, answer);
    }
  };

  async function attemptStory(received: (answer: Answer) => void): Promise<Outcome> {
    const { statistics, failuresInARow, open } = run.state();
    const sequence = statistics.stories + 1;
    const attempts = failuresInARow + 1;
    const drawing = await holdUntilDone(holding, { what: '소재를 뽑지', giveUp: stopping }, drawPremise);
    if (!drawing.done) return { kind: 'abandoned' };
    const premise = drawing.value;
    const prompt = composePrompt(premise, axes, facts, recent.list());
    const atMost = worstCase(prompt, facts.maxTokens);
    const hit = capInTheWay(caps, run.state(), atMost, price);
    if (hit !== null) return { kind: 'capped', hit };

    // In the ledger before it is made: a call that a kill cuts off must not go unnoticed.
    const begun = await holdUntilDone(holding, { what: '호출을 장부에 적지', giveUp: stopping }, () =>
      run.record({
        type: 'attempt',
        at: clock.now(),
        // A call that a kill cut off is counted only once this record follows it.
        number: statistics.attempts + (open === null ? 1 : 2),
        premise: idsOf(premise),
        at_most: { tokens: atMost.total_tokens, cost_usd: costOf(atMost, price) },
      }),
    );
    if (!begun.done) return { kind: 'abandoned' };
    log.info(
      { event: 'story_started', sequence, attempt: attempts, premise: idsOf(premise) },
      `${sequence}번째 소설을 씁니다 - ${premise.place.text} / ${premise.presence.text}`,
    );
    const startedAt = clock.monotonic();
    const called = await call(sequence, prompt);
    if (called.kind !== 'answered')
      return called.kind === 'failed' ? fail(called.failure, called.usage) : abandon(null);

    const { answer } = called;
    received(answer);
    const costUsd = costOf(answer.usage, price);
    const generationMs = clock.monotonic() - startedAt;
    const answered = { sequence, attempts, premise, answer, generationMs, costUsd };
    const failure = judge(answer, facts.minCharacters);
    if (failure !== null) return answer.text.trim() === '' ? fail(failure, answer.usage) : setAside(answered, failure);
    return save(answered);
  }

  type Called =
    | { kind: 'answered'; answer: Answer }
    | { kind: 'failed'; failure: Failure; usage: Usage | null }
    | { kind: 'abandoned' };

  async function call(sequence: number, prompt: Prompt): Promise<Called> {
    const growing = progress.start(sequence);
    try {
      return { kind: 'answered', answer: await write(prompt, { signal: aborting, onProgress: growing.characters }) };
    } catch (error) {
      if (aborting.aborted) return { kind: 'abandoned' };
      if (!(error instanceof CallFailure)) throw error;
      return { kind: 'failed', failure: classify(error), usage: error.detail.usage };
    } finally {
      growing.stop();
    }
  }

  async function save(answered: Answered): Promise<Outcome> {
    const { sequence, answer, generationMs, costUsd } = answered;
    const { usage, slowUntil } = answer;
    if (usage === null) log.warn({ event: 'usage_missing', sequence }, '토큰 사용량 정보 없음');
    const story = toStory(answer.text, answered.premise);
    const name = newName(clock.now());
    const entry = toEntry(facts, answered, story, { runId: run.id, now: clock.now() });
    const stored = await commit(name, 'stories', entry, {
      ...outcome(usage),
      kind: 'story',
      name,
      generation_ms: generationMs,
    });
    if (stored === null) return abandon(usage);
    recent.add(story);
    return { kind: 'saved', story, stored, usage, costUsd, generationMs, slowUntil };
  }

  /** Keeps an answer that is no story, for it was paid for. */
  async function setAside(answered: Answered, failure: Failure): Promise<Outcome> {
    const { usage } = answered.answer;
    const { kind, code, reason } = failure;
    const story = toStory(answered.answer.text, answered.premise);
    const name = newName(clock.now());
    const entry = toEntry(facts, answered, story, {
      runId: run.id,
      now: clock.now(),
      setAside: { kind, code, reason },
    });
    const stored = await commit(name, 'set-aside', entry, {
      ...outcome(usage),
      kind: 'failure',
      failure: kind,
      code,
      name,
    });
    if (stored === null) return abandon(usage);
    log.warn(
      { event: 'set_aside', path: stored.markdownPath, code, characters: story.wordCount },
      `소설로 쓸 수 없는 답을 따로 보관했습니다: ${stored.markdownPath}`,
    );
    return { kind: 'failed', failure };
  }

  /**
   * Staged, recorded, published: after the record the pair is part of the run whatever happens, before it the pair is
   * whole in staging or was never there. Tried until it is done, because it was paid for.
   * @returns null when given up on request; its text is in the log then
   */
  async function commit(name: string, shelf: Shelf, entry: Entry, record: OutcomeRecord): Promise<Stored | null> {
    let staged = false;
    let recorded = false;
    const result = await holdUntilDone(holding, { what: '소설을 저장하지', entry, giveUp: aborting }, async () => {
      // Once: writing it anew where it lies whole could tear it.
      if (!staged) await deps.library.stage(name, entry);
      staged = true;
      if (!recorded) await run.record(record);
      recorded = true;
      return deps.library.publish(name, shelf).catch((error: NodeJS.ErrnoException) => {
        // Somebody has moved the folder away.
        if (error.code === 'ENOENT') staged = false;
        throw error;
      });
    });
    if (result.done) return result.value;
    // What is staged whole, the next start records and publishes; this process only counts it.
    if (staged && !recorded) run.recordInMemory(record);
    return null;
  }

  /** A defect, ours or a library's. An answer that was there already was paid for, and goes to the log. */
  async function unforeseen(error: unknown, answer: Answer | null): Promise<Outcome> {
    const failure = classify(error);
    log.error({ event: 'unforeseen', err: error, ...(answer === null ? {} : { answer }) }, failure.reason);
    // Without a call in hand there is nothing to count: none was made, or its outcome is recorded.
    return fail(failure, run.state().open === null ? NO_TOKENS : (answer?.usage ?? null));
  }

  async function fail(failure: Failure, usage: Usage | null): Promise<Outcome> {
    const record = {
      ...outcome(usage),
      kind: 'failure',
      failure: failure.kind,
      code: failure.code,
      name: null,
    } as const;
    const result = await holdUntilDone(holding, { what: '실패를 장부에 적지', giveUp: stopping }, () =>
      run.record(record),
    );
    if (!result.done) run.recordInMemory(record);
    return { kind: 'failed', failure };
  }

  /** The process ends after this; a ledger that cannot be written then shows the call as lost. */
  async function abandon(usage: Usage | null): Promise<Outcome> {
    const record = { ...outcome(usage), kind: 'abandoned' } as const;
    // Counted already when a staged story could not be recorded or published: the next start does that.
    if (run.state().open === null) return { kind: 'abandoned' };
    await run.record(record).catch((error: unknown) => {
      log.warn({ event: 'ledger_unwritable', err: error }, '포기한 호출을 장부에 적지 못했습니다');
      run.recordInMemory(record);
    });
    return { kind: 'abandoned' };
  }

  function outcome(usage: Usage | null) {
    return { type: 'outcome', at: clock.now(), usage, cost_usd: costOf(usage, price) } as const;
  }
}
