import type { LogEvent } from '../log-check.js';
import { downtimeBefore, type RunProcess } from '../processes.js';

// How long a run went without a new story, and how long it may have.

/** From one story to the next; the first begins with the run, the last ends with it. All times in milliseconds. */
export interface Gap {
  from: number;
  to: number;
  /** What ends it: the name of a story, or of the run's end. */
  endedBy: string;
  /** Interval, longest generation and slack, and what log and ledger explain. */
  allowedMs: number;
}

export const gapLength = ({ from, to }: Gap) => to - from;
export const isTooLong = (gap: Gap) => gapLength(gap) > gap.allowedMs;

/** Between a call's answer and the next call stands some work of the disk and, at a start, of loading and looking back. */
const SLACK = 5_000;
const SLACK_AT_START = 10_000;

/**
 * The gaps of a run. A life whose settings nobody knows has none: what it should have done cannot be told.
 * @param end when and how the run ended, or the time now of one that goes on; null when nobody knows
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
        // What was before, the ledger has forgotten.
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

/** The waits in a life's log that are no intervals, handed out once. */
function waitsIn({ log }: RunProcess) {
  const waits = (log?.events ?? []).filter(isExplainedWait);
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

function isExplainedWait({ event, reason }: LogEvent): boolean {
  return event === 'holding' || (event === 'waiting' && reason !== 'interval');
}
