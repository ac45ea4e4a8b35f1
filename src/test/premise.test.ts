import assert from 'node:assert/strict';
import { cpSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { AXES, type AxisCards, createDeck, type Premise, PremiseFileProblem, readCards } from '../premise.js';
import { AXIS_CARDS, seededRandom, temporaryFolder } from './fakes.js';
import { ROOT } from './processes.js';

const SHIPPED = join(ROOT, 'config', 'premises');

/** Axes of these sizes, in the order of AXES. */
function axesOf(...sizes: number[]): AxisCards[] {
  return AXES.map((axis, i) => ({
    axis,
    label: axis,
    cards: Array.from({ length: sizes[i % sizes.length] ?? 2 }, (_, n) => ({ id: `${axis}-${n}`, text: `${n}` })),
  }));
}

function draw(axes: readonly AxisCards[], count: number, seed: number): Premise[] {
  const next = createDeck(axes, seededRandom(seed));
  return Array.from({ length: count }, next);
}

test('a premise has one card of every axis', () => {
  const [premise] = draw(AXIS_CARDS, 1, 1);
  assert.deepEqual(Object.keys(premise ?? {}), [...AXES]);
});

test('no card comes back before its axis is used up', () => {
  const axes = axesOf(2, 3, 5, 7, 40, 41);
  for (let seed = 1; seed <= 20; seed++) {
    const premises = draw(axes, 200, seed);
    for (const { axis, cards } of axes) {
      for (let from = 0; from + cards.length <= premises.length; from += cards.length) {
        const dealt = premises.slice(from, from + cards.length).map((premise) => premise[axis].id);
        assert.equal(new Set(dealt).size, cards.length, `${axis} from ${from}, seed ${seed}`);
      }
    }
  }
});

test('no card comes twice in a row, across reshuffles too', () => {
  for (let seed = 1; seed <= 200; seed++) {
    const premises = draw(axesOf(2, 3, 4, 5, 6, 7), 60, seed);
    for (const axis of AXES) {
      const twice = premises.findIndex((premise, i) => premise[axis].id === premises[i - 1]?.[axis].id);
      assert.equal(twice, -1, `${axis}, seed ${seed}`);
    }
  }
});

test('every order of a small axis comes up', () => {
  const orders = new Set<string>();
  for (let seed = 1; seed <= 200; seed++) {
    orders.add(
      draw(axesOf(3), 3, seed)
        .map((premise) => premise.place.id)
        .join(),
    );
  }
  assert.equal(orders.size, 6);
});

test('two decks with random numbers of their own deal different premises', () => {
  const axes = readCards(SHIPPED);
  assert.notDeepEqual(draw(axes, 5, 1), draw(axes, 5, 2));
  assert.deepEqual(draw(axes, 5, 1), draw(axes, 5, 1));
});

test('the cards that we ship are distinct, by id and by text', () => {
  const axes = readCards(SHIPPED);
  assert.deepEqual(
    axes.map(({ axis }) => axis),
    [...AXES],
  );
  for (const { axis, cards } of axes) {
    assert.equal(new Set(cards.map(({ id }) => id)).size, cards.length, axis);
    assert.equal(new Set(cards.map(({ text }) => text.replace(/\s+/g, ''))).size, cards.length, axis);
    for (const { id, text } of cards) {
      assert.match(id, /^[a-z0-9]+(-[a-z0-9]+)*$/);
      assert.match(text, /^[가-힣0-9].*\S$/);
      assert.equal(text, text.normalize('NFC'));
    }
  }
  const texts = axes.flatMap(({ cards }) => cards.map(({ text }) => text));
  assert.equal(new Set(texts).size, texts.length);
});

function copyOfShipped(t: TestContext): string {
  const folder = temporaryFolder(t);
  cpSync(SHIPPED, folder, { recursive: true });
  return folder;
}

const CARD = { id: 'a', text: '가' };

const MALFORMED: [name: string, content: unknown, words: RegExp][] = [
  ['text that is no JSON', '{', /JSON/],
  ['null', null, /./],
  ['a list', [CARD], /label.*cards/],
  ['no label', { cards: [CARD, { id: 'b', text: '나' }] }, /label/],
  ['no cards', { label: '두려움' }, /cards/],
  ['cards that are no list', { label: '두려움', cards: { a: '가' } }, /cards/],
  ['a card that is a text', { label: '두려움', cards: [CARD, '나'] }, /id와 text.*나/],
  ['a card of null', { label: '두려움', cards: [CARD, null] }, /id와 text/],
  ['a card without text', { label: '두려움', cards: [CARD, { id: 'lonely' }] }, /id와 text.*lonely/],
  ['a card with an empty text', { label: '두려움', cards: [CARD, { id: 'b', text: '' }] }, /id와 text/],
  ['two cards of one id', { label: '두려움', cards: [CARD, { id: 'a', text: '나' }] }, /같은 id/],
  ['one card', { label: '두려움', cards: [CARD] }, /두 장 이상/],
];

for (const [name, content, words] of MALFORMED) {
  test(`a file of cards with ${name} is refused by its path`, (t) => {
    const folder = copyOfShipped(t);
    const path = join(folder, 'fear.json');
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
    assert.throws(
      () => readCards(folder),
      (error) => error instanceof PremiseFileProblem && error.message.includes(path) && words.test(error.message),
    );
  });
}

test('a missing file of cards is named', (t) => {
  const folder = copyOfShipped(t);
  rmSync(join(folder, 'turn.json'));
  assert.throws(() => readCards(folder), { name: 'PremiseFileProblem', message: /turn\.json/ });
});

/** The ids drawn so far by axis, as a ledger has them. */
function drawnIn(premises: readonly Premise[]): Record<string, string[]> {
  return Object.fromEntries(AXES.map((axis) => [axis, premises.map((premise) => premise[axis].id)]));
}

test('interrupted anywhere and taken up, no card comes twice within a round, nor twice in a row', () => {
  const axes = axesOf(2, 3, 5, 7, 11, 4);
  for (let interruption = 0; interruption <= 24; interruption++) {
    for (let seed = 1; seed <= 10; seed++) {
      const before = draw(axes, interruption, seed);
      const next = createDeck(axes, seededRandom(seed + 1000), drawnIn(before));
      const premises = [...before, ...Array.from({ length: 30 }, next)];
      for (const { axis, cards } of axes) {
        const ids = premises.map((premise) => premise[axis].id);
        for (let from = 0; from + cards.length <= ids.length; from += cards.length) {
          const round = new Set(ids.slice(from, from + cards.length));
          assert.equal(
            round.size,
            cards.length,
            `${axis} from ${from}, interrupted after ${interruption}, seed ${seed}`,
          );
        }
        const twice = ids.findIndex((id, i) => id === ids[i - 1]);
        assert.equal(twice, -1, `${axis}, interrupted after ${interruption}, seed ${seed}`);
      }
    }
  }
});

test('interrupted after every single story, the deck goes on like one that was not', () => {
  const axes = axesOf(2, 3, 5, 7, 11, 4);
  const premises: Premise[] = [];
  for (let n = 0; n < 60; n++) premises.push(createDeck(axes, seededRandom(n), drawnIn(premises))());
  for (const { axis, cards } of axes) {
    for (let from = 0; from + cards.length <= premises.length; from += cards.length) {
      const round = premises.slice(from, from + cards.length).map((premise) => premise[axis].id);
      assert.equal(new Set(round).size, cards.length, `${axis} from ${from}`);
    }
  }
});

test('cards drawn once that are no longer there, or others that are new, stop nothing', () => {
  const gone = { place: ['a', 'b', 'place-0'], time: [], unheard: ['x'] };
  const next = createDeck(axesOf(2), seededRandom(1), gone);
  for (let n = 0; n < 10; n++) assert.deepEqual(Object.keys(next()), [...AXES]);
});
