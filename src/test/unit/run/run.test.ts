import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { ProcessIdentity } from '../../../lib/process-identity.js';
import { appendRecord, ledgerPath, listRuns, readLedger } from '../../../run/ledger.js';
import {
  beginRun,
  claimRun,
  findResumable,
  type ResumeQuery,
  type RunContext,
  replay,
  resumeRun,
} from '../../../run/run.js';
import { seededRandom, temporaryFolder } from '../../helpers/fakes.js';
import { attempt, DEAD, end, failure, history, ME, neighbour, story } from '../../helpers/records.js';

const HOUR = 3_600_000;
const START = Date.UTC(2026, 10, 23, 5);
const ANY: ResumeQuery = { runName: 'default', durationMs: null, newRunToken: null };

const at = (folder: string, now = START, me: ProcessIdentity = ME): RunContext => ({ folder, me, now: () => now });

function ledgerOf(folder: string, runId: string) {
  const ledger = readLedger(ledgerPath(folder, runId));
  assert.ok(ledger !== null, 'no ledger');
  return ledger;
}

/** A run whose process was killed: begun by one that is dead, an hour ago unless told otherwise. */
const killed = (
  folder: string,
  { began = START - HOUR, runName = 'default', token = null as string | null, owner = DEAD } = {},
) => beginRun(at(folder, began, owner), runName, token);

test('a run begins with a ledger that says when, who and under which name', async (t) => {
  const folder = temporaryFolder(t);
  const run = await beginRun(at(folder), 'night', 'token');
  assert.match(run.id, /^run_\d{17}_[0-9a-f]{6}$/);
  assert.equal(run.startedAt, START);
  const { records } = ledgerOf(folder, run.id);
  assert.deepEqual(records, [
    { type: 'begin', format: 2, at: START, run_id: run.id, run_name: 'night', owner: ME, new_run_token: 'token' },
  ]);
  assert.deepEqual(run.state(), records.length === 1 ? replay(ledgerOf(folder, run.id)) : null);
});

test('a run that another worker is just putting right is waited for, not passed over', async (t) => {
  const folder = temporaryFolder(t);
  const { owner: other } = neighbour(t);
  const left = await beginRun({ ...at(folder), me: DEAD }, 'night', null);
  await claimRun({ ...at(folder), me: other }, left.id, 'recover');
  const query = { runName: 'night', durationMs: null, newRunToken: null };
  await assert.rejects(resumeRun(at(folder), query), /정리하는 중/);
  await appendRecord(ledgerPath(folder, left.id), { type: 'end', at: START, reason: 'recovered', over: false }, []);
  assert.equal((await resumeRun(at(folder), query))?.run.id, left.id);
});

test('two runs of one second have ids of their own', async (t) => {
  const folder = temporaryFolder(t);
  const [one, other] = [await beginRun(at(folder), 'default', null), await beginRun(at(folder), 'default', null)];
  assert.notEqual(one.id, other.id);
  assert.equal((await listRuns(folder)).length, 2);
});

test('what is recorded is on disk first, and both count alike', async (t) => {
  const folder = temporaryFolder(t);
  const run = await beginRun(at(folder), 'default', null);
  for (const record of history(seededRandom(3), 80)) {
    await run.record(record);
    assert.deepEqual(replay(ledgerOf(folder, run.id)), run.state());
  }
});

test('a record that cannot be written leaves the state as it was; in memory it changes that alone', async (t) => {
  const folder = temporaryFolder(t);
  const run = await beginRun(at(folder), 'default', null);
  await run.record(attempt());
  const before = run.state();
  rmSync(join(folder, '.runs'), { recursive: true });
  writeFileSync(join(folder, '.runs'), '');
  await assert.rejects(run.record(story()), { code: /EEXIST|ENOTDIR/ });
  assert.equal(run.state(), before);
  run.recordInMemory(story());
  assert.equal(run.state().statistics.stories, 1);
});

test('what could not be written is written with the next record that can be, before it, and counted once', async (t) => {
  for (const isGone of [false, true]) {
    const folder = temporaryFolder(t);
    const run = await beginRun(at(folder), 'night', null);
    const path = ledgerPath(folder, run.id);
    await run.recordAll([attempt({ number: 1 }), attempt({ number: 2 })]);
    // A ledger that is gone by then is begun anew.
    if (isGone) rmSync(path);
    run.recordInMemory(failure({ attempt: 1 }));
    run.recordInMemory(failure({ attempt: 2 }));
    await run.record(end());
    await run.record(story({ name: 'later' }));
    const ledger = ledgerOf(folder, run.id);
    const types = ledger.records.map(({ type }) => type).slice(isGone ? 2 : 3);
    assert.deepEqual(types, ['outcome', 'outcome', 'end', 'outcome']);
    assert.deepEqual(replay(ledger), run.state());
    assert.deepEqual(run.state().statistics.failures, { transient: 2 });
  }
});

test('a ledger that disappears under a run starts anew with what is known, and replays to the same state', async (t) => {
  const folder = temporaryFolder(t);
  const run = await beginRun(at(folder), 'default', null);
  const records = history(seededRandom(5), 30);
  for (const [n, record] of records.entries()) {
    if (n % 10 === 9) rmSync(dirname(ledgerPath(folder, run.id)), { recursive: true });
    await run.record(record);
  }
  const ledger = ledgerOf(folder, run.id);
  assert.deepEqual(
    ledger.records.slice(0, 2).map(({ type }) => type),
    ['begin', 'snapshot'],
  );
  // The snapshot is of its own time; all else is the same.
  assert.deepEqual({ ...replay(ledger), lastAt: 0 }, { ...run.state(), lastAt: 0 });
});

// Which run is taken up.

interface Left {
  /** What stands in the way, or nothing. */
  name: string;
  leave: (folder: string, t: TestContext) => Promise<unknown>;
  query?: Partial<ResumeQuery>;
  taken: boolean;
}

const LEFT: Left[] = [
  { name: 'a killed run', leave: (folder) => killed(folder), taken: true },
  {
    name: 'a killed run whose deadline is still ahead',
    leave: (folder) => killed(folder),
    query: { durationMs: HOUR + 1 },
    taken: true,
  },
  { name: 'a run at its very deadline', leave: (folder) => killed(folder), query: { durationMs: HOUR }, taken: false },
  {
    name: 'a run whose deadline has passed',
    leave: (folder) => killed(folder),
    query: { durationMs: HOUR / 2 },
    taken: false,
  },
  {
    name: 'a run that a signal interrupted',
    leave: async (folder) => (await killed(folder)).record(end({ over: false })),
    taken: true,
  },
  {
    name: 'a run that is over',
    leave: async (folder) => (await killed(folder)).record(end({ over: true })),
    taken: false,
  },
  {
    name: 'a run that is over, and was recovered since',
    leave: async (folder) => {
      const run = await killed(folder);
      await run.record(end({ over: true }));
      const taken = await claimRun(at(folder), run.id, 'recover');
      await taken?.run.record(end({ over: taken.run.state().over }));
    },
    taken: false,
  },
  { name: 'a run of another name', leave: (folder) => killed(folder, { runName: 'other' }), taken: false },
  {
    name: 'a run with a living owner',
    leave: (folder, t) => killed(folder, { owner: neighbour(t).owner }),
    taken: false,
  },
  {
    name: 'a run that a living process took over',
    leave: async (folder, t) => claimRun(at(folder, START, neighbour(t).owner), (await killed(folder)).id, 'resume'),
    taken: false,
  },
  {
    name: 'a run whose owner has the number of a living process, and started at another time',
    leave: (folder, t) => killed(folder, { owner: { ...neighbour(t).owner, started: '1' } }),
    taken: true,
  },
  {
    name: 'a run of another machine, copied',
    leave: (folder, t) => killed(folder, { owner: { ...neighbour(t).owner, boot: 'another' } }),
    taken: true,
  },
  {
    name: 'a run begun with the token',
    leave: (folder) => killed(folder, { token: 'a' }),
    query: { newRunToken: 'a' },
    taken: true,
  },
  {
    name: 'a run begun with another token',
    leave: (folder) => killed(folder, { token: 'b' }),
    query: { newRunToken: 'a' },
    taken: false,
  },
  {
    name: 'a run begun without a token, when one is asked for',
    leave: (folder) => killed(folder),
    query: { newRunToken: 'a' },
    taken: false,
  },
  {
    name: 'a run begun with a token, when none is asked for',
    leave: (folder) => killed(folder, { token: 'a' }),
    taken: true,
  },
  {
    name: 'a file that is no ledger',
    leave: async (folder) => writeFileSync(ledgerPath(folder, (await killed(folder)).id), 'hello\n'),
    taken: false,
  },
];

for (const { name, leave, query, taken } of LEFT) {
  test(`${name} is ${taken ? '' : 'not '}taken up`, async (t) => {
    const folder = temporaryFolder(t);
    await leave(folder, t);
    const [id = ''] = await listRuns(folder);
    const before = readFileSync(ledgerPath(folder, id), 'utf8');
    const seen = await findResumable(at(folder), { ...ANY, ...query });
    assert.equal(seen?.begin.run_id ?? null, taken ? id : null, 'is found likewise');
    assert.equal(readFileSync(ledgerPath(folder, id), 'utf8'), before, 'looking claims nothing');
    const found = await resumeRun(at(folder), { ...ANY, ...query });
    assert.equal(found?.run.id ?? null, taken ? id : null);
    if (taken) assert.deepEqual(replay(ledgerOf(folder, id)).owner, ME);
  });

  if (!taken) {
    test(`${name} does not hide the older one that can be taken up`, async (t) => {
      const folder = temporaryFolder(t);
      const older = await killed(folder, { began: START - 2 * HOUR, token: query?.newRunToken ?? null });
      await leave(folder, t);
      // A deadline that passed for the newer one passed for the older one too.
      const expected = query?.durationMs === undefined ? older.id : null;
      assert.equal((await findResumable(at(folder), { ...ANY, ...query }))?.begin.run_id ?? null, expected);
      assert.equal((await resumeRun(at(folder), { ...ANY, ...query }))?.run.id ?? null, expected);
    });
  }
}

test('of several the newest is taken up', async (t) => {
  const folder = temporaryFolder(t);
  await killed(folder, { began: START - 3 * HOUR });
  const newest = await killed(folder, { began: START - HOUR });
  await killed(folder, { began: START - 2 * HOUR });
  assert.equal((await resumeRun(at(folder), ANY))?.run.id, newest.id);
});

test('in a folder without runs there is none to take up', async (t) => {
  assert.equal(await resumeRun(at(join(temporaryFolder(t), 'none')), ANY), null);
});

test('a run that is taken up goes on where it was: start, counts, and one resume more', async (t) => {
  const folder = temporaryFolder(t);
  const run = await killed(folder);
  for (const record of [attempt(), story(), attempt({ number: 2 })]) await run.record(record);
  const taken = await resumeRun(at(folder), ANY);
  assert.equal(taken?.run.startedAt, START - HOUR);
  const { lastAt: _, ...state } = taken?.run.state() ?? {};
  const { lastAt: __, ...before } = run.state();
  assert.deepEqual(state, { ...before, owner: ME, epoch: 2, resumes: 1, resumesWithoutStory: 1 });
  assert.equal(taken?.ledger.records.length, 5);
});

test('a clock that was set back does not move the start ahead', async (t) => {
  const folder = temporaryFolder(t);
  await killed(folder, { began: START + HOUR });
  const taken = await resumeRun(at(folder), { ...ANY, durationMs: 1 });
  assert.equal(taken?.run.startedAt, START);
});

test('a run that this process has claimed already is claimed again without a trace', async (t) => {
  const folder = temporaryFolder(t);
  const { id } = await killed(folder);
  const first = await resumeRun(at(folder), ANY);
  const records = ledgerOf(folder, id).records.length;
  const second = await resumeRun(at(folder), ANY);
  assert.equal(second?.run.id, id);
  assert.deepEqual(second?.run.state(), first?.run.state());
  assert.equal(ledgerOf(folder, id).records.length, records);
});

test('a run whose last line a crash tore can be claimed', async (t) => {
  const folder = temporaryFolder(t);
  const { id } = await killed(folder);
  const path = ledgerPath(folder, id);
  await appendRecord(path, attempt(), []);
  writeFileSync(path, '{"type":"outc', { flag: 'a' });
  const taken = await claimRun(at(folder), id, 'resume');
  assert.deepEqual([taken?.run.state().owner, taken?.ledger.unreadable], [ME, 1]);
});

test('a run that is not there cannot be claimed, and is not made by trying', async (t) => {
  const folder = temporaryFolder(t);
  assert.equal(await claimRun(at(folder), 'run_x', 'resume'), null);
  assert.deepEqual(await listRuns(folder), []);
});

test('of two that claim a run one after the other the first has it', async (t) => {
  const folder = temporaryFolder(t);
  const { id } = await killed(folder);
  assert.notEqual(await claimRun(at(folder), id, 'resume'), null);
  assert.equal(await claimRun(at(folder, START, neighbour(t).owner), id, 'resume'), null);
});

test('of several that claim a run at once exactly one has it', async (t) => {
  const owners = [ME, neighbour(t).owner, neighbour(t).owner];
  const winners = new Set<number>();
  for (let round = 0; round < 30; round++) {
    const folder = temporaryFolder(t);
    const { id } = await killed(folder);
    // Each round another one is first in line.
    const order = owners.map((_, n) => owners[(n + round) % owners.length] ?? ME);
    const claims = await Promise.all(order.map((me) => claimRun(at(folder, START, me), id, 'resume')));
    const won = order.filter((_, n) => claims[n] !== null);
    assert.equal(won.length, 1, `round ${round}`);
    const { owner, epoch, resumes } = replay(ledgerOf(folder, id));
    assert.deepEqual([owner, epoch, resumes], [won[0], 2, 1]);
    winners.add(owner?.pid ?? 0);
  }
  assert.ok(winners.size > 1, 'always the same one');
});

test('a claim that came too late leaves the winner in peace', async (t) => {
  const folder = temporaryFolder(t);
  const { id } = await killed(folder);
  const path = ledgerPath(folder, id);
  const { owner } = neighbour(t);
  // Both have read epoch 1; the neighbour's line is first.
  await appendRecord(path, { type: 'claim', at: START, epoch: 2, owner, purpose: 'resume' }, []);
  await appendRecord(path, { type: 'claim', at: START, epoch: 2, owner: ME, purpose: 'resume' }, []);
  assert.deepEqual(replay(ledgerOf(folder, id)).owner, owner);
});
