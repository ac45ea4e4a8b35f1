import type {
  AttemptRecord,
  BatchRecord,
  ClaimRecord,
  EndRecord,
  LedgerRecord,
  OutcomeRecord,
  SnapshotRecord,
} from '../../run/ledger.js';
import { applyRecord, INITIAL_RUN_STATE } from '../../run/run-state.js';
import type { FindingCode, Misfit } from '../findings.js';
import { BatchTracker } from './batch-tracker.js';
import { isUnforeseen, namingEpochs } from './ledger-version.js';

// The calls of a run, record by record: which are open, and what does not fit. This count shares no code with the
// worker's own replay of its ledger, so that a defect of the one shows in the other.

/** A call without an outcome so far. */
export interface TrackedCall extends AttemptRecord {
  /** Of the process that made it. */
  epoch: number;
}

/** The usage of a run as the caps count it: unknown usage counts at its most. */
export interface Spent {
  tokens: number;
  /** US dollars. */
  costUsd: number;
}

/** The counts of the calls that have come to something. */
export interface TrackedCounts {
  stories: number;
  attempts: number;
  lostCalls: number;
  setAside: number;
  /** Known usage. */
  tokens: number;
}

/** A cut-off text that waits for its rest. */
interface PendingPart {
  epoch: number;
  /** The call for its rest was made. */
  isContinued: boolean;
}

/** Ends that give up calls which may then have no outcome. After any other end, all calls were settled. */
const GIVING_UP: ReadonlySet<string> = new Set(['aborted', 'uncaught', 'recovered']);

/** Follows the records of one ledger, in order. */
export class CallTracker {
  readonly counts: TrackedCounts = { stories: 0, attempts: 0, lostCalls: 0, setAside: 0, tokens: 0 };
  readonly batches = new BatchTracker();
  /** The epochs whose outcomes name their calls; those of version 1 do not. */
  readonly #namesCalls: ReadonlySet<number>;
  readonly #isVersion1: ReadonlySet<number>;
  /** Open calls, by number. Those of batches are apart, for there may be ten thousands of them. */
  readonly #streamed = new Map<number, TrackedCall>();
  readonly #batched = new Map<number, TrackedCall>();
  #openAtMost: Spent = { tokens: 0, costUsd: 0 };
  readonly #parts = new Map<string, PendingPart>();
  /** The usage of all calls but the open ones. */
  #closed: Spent = { tokens: 0, costUsd: 0 };
  #epoch = 0;
  /** The highest number of a call. */
  #lastNumber = 0;
  /** Attempts since then that failed before their call and took no number. */
  #unnumbered = 0;
  #misfits: Misfit[] = [];

  /** @param records the whole ledger: whether a process names its calls shows only in its outcomes */
  constructor(records: readonly LedgerRecord[]) {
    const { naming, version1 } = namingEpochs(records);
    this.#namesCalls = naming;
    this.#isVersion1 = version1;
  }

  get epoch(): number {
    return this.#epoch;
  }

  /** The open calls, oldest first. Those of a killed process are open until the next call is made. */
  get open(): readonly TrackedCall[] {
    return [...this.#streamed.values(), ...this.#batched.values()].sort((a, b) => a.number - b.number);
  }

  /** The calls that this process streams now: all but those of batches. */
  get streaming(): readonly TrackedCall[] {
    return [...this.#streamed.values()].filter(({ epoch }) => epoch === this.#epoch);
  }

  /** How many texts may become stories: calls, and cut-off texts whose rest is not asked for yet. */
  get inHand(): number {
    const waiting = [...this.#parts.values()].filter(({ epoch, isContinued }) => epoch === this.#epoch && !isContinued);
    return this.streaming.length + this.batches.expectedCalls + waiting.length;
  }

  /** The usage that counts towards the caps; open calls count at their most. */
  get spent(): Spent {
    return add(this.#closed, this.#openAtMost);
  }

  /**
   * Takes the next record.
   * @returns what does not fit, and the call that the record is the outcome of; null when it is of none
   */
  apply(record: LedgerRecord): { misfits: Misfit[]; call: TrackedCall | null } {
    this.#misfits = [];
    let call: TrackedCall | null = null;
    switch (record.type) {
      case 'begin':
        this.#epoch = 1;
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
      case 'outcome':
        call = this.#applyOutcome(record);
        break;
      case 'end':
        this.#applyEnd(record);
        break;
      case 'snapshot':
        this.#applySnapshot(record);
    }
    return { misfits: this.#misfits, call };
  }

  #add(code: FindingCode, detail: string, severity?: Misfit['severity']): void {
    this.#misfits.push({ code, detail, ...(severity === undefined ? {} : { severity }) });
  }

  #applyClaim({ epoch }: ClaimRecord): void {
    // Of two claims with one epoch, the first one counts.
    if (epoch !== this.#epoch + 1) return;
    this.#epoch = epoch;
    this.#misfits.push(...this.batches.interrupt(true));
  }

  #applyAttempt(record: AttemptRecord): void {
    const { number, batch, continues } = record;
    const isStale = ({ epoch }: { epoch: number }) => epoch !== this.#epoch;
    for (const call of this.#streamed.values()) if (isStale(call)) this.#lose(call);
    for (const [name, part] of this.#parts) if (isStale(part)) this.#setPartAside(name);
    if (this.#isVersion1.has(this.#epoch)) {
      for (const call of this.streaming) {
        this.#add('call_without_outcome', `${call.number}번째 호출`);
        this.#close(call);
      }
    }
    const [from, to] = [this.#lastNumber + 1, this.#lastNumber + 1 + this.#unnumbered];
    if (number < from || number > to) this.#add('attempt_number', `${from} ≠ ${number}`);
    this.#lastNumber = Math.max(this.#lastNumber, number);
    this.#unnumbered = 0;
    if (batch !== undefined) this.#misfits.push(...this.batches.addCall(record, batch));
    const part = this.#parts.get(continues ?? '');
    if (continues !== undefined && (part === undefined || part.isContinued)) {
      this.#add('part_order', `${number}번째 호출이 이어 쓰려는 글이 없음, ${continues}`);
    }
    if (part !== undefined) part.isContinued = true;
    this.#openCall({ ...record, epoch: this.#epoch });
  }

  #openCall(call: TrackedCall): void {
    (call.batch === undefined ? this.#streamed : this.#batched).set(call.number, call);
    this.#openAtMost = add(this.#openAtMost, toSpent(call));
  }

  #close(call: TrackedCall): void {
    if (!this.#streamed.delete(call.number) && !this.#batched.delete(call.number)) return;
    const { tokens, costUsd } = toSpent(call);
    this.#openAtMost = add(this.#openAtMost, { tokens: -tokens, costUsd: -costUsd });
    if (call.batch !== undefined) this.batches.closeCall(call.batch);
  }

  #applyBatch(record: BatchRecord): void {
    this.#misfits.push(...this.batches.apply(record));
    if (record.phase !== 'closed') return;
    for (const call of this.#batched.values()) if (call.batch === record.key) this.#lose(call);
  }

  #applyOutcome(record: OutcomeRecord): TrackedCall | null {
    const call = this.#callOf(record);
    const where = call === null ? `${this.#lastNumber}번째 호출 뒤` : `${call.number}번째 호출`;
    if (call?.batch !== undefined && !isFree(record) && !this.batches.isCreated(call.batch)) {
      this.#add('batch_order', `${where}의 결과가 배치를 만들기 전에 있음`);
    }
    if (call !== null) {
      this.#close(call);
      if (record.usage === null) this.#closed = add(this.#closed, toSpent(call));
    }
    const used = { tokens: record.usage?.total_tokens ?? 0, costUsd: record.cost_usd ?? 0 };
    this.#closed = add(this.#closed, used);
    this.counts.attempts += 1;
    this.counts.tokens += used.tokens;
    const { completes } = record;
    const isPending = completes !== undefined && this.#parts.delete(completes);
    if (call !== null && completes !== undefined && (!isPending || completes !== call.continues)) {
      this.#add('part_order', `${where}의 글이 이어 쓰지 않은 글을 포함함, ${completes}`);
    }
    // The rest of a part came to nothing.
    if (call?.continues !== undefined && completes === undefined) this.#setPartAside(call.continues);
    if (record.kind === 'story') this.counts.stories += 1;
    if (record.kind === 'part') this.#parts.set(record.name, { epoch: this.#epoch, isContinued: false });
    if (record.kind === 'failure' && record.name !== null) this.counts.setAside += 1;
    return call;
  }

  #callOf(record: OutcomeRecord): TrackedCall | null {
    const { attempt } = record;
    const streamed = [...this.#streamed.values()];
    // An attempt can fail before its call, by a defect of the worker. In version 1 it is of the only call, if there is one.
    const isNoCalls =
      attempt === null || (attempt === undefined && (streamed.length !== 1 || this.#namesCalls.has(this.#epoch)));
    if (isUnforeseen(record) && isNoCalls) {
      this.#unnumbered += 1;
      return null;
    }
    const named = attempt == null ? undefined : (this.#streamed.get(attempt) ?? this.#batched.get(attempt));
    const call = attempt === undefined && streamed.length === 1 ? streamed[0] : named;
    if (call === undefined) {
      const what = attempt == null ? `${this.#lastNumber}번째 호출 뒤` : `${attempt}번째 호출의 결과`;
      this.#add('outcome_without_call', what);
    }
    return call ?? null;
  }

  #applyEnd({ reason, batches }: EndRecord): void {
    for (const { number } of this.streaming) {
      const detail = `${number}번째 호출`;
      if (reason === 'signal') this.#add('call_given_up', detail, 'note');
      else if (!GIVING_UP.has(reason)) this.#add('call_without_outcome', detail);
    }
    for (const call of this.#streamed.values()) this.#lose(call);
    for (const name of this.#parts.keys()) this.#setPartAside(name);
    this.#misfits.push(...this.batches.interrupt(false));
    const out = this.batches.out.length;
    // A worker of another run that only puts files right does not count batches.
    if (reason !== 'recovered' && (batches ?? 0) !== out)
      this.#add('batch_count', `끝의 기록 ${batches ?? 0} ≠ ${out}`);
  }

  /** A ledger that began anew: its totals are all that is known. */
  #applySnapshot(record: SnapshotRecord): void {
    // Other versions wrote snapshots with one call and one part.
    const { statistics, unknownAtMost, open, parts, batches, epoch } = applyRecord(INITIAL_RUN_STATE, record);
    const { stories, attempts, lostCalls, setAside, tokens, costUsd } = statistics;
    Object.assign(this.counts, { stories, attempts, lostCalls, setAside, tokens: tokens.total_tokens });
    this.#closed = add({ tokens: tokens.total_tokens, costUsd: costUsd ?? 0 }, unknownAtMost);
    this.#openAtMost = { tokens: 0, costUsd: 0 };
    this.#epoch = epoch;
    this.batches.restore(batches, open);
    this.#streamed.clear();
    this.#batched.clear();
    for (const call of open) this.#openCall(call);
    this.#parts.clear();
    for (const { name, epoch: of } of parts) {
      this.#parts.set(name, { epoch: of, isContinued: open.some(({ continues }) => continues === name) });
    }
    this.#lastNumber = attempts + open.length;
    this.#unnumbered = 0;
  }

  /** How it ended is not known: it counts at its most. */
  #lose(call: TrackedCall): void {
    this.#close(call);
    this.#closed = add(this.#closed, toSpent(call));
    this.counts.attempts += 1;
    this.counts.lostCalls += 1;
  }

  #setPartAside(name: string): void {
    if (this.#parts.delete(name)) this.counts.setAside += 1;
  }
}

function add(a: Spent, b: Spent): Spent {
  return { tokens: a.tokens + b.tokens, costUsd: a.costUsd + b.costUsd };
}

function toSpent({ at_most: { tokens, cost_usd } }: AttemptRecord): Spent {
  return { tokens, costUsd: cost_usd ?? 0 };
}

/** Of a call that was never made: its batch was refused. */
function isFree({ kind, usage }: OutcomeRecord): boolean {
  return (kind === 'abandoned' || kind === 'failure') && usage?.total_tokens === 0;
}
