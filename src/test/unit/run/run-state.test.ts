import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toUsage } from '../../../api/usage.js';
import type { ProcessIdentity } from '../../../lib/process-identity.js';
import type { BeginRecord, ClaimRecord, LedgerRecord } from '../../../run/ledger.js';
import { applyRecord, INITIAL_RUN_STATE, type RunState } from '../../../run/run-state.js';
import { seededRandom } from '../../helpers/fakes.js';
import { abandoned, attempt, end, failure, history, part, story } from '../../helpers/records.js';

const FIRST: ProcessIdentity = { boot: 'b', pid: 1, started: '10' };
const SECOND: ProcessIdentity = { boot: 'b', pid: 2, started: '20' };

const BEGIN: BeginRecord = {
  type: 'begin',
  at: 500,
  run_id: 'run_1',
  run_name: 'default',
  owner: FIRST,
  new_run_token: null,
};

const claim = (record: Partial<ClaimRecord> = {}): ClaimRecord => ({
  type: 'claim',
  at: 4000,
  epoch: 2,
  owner: SECOND,
  purpose: 'resume',
  ...record,
});

const after = (...records: LedgerRecord[]): RunState => [BEGIN, ...records].reduce(applyRecord, INITIAL_RUN_STATE);

test('begin gives the run its owner and its first epoch, and counts nothing', () => {
  assert.deepEqual(after(), { ...INITIAL_RUN_STATE, owner: FIRST, epoch: 1, lastAt: 500 });
});

test('folding leaves the state before as it is', () => {
  const before = after(attempt());
  const copy = structuredClone(before);
  for (const record of [attempt(), story(), failure(), abandoned(), end(), claim()]) applyRecord(before, record);
  assert.deepEqual(before, copy);
});

test('an attempt is open until its outcome, and counts only with it', () => {
  const open = after(attempt());
  assert.deepEqual(open.open, [{ ...attempt(), epoch: 1 }]);
  assert.equal(open.statistics.attempts, 0);
  const done = applyRecord(open, story());
  assert.deepEqual(done.open, []);
  assert.equal(done.statistics.attempts, 1);
});

test('a story counts with its usage, its cost and its time, and ends a row of failures', () => {
  const { statistics, failuresInARow, unknownAtMost } = after(attempt(), failure(), attempt(), story());
  assert.equal(failuresInARow, 0);
  assert.deepEqual(
    [statistics.stories, statistics.attempts, statistics.tokens, statistics.costUsd, statistics.generationMs],
    [1, 2, toUsage(500, 3000), 0.031, 42_000],
  );
  assert.deepEqual(unknownAtMost, { tokens: 0, costUsd: 0 });
});

test('a failure counts by kind and code, and adds to the row', () => {
  const usage = toUsage(500, 40);
  const { statistics, failuresInARow } = after(
    attempt(),
    failure(),
    attempt(),
    failure({ failure: 'unusable', code: 'too_short', usage, cost_usd: 0.5, name: 'x' }),
  );
  assert.equal(failuresInARow, 2);
  assert.deepEqual(statistics.failures, { transient: 1, unusable: 1 });
  assert.deepEqual(statistics.failureCodes, { overloaded_error: 1, too_short: 1 });
  assert.deepEqual([statistics.setAside, statistics.tokens, statistics.costUsd], [1, usage, 0.5]);
});

test('a call that was given up is an attempt, and neither a failure nor the end of a row of them', () => {
  const { statistics, failuresInARow } = after(attempt(), failure(), attempt(), abandoned({ usage: toUsage(1, 2) }));
  assert.equal(failuresInARow, 1);
  assert.deepEqual([statistics.attempts, statistics.failures], [2, { transient: 1 }]);
  assert.equal(statistics.tokens.total_tokens, 3);
});

for (const [name, ...next] of [
  ["process's first attempt", claim(), attempt({ number: 2 })],
  ['end', end()],
] as const) {
  test(`a call that the next ${name} follows without an outcome is lost, and counts at most`, () => {
    const { statistics, unknownAtMost, open } = after(attempt(), ...next);
    assert.deepEqual([statistics.attempts, statistics.lostCalls, statistics.callsWithoutUsage], [1, 1, 1]);
    assert.deepEqual(statistics.failures, {});
    assert.deepEqual(unknownAtMost, { tokens: 20_000, costUsd: 0.2 });
    assert.deepEqual(open, next.length === 2 ? [{ ...next[1], epoch: 2 }] : []);
  });
}

test('every lost call counts with what it can have used itself', () => {
  const { unknownAtMost, statistics } = after(
    attempt({ number: 1, at_most: { tokens: 100, cost_usd: 0.25 } }),
    claim(),
    attempt({ number: 2, at_most: { tokens: 10, cost_usd: null } }),
    attempt({ number: 3, at_most: { tokens: 1, cost_usd: 0.5 } }),
    end(),
  );
  assert.deepEqual(unknownAtMost, { tokens: 111, costUsd: 0.75 });
  assert.equal(statistics.lostCalls, 3);
});

for (const outcome of [
  story({ usage: null, cost_usd: null }),
  failure({ usage: null, cost_usd: null }),
  abandoned({ usage: null, cost_usd: null }),
]) {
  test(`a ${outcome.kind} without usage counts at most, and is not lost`, () => {
    const { statistics, unknownAtMost, open } = after(attempt(), outcome);
    assert.deepEqual(unknownAtMost, { tokens: 20_000, costUsd: 0.2 });
    assert.deepEqual([statistics.lostCalls, statistics.callsWithoutUsage, statistics.attempts], [0, 1, 1]);
    assert.equal(statistics.tokens.total_tokens, 0);
    assert.deepEqual(open, []);
  });
}

const PART = part({ name: 'part_1', usage: toUsage(100, 900), cost_usd: 0.5 });
const REST = attempt({ number: 2, continues: 'part_1' });

test('a part is neither a story nor a failure as long as its rest may come', () => {
  for (const state of [after(attempt(), PART), after(attempt(), PART, claim()), after(attempt(), PART, REST)]) {
    const { statistics } = state;
    assert.deepEqual(state.parts, [{ name: 'part_1', code: 'max_tokens', usage: toUsage(100, 900), epoch: 1 }]);
    assert.deepEqual([statistics.attempts, statistics.tokens.total_tokens, statistics.costUsd], [1, 1000, 0.5]);
    assert.deepEqual([statistics.stories, statistics.setAside, statistics.failures], [0, 0, {}]);
  }
});

test('a story that takes its part in is one story of two calls', () => {
  const { statistics, parts: left } = after(attempt(), PART, REST, story({ completes: 'part_1' }));
  assert.deepEqual(left, []);
  assert.deepEqual([statistics.stories, statistics.attempts, statistics.continuations], [1, 2, 1]);
  assert.deepEqual([statistics.setAside, statistics.failures], [0, {}]);
  assert.deepEqual(statistics.storyTokens, toUsage(600, 3900));
  assert.deepEqual(statistics.tokens, toUsage(600, 3900));
});

test('a second part takes the first in, and its story both', () => {
  const second = part({ name: 'part_2', completes: 'part_1', usage: toUsage(10, 90) });
  const last = story({ completes: 'part_2', usage: toUsage(1, 2) });
  const { statistics } = after(attempt(), PART, REST, second, attempt({ continues: 'part_2' }), last);
  assert.deepEqual([statistics.stories, statistics.attempts, statistics.setAside], [1, 3, 0]);
  assert.deepEqual(statistics.storyTokens, toUsage(111, 992));
});

test('a story whose part has no known usage is in no average of tokens', () => {
  const unknown = part({ name: 'part_1', usage: null, cost_usd: null });
  const { statistics, unknownAtMost } = after(attempt(), unknown, REST, story({ completes: 'part_1' }));
  assert.deepEqual([statistics.storiesWithUsage, statistics.callsWithoutUsage], [0, 1]);
  assert.equal(unknownAtMost.tokens, 20_000);
});

for (const [name, records, attempts] of [
  ['its rest fails', [REST, failure()], 2],
  ['its rest is given up', [REST, abandoned()], 2],
  ['its rest is lost in a kill and another story is begun', [REST, claim(), attempt()], 2],
  ['another story is begun', [claim(), attempt()], 1],
  ['the run ends', [end()], 1],
] as const) {
  test(`a part is set aside once ${name}`, () => {
    const { statistics, parts: left } = after(attempt(), PART, ...records);
    assert.deepEqual(left, []);
    assert.deepEqual([statistics.setAside, statistics.failureCodes.max_tokens, statistics.attempts], [1, 1, attempts]);
    assert.equal(statistics.tokens.total_tokens, 1000);
  });
}

test('of several open calls an outcome closes the one that it names, whatever their order', () => {
  const calls = [1, 2, 3].map((number) => attempt({ number, at_most: { tokens: 10 ** number, cost_usd: null } }));
  const state = after(...calls, story({ attempt: 2 }), failure({ attempt: 1, usage: null, cost_usd: null }));
  assert.deepEqual(
    state.open.map(({ number }) => number),
    [3],
  );
  assert.deepEqual([state.statistics.attempts, state.statistics.lostCalls, state.unknownAtMost.tokens], [2, 0, 10]);
});

test('an outcome of no call leaves the open calls of other stories as they are', () => {
  const state = after(attempt({ number: 1 }), attempt({ number: 2 }), failure({ attempt: null, usage: null }));
  assert.deepEqual(
    state.open.map(({ number }) => number),
    [1, 2],
  );
  assert.deepEqual([state.statistics.attempts, state.unknownAtMost.tokens], [1, 0]);
});

test('of several open parts only that is set aside whose rest came to nothing', () => {
  const first = part({ name: 'part_1', attempt: 1 });
  const second = part({ name: 'part_2', attempt: 2 });
  const state = after(
    ...[attempt({ number: 1 }), attempt({ number: 2 }), first, second],
    ...[attempt({ number: 3, continues: 'part_1' }), attempt({ number: 4, continues: 'part_2' })],
    failure({ attempt: 3 }),
  );
  assert.deepEqual(
    state.parts.map(({ name }) => name),
    ['part_2'],
  );
  const done = applyRecord(state, story({ attempt: 4, completes: 'part_2' }));
  assert.deepEqual([done.parts, done.statistics.setAside, done.statistics.stories], [[], 1, 1]);
});

test('calls and parts of a killed process are given up by the first call of the next one, all of them', () => {
  const state = after(
    ...[attempt({ number: 1 }), attempt({ number: 2 }), part({ attempt: 2 }), attempt({ number: 3 })],
    ...[claim(), attempt({ number: 5 })],
  );
  assert.deepEqual([state.open.length, state.parts], [1, []]);
  assert.deepEqual([state.statistics.lostCalls, state.statistics.setAside], [2, 1]);
});

test('a snapshot of version 1, with one open call and one part, is read', () => {
  const { open: _, parts: __, ...rest } = after();
  const old = { ...rest, open: attempt({ number: 7 }), part: { name: 'part_1', code: 'max_tokens', usage: null } };
  const state = after({ type: 'snapshot', at: 5000, state: old as unknown as RunState });
  assert.deepEqual(state.open, [{ ...attempt({ number: 7 }), epoch: 1 }]);
  assert.deepEqual(state.parts, [{ ...old.part, epoch: 1 }]);
  const idle = after({ type: 'snapshot', at: 5000, state: { ...old, open: null, part: null } as unknown as RunState });
  assert.deepEqual([idle.open, idle.parts], [[], []]);
});

test('an outcome without a call before it counts, and nothing at most', () => {
  const { statistics, unknownAtMost } = after(failure({ usage: null, cost_usd: null }));
  assert.equal(statistics.attempts, 1);
  assert.deepEqual(unknownAtMost, { tokens: 0, costUsd: 0 });
});

test('a claim of the next epoch has the run; to resume counts, to recover does not', () => {
  const resumed = after(claim());
  assert.deepEqual([resumed.owner, resumed.epoch, resumed.resumes], [SECOND, 2, 1]);
  const recovered = after(claim({ purpose: 'recover' }));
  assert.deepEqual([recovered.owner, recovered.epoch, recovered.resumes], [SECOND, 2, 0]);
  assert.equal(after(claim(), end(), claim({ epoch: 3 })).resumes, 2);
});

for (const epoch of [0, 1, 3, 99]) {
  test(`a claim of epoch ${epoch} on a run in epoch 1 is void`, () => {
    assert.deepEqual(after(claim({ epoch })), { ...after(), lastAt: 4000 });
  });
}

test('of two claims of one epoch the first has the run', () => {
  const third: ProcessIdentity = { boot: 'b', pid: 3, started: '30' };
  const { owner, epoch, resumes } = after(claim(), claim({ owner: third }));
  assert.deepEqual([owner, epoch, resumes], [SECOND, 2, 1]);
});

test('take-ups without a story are counted, and a story or an end in good order starts the count anew', () => {
  const claims = (...epochs: number[]) => epochs.map((epoch) => claim({ epoch }));
  assert.equal(after(...claims(2, 3, 4)).resumesWithoutStory, 3);
  assert.equal(after(claim(), attempt(), story(), claim({ epoch: 3 })).resumesWithoutStory, 1);
  assert.equal(after(claim(), end({ reason: 'signal' }), claim({ epoch: 3 })).resumesWithoutStory, 1);
  assert.equal(after(claim(), end({ reason: 'uncaught' }), claim({ epoch: 3 })).resumesWithoutStory, 2);
  assert.equal(after(claim({ purpose: 'recover' })).resumesWithoutStory, 0);
});

test('a claim leaves a call of the killed owner open, so that its staged answer can close it', () => {
  const claimed = after(attempt(), claim());
  assert.deepEqual(claimed.open, [{ ...attempt(), epoch: 1 }]);
  assert.equal(applyRecord(claimed, story()).statistics.lostCalls, 0);
  assert.equal(applyRecord(claimed, attempt({ number: 2 })).statistics.lostCalls, 1);
});

test('the end releases the owner, and says whether the run is over', () => {
  for (const over of [true, false]) {
    const state = after(attempt(), story(), end({ over }));
    assert.deepEqual([state.owner, state.over, state.open], [null, over, []]);
    assert.equal(state.statistics.stories, 1);
  }
});

test('a run that was taken up after its end has an owner again', () => {
  assert.deepEqual(after(end(), claim()).owner, SECOND);
});

test('the latest record is the one with the latest time, whatever the order', () => {
  assert.equal(after(attempt({ at: 9000 }), story({ at: 7000 })).lastAt, 9000);
});

const LIVES = Array.from({ length: 50 }, (_, seed) => history(seededRandom(seed), 60));

test('the histories of these tests hold whatever can happen', () => {
  const states = LIVES.map((records) => after(...records));
  const most = (of: (state: RunState) => number) => Math.max(...states.map(of));
  for (const count of [
    most(({ statistics }) => statistics.stories),
    most(({ statistics }) => statistics.lostCalls),
    most(({ statistics }) => statistics.setAside),
    most(({ statistics }) => statistics.continuations),
    most(({ parts }) => parts.length),
    most(({ resumes }) => resumes),
    most(({ unknownAtMost }) => unknownAtMost.tokens),
  ]) {
    assert.ok(count > 0);
  }
});

test('a replay from text comes to what was counted live', () => {
  for (const records of LIVES) {
    const text = [BEGIN, ...records].map((record) => JSON.stringify(record));
    const replayed = text.map((line) => JSON.parse(line) as LedgerRecord).reduce(applyRecord, INITIAL_RUN_STATE);
    assert.deepEqual(replayed, after(...records));
  }
});

test('a snapshot anywhere stands for everything before it', () => {
  for (const records of LIVES.slice(0, 10)) {
    for (let cut = 0; cut <= records.length; cut++) {
      const state = after(...records.slice(0, cut));
      const snapshot = { type: 'snapshot', at: state.lastAt, state } as const;
      assert.deepEqual(after(snapshot, ...records.slice(cut)), after(...records), `cut at ${cut}`);
    }
  }
});
