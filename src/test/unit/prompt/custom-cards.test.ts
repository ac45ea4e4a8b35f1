import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { addCustomCards } from '../../../prompt/custom-cards.js';
import { CardFileError } from '../../../prompt/read-cards.js';
import { AXIS_CARDS, PREMISE, temporaryFolder } from '../../helpers/fakes.js';

function own(t: TestContext, content: unknown) {
  const path = join(temporaryFolder(t), 'cards.json');
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return addCustomCards(AXIS_CARDS, path);
}

const cardsOf = (axes: ReturnType<typeof own>, wanted: string) => axes.find(({ axis }) => axis === wanted)?.cards ?? [];

test('cards of a file of the user join those of the project, axis by axis', (t) => {
  const axes = own(t, { place: ['할머니 댁 다락', { id: 'well', text: ' 마른 우물 ' }], fear: [] });
  const [first, second, attic, well] = cardsOf(axes, 'place');
  assert.deepEqual([first, second], AXIS_CARDS.find(({ axis }) => axis === 'place')?.cards);
  assert.deepEqual([attic?.text, well], ['할머니 댁 다락', { id: 'well', text: '마른 우물' }]);
  assert.equal(cardsOf(axes, 'fear').length, 2);
});

test('cards of the user can bring tags, require and exclude them, and have a note', (t) => {
  const place = { text: '마른 우물', tags: ['well'], excludes: ['ladder'] };
  const device = { text: '두레박', requires: ['well'], tags: ['ladder-free'], note: '줄이 짧다' };
  const presence = { text: '사다리를 든 사람', tags: ['ladder'] };
  const axes = own(t, { place: [place], device: [device], presence: [presence] });
  const { id: _, ...bucket } = cardsOf(axes, 'device').at(-1) ?? { id: '' };
  assert.deepEqual(bucket, device);
});

test('a card without an id keeps the same one as long as its text is the same', (t) => {
  const ids = [['다락'], ['지하', '다락'], ['다락방']].map(
    (texts) => cardsOf(own(t, { place: texts }), 'place').at(-1)?.id,
  );
  assert.equal(ids[0], ids[1]);
  assert.notEqual(ids[0], ids[2]);
});

for (const [name, content, words] of [
  ['no JSON', '{', /JSON/],
  ['a list', [], /객체/],
  ['an axis that is none', { plaec: ['다락'] }, /모르는 소재 plaec \(쓸 수 있는 것: person, place/],
  ['an axis without a list', { place: '다락' }, /배열/],
  ['an empty text', { place: [' '] }, /한 줄짜리/],
  ['a text of two lines', { place: ['다락\n그리고'] }, /한 줄짜리/],
  ['a text that is too long', { place: ['가'.repeat(201)] }, /200자/],
  ['a card without a text', { place: [{ id: 'x' }] }, /한 줄짜리.*"x"/],
  ['null for a card', { place: [null] }, /한 줄짜리/],
  ['an empty id', { place: [{ id: '', text: '다락' }] }, /id/],
  ['the id of another card', { place: [{ id: PREMISE.place.id, text: '다락' }] }, /같은 카드.*다락/],
  ['the text of another card', { place: [PREMISE.place.text] }, /같은 카드/],
  ['a card twice', { place: ['다락', '다락'] }, /같은 카드/],
  ['tags that are no list', { place: [{ text: '다락', tags: 'high' }] }, /"다락": tags/],
  ['a tag that is nowhere', { place: [{ text: '다락', requires: ['hihg'] }] }, /place: 카드 "own-.*hihg/],
  [
    'a card that can never be dealt',
    {
      time: [
        { text: '낮', tags: ['light'] },
        { text: '밤', tags: ['dark'] },
      ],
      place: [{ id: 'attic', text: '다락', requires: ['light', 'dark'] }],
    },
    /place: 카드 "attic" \(다락\): 함께 뽑을 수 있는 카드가 없어/,
  ],
] as const) {
  test(`a file with ${name} is refused, and told by its path`, (t) => {
    assert.throws(
      () => own(t, content),
      (error) => error instanceof CardFileError && words.test(error.message) && error.message.includes('cards.json'),
    );
  });
}

test('a file that is not there is refused', () => {
  assert.throws(() => addCustomCards(AXIS_CARDS, '/nowhere/cards.json'), CardFileError);
});
