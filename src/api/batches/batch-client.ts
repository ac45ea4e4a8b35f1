import type { Prompt } from '../../prompt/prompt.js';
import type { Answer } from '../answer.js';
import type { CallError } from '../failure.js';

/** One request of a batch. */
export interface BatchRequest {
  /** Names the request among the results: 1 to 64 letters, digits, `_` or `-`. */
  customId: string;
  prompt: Prompt;
}

/** How many requests of a batch are in each state, as the vendor counts them. */
export interface BatchCounts {
  processing: number;
  succeeded: number;
  errored: number;
  canceled: number;
  expired: number;
}

/** A batch as the vendor describes it. */
export interface BatchInfo {
  id: string;
  /** Milliseconds since the epoch. */
  createdAt: number;
  /** All its requests have ended, in whatever way: there are results. */
  hasEnded: boolean;
  counts: BatchCounts;
}

/** What became of one request. */
export type BatchResult = { customId: string } & (
  | { kind: 'answered'; answer: Answer }
  | { kind: 'failed'; error: CallError }
  /** Not processed, and not billed. */
  | { kind: 'expired' }
  | { kind: 'canceled' }
);

/** A client of the Message Batches API. Every call rejects with a CallError, or with the signal's reason. */
export interface BatchClient {
  /** Creates a batch. Not idempotent: when the answer is lost, the batch may exist all the same. */
  create(requests: readonly BatchRequest[], signal: AbortSignal): Promise<BatchInfo>;
  /** @returns null when the vendor knows no such batch */
  retrieve(id: string, signal: AbortSignal): Promise<BatchInfo | null>;
  /** The batches that were created since then, newest first. @param since milliseconds since the epoch */
  listSince(since: number, signal: AbortSignal): Promise<BatchInfo[]>;
  /** The results of a batch that has ended, in any order. */
  results(id: string, signal: AbortSignal): AsyncIterable<BatchResult>;
  /** Asks to cancel a batch: what is not processed yet will not be, and is not billed. */
  cancel(id: string, signal: AbortSignal): Promise<BatchInfo>;
}

/** How many requests a batch has. */
export function sizeOf({ processing, succeeded, errored, canceled, expired }: BatchCounts): number {
  return processing + succeeded + errored + canceled + expired;
}
