import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { BatchClient, BatchInfo, BatchRequest, BatchResult } from '../../../api/batches/batch-client.js';
import { CallError } from '../../../api/failure.js';
import type { MessagesClient } from '../../../api/messages-client.js';
import { toUsage } from '../../../api/usage.js';
import type { Limits } from '../../../run/end-reason.js';
import { applyRecord, INITIAL_RUN_STATE } from '../../../run/run-state.js';
import { openStoryStore } from '../../../store/story-store.js';
import { createAttempts } from '../../../worker/attempt/attempt.js';
import { type BatchLoopDeps, runBatchLoop } from '../../../worker/batches/batch-loop.js';
import type { WorkerEvent } from '../../../worker/events.js';
import { createModelChooser } from '../../../worker/model-chooser.js';
import { createPacing } from '../../../worker/pacing.js';
import { NO_PAUSES } from '../../../worker/pauses.js';
import {
  AXIS_CARDS,
  FakeClock,
  type MemoryRunOptions,
  memoryRun,
  PREMISE,
  RUN_SETTINGS,
  recordingLog,
  storyText,
  temporaryFolder,
} from '../../helpers/fakes.js';

const SECOND = 1000;
const POLL = 60 * SECOND;

/** What the vendor does with the n-th creation, from 1. */
type Fate = 'created' | 'lost_answer' | 'overloaded' | 'refused';

/** A vendor with batches, on a clock of the test. */
function vendor(
  clock: FakeClock,
  {
    fate = () => 'created',
    takesMs = 0,
    result = (customId) => answered(customId),
  }: {
    fate?: (creation: number) => Fate;
    takesMs?: number;
    result?: (customId: string, n: number) => BatchResult;
  } = {},
) {
  const batches: { info: BatchInfo; requests: readonly BatchRequest[] }[] = [];
  const log: string[] = [];
  let creations = 0;
  const infoOf = ({ info, requests }: (typeof batches)[number]): BatchInfo => {
    const hasEnded = clock.now() >= info.createdAt + takesMs;
    const counts = { processing: 0, succeeded: 0, errored: 0, canceled: 0, expired: 0 };
    counts[hasEnded ? 'succeeded' : 'processing'] = requests.length;
    return { ...info, hasEnded, counts };
  };
  const client: BatchClient = {
    create: async (requests) => {
      creations++;
      const what = fate(creations);
      log.push(`create ${requests.length}: ${what}`);
      if (what === 'overloaded') throw callError({ status: 529, type: 'overloaded_error' });
      if (what === 'refused') throw callError({ status: 404, type: 'not_found_error' });
      const id = `msgbatch_${batches.length + 1}`;
      const empty = { processing: 0, succeeded: 0, errored: 0, canceled: 0, expired: 0 };
      const batch = { info: { id, createdAt: clock.now(), hasEnded: false, counts: empty }, requests };
      batches.push(batch);
      if (what === 'lost_answer') throw callError({ fault: 'connection', message: 'ECONNRESET' });
      return infoOf(batch);
    },
    retrieve: async (id) => {
      log.push(`retrieve ${id}`);
      const batch = batches.find(({ info }) => info.id === id);
      return batch === undefined ? null : infoOf(batch);
    },
    listSince: async (since) => {
      log.push('list');
      return batches
        .filter(({ info }) => info.createdAt >= since)
        .map(infoOf)
        .reverse();
    },
    results: async function* (id) {
      log.push(`results ${id}`);
      const { requests } = batches.find(({ info }) => info.id === id) ?? assert.fail(`no batch ${id}`);
      // In another order than they were asked in.
      for (const [n, { customId }] of [...requests].reverse().entries()) yield result(customId, n);
    },
    cancel: async () => assert.fail('nobody cancels'),
  };
  return { client, batches, log };
}

function callError(detail: Partial<CallError['detail']>): CallError {
  return new CallError({
    fault: 'http',
    status: null,
    type: null,
    code: null,
    message: 'x',
    retryAfterMs: null,
    requestId: null,
    usage: null,
    ...detail,
  });
}

function answered(
  customId: string,
  { text = storyText({ title: customId }), stopReason = 'end_turn' } = {},
): BatchResult {
  const answer = {
    ...{ text, stopReason, refusalCategory: null, usage: toUsage(500, 3000), model: 'm', requestId: null },
    slowUntil: null,
  };
  return { customId, kind: 'answered', answer };
}

interface SetUp {
  batchSize?: number | null;
  limits?: Partial<Limits>;
  caps?: BatchLoopDeps['caps'];
  runOptions?: MemoryRunOptions;
}

/** A worker in batches, and what it leaves behind. */
function batchWorker(
  t: TestContext,
  clock: FakeClock,
  client: BatchClient,
  { batchSize = 3, limits, caps = { tokens: null, costUsd: null }, runOptions }: SetUp = {},
) {
  const folder = temporaryFolder(t);
  const log = recordingLog();
  const stopping = new AbortController();
  const aborting = new AbortController();
  const run = memoryRun({ startedAt: clock.now(), ...runOptions });
  const retry = { baseMs: 5 * SECOND, maxMs: 300 * SECOND };
  const random = () => 0;
  const events: WorkerEvent[] = [];
  let streamed = 0;
  const shared = {
    run,
    settings: RUN_SETTINGS,
    caps,
    axes: AXIS_CARDS,
    drawPremise: async () => PREMISE,
    recent: { list: () => [], add: () => {} },
    pacing: createPacing(retry, clock, random),
    log,
    clock,
    storageRetry: { wait: retry, clock, random, log, stopping: stopping.signal },
    stopping: stopping.signal,
    aborting: aborting.signal,
  };
  const price = { input: 2, output: 10 };
  const streaming: MessagesClient = async () => {
    streamed++;
    const text = '나는 마지막 상자를 닫았다. 안쪽에서 누군가 두 번 두드렸다.';
    const rest = { stopReason: 'end_turn', refusalCategory: null, usage: toUsage(900, 100), model: 'm' };
    return { text, ...rest, requestId: null, slowUntil: null };
  };
  const model = { name: RUN_SETTINGS.model, price, client: streaming };
  const { finishStory } = createAttempts({
    ...shared,
    price,
    similarity: { nearest: async () => null, add: async () => {} },
    models: createModelChooser([model], clock, log),
    store: openStoryStore(folder, run.id),
    progress: { start: () => ({ characters: () => {}, stop: () => {} }) },
  });
  const loop = () =>
    runBatchLoop({
      ...shared,
      folder,
      batchSize,
      limits: {
        durationMs: null,
        maxStories: 3,
        intervalMs: 0,
        maxConsecutiveFailures: 5,
        maxRejectedInARow: 5,
        concurrency: 1,
        ...limits,
      },
      startedAt: run.startedAt,
      state: run.state,
      pauses: NO_PAUSES,
      onEvent: (event) => events.push(event),
      pollMs: POLL,
      price: { input: 1, output: 5 },
      model,
      client,
      finishStory,
    });
  const stories = () => readdirSync(folder).filter((name) => name.endsWith('.md'));
  const metadata = () =>
    readdirSync(folder)
      .filter((name) => name.endsWith('_metadata.json'))
      .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Record<string, unknown>);
  return { loop, run, log, events, folder, stopping, aborting, stories, metadata, streamed: () => streamed };
}

test('a count is written in batches of the size that is asked for, and the last one is as small as it needs to be', async (t) => {
  const clock = new FakeClock();
  const { client, log, batches } = vendor(clock);
  const worker = batchWorker(t, clock, client, { limits: { maxStories: 8 } });
  assert.deepEqual(await worker.loop(), { kind: 'count' });
  assert.equal(worker.stories().length, 8);
  assert.deepEqual(
    batches.map(({ requests }) => requests.length),
    [3, 3, 2],
  );
  assert.equal(log.filter((line) => line.startsWith('create')).length, 3);
  assert.deepEqual([worker.run.state().open, worker.run.state().batches], [[], []]);
  assert.equal(existsSync(join(worker.folder, '.runs', 'run_1.batch')), false);
});

test('the calls and the intent are in the ledger before the batch is created, and its id after', async (t) => {
  const clock = new FakeClock();
  const { client } = vendor(clock);
  let seen: string[] = [];
  let marked = false;
  const watching: BatchClient = {
    ...client,
    create: (requests, signal) => {
      seen = worker.run.records.map((record) => (record.type === 'batch' ? record.phase : record.type));
      marked = existsSync(join(worker.folder, '.runs', 'run_1.batch'));
      return client.create(requests, signal);
    },
  };
  const worker = batchWorker(t, clock, watching);
  await worker.loop();
  assert.deepEqual([seen, marked], [['attempt', 'attempt', 'attempt', 'intent'], true]);
  const batchRecords = worker.run.records.flatMap((record) => (record.type === 'batch' ? [record.phase] : []));
  assert.deepEqual(batchRecords, ['intent', 'created', 'closed']);
  const ids = worker.run.records.flatMap((record) => (record.type === 'attempt' ? [record.custom_id] : []));
  assert.deepEqual(ids, ['run_1_1', 'run_1_2', 'run_1_3']);
});

test('a story of a batch costs half, in metadata, ledger and statistics, and names its batch', async (t) => {
  const clock = new FakeClock();
  const worker = batchWorker(t, clock, vendor(clock).client);
  await worker.loop();
  const half = (500 * 1 + 3000 * 5) / 1_000_000;
  for (const { cost_usd, batch } of worker.metadata()) assert.deepEqual([cost_usd, batch], [half, 'msgbatch_1']);
  assert.equal(worker.run.state().statistics.costUsd?.toFixed(6), (3 * half).toFixed(6));
});

test('the waits between polls grow to ten times the first, and are told with the counts', async (t) => {
  const clock = new FakeClock();
  const { client, log } = vendor(clock, { takesMs: 24 * 3600 * SECOND });
  const worker = batchWorker(t, clock, client);
  await worker.loop();
  const waits = worker.events.flatMap((event) => (event.kind === 'waiting' ? [event] : []));
  assert.ok(waits.every(({ for: reason, detail }) => reason === 'batch' && detail === '처리 중 3'));
  const polls = log.filter((line) => line.startsWith('retrieve')).length;
  assert.ok(polls > 140 && polls < 160, `${polls} polls`);
  assert.equal(worker.log.events().filter((event) => event === 'batch_waiting').length, 1);
});

test('a creation whose answer is lost is looked for, found, and not made again', async (t) => {
  const clock = new FakeClock();
  for (const takesMs of [0, 3600 * SECOND]) {
    const { client, batches, log } = vendor(clock, { fate: (n) => (n === 1 ? 'lost_answer' : 'created'), takesMs });
    const worker = batchWorker(t, clock, client);
    assert.deepEqual(await worker.loop(), { kind: 'count' });
    assert.deepEqual([batches.length, worker.stories().length], [1, 3]);
    assert.ok(log.includes('list'));
    assert.ok(worker.log.events().includes('batch_found'));
  }
});

test('a list that comes late is asked for again before a batch is taken for not created', async (t) => {
  const clock = new FakeClock();
  const { client, batches } = vendor(clock, {
    fate: (n) => (n === 1 ? 'lost_answer' : 'created'),
    takesMs: 600 * SECOND,
  });
  let lists = 0;
  const worker = batchWorker(t, clock, {
    ...client,
    listSince: async (since, signal) => {
      const listed = await client.listSince(since, signal);
      if (lists++ > 0) return listed;
      // Asked for before the batch was listed, answered long after.
      await clock.sleep(2 * POLL, signal);
      return [];
    },
  });
  assert.deepEqual(await worker.loop(), { kind: 'count' });
  assert.deepEqual([batches.length, worker.stories().length], [1, 3]);
});

test('a creation that the vendor was too busy for is made again once nothing is found', async (t) => {
  const clock = new FakeClock();
  const { client, batches, log } = vendor(clock, { fate: (n) => (n === 1 ? 'overloaded' : 'created') });
  const worker = batchWorker(t, clock, client);
  await worker.loop();
  assert.equal(batches.length, 1);
  assert.deepEqual(
    log.filter((line) => /^(create|list)/.test(line)),
    ['create 3: overloaded', 'list', 'list', 'create 3: created'],
  );
});

test('an endpoint without batches ends the run at once, and says so; nothing is left open', async (t) => {
  const clock = new FakeClock();
  const worker = batchWorker(t, clock, vendor(clock, { fate: () => 'refused' }).client);
  const end = await worker.loop();
  assert.ok(end?.kind === 'refused');
  assert.match(end.failure.advice ?? '', /--batch-size 없이/);
  const { open, batches, statistics } = worker.run.state();
  assert.deepEqual([open, batches, statistics.callsWithoutUsage], [[], [], 0]);
});

test('a signal while a batch is out ends the worker at once and leaves the batch out', async (t) => {
  const clock = new FakeClock();
  const { client } = vendor(clock, { takesMs: 3600 * SECOND });
  const worker = batchWorker(t, clock, client);
  const start = clock.now();
  clock.at(start + 90 * SECOND, () => worker.stopping.abort('SIGINT'));
  assert.deepEqual(await worker.loop(), { kind: 'signal', source: 'SIGINT', during: 'batch' });
  assert.equal(clock.now(), start + 90 * SECOND);
  assert.deepEqual([worker.run.state().open.length, worker.run.state().batches.length], [3, 1]);
  assert.ok(existsSync(join(worker.folder, '.runs', 'run_1.batch')));
  assert.ok(worker.log.events().includes('batch_left_out'));
});

test('the next process collects it, also when the run is over by then, and begins no other', async (t) => {
  const clock = new FakeClock();
  const { client, batches } = vendor(clock, { takesMs: 3600 * SECOND });
  const first = batchWorker(t, clock, client);
  clock.at(clock.now() + 90 * SECOND, () => first.stopping.abort('SIGINT'));
  await first.loop();
  const begin = { type: 'begin', at: 0, run_id: 'run_1', run_name: 'x', owner: OWNER, new_run_token: null } as const;
  const claim = { type: 'claim', at: 0, epoch: 2, owner: OWNER, purpose: 'resume' } as const;
  const state = [begin, ...first.run.records, claim].reduce(applyRecord, INITIAL_RUN_STATE);
  const next = batchWorker(t, clock, client, {
    runOptions: { state, startedAt: clock.now() },
    limits: { maxStories: null, durationMs: 1 },
  });
  assert.deepEqual(await next.loop(), { kind: 'duration', during: null });
  assert.deepEqual([next.stories().length, batches.length], [3, 1]);
  assert.deepEqual([next.run.state().open, next.run.state().batches], [[], []]);
});

test('without a size, batches that are out are collected and the streamed calls go on', async (t) => {
  const clock = new FakeClock();
  const worker = batchWorker(t, clock, vendor(clock).client, { batchSize: null });
  assert.equal(await worker.loop(), null);
});

const OWNER = { boot: 'b', pid: 1, started: '1' };

test('a batch that may have been created when its process was killed is looked for before another is made', async (t) => {
  const clock = new FakeClock();
  for (const wasCreated of [true, false]) {
    const { client, batches } = vendor(clock);
    const killed = batchWorker(t, clock, {
      ...client,
      create: async (requests, signal) => {
        if (wasCreated) await client.create(requests, signal);
        killed.aborting.abort('kill');
        throw new Error('killed');
      },
    });
    await killed.loop();
    const begin = { type: 'begin', at: 0, run_id: 'run_1', run_name: 'x', owner: OWNER, new_run_token: null } as const;
    const claim = { type: 'claim', at: 0, epoch: 2, owner: OWNER, purpose: 'resume' } as const;
    const state = [begin, ...killed.run.records, claim].reduce(applyRecord, INITIAL_RUN_STATE);
    const next = batchWorker(t, clock, client, { runOptions: { state } });
    assert.deepEqual(await next.loop(), { kind: 'count' });
    assert.deepEqual([batches.length, next.stories().length], [1, 3], `wasCreated: ${wasCreated}`);
  }
});

for (const [name, options, end] of [
  ['a deadline that has passed', { limits: { maxStories: null, durationMs: 1 } }, { kind: 'duration', during: null }],
  ['settings that ask for no batch any more', { batchSize: null }, null],
] as const) {
  test(`a batch that was not created when its process was killed is not created after ${name}`, async (t) => {
    const clock = new FakeClock();
    const { client, batches } = vendor(clock);
    const killed = batchWorker(t, clock, {
      ...client,
      create: async () => {
        killed.aborting.abort('kill');
        throw new Error('killed');
      },
    });
    await killed.loop();
    const begin = { type: 'begin', at: 0, run_id: 'run_1', run_name: 'x', owner: OWNER, new_run_token: null } as const;
    const claim = { type: 'claim', at: 0, epoch: 2, owner: OWNER, purpose: 'resume' } as const;
    const state = [begin, ...killed.run.records, claim].reduce(applyRecord, INITIAL_RUN_STATE);
    assert.deepEqual([state.batches.length, state.open.length], [1, 3]);
    const next = batchWorker(t, clock, client, { runOptions: { state, startedAt: clock.now() - 10 }, ...options });
    assert.deepEqual(await next.loop(), end);
    const { open, batches: out, unknownAtMost, statistics } = next.run.state();
    assert.deepEqual([batches.length, open, out, unknownAtMost.tokens, statistics.lostCalls], [0, [], [], 0, 0]);
  });
}

test('expired and canceled requests are free, no failures, and made up for', async (t) => {
  const clock = new FakeClock();
  const { client, batches } = vendor(clock, {
    result: (customId, n) =>
      batches.length === 1 && n < 2 ? { customId, kind: n === 0 ? 'expired' : 'canceled' } : answered(customId),
  });
  const worker = batchWorker(t, clock, client);
  assert.deepEqual(await worker.loop(), { kind: 'count' });
  assert.deepEqual(
    batches.map(({ requests }) => requests.length),
    [3, 2],
  );
  const { statistics } = worker.run.state();
  assert.deepEqual([statistics.stories, statistics.failures, statistics.callsWithoutUsage], [3, {}, 0]);
});

test('an errored request is classified like any failure, and made up for', async (t) => {
  const clock = new FakeClock();
  const { client, batches } = vendor(clock, {
    result: (customId, n) =>
      batches.length === 1 && n === 0
        ? { customId, kind: 'failed', error: callError({ status: 529, type: 'overloaded_error' }) }
        : answered(customId),
  });
  const worker = batchWorker(t, clock, client);
  await worker.loop();
  assert.deepEqual(worker.run.state().statistics.failureCodes, { overloaded_error: 1 });
  assert.equal(worker.stories().length, 3);
});

test('the rest of a cut-off answer is streamed at the full price, and the story is whole', async (t) => {
  const clock = new FakeClock();
  const cut = storyText({ title: '반품', characters: 1800 }).slice(0, 1500);
  const { client } = vendor(clock, {
    result: (customId, n) => answered(customId, n === 0 ? { text: cut, stopReason: 'max_tokens' } : {}),
  });
  const worker = batchWorker(t, clock, client);
  await worker.loop();
  assert.deepEqual([worker.stories().length, worker.streamed()], [3, 1]);
  const [whole] = worker.metadata().filter(({ calls }) => calls !== undefined);
  assert.deepEqual(
    (whole?.calls as { cost_usd: number }[] | undefined)?.map(({ cost_usd }) => cost_usd),
    [(500 * 1 + 3000 * 5) / 1_000_000, (900 * 2 + 100 * 10) / 1_000_000],
  );
});

test('a rest that a cap has no room for is not waited for: its part is set aside, and the other results are taken', async (t) => {
  const clock = new FakeClock();
  const cut = storyText({ title: '반품', characters: 1800 }).slice(0, 1500);
  const { client } = vendor(clock, {
    result: (customId, n) => answered(customId, n === 0 ? { text: cut, stopReason: 'max_tokens' } : {}),
  });
  // Three calls at their most, with no room for a fourth while two of them are open.
  const worker = batchWorker(t, clock, client, { caps: { tokens: 60_000, costUsd: null } });
  const end = await worker.loop();
  assert.equal(end?.kind, 'cap');
  assert.deepEqual([worker.stories().length, worker.streamed()], [2, 0]);
  assert.equal(readdirSync(join(worker.folder, '.set-aside')).length, 2);
  assert.deepEqual([worker.run.state().open, worker.run.state().batches], [[], []]);
});

test('a batch never costs more at its most than a cap leaves, and the run ends when nothing more fits', async (t) => {
  const clock = new FakeClock();
  const { client, batches } = vendor(clock);
  const worker = batchWorker(t, clock, client, { limits: { maxStories: 10 }, caps: { tokens: 45_000, costUsd: null } });
  const end = await worker.loop();
  assert.equal(end?.kind, 'cap');
  // Two calls of 16,000 and their prompts at the most; then 7,000 are used, and two fit again.
  assert.equal(batches[0]?.requests.length, 2);
  assert.ok((worker.run.state().statistics.tokens.total_tokens ?? 0) <= 45_000);
});

test('a kill while results are taken loses none and takes none twice', async (t) => {
  const clock = new FakeClock();
  const { client } = vendor(clock);
  const killed = batchWorker(t, clock, {
    ...client,
    results: async function* (id, signal) {
      for await (const result of client.results(id, signal)) {
        yield result;
        killed.stopping.abort('kill');
      }
    },
  });
  await killed.loop();
  assert.equal(killed.stories().length, 2);
  const begin = { type: 'begin', at: 0, run_id: 'run_1', run_name: 'x', owner: OWNER, new_run_token: null } as const;
  const claim = { type: 'claim', at: 0, epoch: 2, owner: OWNER, purpose: 'resume' } as const;
  const state = [begin, ...killed.run.records, claim].reduce(applyRecord, INITIAL_RUN_STATE);
  const next = batchWorker(t, clock, client, { runOptions: { state } });
  await next.loop();
  assert.equal(next.stories().length, 1);
  assert.equal(next.run.state().statistics.stories, 3);
});

test('a batch that the vendor does not know is given up, and counted at its most', async (t) => {
  const clock = new FakeClock();
  const { client } = vendor(clock);
  let forgets = true;
  const worker = batchWorker(t, clock, {
    ...client,
    retrieve: async (id, signal) => {
      if (!forgets) return client.retrieve(id, signal);
      forgets = false;
      return null;
    },
  });
  await worker.loop();
  const { statistics, unknownAtMost } = worker.run.state();
  assert.deepEqual([statistics.lostCalls, statistics.stories], [3, 3]);
  assert.ok(unknownAtMost.tokens > 3 * 16_000);
});

test('a batch of the same size that turns out to be of somebody else is passed over, and ours is made', async (t) => {
  const clock = new FakeClock();
  const { client, batches } = vendor(clock, {
    fate: (n) => (n === 2 ? 'overloaded' : 'created'),
    takesMs: 600 * SECOND,
  });
  const others = [1, 2, 3].map((n) => ({ customId: `theirs_${n}`, prompt: { system: '', user: '' } }));
  await client.create(others, new AbortController().signal);
  const worker = batchWorker(t, clock, client);
  assert.deepEqual(await worker.loop(), { kind: 'count' });
  assert.deepEqual([batches.length, worker.stories().length], [2, 3]);
  assert.ok(worker.log.events().includes('batch_foreign'));
});
