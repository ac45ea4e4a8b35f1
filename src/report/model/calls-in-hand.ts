import { addKnownUsage, type Usage } from '../../api/usage.js';
import type { OutcomeRecord } from '../../run/ledger.js';
import type { BatchEntry, FailedCallKind, Segment } from './timeline.js';

/** A call without an outcome. */
export interface OpenCall {
  number: number;
  from: number;
  /** Ids by axis. */
  premise: Record<string, string>;
  /** Time of the claim that shows that its process was killed; null: none yet. */
  killedBy: number | null;
  /** The part whose rest it asks for. */
  continues: string | null;
  batch: BatchEntry | null;
}

/** A text in progress: the sum of its calls so far. */
export interface TextInProgress {
  from: number;
  calls: number;
  usage: Usage | null;
  costUsd: number | null;
  /** Of its calls that brought parts. */
  segments: Segment[];
  batch: BatchEntry | null;
}

/** A cut-off text whose rest may still come. */
export interface PendingPart {
  name: string;
  code: string;
  at: number;
  /** Of the process that has it in hand. */
  epoch: number;
  text: TextInProgress;
}

/** The open calls and cut-off texts of a run at a time of its ledger. */
export class CallsInHand {
  readonly parts = new Map<string, PendingPart>();
  readonly #streamed = new Map<number, OpenCall>();
  /** Apart, for there may be ten thousands of them. */
  readonly #batched = new Map<number, OpenCall>();

  /** The open calls that are in no batch. */
  get streamed(): readonly OpenCall[] {
    return [...this.#streamed.values()];
  }

  get isEmpty(): boolean {
    return this.#streamed.size + this.parts.size === 0;
  }

  open(call: OpenCall): void {
    (call.batch === null ? this.#streamed : this.#batched).set(call.number, call);
    if (call.batch === null) return;
    call.batch.calls += 1;
    call.batch.openCalls += 1;
  }

  close({ number, batch }: OpenCall): void {
    this.#streamed.delete(number);
    if (this.#batched.delete(number) && batch !== null) batch.openCalls -= 1;
  }

  /** The open calls of a batch. */
  ofBatch(batch: BatchEntry): OpenCall[] {
    return [...this.#batched.values()].filter((call) => call.batch === batch);
  }

  /** The call that an outcome is of; null when none is open. */
  of({ attempt }: OutcomeRecord): OpenCall | null {
    if (attempt === null) return null;
    // Version 1 had one call open at most, and did not name it.
    if (attempt === undefined) return this.streamed.at(-1) ?? null;
    return this.#streamed.get(attempt) ?? this.#batched.get(attempt) ?? null;
  }
}

/** The text after one more call. Usage and cost are null when those of one call are unknown. */
export function withCall(text: TextInProgress, { usage, cost_usd: costUsd }: OutcomeRecord): TextInProgress {
  if (text.calls === 0) return { ...text, calls: 1, usage, costUsd };
  return {
    ...text,
    calls: text.calls + 1,
    usage: addKnownUsage(text.usage, usage),
    costUsd: text.costUsd === null || costUsd === null ? null : text.costUsd + costUsd,
  };
}

/** The batch of a segment, where it has one. */
export function inBatch(batch: BatchEntry | null): Pick<Segment, 'batch'> {
  return batch === null ? {} : { batch };
}

/** The kind of a failed call, its code, and the name of the answer that is set aside. */
export function describeFailedCall(
  record: Exclude<OutcomeRecord, { kind: 'story' | 'part' }>,
  batch: BatchEntry | null,
): [FailedCallKind, string, string | null] {
  if (record.kind === 'failure') return [record.failure, record.code, record.name];
  const isFree = batch !== null && record.usage?.total_tokens === 0;
  return isFree ? ['unprocessed', 'unprocessed', null] : ['abandoned', 'abandoned', null];
}
