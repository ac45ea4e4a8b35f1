import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../../lib/random.js';
import { spent } from '../../../run/budget.js';
import type { BeginRecord, LedgerRecord } from '../../../run/ledger.js';
import { applyRecord, INITIAL_RUN_STATE } from '../../../run/run-state.js';
import { CallTracker } from '../../../verify/folder/call-tracker.js';
import { attempt, DEAD, end, failure, history, part, story } from '../../helpers/records.js';

const begin: BeginRecord = { type: 'begin', at: 0, run_id: 'r', run_name: 'default', owner: DEAD, new_run_token: null };

/** The tracker after these records, and the codes of what did not fit. */
function follow(...records: LedgerRecord[]): { tracker: CallTracker; codes: string[] } {
  const all = [begin, ...records];
  const tracker = new CallTracker(all);
  const codes = all.flatMap((record) => tracker.apply(record).misfits.map(({ code }) => code));
  return { tracker, codes };
}

test('two counts that share no code come to the same, whatever a run lives through', () => {
  for (let seed = 1; seed <= 200; seed++) {
    const records = [begin, ...history(seededRandom(seed), 120, 3, true)];
    const tracker = new CallTracker(records);
    let state = INITIAL_RUN_STATE;
    for (const record of records) {
      tracker.apply(record);
      state = applyRecord(state, record);
      const { stories, attempts, lostCalls, setAside, tokens } = state.statistics;
      const counted = { stories, attempts, lostCalls, setAside, tokens: tokens.total_tokens };
      assert.deepEqual(tracker.counts, counted, `seed ${seed}`);
      assert.deepEqual(
        tracker.open.map(({ number }) => number),
        state.open.map(({ number }) => number).sort((a, b) => a - b),
      );
      const used = spent(state);
      assert.equal(tracker.spent.tokens, used.tokens, `seed ${seed}`);
      assert.ok(Math.abs(tracker.spent.costUsd - used.costUsd) < 1e-6, `seed ${seed}`);
    }
  }
});

test('calls may be open side by side, and end in any order', () => {
  const { tracker, codes } = follow(
    attempt(),
    attempt({ number: 2 }),
    attempt({ number: 3 }),
    failure({ attempt: 2 }),
    attempt({ number: 4 }),
    story({ attempt: 4 }),
    story({ attempt: 1, name: 'b' }),
  );
  assert.deepEqual(codes, []);
  assert.deepEqual(
    tracker.streaming.map(({ number }) => number),
    [3],
  );
  assert.equal(tracker.inHand, 1);
});

test('a defect before a call is of no call, however many others are open', () => {
  const unforeseen = failure({ failure: 'unforeseen', code: 'unforeseen' });
  const { tracker, codes } = follow(attempt(), unforeseen, attempt({ number: 2 }), story({ attempt: 1 }));
  assert.deepEqual(codes, []);
  assert.deepEqual(
    tracker.streaming.map(({ number }) => number),
    [2],
  );
  // Numbers may count it, and nothing else.
  assert.deepEqual(follow(attempt(), unforeseen, attempt({ number: 3 }), story({ attempt: 1 })).codes, []);
  assert.deepEqual(follow(attempt(), attempt({ number: 3 })).codes, ['attempt_number']);
});

test('the end of a run leaves no call open unless it was forced', () => {
  const open = [attempt(), attempt({ number: 2 }), story({ attempt: 1 })];
  const codesAt = (reason: string) => follow(...open, end({ reason })).codes;
  assert.deepEqual(codesAt('count'), ['call_without_outcome']);
  assert.deepEqual(codesAt('exhausted'), ['call_without_outcome']);
  assert.deepEqual(codesAt('signal'), ['call_given_up']);
  assert.deepEqual(codesAt('aborted'), []);
  assert.deepEqual(codesAt('uncaught'), []);
});

test('a text is finished by the call that asked for its rest, and asked for once', () => {
  const cut = [attempt(), part({ attempt: 1, name: 'cut' })];
  const rest = attempt({ number: 2, continues: 'cut' });
  assert.deepEqual(follow(...cut, rest, story({ attempt: 2, completes: 'cut' })).codes, []);
  assert.deepEqual(follow(...cut, rest, attempt({ number: 3, continues: 'cut' })).codes, ['part_order']);
  assert.deepEqual(follow(...cut, attempt({ number: 2 }), story({ attempt: 2, completes: 'cut' })).codes, [
    'part_order',
  ]);
  // While its rest is not asked for, it is in hand.
  assert.equal(follow(...cut).tracker.inHand, 1);
});

test('a snapshot of version 1 has one call or none', () => {
  const state = { ...INITIAL_RUN_STATE, epoch: 1, open: null } as unknown as typeof INITIAL_RUN_STATE;
  assert.deepEqual(follow({ type: 'snapshot', at: 5, state }, attempt(), failure()).codes, []);
  const one = { ...state, open: attempt() } as unknown as typeof INITIAL_RUN_STATE;
  assert.deepEqual(follow({ type: 'snapshot', at: 5, state: one }, failure(), attempt({ number: 2 })).codes, []);
});
