import type {
  AttemptRecord,
  BatchRecord,
  ClaimRecord,
  EndRecord,
  LedgerRecord,
  OutcomeRecord,
  PauseRecord,
  SnapshotRecord,
} from '../../run/ledger.js';
import { applyRecord, INITIAL_RUN_STATE } from '../../run/run-state.js';
import {
  CallsInHand,
  describeFailedCall,
  inBatch,
  type OpenCall,
  type PendingPart,
  withCall,
} from './calls-in-hand.js';
import type { BatchEntry, FailedCall, ProcessPeriod, Segment, SegmentKind, Timeline } from './timeline.js';

/**
 * Builds the timeline of a run.
 * @param records in the order of the ledger
 * @param until now, for a run with a running process; null for any other run
 */
export function buildTimeline(records: readonly LedgerRecord[], until: number | null): Timeline {
  return new TimelineBuilder().build(records, until);
}

class TimelineBuilder {
  readonly #timeline: Timeline = {
    ...{ processes: [], segments: [], stories: [], failedCalls: [], batches: [], historyLostUntil: null },
  };
  #epoch = 0;
  /** Time of the latest record. */
  #lastAt = 0;
  readonly #inHand = new CallsInHand();
  /** By key; also one whose calls are in the ledger and whose intent is not, for its process was killed meanwhile. */
  readonly #batches = new Map<string, BatchEntry>();
  /** Since when the process has waited for a batch that is out, by the batch. */
  readonly #waitingFor = new Map<BatchEntry, number>();
  /** The wait that began with the last outcome; null: none, the process has just started. */
  #waiting: 'interval' | 'retry' | null = null;
  /** The pause that is on. */
  #pause: (PauseRecord & { phase: 'begin' }) | null = null;
  #storiesBefore = 0;

  build(records: readonly LedgerRecord[], until: number | null): Timeline {
    for (const record of records) this.#apply(record);
    if (until === null) {
      for (const call of this.#inHand.streamed) this.#loseCall(call);
      for (const part of this.#inHand.parts.values()) this.#dropPart(part);
    } else {
      this.#addWait(until);
      for (const { from, killedBy } of this.#inHand.streamed) {
        if (killedBy === null) this.#addSegment('open', from, until);
      }
      this.#extendCurrentProcess(until);
    }
    this.#pauseBatches(until ?? this.#lastAt);
    this.#endPause(until ?? this.#lastAt);
    return this.#timeline;
  }

  #apply(record: LedgerRecord): void {
    switch (record.type) {
      case 'begin':
        this.#epoch = 1;
        this.#addProcess(record.at, 'begin', record.owner.pid);
        break;
      case 'claim':
        this.#applyClaim(record);
        break;
      case 'attempt':
        this.#applyAttempt(record);
        break;
      case 'batch':
        this.#applyBatch(record);
        break;
      case 'pause':
        this.#applyPause(record);
        break;
      case 'outcome':
        this.#applyOutcome(record);
        break;
      case 'end':
        this.#applyEnd(record);
        break;
      case 'snapshot':
        this.#applySnapshot(record);
    }
    this.#lastAt = Math.max(this.#lastAt, record.at);
    this.#extendCurrentProcess(this.#lastAt);
  }

  #addProcess(at: number, purpose: ProcessPeriod['purpose'], pid: number): void {
    this.#timeline.processes.push({ from: at, to: at, purpose, pid, end: null });
    this.#waiting = null;
  }

  #extendCurrentProcess(to: number): void {
    const current = this.#timeline.processes.at(-1);
    if (current !== undefined && current.end === null) current.to = Math.max(current.to, to);
  }

  #applyClaim({ at, epoch, purpose, owner }: ClaimRecord): void {
    // Two processes claimed the run at the same time, and the second claim is void.
    if (epoch !== this.#epoch + 1) return;
    this.#epoch = epoch;
    const lastEnd = this.#timeline.processes.at(-1)?.end ?? null;
    this.#pauseBatches(this.#lastAt);
    this.#endPause(at, true);
    this.#addSegment(lastEnd === null ? 'unknown' : 'downtime', this.#lastAt, at);
    for (const call of this.#inHand.streamed) call.killedBy ??= at;
    this.#addProcess(at, purpose, owner.pid);
    if (purpose === 'recover') return;
    for (const batch of this.#timeline.batches) if (!batch.isClosed) this.#waitingFor.set(batch, at);
  }

  #applyAttempt({ at, number, premise, continues, batch: key }: AttemptRecord): void {
    for (const call of this.#inHand.streamed) if (call.killedBy !== null) this.#loseCall(call);
    for (const part of this.#inHand.parts.values()) if (part.epoch !== this.#epoch) this.#dropPart(part);
    this.#addWait(at);
    this.#waiting = null;
    const batch = key === undefined ? null : this.#batchOf(key, at);
    this.#inHand.open({ number, from: at, premise, killedBy: null, continues: continues ?? null, batch });
  }

  #batchOf(key: string, at: number): BatchEntry {
    const batch = this.#batches.get(key) ?? { key, id: null, at, isClosed: false, calls: 0, openCalls: 0 };
    this.#batches.set(key, batch);
    return batch;
  }

  #applyBatch(record: BatchRecord): void {
    const { key, at } = record;
    const batch = this.#batchOf(key, at);
    switch (record.phase) {
      case 'intent':
        this.#timeline.batches.push(batch);
        this.#waitingFor.set(batch, at);
        break;
      case 'created':
        batch.id = record.id;
        break;
      case 'closed':
        this.#pauseBatch(batch, at);
        batch.isClosed = true;
        for (const call of this.#inHand.ofBatch(batch)) this.#loseCall(call, at, 'no_result');
    }
  }

  #applyPause(record: PauseRecord): void {
    this.#addWait(record.at);
    this.#endPause(record.at);
    this.#waiting = null;
    this.#pause = record.phase === 'begin' ? record : null;
  }

  /** @param isKilled at some time of the pause: no story was to begin in the rest of it, so all of it counts */
  #endPause(at: number, isKilled = false): void {
    if (this.#pause === null) return;
    const { reason, at: from, until } = this.#pause;
    const to = isKilled ? Math.min(at, Math.max(this.#lastAt, until)) : at;
    this.#addSegment('pause', from, to, { pause: reason });
    if (isKilled) this.#lastAt = to;
    this.#pause = null;
  }

  /** The process waits no longer for the batches that are out: it has ended. */
  #pauseBatches(at: number): void {
    for (const batch of this.#waitingFor.keys()) this.#pauseBatch(batch, at);
  }

  #pauseBatch(batch: BatchEntry, at: number): void {
    const from = this.#waitingFor.get(batch);
    if (from !== undefined) this.#addSegment('batch', from, at, { batch });
    this.#waitingFor.delete(batch);
  }

  /** Counts a call as lost that was open when its process was killed, or whose batch has no result for it. */
  #loseCall(call: OpenCall, at = call.from, code = 'lost'): void {
    this.#inHand.close(call);
    const failedCall = { at, kind: 'lost', code, name: null, usage: null } as const;
    this.#addFailedCall(failedCall, at, at, call.batch);
  }

  #applyOutcome(record: OutcomeRecord): void {
    const call = this.#inHand.of(record);
    if (call !== null) this.#inHand.close(call);
    const open = call ?? { from: record.at, premise: {}, killedBy: null, continues: null, batch: null };
    const { parts } = this.#inHand;
    const part = parts.get(record.completes ?? '') ?? null;
    const givenUp = parts.get(open.continues ?? '');
    if (part !== null) parts.delete(part.name);
    else if (givenUp !== undefined) this.#dropPart(givenUp);
    const start = { from: open.from, calls: 0, usage: null, costUsd: null, segments: [], batch: open.batch };
    const text = withCall(part?.text ?? start, record);
    this.#waiting = record.kind === 'story' ? 'interval' : record.kind === 'part' ? null : 'retry';
    // The next process found the text in staging and recorded it: it was written before the kill.
    const isFound = open.killedBy !== null;
    // The vendor does not tell when it wrote which story of a batch.
    const from = open.batch === null ? open.from : record.at;
    switch (record.kind) {
      case 'story': {
        const { name, at, generation_ms: generationMs, nearest = null } = record;
        const number = this.#storiesBefore + this.#timeline.stories.length + 1;
        const { calls, usage, costUsd, segments, batch } = text;
        const entry = { number, name, from: text.from, at, generationMs, calls, usage, costUsd, nearest, batch };
        this.#timeline.stories.push({ ...entry, premise: open.premise });
        for (const segment of segments) segment.story = number;
        const to = open.killedBy === null ? at : Math.min(from + generationMs, open.killedBy);
        this.#addSegment('story', from, to, { story: number, ...inBatch(open.batch) });
        break;
      }
      case 'part': {
        const { name, code, at } = record;
        const segment = this.#addSegment('story', from, isFound ? from : at, inBatch(open.batch));
        text.segments = [...text.segments, segment];
        parts.set(name, { name, code, at, epoch: this.#epoch, text });
        break;
      }
      case 'failure':
      case 'abandoned': {
        const [kind, code, name] = describeFailedCall(record, open.batch);
        const failedCall = { at: record.at, kind, code, name, usage: record.usage };
        this.#addFailedCall(failedCall, from, isFound ? from : record.at, open.batch);
      }
    }
  }

  /** Sets aside a cut-off text whose rest will not come any more. Its usage is counted already. */
  #dropPart({ name, code, at, text }: PendingPart): void {
    this.#inHand.parts.delete(name);
    const failedCall: FailedCall = { at, kind: 'incomplete', code, name, usage: text.usage };
    this.#timeline.failedCalls.push(failedCall);
    for (const segment of text.segments) Object.assign(segment, { kind: 'failed', failedCall });
  }

  #applyEnd({ at, reason }: EndRecord): void {
    for (const call of this.#inHand.streamed) this.#loseCall(call);
    for (const part of this.#inHand.parts.values()) this.#dropPart(part);
    this.#addWait(at);
    this.#pauseBatches(at);
    this.#endPause(at);
    this.#waiting = null;
    const current = this.#timeline.processes.at(-1);
    if (current !== undefined) Object.assign(current, { to: Math.max(current.to, at), end: reason });
  }

  /** The ledger was lost and began anew: of the time before, it has totals, and what was in hand. */
  #applySnapshot(record: SnapshotRecord): void {
    // Other versions wrote snapshots with one call and one part.
    const state = applyRecord(INITIAL_RUN_STATE, record);
    const { at } = record;
    this.#addSegment('missingHistory', this.#lastAt, at);
    this.#timeline.historyLostUntil = at;
    this.#epoch = state.epoch;
    this.#storiesBefore = state.statistics.stories;
    for (const { key, id, at: since } of state.batches) {
      const batch = this.#batchOf(key, since);
      batch.id = id;
      this.#timeline.batches.push(batch);
      this.#waitingFor.set(batch, at);
    }
    for (const call of state.open) this.#applyAttempt(call);
    for (const call of this.#inHand.streamed) {
      const isOfEarlierProcess = state.open.some(
        ({ number, epoch }) => number === call.number && epoch !== state.epoch,
      );
      if (isOfEarlierProcess) call.killedBy = at;
    }
    for (const { name, code, usage, epoch } of state.parts) {
      const from = state.open.find(({ continues }) => continues === name)?.at ?? at;
      const text = { from, calls: 1, usage, costUsd: null, segments: [], batch: null };
      this.#inHand.parts.set(name, { name, code, at, epoch, text });
    }
  }

  /** Adds the wait up to now, if nothing is in hand. */
  #addWait(until: number): void {
    const isOtherwise = this.#pause !== null || this.#waitingFor.size > 0;
    if (this.#waiting === null || isOtherwise || !this.#inHand.isEmpty) return;
    if (until > this.#lastAt) this.#addSegment(this.#waiting, this.#lastAt, until);
  }

  #addFailedCall(failedCall: FailedCall, from: number, to: number, batch: BatchEntry | null): void {
    this.#timeline.failedCalls.push(failedCall);
    this.#addSegment('failed', from, to, { failedCall, ...inBatch(batch) });
  }

  /** A clock that was set back must not give a segment of negative length. */
  #addSegment(kind: SegmentKind, from: number, to: number, more: Partial<Segment> = {}): Segment {
    const segment: Segment = { from, to: Math.max(from, to), kind, ...more };
    this.#timeline.segments.push(segment);
    return segment;
  }
}
