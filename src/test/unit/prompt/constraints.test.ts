import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AXES, type AxisCards, type Card } from '../../../prompt/cards.js';
import { Constraints, findConstraintFault } from '../../../prompt/constraints.js';

function axesWith(own: Partial<Record<string, Card[]>>): AxisCards[] {
  return AXES.map((axis) => ({
    axis,
    label: axis,
    cards: own[axis] ?? [
      { id: `${axis}-a`, text: `${axis} a` },
      { id: `${axis}-b`, text: `${axis} b` },
    ],
  }));
}

/** All combinations of the first so many axes, and of the first card of the others. */
function combinations(axes: readonly AxisCards[]): Card[][] {
  return axes.reduce<Card[][]>((all, { cards }) => all.flatMap((some) => cards.map((card) => [...some, card])), [[]]);
}

const handsOf = (axes: readonly AxisCards[]) =>
  axes.map(({ axis, cards }) => cards.map((card) => ({ axis, card, cost: 0 })));

test('a required tag may be on any other card, and an excluded one on none', () => {
  const cellar: Card = { id: 'cellar', text: '지하실', tags: ['underground'] };
  const field: Card = { id: 'field', text: '들', tags: ['outdoors', 'wide'] };
  const snow: Card = { id: 'snow', text: '눈 오는 날', excludes: ['underground'] };
  const kite: Card = { id: 'kite', text: '연', requires: ['outdoors', 'wide'] };
  const plain: Card = { id: 'plain', text: '돌' };
  const constraints = new Constraints(axesWith({ place: [cellar, field], time: [snow], device: [kite, plain] }));
  assert.equal(constraints.allows([cellar, snow, plain]), false);
  assert.equal(constraints.allows([snow, field, kite]), true);
  assert.equal(constraints.allows([kite, cellar]), false);
  assert.equal(constraints.allows([plain, cellar]), true);
});

test('a card does not exclude itself', () => {
  const owl: Card = { id: 'owl', text: '올빼미', tags: ['bird'], excludes: ['bird'] };
  const crow: Card = { id: 'crow', text: '까마귀', tags: ['bird'] };
  const constraints = new Constraints(axesWith({ presence: [owl], device: [crow] }));
  assert.equal(constraints.allows([owl]), true);
  assert.equal(constraints.allows([owl, crow]), false);
});

test('a choice is found exactly where there is one', () => {
  // Requirements that go in a circle, and exclusions across: few of the 2 ** 9 combinations fit.
  const axes = axesWith({
    person: [
      { id: 'p1', text: '가', tags: ['a'], requires: ['b'] },
      { id: 'p2', text: '나', tags: ['c'], excludes: ['b', 'd'] },
    ],
    place: [
      { id: 'l1', text: '다', tags: ['b'], requires: ['d'] },
      { id: 'l2', text: '라', tags: ['d'], excludes: ['a'] },
    ],
    time: [
      { id: 't1', text: '마', tags: ['d'], requires: ['a'] },
      { id: 't2', text: '바', requires: ['e'] },
    ],
    form: [
      { id: 'f1', text: '사', tags: ['e'], excludes: ['c'] },
      { id: 'f2', text: '아' },
    ],
  });
  const constraints = new Constraints(axes);
  const possible = combinations(axes).filter((cards) => constraints.allows(cards));
  assert.ok(possible.length > 0 && possible.length < 200, `${possible.length}`);
  for (const { axis, cards } of axes) {
    for (const card of cards) {
      const hands = handsOf(axes).map((hand) => (hand[0]?.axis === axis ? [{ axis, card, cost: 0 }] : hand));
      const chosen = constraints.choose(hands, 0)?.map((candidate) => candidate.card) ?? null;
      assert.equal(
        chosen !== null,
        possible.some((all) => all.includes(card)),
        card.id,
      );
      if (chosen !== null) assert.ok(chosen.includes(card) && constraints.allows(chosen), card.id);
    }
  }
});

test('what costs more than the budget is not chosen', () => {
  const axes = axesWith({
    place: [
      { id: 'pier', text: '부두', tags: ['water'] },
      { id: 'hill', text: '언덕' },
    ],
    device: [{ id: 'net', text: '그물', requires: ['water'] }],
  });
  const constraints = new Constraints(axes);
  const hands = handsOf(axes).map((hand) => hand.map((one) => ({ ...one, cost: one.card.id === 'pier' ? 1 : 0 })));
  assert.equal(constraints.choose(hands, 0), null);
  assert.ok(constraints.choose(hands, 1)?.some(({ card }) => card.id === 'pier'));
});

const FAULTS: [name: string, own: Partial<Record<string, Card[]>>, card: string | null, words: RegExp][] = [
  ['cards without constraints', {}, null, /./],
  [
    'a required tag that no other axis has',
    {
      time: [
        { id: 'noon', text: '정오', requires: ['sun'] },
        { id: 'sun', text: '해', tags: ['sun'] },
      ],
    },
    'noon',
    /sun/,
  ],
  [
    'an excluded tag that is on no card',
    { time: [{ id: 'noon', text: '정오', excludes: ['undrground'] }] },
    'noon',
    /undrground/,
  ],
  [
    'a tag that is required and excluded',
    {
      time: [{ id: 'noon', text: '정오', requires: ['x'], excludes: ['x'] }],
      place: [{ id: 'l', text: '들', tags: ['x'] }],
    },
    'noon',
    /requires와 excludes/,
  ],
  [
    'a tag that is required and carried',
    {
      time: [{ id: 'noon', text: '정오', requires: ['x'], tags: ['x'] }],
      place: [{ id: 'l', text: '들', tags: ['x'] }],
    },
    'noon',
    /tags에도/,
  ],
  [
    'a card that every card of another axis excludes',
    {
      place: [
        { id: 'cave', text: '굴', tags: ['dark'] },
        { id: 'field', text: '들' },
      ],
      time: [
        { id: 'noon', text: '정오', excludes: ['dark'] },
        { id: 'dusk', text: '저녁', excludes: ['dark'] },
      ],
    },
    'cave',
    /한 번도 나오지 않습니다/,
  ],
  [
    'two requirements that no premise meets together',
    {
      place: [
        { id: 'sea', text: '바다', tags: ['water'] },
        { id: 'cave', text: '굴', tags: ['dark'] },
      ],
      device: [
        { id: 'lamp', text: '등불', requires: ['water', 'dark'] },
        { id: 'rope', text: '밧줄' },
      ],
    },
    'lamp',
    /한 번도 나오지 않습니다/,
  ],
];

for (const [name, own, card, words] of FAULTS) {
  test(`${name}: ${card === null ? 'no fault' : 'the card is named'}`, () => {
    const fault = findConstraintFault(axesWith(own));
    assert.equal(fault?.card.id ?? null, card);
    if (fault !== null) assert.match(fault.message, words);
  });
}
