import { clockTime } from '../../lib/format-time.js';
import { formatDate } from '../labels.js';
import type { Report } from '../model/report.js';
import type { Segment, Timeline } from '../model/timeline.js';

// The run laid out like a page of a diary: a row an hour (or a minute, a day, a week), so that also a minute of a day
// is wide enough to be seen. Times in milliseconds. Pure.

/** How long a row is, and what is written beside and below it. */
export interface RowUnit {
  ms: number;
  /** Korean: `1시간`. */
  name: string;
  tickMs: number;
  /** What a time from the row's start is called, and what the row's start is. */
  tick(ms: number): string;
  label(at: number): string;
  /** So many rows at most; beyond, the next unit is used. */
  maxRows: number;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const WEEK = 7 * DAY;

/** The hour, and with the first one of a day its date. */
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

export interface Row {
  index: number;
  from: number;
  label: string;
  stories: number;
  failedCalls: number;
  /** Spent on calls that brought stories, on waiting, and without a process that is known of. */
  generationMs: number;
  waitingMs: number;
  downMs: number;
}

/** The part of something that falls into a row; `x1` and `x2` are measured from the row's start. */
export interface Slice<T> {
  row: number;
  x1: number;
  x2: number;
  of: T;
}

/** Where there are too many calls to draw each: how many fall into a cell of a row. */
export interface Cell {
  stories: number;
  failedCalls: number;
}

export interface Timetable {
  unit: RowUnit;
  rows: Row[];
  /** When a process had the run. */
  processes: Slice<null>[];
  /** What is drawn by itself. Not the waits between stories, which is what is left; in a long run no calls either. */
  segments: Slice<Segment>[];
  /** null where every call is drawn by itself. */
  cells: Slice<Cell>[] | null;
  /** When the run was taken up again, by which process. */
  restarts: Slice<{ at: number; pid: number; number: number }>[];
}

/** More calls than this are not drawn one by one. */
const MAX_DRAWN_CALLS = 1200;
/** Nor more pieces of one sort; the earliest are left out. */
const MAX_SLICES = 4000;
/** Cells in all rows together. */
const MAX_CELLS = 1400;
/** Rows of a run that has been going on for longer than anybody will look at. */
const MAX_ROWS = 80;

export function timetableOf({ from, to, timeline }: Pick<Report, 'from' | 'to' | 'timeline'>): Timetable {
  const { processes, segments } = timeline;
  const unit = UNITS.find(({ ms, maxRows }) => rowsBetween(from, to, ms) <= maxRows) ?? FOUR_WEEKS;
  // What would make more rows than can be drawn is the run's beginning.
  const first = Math.max(rowStartOf(from, unit.ms, from), rowStartOf(to, unit.ms, from) - (MAX_ROWS - 1) * unit.ms);
  const slice: Slicer = (start, end, of) => sliceByRow(first, to, unit.ms, start, end, of);
  const isDetailed = segments.filter(isCall).length <= MAX_DRAWN_CALLS;
  const drawnSegments = segments.filter((segment) => (isDetailed ? segment.kind !== 'interval' : isDowntime(segment)));
  const resumedProcesses = processes.filter(({ purpose }) => purpose === 'resume');
  const rows = rowsOf(first, to, unit);
  addToRows(rows, timeline, slice);
  return {
    unit,
    rows,
    processes: processes.flatMap((period) => slice(period.from, period.to, null)).slice(-MAX_SLICES),
    segments: drawnSegments.flatMap((segment) => slice(segment.from, segment.to, segment)).slice(-MAX_SLICES),
    cells: isDetailed ? null : cellsOf(timeline, rows.length, unit.ms, slice),
    restarts: resumedProcesses
      .flatMap(({ from: at, pid }, index) => slice(at, at, { at, pid, number: index + 1 }))
      .slice(-MAX_DRAWN_CALLS),
  };
}

const isCall = ({ kind }: Segment) => kind === 'story' || kind === 'failed';
const isDowntime = ({ kind }: Segment) => kind === 'downtime' || kind === 'unknown' || kind === 'missingHistory';

function rowsBetween(from: number, to: number, ms: number): number {
  return (rowStartOf(to, ms, from) - rowStartOf(from, ms, from)) / ms + 1;
}

/** Weeks begin on Mondays; the epoch was a Thursday. */
const FIRST_MONDAY = 4 * DAY;

/** The start of the row that a moment falls into, in the local time that held at `from`. */
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
    return { index, from, label, stories: 0, failedCalls: 0, generationMs: 0, waitingMs: 0, downMs: 0 };
  });
}

/** Something from `start` to `end`, cut at the ends of rows; one that takes no time is one piece. */
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
      if (kind === 'story' || kind === 'open') target.generationMs += x2 - x1;
      if (kind === 'interval' || kind === 'retry') target.waitingMs += x2 - x1;
      if (kind === 'downtime' || kind === 'unknown') target.downMs += x2 - x1;
    }
  }
  const count = (at: number, what: 'stories' | 'failedCalls') => {
    const [part] = slice(at, at, null);
    const target = part === undefined ? undefined : rows[part.row];
    if (target !== undefined) target[what]++;
  };
  for (const { at } of stories) count(at, 'stories');
  for (const { at } of failedCalls) count(at, 'failedCalls');
}

function cellsOf({ stories, failedCalls }: Timeline, rows: number, ms: number, slice: Slicer): Slice<Cell>[] {
  const cellsPerRow = Math.max(24, Math.floor(MAX_CELLS / rows));
  const cells = new Map<string, Slice<Cell>>();
  const count = (at: number, what: keyof Cell) => {
    const [part] = slice(at, at, null);
    if (part === undefined) return;
    const column = Math.min(cellsPerRow - 1, Math.floor((part.x1 / ms) * cellsPerRow));
    const key = `${part.row} ${column}`;
    const [x1, x2] = [(column / cellsPerRow) * ms, ((column + 1) / cellsPerRow) * ms];
    const cell = cells.get(key) ?? { row: part.row, x1, x2, of: { stories: 0, failedCalls: 0 } };
    cell.of[what]++;
    cells.set(key, cell);
  };
  for (const { at } of stories) count(at, 'stories');
  for (const { at } of failedCalls) count(at, 'failedCalls');
  return [...cells.values()];
}
