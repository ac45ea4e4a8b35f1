import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { toUsage } from '../../../api/usage.js';
import { attemptsOf, type Evidence } from '../../../chaos/artifacts.js';
import type { Call } from '../../../chaos/mock-api.js';
import { matchCalls, reckon, unplannedFailures } from '../../../chaos/reconcile.js';
import { excuseHolding } from '../../../chaos/rehearsal/expected-errors.js';
import type { Incident } from '../../../chaos/rehearsal/fault-plan.js';
import type { Came, Witnessed } from '../../../chaos/rehearsal/observations.js';
import { scaleOf } from '../../../chaos/rehearsal/time-scale.js';
import type { AttemptRecord, FailureRecord, LedgerRecord, StoryRecord } from '../../../run/ledger.js';
import { failAt } from '../../../verify/catalog.js';
import type { Verification } from '../../../verify/verify.js';

// A made-up day of some seconds, sound in all, and what is said when something of it is otherwise.

const BEGUN = Date.UTC(2026, 10, 24, 6);
const DAY = 9_500;
const OWNER = { boot: 'b', pid: 7, started: '1' };

interface Day {
  seen: Witnessed;
  evidence: Evidence;
}

/** No two attempts have the same. */
const premiseOf = (number: number) => ({ place: `place-${number}` });

function call(index: number, at: number, more: Partial<Call> = {}): Call {
  return {
    ...{ index, at: BEGUN + at, endedAt: BEGUN + at + 200, kind: 'story', text: `# ${index}\n\n글`, shelf: 'stories' },
    premise: premiseOf(index + 1),
    ...{ usage: toUsage(10 + index, 20), continues: null, whole: '', written: '', squall: null },
    ...{ sent: true, killed: false, retryAfterMs: null },
    ...more,
  };
}

const attempt = (at: number, number: number): AttemptRecord => ({
  ...{ type: 'attempt', at: BEGUN + at, number, premise: premiseOf(number), at_most: { tokens: 1, cost_usd: null } },
});

const story = (index: number, at: number): StoryRecord => ({
  ...{ type: 'outcome', kind: 'story', at: BEGUN + at, usage: toUsage(10 + index, 20), cost_usd: null },
  ...{ name: `story-${index}`, generation_ms: 200 },
});

const overloaded = (at: number): FailureRecord => ({
  ...{ type: 'outcome', kind: 'failure', failure: 'transient', code: 'overloaded_error', name: null },
  ...{ at: BEGUN + at, usage: toUsage(0, 0), cost_usd: null },
});

/** Two stories and an overload between them. */
function soundDay(): Day {
  const squall = { lane: 'answers', kind: 'overload', at: 0, times: 1, share: 0.5 } as const;
  const calls = [
    call(0, 100),
    call(1, 4000, { kind: 'overload', text: null, shelf: null, usage: toUsage(0, 0), squall }),
    call(2, 4500),
  ];
  const records: LedgerRecord[] = [
    { type: 'begin', at: BEGUN, run_id: 'run', run_name: 'r', owner: OWNER, new_run_token: null },
    ...[attempt(90, 1), story(0, 350), attempt(3990, 2), overloaded(4250), attempt(4490, 3), story(2, 4750)],
    { type: 'end', at: BEGUN + DAY + 3, reason: 'duration', over: true },
  ];
  const final = {
    ...{ event: 'run_finished', over: true, stories: 2, set_aside: 0, attempts: 3, calls_lost_to_kills: 0 },
    tokens: toUsage(22, 40),
  };
  return {
    seen: {
      ...{ weather: 'rough', scale: { ...scaleOf(10), dayMs: DAY }, calls, squallsLeft: [], incidents: [], kills: [] },
      app: { pid: 0, status: 'stopped', restarts: 0, memoryLimit: null, exitCode: 10 },
      ...{ workersLeft: [], mostWorkers: 1, storiesWatched: 2 },
    },
    evidence: {
      texts: [0, 2].map((index) => ({ name: `story-${index}`, shelf: 'stories', text: `# ${index}\n\n글` })),
      runs: [{ id: 'run', at: BEGUN, records, attempts: attemptsOf(records) }],
      log: [final],
    },
  };
}

/** The codes of what is said of a sound day that was changed in one thing. */
function complaints(change: (day: Day) => void): string[] {
  const day = soundDay();
  change(day);
  return reckon(day.seen, day.evidence).map(({ code }) => code);
}

/** Changes what the day is made of, also what is read-only there. */
type Loose<T> = { -readonly [K in keyof T]: T[K] };
const loose = <T extends object>(value: T) => value as Loose<T>;

function withRecords(day: Day, change: (records: LedgerRecord[]) => LedgerRecord[]): void {
  const [run] = day.evidence.runs;
  assert.ok(run !== undefined);
  const records = change([...run.records]);
  loose(day.evidence).runs = [{ ...run, records, attempts: attemptsOf(records) }];
}

function withCall(day: Day, index: number, change: Partial<Call>): void {
  loose(day.seen).calls = day.seen.calls.map((each) => (each.index === index ? { ...each, ...change } : each));
}

const incident = (kind: Incident['kind'], from: number, to: number, missed: string | null = null): Came => ({
  ...{ incident: { lane: 'machine', kind, at: from, lastsMs: 1 }, from: BEGUN + from, to: BEGUN + to, missed },
});

test('a sound day is complained of in nothing', () => {
  assert.deepEqual(
    complaints(() => {}),
    [],
  );
});

describe('the reckoning notices', () => {
  const cases: [what: string, change: (day: Day) => void, codes: string[]][] = [
    [
      'a story that was dropped',
      ({ evidence }) => {
        loose(evidence).texts = evidence.texts.slice(1);
      },
      ['answer_dropped', 'final_totals'],
    ],
    [
      'a text that nobody sent',
      ({ evidence }) => {
        loose(evidence).texts = evidence.texts.map((each, at) => (at === 0 ? { ...each, text: '# 0\n\n' } : each));
      },
      ['unknown_text', 'answer_dropped'],
    ],
    [
      'a story that is there twice',
      ({ evidence }) => {
        loose(evidence).texts = [...evidence.texts, { name: 'copy', shelf: 'stories', text: '# 0\n\n글' }];
      },
      ['text_twice', 'final_totals'],
    ],
    [
      'a story among what is set aside',
      ({ evidence }) => {
        loose(evidence).texts = evidence.texts.map((each, at) => (at === 0 ? { ...each, shelf: 'set-aside' } : each));
      },
      ['misplaced', 'final_totals'],
    ],
    [
      'a call that the ledger does not know',
      (day) => withRecords(day, (records) => records.filter((each) => each.type !== 'attempt' || each.number !== 3)),
      ['unrecorded_call', 'final_totals'],
    ],
    [
      'an outcome that is not what was sent',
      (day) => withRecords(day, (all) => all.map((each) => (each.at === BEGUN + 4250 ? story(1, 4250) : each))),
      ['wrong_outcome', 'wrong_usage'],
    ],
    [
      'usage that is not what was sent',
      (day) => withRecords(day, (all) => all.map((each) => (each.at === BEGUN + 350 ? story(5, 350) : each))),
      ['wrong_usage'],
    ],
    [
      'a call without an outcome and without a kill',
      (day) => withRecords(day, (records) => records.filter(({ at }) => at !== BEGUN + 350)),
      ['lost_without_kill', 'final_totals'],
    ],
    [
      'a run that was not taken up',
      ({ evidence }) => {
        loose(evidence).runs = [...evidence.runs, { id: 'other', at: BEGUN, records: [], attempts: [] }];
      },
      ['second_run'],
    ],
    [
      'an end before the deadline',
      (day) =>
        withRecords(day, (all) => all.map((each) => (each.type === 'end' ? { ...each, at: BEGUN + DAY - 300 } : each))),
      ['ended_early'],
    ],
    [
      'an end long after it',
      (day) =>
        withRecords(day, (all) => all.map((each) => (each.type === 'end' ? { ...each, at: BEGUN + 2 * DAY } : each))),
      ['ended_late'],
    ],
    [
      'an end for another reason',
      (day) => withRecords(day, (all) => all.map((each) => (each.type === 'end' ? { ...each, reason: 'cap' } : each))),
      ['end_reason'],
    ],
    [
      'statistics that were said twice',
      ({ evidence }) => {
        loose(evidence).log = [...evidence.log, ...evidence.log];
      },
      ['finals'],
    ],
    [
      'statistics that are wrong',
      ({ evidence }) => {
        loose(evidence).log = evidence.log.map((each) => ({ ...each, tokens: toUsage(1, 1) }));
      },
      ['final_totals'],
    ],
    ['a worker that does not wait as it was asked', (day) => withCall(day, 1, { retryAfterMs: 1000 }), ['too_soon']],
    [
      'calls that are paid for while nothing can be saved',
      ({ seen }) => {
        loose(seen).incidents = [incident('folder_away', 3000, 5000)];
      },
      ['paid_while_held'],
    ],
    [
      'a worker that idles',
      (day) => {
        loose(day.seen).scale = { ...day.seen.scale, intervalMs: 1, retryMaxMs: 1 };
        withCall(day, 2, { endedAt: BEGUN + 4400 });
      },
      ['idle'],
    ],
    [
      'a calm day with too few stories',
      ({ seen }) => {
        loose(seen).weather = 'calm';
      },
      ['too_few'],
    ],
    [
      'an app that pm2 does not show as stopped',
      ({ seen }) => {
        loose(seen).app = { pid: 1, status: 'errored', restarts: 48, memoryLimit: null, exitCode: 1 };
      },
      ['pm2_status'],
    ],
    [
      'a worker that is left behind',
      ({ seen }) => {
        loose(seen).workersLeft = [4711];
      },
      ['worker_left'],
    ],
    [
      'two workers at once',
      ({ seen }) => {
        loose(seen).mostWorkers = 2;
      },
      ['two_workers'],
    ],
    [
      'a night that nobody could watch',
      ({ seen }) => {
        loose(seen).storiesWatched = 0;
      },
      ['not_watched'],
    ],
    [
      'weather that did not come',
      ({ seen }) => {
        loose(seen).incidents = [incident('restart', 1, 2, '하루가 너무 짧습니다')];
        loose(seen).squallsLeft = [{ lane: 'answers', kind: 'cut', at: 0, times: 1, share: 0.5 }];
      },
      ['weather_missed', 'weather_missed'],
    ],
    [
      'that there is nothing at all',
      ({ evidence }) => {
        loose(evidence).runs = [];
      },
      ['no_run'],
    ],
  ];
  for (const [what, change, codes] of cases) test(what, () => assert.deepEqual(complaints(change), codes));
});

test('an answer whose call a kill cut off is lost, and that is all', () => {
  const lose = (day: Day) => {
    loose(day.seen).kills = [BEGUN + 320];
    withRecords(day, (records) => records.filter(({ at }) => at !== BEGUN + 350));
    loose(day.evidence).texts = day.evidence.texts.slice(1);
    loose(day.evidence).log = day.evidence.log.map((each) => ({
      ...each,
      ...{ stories: 1, calls_lost_to_kills: 1, tokens: toUsage(12, 20) },
    }));
  };
  assert.deepEqual(complaints(lose), []);
});

test('a text that another one took in is not missing, and is not to be there as well', () => {
  const cutOff = (day: Day, left: boolean) => {
    const [first] = day.seen.calls;
    assert.ok(first !== undefined);
    withCall(day, 0, { kind: 'cut_off', text: '# 앞', shelf: 'set-aside' });
    withCall(day, 2, { kind: 'rest', premise: first.premise, continues: { ...first, text: '# 앞' } });
    withRecords(day, (all) =>
      all.map((each) => {
        if (each.type === 'attempt' && each.number === 3) return { ...each, premise: first.premise, continues: 'part' };
        if (each.at !== BEGUN + 350) return each;
        const { generation_ms: _, ...common } = story(0, 350);
        return { ...common, kind: 'part', code: 'max_tokens' };
      }),
    );
    const rest = day.evidence.texts.slice(1);
    const part = { name: 'part', shelf: 'set-aside', text: '# 앞' } as const;
    loose(day.evidence).texts = left ? [...rest, part] : rest;
    loose(day.evidence).log = day.evidence.log.map((each) => ({ ...each, stories: 1, set_aside: left ? 1 : 0 }));
  };
  assert.deepEqual(
    complaints((day) => cutOff(day, false)),
    [],
  );
  assert.deepEqual(
    complaints((day) => cutOff(day, true)),
    ['text_twice'],
  );
});

test('a call that seemed to stall on a busy machine is counted, not complained of', () => {
  const day = soundDay();
  withCall(day, 0, { sent: false });
  withRecords(day, (all) =>
    all.map((each) => (each.at === BEGUN + 350 ? { ...overloaded(350), code: 'idle_timeout', usage: null } : each)),
  );
  loose(day.evidence).texts = day.evidence.texts.slice(1);
  loose(day.evidence).log = day.evidence.log.map((each) => ({ ...each, stories: 1, tokens: toUsage(12, 20) }));
  assert.deepEqual(reckon(day.seen, day.evidence), []);
  const [run] = day.evidence.runs;
  assert.ok(run !== undefined);
  assert.equal(unplannedFailures(matchCalls(day.seen.calls, run)).length, 1);
});

test('a request that arrives only after the worker has given it up is one of the ledger', () => {
  const late = (day: Day) => {
    withCall(day, 1, { at: BEGUN + 4495, sent: false, squall: null });
    withRecords(day, (all) =>
      all.map((each) => (each.at === BEGUN + 4250 ? { ...overloaded(4250), code: 'idle_timeout', usage: null } : each)),
    );
  };
  assert.deepEqual(complaints(late), []);
});

describe('an error in the log is excused', () => {
  const holding = (at: number) => ({
    time: new Date(BEGUN + at).toISOString(),
    event: 'holding',
    err: { code: 'ENOTDIR' },
  });
  const found = (count: number): Verification => ({
    ...{ folder: '', logDir: '', wrongElsewhere: 0 },
    sections: [{ run: null, checks: [failAt('clean_log', '', [{ where: 'x', message: '' }], count)] }],
  });
  const statusOf = (verification: Verification) => verification.sections[0]?.checks[0]?.status;
  const away = incident('folder_away', 1000, 2000);

  test('where the story folder was away', () => {
    assert.equal(statusOf(excuseHolding(found(2), { log: [holding(1100), holding(1900)] }, [away])), 'note');
  });
  test('not where there is another one', () => {
    assert.equal(statusOf(excuseHolding(found(2), { log: [holding(1100)] }, [away])), 'fail');
    const log = [holding(1100), holding(1900), { ...holding(1500), err: { message: 'a defect' } }];
    assert.equal(statusOf(excuseHolding(found(2), { log }, [away])), 'fail');
  });
  test('not at another time', () => {
    assert.equal(statusOf(excuseHolding(found(1), { log: [holding(5000)] }, [away])), 'fail');
  });
});
