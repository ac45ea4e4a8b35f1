import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { SECOND, systemClock } from '../../lib/clock.js';
import { seededRandom } from '../../lib/random.js';
import { offlineResponder } from '../../offline/author.js';
import type { AxisCards } from '../../prompt/cards.js';
import { readCards } from '../../prompt/read-cards.js';
import { nameOfStory } from '../../store/story-store.js';
import { exitCodeFor } from '../../verify/output.js';
import { type Verification, verify } from '../../verify/verify.js';
import { type Artifacts, readArtifacts } from '../artifacts.js';
import { type Call, startMockApi } from '../mock-api.js';
import { environmentWithoutSettings } from '../processes.js';
import { type Kill, type Match, reconcile } from '../reconcile.js';
import type { Violation } from '../violation.js';
import { type ApiFaultsOptions, createApiFaults } from './api-faults.js';
import { checkBehaviour, type Observations } from './behaviour-checks.js';
import { type EnvironmentFault, type FaultPlan, isInTime, type Lane, planFaults, type Weather } from './fault-plan.js';
import { type Injected, inject, openStorage, type Sandbox } from './inject.js';
import { type Session, type SessionOptions, withSession } from './pm2-session.js';
import { type DayScale, flagsOf, scaleOf, settingsOf, slownessOf, type Writing } from './time-scale.js';

// A day of the real worker under the real pm2, in about a minute.

export interface RehearsalOptions extends SessionOptions {
  weather: Weather;
  /** Plans the faults. When exactly they come is up to the scheduler. */
  seed: number;
  /** The length of the day, on a machine that has nothing else to do. */
  seconds: number;
  writing: Writing;
  /** Called once the length of the day is known. */
  onDay: (scale: DayScale) => void;
  onProgress: (progress: RehearsalProgress) => void;
}

export interface RehearsalProgress {
  /** Since the start of the day, in milliseconds; negative before it. */
  elapsedMs: number;
  stories: number;
  /** What has just happened; null when only time has passed. */
  event: { call: Call } | { fault: EnvironmentFault } | { missed: Injected } | null;
}

export interface Rehearsal {
  plan: FaultPlan;
  observations: Observations;
  artifacts: Artifacts;
  verification: Verification;
  /** What the rehearsal itself has found. */
  violations: readonly Violation[];
  matches: readonly Match[];
  passed: boolean;
  /** Where stories and log are. */
  folder: string;
  /** Milliseconds from the first command to the last check. */
  elapsedMs: number;
}

export async function rehearse(options: RehearsalOptions): Promise<Rehearsal> {
  // How often pm2 looks at the memory of its workers, in milliseconds; 30 s by default.
  const env = { ...environmentWithoutSettings(options.env), PM2_WORKER_INTERVAL: '2500' };
  return withSession({ ...options, env }, { graceMs: 0, flags: flagsOf() }, (session) => rehearseIn(session, options));
}

async function rehearseIn({ folder, pm2, ...session }: Session, options: RehearsalOptions): Promise<Rehearsal> {
  const { root, weather, seed, writing, giveUp, onProgress, onDay } = options;
  const begun = performance.now();
  const now = systemClock.now;
  await pm2.run(['ping']);
  const slowness = slownessOf(performance.now() - begun);
  const scale = scaleOf(Math.round(options.seconds * slowness), writing.concurrency);
  onDay(scale);
  const plan = planFaults(weather, seed, scale, { inBatches: writing.batchSize !== null });
  const storage = openStorage(folder);
  const logDir = join(folder, 'logs');
  // Looks like a key, so that it would be found in any file that must not hold one.
  const apiKey = `sk-ant-rehearsal-${randomBytes(8).toString('hex')}`;
  let startedAt: number | null = null;
  const elapsed = () => (startedAt === null ? -1 : now() - startedAt);
  const report = (event: RehearsalProgress['event']) =>
    onProgress({ elapsedMs: elapsed(), stories: countStories(storage.folder), event });
  const axes = readCards(join(root, 'config', 'premises'));
  const apiFaults = createApiFaults({
    ...{ faults: plan.apiFaults, elapsed, compose: composer(axes, seed) },
    charactersPerSecond: scale.charactersPerSecond,
  });
  const api = await startMockApi({
    ...{ plan: apiFaults.plan, axes, now },
    // Now and then the answer to a creation is lost.
    batches: {
      takesMs: scale.beatMs,
      onCreate: (index) => (weather !== 'calm' && index % 4 === 2 ? 'lose_answer' : 'created'),
    },
    onChange: (what, call) => {
      if (what !== 'ended') return;
      apiFaults.onEnded(call);
      if (call.kind !== 'story') report({ call });
    },
  });
  const kills: Kill[] = [];
  const ticking = setInterval(() => report(null), TICK);
  try {
    const settings = settingsOf(scale, { url: api.url, apiKey, outputDir: storage.outputDir, logDir }, writing);
    const { startedAt: at, reader } = await session.start(settings, storage.folder);
    startedAt = at;
    const leftMs = () => scale.dayMs - elapsed();
    const sandbox: Sandbox = {
      ...{ pm2, api, reader, storage, now, sleep: session.sleep, giveUp, leftMs },
      onKill: (kill) => kills.push(kill),
    };
    const runLane = async (lane: Lane) => {
      const injected: Injected[] = [];
      for (const fault of plan.environmentFaults.filter((each) => each.lane === lane)) {
        await session.sleep(Math.max(0, fault.at - elapsed()));
        const isLate = !isInTime(fault, leftMs(), slowness);
        if (!isLate) report({ fault });
        const result = isLate ? { fault, from: now(), to: now(), missed: TOO_SHORT } : await inject(sandbox, fault);
        injected.push(result);
        if (result.missed !== null) report({ missed: result });
      }
      return injected;
    };
    const injected = (await Promise.all([runLane('machine'), runLane('surroundings')])).flat();
    const supervised = await session.untilStopped(leftMs() + scale.totalMs + LONGEST_END);
    const observations: Observations = {
      ...{ weather, scale, writing, calls: api.calls, faultsLeft: apiFaults.left(), injected, kills },
      ...{ batches: api.batches(), ...supervised },
    };
    const checked = await check(observations, { folder: storage.folder, logDir, apiKey });
    return { plan, observations, ...checked, folder, elapsedMs: performance.now() - begun };
  } finally {
    clearInterval(ticking);
    await api.close();
  }
}

/** The last attempt to save may begin while the folder is away and be logged a little later, in milliseconds. */
const LOGGED_LATER = 1000;

/** Reads what is left of the day, and checks it against what was recorded and what is promised. */
async function check(
  observations: Observations,
  { folder, logDir, apiKey }: { folder: string; logDir: string; apiKey: string },
): Promise<Pick<Rehearsal, 'artifacts' | 'verification' | 'violations' | 'matches' | 'passed'>> {
  const artifacts = await readArtifacts(folder, logDir, true);
  const outages = observations.injected.filter(({ fault }) => fault.kind === 'folder_away');
  const verification = await verify({
    ...{ folder, logDir, logKeepFiles: KEEP_FILES, secrets: [apiKey], which: 'newest' },
    expectedErrorWindows: outages.map(({ from, to }) => ({ from, to: to + LOGGED_LATER })),
    now: systemClock.now,
  });
  const { violations, matches } = reconcile(observations, artifacts, {
    ...{ atRest: true, mayMissRequests: true, callsAtOnce: observations.writing.concurrency },
  });
  violations.push(...checkBehaviour(observations, artifacts));
  const passed = violations.length === 0 && exitCodeFor(verification) === 0;
  return { artifacts, verification, violations, matches, passed };
}

/** Milliseconds. */
const TICK = 250;

/** Longer than the end of a worker takes once its last call has ended, in milliseconds. */
const LONGEST_END = 30 * SECOND;

/** The default of LOG_KEEP_FILES; a rehearsal has but one. */
const KEEP_FILES = 30;

/** Writes stories for requests, as the offline author does. */
export function composer(axes: readonly AxisCards[], seed: number): ApiFaultsOptions['compose'] {
  const respond = offlineResponder({ axes, random: seededRandom(seed), charactersPerSecond: 0 });
  return (request) => {
    const [block] = respond(request).content ?? [];
    return block?.type === 'text' ? block.text.trim() : '';
  };
}

export function countStories(folder: string): number {
  return readdirSync(folder).filter((file) => nameOfStory(file) !== null).length;
}

const TOO_SHORT = '남은 하루가 너무 짧습니다 (--seconds를 늘리세요)';
