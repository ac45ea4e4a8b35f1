import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { toUsage } from '../../../api/usage.js';
import type { FoundText } from '../../../chaos/artifacts.js';
import { reconcile } from '../../../chaos/reconcile.js';
import type { LedgerRecord } from '../../../run/ledger.js';
import {
  attempt,
  BEGUN,
  claim,
  type Day,
  FINAL,
  foundText,
  logOf,
  loose,
  overloaded,
  PID,
  runOf,
  soundDay,
  story,
  violations,
  withCall,
  withRecords,
} from '../../helpers/chaos/chaos-day.js';

// A sound day, and what is found when something of it is otherwise.

test('nothing is found in a sound day', () => {
  assert.deepEqual(
    violations(() => {}),
    [],
  );
});

describe('the reconciliation notices', () => {
  const cases: [what: string, change: (day: Day) => void, codes: string[]][] = [
    [
      'a story that was dropped',
      ({ artifacts }) => {
        loose(artifacts).texts = artifacts.texts.slice(1);
      },
      ['answer_dropped', 'ledger_totals', 'final_totals'],
    ],
    [
      'a text that was never sent',
      ({ artifacts }) => {
        loose(artifacts).texts = artifacts.texts.map((each, at) => (at === 0 ? { ...each, text: '# 0\n\n' } : each));
      },
      ['unknown_text', 'answer_dropped'],
    ],
    [
      'a story that is there twice',
      ({ artifacts }) => {
        loose(artifacts).texts = [...artifacts.texts, foundText(0, { name: 'copy' })];
      },
      ['text_twice', 'ledger_totals', 'final_totals'],
    ],
    [
      'a story among what is set aside',
      ({ artifacts }) => {
        loose(artifacts).texts = artifacts.texts.map((each, at) =>
          at === 0 ? { ...each, location: 'set-aside' } : each,
        );
      },
      ['misplaced', 'ledger_totals', 'final_totals'],
    ],
    [
      'a call that the ledger does not know',
      (day) => withRecords(day, (records) => records.filter((each) => each.type !== 'attempt' || each.number !== 3)),
      ['unrecorded_call', 'ledger_totals', 'final_totals'],
    ],
    [
      'an outcome that is not what was sent',
      (day) => withRecords(day, (all) => all.map((each) => (each.at === BEGUN + 4250 ? story(1, 4250) : each))),
      ['wrong_outcome', 'wrong_usage', 'ledger_totals'],
    ],
    [
      'usage that is not what was sent',
      (day) =>
        withRecords(day, (all) =>
          all.map((each) => (each.at === BEGUN + 350 ? { ...story(0, 350), usage: toUsage(15, 20) } : each)),
        ),
      ['wrong_usage', 'ledger_totals'],
    ],
    [
      'an outcome under the name of another text',
      (day) =>
        withRecords(day, (all) =>
          all.map((each) => (each.at === BEGUN + 350 ? { ...story(0, 350), name: 'other' } : each)),
        ),
      ['wrong_outcome'],
    ],
    ...(
      [
        ['usage in the metadata that is not what was sent', { usage: toUsage(1, 1) }, 'wrong_usage'],
        ['metadata of another run', { run_id: 'other' }, 'wrong_run'],
        ['metadata of another request', { request_id: 'req_000002' }, 'wrong_request'],
      ] as const
    ).map(([what, change, code]): (typeof cases)[number] => [
      what,
      ({ artifacts }) => Object.assign(artifacts.texts[0]?.metadata ?? {}, change),
      [code],
    ]),
    [
      'a story in the ledger that was never asked for',
      (day) =>
        withRecords(day, (all) => [
          ...all.slice(0, -1),
          ...[attempt(5000, 4), { ...story(3, 5200), attempt: 4 }],
          ...all.slice(-1),
        ]),
      ['call_never_made', 'ledger_totals', 'final_totals'],
    ],
    [
      'a call without an outcome and without a kill',
      (day) => withRecords(day, (records) => records.filter(({ at }) => at !== BEGUN + 350)),
      ['lost_without_kill', 'ledger_totals', 'final_totals'],
    ],
    [
      'a run that was not taken up',
      ({ artifacts }) => {
        loose(artifacts).runs = [...artifacts.runs, runOf([], 'other')];
      },
      ['second_run'],
    ],
    [
      'statistics that were said twice',
      ({ artifacts }) => {
        loose(artifacts).log = logOf(FINAL, FINAL);
      },
      ['final_records'],
    ],
    [
      'statistics that are wrong',
      ({ artifacts }) => {
        loose(artifacts).log = logOf({ ...FINAL, tokens: toUsage(1, 1) });
      },
      ['final_totals'],
    ],
    [
      'that there is nothing at all',
      ({ artifacts }) => {
        loose(artifacts).runs = [];
      },
      ['no_run'],
    ],
  ];
  for (const [what, change, codes] of cases) test(what, () => assert.deepEqual(violations(change), codes));
});

test('an answer whose call a kill cut off is lost, and that is all', () => {
  const lose = (day: Day) => {
    loose(day.observations).kills = [{ pid: PID, at: BEGUN + 320 }];
    withRecords(day, (all) => all.map((each) => (each.at === BEGUN + 350 ? claim(350) : each)));
    loose(day.artifacts).texts = day.artifacts.texts.slice(1);
    loose(day.artifacts).log = logOf({ ...FINAL, stories: 1, calls_lost_to_kills: 1, tokens: toUsage(12, 20) });
  };
  assert.deepEqual(violations(lose), []);
  // The kill of another process explains nothing.
  const blameOther = (day: Day) => {
    lose(day);
    loose(day.observations).kills = [{ pid: PID + 1, at: BEGUN + 320 }];
  };
  assert.deepEqual(violations(blameOther), ['lost_without_kill']);
  // Nor does one explain two calls, when one is made at a time.
  const loseTwo = (day: Day) => {
    lose(day);
    withRecords(day, (all) =>
      all.flatMap((each): LedgerRecord[] => (each.type === 'claim' ? [attempt(340, 9), each] : [each])),
    );
  };
  assert.deepEqual(
    violations(loseTwo).filter((code) => !code.endsWith('_totals')),
    ['lost_without_kill', 'lost_without_kill'],
  );
});

test('what had arrived of an answer that broke may be set aside, and nowhere else', () => {
  const breakOff = (location: FoundText['location'], text: string) => (day: Day) => {
    withCall(day, 1, { kind: 'cut', full: '# 1\n\n글이 있다', usage: null, sent: false });
    withRecords(day, (all) =>
      all.map((each) =>
        each.at === BEGUN + 4250 ? { ...overloaded(4250), code: 'cut', name: 'story-1', usage: null } : each,
      ),
    );
    const partial = foundText(1, { location, text });
    partial.metadata.usage = null;
    loose(day.artifacts).texts = [...day.artifacts.texts, partial];
    loose(day.artifacts).log = logOf({ ...FINAL, set_aside: 1 });
  };
  assert.deepEqual(violations(breakOff('set-aside', '# 1\n\n글이')), []);
  assert.deepEqual(violations(breakOff('stories', '# 1\n\n글이')).slice(0, 1), ['misplaced']);
  assert.deepEqual(violations(breakOff('set-aside', '# 1\n\n다른 글')).slice(0, 1), ['unknown_text']);
});

test('an answer that broke after more than a paragraph is kept', () => {
  const breakOff = (breaksAfter: number) => (day: Day) => {
    withCall(day, 1, { kind: 'cut', full: '# 1\n\n글이 있다', breaksAfter, usage: null, sent: false });
    withRecords(day, (all) =>
      all.map((each) => (each.at === BEGUN + 4250 ? { ...overloaded(4250), code: 'cut', usage: null } : each)),
    );
  };
  assert.deepEqual(violations(breakOff(100)), []);
  assert.deepEqual(violations(breakOff(1000)), ['answer_dropped']);
});

test('a cut-off text that a kill left staged is recorded as such by the next start, and by no other', () => {
  const cutOff = (records: LedgerRecord[]) => (day: Day) => {
    withCall(day, 2, { kind: 'cut_off', destination: 'set-aside' });
    withRecords(day, (all) => all.flatMap((each) => (each.at === BEGUN + 4750 ? records : [each])));
    loose(day.observations).kills = [{ pid: PID, at: BEGUN + 4740 }];
    loose(day.artifacts).texts = [foundText(0), foundText(2, { location: 'set-aside' })];
    loose(day.artifacts).log = logOf({ ...FINAL, stories: 1, set_aside: 1 });
  };
  const { generation_ms: _, nearest: __, ...common } = story(2, 4760);
  const setAside: LedgerRecord = { ...common, kind: 'failure', failure: 'incomplete', code: 'max_tokens' };
  assert.deepEqual(violations(cutOff([claim(4750), setAside])), []);
  assert.deepEqual(violations(cutOff([setAside])), ['wrong_outcome']);
});

test('of several calls at once, each belongs to the attempt with its premise', () => {
  const { observations, artifacts } = soundDay();
  const [first, , third] = observations.calls;
  const run = runOf([
    attempt(90, 1),
    attempt(95, 3),
    { ...story(2, 4750), attempt: 3 },
    { ...story(0, 4800), attempt: 1 },
  ]);
  assert.ok(first !== undefined && third !== undefined);
  const { matches, violations } = reconcile(
    { ...observations, calls: [third, first] },
    { ...artifacts, runs: [run] },
    { atRest: false, mayMissRequests: false },
  );
  assert.deepEqual(violations, []);
  assert.deepEqual(
    matches.map(({ call, attempt }) => [call.index, attempt?.record.number, attempt?.outcome?.at]),
    [
      [2, 3, BEGUN + 4750],
      [0, 1, BEGUN + 4800],
    ],
  );
});

test('a text that another one took in is not missing, and is not to be there as well', () => {
  const cutOff = (day: Day, left: boolean) => {
    const [first] = day.observations.calls;
    assert.ok(first !== undefined);
    withCall(day, 0, { kind: 'cut_off', full: '# 앞', text: '# 앞', destination: 'set-aside' });
    withCall(day, 2, { premise: first.premise, continues: { ...first, text: '# 앞' } });
    withRecords(day, (all) =>
      all.map((each) => {
        if (each.type === 'attempt' && each.number === 3)
          return { ...each, premise: first.premise, continues: 'story-0' };
        if (each.at === BEGUN + 4750) return { ...story(2, 4750), completes: 'story-0' };
        if (each.at !== BEGUN + 350) return each;
        const { generation_ms: _, ...common } = story(0, 350);
        return { ...common, kind: 'part', code: 'max_tokens' };
      }),
    );
    const rest = foundText(2);
    rest.metadata.usage = toUsage(22, 40);
    const part = foundText(0, { location: 'set-aside', text: '# 앞' });
    loose(day.artifacts).texts = left ? [rest, part] : [rest];
    loose(day.artifacts).log = logOf({ ...FINAL, stories: 1, set_aside: left ? 1 : 0 });
  };
  assert.deepEqual(
    violations((day) => cutOff(day, false)),
    [],
  );
  assert.deepEqual(
    violations((day) => cutOff(day, true)),
    ['text_twice', 'ledger_totals'],
  );
});

test('a request that arrives only after the worker has given it up is one of the ledger', () => {
  const late = (day: Day) => {
    withCall(day, 1, { at: BEGUN + 4495, sent: false });
    withRecords(day, (all) =>
      all.map((each) => (each.at === BEGUN + 4250 ? { ...overloaded(4250), code: 'idle_timeout', usage: null } : each)),
    );
  };
  assert.deepEqual(violations(late), []);
});
