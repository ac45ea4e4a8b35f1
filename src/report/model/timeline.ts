import type { FailureKind } from '../../api/failure.js';
import type { Usage } from '../../api/usage.js';
import type { PauseReason } from '../../run/end-reason.js';
import type { ClaimRecord, StoryRecord } from '../../run/ledger.js';
import type { StoryDetails } from '../story-details.js';

// The timeline of a run: its processes, segments of time by what they were spent on, its stories and its failed calls. All
// times in milliseconds since the epoch.

/** The time in which one process had the run. */
export interface ProcessPeriod {
  from: number;
  /** Time of its last record. */
  to: number;
  purpose: 'begin' | ClaimRecord['purpose'];
  pid: number;
  /** Reason of its end; null when the process was killed, or is still running. */
  end: string | null;
}

/** The activity that a segment of time was spent on. */
export type SegmentKind =
  | 'story' // a call that gave a story, or a part of one
  | 'failed' // a call that gave no story
  | 'open' // a call that has no outcome yet
  | 'batch' // a batch was out, and a process waited for its results
  | 'interval' // the wait for the next story
  | 'retry' // the wait after a failure
  | 'pause' // no story was to begin; calls in hand went on
  | 'downtime' // no process had the run
  | 'unknown' // a process was killed at some time of the segment, and the rest is downtime
  | 'missingHistory'; // the ledger of that time was lost

/**
 * A stretch of time that was spent on one thing. Calls may overlap; waits are the times in which no story was in hand. A
 * story of a batch has a segment of no length, at the time at which it was collected.
 */
export interface Segment {
  from: number;
  to: number;
  kind: SegmentKind;
  /** The call of a `failed` segment. */
  failedCall?: FailedCall;
  /** Number of the story, from 1, that the call belongs to. */
  story?: number;
  /** What a `pause` was for. */
  pause?: PauseReason;
  /** The batch that was out, or that the call was in. */
  batch?: BatchEntry;
}

/** A batch as the ledger has it. */
export interface BatchEntry {
  key: string;
  /** null: the ledger does not tell that it was created. */
  id: string | null;
  /** When its creation was intended. */
  at: number;
  /** Nothing of it is expected any more. */
  isClosed: boolean;
  calls: number;
  /** The number of calls without an outcome. */
  openCalls: number;
}

/** Why a call gave no story: a kind of failure, a kill, a forced shutdown, or a batch that did not get to it. */
export type FailedCallKind = FailureKind | 'lost' | 'abandoned' | 'unprocessed';

/** A call that gave no story. */
export interface FailedCall {
  at: number;
  kind: FailedCallKind;
  code: string;
  /** Name of the answer that is set aside; null when none is. */
  name: string | null;
  usage: Usage | null;
}

/** A story as the ledger has it. */
export interface StoryEntry {
  /** From 1. */
  number: number;
  name: string;
  /** Time of its first call, and of its record. */
  from: number;
  at: number;
  generationMs: number;
  calls: number;
  usage: Usage | null;
  costUsd: number | null;
  nearest: StoryRecord['nearest'];
  /** Ids by axis. */
  premise: Record<string, string>;
  /** The batch that its first call was in; null for a streamed story. */
  batch: BatchEntry | null;
}

/** A story with what its metadata adds. */
export interface StoryRow extends StoryEntry {
  /** null: its file is missing. */
  details: StoryDetails | null;
}

/** A run in the order of time. */
export interface Timeline {
  processes: ProcessPeriod[];
  segments: Segment[];
  stories: StoryEntry[];
  failedCalls: FailedCall[];
  batches: BatchEntry[];
  /** When the ledger was lost and began anew; of the time before, only totals are known. null: it was not lost. */
  historyLostUntil: number | null;
}
