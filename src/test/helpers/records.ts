import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import type { TestContext } from 'node:test';
import { toUsage } from '../../api/usage.js';
import { identityOf, type ProcessIdentity } from '../../lib/process-identity.js';
import type { Random } from '../../lib/random.js';
import type {
  AbandonedRecord,
  AttemptRecord,
  EndRecord,
  FailureRecord,
  LedgerRecord,
  PartRecord,
  StoryRecord,
} from '../../run/ledger.js';

// Records of ledgers, and the processes in them.

export const attempt = (record: Partial<AttemptRecord> = {}): AttemptRecord => ({
  type: 'attempt',
  at: 1000,
  number: 1,
  premise: { place: 'ferry', turn: 'caller' },
  at_most: { tokens: 20_000, cost_usd: 0.2 },
  ...record,
});

export const story = (record: Partial<StoryRecord> = {}): StoryRecord => ({
  type: 'outcome',
  at: 2000,
  usage: toUsage(500, 3000),
  cost_usd: 0.031,
  kind: 'story',
  name: 'horror_story_20261123_140000_00000001',
  generation_ms: 42_000,
  ...record,
});

export const part = (record: Partial<PartRecord> = {}): PartRecord => ({
  type: 'outcome',
  at: 2000,
  usage: toUsage(500, 16_000),
  cost_usd: 0.161,
  kind: 'part',
  name: 'horror_story_20261123_140000_0000000b',
  code: 'max_tokens',
  ...record,
});

export const failure = (record: Partial<FailureRecord> = {}): FailureRecord => ({
  type: 'outcome',
  at: 2000,
  usage: toUsage(0, 0),
  cost_usd: 0,
  kind: 'failure',
  failure: 'transient',
  code: 'overloaded_error',
  name: null,
  ...record,
});

export const abandoned = (record: Partial<AbandonedRecord> = {}): AbandonedRecord => ({
  type: 'outcome',
  at: 2000,
  usage: null,
  cost_usd: null,
  kind: 'abandoned',
  ...record,
});

export const end = (record: Partial<EndRecord> = {}): EndRecord => ({
  type: 'end',
  at: 3000,
  reason: 'signal',
  over: false,
  ...record,
});

/**
 * The ledger of a made-up run with failures, kills and restarts: `count` records in an order that can occur.
 * @param mostOpen the most streamed calls in flight at a time
 * @param withBatches batches are out besides
 */
export function history(random: Random, count: number, mostOpen = 3, withBatches = false): LedgerRecord[] {
  const pick = <T>(...values: readonly [T, ...T[]]): T => values[Math.floor(random() * values.length)] ?? values[0];
  let at = 1000;
  let epoch = 1;
  let open: AttemptRecord[] = [];
  let pending: string[] = [];
  let claimed = false;
  /** Records that are written together, and are next. */
  const together: LedgerRecord[] = [];
  let out: { key: string; calls: AttemptRecord[] }[] = [];
  const outcomeOf = ({ number, continues }: AttemptRecord, n: number): LedgerRecord => {
    const usage = pick(null, toUsage(Math.floor(random() * 500), Math.floor(random() * 5000)));
    const cost_usd = usage === null ? null : pick(null, usage.total_tokens / 1024);
    const told = { at, attempt: number, usage, cost_usd };
    const completes = continues === undefined ? {} : { completes: continues };
    return pick<LedgerRecord>(
      story({ ...told, name: `story_${n}`, generation_ms: Math.floor(random() * 1e5) }),
      failure({ ...told, failure: pick('transient', 'unusable', 'incomplete'), code: pick('cut', 'too_short') }),
      failure({ ...told, name: `aside_${n}` }),
      part({ ...told, name: `part_${n}`, ...completes }),
      story({ ...told, name: `whole_${n}`, ...completes }),
      abandoned(told),
    );
  };
  const beginBatch = (n: number): LedgerRecord => {
    const key = `batch_${n}`;
    const [first, ...others] = Array.from({ length: pick(1, 2, 3) }, (_, of) => {
      const number = n * 1000 + of;
      return attempt({ at, number, batch: key, custom_id: `run_${number}`, at_most: { tokens: n, cost_usd: null } });
    }) as [AttemptRecord, ...AttemptRecord[]];
    together.push(...others, { type: 'batch', at, key, phase: 'intent' });
    if (random() < 0.8) together.push({ type: 'batch', at, key, phase: 'created', id: `msgbatch_${n}` });
    out.push({ key, calls: [first, ...others] });
    // With the first call of the next process, the open calls of the killed one are lost.
    if (claimed) [open, pending, claimed] = [[], [], false];
    return first;
  };
  /** A result of a batch that is out, in any order; or the end of the batch, with or without all results. */
  const goOnWithBatch = (batch: { key: string; calls: AttemptRecord[] }, n: number): LedgerRecord => {
    const call = pick(undefined, ...batch.calls);
    if (call === undefined) {
      out = out.filter((each) => each !== batch);
      return { type: 'batch', at, key: batch.key, phase: 'closed' };
    }
    batch.calls = batch.calls.filter((each) => each !== call);
    if (random() < 0.2) return abandoned({ at, attempt: call.number, usage: toUsage(0, 0), cost_usd: 0 });
    const outcome = outcomeOf(call, n);
    if (outcome.type === 'outcome' && outcome.kind === 'part') pending.push(outcome.name);
    return outcome;
  };
  return Array.from({ length: count }, (_, n) => {
    const next = together.shift();
    if (next !== undefined) return next;
    at += Math.floor(random() * 1000);
    if (withBatches && random() < 0.3) {
      const [batch] = out;
      return batch === undefined || random() < 0.2 ? beginBatch(n) : goOnWithBatch(pick(batch, ...out), n);
    }
    const [call] = open;
    if (call !== undefined && random() < 0.7) {
      const closed = pick(call, ...open);
      open = open.filter((each) => each !== closed);
      const outcome = outcomeOf(closed, n);
      if (outcome.type === 'outcome' && outcome.kind === 'part') pending.push(outcome.name);
      return outcome;
    }
    if (random() < 0.15) {
      [open, pending, claimed] = [[], [], false];
      return end({ at });
    }
    if (random() < 0.2 || (open.length >= mostOpen && !claimed)) {
      epoch++;
      claimed = true;
      // The calls of a killed process stay open until the next call: its successor may find the answer of one in staging.
      return { type: 'claim', at, epoch, owner: DEAD, purpose: pick('resume', 'recover') };
    }
    // With the first call of the next process, the open calls of the killed one are lost.
    if (claimed) [open, pending, claimed] = [[], [], false];
    const continues = mostOpen === 1 || random() < 0.7 ? pending.shift() : undefined;
    const at_most = { tokens: 1000 * n, cost_usd: pick(null, n / 1024) };
    const streamed = attempt({ at, number: n, at_most, ...(continues === undefined ? {} : { continues }) });
    open.push(streamed);
    return streamed;
  });
}

/** This process. */
export const ME: ProcessIdentity = identityOf(process.pid);

/** A process of this machine that has ended. */
export const DEAD: ProcessIdentity = { ...ME, pid: spawnSync(process.execPath, ['--version']).pid, started: '1' };

/** Another process that runs until the test is over. */
export function neighbour(t: TestContext): { owner: ProcessIdentity; pid: number; child: ChildProcess } {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)'], { stdio: 'ignore' });
  t.after(() => child.kill('SIGKILL'));
  if (child.pid === undefined) throw new Error('no process');
  return { owner: identityOf(child.pid), pid: child.pid, child };
}
