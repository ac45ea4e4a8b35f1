import { SECOND } from '../../lib/clock.js';
import { type Random, seededRandom } from '../../lib/random.js';
import { FAULTY_ANSWERS } from '../answers.js';
import type { DayScale } from './time-scale.js';

// What is to go wrong in a day, and when: a plan made from a seed. Pure.

export const WEATHERS = ['calm', 'rough', 'storm'] as const;
export type Weather = (typeof WEATHERS)[number];

/** What happens to the worker, to pm2 and around them, by lane. The order is part of what a seed means. */
const ENVIRONMENT_FAULTS = {
  surroundings: [
    'unreachable', // connections are refused
    'folder_away', // the story folder cannot be written
    'reader_stops', // `pm2 logs` reads no more, while there is a lot to read
  ],
  machine: [
    'kill_in_call',
    'kill_in_wait',
    'kill', // at any instant
    'kill_twice', // and once more as soon as it is back
    'restart', // pm2 restart
    'stop_start', // pm2 stop, and pm2 start a while later
    'out_of_memory', // pm2 finds the worker above max_memory_restart
    'daemon_stops', // pm2 itself reads no more: the worker's standard output fills up
  ],
} as const;

export type ApiFaultKind = (typeof FAULTY_ANSWERS)[number];
export type Lane = keyof typeof ENVIRONMENT_FAULTS;
export type EnvironmentFaultKind = (typeof ENVIRONMENT_FAULTS)[Lane][number];
export type FaultKind = ApiFaultKind | EnvironmentFaultKind;

/** A faulty answer that the mock API gives to new requests from a time on. */
export interface ApiFault {
  kind: ApiFaultKind;
  /** Since the start of the day, in milliseconds. */
  at: number;
  /** How many in a row. */
  times: number;
  /** From 0 to 1: how far into the text, or which of several statuses. */
  share: number;
}

/** Something that is done. Those of one lane come one after another, those of two lanes may come at once. */
export interface EnvironmentFault {
  lane: Lane;
  kind: EnvironmentFaultKind;
  /** Since the start of the day, in milliseconds; later when the one before takes longer. */
  at: number;
  /** How long it lasts, or how long after its moment it comes, in milliseconds. */
  lastsMs: number;
}

export interface FaultPlan {
  apiFaults: readonly ApiFault[];
  environmentFaults: readonly EnvironmentFault[];
}

/** The part of the day that faults are planned in: none lasts to its end. */
const FIRST = 0.04;
const LAST = 0.8;
/** How long a fault takes where nothing else is going on, in milliseconds; about. */
const TAKES: Partial<Record<EnvironmentFaultKind, number>> = { restart: 1500, stop_start: 2500, out_of_memory: 5000 };
const USUALLY_TAKES = 1000;
/** How much longer it may take without reaching into the end of the day. */
const MARGIN = 1.5;

/**
 * Is there time left for a fault? One that reaches beyond the deadline would start a worker whose run is over, and so
 * another run.
 * @param slowness how many times longer things take on this machine now
 */
export function isInTime({ kind, lastsMs }: EnvironmentFault, leftMs: number, slowness: number): boolean {
  return leftMs >= MARGIN * slowness * (lastsMs + (TAKES[kind] ?? USUALLY_TAKES));
}

/** The shortest day that has time for every fault, in seconds, on a machine that has nothing else to do. */
export const SHORTEST_DAY: Record<Weather, number> = { calm: 5, rough: 10, storm: 16 };

const EVERYTHING = { api: FAULTY_ANSWERS, ...ENVIRONMENT_FAULTS };
const FAULTS: Record<Weather, Record<Lane, readonly EnvironmentFaultKind[]> & { api: readonly ApiFaultKind[] }> = {
  calm: { api: [], surroundings: [], machine: [] },
  rough: { ...EVERYTHING, surroundings: ['unreachable'], machine: ['restart'] },
  storm: EVERYTHING,
};

/** What only a streamed call can meet: an answer of its own that breaks or asks to wait, a call that is in flight. */
const OF_STREAMS: ReadonlySet<FaultKind> = new Set<FaultKind>([
  ...(['rate_limit', 'server_error', 'cut', 'stall'] as const),
  ...(['unreachable', 'folder_away', 'kill_in_call', 'kill_in_wait'] as const),
]);

/**
 * The same seed gives the same plan, for a day of the same length.
 * @param inBatches leaves out what only a streamed call can meet
 */
export function planFaults(weather: Weather, seed: number, scale: DayScale, { inBatches = false } = {}): FaultPlan {
  const random = seededRandom(seed);
  const isPossible = (kind: FaultKind) => !inBatches || !OF_STREAMS.has(kind);
  const api = FAULTS[weather].api.filter(isPossible);
  const apiFaults = spread(api, scale, random).map(
    ({ kind, at }): ApiFault => ({
      ...{ kind, at },
      times: timesOf(kind, random),
      share: Math.round(1000 * (0.15 + 0.7 * random())) / 1000,
    }),
  );
  const lanes = (['surroundings', 'machine'] as const).map((lane) =>
    spread(FAULTS[weather][lane].filter(isPossible), scale, random).map(
      ({ kind, at }): EnvironmentFault => ({
        ...{ lane, kind, at },
        lastsMs: Math.round(LONGEST[kind](scale) * (0.5 + 0.5 * random())),
      }),
    ),
  );
  return { apiFaults, environmentFaults: lanes.flat() };
}

function timesOf(kind: ApiFaultKind, random: Random): number {
  if (kind === 'overload') return 3 + Math.floor(4 * random());
  if (kind === 'server_error') return 1 + Math.floor(3 * random());
  return 1;
}

const aBeat = ({ beatMs }: DayScale) => beatMs;
/** Long enough for unread lines to fill the worker's standard output. */
const untilFull = () => 1.5 * SECOND;

/** How long each lasts at most, in milliseconds. */
const LONGEST: Record<EnvironmentFaultKind, (scale: DayScale) => number> = {
  unreachable: ({ beatMs }) => 1.5 * beatMs,
  // And until the story in progress has come.
  folder_away: aBeat,
  reader_stops: untilFull,
  daemon_stops: untilFull,
  // Within the time that a story takes.
  kill_in_call: ({ beatMs }) => 0.25 * beatMs,
  kill_in_wait: ({ intervalMs }) => 0.5 * intervalMs,
  kill: aBeat,
  // Its start, and its recovery.
  kill_twice: ({ idleMs }) => 0.6 * idleMs,
  stop_start: aBeat,
  restart: aBeat,
  out_of_memory: aBeat,
};

/** Shuffles kinds and gives each a time in the first half of its part of the time for faults, parts being equal. */
function spread<T>(kinds: readonly T[], { dayMs }: DayScale, random: Random): { kind: T; at: number }[] {
  const part = ((LAST - FIRST) * dayMs) / kinds.length;
  return shuffle(kinds, random).map((kind, index) => ({
    kind,
    at: Math.round(FIRST * dayMs + part * (index + 0.5 * random())),
  }));
}

/** Fisher and Yates. */
function shuffle<T>(items: readonly T[], random: Random): T[] {
  const left = [...items];
  return items.flatMap(() => left.splice(Math.floor(random() * left.length), 1));
}
