import type { Failure } from '../api/failure.js';
import { FORMAT } from '../lib/files.js';
import { localIso } from '../lib/format-time.js';
import type { Premise } from '../prompt/cards.js';
import { toSimilarityFields } from '../run/statistics.js';
import type { Draft } from '../story/continuation.js';
import type { Doubt } from '../story/doubts.js';
import type { MostSimilar } from '../story/similarity.js';
import type { Story } from '../story/story.js';
import { toMarkdown } from './frontmatter.js';
import type { RunSettings, SetAsideReason, StoryFiles } from './story-metadata.js';

/** A text that is about to go to disk, and how it came about. */
export interface WrittenDraft {
  sequence: number;
  /** How often the story was tried, this time included. */
  attempts: number;
  /** Number of its last call in the ledger; null or absent where none is known. */
  call?: number | null;
  /** The model that was asked; absent for that of the run. */
  model?: string;
  /** Id of the batch that it came with. */
  batch?: string;
  premise: Premise;
  draft: Draft;
  /** null for the first story of a folder; absent where it was not looked for. */
  nearest?: MostSimilar | null;
  doubts?: readonly Doubt[];
}

/** The occasion on which a text goes to disk. */
export interface SaveContext {
  runId: string;
  /** Milliseconds since the epoch. */
  now: number;
  /** Why it is no story, when it is none. */
  setAside?: SetAsideReason;
}

/** The two files of a text. Pure. */
export function toStoryFiles(
  settings: RunSettings,
  written: WrittenDraft,
  story: Story,
  { runId, now, setAside }: SaveContext,
): StoryFiles {
  const { sequence, attempts, call = null, batch, premise, nearest = null, doubts = [] } = written;
  const { answer, read, generationMs, costUsd, calls, part } = written.draft;
  const { provider, temperature } = settings;
  const date = localIso(now);
  const asked = written.model ?? settings.model;
  const model = answer.model ?? asked;
  return {
    markdown: toMarkdown(story, { date, model, provider, temperature }),
    metadata: {
      format: FORMAT,
      generated_at: date,
      model,
      template_used: settings.template?.name ?? null,
      custom_request: settings.request,
      config: {
        model: asked,
        max_tokens: settings.maxTokens,
        temperature,
        min_story_characters: settings.minCharacters,
        max_continuations: settings.maxContinuations,
        max_likeness: settings.maxLikeness,
      },
      word_count: story.wordCount,
      usage: answer.usage,
      title: story.title,
      tags: story.tags,
      description: story.description,
      opening: story.opening,
      ending: story.ending,
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
      doubts,
      removed: setAside === undefined ? read.removed : [],
      ...(call === null ? {} : { call_number: call }),
      ...(batch === undefined ? {} : { batch }),
      ...(part === null ? {} : { calls, completes: part }),
      ...(setAside === undefined ? {} : { set_aside: toReason(setAside) }),
    },
  };
}

/** @param failure may have more fields, which are not for the metadata */
function toReason({ kind, code, reason }: Pick<Failure, 'kind' | 'code' | 'reason'>): SetAsideReason {
  return { kind, code, reason };
}
