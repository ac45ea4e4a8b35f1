import assert from 'node:assert/strict';
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { AXES, type AxisCards, idsOf, type Premise } from '../../../prompt/cards.js';
import { type DrawPremise, openDeck, peekPremise } from '../../../prompt/deck.js';
import { seededRandom, temporaryFolder } from '../../helpers/fakes.js';

let ids = 0;
const newId = () => `draw-${++ids}`;

/** Axes with 7, 8, 9, … cards, so that their rounds end at different times. */
const CARDS: AxisCards[] = AXES.map((axis, index) => ({
  axis,
  label: axis,
  cards: Array.from({ length: 7 + index }, (_, n) => ({ id: `${axis}-${n}`, text: `${axis} ${n}` })),
}));

function deckOn(folder: string, seed = 1, axes = CARDS): DrawPremise {
  return openDeck({ folder, axes, random: seededRandom(seed), newId });
}

async function drawn(count: number, ...decks: DrawPremise[]): Promise<Premise[]> {
  const premises: Premise[] = [];
  for (let i = 0; i < count; i++) {
    const deck = decks[i % decks.length];
    if (deck !== undefined) premises.push(await deck());
  }
  return premises;
}

/** Every round of every axis has each card once, and no combination comes twice. */
function assertFair(premises: readonly Premise[], axes = CARDS): void {
  for (const { axis, cards } of axes) {
    const sequence = premises.map((premise) => premise[axis].id);
    for (let start = 0; start + cards.length <= sequence.length; start += cards.length) {
      assert.equal(new Set(sequence.slice(start, start + cards.length)).size, cards.length, `${axis} from ${start}`);
    }
    sequence.forEach((id, index) => {
      assert.notEqual(id, sequence[index - 1], `${axis} twice in a row at ${index}`);
    });
  }
  const combinations = premises.map((premise) => Object.values(idsOf(premise)).join());
  assert.equal(new Set(combinations).size, premises.length);
}

function folderOf(t: TestContext): string {
  return join(temporaryFolder(t), 'stories');
}

test('no card comes back before its axis is used up, and no combination ever', async (t) => {
  assertFair(await drawn(300, deckOn(folderOf(t))));
});

test('the same seed on an empty folder draws the same', async (t) => {
  const [first, second, other] = await Promise.all([
    drawn(20, deckOn(folderOf(t), 5)),
    drawn(20, deckOn(folderOf(t), 5)),
    drawn(20, deckOn(folderOf(t), 6)),
  ]);
  assert.deepEqual(first, second);
  assert.notDeepEqual(first, other);
});

test('a restart at any point goes on with what is left', async (t) => {
  const folder = folderOf(t);
  const premises: Premise[] = [];
  for (let life = 0; life < 60; life++) premises.push(...(await drawn(1 + (life % 4), deckOn(folder, life))));
  assertFair(premises);
});

test('workers that take turns share one deck', async (t) => {
  const folder = folderOf(t);
  assertFair(await drawn(200, deckOn(folder, 1), deckOn(folder, 2), deckOn(folder, 3)));
});

test('workers that draw at the same time never get the same card of a round', async (t) => {
  const folder = folderOf(t);
  const decks = [1, 2, 3, 4].map((seed) => deckOn(folder, seed));
  const rounds: Premise[] = [];
  for (let i = 0; i < 40; i++) rounds.push(...(await Promise.all(decks.map((deck) => deck()))));
  for (const { axis, cards } of CARDS) {
    const counts = new Map<string, number>();
    for (const premise of rounds) counts.set(premise[axis].id, (counts.get(premise[axis].id) ?? 0) + 1);
    const values = cards.map(({ id }) => counts.get(id) ?? 0);
    assert.ok(Math.max(...values) - Math.min(...values) <= 1, `${axis}: ${values.join()}`);
  }
  assert.equal(new Set(rounds.map((premise) => Object.values(idsOf(premise)).join())).size, rounds.length);
});

/** Half of the devices need water, which one place of eight has: their rounds cannot keep in step. */
const SCARCE = CARDS.map(({ cards, ...axis }) => ({
  ...axis,
  cards: cards.map((card, n) => {
    if (axis.axis === 'place') return n === 0 ? { ...card, tags: ['water'] } : card;
    return axis.axis === 'device' && n % 2 === 0 ? { ...card, requires: ['water'] } : card;
  }),
}));

test('workers with restarts in between deal cards with constraints alike, and never what does not fit', async (t) => {
  const folder = folderOf(t);
  const premises: Premise[] = [];
  for (let life = 0; life < 40; life++) {
    const decks = [1, 2, 3].map((seed) => deckOn(folder, 3 * life + seed, SCARCE));
    for (let i = 0; i < 2; i++) premises.push(...(await Promise.all(decks.map((deck) => deck()))));
  }
  const needsWater = (id: string) => Number(id.slice('device-'.length)) % 2 === 0;
  for (const { device, place } of premises) assert.ok(!needsWater(device.id) || place.id === 'place-0');
  const lines = readFileSync(join(folder, '.deck.jsonl'), 'utf8').trim().split('\n');
  assert.ok(
    lines.some((line) => line.includes('"ahead":{')),
    'the case occurs',
  );
  for (const { axis, cards } of SCARCE) {
    if (axis === 'device' || axis === 'place') continue;
    const times = cards.map(({ id }) => premises.filter((premise) => premise[axis].id === id).length);
    assert.ok(Math.max(...times) - Math.min(...times) <= 2, `${axis}: ${times.join()}`);
  }
});

test('a torn last line, wherever it is torn, costs nothing but that draw', async (t) => {
  const folder = folderOf(t);
  const path = join(folder, '.deck.jsonl');
  await drawn(3, deckOn(folder));
  const content = readFileSync(path, 'utf8');
  const lastLine = content.slice(content.trimEnd().lastIndexOf('\n') + 1);
  const before = content.slice(0, content.length - lastLine.length);
  for (const length of [1, 20, lastLine.length - 2]) {
    writeFileSync(path, before + lastLine.slice(0, length));
    const [premise] = await drawn(1, deckOn(folder, 9));
    const [again] = await drawn(1, deckOn(folder, 9));
    assert.ok(premise !== undefined && again !== undefined);
    for (const axis of AXES) assert.notEqual(premise[axis].id, again[axis].id);
  }
});

test('a line of an earlier version, which knew fewer axes, counts for those it names', async (t) => {
  const folder = folderOf(t);
  const path = join(folder, '.deck.jsonl');
  const before = await drawn(7, deckOn(folder));
  const older = before.map((premise, index) => {
    const { person: _, form: __, ...premiseIds } = idsOf(premise);
    return JSON.stringify({ id: `old-${index}`, premise: premiseIds });
  });
  writeFileSync(path, `${older.join('\n')}\n`);
  const [next] = await drawn(1, deckOn(folder, 2));
  assert.ok(next !== undefined);
  for (const axis of AXES.filter((name) => name !== 'person' && name !== 'form')) {
    assert.ok(!before.some((premise) => premise[axis].id === next[axis].id), axis);
  }
});

test('foreign lines are passed over', async (t) => {
  const folder = folderOf(t);
  const deck = deckOn(folder);
  await drawn(2, deck);
  appendFileSync(join(folder, '.deck.jsonl'), 'hello\n{"id":3}\nnull\n\n');
  await drawn(2, deck);
});

test('a file that is moved away is made anew, and this worker does not forget', async (t) => {
  const folder = folderOf(t);
  const deck = deckOn(folder);
  const before = await drawn(3, deck);
  rmSync(join(folder, '.deck.jsonl'));
  assertFair([...before, ...(await drawn(4, deck))]);
});

test('cards that were added or removed since are drawn or left out', async (t) => {
  const folder = folderOf(t);
  await drawn(5, deckOn(folder));
  const more = CARDS.map((axis) => ({ ...axis, cards: [...axis.cards.slice(1), { id: 'new', text: 'new' }] }));
  const premises = await drawn(30, deckOn(folder, 2, more));
  for (const { axis } of more) {
    const seen = new Set(premises.map((premise) => premise[axis].id));
    assert.ok(seen.has('new'));
    assert.ok(!seen.has(`${axis}-0`));
  }
});

test('cards so few that their combinations run out are dealt again, and fairly', async (t) => {
  const few = CARDS.map((axis) => ({ ...axis, cards: axis.cards.slice(0, 2) }));
  const premises = await drawn(70, deckOn(folderOf(t), 3, few));
  for (const { axis } of few) {
    premises.forEach((premise, index) => {
      assert.notEqual(premise[axis].id, premises[index - 1]?.[axis].id);
    });
  }
});

/** How many bytes of the deck's file a digest stands for, and how many combinations it knows. */
function digestIn(folder: string): { read: number; combinations: number } {
  const [head = '', came = ''] = readFileSync(join(folder, '.deck.digest'), 'utf8').split('\n');
  return { read: (JSON.parse(head) as { read: number }).read, combinations: came.length / 6 };
}

test('a start reads what is used up from a digest, and only the latest lines from the file', async (t) => {
  const folder = folderOf(t);
  const path = join(folder, '.deck.jsonl');
  const before = await drawn(300, deckOn(folder));
  const content = readFileSync(path);
  const { read } = digestIn(folder);
  assert.ok(read > 0.9 * content.length && read < content.length);
  // What only the digest knows by now.
  writeFileSync(path, Buffer.concat([Buffer.alloc(1000, '\n'), content.subarray(1000)]));
  assertFair([...before, ...(await drawn(300, deckOn(folder, 2)))]);
});

for (const [name, spoil] of [
  ['is gone', (digest: string) => rmSync(digest)],
  ['is torn', (digest: string) => writeFileSync(digest, readFileSync(digest, 'utf8').slice(0, 500))],
  ['lacks its end', (digest: string) => writeFileSync(digest, readFileSync(digest).subarray(0, -3))],
  ['is empty', (digest: string) => writeFileSync(digest, '')],
  [
    'is of another file',
    (digest: string) => writeFileSync(digest, readFileSync(digest, 'utf8').replace(/"check":"./, '"check":"x')),
  ],
] as const) {
  test(`a start whose digest ${name} reads the whole file`, async (t) => {
    const folder = folderOf(t);
    const before = await drawn(300, deckOn(folder));
    spoil(join(folder, '.deck.digest'));
    assertFair([...before, ...(await drawn(30, deckOn(folder, 2)))]);
    // It was written anew, from all that was drawn.
    const { read, combinations } = digestIn(folder);
    assert.equal(
      combinations,
      readFileSync(join(folder, '.deck.jsonl')).subarray(0, read).toString().split('\n').length - 1,
    );
  });
}

test('a digest that cannot be written is no reason not to draw', async (t) => {
  const folder = folderOf(t);
  mkdirSync(join(folder, '.deck.digest'), { recursive: true });
  assertFair(await drawn(300, deckOn(folder)));
});

test('a deck that grew by many lines since is read on, by however many workers', async (t) => {
  const folder = folderOf(t);
  const [first, second] = [deckOn(folder, 1), deckOn(folder, 2)];
  const premises = await drawn(2, first, second);
  premises.push(...(await drawn(280, first)), ...(await drawn(280, second)), ...(await drawn(5, deckOn(folder, 3))));
  assertFair(premises);
});

test('a peek shows what the next draw may have, again and again, and uses nothing up', async (t) => {
  const folder = folderOf(t);
  // Past a digest, and lines that follow it.
  await drawn(40, deckOn(folder));
  const path = join(folder, '.deck.jsonl');
  const before = readFileSync(path, 'utf8');
  const peek = () => peekPremise({ folder, axes: CARDS, random: seededRandom(7) });
  const [first, second] = [await peek(), await peek()];
  assert.deepEqual(second, first);
  assert.equal(readFileSync(path, 'utf8'), before);
  assert.deepEqual(await deckOn(folder, 7)(), first);
});

test('a peek keeps to cards that the present rounds have left, whoever used the others', async (t) => {
  const folder = folderOf(t);
  const used = await drawn(6, deckOn(folder));
  for (let seed = 1; seed <= 20; seed++) {
    const { person } = await peekPremise({ folder, axes: CARDS, random: seededRandom(seed) });
    assert.ok(!used.some((premise) => premise.person.id === person.id), `${person.id} is used up`);
  }
});

test('a peek makes no folder', async (t) => {
  const folder = folderOf(t);
  await peekPremise({ folder, axes: CARDS, random: seededRandom(1) });
  assert.equal(existsSync(folder), false);
});
