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
import type { StoryFacts } from '../metadata.js';

// A run's ledger, told in order: who worked on it when, what every stretch of time went into, what came of every call.
// All times in milliseconds since the epoch. Pure.

/** What a call came to that gave no story: the kinds of failure, and two ends that are none. */
export type Trouble = FailureKind | 'lost' | 'abandoned';

/** One process that had the run. */
export interface Life {
  from: number;
  /** The last that is known of it. */
  to: number;
  purpose: 'begin' | ClaimRecord['purpose'];
  pid: number;
  /** Why it let go of the run; null when it was killed, or still has it. */
  end: string | null;
}

/** What a stretch of time went into. */
export type Stretch =
  | 'story' // a call that brought a story, or a part of one
  | 'trouble' // a call that brought none
  | 'open' // a call whose answer is still to come
  | 'interval' // waiting for the next story
  | 'retry' // waiting after a failure
  | 'down' // no process had the run
  | 'unknown' // a process was killed in there, and for the rest of it none had the run
  | 'untold'; // the ledger of it was lost

export interface Span {
  from: number;
  to: number;
  what: Stretch;
  /** What went wrong, where something did. */
  trouble?: Incident;
  /** Number of the story, from 1, where it became or belongs to one. */
  story?: number;
}

/** A call that gave no story. */
export interface Incident {
  at: number;
  kind: Trouble;
  code: string;
  /** Of the answer that was kept, if one was. */
  name: string | null;
  usage: Usage | null;
}

/** A story as the ledger tells it. */
export interface ToldStory {
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

/** A story of the run: what the ledger says, and what stands in its metadata. */
export interface StoryRow extends ToldStory {
  /** null: its file is not in the folder any more. */
  facts: StoryFacts | null;
}

export interface Chronicle {
  lives: Life[];
  spans: Span[];
  stories: ToldStory[];
  incidents: Incident[];
  /** When the ledger was lost and began anew: of what was before, only sums are known. null: never. */
  lostUntil: number | null;
}

/** A call that is being made, and whether its process was killed meanwhile. */
interface OpenCall {
  from: number;
  premise: Record<string, string>;
  killedBy: number | null;
}

/** The calls of a text so far, all but the last cut off. */
interface Text {
  from: number;
  calls: number;
  usage: Usage | null;
  costUsd: number | null;
  part: { name: string; code: string; at: number; spans: Span[] } | null;
}

/**
 * @param records in the order of the ledger
 * @param until when a run that still goes on is looked at; null for one that nobody works on
 */
export function chronicle(records: readonly LedgerRecord[], until: number | null): Chronicle {
  return new Chronicler().tell(records, until);
}

class Chronicler {
  readonly #told: Chronicle = { lives: [], spans: [], stories: [], incidents: [], lostUntil: null };
  #epoch = 0;
  /** The last moment that a record speaks of. */
  #last = 0;
  #open: OpenCall | null = null;
  #text: Text | null = null;
  /** What is waited for since the last outcome; null: nothing, the process has just started. */
  #waiting: 'interval' | 'retry' | null = null;
  #before = 0;

  tell(records: readonly LedgerRecord[], until: number | null): Chronicle {
    for (const record of records) this.#take(record);
    if (until === null) {
      if (this.#open !== null) this.#lose(this.#open);
      this.#dropPart();
    } else if (this.#open !== null) {
      this.#span('open', this.#open.from, until);
    } else {
      this.#wait(until);
    }
    if (until !== null) this.#extendLife(until);
    return this.#told;
  }

  #take(record: LedgerRecord): void {
    switch (record.type) {
      case 'begin':
        this.#epoch = 1;
        this.#begin(record.at, 'begin', record.owner.pid);
        break;
      case 'claim':
        this.#claim(record);
        break;
      case 'attempt':
        this.#attempt(record);
        break;
      case 'outcome':
        this.#outcome(record);
        break;
      case 'end':
        this.#end(record);
        break;
      case 'snapshot': {
        const { state } = record;
        this.#span('untold', this.#last, record.at);
        this.#told.lostUntil = record.at;
        this.#epoch = state.epoch;
        this.#before = state.statistics.stories;
        this.#open = state.open === null ? null : { ...state.open, from: state.open.at, killedBy: null };
        if (state.part !== null) {
          const { name, code, usage } = state.part;
          const part = { name, code, at: record.at, spans: [] };
          this.#text = { from: state.open?.at ?? record.at, calls: 1, usage, costUsd: null, part };
        }
      }
    }
    this.#last = Math.max(this.#last, record.at);
    this.#extendLife(this.#last);
  }

  #begin(at: number, purpose: Life['purpose'], pid: number): void {
    this.#told.lives.push({ from: at, to: at, purpose, pid, end: null });
    this.#waiting = null;
  }

  #extendLife(to: number): void {
    const life = this.#told.lives.at(-1);
    if (life !== undefined && life.end === null) life.to = Math.max(life.to, to);
  }

  #claim({ at, epoch, purpose, owner }: ClaimRecord): void {
    // Of two that claim the same run the second has lost.
    if (epoch !== this.#epoch + 1) return;
    this.#epoch = epoch;
    const letGo = this.#told.lives.at(-1)?.end ?? null;
    this.#span(letGo === null ? 'unknown' : 'down', this.#last, at);
    if (this.#open !== null) this.#open.killedBy ??= at;
    this.#begin(at, purpose, owner.pid);
  }

  #attempt({ at, premise, continues }: AttemptRecord): void {
    if (this.#open !== null) this.#lose(this.#open);
    this.#wait(at);
    if (continues === undefined || continues !== this.#text?.part?.name) this.#dropPart();
    this.#text ??= { from: at, calls: 0, usage: null, costUsd: null, part: null };
    this.#open = { from: at, premise, killedBy: null };
    this.#waiting = null;
  }

  /** A call that was in flight when its process was killed. */
  #lose({ from }: OpenCall): void {
    const incident = { at: from, kind: 'lost', code: 'lost', name: null, usage: null } as const;
    this.#trouble(incident, from, from);
    this.#open = null;
    this.#text = this.#text?.part === null ? null : this.#text;
  }

  #outcome(record: OutcomeRecord): void {
    const open = this.#open ?? { from: record.at, premise: {}, killedBy: null };
    if (record.completes === undefined || record.completes !== this.#text?.part?.name) this.#dropPart();
    const text = this.#text ?? { from: open.from, calls: 0, usage: null, costUsd: null, part: null };
    const so = { ...text, calls: text.calls + 1, ...sums(text, record) };
    this.#open = null;
    this.#text = null;
    this.#waiting = record.kind === 'story' ? 'interval' : 'retry';
    switch (record.kind) {
      case 'story': {
        const { name, at, generation_ms: generationMs, nearest = null } = record;
        const number = this.#before + this.#told.stories.length + 1;
        const { premise } = open;
        const { from, calls, usage, costUsd } = so;
        this.#told.stories.push({ number, name, from, at, generationMs, calls, usage, costUsd, nearest, premise });
        for (const span of text.part?.spans ?? []) span.story = number;
        // Found whole by the process that came after: then it had been written before the kill.
        const to = open.killedBy === null ? at : Math.min(open.from + generationMs, open.killedBy);
        this.#span('story', open.from, to, { story: number });
        break;
      }
      case 'part': {
        const span = this.#span('story', open.from, open.killedBy === null ? record.at : open.from);
        const { name, code, at } = record;
        this.#text = { ...so, part: { name, code, at, spans: [...(text.part?.spans ?? []), span] } };
        this.#waiting = null;
        break;
      }
      case 'failure':
      case 'abandoned': {
        const [kind, code, name] = whatFailed(record);
        const to = open.killedBy === null ? record.at : open.from;
        this.#trouble({ at: record.at, kind, code, name, usage: record.usage }, open.from, to);
      }
    }
  }

  /** A cut-off text whose rest will not come any more: it is set aside, its usage is counted already. */
  #dropPart(): void {
    const part = this.#text?.part;
    if (part !== undefined && part !== null) {
      const { name, code, at, spans } = part;
      const incident: Incident = { at, kind: 'incomplete', code, name, usage: this.#text?.usage ?? null };
      this.#told.incidents.push(incident);
      for (const span of spans) Object.assign(span, { what: 'trouble', trouble: incident });
    }
    this.#text = null;
  }

  #end({ at, reason }: EndRecord): void {
    if (this.#open !== null) this.#lose(this.#open);
    this.#dropPart();
    this.#wait(at);
    this.#waiting = null;
    const life = this.#told.lives.at(-1);
    if (life !== undefined) Object.assign(life, { to: Math.max(life.to, at), end: reason });
  }

  #wait(until: number): void {
    if (this.#waiting !== null && until > this.#last) this.#span(this.#waiting, this.#last, until);
  }

  #trouble(trouble: Incident, from: number, to: number): void {
    this.#told.incidents.push(trouble);
    this.#span('trouble', from, to, { trouble });
  }

  /** A clock that was set back must not make a stretch of less than nothing. */
  #span(what: Stretch, from: number, to: number, more: Partial<Span> = {}): Span {
    const span: Span = { from, to: Math.max(from, to), what, ...more };
    this.#told.spans.push(span);
    return span;
  }
}

function whatFailed(
  record: Exclude<OutcomeRecord, { kind: 'story' | 'part' }>,
): [FailureKind | 'abandoned', string, string | null] {
  return record.kind === 'abandoned' ? ['abandoned', 'abandoned', null] : [record.failure, record.code, record.name];
}

/** Of all calls of a text; unknown as soon as one is. */
function sums(text: Text, { usage, cost_usd: costUsd }: OutcomeRecord): Pick<Text, 'usage' | 'costUsd'> {
  if (text.calls === 0) return { usage, costUsd };
  return {
    usage: addKnownUsage(text.usage, usage),
    costUsd: text.costUsd === null || costUsd === null ? null : text.costUsd + costUsd,
  };
}
