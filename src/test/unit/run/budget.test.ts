import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { toUsage } from '../../../api/usage.js';
import type { Premise } from '../../../prompt/cards.js';
import { composePrompt, longestPrompt } from '../../../prompt/prompt.js';
import { readCards } from '../../../prompt/read-cards.js';
import { type Caps, capInTheWay, nearCaps, spent, worstCase } from '../../../run/budget.js';
import type { AttemptRecord } from '../../../run/ledger.js';
import { INITIAL_RUN_STATE, type RunState } from '../../../run/run-state.js';
import { EMPTY_STATISTICS } from '../../../run/statistics.js';
import { ROOT } from '../../helpers/processes.js';
import { attempt } from '../../helpers/records.js';

const PRICE = { input: 2, output: 10 };
const NO_CAPS: Caps = { tokens: null, costUsd: null };
/** 1,000 tokens, 0.006 dollars. */
const CALL = toUsage(500, 500);

/** A run that has used so much. */
function used(tokens: number, costUsd: number | null, more: Partial<RunState> = {}): RunState {
  return { ...INITIAL_RUN_STATE, statistics: { ...EMPTY_STATISTICS, tokens: toUsage(tokens, 0), costUsd }, ...more };
}

const openCall = (record: AttemptRecord) => ({ ...record, epoch: 1 });

test('a new run has spent nothing', () => {
  assert.deepEqual(spent(INITIAL_RUN_STATE), { tokens: 0, costUsd: 0 });
});

test('what is spent is what is known, and at most what is not: lost calls and the one in flight', () => {
  const state = used(1000, 0.5, {
    unknownAtMost: { tokens: 200, costUsd: 0.25 },
    open: [openCall(attempt({ at_most: { tokens: 30, cost_usd: 0.125 } }))],
  });
  assert.deepEqual(spent(state), { tokens: 1230, costUsd: 0.875 });
});

test('an open call whose price is not known counts with its tokens', () => {
  const state = used(0, null, { open: [openCall(attempt({ at_most: { tokens: 30, cost_usd: null } }))] });
  assert.deepEqual(spent(state), { tokens: 30, costUsd: 0 });
});

const TOKENS: [name: string, state: RunState, limit: number, fits: boolean][] = [
  ['a call that just fits', used(9000, null), 10_000, true],
  ['one token more than fits', used(9001, null), 10_000, false],
  ['a cap of one call', used(0, null), 1000, true],
  ['a cap one token below one call', used(0, null), 999, false],
  [
    'unknown calls that leave just enough',
    used(0, null, { unknownAtMost: { tokens: 9000, costUsd: 0 } }),
    10_000,
    true,
  ],
  [
    'unknown calls that leave too little',
    used(1, null, { unknownAtMost: { tokens: 9000, costUsd: 0 } }),
    10_000,
    false,
  ],
  [
    'an open call that leaves too little',
    used(1, null, { open: [openCall(attempt({ at_most: { tokens: 9000, cost_usd: 1 } }))] }),
    10_000,
    false,
  ],
];

for (const [name, state, limit, fits] of TOKENS) {
  test(`the cap on tokens, ${name}: ${fits ? 'the call is made' : 'the run ends'}`, () => {
    const hit = { cap: 'tokens', used: spent(state).tokens, limit };
    assert.deepEqual(capInTheWay({ ...NO_CAPS, tokens: limit }, state, CALL, null), fits ? null : hit);
  });
}

/** 0.5 dollars. */
const DEAR = toUsage(0, 50_000);

const COSTS: [name: string, state: RunState, limit: number, fits: boolean][] = [
  ['a call that just fits', used(0, 1.5), 2, true],
  ['a little more than fits', used(0, 1.5001), 2, false],
  ['nothing spent yet', used(0, null), 0.5, true],
  ['a cap below one call', used(0, null), 0.4999, false],
  ['unknown calls that leave just enough', used(0, 1, { unknownAtMost: { tokens: 0, costUsd: 0.5 } }), 2, true],
  ['unknown calls that leave too little', used(0, 1.25, { unknownAtMost: { tokens: 0, costUsd: 0.5 } }), 2, false],
  [
    'an open call that leaves too little',
    used(0, 1, { open: [openCall(attempt({ at_most: { tokens: 0, cost_usd: 0.75 } }))] }),
    2,
    false,
  ],
];

for (const [name, state, limit, fits] of COSTS) {
  test(`the cap on costs, ${name}: ${fits ? 'the call is made' : 'the run ends'}`, () => {
    const hit = { cap: 'cost', used: spent(state).costUsd, limit };
    assert.deepEqual(capInTheWay({ ...NO_CAPS, costUsd: limit }, state, DEAR, PRICE), fits ? null : hit);
  });
}

test('without caps there is always room', () => {
  assert.equal(capInTheWay(NO_CAPS, used(1e12, 1e9), CALL, PRICE), null);
});

test('a model that costs nothing never meets the cap on costs', () => {
  assert.equal(capInTheWay({ ...NO_CAPS, costUsd: 0.01 }, used(1e9, 0), CALL, { input: 0, output: 0 }), null);
});

test('of two caps in the way the one on tokens is named', () => {
  assert.equal(capInTheWay({ tokens: 1, costUsd: 0.0001 }, INITIAL_RUN_STATE, CALL, PRICE)?.cap, 'tokens');
});

test('a warning is due at four fifths of a cap, and not before', () => {
  const caps: Caps = { tokens: 10_000, costUsd: 10 };
  assert.deepEqual(nearCaps(caps, used(7999, 7.99)), []);
  assert.deepEqual(nearCaps(caps, used(8000, 7.99)), [{ cap: 'tokens', used: 8000, limit: 10_000 }]);
  assert.deepEqual(nearCaps(caps, used(7999, 8)), [{ cap: 'cost', used: 8, limit: 10 }]);
  assert.deepEqual(
    nearCaps(caps, used(20_000, 20)).map(({ cap }) => cap),
    ['tokens', 'cost'],
  );
  assert.deepEqual(nearCaps(NO_CAPS, used(1e9, 1e9)), []);
});

test('a warning counts unknown calls too', () => {
  const state = used(0, null, { unknownAtMost: { tokens: 8000, costUsd: 0 } });
  assert.equal(nearCaps({ ...NO_CAPS, tokens: 10_000 }, state).length, 1);
});

// A byte-level tokenizer, as every current model has, makes of a text at most one token a byte.
for (const [name, text, bytes] of [
  ['ASCII', 'It was dark.', 12],
  ['Korean', '반품 구역', 13],
  ['an emoji of many parts', '👩‍👩‍👧', 18],
  ['a lone surrogate', '\ud83d', 3],
  ['nothing', '', 0],
] as const) {
  test(`the most that a prompt of ${name} can be is its bytes, and the answer's max_tokens`, () => {
    assert.deepEqual(worstCase({ system: text, user: '' }, 16_000), toUsage(bytes, 16_000));
    assert.deepEqual(worstCase({ system: text, user: text }, 1), toUsage(2 * bytes, 1));
    assert.ok(bytes >= [...text].length);
  });
}

test('the longest prompt of the cards that we ship is as long as any', () => {
  const axes = readCards(join(ROOT, 'config', 'premises'));
  const style = { template: null, request: '고양이' };
  const longest = worstCase(longestPrompt(axes, style), 1).input_tokens;
  for (const { axis, cards } of axes) {
    for (const card of cards) {
      const base = Object.fromEntries(axes.map((each) => [each.axis, each.cards[0]])) as Premise;
      const prompt = composePrompt({ ...base, [axis]: card }, axes, style);
      assert.ok(worstCase(prompt, 1).input_tokens <= longest, card.id);
    }
  }
});
