import type { Random } from '../../lib/random.js';
import type { BatchBehaviour } from '../../offline/server/batch-server.js';

// What kind of run a trial is: how many stories, how many at once, in batches or not, under which caps. Pure.

export interface TrialShape {
  maxStories: number;
  /** Calls in flight at a time. */
  concurrency: number;
  /** null: streamed calls. */
  batchSize: number | null;
  batches: BatchBehaviour;
  /** MAX_TOKENS_TOTAL; null: none. */
  maxTokens: number | null;
  /** Every answer is refused, and so many in a row end the run; null: none of this. */
  maxRejected: number | null;
}

/** One streamed call, without a cap. */
export const ONE_STORY: TrialShape = {
  ...{ maxStories: 1, concurrency: 1, batchSize: null, batches: {}, maxTokens: null, maxRejected: null },
};

/** How often a worker asks for its batches, in milliseconds. */
export const BATCH_POLL = 40;

const CHANCE_OF_BATCHES = 0.25;
const CHANCE_OF_ONE_AT_A_TIME = 0.5;
const MOST_AT_ONCE = 32;
const CHANCE_OF_CAP = 0.15;
const CHANCE_OF_REJECTIONS = 0.06;
/** With several at once, a trial needs more stories for them to meet. */
const MORE_STORIES = 4;

/** @param most how many stories a trial with one call at a time may ask for */
export function drawShape(random: Random, most: number): TrialShape {
  const isBatch = random() < CHANCE_OF_BATCHES;
  const isAlone = isBatch || random() < CHANCE_OF_ONE_AT_A_TIME;
  const concurrency = isAlone ? 1 : 2 + Math.floor(random() ** 2 * (MOST_AT_ONCE - 1));
  const mostStories = isBatch || !isAlone ? most * MORE_STORIES : most;
  return {
    maxStories: 1 + Math.floor(random() * mostStories),
    concurrency,
    batchSize: isBatch ? 1 + Math.floor(random() * mostStories) : null,
    batches: drawBatches(random),
    maxTokens: random() < CHANCE_OF_CAP ? Math.floor(15_000 + random() * 60_000) : null,
    maxRejected: random() < CHANCE_OF_REJECTIONS ? 1 + Math.floor(random() * 4) : null,
  };
}

const LONGEST_BATCH = 200;
const CHANCE_OF_LOST_ANSWER = 0.25;
const CHANCE_OF_OVERLOAD = 0.1;

function drawBatches(random: Random): BatchBehaviour {
  const takesMs = Math.floor(random() ** 2 * LONGEST_BATCH);
  // A batch is listed before a worker has given up looking for it.
  const listedAfterMs = Math.floor(random() * (BATCH_POLL / 2));
  return {
    takesMs,
    listedAfterMs,
    onCreate: () => {
      const draw = random();
      if (draw < CHANCE_OF_LOST_ANSWER) return 'lose_answer';
      return draw < CHANCE_OF_LOST_ANSWER + CHANCE_OF_OVERLOAD ? 'overload' : 'created';
    },
  };
}
