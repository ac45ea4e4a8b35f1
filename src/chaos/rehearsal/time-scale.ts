import { devNull } from 'node:os';
import { SETTING_NAMES, SETTINGS, type SettingName } from '../../config/settings.js';
import { SECOND } from '../../lib/clock.js';

// Time compression: a day of 86,400 s with a story every half hour, scaled down to about a minute. Pure.

/** The parts of a rehearsed day, in milliseconds. */
export interface DayScale {
  dayMs: number;
  /** How fast the mock API sends text, so that a story takes its part of a beat. */
  charactersPerSecond: number;
  intervalMs: number;
  retryBaseMs: number;
  retryMaxMs: number;
  idleMs: number;
  totalMs: number;
  heartbeatMs: number;
  /** From the start of one story to that of the next. */
  beatMs: number;
}

/** Stories per real day: each takes half a minute, and the wait after it half an hour. */
export const STORIES_A_DAY = 47;

/** In a shorter beat, in milliseconds, a process could not even start. */
const SHORTEST_BEAT = 450;
/** The part of a beat that a story takes. It is larger than in reality, so that faults can come in the middle of one. */
const WRITING = 0.3;
const LONGEST_WRITING = 2 * SECOND;
/** About how long saving a story takes on a disk that syncs, in milliseconds. */
const SAVING = 50;
const CHARACTERS_A_STORY = 2800;

/**
 * Scales the day down. Its beat, waits and limits keep their proportions down to a least length: below that, delays of a
 * busy machine would look like faults.
 * @param concurrency stories in hand at a time
 */
export function scaleOf(seconds: number, concurrency = 1): DayScale {
  const dayMs = seconds * SECOND;
  const beatMs = Math.max(SHORTEST_BEAT, dayMs / STORIES_A_DAY);
  const writingMs = Math.min(LONGEST_WRITING, WRITING * beatMs);
  const scaled = (realSeconds: number) => (realSeconds * dayMs) / 86_400;
  return {
    dayMs,
    beatMs,
    charactersPerSecond: Math.round((CHARACTERS_A_STORY / writingMs) * SECOND),
    // Each slot waits for itself: the day keeps its stories.
    intervalMs: Math.round(concurrency * beatMs - writingMs - SAVING),
    retryBaseMs: Math.max(20, scaled(5)),
    retryMaxMs: Math.max(160, scaled(300)),
    idleMs: Math.max(SECOND, 0.8 * beatMs),
    totalMs: Math.max(5 * SECOND, 4 * beatMs),
    heartbeatMs: Math.max(60, scaled(15)),
  };
}

/** How long pm2's first command takes on an idle machine, in milliseconds. */
const QUICK = 800;
const MOST_SLOW = 4;

/**
 * How much more slowly this machine starts processes than an idle one: it needs a longer day for the same faults.
 * @param pingMs what pm2's first command took
 * @returns how many times longer things take, 1 or more
 */
export function slownessOf(pingMs: number): number {
  return Math.min(MOST_SLOW, Math.max(1, pingMs / QUICK));
}

/** How many times the worker may ask for the rest of a cut-off answer. */
export const MAX_CONTINUATIONS = 2;

/** More than any rehearsal uses: the caps are set and counted, but never reached. */
const NO_CAP = 1e12;

/** How stories are written in a rehearsed day. */
export interface Writing {
  /** Stories in hand at a time. */
  concurrency: number;
  /** In batches of so many; null: streamed. */
  batchSize: number | null;
}

/**
 * Every setting of the worker as a variable of its environment, so that neither the user's `.env` nor
 * `config/local.json` changes the day.
 */
export function settingsOf(
  scale: DayScale,
  place: { url: string; apiKey: string; outputDir: string; logDir: string },
  { concurrency, batchSize }: Writing = { concurrency: 1, batchSize: null },
): Record<string, string> {
  const seconds = (ms: number) => ms / SECOND;
  const ours: Partial<Record<SettingName, string | number>> = {
    durationSeconds: seconds(scale.dayMs),
    intervalSeconds: seconds(scale.intervalMs),
    maxStories: 0,
    maxConsecutiveFailures: 0,
    concurrency,
    ...(batchSize === null ? {} : { batchSize }),
    batchPollSeconds: seconds(Math.max(100, scale.beatMs / 4)),
    maxTokensTotal: NO_CAP,
    maxCostUsd: NO_CAP,
    priceInputUsd: 2,
    priceOutputUsd: 10,
    resume: 'true',
    author: 'anthropic',
    // A command of the user's own is not to be told of a day that is none.
    notifyEvents: 'none',
    anthropicApiKey: place.apiKey,
    anthropicBaseUrl: place.url,
    maxContinuations: MAX_CONTINUATIONS,
    outputDir: place.outputDir,
    logDir: place.logDir,
    heartbeatSeconds: seconds(scale.heartbeatMs),
    requestIdleSeconds: seconds(scale.idleMs),
    requestTimeoutSeconds: seconds(scale.totalMs),
    retryBaseSeconds: seconds(scale.retryBaseMs),
    retryMaxSeconds: seconds(scale.retryMaxMs),
  };
  return environmentOf(ours);
}

/** Every setting of the worker as a variable: these values, and the defaults of all others. */
export function environmentOf(ours: Partial<Record<SettingName, string | number>>): Record<string, string> {
  // The profile decides the first; the others are numbers, which a variable cannot leave out.
  const left: ReadonlySet<SettingName> = new Set(['completedExitCode', 'temperature', 'maxLikeness']);
  const values = SETTING_NAMES.flatMap((name): [string, string][] => {
    const { env, default: fallback } = SETTINGS[name];
    if (name in ours) return [[env, String(ours[name])]];
    if (left.has(name)) return [];
    if (fallback === null) return [];
    return [[env, String(fallback)]];
  });
  return { ...Object.fromEntries(values), ENV_FILE: devNull };
}

/**
 * Flags for the texts that no variable can take away from `config/local.json`, such as the user's own cards: an empty
 * variable is one that was not given, an empty flag says that there is none.
 * @param given settings that have a variable
 */
export function flagsOf(given: readonly SettingName[] = []): string[] {
  return SETTING_NAMES.flatMap((name) => {
    const { arg, format } = SETTINGS[name];
    return arg !== null && format === 'text|null' && !given.includes(name) ? [`--${arg}=`] : [];
  });
}

/** The time of the rehearsed day, as `13:30`. @param elapsedMs since its start */
export function timeOfDay(elapsedMs: number, { dayMs }: DayScale): string {
  const minutes = Math.floor((Math.min(elapsedMs, dayMs) / dayMs) * 24 * 60);
  return `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
}
