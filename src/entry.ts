import type { Answer } from './author.js';
import type { Failure } from './failure.js';
import type { Entry } from './library.js';
import type { Premise } from './premise.js';
import type { Style } from './prompt.js';
import { type Story, toMarkdown } from './story.js';
import { localIso } from './time.js';

/** Facts of the run that every story's metadata repeats. */
export interface RunFacts extends Style {
  provider: string;
  model: string;
  maxTokens: number;
  temperature: number | null;
  minCharacters: number;
}

/** What is known about an answer when it is about to go to disk. */
export interface Answered {
  sequence: number;
  attempts: number;
  premise: Premise;
  answer: Answer;
  generationMs: number;
  costUsd: number | null;
}

/** The occasion on which an answer goes to disk. */
export interface Occasion {
  runId: string;
  /** Milliseconds since the epoch. */
  now: number;
  /** Why it is no story, when it is none. */
  setAside?: Pick<Failure, 'kind' | 'code' | 'reason'>;
}

/** The two files of an answer. Pure. */
export function toEntry(facts: RunFacts, answered: Answered, story: Story, { runId, now, setAside }: Occasion): Entry {
  const { sequence, attempts, premise, answer, generationMs, costUsd } = answered;
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
      ...(setAside === undefined ? {} : { set_aside: setAside }),
    },
  };
}
