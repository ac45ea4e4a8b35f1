import { statSync } from 'node:fs';
import { costOf, type Price } from '../api/pricing.js';
import type { Usage } from '../api/usage.js';
import { type AppendLog, openAppendLog } from '../lib/append-log.js';
import { isSystemError } from '../lib/files.js';
import type { Caps } from '../run/budget.js';
import { ledgerPath, listRuns, parseRecord } from '../run/ledger.js';
import type { AttemptRecord, LedgerRecord } from '../run/ledger-records.js';

/** What all runs of a folder may use in a local day, and how much of it is left. */
export interface DayBudget {
  /**
   * How many more calls fit into today at their most.
   * @param inHand calls of this process that are being made or about to be: they count at their most
   */
  room(inHand: number): Promise<number>;
}

export interface DayBudgetOptions {
  /** The story folder. */
  folder: string;
  /** The run of this process: its open calls are counted by `inHand`. */
  runId: string;
  caps: Caps;
  /** The most that one call can use. */
  callAtMost: Usage;
  price: Price | null;
  /** Milliseconds since the epoch. */
  now: () => number;
}

interface Spent {
  tokens: number;
  costUsd: number;
}

/** A ledger that is read on as it grows. */
interface FollowedLedger {
  log: AppendLog;
  /** By number. */
  open: Map<number, AttemptRecord>;
  /** What was spent on the local day that `day` names. */
  day: string;
  spent: Spent;
}

/**
 * Counts what the ledgers of a folder say was spent today. Only ledgers that were written to today are read, and of those
 * only what is new.
 */
export function openDayBudget({ folder, runId, caps, callAtMost, price, now }: DayBudgetOptions): DayBudget {
  const followed = new Map<string, FollowedLedger>();
  const atMost = { tokens: callAtMost.total_tokens, costUsd: costOf(callAtMost, price) ?? 0 };

  return {
    room: async (inHand) => {
      const spent = await spentToday();
      const tokens = roomFor(caps.tokens, spent.tokens, atMost.tokens);
      const cost = roomFor(caps.costUsd, spent.costUsd, atMost.costUsd);
      // Calls of this process that are in the ledger already are in hand as well.
      return Math.min(tokens, cost) - Math.max(inHand, followed.get(runId)?.open.size ?? 0);
    },
  };

  async function spentToday(): Promise<Spent> {
    const today = dayOf(now());
    const total = { tokens: 0, costUsd: 0 };
    for (const id of await listRuns(folder)) {
      const spent = await spentBy(id, today);
      total.tokens += spent.tokens;
      total.costUsd += spent.costUsd;
    }
    return total;
  }

  async function spentBy(id: string, today: string): Promise<Spent> {
    const path = ledgerPath(folder, id);
    if (!followed.has(id) && modifiedAt(path) < new Date(now()).setHours(0, 0, 0, 0)) return { tokens: 0, costUsd: 0 };
    const ledger = followed.get(id) ?? {
      log: openAppendLog(path),
      open: new Map<number, AttemptRecord>(),
      day: today,
      spent: { tokens: 0, costUsd: 0 },
    };
    followed.set(id, ledger);
    if (ledger.day !== today) Object.assign(ledger, { day: today, spent: { tokens: 0, costUsd: 0 } });
    for (const line of await ledger.log.readOn()) {
      const record = parseRecord(line);
      if (record !== null) count(ledger, record, today);
    }
    if (id === runId) return ledger.spent;
    // Calls of other workers that are in flight.
    return [...ledger.open.values()].reduce((sum, { at_most }) => addAtMost(sum, at_most), ledger.spent);
  }

  /**
   * Calls that a kill cut off, or that a batch has ended without: they may have been paid for.
   * @param ofBatch its key; undefined for streamed calls, as those of a batch go on without their process
   */
  function giveUpCalls(ledger: FollowedLedger, ofBatch: string | undefined, today: string): void {
    for (const [number, { at, at_most, batch }] of ledger.open) {
      if (batch !== ofBatch) continue;
      ledger.open.delete(number);
      if (dayOf(at) === today) ledger.spent = addAtMost(ledger.spent, at_most);
    }
  }

  function count(ledger: FollowedLedger, record: LedgerRecord, today: string): void {
    if (record.type === 'attempt') ledger.open.set(record.number, record);
    if (record.type === 'claim' || record.type === 'end') giveUpCalls(ledger, undefined, today);
    if (record.type === 'batch' && record.phase === 'closed') giveUpCalls(ledger, record.key, today);
    if (record.type !== 'outcome') return;
    // Version 1 had one call open at most, and did not name it.
    const number = record.attempt === undefined ? ([...ledger.open.keys()].at(-1) ?? null) : record.attempt;
    const call = number === null ? undefined : ledger.open.get(number);
    if (number !== null) ledger.open.delete(number);
    if (dayOf(record.at) !== today) return;
    if (record.usage !== null) {
      const { tokens, costUsd } = ledger.spent;
      ledger.spent = { tokens: tokens + record.usage.total_tokens, costUsd: costUsd + (record.cost_usd ?? 0) };
    } else if (call !== undefined) ledger.spent = addAtMost(ledger.spent, call.at_most);
  }
}

function addAtMost({ tokens, costUsd }: Spent, atMost: AttemptRecord['at_most']): Spent {
  return { tokens: tokens + atMost.tokens, costUsd: costUsd + (atMost.cost_usd ?? 0) };
}

function roomFor(cap: number | null, spent: number, each: number): number {
  if (cap === null || each === 0) return Number.POSITIVE_INFINITY;
  // Against the rounding of sums of dollars.
  return Math.floor((cap - spent) / each + 1e-9);
}

/** When a file was last written to, milliseconds since the epoch; long ago for one that is gone. */
function modifiedAt(path: string): number {
  try {
    return statSync(path).mtimeMs;
  } catch (error) {
    if (isSystemError(error)) return 0;
    throw error;
  }
}

/** The local day, as a key. */
function dayOf(epochMs: number): string {
  return new Date(epochMs).toDateString();
}
