import type { Failure } from '../api/failure.js';
import { ExitCode } from '../lib/errors.js';
import type { CapHit } from './budget.js';
import type { PauseReason } from './ledger-records.js';

export type { PauseReason } from './ledger-records.js';

/** The limits of the loop, as the settings mean them. */
export interface Limits {
  /** null: no time limit. */
  durationMs: number | null;
  /** null: no count limit. */
  maxStories: number | null;
  intervalMs: number;
  /** null: no limit. */
  maxConsecutiveFailures: number | null;
  /** Answers in a row that were paid for and no story; null: no limit. */
  maxRejectedInARow: number | null;
  /** Stories in hand at a time, 1 or more. */
  concurrency: number;
}

/** What a wait is for. */
export type Waiting = 'retry' | 'interval' | 'rate_limit' | 'batch' | PauseReason;

/** Why a run ended, and which wait was cut by that, if any. */
export type EndReason =
  | { kind: 'signal'; source: string; during: Waiting | null }
  | { kind: 'aborted'; source: string }
  | { kind: 'duration'; during: Waiting | null }
  | { kind: 'count' }
  | { kind: 'cap'; hit: CapHit }
  | { kind: 'exhausted'; failures: number }
  | { kind: 'refused'; failure: Failure }
  | RejectedEnd;

/** So many answers in a row were paid for and no story. */
export interface RejectedEnd {
  kind: 'rejected';
  count: number;
  /** How many of them by code. */
  codes: Record<string, number>;
  /** Korean: what to change. */
  advice: string;
}

/** Why a run ended: what the worker says, or a defect that nobody caught. */
export type RunEnd = EndReason | { kind: 'uncaught'; error: unknown };

/** @param completed the code for a run that ended as asked */
export function exitCodeOf(end: RunEnd, completed: number): number {
  switch (end.kind) {
    case 'duration':
    case 'count':
    case 'signal':
    case 'cap':
      return completed;
    case 'aborted':
      return ExitCode.aborted;
    case 'refused':
      return ExitCode.refused;
    case 'rejected':
      return ExitCode.rejected;
    case 'exhausted':
    case 'uncaught':
      return ExitCode.failed;
  }
}

/** Is the run over for good? What only interrupts it can be taken up by a later start. */
export function isOver(end: RunEnd): boolean {
  return end.kind === 'duration' || end.kind === 'count' || end.kind === 'cap';
}
