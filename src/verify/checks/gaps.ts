import type { LogEvent } from '../log-check.js';
import { downtimeBefore, type RunProcess } from '../processes.js';

// The gaps of a run: the times without a new story, and how long each of them may be.

/**
 * The time from one story to the next. The first gap begins with the run, the last one ends with it. `from` and `to`
 * are milliseconds since the epoch.
 */
export interface Gap {
  from: number;
  to: number;
  /** Name of the story that ends the gap, or Korean for the end of the run. */
  endedBy: string;
  /** The longest allowed: interval, longest generation, slack, and the waits and failures in log and ledger. */
  allowedMs: number;
}

/** Milliseconds. */
export const gapLength = ({ from, to }: Gap) => to - from;
/** Tells whether a gap exceeds its allowance. */
export const isTooLong = (gap: Gap) => gapLength(gap) > gap.allowedMs;

/** Allowance for the work between two calls, mostly syncs of the disk, in milliseconds. */
const SLACK = 5_000;
/** The same for the start of a process, which loads modules and reads the folder. */
const SLACK_AT_START = 10_000;

/**
 * The gaps of a run. Leaves out those with a process whose settings are not known: its interval is missing.
 * @param end the end of the run, or now while it is running; null when the end is not known
 */
export function gapsOf(processes: readonly RunProcess[], end: { at: number; endedBy: string } | null): Gap[] {
  const longest = longestGenerationOf(processes);
  const gaps: Gap[] = [];
  let gap = newGap(processes[0]?.claimedAt ?? 0);
  const close = (at: number, endedBy: string) => {
    if (gap.isKnown) {
      const allowedMs = gap.interval + longest + gap.explained;
      gaps.push({ from: gap.from, to: Math.max(gap.from, at), endedBy, allowedMs });
    }
  };
  for (const [index, runProcess] of processes.entries()) {
    const waits = waitsIn(runProcess);
    const limit = runProcess.log?.settings?.longestStoryMs ?? 0;
    const addProcess = () => {
      const settings = runProcess.log?.settings ?? null;
      if (settings === null && runProcess.purpose !== 'recover') gap.isKnown = false;
      gap.interval = Math.max(gap.interval, settings?.limits.intervalMs ?? 0);
    };
    addProcess();
    gap.explained += downtimeBefore(processes, index) + SLACK_AT_START;
    let callStartedAt: number | null = null;
    for (const record of runProcess.records) {
      gap.explained += waits.until(record.at);
      if (record.type === 'attempt') callStartedAt = record.at;
      if (record.type === 'snapshot') {
        // The ledger was lost and began anew: it lacks the stories before this record.
        gap = newGap(record.at);
        addProcess();
      }
      if (record.type !== 'outcome') continue;
      if (record.kind === 'story') {
        close(record.at, record.name);
        gap = newGap(record.at);
        addProcess();
      } else if (callStartedAt !== null) {
        gap.explained += Math.min(record.at - callStartedAt, limit);
      }
      callStartedAt = null;
    }
    if (index === processes.length - 1) {
      gap.explained += waits.until(Number.POSITIVE_INFINITY);
      if (callStartedAt !== null && end !== null) gap.explained += Math.min(end.at - callStartedAt, limit);
    }
  }
  if (end !== null) close(end.at, end.endedBy);
  return gaps;
}

function newGap(from: number) {
  return { from, interval: 0, explained: SLACK, isKnown: true };
}

function longestGenerationOf(processes: readonly RunProcess[]): number {
  const stories = processes.flatMap(({ records }) =>
    records.flatMap((record) => (record.type === 'outcome' && record.kind === 'story' ? [record.generation_ms] : [])),
  );
  return stories.reduce((longest, each) => Math.max(longest, each), 0);
}

/** The waits in the log of a process that a gap may contain besides the interval. Each is counted once. */
function waitsIn({ log }: RunProcess) {
  const waits = (log?.events ?? []).filter(isExplainedWait);
  let next = 0;
  return {
    /** Milliseconds of the waits that began before `at` and are not counted yet. */
    until: (at: number): number => {
      let sum = 0;
      for (let wait = waits[next]; wait !== undefined && wait.at < at; wait = waits[++next]) {
        sum += (wait.seconds ?? 0) * 1000;
      }
      return sum;
    },
  };
}

function isExplainedWait({ event, reason }: LogEvent): boolean {
  return event === 'holding' || (event === 'waiting' && reason !== 'interval');
}
