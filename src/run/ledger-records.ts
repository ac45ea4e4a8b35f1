import type { FailureKind } from '../api/failure.js';
import type { Usage } from '../api/usage.js';
import type { ProcessIdentity } from '../lib/process-identity.js';
import type { Premise } from '../prompt/cards.js';
import type { MostSimilar } from '../story/similarity.js';
import type { Statistics } from './statistics.js';

/** When, milliseconds since the epoch. Every record has it. */
interface Dated {
  at: number;
}

/** The first record of a run. */
export interface BeginRecord extends Dated {
  type: 'begin';
  /** Of the records that follow; absent in format 1. */
  format?: number;
  run_id: string;
  /** Runs of one name follow each other; two names in one folder do not mix. */
  run_name: string;
  owner: ProcessIdentity;
  /** What asked for a run of its own, so that a restart of the same process goes on with it; null otherwise. */
  new_run_token: string | null;
}

/**
 * Another process took the run over. Valid only when its epoch is the next one: of two that claim the same run, the
 * one whose line is first has it.
 */
export interface ClaimRecord extends Dated {
  type: 'claim';
  /** Of the records that follow; absent in format 1. */
  format?: number;
  epoch: number;
  owner: ProcessIdentity;
  /** resume: the run goes on. recover: only what a crash left behind is put right. */
  purpose: 'resume' | 'recover';
}

/** A call is about to be made. One without an outcome was in flight when the process was killed. */
export interface AttemptRecord extends Dated {
  type: 'attempt';
  number: number;
  /** Ids by axis. */
  premise: Record<string, string>;
  /** What the call can use at most, for the caps, as long as its usage is not known. */
  at_most: { tokens: number; cost_usd: number | null };
  /** The part whose rest the call asks for. */
  continues?: string;
  /** Of a call in a batch: the batch's key, and how the batch names the call. */
  batch?: string;
  custom_id?: string;
  /** Of a call in a batch: its cards, for they may have changed by the time that the answer comes. */
  cards?: Premise;
}

/**
 * A batch of calls at the vendor. Its calls are the `attempt` records before the first of these.
 *
 * - intent: it is about to be created. A process that is killed now cannot say whether it was.
 * - created: it has an id
 * - closed: nothing of it is expected any more
 */
export type BatchRecord = Dated & { type: 'batch'; key: string } & (
    | { phase: 'intent' }
    | { phase: 'created'; id: string }
    | { phase: 'closed' }
  );

/** Why no story begins for a while, though the run goes on. */
export type PauseReason = 'daily_cap' | 'inactive_hours' | 'spend_limit' | 'crash_loop';

/**
 * A pause: no story begins for a while, though the run goes on. One pause is on at a time: the next `begin` ends it too,
 * and so does the end of the process. Version 1.0.0 skips these records.
 */
export type PauseRecord = Dated & { type: 'pause'; reason: PauseReason } & (
    | { phase: 'begin'; until: number } // when it is to end, milliseconds since the epoch
    | { phase: 'end' }
  );

interface Outcome extends Dated {
  type: 'outcome';
  /**
   * Number of the call that it is the outcome of; null when a defect came before any call was made; absent in format 1,
   * where one call was open at most.
   */
  attempt?: number | null;
  /** Of the one call. */
  usage: Usage | null;
  cost_usd: number | null;
  /** The part that this text has taken in, and that is no longer kept by itself. */
  completes?: string;
}

/** A story, staged; from here on it is a matter of renaming. */
export interface StoryRecord extends Outcome {
  kind: 'story';
  name: string;
  /** Of all its calls. */
  generation_ms: number;
  /** The story before it that is most like it, and how much, from 0 to 1; null for the first of a folder. */
  nearest?: MostSimilar | null;
  /** Codes of the doubts with which it was saved; absent without any. */
  doubts?: readonly string[];
}

/** Cut off, staged, and about to be gone on with. Unless a later text takes it in, it is set aside. */
export interface PartRecord extends Outcome {
  kind: 'part';
  name: string;
  code: string;
}

/** No story. With a name: the answer is staged, to be set aside. */
export interface FailureRecord extends Outcome {
  kind: 'failure';
  failure: FailureKind;
  code: string;
  name: string | null;
}

/** Given up on request. */
export interface AbandonedRecord extends Outcome {
  kind: 'abandoned';
}

export type OutcomeRecord = StoryRecord | PartRecord | FailureRecord | AbandonedRecord;

/** The process let go of the run in good order. */
export interface EndRecord extends Dated {
  type: 'end';
  reason: string;
  /** true: a limit or a cap ended the run. false: it was interrupted, and can be taken up. */
  over: boolean;
  /** How many batches are still out; absent when none is. They are collected even when the run is over. */
  batches?: number;
}

/** The ledger went missing while the run went on: what the run knew of itself then. */
export interface SnapshotRecord extends Dated {
  type: 'snapshot';
  state: RunState;
}

export type LedgerRecord =
  | BeginRecord
  | ClaimRecord
  | AttemptRecord
  | BatchRecord
  | PauseRecord
  | OutcomeRecord
  | EndRecord
  | SnapshotRecord;

/** A call that is in flight, or was when its process was killed. */
export interface OpenCall extends AttemptRecord {
  /** Of the process that made it. */
  epoch: number;
}

/** A batch at the vendor. Its calls are open, also while no process works on the run. */
export interface OpenBatch {
  key: string;
  /** null: nobody knows yet whether it was created. */
  id: string | null;
  /** When it was first meant to be created, milliseconds since the epoch. */
  at: number;
  /** Of the process that was about to create it. */
  epoch: number;
}

/** A cut-off text whose rest is asked for. */
export interface OpenPart {
  name: string;
  code: string;
  /** What it used so far; null where that is not known. */
  usage: Usage | null;
  /** Of the process that has it in hand. */
  epoch: number;
}

/**
 * What a run knows of itself: its ledger, folded. A worker that goes on and one that takes the run up count in the
 * same way, so that what is told at the end is what the ledger says.
 */
export interface RunState {
  statistics: Statistics;
  failuresInARow: number;
  /** The most that calls whose usage is not known may have used. Caps count it; statistics do not. */
  unknownAtMost: { tokens: number; costUsd: number };
  /** The calls whose outcomes are not known yet, oldest first. */
  open: readonly OpenCall[];
  /** Cut-off texts whose rest may still come. */
  parts: readonly OpenPart[];
  /** Batches whose results have not all been collected, oldest first. */
  batches: readonly OpenBatch[];
  /** Who has the run; null once they let go of it. */
  owner: ProcessIdentity | null;
  /** Who has the run only puts right what a crash left, and lets go of it at once. */
  recovering: boolean;
  epoch: number;
  resumes: number;
  /** How often the run was taken up since its last story, or since a process let go of it in good order. */
  resumesWithoutStory: number;
  /** A limit or a cap has ended the run. */
  over: boolean;
  /** When the latest record was written, milliseconds since the epoch. */
  lastAt: number;
}
