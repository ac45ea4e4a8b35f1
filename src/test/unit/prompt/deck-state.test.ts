import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AXES, type AxisCards, byAxis, type Card, idsOf } from '../../../prompt/cards.js';
import { DeckState } from '../../../prompt/deck-state.js';
import { AXIS_CARDS, PREMISE, seededRandom } from '../../helpers/fakes.js';

const COMBINATION = idsOf(PREMISE);
const NOTHING_USED = byAxis((): string[] => []);

/** How the combination stands among the past ones, once it was dealt. */
function digest(): string {
  const state = new DeckState(AXIS_CARDS);
  assert.ok(state.use(COMBINATION));
  return state.snapshot().pastCombinations.toString();
}

const after = (past: string) => new DeckState(AXIS_CARDS, { used: NOTHING_USED, pastCombinations: Buffer.from(past) });

test('a combination that an earlier process has dealt is not dealt again, unless it has to be', () => {
  const past = `zzzzzz${digest()}zzzzzz`;
  assert.equal(after(past).use(COMBINATION), false);
  assert.equal(after(past).use(COMBINATION, { allowRepeat: true }), true);
});

test('where the digests of two others meet, no third one is found', () => {
  const past = `zzz${digest()}zzz`;
  assert.equal(after(past).use(COMBINATION), true);
  assert.equal(after(`${past}${digest()}`).use(COMBINATION), false);
});

/** Axes of four cards each, those of some axes replaced. */
function axesWith(own: Partial<Record<string, Card[]>>): AxisCards[] {
  return AXES.map((axis) => ({
    axis,
    label: axis,
    cards: own[axis] ?? Array.from({ length: 4 }, (_, n) => ({ id: `${axis}-${n}`, text: `${axis} ${n}` })),
  }));
}

/** One place of four has water, and every device needs it: no round can keep in step with the other. */
const SCARCE = axesWith({
  place: [
    { id: 'sea', text: '바다', tags: ['water'] },
    { id: 'hill', text: '언덕' },
    { id: 'street', text: '길' },
    { id: 'roof', text: '지붕' },
  ],
  device: [
    { id: 'buoy', text: '부표', requires: ['water'] },
    { id: 'net', text: '그물', requires: ['water'] },
    { id: 'lamp', text: '등불' },
    { id: 'rope', text: '밧줄' },
  ],
});

function dealt(axes: readonly AxisCards[], count: number, seed = 1) {
  const state = new DeckState(axes);
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => {
    const proposal = state.propose(random);
    assert.ok(state.use(idsOf(proposal.premise), proposal), 'what is proposed can be used');
    return proposal;
  });
}

test('cards that constraints keep from their round are waited for, while cards of the next round are dealt ahead', () => {
  const proposals = dealt(SCARCE, 400);
  for (const { premise } of proposals) {
    if (['buoy', 'net'].includes(premise.device.id)) assert.equal(premise.place.id, 'sea');
  }
  assert.ok(proposals.some(({ ahead }) => Object.keys(ahead).length > 0));
  for (const { cards, axis } of SCARCE) {
    for (const { id } of cards) {
      assert.ok(
        proposals.some(({ premise }) => premise[axis].id === id),
        `${id} is dealt`,
      );
    }
  }
});

test('a premise says of a card its id and text, and nothing of its constraints', () => {
  for (const { premise } of dealt(SCARCE, 8)) {
    for (const axis of AXES) assert.deepEqual(Object.keys(premise[axis]), ['id', 'text']);
  }
});

test('a card that was used in its round can be used only by a draw that says it is dealt ahead, and only once', () => {
  const state = new DeckState(SCARCE);
  const of = (place: string) => ({ ...byAxis((axis) => `${axis}-2`), place, device: 'lamp' });
  assert.ok(state.use({ place: 'sea', form: 'form-0' }));
  assert.equal(state.use({ place: 'sea', form: 'form-1' }), false);
  assert.equal(state.use({ place: 'sea', form: 'form-1' }, { ahead: { form: 1 } }), false);
  assert.ok(state.use({ place: 'sea', form: 'form-1' }, { ahead: { place: 1 } }));
  assert.equal(state.use({ place: 'sea', form: 'form-2' }, { ahead: { place: 1 } }), false);
  for (const place of ['hill', 'street', 'roof']) assert.ok(state.use({ place }));
  // The new round begins with what was dealt ahead.
  assert.equal(state.use(of('sea')), false);
  assert.ok(state.use(of('hill')));
});

test('what was dealt ahead is known after a restart', () => {
  const before = new DeckState(SCARCE);
  for (const ahead of [{}, { place: 1 }]) assert.ok(before.use({ place: 'sea' }, { ahead, allowRepeat: true }));
  const after = new DeckState(SCARCE, before.snapshot());
  for (const place of ['hill', 'street', 'roof']) assert.ok(after.use({ place }));
  assert.equal(after.use({ place: 'sea', form: 'form-0' }), false);
});

test('the same seed proposes the same', () => {
  const ids = (seed: number) => dealt(SCARCE, 20, seed).map(({ premise }) => idsOf(premise));
  assert.deepEqual(ids(3), ids(3));
  assert.notDeepEqual(ids(3), ids(4));
});
