import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SECOND } from '../../lib/clock.js';
import { type Random, seededRandom } from '../../lib/random.js';
import type { Verdict, Violation } from './invariants.js';
import type { Met } from './kill-phase.js';
import { type LifeOptions, type Moment, openScene, type Scene } from './kill-trial.js';
import type { ReplyKind } from './mock-api.js';

/** One run, killed again and again until it ends by itself. */
export interface TrialOptions {
  /** Plans the trial: how many stories, which replies, which kills. What the scheduler makes of it is another matter. */
  seed: number;
  /** The most stories to ask for. */
  maxStories: number;
  /** Path of the worker's main.js. */
  worker: string;
  /** Flags of node and variables for every life. */
  nodeFlags?: readonly string[];
  env?: Readonly<Record<string, string>>;
}

export interface TrialResult {
  seed: number;
  lives: number;
  /** What each kill met, in order. */
  kills: Met[];
  stories: number;
  setAside: number;
  /** Calls that a kill cut off, and whole answers among them: sent, and not yet staged. */
  lostCalls: number;
  lostAnswers: number;
  /** The last kill came between the end of the run and its final record. */
  untold: boolean;
  violations: Violation[];
  /** Kept when there are violations. */
  folder: string | null;
}

export interface TortureOptions extends Omit<TrialOptions, 'seed'> {
  trials: number;
  /** Of the first trial; the others follow by one. */
  seed: number;
  /** How many workers at a time. */
  parallel: number;
  /** Begin no more trials once one has gone wrong. */
  bail?: boolean;
  onTrial?: (result: TrialResult, done: number) => void;
}

/** Runs trials with the seeds `seed`, `seed + 1`, …; resolves with their results in that order. */
export async function torture(options: TortureOptions): Promise<TrialResult[]> {
  const { trials, seed, parallel, bail = false, onTrial, ...rest } = options;
  const results: TrialResult[] = [];
  let next = 0;
  let done = 0;
  let failed = false;
  const work = async () => {
    while (next < trials && !(bail && failed)) {
      const at = next++;
      const result = await runTrial({ ...rest, seed: seed + at });
      results[at] = result;
      failed ||= result.violations.length > 0;
      onTrial?.(result, ++done);
    }
  };
  await Promise.all(Array.from({ length: Math.min(parallel, trials) }, work));
  return results;
}

/** When a life is to end. */
interface Kill {
  after: Moment;
  /** Which moment of that name. */
  nth: number;
  delayMs: number;
  /** Told to stop at the moment, as pm2 does it, and killed after the delay. */
  stopFirst: boolean;
}

export async function runTrial(options: TrialOptions): Promise<TrialResult> {
  const { seed, nodeFlags = [], env = {} } = options;
  const folder = await mkdtemp(join(tmpdir(), 'torture-'));
  const random = seededRandom(seed);
  const kills = planKills(random);
  const replySeed = Math.floor(random() * 2 ** 31);
  const scene = await openScene({
    folder,
    worker: options.worker,
    maxStories: 1 + Math.floor(random() * options.maxStories),
    id: String(seed),
    // By index, so that a retry does not change what comes after it.
    replies: (index) => pick(REPLIES, seededRandom(replySeed + index)),
    random,
  });
  try {
    const outcome = await liveOn(scene, kills, { nodeFlags, env });
    const isSound = outcome.violations.length === 0;
    if (isSound) await rm(folder, { recursive: true, force: true });
    return { seed, ...outcome, folder: isSound ? null : folder };
  } finally {
    await scene.close();
  }
}

/** One life after another until the run is over, and a look at the folder after each. */
async function liveOn(scene: Scene, kills: readonly Kill[], life: Pick<LifeOptions, 'nodeFlags' | 'env'>) {
  const met: Met[] = [];
  const violations: Violation[] = [];
  for (let lives = 1; ; lives++) {
    const kill = kills[lives - 1];
    const end = await scene.live({ ...life, ...(kill === undefined ? {} : { onMoment: executioner(kill) }) });
    if (!end.killed && end.code !== 0) {
      violations.push({ code: 'exit_code', where: `life ${lives}`, message: `종료 코드 ${end.code}: ${end.stderr}` });
    }
    const interim = await scene.check({ atRest: false });
    violations.push(...interim.violations);
    if (end.killed) met.push(interim.met);
    const isStuck = kill === undefined && !interim.over;
    if (!interim.over && !isStuck && violations.length === 0) continue;
    const final = violations.length === 0 ? await scene.check({ atRest: true }) : interim;
    if (final !== interim) violations.push(...final.violations);
    return { lives, kills: met, untold: final.over && !final.told, violations, ...countsOf(final) };
  }
}

function countsOf({ stories, setAside, lostCalls, lostAnswers }: Verdict) {
  return { stories, setAside, lostCalls, lostAnswers };
}

function executioner({ after, nth, delayMs, stopFirst }: Kill): NonNullable<LifeOptions['onMoment']> {
  let count = 0;
  return (moment, worker) => {
    if (moment !== after || ++count !== nth) return;
    if (stopFirst) worker.signal('SIGINT');
    setTimeout(() => worker.signal('SIGKILL'), delayMs);
  };
}

const REPLIES: readonly Weighted<ReplyKind>[] = [
  { weight: 50, value: 'story' },
  { weight: 12, value: 'slow' },
  { weight: 8, value: 'no_usage' },
  { weight: 8, value: 'cut_off' },
  { weight: 8, value: 'refusal' },
  { weight: 7, value: 'broken' },
  { weight: 7, value: 'overloaded' },
];

/** Moments, and how long after them it stays interesting, in milliseconds. */
const DEATHS: readonly Weighted<Pick<Kill, 'after' | 'delayMs'>>[] = [
  { weight: 1, value: { after: 'start', delayMs: 400 } },
  { weight: 2, value: { after: 'opening', delayMs: 30 } },
  { weight: 2, value: { after: 'request', delayMs: 60 } },
  { weight: 4, value: { after: 'completed', delayMs: 35 } },
  { weight: 8, value: { after: 'file', delayMs: 4 } },
  { weight: 2, value: { after: 'stored', delayMs: 20 } },
  { weight: 1, value: { after: 'ending', delayMs: 5 } },
];
const IN_RECOVERY: readonly (typeof DEATHS)[number][] = [
  { weight: 1, value: { after: 'opening', delayMs: 30 } },
  { weight: 2, value: { after: 'file', delayMs: 2 } },
];

/** Which moment of its name, at most. */
const LAST_NTH: Record<Moment, number> = {
  start: 1,
  opening: 1,
  request: 3,
  completed: 3,
  stored: 3,
  file: 50,
  ending: 1,
};
/** The changes of files that recovery comes to. */
const LAST_OF_RECOVERY = 10;

const MOST_KILLS = 4;
const CHANCE_OF_STOP = 0.1;
/** That a life after a kill does not get far beyond its start. */
const CHANCE_OF_TWO_IN_A_ROW = 0.3;

function planKills(random: Random): Kill[] {
  const count = 1 + Math.floor(random() * MOST_KILLS);
  return Array.from({ length: count }, (_, at) => {
    const isSecond = at > 0 && random() < CHANCE_OF_TWO_IN_A_ROW;
    const { after, delayMs } = pick(isSecond ? IN_RECOVERY : DEATHS, random);
    const last = isSecond ? Math.min(LAST_OF_RECOVERY, LAST_NTH[after]) : LAST_NTH[after];
    // Squared: the first ones of a life are those that every life gets to.
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

/** Everything that trials came to, for a table or for JSON. */
export function summarize(results: readonly TrialResult[], elapsedMs: number) {
  const sum = (of: (result: TrialResult) => number) => results.reduce((total, result) => total + of(result), 0);
  const met: Partial<Record<Met, number>> = {};
  for (const kill of results.flatMap(({ kills }) => kills)) met[kill] = (met[kill] ?? 0) + 1;
  return {
    trials: results.length,
    lives: sum(({ lives }) => lives),
    kills: sum(({ kills }) => kills.length),
    kills_met: met,
    stories: sum(({ stories }) => stories),
    set_aside: sum(({ setAside }) => setAside),
    calls_lost_to_kills: sum(({ lostCalls }) => lostCalls),
    answers_in_flight_at_a_kill: sum(({ lostAnswers }) => lostAnswers),
    runs_killed_before_their_final_record: results.filter(({ untold }) => untold).length,
    violations: sum(({ violations }) => violations.length),
    seconds: elapsedMs / SECOND,
    failed_trials: results.filter(({ violations }) => violations.length > 0),
  };
}
