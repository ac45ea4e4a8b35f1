import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { MINUTE, SECOND, systemClock } from '../../lib/clock.js';
import type { AxisCards } from '../../prompt/cards.js';
import { readCards } from '../../prompt/read-cards.js';
import { reportCommand } from '../../report/command.js';
import { PAUSE_REASONS, pauseLabel } from '../../run/labels.js';
import type { LedgerRecord } from '../../run/ledger-records.js';
import { exitCodeFor } from '../../verify/output.js';
import { type Verification, verify } from '../../verify/verify.js';
import { readArtifacts, readRuns } from '../artifacts.js';
import { startMockApi } from '../mock-api.js';
import { environmentWithoutSettings, signalTo, waitUntil } from '../processes.js';
import { type Kill, reconcile } from '../reconcile.js';
import { RehearsalError, type Session, type SessionOptions, withSession } from '../rehearsal/pm2-session.js';
import { composer, countStories } from '../rehearsal/rehearsal.js';
import { environmentOf, flagsOf } from '../rehearsal/time-scale.js';
import type { Violation } from '../violation.js';
import { MODELS, planAnswers } from './month-api.js';
import { checkMonth, type MonthObservations, type PlannedStop, pausesOf } from './month-checks.js';
import { BEFORE_NIGHT, CRASHES, type MonthEvent, type MonthPlan, NIGHT, nextHour, planMonth } from './month-plan.js';
import { openSharedTime, type SharedTime } from './shared-time.js';

// A month of the real worker under the real pm2, in about two minutes: its waits pass quickly, its work does not.

export interface MonthOptions extends SessionOptions {
  seed: number;
  days: number;
  /** How long a day of nothing but waits takes, in seconds. */
  secondsPerDay: number;
  onProgress: (progress: MonthProgress) => void;
}

export interface MonthProgress {
  /** The rehearsed time, milliseconds since the epoch. */
  at: number;
  stories: number;
  /** Korean; null when only time has passed. */
  event: string | null;
}

export interface MonthRehearsal {
  observations: MonthObservations;
  verification: Verification;
  violations: readonly Violation[];
  passed: boolean;
  /** How often and how long the run paused, by reason; the label is Korean. */
  pauses: readonly { label: string; times: number; ms: number }[];
  stories: number;
  folder: string;
  /** Path of the report; null when it could not be written. */
  report: string | null;
  elapsedMs: number;
}

const DAY = 24 * 60 * MINUTE;
/** Between two stories. */
const INTERVAL = 60 * MINUTE;
/** Room for six or seven stories of the eight that the hours of a day allow; more with each call of the mock API. */
const BUDGET_USD = 0.27;
const PRICE = { input: 2, output: 10 };

export async function rehearseMonth(options: MonthOptions): Promise<MonthRehearsal> {
  const env = environmentWithoutSettings(options.env);
  return withSession({ ...options, env }, { graceMs: 0, flags: flagsOf(['fallbackModels']) }, (session) =>
    liveThrough(session, options),
  );
}

async function liveThrough({ folder, ...session }: Session, options: MonthOptions): Promise<MonthRehearsal> {
  const { root, seed, days, secondsPerDay, giveUp, onProgress } = options;
  const begun = performance.now();
  const plan = planMonth(systemClock.now(), days, seed);
  const timeFile = join(folder, 'time.json');
  const time = openSharedTime(timeFile, plan.start, DAY / (secondsPerDay * SECOND));
  const [outputDir, logDir] = [join(folder, 'stories'), join(folder, 'logs')];
  mkdirSync(outputDir);
  const report = (event: string | null) => onProgress({ at: time.now(), stories: countStories(outputDir), event });
  const axes = readCards(join(root, 'config', 'premises'));
  const apiKey = `sk-ant-rehearsal-${randomBytes(8).toString('hex')}`;
  const { api, answers } = await openApi(axes, plan, { seed, time, report });
  const ticking = setInterval(() => report(null), TICK);
  const director = createDirector(
    { folder, ...session },
    {
      ...{ plan, time, outputDir, giveUp, report, api },
      letEnd: answers.letEnd,
    },
  );
  try {
    await session.start(
      {
        ...settingsFor(plan, { url: api.url, apiKey, outputDir, logDir }),
        ...{ REHEARSAL_TIME: timeFile, NODE_OPTIONS: `--import=${FAST_CLOCK}` },
      },
      outputDir,
    );
    for (const event of plan.events) await director.act(event);
    await director.untilTime(plan.end);
    const supervised = await session.untilStopped(LONGEST_END);
    const artifacts = await readArtifacts(outputDir, logDir, true);
    const observations: MonthObservations = {
      ...{ plan, calls: api.calls, batches: [], kills: director.kills, models: answers.models, left: answers.left() },
      ...{ stop: director.stops()[0] ?? null, ...supervised },
    };
    const verification = await verify({
      ...{ folder: outputDir, logDir, logKeepFiles: KEEP_FILES, secrets: [apiKey], which: 'newest', now: time.now },
      // The end at the limit is an error of the log, and the one that was asked for.
      expectedErrorWindows: director.stops().map(({ from }) => ({ from: from - LONGEST_END, to: from })),
    });
    const path = await writeReport({ root, outputDir, logDir, now: time.now });
    const { violations } = reconcile(observations, artifacts, { atRest: true, mayMissRequests: true });
    violations.push(...checkMonth(observations, artifacts));
    const passed = violations.length === 0 && path !== null && exitCodeFor(verification) === 0;
    const pauses = summarisePauses(artifacts.runs[0]?.ledger.records ?? []);
    const result = { observations, pauses, verification, violations, passed, folder, report: path };
    return { ...result, stories: countStories(outputDir), elapsedMs: performance.now() - begun };
  } finally {
    clearInterval(ticking);
    await api.close();
  }
}

const FAST_CLOCK = new URL('fast-clock.mjs', import.meta.url).href;

/** Milliseconds. */
const TICK = 250;
/** Longer than the end of a worker takes, or anything else that is waited for here, in real milliseconds. */
const LONGEST_END = 30 * SECOND;
/** Every process may begin a file of its own. */
const KEEP_FILES = 100;

async function openApi(
  axes: readonly AxisCards[],
  plan: MonthPlan,
  { seed, time, report }: { seed: number; time: SharedTime; report: (event: string) => void },
) {
  const answers = planAnswers({
    ...{ plan, now: time.now, compose: composer(axes, seed) },
    onEvent: (kind) => report(EVENT_NAMES[kind]),
  });
  const api = await startMockApi({ axes, now: time.now, plan: answers.answer, onChange: () => {} });
  return { api, answers };
}

export const EVENT_NAMES: Record<MonthEvent['kind'], string> = {
  overload: '529 과부하, 연속 3번',
  crashes: `SIGKILL, 연속 ${CRASHES}번`,
  limit_with_reset: 'API의 지출 한도 (풀릴 때를 앎)',
  limit_without_reset: 'API의 지출 한도 (풀릴 때를 모름)',
  limit_that_ends: 'API의 지출 한도 (끝내라고 함)',
};

function settingsFor(
  { days }: MonthPlan,
  place: { url: string; apiKey: string; outputDir: string; logDir: string },
): Record<string, string> {
  return environmentOf({
    ...{ durationSeconds: days * (DAY / SECOND), maxStories: 0, intervalSeconds: INTERVAL / SECOND },
    ...{ maxConsecutiveFailures: 0, activeHours: `${NIGHT.from}:00-0${NIGHT.to}:00` },
    ...{ maxCostUsdPerDay: BUDGET_USD, priceInputUsd: PRICE.input, priceOutputUsd: PRICE.output, maxTokens: 6000 },
    ...{ onSpendLimit: 'wait', resume: 'true', author: 'anthropic', notifyEvents: 'none', logKeepFiles: KEEP_FILES },
    ...{ model: MODELS[0], fallbackModels: MODELS[1], anthropicApiKey: place.apiKey, anthropicBaseUrl: place.url },
    ...{ outputDir: place.outputDir, logDir: place.logDir },
  });
}

interface Stage {
  plan: MonthPlan;
  time: SharedTime;
  outputDir: string;
  giveUp: AbortSignal;
  report: (event: string | null) => void;
  api: { markKilled(): void };
  letEnd: () => void;
}

/** Does to the worker what the plan has for it. Answers come by themselves. */
function createDirector(session: Session, { plan, time, outputDir, giveUp, report, api, letEnd }: Stage) {
  const { pm2 } = session;
  const kills: Kill[] = [];
  const stops: PlannedStop[] = [];
  return { act, untilTime, kills: kills as readonly Kill[], stops: (): readonly PlannedStop[] => stops };

  async function act({ kind, at }: MonthEvent): Promise<void> {
    if (kind !== 'crashes' && kind !== 'limit_that_ends') return;
    await untilTime(at);
    report(kind === 'crashes' ? EVENT_NAMES[kind] : '다음 지출 한도에서는 끝내라고 하며 다시 시작함');
    if (kind === 'crashes') await crashAgainAndAgain();
    else await endAtLimit();
  }

  /** Waits for a time, or for the checks to tell what has become of a worker that is gone. */
  async function untilTime(at: number): Promise<void> {
    let seenAt = performance.now();
    const hasCome = () => {
      if (pm2.workerPid() !== null) seenAt = performance.now();
      return time.now() >= at || performance.now() - seenAt > LONGEST_END;
    };
    await waitUntil(hasCome, plan.days * LONGEST_DAY, giveUp);
    giveUp.throwIfAborted();
  }

  /** Before the night, so that no call is cut off: it would count towards the budget of the day. */
  async function crashAgainAndAgain(): Promise<void> {
    time.brake();
    for (let n = 1; n <= CRASHES; n++) {
      const pid = await pausedWorker(n === 1 ? null : (kills.at(-1)?.pid ?? null));
      api.markKilled();
      kills.push({ pid, at: time.now() });
      signalTo(pid, 'SIGKILL');
      // pm2 needs its while to notice.
      if (n === 1) time.advanceTo(nextHour(NIGHT.from, time.now()) - BEFORE_NIGHT);
    }
    await pausedWorker(kills.at(-1)?.pid ?? null);
    time.release();
  }

  /** @returns the process id of a worker that is pausing. @param not the one before it, which was killed */
  async function pausedWorker(not: number | null): Promise<number> {
    let pid: number | null = null;
    const isPausing = async () => {
      const [run] = await readRuns(outputDir);
      const last = run?.ledger.records.at(-1);
      pid = run?.state.owner?.pid ?? null;
      return pid !== null && pid !== not && last?.type === 'pause' && last.phase === 'begin';
    };
    const isSo = await waitUntil(isPausing, LONGEST_END, giveUp);
    giveUp.throwIfAborted();
    if (!isSo || pid === null) throw new RehearsalError(`쉬고 있는 워커가 없습니다\n${pm2.errors()}`);
    return pid;
  }

  /** The run ends at the next limit, and stays so until a person starts it again. */
  async function endAtLimit(): Promise<void> {
    // However long pm2 takes, the month does not go by.
    time.brake();
    await pm2.start({ ON_SPEND_LIMIT: 'stop' });
    letEnd();
    time.release();
    const { app } = await session.untilStopped(LONGEST_STOP);
    const at = time.now();
    // Were pm2 to start it again, it would be within a moment.
    await session.sleep(2 * SECOND);
    const morning = nextHour(9, at);
    stops.push({ from: at, to: morning, app });
    time.advanceTo(morning);
    report('사람이 한도를 올리고 다시 시작함');
    await pm2.start({ ON_SPEND_LIMIT: 'wait' });
  }
}

function summarisePauses(records: readonly LedgerRecord[]): MonthRehearsal['pauses'] {
  const found = pausesOf(records);
  return PAUSE_REASONS.map((reason) => {
    const mine = found.filter((pause) => pause.reason === reason);
    const ms = mine.reduce((sum, { from, to }) => sum + to - from, 0);
    return { label: pauseLabel(reason), times: mine.length, ms };
  });
}

/** Longer than a day takes on a busy machine, and the night until the limit, in real milliseconds. */
const LONGEST_DAY = 20 * SECOND;
const LONGEST_STOP = 60 * SECOND;

/** @returns its path; null when it could not be written */
async function writeReport(place: {
  root: string;
  outputDir: string;
  logDir: string;
  now: () => number;
}): Promise<string | null> {
  const { root, outputDir, logDir, now } = place;
  const path = join(logDir, 'report.html');
  const quiet = { write: () => {} };
  const env = { ...environmentWithoutSettings(process.env), OUTPUT_DIR: outputDir, LOG_DIR: logDir };
  const code = await reportCommand(['--output', path], {
    ...{ root, typedIn: root, env, now, stdout: quiet, stderr: quiet },
  });
  return code === 0 ? path : null;
}
