import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toUsage } from '../../../api/usage.js';
import { seededRandom } from '../../../lib/random.js';
import { runOutcomeOf, settledState } from '../../../report/model/run-outcome.js';
import { buildTimeline } from '../../../report/model/timeline-builder.js';
import type { BeginRecord, ClaimRecord, LedgerRecord } from '../../../run/ledger.js';
import type { PauseReason } from '../../../run/ledger-records.js';
import { applyRecord, INITIAL_RUN_STATE } from '../../../run/run-state.js';
import { abandoned, attempt, DEAD, end, failure, history, part, story } from '../../helpers/records.js';

const begin: BeginRecord = { type: 'begin', at: 0, run_id: 'r', run_name: 'default', owner: DEAD, new_run_token: null };

function claim(at: number, epoch = 2, purpose: ClaimRecord['purpose'] = 'resume'): ClaimRecord {
  return { type: 'claim', at, epoch, owner: { ...DEAD, pid: 77 }, purpose };
}

function spansOf(records: LedgerRecord[], until: number | null = null) {
  return buildTimeline([begin, ...records], until).segments.map(({ kind, from, to }) => [kind, from, to]);
}

test('stories and the waits between them fill the time of a calm run', () => {
  const records = [
    attempt({ at: 10 }),
    story({ at: 50, name: 'a' }),
    attempt({ at: 80 }),
    story({ at: 90, name: 'b' }),
    end({ at: 100, reason: 'duration', over: true }),
  ];
  assert.deepEqual(spansOf(records), [
    ['story', 10, 50],
    ['interval', 50, 80],
    ['story', 80, 90],
    ['interval', 90, 100],
  ]);
  const { stories, processes } = buildTimeline([begin, ...records], null);
  assert.deepEqual(
    stories.map(({ number, name, from, at, calls }) => [number, name, from, at, calls]),
    [
      [1, 'a', 10, 50, 1],
      [2, 'b', 80, 90, 1],
    ],
  );
  assert.deepEqual(processes, [{ from: 0, to: 100, purpose: 'begin', pid: DEAD.pid, end: 'duration' }]);
});

test('a pause is a segment of its own, from its record to its end, the next pause, or the end of the process', () => {
  const pause = (at: number, reason: PauseReason, phase: 'begin' | 'end' = 'begin'): LedgerRecord =>
    phase === 'begin' ? { type: 'pause', at, reason, phase, until: at + 100 } : { type: 'pause', at, reason, phase };
  const records = [
    attempt({ at: 10 }),
    story({ at: 50, name: 'a' }),
    pause(60, 'daily_cap'),
    pause(100, 'inactive_hours'),
    pause(150, 'inactive_hours', 'end'),
    attempt({ at: 151 }),
    failure({ at: 160, failure: 'blocked' }),
    pause(161, 'spend_limit'),
    // A kill, at some time of the pause or after it.
    claim(271),
    pause(272, 'crash_loop'),
    claim(280, 3),
  ];
  const until = 300;
  const { segments } = buildTimeline([begin, ...records], until);
  assert.deepEqual(
    segments.map(({ kind, from, to, pause: reason }) => [kind, from, to, ...(reason === undefined ? [] : [reason])]),
    [
      ['story', 10, 50],
      ['interval', 50, 60],
      ['pause', 60, 100, 'daily_cap'],
      ['pause', 100, 150, 'inactive_hours'],
      ['failed', 151, 160],
      ['retry', 160, 161],
      ['pause', 161, 261, 'spend_limit'],
      ['unknown', 261, 271],
      ['pause', 272, 280, 'crash_loop'],
      ['unknown', 280, 280],
    ],
  );
});

test('calls in hand go on in a pause, and no time in it is a wait as well', () => {
  const records: LedgerRecord[] = [
    attempt({ at: 10, number: 1 }),
    attempt({ at: 20, number: 2 }),
    story({ at: 40, attempt: 1, name: 'a' }),
    { type: 'pause', at: 41, reason: 'daily_cap', phase: 'begin', until: 500 },
    story({ at: 90, attempt: 2, name: 'b' }),
    end({ at: 200, reason: 'duration', over: true }),
  ];
  assert.deepEqual(spansOf(records), [
    ['story', 10, 40],
    ['story', 20, 90],
    ['pause', 41, 200],
  ]);
});

test('a failure is a failed call, and the wait after it is for a retry', () => {
  const timeline = buildTimeline(
    [begin, attempt({ at: 10 }), failure({ at: 12 }), attempt({ at: 20 }), abandoned({ at: 30 })],
    null,
  );
  assert.deepEqual(
    timeline.failedCalls.map(({ at, kind, code }) => [at, kind, code]),
    [
      [12, 'transient', 'overloaded_error'],
      [30, 'abandoned', 'abandoned'],
    ],
  );
  assert.deepEqual(
    timeline.segments.map(({ kind, from, to }) => [kind, from, to]),
    [
      ['failed', 10, 12],
      ['retry', 12, 20],
      ['failed', 20, 30],
    ],
  );
});

test('several calls for one text are one story, with the sum of their usage', () => {
  const { stories, failedCalls, segments } = buildTimeline(
    [
      begin,
      attempt({ at: 10 }),
      part({ at: 30, name: 'cut', usage: toUsage(100, 900), cost_usd: 0.01 }),
      attempt({ at: 31, continues: 'cut' }),
      story({ at: 50, usage: toUsage(200, 300), cost_usd: 0.02, completes: 'cut' }),
    ],
    null,
  );
  assert.deepEqual(failedCalls, []);
  const [entry] = stories;
  assert.deepEqual([entry?.calls, entry?.usage, entry?.costUsd, entry?.from], [2, toUsage(300, 1200), 0.03, 10]);
  assert.deepEqual(
    segments.map(({ kind, story: number }) => [kind, number]),
    [
      ['story', 1],
      ['story', 1],
    ],
  );
});

test('a cut-off text without a continuation is a failed call, and so is the call for the continuation', () => {
  const { failedCalls, stories } = buildTimeline(
    [
      begin,
      attempt({ at: 10 }),
      part({ at: 30, name: 'cut' }),
      attempt({ at: 31, continues: 'cut' }),
      failure({ at: 32 }),
    ],
    null,
  );
  assert.deepEqual(stories, []);
  assert.deepEqual(
    failedCalls.map(({ kind, code, name }) => [kind, code, name]),
    [
      ['incomplete', 'max_tokens', 'cut'],
      ['transient', 'overloaded_error', null],
    ],
  );
});

test('a kill leaves an unknown segment, a graceful stop leaves downtime', () => {
  const records = [
    attempt({ at: 10 }),
    story({ at: 20, name: 'a' }),
    claim(50),
    attempt({ at: 51 }),
    story({ at: 60, name: 'b' }),
    end({ at: 70 }),
    claim(100, 3),
  ];
  assert.deepEqual(spansOf(records), [
    ['story', 10, 20],
    ['unknown', 20, 50],
    ['story', 51, 60],
    ['interval', 60, 70],
    ['downtime', 70, 100],
  ]);
  const { processes } = buildTimeline([begin, ...records], null);
  assert.deepEqual(
    processes.map(({ from, to, end: how }) => [from, to, how]),
    [
      [0, 20, null],
      [50, 70, 'signal'],
      [100, 100, null],
    ],
  );
});

test('a claim that lost a race is no restart', () => {
  const { processes } = buildTimeline([begin, claim(50, 2), claim(51, 2)], null);
  assert.equal(processes.length, 2);
});

test('a call that was open at a kill is lost, unless the next process finds its answer in staging', () => {
  const lost = buildTimeline([begin, attempt({ at: 10 }), claim(40), attempt({ at: 41 })], 45);
  assert.deepEqual(
    lost.failedCalls.map(({ kind, at }) => [kind, at]),
    [['lost', 10]],
  );
  const found = buildTimeline([begin, attempt({ at: 10 }), claim(40), story({ at: 41, generation_ms: 5 })], null);
  assert.deepEqual(found.failedCalls, []);
  assert.deepEqual(
    found.segments.map(({ kind, from, to }) => [kind, from, to]),
    [
      ['unknown', 10, 40],
      ['story', 10, 15],
    ],
  );
});

test('the timeline of a running run goes up to now, with the open call or the wait', () => {
  assert.deepEqual(spansOf([attempt({ at: 10 })], 15), [['open', 10, 15]]);
  assert.deepEqual(spansOf([attempt({ at: 10 }), story({ at: 20 })], 25), [
    ['story', 10, 20],
    ['interval', 20, 25],
  ]);
});

test('a ledger that began anew continues the numbers of its snapshot', () => {
  const before = [begin, attempt({ at: 1 }), story({ at: 2, name: 'a' }), attempt({ at: 3 })].reduce(
    applyRecord,
    INITIAL_RUN_STATE,
  );
  const { stories, segments, historyLostUntil } = buildTimeline(
    [begin, { type: 'snapshot', at: 5, state: before }, story({ at: 6, name: 'b' })],
    null,
  );
  assert.equal(historyLostUntil, 5);
  assert.deepEqual(
    stories.map(({ number, name, from }) => [number, name, from]),
    [[2, 'b', 3]],
  );
  assert.deepEqual(segments[0], { from: 0, to: 5, kind: 'missingHistory' });
});

test('a clock that was set back gives no segment of negative length', () => {
  for (const { from, to } of buildTimeline([begin, attempt({ at: 100 }), story({ at: 40 }), attempt({ at: 30 })], null)
    .segments) {
    assert.ok(to >= from);
  }
});

for (const [what, mostOpen, withBatches] of [
  ['one call at a time', 1, false],
  ['three calls side by side', 3, false],
  ['three calls side by side, and batches', 3, true],
] as const) {
  test(`whatever a run of ${what} lives through, the timeline counts what its statistics count`, () => {
    for (let seed = 1; seed <= 200; seed++) {
      const records = [begin, ...history(seededRandom(seed), 120, mostOpen, withBatches)];
      const { statistics, resumes } = settledState(records, false);
      const timeline = buildTimeline(records, null);
      const count = (...kinds: string[]) => timeline.failedCalls.filter(({ kind }) => kinds.includes(kind)).length;
      const codes: Record<string, number> = {};
      const counted = timeline.failedCalls.filter(({ kind }) => !['lost', 'abandoned', 'unprocessed'].includes(kind));
      for (const { code } of counted) codes[code] = (codes[code] ?? 0) + 1;
      assert.equal(timeline.stories.length, statistics.stories, `seed ${seed}`);
      assert.deepEqual(codes, statistics.failureCodes, `seed ${seed}`);
      assert.equal(count('lost'), statistics.lostCalls, `seed ${seed}`);
      assert.equal(timeline.processes.filter(({ purpose }) => purpose === 'resume').length, resumes, `seed ${seed}`);
      const calls = timeline.stories.reduce((sum, each) => sum + each.calls, 0);
      assert.ok(calls <= statistics.attempts, `seed ${seed}`);
      const out = timeline.batches.filter(({ isClosed }) => !isClosed).map(({ key }) => key);
      assert.deepEqual(
        out,
        settledState(records, false).batches.map(({ key }) => key),
        `seed ${seed}`,
      );
      const waits = timeline.segments.filter(({ kind }) => kind === 'interval' || kind === 'retry');
      const busy = timeline.segments.filter(({ kind }) => kind === 'story' || kind === 'failed' || kind === 'batch');
      const overlap = waits.some((wait) => busy.some(({ from, to }) => from < wait.to && to > wait.from));
      assert.ok(!overlap, `a wait while something was in hand, seed ${seed}`);
      for (const { from, to } of timeline.segments) assert.ok(to >= from);
    }
  });
}

test('the outcome of a run is that of its last process, without those that only recovered files', () => {
  const outcomeOf = (records: LedgerRecord[], alive = false) => {
    const all = [begin, ...records];
    return runOutcomeOf(buildTimeline(all, null).processes, all.reduce(applyRecord, INITIAL_RUN_STATE).over, alive);
  };
  assert.deepEqual(outcomeOf([], true), { kind: 'running' });
  assert.deepEqual(outcomeOf([]), { kind: 'killed' });
  assert.deepEqual(outcomeOf([end({ reason: 'count', over: true })]), { kind: 'finished', reason: 'count' });
  assert.deepEqual(outcomeOf([end({ reason: 'refused' })]), { kind: 'interrupted', reason: 'refused' });
  const recovery = [claim(50, 2, 'recover'), end({ at: 51, reason: 'recovered' })];
  assert.deepEqual(outcomeOf(recovery), { kind: 'killed' });
  assert.deepEqual(outcomeOf([end({ at: 10 }), ...recovery]), { kind: 'interrupted', reason: 'signal' });
  assert.deepEqual(outcomeOf([end({ at: 10 }), claim(50)]), { kind: 'killed' });
});
