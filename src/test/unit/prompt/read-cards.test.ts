import assert from 'node:assert/strict';
import { cpSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { AXES } from '../../../prompt/cards.js';
import { CardFileError, readCards } from '../../../prompt/read-cards.js';
import { temporaryFolder } from '../../helpers/fakes.js';
import { ROOT } from '../../helpers/processes.js';

const SHIPPED = join(ROOT, 'config', 'premises');

test('the cards that we ship are distinct, by id and by text', () => {
  const axes = readCards(SHIPPED);
  assert.deepEqual(
    axes.map(({ axis }) => axis),
    [...AXES],
  );
  assert.deepEqual(
    axes.map(({ label }) => label),
    ['인물', '장소', '시간', '두려움', '존재', '장치', '반전', '구조', '서술 형식'],
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
  ['tags that are no list', { label: '두려움', cards: [CARD, { id: 'b', text: '나', tags: 'x' }] }, /"b": tags/],
  [
    'a tag that is no text',
    { label: '두려움', cards: [CARD, { id: 'b', text: '나', excludes: [1] }] },
    /"b": excludes/,
  ],
  [
    'a tag with a space',
    { label: '두려움', cards: [CARD, { id: 'b', text: '나', requires: ['a b'] }] },
    /"b": requires/,
  ],
  ['a note of two lines', { label: '두려움', cards: [CARD, { id: 'b', text: '나', note: 'a\nb' }] }, /"b": note/],
  ['a tag that is nowhere', { label: '두려움', cards: [CARD, { id: 'b', text: '나', requires: ['zzz'] }] }, /"b".*zzz/],
  [
    'a card that can never be dealt',
    { label: '두려움', cards: [CARD, { id: 'b', text: '나', requires: ['day', 'night'] }] },
    /"b".*한 번도 나오지 않습니다/,
  ],
];

for (const [name, content, words] of MALFORMED) {
  test(`a file of cards with ${name} is refused by its path`, (t) => {
    const folder = copyOfShipped(t);
    const path = join(folder, 'fear.json');
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
    assert.throws(
      () => readCards(folder),
      (error) => error instanceof CardFileError && error.message.includes(path) && words.test(error.message),
    );
  });
}

test('the optional fields of a card are read, and empty ones left out', (t) => {
  const folder = copyOfShipped(t);
  const cards = [
    { id: 'a', text: '가', note: ' 설명 ', tags: ['울림'], requires: [], excludes: ['night'] },
    { id: 'b', text: '나' },
  ];
  writeFileSync(join(folder, 'fear.json'), JSON.stringify({ label: '두려움', cards }));
  assert.deepEqual(readCards(folder).find(({ axis }) => axis === 'fear')?.cards, [
    { id: 'a', text: '가', note: '설명', tags: ['울림'], excludes: ['night'] },
    { id: 'b', text: '나' },
  ]);
});

test('a missing file of cards is named', (t) => {
  const folder = copyOfShipped(t);
  rmSync(join(folder, 'turn.json'));
  assert.throws(() => readCards(folder), { name: 'CardFileError', message: /turn\.json/ });
});

test('no shipped card looks like an error where its id is logged', () => {
  // The seed's grep goes over the whole log, and a story's record names its premise.
  const cards = readCards(SHIPPED).flatMap((axis) => axis.cards);
  for (const { id, text } of cards) assert.doesNotMatch(`${id} ${text}`, /error|traceback/i);
});
