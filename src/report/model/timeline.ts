import type { FailureKind } from '../../api/failure.js';
import { addKnownUsage, type Usage } from '../../api/usage.js';
import type {
  AttemptRecord,
  ClaimRecord,
  EndRecord,
  LedgerRecord,
  OutcomeRecord,
  StoryRecord,
} from '../../run/ledger.js';
import type { FailedCallKind } from '../labels.js';

// A run's ledger, told in order: who worked on it when, what every stretch of time went into, what came of every call.
// All times in milliseconds since the epoch. Pure.

/** One process that had the run. */
export interface ProcessPeriod {
  from: number;
  /** The last that is known of it. */
  to: number;
  purpose: 'begin' | ClaimRecord['purpose'];
  pid: number;
  /** Why it let go of the run; null when it was killed, or still has it. */
  end: string | null;
}

/** What a stretch of time went into. */
export type SegmentKind =
  | 'story' // a call that brought a story, or a part of one
  | 'failed' // a call that brought none
  | 'open' // a call whose answer is still to come
  | 'interval' // waiting for the next story
  | 'retry' // waiting after a failure
  | 'downtime' // no process had the run
  | 'unknown' // a process was killed in there, and for the rest of it none had the run
  | 'missingHistory'; // the ledger of it was lost

export interface Segment {
  from: number;
  to: number;
  kind: SegmentKind;
  /** What went wrong, where something did. */
  failedCall?: FailedCall;
  /** Number of the story, from 1, where it became or belongs to one. */
  story?: number;
}

/** A call that gave no story. */
export interface FailedCall {
  at: number;
  kind: FailedCallKind;
  code: string;
  /** Of the answer that was kept, if one was. */
  name: string | null;
  usage: Usage | null;
}

/** A story as the ledger tells it. */
export interface StoryEntry {
  number: number;
  name: string;
  /** When its first call was made, and when it was recorded. */
  from: number;
  at: number;
  generationMs: number;
  calls: number;
  usage: Usage | null;
  costUsd: number | null;
  nearest: StoryRecord['nearest'];
  /** Ids by axis. */
  premise: Record<string, string>;
}

export interface Timeline {
  processes: ProcessPeriod[];
  segments: Segment[];
  stories: StoryEntry[];
  failedCalls: FailedCall[];
  /** When the ledger was lost and began anew: of what was before, only sums are known. null: never. */
  historyLostUntil: number | null;
}

/** A call that is being made, and whether its process was killed meanwhile. */
interface OpenCall {
  from: number;
  premise: Record<string, string>;
  killedBy: number | null;
}

/** The calls of a text so far, all but the last cut off. */
interface TextInProgress {
  from: number;
  calls: number;
  usage: Usage | null;
  costUsd: number | null;
  part: { name: string; code: string; at: number; segments: Segment[] } | null;
}

/**
 * @param records in the order of the ledger
 * @param until when a run that still goes on is looked at; null for one that nobody works on
 */
export function buildTimeline(records: readonly LedgerRecord[], until: number | null): Timeline {
  return new TimelineBuilder().build(records, until);
}

class TimelineBuilder {
  readonly #timeline: Timeline = { processes: [], segments: [], stories: [], failedCalls: [], historyLostUntil: null };
  #epoch = 0;
  /** The last moment that a record speaks of. */
  #lastAt = 0;
  #openCall: OpenCall | null = null;
  #text: TextInProgress | null = null;
  /** What is waited for since the last outcome; null: nothing, the process has just started. */
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
    // Of two that claim the same run the second has lost.
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

  /** A call that was in flight when its process was killed. */
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
        // Found whole by the process that came after: then it had been written before the kill.
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

  /** A cut-off text whose rest will not come any more: it is set aside, its usage is counted already. */
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

  /** A clock that was set back must not make a stretch of less than nothing. */
  #addSegment(kind: SegmentKind, from: number, to: number, more: Partial<Segment> = {}): Segment {
    const segment: Segment = { from, to: Math.max(from, to), kind, ...more };
    this.#timeline.segments.push(segment);
    return segment;
  }
}

function describeFailedCall(
  record: Exclude<OutcomeRecord, { kind: 'story' | 'part' }>,
): [FailureKind | 'abandoned', string, string | null] {
  return record.kind === 'abandoned' ? ['abandoned', 'abandoned', null] : [record.failure, record.code, record.name];
}

/** Of all calls of a text; unknown as soon as one is. */
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
