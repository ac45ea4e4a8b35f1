import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SECOND, systemClock } from '../../lib/clock.js';
import { seededRandom } from '../../lib/random.js';
import { offlineResponder, premiseIn } from '../../offline/author.js';
import { readCards } from '../../prompt/read-cards.js';
import { nameOfStory } from '../../store/story-store.js';
import { exitCodeFor } from '../../verify/output.js';
import { type Verification, verify } from '../../verify/verify.js';
import { type Evidence, readEvidence, readRuns } from './artifacts.js';
import { excuseHolding } from './expected-errors.js';
import { type Incident, isInTime, type Plan, planWeather, type Weather } from './fault-plan.js';
import { ACTS, Missed, openStorage, type Scene, type Storage } from './inject.js';
import { type Call, startWitness, type WitnessOptions } from './mock-api.js';
import type { Came, Complaint, Witnessed } from './observations.js';
import { environmentWithoutSettings, openPm2, type Pm2, type Reader } from './pm2-sandbox.js';
import { reckon } from './reconcile.js';
import { type DayScale, flagsOf, scaleOf, settingsOf, slownessOf } from './time-scale.js';

// A day of the real worker under the real pm2, in about a minute.

export interface RehearsalOptions {
  /** The project to rehearse: the folder of ecosystem.config.cjs, dist and config. */
  root: string;
  weather: Weather;
  /** Plans the weather. What the scheduler makes of it is another matter. */
  seed: number;
  /** The length of the day, on a machine that has nothing else to do. */
  seconds: number;
  env: NodeJS.ProcessEnv;
  /** Ends the rehearsal; it then rejects with the signal's reason, and nothing is left running. */
  giveUp: AbortSignal;
  /** Registers what has to be done should the process exit; returns how to take it back. */
  atExit: (act: () => void) => () => void;
  /** Called once the length of the day is known. */
  onDay: (scale: DayScale) => void;
  onNews: (news: News) => void;
}

/** What there is to tell while it goes on. */
export interface News {
  /** Since the start of the day, in milliseconds; negative before it. */
  elapsedMs: number;
  stories: number;
  /** What has just come; null when it is only time that has passed. */
  event: { call: Call } | { incident: Incident } | { missed: Came } | null;
}

export interface Rehearsal {
  plan: Plan;
  seen: Witnessed;
  evidence: Evidence;
  verification: Verification;
  complaints: readonly Complaint[];
  /** Everything is as it has to be. */
  passed: boolean;
  /** Of pm2, the stories, the log. */
  folder: string;
  /** Milliseconds from the first command to the last check. */
  elapsedMs: number;
}

/** A rehearsal that could not begin; the message is for the user. */
export class RehearsalError extends Error {
  override readonly name = 'RehearsalError';
}

export async function rehearse(options: RehearsalOptions): Promise<Rehearsal> {
  const { root, env, giveUp, atExit } = options;
  const folder = await mkdtemp(join(tmpdir(), 'rehearsal-'));
  const pm2 = openPm2({
    home: join(folder, 'pm2'),
    root,
    // How often pm2 looks at the memory of its workers, in milliseconds; 30 s by itself.
    env: { ...environmentWithoutSettings(env), PM2_WORKER_INTERVAL: '2500' },
    flags: flagsOf(),
  });
  const forget = atExit(pm2.endNow);
  try {
    return await rehearseIn(folder, pm2, options);
  } finally {
    await pm2.end(0);
    // Only now does nobody write there any more.
    if (giveUp.aborted) await rm(folder, { recursive: true, force: true });
    forget();
  }
}

async function rehearseIn(folder: string, pm2: Pm2, options: RehearsalOptions): Promise<Rehearsal> {
  const { root, weather, seed, giveUp, onNews, onDay } = options;
  const begun = performance.now();
  const now = systemClock.now;
  await pm2.run(['ping']);
  const slowness = slownessOf(performance.now() - begun);
  const scale = scaleOf(Math.round(options.seconds * slowness));
  onDay(scale);
  const plan = planWeather(weather, seed, scale);
  const storage = openStorage(folder);
  const logDir = join(folder, 'logs');
  // Looks like a key, so that it would be found wherever one must not stand.
  const apiKey = `sk-ant-rehearsal-${randomBytes(8).toString('hex')}`;
  let startedAt: number | null = null;
  const elapsed = () => (startedAt === null ? -1 : now() - startedAt);
  const tell = (event: News['event']) => onNews({ elapsedMs: elapsed(), stories: countStories(storage), event });
  const sleep = async (ms: number) => {
    await systemClock.sleep(ms, giveUp);
    giveUp.throwIfAborted();
  };
  const witness = await startWitness({
    squalls: plan.squalls,
    elapsed,
    ...authorOf(root, seed),
    charactersPerSecond: scale.charactersPerSecond,
    now,
    onChange: (what, call) => {
      if (what === 'ended' && call.kind !== 'story' && call.kind !== 'rest') tell({ call });
    },
  });
  const kills: number[] = [];
  let storiesWatched = 0;
  let reader: Reader | null = null;
  const ticking = setInterval(() => tell(null), TICK);
  try {
    await pm2.start(settingsOf(scale, { url: witness.url, apiKey, outputDir: storage.outputDir, logDir }));
    reader = pm2.openReader((line) => {
      if (line.includes('번째 소설 저장 - ')) storiesWatched += 1;
    });
    startedAt = await beginning(storage, pm2, sleep);
    const scene: Scene = {
      ...{ pm2, witness, reader, storage, now, sleep, giveUp },
      leftMs: () => scale.dayMs - elapsed(),
      onKill: (at) => kills.push(at),
    };
    const lanes = (['machine', 'surroundings'] as const).map((lane) =>
      runLane(scene, {
        incidents: plan.incidents.filter((each) => each.lane === lane),
        scale,
        slowness,
        elapsed,
        tell,
      }),
    );
    const incidents = (await Promise.all(lanes)).flat();
    await untilOver(pm2, scale, elapsed, sleep);
    const app = await pm2.readApp();
    const seen: Witnessed = {
      ...{ weather, scale, calls: witness.calls, squallsLeft: witness.squallsLeft(), incidents, kills, app },
      ...{ workersLeft: pm2.workersLeft(), mostWorkers: pm2.mostWorkers(), storiesWatched },
    };
    const judged = await judge(seen, { storage, logDir, apiKey });
    return { plan, seen, ...judged, folder, elapsedMs: performance.now() - begun };
  } finally {
    clearInterval(ticking);
    reader?.close();
    await witness.close();
  }
}

/** Reads what is left of the day, and holds it against what was seen and what is promised. */
async function judge(
  seen: Witnessed,
  { storage, logDir, apiKey }: { storage: Storage; logDir: string; apiKey: string },
): Promise<Pick<Rehearsal, 'evidence' | 'verification' | 'complaints' | 'passed'>> {
  const evidence = await readEvidence(storage.folder, logDir);
  const found = await verify({
    ...{ folder: storage.folder, logDir, logKeepFiles: KEEP_FILES, secrets: [apiKey], which: 'newest' },
    now: systemClock.now,
  });
  const verification = excuseHolding(found, evidence, seen.incidents);
  const complaints = reckon(seen, evidence);
  return { evidence, verification, complaints, passed: complaints.length === 0 && exitCodeFor(verification) === 0 };
}

/** Milliseconds. */
const TICK = 250;

/** Longer than any start takes, in milliseconds. */
const LONGEST_START = 30 * SECOND;

/** The default of LOG_KEEP_FILES; a rehearsal has but one. */
const KEEP_FILES = 30;

/** Reads prompts and writes stories for them, as the offline author does. */
function authorOf(root: string, seed: number): Pick<WitnessOptions, 'compose' | 'premiseOf'> {
  const axes = readCards(join(root, 'config', 'premises'));
  const respond = offlineResponder({ axes, random: seededRandom(seed), charactersPerSecond: 0 });
  return {
    compose: (request) =>
      respond(request)
        .content?.map((block) => (block.type === 'text' ? block.text : ''))
        .join('') ?? '',
    premiseOf: (request) => premiseIn(request, axes),
  };
}

export function countStories({ folder }: Pick<Storage, 'folder'>): number {
  return readdirSync(folder).filter((file) => nameOfStory(file) !== null).length;
}

/** Waits until the run has begun. @returns when, milliseconds since the epoch */
export async function beginning(
  { folder }: Pick<Storage, 'folder'>,
  pm2: Pm2,
  sleep: (ms: number) => Promise<void>,
): Promise<number> {
  for (const end = performance.now() + LONGEST_START; performance.now() < end; await sleep(TICK / 5)) {
    const [run] = await readRuns(folder);
    if (run !== undefined) return run.at;
  }
  const app = await pm2.readApp();
  throw new RehearsalError(
    `워커가 실행을 시작하지 않았습니다 (${app?.status}, 종료 코드 ${app?.exitCode})\n${pm2.errors()}`,
  );
}

interface Lane {
  /** In the order of their times. */
  incidents: readonly Incident[];
  scale: DayScale;
  slowness: number;
  elapsed: () => number;
  tell: (event: News['event']) => void;
}

/** One after another, each at its time or as soon as the one before is over. */
async function runLane(scene: Scene, { incidents, scale, slowness, elapsed, tell }: Lane): Promise<Came[]> {
  const came: Came[] = [];
  for (const incident of incidents) {
    await scene.sleep(Math.max(0, incident.at - elapsed()));
    const isLate = !isInTime(incident, scale.dayMs - elapsed(), slowness);
    if (!isLate) tell({ incident });
    const result = isLate ? missing(scene, incident, TOO_SHORT) : await tryAct(scene, incident);
    came.push(result);
    if (result.missed !== null) tell({ missed: result });
  }
  return came;
}

const TOO_SHORT = '남은 하루가 너무 짧습니다 (--seconds를 늘리세요)';

async function tryAct(scene: Scene, incident: Incident): Promise<Came> {
  let from = scene.now();
  const begun = () => {
    from = scene.now();
  };
  try {
    await ACTS[incident.kind](scene, incident, begun);
    return { incident, from, to: scene.now(), missed: null };
  } catch (error) {
    scene.giveUp.throwIfAborted();
    const { message } = error as Error;
    return missing(scene, incident, error instanceof Missed ? message : `하지 못했습니다: ${message}`, from);
  }
}

/** @param why Korean */
function missing({ now }: Scene, incident: Incident, why: string, from = now()): Came {
  return { incident, from, to: now(), missed: why };
}

/** How long the worker may be gone before its deadline until it is taken for the end, in milliseconds. */
const GONE = 5 * SECOND;

/** Waits for the end of the day, and until pm2 shows the worker stopped; not for ever. */
async function untilOver(
  pm2: Pm2,
  scale: DayScale,
  elapsed: () => number,
  sleep: (ms: number) => Promise<void>,
): Promise<void> {
  for (let goneAt: number | null = null; elapsed() < scale.dayMs; await sleep(TICK)) {
    if (pm2.workerPid() !== null) goneAt = null;
    else goneAt ??= performance.now();
    if (goneAt !== null && performance.now() - goneAt > GONE) break;
  }
  const end = performance.now() + scale.totalMs + LONGEST_START;
  while (performance.now() < end) {
    if (pm2.workerPid() === null && (await pm2.readApp())?.status === 'stopped') return;
    await sleep(TICK);
  }
}
