import type { AttemptRecord, LedgerRecord } from '../../run/ledger.js';
import { CallTracker, type Spent } from '../folder/call-tracker.js';
import type { FoundRun } from '../folder/ledger-check.js';

// What the runs of a folder spent on each local day, call by call. Shares no code with the worker's own count. Pure.

/** A call as the budget of a day counts it. Times are milliseconds since the epoch. */
export interface StoryCall {
  run: string;
  record: AttemptRecord;
  number: number;
  at: number;
  /** When its outcome was recorded, or it was found lost; null while it is open. */
  endedAt: number | null;
  /** The day on which it counts once it has ended. A lost call counts on the day on which it was made. */
  day: string | null;
  /** Known usage, or else the most that it can have used. */
  used: Spent;
  atMost: Spent;
  /** The call that began the text; null for that call itself. */
  first: StoryCall | null;
  /** The call for the rest of a text that this one has cut off. */
  next: StoryCall | null;
}

/** The local day of a time, as a key: `2026-11-29`. */
export function dayOf(at: number): string {
  const date = new Date(at);
  return [date.getFullYear(), date.getMonth() + 1, date.getDate()]
    .map((part) => String(part).padStart(2, '0'))
    .join('-');
}

/** The calls of all runs, each run's in its order. */
export function callsOfDays(runs: readonly FoundRun[]): StoryCall[] {
  return runs.flatMap(callsOfRun);
}

function callsOfRun({ id, ledger: { records } }: FoundRun): StoryCall[] {
  const tracker = new CallTracker(records);
  const calls = new Map<number, StoryCall>();
  /** The calls that brought parts, by the part's name. */
  const parts = new Map<string, StoryCall>();
  for (const record of records) {
    const { call: ended } = tracker.apply(record);
    if (record.type === 'attempt') {
      const before = parts.get(record.continues ?? '');
      const call = toCall(id, record, before);
      if (before !== undefined) before.next = call;
      calls.set(record.number, call);
    }
    if (record.type === 'outcome' && ended !== null) {
      const call = calls.get(ended.number);
      if (call === undefined) continue;
      Object.assign(call, { endedAt: record.at, day: dayOf(record.at) });
      if (record.usage !== null) call.used = { tokens: record.usage.total_tokens, costUsd: record.cost_usd ?? 0 };
      if (record.kind === 'part') parts.set(record.name, call);
    }
    for (const call of calls.values()) {
      // They may have been paid for.
      if (call.endedAt === null && isLostBy(call.record, record)) {
        Object.assign(call, { endedAt: record.at, day: dayOf(call.at) });
      }
    }
  }
  return [...calls.values()];
}

/** A kill cuts off the calls of a process, and the end of a batch those of the batch that have no result. */
function isLostBy({ batch }: AttemptRecord, record: LedgerRecord): boolean {
  if (batch === undefined) return record.type === 'claim' || record.type === 'end';
  return record.type === 'batch' && record.phase === 'closed' && record.key === batch;
}

function toCall(run: string, record: AttemptRecord, before: StoryCall | undefined): StoryCall {
  const { number, at, at_most } = record;
  const atMost = { tokens: at_most.tokens, costUsd: at_most.cost_usd ?? 0 };
  const first = before === undefined ? null : (before.first ?? before);
  return { ...{ run, record, number, at, endedAt: null, day: null, used: atMost, atMost }, first, next: null };
}

/**
 * Tolerance, in milliseconds, for calls of other workers: one that reads their ledgers may do so just before they are
 * written to.
 */
const OTHER_WORKERS = 5_000;

/** The calls of each local day that count on it or were in hand on it: a budget has no use for those of other days. */
export type CallsByDay = ReadonlyMap<string, readonly StoryCall[]>;

/** @param until the last day that is asked for, milliseconds since the epoch */
export function callsByDay(calls: readonly StoryCall[], until: number): CallsByDay {
  const days = new Map<string, StoryCall[]>();
  for (const call of calls) {
    const last = dayOf(Math.min(lastAtOf(call) ?? until, until));
    for (let at = call.at; ; at = nextDay(at)) {
      const day = dayOf(at);
      const others = days.get(day);
      if (others === undefined) days.set(day, [call]);
      else others.push(call);
      if (day >= last) break;
    }
  }
  return days;
}

/** When the text that a call is for was done; null while it is in hand. */
function lastAtOf(call: StoryCall): number | null {
  for (let last = call; ; last = last.next) if (last.next === null) return last.endedAt;
}

function nextDay(at: number): number {
  const date = new Date(at);
  return new Date(date.getFullYear(), date.getMonth(), date.getDate() + 1).getTime();
}

/**
 * The most that the day of a call can come to as it begins: what was spent on that day by then, and the most of the calls
 * in hand and of its own.
 * @param calls of all runs of the folder
 */
export function spentAt(calls: CallsByDay, beginning: StoryCall): Spent {
  const day = dayOf(beginning.at);
  return (calls.get(day) ?? []).reduce((sum, call) => {
    if (call === beginning || !isBefore(call, beginning)) return sum;
    if (isInHand(call.first ?? call, beginning.at)) return call.first === null ? add(sum, call.atMost) : sum;
    return call.day === day ? add(sum, countedOf(call)) : sum;
  }, beginning.atMost);
}

function isBefore(call: StoryCall, { run, number, at }: StoryCall): boolean {
  return call.run === run ? call.number < number : call.at < at - OTHER_WORKERS;
}

/** Is a text that this call began still being written? The wait between its calls counts. */
function isInHand(first: StoryCall, at: number): boolean {
  for (let call: StoryCall | null = first; call !== null; call = call.next) {
    if (call.endedAt === null || call.endedAt > at) return true;
  }
  return false;
}

/** The rest of a text counts as what was reserved for its story at most: it is asked for whatever is left of the day. */
function countedOf({ used, first }: StoryCall): Spent {
  if (first === null) return used;
  return {
    tokens: Math.min(used.tokens, first.atMost.tokens),
    costUsd: Math.min(used.costUsd, first.atMost.costUsd),
  };
}

/** What was spent on each day since a time, with all calls that have ended. */
export function spentByDay(calls: readonly StoryCall[], since: number): Spent[] {
  const days = new Map<string, Spent>();
  for (const { day, endedAt, used } of calls) {
    if (day === null || endedAt === null || endedAt < since) continue;
    days.set(day, add(days.get(day) ?? { tokens: 0, costUsd: 0 }, used));
  }
  return [...days.values()];
}

function add(a: Spent, b: Spent): Spent {
  return { tokens: a.tokens + b.tokens, costUsd: a.costUsd + b.costUsd };
}
