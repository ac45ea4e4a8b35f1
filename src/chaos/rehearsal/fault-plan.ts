import { SECOND } from '../../lib/clock.js';
import { type Random, seededRandom } from '../../lib/random.js';
import type { DayScale } from './time-scale.js';

// What is to go wrong in a day, and when: a plan made from a seed. Pure.

export type Weather = 'calm' | 'rough' | 'storm';
export const WEATHERS: readonly Weather[] = ['calm', 'rough', 'storm'];

/** What the endpoint answers in place of a story. */
export type AnswerKind =
  | 'rate_limit' // 429 with retry-after
  | 'overload' // 529, several in a row
  | 'server_error' // 500, 502, 503 or 504
  | 'cut' // the stream breaks off
  | 'stall' // nothing more comes but pings
  | 'no_usage' // a story that nobody says the price of
  | 'cut_off' // ends at max_tokens, its rest is asked for
  | 'cut_off_for_good' // so does its rest, and the rest of that
  | 'refusal'
  | 'empty' // a message without text
  | 'meta_talk'; // a story with talk around it

/** What happens to the worker, its supervisor and all around it. */
export type IncidentKind =
  | 'unreachable' // connections are refused
  | 'folder_away' // the story folder cannot be written
  | 'reader_stops' // `pm2 logs` reads no more, while there is a lot to read
  | 'daemon_stops' // so does pm2 itself: the worker's standard output fills up
  | 'kill_in_call'
  | 'kill_in_wait'
  | 'kill' // at any instant
  | 'kill_twice' // and once more as soon as it is back
  | 'restart' // pm2 restart
  | 'stop_start' // pm2 stop, and pm2 start a while later
  | 'out_of_memory'; // pm2 finds the worker above max_memory_restart

export type Kind = AnswerKind | IncidentKind;

/** Answers that the endpoint gives from a time on, to new requests. */
export interface Squall {
  lane: 'answers';
  kind: AnswerKind;
  /** Since the start of the day, in milliseconds. */
  at: number;
  /** How many in a row. */
  times: number;
  /** From 0 to 1: how far into the text, or which of several statuses. */
  share: number;
}

/** Something that is done. Those of one lane come one after another, those of two lanes may come at once. */
export interface Incident {
  lane: 'machine' | 'surroundings';
  kind: IncidentKind;
  /** Since the start of the day, in milliseconds; later when the one before takes longer. */
  at: number;
  /** How long it lasts, or how long after its moment it comes, in milliseconds. */
  lastsMs: number;
}

export type Planned = Squall | Incident;

export interface Plan {
  squalls: readonly Squall[];
  incidents: readonly Incident[];
}

/** What weather is planned between, as parts of the day: none lasts to its end. */
const FIRST = 0.04;
const LAST = 0.8;
/** What an incident takes where nothing else is going on, in milliseconds; about. */
const TAKES: Partial<Record<IncidentKind, number>> = { restart: 1500, stop_start: 2500, out_of_memory: 5000 };
const MOST_TAKE = 1000;
/** How much longer it may take without coming into the end of the day. */
const MARGIN = 1.5;

/**
 * Is there time left for an incident? One that reaches beyond the deadline would start a worker whose run is over, and
 * so another run.
 * @param slowness how many times longer things take on this machine now
 */
export function isInTime({ kind, lastsMs }: Incident, leftMs: number, slowness: number): boolean {
  return leftMs >= MARGIN * slowness * (lastsMs + (TAKES[kind] ?? MOST_TAKE));
}

const ALL_ANSWERS: readonly AnswerKind[] = [
  'rate_limit',
  'overload',
  'server_error',
  'cut',
  'stall',
  'no_usage',
  'cut_off',
  'cut_off_for_good',
  'refusal',
  'empty',
  'meta_talk',
];

const SURROUNDINGS: readonly IncidentKind[] = ['unreachable', 'folder_away', 'reader_stops'];
const MACHINE: readonly IncidentKind[] = [
  'kill_in_call',
  'kill_in_wait',
  'kill',
  'kill_twice',
  'restart',
  'stop_start',
  'out_of_memory',
  'daemon_stops',
];

/** The same seed gives the same plan, for a day of the same length. */
export function planWeather(weather: Weather, seed: number, scale: DayScale): Plan {
  const random = seededRandom(seed);
  if (weather === 'calm') return { squalls: [], incidents: [] };
  if (weather === 'rough') {
    return {
      squalls: planSqualls(ALL_ANSWERS, scale, random),
      incidents: [
        ...planIncidents('surroundings', ['unreachable'], scale, random),
        ...planIncidents('machine', ['restart'], scale, random),
      ],
    };
  }
  return {
    squalls: planSqualls(ALL_ANSWERS, scale, random),
    incidents: [
      ...planIncidents('surroundings', SURROUNDINGS, scale, random),
      ...planIncidents('machine', MACHINE, scale, random),
    ],
  };
}

/** The shortest day that everything has its time in, in seconds, on a machine that has nothing else to do. */
export const SHORTEST_DAY: Record<Weather, number> = { calm: 5, rough: 10, storm: 16 };

function planSqualls(kinds: readonly AnswerKind[], scale: DayScale, random: Random): Squall[] {
  return spread(shuffle(kinds, random), scale, random).map(({ item: kind, at }) => ({
    lane: 'answers',
    kind,
    at,
    times: timesOf(kind, random),
    share: round(0.15 + 0.7 * random()),
  }));
}

function timesOf(kind: AnswerKind, random: Random): number {
  if (kind === 'overload') return 3 + Math.floor(4 * random());
  if (kind === 'server_error') return 1 + Math.floor(3 * random());
  return 1;
}

function planIncidents(
  lane: Incident['lane'],
  kinds: readonly IncidentKind[],
  scale: DayScale,
  random: Random,
): Incident[] {
  return spread(shuffle(kinds, random), scale, random).map(({ item: kind, at }) => ({
    lane,
    kind,
    at,
    lastsMs: Math.round(longest(kind, scale) * (0.5 + 0.5 * random())),
  }));
}

function longest(kind: IncidentKind, { beatMs, intervalMs, idleMs }: DayScale): number {
  switch (kind) {
    case 'unreachable':
      return 1.5 * beatMs;
    case 'folder_away':
      // And until the story in hand has come.
      return beatMs;
    case 'reader_stops':
    case 'daemon_stops':
      // Long enough for what nobody reads to fill the worker's standard output.
      return 1.5 * SECOND;
    case 'kill_in_call':
      // Within the time that a story is written in.
      return 0.25 * beatMs;
    case 'kill_in_wait':
      return 0.5 * intervalMs;
    case 'kill':
      return beatMs;
    case 'kill_twice':
      // Its start, and what it finds to put right.
      return 0.6 * idleMs;
    case 'stop_start':
      return beatMs;
    case 'restart':
    case 'out_of_memory':
      return beatMs;
  }
}

/** One to each of as many equal parts of the time that there is weather in, somewhere in the first half of it. */
function spread<T>(items: readonly T[], { dayMs }: DayScale, random: Random): { item: T; at: number }[] {
  const part = ((LAST - FIRST) * dayMs) / items.length;
  return items.map((item, index) => ({
    item,
    at: Math.round(FIRST * dayMs + part * (index + 0.5 * random())),
  }));
}

/** Fisher and Yates. */
function shuffle<T>(items: readonly T[], random: Random): T[] {
  const left = [...items];
  return items.flatMap(() => left.splice(Math.floor(random() * left.length), 1));
}

const round = (value: number) => Math.round(value * 1000) / 1000;
