import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SECOND } from '../../lib/clock.js';
import { ExitCode } from '../../lib/errors.js';
import { seededRandom } from '../../lib/random.js';
import { type Violation, violation } from '../violation.js';
import type { Inspection } from './invariants.js';
import type { KillPhase } from './kill-phase.js';
import { drawAnswer, type KillPlan, planKills } from './kill-plan.js';
import { openTrial, type ProcessOptions, type Trial } from './kill-trial.js';
import { drawShape, type TrialShape } from './trial-shape.js';

// Trials of a worker that is killed at random: one run each, killed again and again until it ends by itself.

export interface TrialResult extends Pick<Inspection, 'stories' | 'setAside' | 'lostCalls' | 'lostAnswers'> {
  seed: number;
  shape: TrialShape;
  /** How many batches were created. */
  batches: number;
  /** How many processes the run took. */
  lives: number;
  /** What each kill hit, in order. */
  kills: KillPhase[];
  /** The last kill came between the end of the run and its final record. */
  untold: boolean;
  violations: Violation[];
  /** Kept when there are violations. */
  folder: string | null;
}

export interface KillTestOptions extends Pick<ProcessOptions, 'nodeFlags' | 'env'> {
  trials: number;
  /**
   * Plans the first trial: how many stories, which answers, which kills. The others follow by one. When exactly a kill
   * comes is up to the scheduler.
   */
  seed: number;
  /** The most stories that a trial asks for. */
  maxStories: number;
  /** What is not drawn, but the same in every trial. */
  shape?: Partial<TrialShape>;
  /** Path of the worker's main.js. */
  worker: string;
  /** How many workers at a time. */
  parallel: number;
  /** Begin no more trials once one has gone wrong. */
  bail?: boolean;
  onTrial?: (result: TrialResult, done: number) => void;
}

/** Runs trials with the seeds `seed`, `seed + 1`, …; resolves with their results in that order. */
export async function runKillTest(options: KillTestOptions): Promise<TrialResult[]> {
  const { trials, seed, parallel, bail = false, onTrial } = options;
  const results: TrialResult[] = [];
  let next = 0;
  let done = 0;
  let failed = false;
  const work = async () => {
    while (next < trials && !(bail && failed)) {
      const at = next++;
      const result = await runTrial(seed + at, options);
      results[at] = result;
      failed ||= result.violations.length > 0;
      onTrial?.(result, ++done);
    }
  };
  await Promise.all(Array.from({ length: Math.min(parallel, trials) }, work));
  return results;
}

async function runTrial(seed: number, options: KillTestOptions): Promise<TrialResult> {
  const { maxStories, worker, nodeFlags = [], env = {} } = options;
  const folder = await mkdtemp(join(tmpdir(), 'torture-'));
  const random = seededRandom(seed);
  const shape = { ...drawShape(random, maxStories), ...options.shape };
  const kills = planKills(random, { inBatches: shape.batchSize !== null });
  const answerSeed = Math.floor(random() * 2 ** 31);
  const trial = await openTrial({
    ...{ folder, worker, random, id: String(seed) },
    shape,
    // By index, so that a retry does not change what comes after it.
    answers: (index) => (shape.maxRejected === null ? drawAnswer(seededRandom(answerSeed + index)) : 'refusal'),
  });
  try {
    const outcome = await runToEnd(trial, kills, { nodeFlags, env });
    const isSound = outcome.violations.length === 0;
    if (isSound) await rm(folder, { recursive: true, force: true });
    const batches = trial.batches().length;
    return { seed, shape, batches, ...outcome, folder: isSound ? null : folder };
  } finally {
    await trial.close();
  }
}

/** One process after another until the run is over, and an inspection of the folder after each. */
async function runToEnd(trial: Trial, plans: readonly KillPlan[], options: ProcessOptions) {
  const kills: KillPhase[] = [];
  const violations: Violation[] = [];
  for (let lives = 1; ; lives++) {
    const plan = plans[lives - 1];
    const end = await trial.run({ ...options, ...(plan === undefined ? {} : { onMoment: killerOf(plan) }) });
    const isRejected = end.code === ExitCode.rejected && trial.endsWithRejections;
    if (!end.killed && end.code !== 0 && !isRejected) {
      violations.push(violation('exit_code', `life ${lives}`, `종료 코드 ${end.code}: ${end.stderr}`));
    }
    const interim = await trial.check({ atRest: false });
    violations.push(...interim.violations);
    if (end.killed) kills.push(interim.phase);
    const isStuck = plan === undefined && !interim.over;
    if (!interim.over && !isStuck && !isRejected && violations.length === 0) continue;
    // Rejections end the worker, and leave a run that can be gone on with.
    const final = violations.length === 0 && !isRejected ? await trial.check({ atRest: true }) : interim;
    if (final !== interim) violations.push(...final.violations);
    const { stories, setAside, lostCalls, lostAnswers, over, hasFinalRecord } = final;
    return { lives, kills, untold: over && !hasFinalRecord, violations, stories, setAside, lostCalls, lostAnswers };
  }
}

/** Kills the worker at its moment. */
function killerOf({ after, nth, delayMs, stopFirst }: KillPlan): NonNullable<ProcessOptions['onMoment']> {
  let count = 0;
  return (moment, worker) => {
    if (moment !== after || ++count !== nth) return;
    if (stopFirst) worker.signal('SIGINT');
    setTimeout(() => worker.signal('SIGKILL'), delayMs);
  };
}

/** The sum of all trials, for a table or for JSON. */
export function summarize(results: readonly TrialResult[], elapsedMs: number) {
  const sum = (of: (result: TrialResult) => number) => results.reduce((total, result) => total + of(result), 0);
  const phases: Partial<Record<KillPhase, number>> = {};
  for (const phase of results.flatMap(({ kills }) => kills)) phases[phase] = (phases[phase] ?? 0) + 1;
  return {
    trials: results.length,
    trials_at_once: results.filter(({ shape }) => shape.concurrency > 1).length,
    most_at_once: Math.max(0, ...results.map(({ shape }) => shape.concurrency)),
    trials_in_batches: results.filter(({ shape }) => shape.batchSize !== null).length,
    trials_with_a_cap: results.filter(({ shape }) => shape.maxTokens !== null).length,
    trials_of_rejections: results.filter(({ shape }) => shape.maxRejected !== null).length,
    batches: sum(({ batches }) => batches),
    lives: sum(({ lives }) => lives),
    kills: sum(({ kills }) => kills.length),
    kills_met: phases,
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
