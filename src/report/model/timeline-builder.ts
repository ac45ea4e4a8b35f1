import { addKnownUsage, type Usage } from '../../api/usage.js';
import type { AttemptRecord, ClaimRecord, EndRecord, LedgerRecord, OutcomeRecord } from '../../run/ledger.js';
import type { FailedCall, FailedCallKind, ProcessPeriod, Segment, SegmentKind, Timeline } from './timeline.js';

/** A call without an outcome. `killedBy`: time of the claim that shows that its process was killed; null: none yet. */
interface OpenCall {
  from: number;
  premise: Record<string, string>;
  killedBy: number | null;
}

/** A text whose calls so far were all cut off, or that has none yet. */
interface TextInProgress {
  from: number;
  calls: number;
  usage: Usage | null;
  costUsd: number | null;
  part: { name: string; code: string; at: number; segments: Segment[] } | null;
}

/**
 * Builds the timeline of a run.
 * @param records in the order of the ledger
 * @param until now, for a run with a running process; null for any other run
 */
export function buildTimeline(records: readonly LedgerRecord[], until: number | null): Timeline {
  return new TimelineBuilder().build(records, until);
}

class TimelineBuilder {
  readonly #timeline: Timeline = { processes: [], segments: [], stories: [], failedCalls: [], historyLostUntil: null };
  #epoch = 0;
  /** Time of the latest record. */
  #lastAt = 0;
  #openCall: OpenCall | null = null;
  #text: TextInProgress | null = null;
  /** The wait that began with the last outcome; null: none, the process has just started. */
  #waiting: 'interval' | 'retry' | null = null;
  #storiesBefore = 0;

  build(records: readonly LedgerRecord[], until: number | null): Timeline {
    for (const record of records) this.#apply(record);
    if (until === null) {
      if (this.#openCall !== null) this.#loseCall(this.#openCall);
      this.#dropPart();
    } else if (this.#openCall !== null) {
      this.#addSegment('open', this.#openCall.from, until);
    } else {
      this.#addWait(until);
    }
    if (until !== null) this.#extendCurrentProcess(until);
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
      case 'outcome':
        this.#applyOutcome(record);
        break;
      case 'end':
        this.#applyEnd(record);
        break;
      case 'snapshot': {
        const { state } = record;
        this.#addSegment('missingHistory', this.#lastAt, record.at);
        this.#timeline.historyLostUntil = record.at;
        this.#epoch = state.epoch;
        this.#storiesBefore = state.statistics.stories;
        const call = state.open.at(-1);
        this.#openCall = call === undefined ? null : { ...call, from: call.at, killedBy: null };
        const [cut] = state.parts;
        if (cut !== undefined) {
          const { name, code, usage } = cut;
          const part = { name, code, at: record.at, segments: [] };
          this.#text = { from: call?.at ?? record.at, calls: 1, usage, costUsd: null, part };
        }
      }
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
    this.#addSegment(lastEnd === null ? 'unknown' : 'downtime', this.#lastAt, at);
    if (this.#openCall !== null) this.#openCall.killedBy ??= at;
    this.#addProcess(at, purpose, owner.pid);
  }

  #applyAttempt({ at, premise, continues }: AttemptRecord): void {
    if (this.#openCall !== null) this.#loseCall(this.#openCall);
    this.#addWait(at);
    if (continues === undefined || continues !== this.#text?.part?.name) this.#dropPart();
    this.#text ??= { from: at, calls: 0, usage: null, costUsd: null, part: null };
    this.#openCall = { from: at, premise, killedBy: null };
    this.#waiting = null;
  }

  /** Counts a call as lost that was open when its process was killed. */
  #loseCall({ from }: OpenCall): void {
    const failedCall = { at: from, kind: 'lost', code: 'lost', name: null, usage: null } as const;
    this.#addFailedCall(failedCall, from, from);
    this.#openCall = null;
    this.#text = this.#text?.part === null ? null : this.#text;
  }

  #applyOutcome(record: OutcomeRecord): void {
    const open = this.#openCall ?? { from: record.at, premise: {}, killedBy: null };
    if (record.completes === undefined || record.completes !== this.#text?.part?.name) this.#dropPart();
    const text = this.#text ?? { from: open.from, calls: 0, usage: null, costUsd: null, part: null };
    const soFar = { ...text, calls: text.calls + 1, ...addCallTotals(text, record) };
    this.#openCall = null;
    this.#text = null;
    this.#waiting = record.kind === 'story' ? 'interval' : 'retry';
    switch (record.kind) {
      case 'story': {
        const { name, at, generation_ms: generationMs, nearest = null } = record;
        const number = this.#storiesBefore + this.#timeline.stories.length + 1;
        const { premise } = open;
        const { from, calls, usage, costUsd } = soFar;
        this.#timeline.stories.push({ number, name, from, at, generationMs, calls, usage, costUsd, nearest, premise });
        for (const segment of text.part?.segments ?? []) segment.story = number;
        // The next process found the story in staging and recorded it: it was written before the kill.
        const to = open.killedBy === null ? at : Math.min(open.from + generationMs, open.killedBy);
        this.#addSegment('story', open.from, to, { story: number });
        break;
      }
      case 'part': {
        const segment = this.#addSegment('story', open.from, open.killedBy === null ? record.at : open.from);
        const { name, code, at } = record;
        this.#text = { ...soFar, part: { name, code, at, segments: [...(text.part?.segments ?? []), segment] } };
        this.#waiting = null;
        break;
      }
      case 'failure':
      case 'abandoned': {
        const [kind, code, name] = describeFailedCall(record);
        const to = open.killedBy === null ? record.at : open.from;
        this.#addFailedCall({ at: record.at, kind, code, name, usage: record.usage }, open.from, to);
      }
    }
  }

  /** Sets aside a cut-off text whose rest will not come any more. Its usage is counted already. */
  #dropPart(): void {
    const part = this.#text?.part;
    if (part !== undefined && part !== null) {
      const { name, code, at, segments } = part;
      const failedCall: FailedCall = { at, kind: 'incomplete', code, name, usage: this.#text?.usage ?? null };
      this.#timeline.failedCalls.push(failedCall);
      for (const segment of segments) Object.assign(segment, { kind: 'failed', failedCall });
    }
    this.#text = null;
  }

  #applyEnd({ at, reason }: EndRecord): void {
    if (this.#openCall !== null) this.#loseCall(this.#openCall);
    this.#dropPart();
    this.#addWait(at);
    this.#waiting = null;
    const current = this.#timeline.processes.at(-1);
    if (current !== undefined) Object.assign(current, { to: Math.max(current.to, at), end: reason });
  }

  #addWait(until: number): void {
    if (this.#waiting !== null && until > this.#lastAt) this.#addSegment(this.#waiting, this.#lastAt, until);
  }

  #addFailedCall(failedCall: FailedCall, from: number, to: number): void {
    this.#timeline.failedCalls.push(failedCall);
    this.#addSegment('failed', from, to, { failedCall });
  }

  /** A clock that was set back must not give a segment of negative length. */
  #addSegment(kind: SegmentKind, from: number, to: number, more: Partial<Segment> = {}): Segment {
    const segment: Segment = { from, to: Math.max(from, to), kind, ...more };
    this.#timeline.segments.push(segment);
    return segment;
  }
}

function describeFailedCall(
  record: Exclude<OutcomeRecord, { kind: 'story' | 'part' }>,
): [FailedCallKind, string, string | null] {
  return record.kind === 'abandoned' ? ['abandoned', 'abandoned', null] : [record.failure, record.code, record.name];
}

/** Adds the usage and cost of one more call to those of a text; null when one of them is unknown. */
function addCallTotals(
  text: TextInProgress,
  { usage, cost_usd: costUsd }: OutcomeRecord,
): Pick<TextInProgress, 'usage' | 'costUsd'> {
  if (text.calls === 0) return { usage, costUsd };
  return {
    usage: addKnownUsage(text.usage, usage),
    costUsd: text.costUsd === null || costUsd === null ? null : text.costUsd + costUsd,
  };
}
