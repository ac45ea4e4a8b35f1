import { CallTracker, type TrackedCall } from '../folder/call-tracker.js';
import type { LogEvent } from '../log-check.js';
import { downtimeBefore, type RunProcess } from '../processes.js';
import { batchSpans, coverage, pauseSpans, type Span } from './spans.js';

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
 * The gaps of a run. However many stories are written at a time, a gap is no longer than one of them takes: what keeps
 * one slot from its next story is counted once where it keeps several. Leaves out gaps with a process whose settings are
 * not known: its interval is missing.
 * @param end the end of the run, or now while it is running; null when the end is not known
 */
export function gapsOf(processes: readonly RunProcess[], end: { at: number; endedBy: string } | null): Gap[] {
  const longest = longestGenerationOf(processes);
  const explained = explainedSpans(processes, end?.at ?? null);
  const gaps: Gap[] = [];
  let gap = newGap(processes[0]?.claimedAt ?? 0);
  const close = (at: number, endedBy: string) => {
    const { from, interval, slack, isKnown } = gap;
    const to = Math.max(from, at);
    const allowedMs = interval + longest + slack + coverage(explained, { from, to });
    if (isKnown) gaps.push({ from, to, endedBy, allowedMs });
  };
  for (const runProcess of processes) {
    const addProcess = () => {
      const settings = runProcess.log?.settings ?? null;
      if (settings === null && runProcess.purpose !== 'recover') gap.isKnown = false;
      gap.interval = Math.max(gap.interval, settings?.limits.intervalMs ?? 0);
    };
    addProcess();
    gap.slack += SLACK_AT_START;
    for (const record of runProcess.records) {
      const isStory = record.type === 'outcome' && record.kind === 'story';
      if (isStory) close(record.at, record.name);
      // A ledger that was lost and began anew lacks the stories before its snapshot.
      if (!isStory && record.type !== 'snapshot') continue;
      gap = newGap(record.at);
      addProcess();
    }
  }
  if (end !== null) close(end.at, end.endedBy);
  return gaps;
}

function newGap(from: number) {
  return { from, interval: 0, slack: SLACK, isKnown: true };
}

function longestGenerationOf(processes: readonly RunProcess[]): number {
  const stories = processes.flatMap(({ records }) =>
    records.flatMap((record) => (record.type === 'outcome' && record.kind === 'story' ? [record.generation_ms] : [])),
  );
  return stories.reduce((longest, each) => Math.max(longest, each), 0);
}

/**
 * The spans in which ledger and log tell why there was no story: downtime, waits that are no intervals, batches that
 * were out, and calls that gave no story, each as long as the settings allow at most.
 */
function explainedSpans(processes: readonly RunProcess[], end: number | null): Span[] {
  const spans = batchSpans(processes, end ?? Number.POSITIVE_INFINITY);
  const tracker = new CallTracker(processes.flatMap(({ records }) => records));
  for (const [index, runProcess] of processes.entries()) {
    const { claimedAt, records, log } = runProcess;
    const limit = log?.settings?.longestStoryMs ?? 0;
    const addCall = (call: TrackedCall, to: number) => {
      if (call.batch === undefined) spans.push({ from: call.at, to: Math.min(to, call.at + limit) });
    };
    spans.push({ from: claimedAt - downtimeBefore(processes, index), to: claimedAt });
    spans.push(...waitsOf(runProcess), ...pauseSpans(runProcess));
    for (const record of records) {
      const { call } = tracker.apply(record);
      const isStory = record.type === 'outcome' && record.kind === 'story';
      if (call !== null && !isStory) addCall(call, record.at);
    }
    const next = processes[index + 1];
    const until = next === undefined ? end : next.claimedAt - downtimeBefore(processes, index + 1);
    if (until !== null) for (const call of tracker.streaming) addCall(call, until);
  }
  return spans;
}

/** The waits in the log of a process that a gap may contain besides the interval. */
function waitsOf({ log }: RunProcess): Span[] {
  return (log?.events ?? [])
    .filter(isExplainedWait)
    .map(({ at, seconds }) => ({ from: at, to: at + (seconds ?? 0) * 1000 }));
}

function isExplainedWait({ event, reason }: LogEvent): boolean {
  return event === 'holding' || (event === 'waiting' && reason !== 'interval');
}
