import type { Failure } from '../api/failure.js';
import { localIso } from '../lib/format-time.js';
import type { Premise } from '../prompt/cards.js';
import type { PromptStyle } from '../prompt/prompt.js';
import { toSimilarityFields } from '../run/statistics.js';
import type { Draft } from '../story/continuation.js';
import type { MostSimilar } from '../story/similarity.js';
import { type Story, toMarkdown } from '../story/story.js';
import type { StoryFiles } from './story-store.js';

/** Facts of the run that every story's metadata repeats. */
export interface RunSettings extends PromptStyle {
  provider: string;
  model: string;
  maxTokens: number;
  temperature: number | null;
  minCharacters: number;
  /** How often the rest of a cut-off answer is asked for. */
  maxContinuations: number;
  /** The likeness above which a story is set aside, from 0 to 1; null: none is. */
  maxLikeness: number | null;
}

/** A text that is about to go to disk, and how it came about. */
export interface WrittenDraft {
  sequence: number;
  /** How often the story was tried, this time included. */
  attempts: number;
  premise: Premise;
  draft: Draft;
  /** null for the first story of a folder; absent where it was not looked for. */
  nearest?: MostSimilar | null;
}

/** The occasion on which an answer goes to disk. */
export interface SaveContext {
  runId: string;
  /** Milliseconds since the epoch. */
  now: number;
  /** Why it is no story, when it is none. */
  setAside?: Pick<Failure, 'kind' | 'code' | 'reason'>;
}

/** The two files of an answer. Pure. */
export function toStoryFiles(
  facts: RunSettings,
  written: WrittenDraft,
  story: Story,
  { runId, now, setAside }: SaveContext,
): StoryFiles {
  const { sequence, attempts, premise, nearest = null } = written;
  const { answer, generationMs, costUsd, calls, part } = written.draft;
  const { provider, temperature } = facts;
  const date = localIso(now);
  const model = answer.model ?? facts.model;
  return {
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
        max_continuations: facts.maxContinuations,
        max_likeness: facts.maxLikeness,
      },
      word_count: story.wordCount,
      usage: answer.usage,
      title: story.title,
      tags: story.tags,
      description: story.description,
      opening: story.opening,
      run_id: runId,
      sequence,
      premise,
      stop_reason: answer.stopReason,
      attempts,
      duration_ms: Math.round(generationMs),
      request_id: answer.requestId,
      provider,
      cost_usd: costUsd,
      ...(nearest === null ? { nearest: null, likeness: null } : toSimilarityFields(nearest)),
      // Only where it took more than one.
      ...(part === null ? {} : { calls, completes: part }),
      ...(setAside === undefined ? {} : { set_aside: whyOf(setAside) }),
    },
  };
}

function whyOf({ kind, code, reason }: SaveContext['setAside'] & object) {
  return { kind, code, reason };
}
