import type { LogEvent } from '../log-check.js';
import { downtimeBefore, type Life } from '../processes.js';

// How long a run went without a new story, and how long it may have.

/** From one story to the next; the first begins with the run, the last ends with it. All times in milliseconds. */
export interface Gap {
  from: number;
  to: number;
  /** What ends it: the name of a story, or of the run's end. */
  what: string;
  /** Interval, longest generation and slack, and what log and ledger explain. */
  allowed: number;
}

export const lengthOf = ({ from, to }: Gap) => to - from;
export const isTooLong = (gap: Gap) => lengthOf(gap) > gap.allowed;

/** Between a call's answer and the next call stands some work of the disk and, at a start, of loading and looking back. */
const SLACK = 5_000;
const SLACK_AT_START = 10_000;

/**
 * The gaps of a run. A life whose settings nobody knows has none: what it should have done cannot be told.
 * @param end when and how the run ended, or the time now of one that goes on; null when nobody knows
 */
export function gapsOf(lives: readonly Life[], end: { at: number; what: string } | null): Gap[] {
  const longest = longestGeneration(lives);
  const gaps: Gap[] = [];
  let gap = newGap(lives[0]?.at ?? 0);
  const close = (at: number, what: string) => {
    if (gap.isKnown) {
      const allowed = gap.interval + longest + gap.explained;
      gaps.push({ from: gap.from, to: Math.max(gap.from, at), what, allowed });
    }
  };
  for (const [index, life] of lives.entries()) {
    const waits = waitsOf(life);
    const limit = life.log?.settings?.longestStoryMs ?? 0;
    const enter = () => {
      const settings = life.log?.settings ?? null;
      if (settings === null && life.purpose !== 'recover') gap.isKnown = false;
      gap.interval = Math.max(gap.interval, settings?.limits.intervalMs ?? 0);
    };
    enter();
    gap.explained += downtimeBefore(lives, index) + SLACK_AT_START;
    let openAt: number | null = null;
    for (const record of life.records) {
      gap.explained += waits.until(record.at);
      if (record.type === 'attempt') openAt = record.at;
      if (record.type === 'snapshot') {
        // What was before, the ledger has forgotten.
        gap = newGap(record.at);
        enter();
      }
      if (record.type !== 'outcome') continue;
      if (record.kind === 'story') {
        close(record.at, record.name);
        gap = newGap(record.at);
        enter();
      } else if (openAt !== null) {
        gap.explained += Math.min(record.at - openAt, limit);
      }
      openAt = null;
    }
    if (index === lives.length - 1) {
      gap.explained += waits.until(Number.POSITIVE_INFINITY);
      if (openAt !== null && end !== null) gap.explained += Math.min(end.at - openAt, limit);
    }
  }
  if (end !== null) close(end.at, end.what);
  return gaps;
}

function newGap(from: number) {
  return { from, interval: 0, explained: SLACK, isKnown: true };
}

function longestGeneration(lives: readonly Life[]): number {
  const stories = lives.flatMap(({ records }) =>
    records.flatMap((record) => (record.type === 'outcome' && record.kind === 'story' ? [record.generation_ms] : [])),
  );
  return stories.reduce((longest, each) => Math.max(longest, each), 0);
}

/** The waits in a life's log that are no intervals, handed out once. */
function waitsOf({ log }: Life) {
  const waits = (log?.events ?? []).filter(isOtherWait);
  let next = 0;
  return {
    /** Milliseconds of the waits that were begun before `at` and are not handed out yet. */
    until: (at: number): number => {
      let sum = 0;
      for (let wait = waits[next]; wait !== undefined && wait.at < at; wait = waits[++next]) {
        sum += (wait.seconds ?? 0) * 1000;
      }
      return sum;
    },
  };
}

function isOtherWait({ event, reason }: LogEvent): boolean {
  return event === 'holding' || (event === 'waiting' && reason !== 'interval');
}
