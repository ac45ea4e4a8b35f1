import type { Answer, Author } from './author.js';
import { CallFailure, classify, type Failure } from './failure.js';
import type { Entry, Library, Stored } from './library.js';
import type { Log } from './log.js';
import { costOf, type Model } from './models.js';
import type { AxisCards, DrawPremise, Premise } from './premise.js';
import type { Progress } from './progress.js';
import { composePrompt } from './prompt.js';
import { countCharacters, type Story, toMarkdown, toStory } from './story.js';
import type { Template } from './template.js';
import { type BackoffOptions, backoff, type Clock, formatDuration, localIso, type Random, SECOND } from './time.js';
import type { Usage } from './usage.js';
import { judge } from './verdict.js';

/** A story on disk. */
export interface SavedStory {
  kind: 'saved';
  story: Story;
  stored: Stored;
  usage: Usage | null;
  costUsd: number | null;
  generationMs: number;
}

/** An attempt that gave no story. */
export interface FailedAttempt {
  kind: 'failed';
  failure: Failure;
  usage: Usage | null;
  costUsd: number | null;
  setAside: boolean;
}

/** The attempt was given up on request; nothing of it is visible. */
export interface AbandonedAttempt {
  kind: 'abandoned';
  /** null for a call that was cut off: what it cost is not known. */
  usage: Usage | null;
  costUsd: number | null;
}

export type Outcome = SavedStory | FailedAttempt | AbandonedAttempt;

/**
 * Makes one attempt at a story: premise, prompt, call, verdict, files.
 * @param sequence the number the story will have in its run, from 1
 * @param attempts how many attempts at this story there are, with this one
 */
export type Attempt = (sequence: number, attempts: number) => Promise<Outcome>;

/** Facts of the run that every story's metadata repeats. */
export interface RunFacts {
  runId: string;
  provider: string;
  model: string;
  maxTokens: number;
  temperature: number | null;
  minCharacters: number;
  template: Template | null;
  request: string | null;
}

export interface AttemptDeps {
  facts: RunFacts;
  /** Prices; null where the model's are not known. */
  prices: Model | null;
  axes: readonly AxisCards[];
  drawPremise: DrawPremise;
  write: Author;
  library: Library;
  progress: Progress;
  log: Log;
  clock: Clock;
  random: Random;
  /** How to wait while a story cannot be saved. */
  holding: BackoffOptions;
  stopping: AbortSignal;
  aborting: AbortSignal;
}

export function createAttempt(deps: AttemptDeps): Attempt {
  const { facts, prices, axes, drawPremise, write, progress, log, clock, aborting } = deps;
  return async (sequence, attempts) => {
    const premise = drawPremise();
    const prompt = composePrompt(premise, axes, facts);
    const startedAt = clock.monotonic();
    log.info(
      { event: 'story_started', sequence, attempt: attempts, premise: idsOf(premise) },
      `${sequence}번째 소설을 씁니다 - ${premise.place.text} / ${premise.presence.text}`,
    );
    const growing = progress.start(sequence);
    let answer: Answer;
    try {
      answer = await write(prompt, { signal: aborting, onProgress: growing.characters });
    } catch (error) {
      if (aborting.aborted) return { kind: 'abandoned', usage: null, costUsd: null };
      const failure = classify(error);
      if (failure.kind === 'unforeseen') {
        log.error({ event: 'unforeseen', err: error }, failure.reason);
      }
      const usage = error instanceof CallFailure ? error.detail.usage : null;
      return { kind: 'failed', failure, usage, costUsd: costOf(usage, prices), setAside: false };
    } finally {
      growing.stop();
    }
    const generationMs = clock.monotonic() - startedAt;
    const { usage } = answer;
    const costUsd = costOf(usage, prices);
    const facing = { sequence, attempts, premise, answer, generationMs, costUsd };
    const failure = judge(answer, facts.minCharacters);
    if (failure !== null) {
      const setAside = answer.text.trim() !== '' && (await keepAside(deps, facing, failure));
      return { kind: 'failed', failure, usage, costUsd, setAside };
    }
    if (usage === null) log.warn({ event: 'usage_missing', sequence }, '토큰 사용량 정보 없음');
    const story = toStory(answer.text, premise);
    const stored = await hold(deps, toEntry(deps, facing, story));
    if (stored === null) return { kind: 'abandoned', usage, costUsd };
    return { kind: 'saved', story, stored, usage, costUsd, generationMs };
  };
}

/** What is known about an answer when it is about to go to disk. */
interface Facing {
  sequence: number;
  attempts: number;
  premise: Premise;
  answer: Answer;
  generationMs: number;
  costUsd: number | null;
}

function toEntry({ facts, clock }: AttemptDeps, facing: Facing, story: Story): Entry {
  const { sequence, attempts, premise, answer, generationMs, costUsd } = facing;
  const writtenAt = clock.now();
  const date = localIso(writtenAt);
  const model = answer.model ?? facts.model;
  const { provider, temperature } = facts;
  return {
    writtenAt,
    markdown: toMarkdown(story, { date, model, provider, temperature }),
    metadata: {
      generated_at: date,
      model,
      template_used: facts.template?.name ?? null,
      custom_request: facts.request,
      config: {
        model: facts.model,
        max_tokens: facts.maxTokens,
        temperature,
        min_story_characters: facts.minCharacters,
      },
      word_count: story.wordCount,
      usage: answer.usage,
      title: story.title,
      tags: story.tags,
      description: story.description,
      run_id: facts.runId,
      sequence,
      premise,
      stop_reason: answer.stopReason,
      attempts,
      duration_ms: Math.round(generationMs),
      request_id: answer.requestId,
      provider,
      cost_usd: costUsd,
    },
  };
}

/** Keeps an answer that is no story. One that cannot be kept goes to the log, for it was paid for. */
async function keepAside(deps: AttemptDeps, facing: Facing, failure: Failure): Promise<boolean> {
  const { log, library } = deps;
  const entry = toEntry(deps, facing, toStory(facing.answer.text, facing.premise));
  try {
    const stored = await library.setAside({
      ...entry,
      metadata: { ...entry.metadata, set_aside: { kind: failure.kind, code: failure.code, reason: failure.reason } },
    });
    log.warn(
      {
        event: 'set_aside',
        path: stored.markdownPath,
        code: failure.code,
        characters: countCharacters(facing.answer.text),
      },
      `소설로 쓸 수 없는 답을 따로 보관했습니다: ${stored.markdownPath}`,
    );
    return true;
  } catch (error) {
    log.warn(
      { event: 'set_aside_failed', err: error, text: facing.answer.text },
      '소설로 쓸 수 없는 답을 따로 보관하지 못해 본문을 로그에 남깁니다',
    );
    return false;
  }
}

/**
 * Saves a finished story, however long that takes: it was paid for, so nothing else is asked for until it is on
 * disk. When the run is told to stop meanwhile, its text goes to the log at once, in case the process is killed.
 * @returns null when given up on request
 */
async function hold(deps: AttemptDeps, entry: Entry): Promise<Stored | null> {
  const { library, log, clock, random, holding, stopping, aborting } = deps;
  let inLog = false;
  for (let failures = 1; ; failures++) {
    try {
      const stored = await library.save(entry);
      if (failures > 1)
        log.info({ event: 'holding_over', path: stored.markdownPath }, '붙들고 있던 소설을 저장했습니다');
      return stored;
    } catch (error) {
      const waitMs = backoff(failures, holding, random);
      const { code, message } = error as NodeJS.ErrnoException;
      log.error(
        { event: 'holding', err: error, code, retry_in_seconds: waitMs / SECOND },
        `소설을 저장하지 못했습니다 (${message}). 새 소설을 쓰지 않고 ${formatDuration(waitMs)} 뒤 다시 저장합니다`,
      );
      if (stopping.aborted && !inLog) {
        inLog = true;
        log.always(
          { event: 'held_story', metadata: entry.metadata, markdown: entry.markdown },
          '저장하지 못한 소설의 본문을 로그에 남깁니다. 저장은 계속 시도하며, 한 번 더 신호를 보내면 그만둡니다',
        );
      }
      if (aborting.aborted) return null;
      await clock.sleep(waitMs, stopping.aborted ? aborting : stopping);
    }
  }
}

function idsOf(premise: Premise): Record<string, string> {
  return Object.fromEntries(Object.entries(premise).map(([axis, { id }]) => [axis, id]));
}
