import type { Failure } from '../../api/failure.js';
import type { Usage } from '../../api/usage.js';
import type { CapHit } from '../../run/budget.js';
import type { StoredStory } from '../../store/story-store.js';
import type { Doubt } from '../../story/doubts.js';
import type { MostSimilar } from '../../story/similarity.js';
import type { Story } from '../../story/story.js';

// What an attempt at a story comes to.

/** A story on disk. */
export interface SavedStory {
  kind: 'saved';
  story: Story;
  stored: StoredStory;
  usage: Usage | null;
  costUsd: number | null;
  generationMs: number;
  nearest: MostSimilar | null;
  doubts: readonly Doubt[];
  /** The API asks to slow down until then, milliseconds since the epoch; null when it does not. */
  slowUntil: number | null;
}

/** An attempt that gave no story. */
export interface FailedAttempt {
  kind: 'failed';
  failure: Failure;
  /** Of its last call; null where it is not known. */
  usage: Usage | null;
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
