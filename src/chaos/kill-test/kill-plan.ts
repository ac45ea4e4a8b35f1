import type { Random } from '../../lib/random.js';
import type { AnswerKind } from '../answers.js';

// What happens in a trial, and when: drawn from a seed. Pure.

/** A point in the life of a process that a kill can follow. */
export type Moment =
  | 'start' // the process is started
  | 'opening' // it looks for a run to resume, and puts right what it finds
  | 'request' // it asks for a story
  | 'creation' // it asks for a batch to be created
  | 'batched' // the batch's id is in the ledger
  | 'completed' // the answer has left the mock API whole
  | 'file' // something below the story folder has changed
  | 'stored' // a text is in its place
  | 'ending'; // the final record is written

/** When a process is to be killed. */
export interface KillPlan {
  after: Moment;
  /** Which moment of that name. */
  nth: number;
  delayMs: number;
  /** Told to stop at the moment, as pm2 does it, and killed after the delay. */
  stopFirst: boolean;
}

/** The answers of a trial: those of the mock API, and a story that takes a while to arrive. */
export type TrialAnswer = AnswerKind | 'slow';

const ANSWERS: readonly Weighted<TrialAnswer>[] = [
  { weight: 50, value: 'story' },
  { weight: 12, value: 'slow' },
  { weight: 8, value: 'no_usage' },
  { weight: 8, value: 'cut_off_for_good' },
  { weight: 8, value: 'refusal' },
  { weight: 7, value: 'cut' },
  { weight: 7, value: 'meta_talk' },
  { weight: 7, value: 'overload' },
];

export const drawAnswer = (random: Random): TrialAnswer => pick(ANSWERS, random);

/** Moments, and how long after them a kill still hits something of interest, in milliseconds. */
const MOMENTS: readonly Weighted<Pick<KillPlan, 'after' | 'delayMs'>>[] = [
  { weight: 1, value: { after: 'start', delayMs: 400 } },
  { weight: 2, value: { after: 'opening', delayMs: 30 } },
  { weight: 2, value: { after: 'request', delayMs: 60 } },
  { weight: 4, value: { after: 'completed', delayMs: 35 } },
  { weight: 8, value: { after: 'file', delayMs: 4 } },
  { weight: 2, value: { after: 'stored', delayMs: 20 } },
  { weight: 1, value: { after: 'ending', delayMs: 5 } },
];
const MOMENTS_OF_BATCHES: typeof MOMENTS = [
  ...MOMENTS,
  { weight: 10, value: { after: 'creation', delayMs: 15 } },
  { weight: 4, value: { after: 'batched', delayMs: 250 } },
];
const MOMENTS_OF_RECOVERY: typeof MOMENTS = [
  { weight: 1, value: { after: 'opening', delayMs: 30 } },
  { weight: 2, value: { after: 'file', delayMs: 2 } },
];

/** The latest moment of each name that a kill follows. */
const LAST_NTH: Record<Moment, number> = {
  ...{ start: 1, opening: 1, request: 3, creation: 2, batched: 2, completed: 3, stored: 3, ending: 1 },
  file: 50,
};
/** How many changes of files recovery takes, about. */
const LAST_OF_RECOVERY = 10;

const MOST_KILLS = 4;
const CHANCE_OF_STOP = 0.1;
/** That the process after a kill is killed soon after its start. */
const CHANCE_OF_TWO_IN_A_ROW = 0.3;

/** @param inBatches the stories are written in batches, and those are killed at their moments too */
export function planKills(random: Random, { inBatches = false } = {}): KillPlan[] {
  const moments = inBatches ? MOMENTS_OF_BATCHES : MOMENTS;
  const count = 1 + Math.floor(random() * MOST_KILLS);
  return Array.from({ length: count }, (_, at) => {
    const isSecond = at > 0 && random() < CHANCE_OF_TWO_IN_A_ROW;
    const { after, delayMs } = pick(isSecond ? MOMENTS_OF_RECOVERY : moments, random);
    const last = isSecond ? Math.min(LAST_OF_RECOVERY, LAST_NTH[after]) : LAST_NTH[after];
    // Squared: every process comes to its first moments, few to the later ones.
    const nth = 1 + Math.floor(random() ** 2 * last);
    return { after, nth, delayMs: random() * delayMs, stopFirst: random() < CHANCE_OF_STOP };
  });
}

interface Weighted<T> {
  weight: number;
  value: T;
}

function pick<T>(choices: readonly Weighted<T>[], random: Random): T {
  let left = random() * choices.reduce((sum, { weight }) => sum + weight, 0);
  for (const { weight, value } of choices) {
    left -= weight;
    if (left < 0) return value;
  }
  throw new Error('no choices');
}
