import { clockTime } from '../../lib/format-time.js';
import { formatDate } from '../labels.js';
import type { Report } from '../model/report.js';
import type { Segment, Timeline } from '../model/timeline.js';
import { type InHand, inHandOver, isWriting, lanesOf } from './lanes.js';

// The timetable of a run: one row per hour (or minute, day, week), so that even one minute of a day is wide enough to
// be seen. Times in milliseconds. Pure.

/** The unit of a row: its length, and its labels. */
export interface RowUnit {
  ms: number;
  /** Korean: `1시간`. */
  name: string;
  tickMs: number;
  /** Label of a time below the rows, measured from the start of a row. */
  tick(ms: number): string;
  /** Label beside the row that starts then. */
  label(at: number): string;
  /** A run that takes more rows uses the next unit. */
  maxRows: number;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const WEEK = 7 * DAY;

/** The hour, with the date at midnight. */
const hourLabel = (at: number) => {
  const hour = new Date(at).getHours();
  return hour === 0 ? `${new Date(at).getDate()}일 0시` : `${hour}시`;
};

const DAYS: RowUnit = {
  ms: DAY,
  name: '하루',
  tickMs: 3 * HOUR,
  tick: (ms) => `${ms / HOUR}시`,
  label: formatDate,
  maxRows: 62,
};

const FOUR_WEEKS: RowUnit = {
  ms: 4 * WEEK,
  name: '네 주',
  tickMs: WEEK,
  tick: (ms) => `${ms / DAY}일`,
  label: formatDate,
  maxRows: Number.POSITIVE_INFINITY,
};

const minutes = (ms: number) => `${ms / MINUTE}분`;
const toMinute = (at: number) => clockTime(at).slice(0, 5);

const UNITS: readonly RowUnit[] = [
  {
    ms: MINUTE,
    name: '1분',

    tickMs: 10_000,
    tick: (ms) => `${ms / 1000}초`,
    label: toMinute,
    maxRows: 15,
  },
  { ms: 10 * MINUTE, name: '10분', tickMs: 2 * MINUTE, tick: minutes, label: toMinute, maxRows: 9 },
  { ms: HOUR, name: '1시간', tickMs: 10 * MINUTE, tick: minutes, label: hourLabel, maxRows: 50 },
  DAYS,
  {
    ...DAYS,
    ms: WEEK,
    name: '한 주',

    tickMs: DAY,
    tick: (ms) => '월화수목금토일'[ms / DAY] ?? '',
    maxRows: 60,
  },
  FOUR_WEEKS,
];

/** A row of the timetable, with its totals. */
export interface Row {
  index: number;
  from: number;
  label: string;
  stories: number;
  failedCalls: number;
  /** Time with at least one call in hand that gave a story, time of waits, of pauses, and without a process. */
  generationMs: number;
  waitingMs: number;
  pausedMs: number;
  downMs: number;
  /** The most calls in hand at a time. */
  mostInHand: number;
}

/** The part of something that falls into one row; `x1` and `x2` are measured from the start of the row. */
export interface Slice<T> {
  row: number;
  x1: number;
  x2: number;
  of: T;
}

/** Counts of a cell, a part of a row. Cells are drawn where there are too many calls to draw each. */
export interface Cell {
  stories: number;
  failedCalls: number;
  /** Calls in hand, on average over the cell. */
  inHand: number;
}

/** A run in rows. */
export interface Timetable {
  unit: RowUnit;
  rows: Row[];
  /** The times in which a process had the run. */
  processes: Slice<null>[];
  /** The segments to draw, without the waits between stories, and in a long or crowded run without calls. */
  segments: Slice<Segment>[];
  /** Lanes in each row, and the lane of each call: calls side by side are drawn below each other. */
  laneCount: number;
  lanes: ReadonlyMap<Segment, number>;
  /** When the stories of a batch were collected, and how many. */
  collections: Slice<{ stories: number }>[];
  /** null when every call is drawn. */
  cells: Slice<Cell>[] | null;
  /** The times at which a process resumed the run. */
  restarts: Slice<{ at: number; pid: number; number: number }>[];
}

/** The most calls that are drawn one by one. */
const MAX_DRAWN_CALLS = 1200;
/** The most lanes that a row has room for. */
const MAX_LANES = 8;
/** The most slices of one sort; the earliest are left out. */
const MAX_SLICES = 4000;
/** The number of cells in all rows together. */
const MAX_CELLS = 1400;
/** The most rows, whatever the length of the run; the earliest are left out. */
const MAX_ROWS = 80;

/** Lays out a run in rows. */
export function timetableOf({ from, to, timeline }: Pick<Report, 'from' | 'to' | 'timeline'>): Timetable {
  const { processes, segments } = timeline;
  const unit = UNITS.find(({ ms, maxRows }) => rowsBetween(from, to, ms) <= maxRows) ?? FOUR_WEEKS;
  // Leaves out the beginning of a run that would take more rows.
  const first = Math.max(rowStartOf(from, unit.ms, from), rowStartOf(to, unit.ms, from) - (MAX_ROWS - 1) * unit.ms);
  const slice: Slicer = (start, end, of) => sliceByRow(first, to, unit.ms, start, end, of);
  const { lanes, count } = lanesOf(segments);
  const isDetailed = segments.filter(isCall).length <= MAX_DRAWN_CALLS && count <= MAX_LANES;
  const drawnSegments = segments.filter((segment) => (isDetailed ? segment.kind !== 'interval' : isLongWait(segment)));
  const resumedProcesses = processes.filter(({ purpose }) => purpose === 'resume');
  const rows = rowsOf(first, to, unit);
  addToRows(rows, timeline, slice);
  return {
    unit,
    rows,
    processes: processes.flatMap((period) => slice(period.from, period.to, null)).slice(-MAX_SLICES),
    segments: drawnSegments.flatMap((segment) => slice(segment.from, segment.to, segment)).slice(-MAX_SLICES),
    laneCount: isDetailed ? count : 1,
    lanes,
    collections: collectionsOf(timeline)
      .flatMap(({ at, stories }) => slice(at, at, { stories }))
      .slice(-MAX_SLICES),
    cells: isDetailed ? null : cellsOf(timeline, rows.length, unit.ms, slice),
    restarts: resumedProcesses
      .flatMap(({ from: at, pid }, index) => slice(at, at, { at, pid, number: index + 1 }))
      .slice(-MAX_DRAWN_CALLS),
  };
}

const isCall = ({ kind }: Segment) => kind === 'story' || kind === 'failed';
const isLongWait = ({ kind }: Segment) =>
  kind === 'downtime' || kind === 'unknown' || kind === 'missingHistory' || kind === 'batch' || kind === 'pause';

/** The stories of each batch by the process that collected them: nearly all come within seconds. */
function collectionsOf({ segments, processes }: Timeline): { at: number; stories: number }[] {
  const collections = new Map<string, { at: number; stories: number }>();
  for (const { kind, batch, from, story } of segments) {
    if (kind !== 'story' || batch === undefined || story === undefined) continue;
    const key = `${batch.key} ${processes.findLastIndex((process) => process.from <= from)}`;
    collections.set(key, { at: from, stories: (collections.get(key)?.stories ?? 0) + 1 });
  }
  return [...collections.values()];
}

function rowsBetween(from: number, to: number, ms: number): number {
  return (rowStartOf(to, ms, from) - rowStartOf(from, ms, from)) / ms + 1;
}

/** Weeks begin on Monday; the epoch was a Thursday. */
const FIRST_MONDAY = 4 * DAY;

/** The start of the row that a time falls into, with the UTC offset that local time had at `from`. */
function rowStartOf(at: number, ms: number, from: number): number {
  const epoch = new Date(from).getTimezoneOffset() * MINUTE + (ms >= WEEK ? FIRST_MONDAY : 0);
  return Math.floor((at - epoch) / ms) * ms + epoch;
}

function rowsOf(first: number, to: number, unit: RowUnit): Row[] {
  const count = Math.floor((to - first) / unit.ms) + 1;
  return Array.from({ length: count }, (_, index) => {
    const from = first + index * unit.ms;
    const label =
      index === 0 && unit.ms === HOUR
        ? `${new Date(from).getDate()}일 ${new Date(from).getHours()}시`
        : unit.label(from);
    const times = { generationMs: 0, waitingMs: 0, pausedMs: 0, downMs: 0 };
    return { index, from, label, stories: 0, failedCalls: 0, ...times, mostInHand: 0 };
  });
}

/** Cuts a time from `start` to `end` at the ends of rows. A time of length 0 gives one slice. */
function sliceByRow<T>(first: number, to: number, ms: number, start: number, end: number, of: T): Slice<T>[] {
  const [from, until] = [Math.max(start, first), Math.min(Math.max(start, end), to)];
  if (until < from) return [];
  const rows: Slice<T>[] = [];
  for (let row = Math.floor((from - first) / ms); first + row * ms < until || rows.length === 0; row++) {
    const rowStart = first + row * ms;
    rows.push({ row, x1: Math.max(0, from - rowStart), x2: Math.min(ms, until - rowStart), of });
  }
  return rows;
}

type Slicer = <T>(start: number, end: number, of: T) => Slice<T>[];

function addToRows(rows: Row[], { segments, stories, failedCalls }: Timeline, slice: Slicer): void {
  for (const { kind, from, to } of segments) {
    for (const { row, x1, x2 } of slice(from, to, null)) {
      const target = rows[row];
      if (target === undefined) continue;
      if (kind === 'interval' || kind === 'retry' || kind === 'batch') target.waitingMs += x2 - x1;
      if (kind === 'pause') target.pausedMs += x2 - x1;
      if (kind === 'downtime' || kind === 'unknown') target.downMs += x2 - x1;
    }
  }
  const addInHand = (spans: readonly InHand[], add: (row: Row, ms: number, inHand: number) => void) => {
    for (const { from, to, count: inHand } of spans) {
      for (const { row, x1, x2 } of slice(from, to, null)) {
        const target = rows[row];
        if (target !== undefined) add(target, x2 - x1, inHand);
      }
    }
  };
  addInHand(inHandOver(segments.filter(isWriting)), (row, ms) => {
    row.generationMs += ms;
  });
  addInHand(inHandOver(segments), (row, _, inHand) => {
    row.mostInHand = Math.max(row.mostInHand, inHand);
  });
  const count = (at: number, what: 'stories' | 'failedCalls') => {
    const [part] = slice(at, at, null);
    const target = part === undefined ? undefined : rows[part.row];
    if (target !== undefined) target[what]++;
  };
  for (const { at } of stories) count(at, 'stories');
  for (const { at } of failedCalls) count(at, 'failedCalls');
}

function cellsOf({ segments, stories, failedCalls }: Timeline, rows: number, ms: number, slice: Slicer): Slice<Cell>[] {
  const cellsPerRow = Math.max(24, Math.floor(MAX_CELLS / rows));
  const cellMs = ms / cellsPerRow;
  const cells = new Map<string, Slice<Cell>>();
  const cellAt = (row: number, x: number): Cell => {
    const column = Math.min(cellsPerRow - 1, Math.floor(x / cellMs));
    const key = `${row} ${column}`;
    const empty = { stories: 0, failedCalls: 0, inHand: 0 };
    const cell = cells.get(key) ?? { row, x1: column * cellMs, x2: (column + 1) * cellMs, of: empty };
    cells.set(key, cell);
    return cell.of;
  };
  const count = (at: number, what: 'stories' | 'failedCalls') => {
    const [part] = slice(at, at, null);
    if (part !== undefined) cellAt(part.row, part.x1)[what]++;
  };
  for (const { at } of stories) count(at, 'stories');
  for (const { at } of failedCalls) count(at, 'failedCalls');
  for (const span of inHandOver(segments)) {
    for (const { row, x1, x2 } of slice(span.from, span.to, null)) {
      for (let x = x1; x < x2; ) {
        const next = Math.min(x2, (Math.floor(x / cellMs) + 1) * cellMs);
        cellAt(row, x).inHand += (span.count * (next - x)) / cellMs;
        // Where rounding leaves a cell without length.
        x = next > x ? next : x2;
      }
    }
  }
  return [...cells.values()];
}
