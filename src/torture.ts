import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LifeOptions, type Met, type Moment, openScene, type Scene, type Verdict, type Violation } from './scene.js';
import { type Random, SECOND } from './time.js';
import type { ReplyKind } from './witness.js';

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
  onTrial?: (result: TrialResult, done: number) => void;
}

/** Runs trials with the seeds `seed`, `seed + 1`, …; resolves with their results in that order. */
export async function torture({ trials, seed, parallel, onTrial, ...options }: TortureOptions): Promise<TrialResult[]> {
  const results: TrialResult[] = [];
  let next = 0;
  let done = 0;
  const work = async () => {
    while (next < trials) {
      const at = next++;
      const result = await runTrial({ ...options, seed: seed + at });
      results[at] = result;
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
    maxStories: Math.min(options.maxStories, 1 + Math.floor(random() * options.maxStories)),
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
    return { lives, kills: met, violations, ...countsOf(final) };
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
const DEATHS: readonly Weighted<{ after: Moment; withinMs: number }>[] = [
  { weight: 1, value: { after: 'start', withinMs: 400 } },
  { weight: 2, value: { after: 'opening', withinMs: 40 } },
  { weight: 2, value: { after: 'request', withinMs: 60 } },
  { weight: 5, value: { after: 'completed', withinMs: 25 } },
  { weight: 2, value: { after: 'stored', withinMs: 20 } },
  { weight: 1, value: { after: 'ending', withinMs: 4 } },
];

const MOST_KILLS = 4;
const CHANCE_OF_STOP = 0.1;
/** That a life after a kill does not get past its start. */
const CHANCE_OF_TWO_IN_A_ROW = 0.3;

function planKills(random: Random): Kill[] {
  const count = 1 + Math.floor(random() * MOST_KILLS);
  return Array.from({ length: count }, (_, at) => {
    const isSecond = at > 0 && random() < CHANCE_OF_TWO_IN_A_ROW;
    const { after, withinMs } = isSecond ? { after: 'opening' as const, withinMs: 40 } : pick(DEATHS, random);
    const nth = after === 'request' || after === 'completed' || after === 'stored' ? 1 + Math.floor(random() * 3) : 1;
    return { after, nth, delayMs: random() * withinMs, stopFirst: random() < CHANCE_OF_STOP };
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

/** Numbers in [0, 1) that are the same for the same seed (mulberry32). */
export function seededRandom(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
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
    violations: sum(({ violations }) => violations.length),
    seconds: elapsedMs / SECOND,
    failed_trials: results.filter(({ violations }) => violations.length > 0),
  };
}
