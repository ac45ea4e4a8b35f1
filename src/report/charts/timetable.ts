import { clockTime } from '../../lib/format-time.js';
import { shortDate } from '../labels.js';
import type { Report } from '../model/report.js';
import type { Chronicle, Span } from '../model/timeline.js';

// The run laid out like a page of a diary: a row an hour (or a minute, a day, a week), so that also a minute of a day
// is wide enough to be seen. Times in milliseconds. Pure.

/** How long a row is, and what is written beside and below it. */
export interface Unit {
  ms: number;
  /** Korean: `1시간`. */
  name: string;
  tickMs: number;
  /** What a time from the row's start is called, and what the row's start is. */
  tick(ms: number): string;
  label(at: number): string;
  /** So many rows at most; beyond, the next unit is used. */
  rows: number;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const WEEK = 7 * DAY;

/** The hour, and with the first one of a day its date. */
const byHour = (at: number) => {
  const hour = new Date(at).getHours();
  return hour === 0 ? `${new Date(at).getDate()}일 0시` : `${hour}시`;
};

const DAYS: Unit = {
  ms: DAY,
  name: '하루',
  tickMs: 3 * HOUR,
  tick: (ms) => `${ms / HOUR}시`,
  label: shortDate,
  rows: 62,
};

const FOUR_WEEKS: Unit = {
  ms: 4 * WEEK,
  name: '네 주',
  tickMs: WEEK,
  tick: (ms) => `${ms / DAY}일`,
  label: shortDate,
  rows: Number.POSITIVE_INFINITY,
};

const minutes = (ms: number) => `${ms / MINUTE}분`;
const toMinute = (at: number) => clockTime(at).slice(0, 5);

const UNITS: readonly Unit[] = [
  {
    ms: MINUTE,
    name: '1분',

    tickMs: 10_000,
    tick: (ms) => `${ms / 1000}초`,
    label: toMinute,
    rows: 15,
  },
  { ms: 10 * MINUTE, name: '10분', tickMs: 2 * MINUTE, tick: minutes, label: toMinute, rows: 9 },
  { ms: HOUR, name: '1시간', tickMs: 10 * MINUTE, tick: minutes, label: byHour, rows: 50 },
  DAYS,
  {
    ...DAYS,
    ms: WEEK,
    name: '한 주',

    tickMs: DAY,
    tick: (ms) => '월화수목금토일'[ms / DAY] ?? '',
    rows: 60,
  },
  FOUR_WEEKS,
];

export interface Row {
  index: number;
  from: number;
  label: string;
  stories: number;
  troubles: number;
  /** Spent on calls that brought stories, on waiting, and without a process that is known of. */
  generationMs: number;
  waitingMs: number;
  downMs: number;
}

/** The part of something that falls into a row; `x1` and `x2` are measured from the row's start. */
export interface Piece<T> {
  row: number;
  x1: number;
  x2: number;
  of: T;
}

/** Where there are too many calls to draw each: how many fall into a cell of a row. */
export interface Cell {
  stories: number;
  troubles: number;
}

export interface Timetable {
  unit: Unit;
  rows: Row[];
  /** When a process had the run. */
  alive: Piece<null>[];
  /** What is drawn by itself. Not the waits between stories, which is what is left; in a long run no calls either. */
  spans: Piece<Span>[];
  /** null where every call is drawn by itself. */
  cells: Piece<Cell>[] | null;
  /** When the run was taken up again, by which process. */
  claims: Piece<{ at: number; pid: number; number: number }>[];
}

/** More calls than this are not drawn one by one. */
const DRAWN = 1200;
/** Nor more pieces of one sort; the earliest are left out. */
const MOST_PIECES = 4000;
/** Cells in all rows together. */
const CELLS = 1400;
/** Rows of a run that has been going on for longer than anybody will look at. */
const ROWS = 80;

export function timetableOf({ from, to, chronicle }: Pick<Report, 'from' | 'to' | 'chronicle'>): Timetable {
  const { lives, spans } = chronicle;
  const unit = UNITS.find(({ ms, rows }) => rowsBetween(from, to, ms) <= rows) ?? FOUR_WEEKS;
  // What would make more rows than can be drawn is the run's beginning.
  const first = Math.max(startOf(from, unit.ms, from), startOf(to, unit.ms, from) - (ROWS - 1) * unit.ms);
  const cut: Cut = (start, end, of) => pieces(first, to, unit.ms, start, end, of);
  const detailed = spans.filter(isCall).length <= DRAWN;
  const drawn = spans.filter((span) => (detailed ? span.what !== 'interval' : isGap(span)));
  const resumed = lives.filter(({ purpose }) => purpose === 'resume');
  const rows = rowsOf(first, to, unit);
  tally(rows, chronicle, cut);
  return {
    unit,
    rows,
    alive: lives.flatMap((life) => cut(life.from, life.to, null)).slice(-MOST_PIECES),
    spans: drawn.flatMap((span) => cut(span.from, span.to, span)).slice(-MOST_PIECES),
    cells: detailed ? null : cellsOf(chronicle, rows.length, unit.ms, cut),
    claims: resumed.flatMap(({ from: at, pid }, index) => cut(at, at, { at, pid, number: index + 1 })).slice(-DRAWN),
  };
}

const isCall = ({ what }: Span) => what === 'story' || what === 'trouble';
const isGap = ({ what }: Span) => what === 'down' || what === 'unknown' || what === 'untold';

function rowsBetween(from: number, to: number, ms: number): number {
  return (startOf(to, ms, from) - startOf(from, ms, from)) / ms + 1;
}

/** Weeks begin on Mondays; the epoch was a Thursday. */
const FIRST_MONDAY = 4 * DAY;

/** The start of the row that a moment falls into, in the local time that held at `from`. */
function startOf(at: number, ms: number, from: number): number {
  const zero = new Date(from).getTimezoneOffset() * MINUTE + (ms >= WEEK ? FIRST_MONDAY : 0);
  return Math.floor((at - zero) / ms) * ms + zero;
}

function rowsOf(first: number, to: number, unit: Unit): Row[] {
  const count = Math.floor((to - first) / unit.ms) + 1;
  return Array.from({ length: count }, (_, index) => {
    const from = first + index * unit.ms;
    const label =
      index === 0 && unit.ms === HOUR
        ? `${new Date(from).getDate()}일 ${new Date(from).getHours()}시`
        : unit.label(from);
    return { index, from, label, stories: 0, troubles: 0, generationMs: 0, waitingMs: 0, downMs: 0 };
  });
}

/** Something from `start` to `end`, cut at the ends of rows; one that takes no time is one piece. */
function pieces<T>(first: number, to: number, ms: number, start: number, end: number, of: T): Piece<T>[] {
  const [from, until] = [Math.max(start, first), Math.min(Math.max(start, end), to)];
  if (until < from) return [];
  const rows: Piece<T>[] = [];
  for (let row = Math.floor((from - first) / ms); first + row * ms < until || rows.length === 0; row++) {
    const rowStart = first + row * ms;
    rows.push({ row, x1: Math.max(0, from - rowStart), x2: Math.min(ms, until - rowStart), of });
  }
  return rows;
}

type Cut = <T>(start: number, end: number, of: T) => Piece<T>[];

function tally(rows: Row[], { spans, stories, incidents }: Chronicle, cut: Cut): void {
  for (const { what, from, to } of spans) {
    for (const { row, x1, x2 } of cut(from, to, null)) {
      const into = rows[row];
      if (into === undefined) continue;
      if (what === 'story' || what === 'open') into.generationMs += x2 - x1;
      if (what === 'interval' || what === 'retry') into.waitingMs += x2 - x1;
      if (what === 'down' || what === 'unknown') into.downMs += x2 - x1;
    }
  }
  const count = (at: number, what: 'stories' | 'troubles') => {
    const [piece] = cut(at, at, null);
    const into = piece === undefined ? undefined : rows[piece.row];
    if (into !== undefined) into[what]++;
  };
  for (const { at } of stories) count(at, 'stories');
  for (const { at } of incidents) count(at, 'troubles');
}

function cellsOf({ stories, incidents }: Chronicle, rows: number, ms: number, cut: Cut): Piece<Cell>[] {
  const perRow = Math.max(24, Math.floor(CELLS / rows));
  const cells = new Map<string, Piece<Cell>>();
  const count = (at: number, what: keyof Cell) => {
    const [piece] = cut(at, at, null);
    if (piece === undefined) return;
    const column = Math.min(perRow - 1, Math.floor((piece.x1 / ms) * perRow));
    const key = `${piece.row} ${column}`;
    const [x1, x2] = [(column / perRow) * ms, ((column + 1) / perRow) * ms];
    const cell = cells.get(key) ?? { row: piece.row, x1, x2, of: { stories: 0, troubles: 0 } };
    cell.of[what]++;
    cells.set(key, cell);
  };
  for (const { at } of stories) count(at, 'stories');
  for (const { at } of incidents) count(at, 'troubles');
  return [...cells.values()];
}
