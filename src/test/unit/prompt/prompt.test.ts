import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { premiseIn } from '../../../offline/author.js';
import { idsOf, readCards } from '../../../prompt/cards.js';
import { DeckState } from '../../../prompt/deck-state.js';
import { composePrompt } from '../../../prompt/prompt.js';
import { AXIS_CARDS, PREMISE, seededRandom } from '../../helpers/fakes.js';
import { ROOT } from '../../helpers/processes.js';

const PLAIN = { template: null, request: null };

test('the request lists every card under the Korean name of its axis', () => {
  const { user } = composePrompt(PREMISE, AXIS_CARDS, PLAIN);
  for (const { axis, label } of AXIS_CARDS)
    assert.ok(
      user.includes(`- ${label}: ${PREMISE[axis].text}\n`) || user.endsWith(`- ${label}: ${PREMISE[axis].text}`),
      axis,
    );
});

test('the premise can be read in a request, card by card', () => {
  const axes = readCards(join(ROOT, 'config', 'premises'));
  const { premise } = new DeckState(axes).choose(seededRandom(5));
  const { user } = composePrompt(premise, axes, PLAIN);
  const body = { model: 'm', max_tokens: 1, stream: true, messages: [{ role: 'user', content: user }] } as const;
  const request = { body: { ...body, messages: [...body.messages] }, headers: {} };
  assert.deepEqual(premiseIn(request, axes), idsOf(premise));
  const { place: _, ...others } = idsOf(premise);
  const without = axes.map((each) => (each.axis === 'place' ? { ...each, cards: [] } : each));
  assert.deepEqual(premiseIn(request, without), others);
});

test('the system text is the same for every story, so that it can be cached', () => {
  const changed = { ...PREMISE, place: { id: 'other', text: '다른 장소' } };
  const one = composePrompt(PREMISE, AXIS_CARDS, PLAIN);
  const other = composePrompt(changed, AXIS_CARDS, { template: { name: 't.json', text: '틀' }, request: '요청' });
  assert.equal(one.system, other.system);
  assert.notEqual(one.user, other.user);
});

test('the system text asks for a Korean story with a heading, whole, of a length that counts as one', () => {
  const { system } = composePrompt(PREMISE, AXIS_CARDS, PLAIN);
  assert.match(system, /한국어/);
  assert.match(system, /"# 제목"/);
  assert.match(system, /3,000자에서 4,000자/);
});

test('the same premise gives the same request', () => {
  assert.deepEqual(composePrompt(PREMISE, AXIS_CARDS, PLAIN), composePrompt(PREMISE, AXIS_CARDS, PLAIN));
});

test('a template and a wish come after the cards, the wish last', () => {
  const { user } = composePrompt(PREMISE, AXIS_CARDS, {
    template: { name: 'night.json', text: '[문체]\n- 짧은 문장' },
    request: '고양이가 나오게 해 주세요 $& {0}',
  });
  const cards = user.indexOf(PREMISE.turn.text);
  const template = user.indexOf('[문체]\n- 짧은 문장');
  assert.ok(cards >= 0 && template > cards);
  assert.ok(user.endsWith('고양이가 나오게 해 주세요 $& {0}'));
  assert.doesNotMatch(user, /night\.json/);
});

test('without a template and a wish nothing is said of either', () => {
  const { user } = composePrompt(PREMISE, AXIS_CARDS, PLAIN);
  assert.doesNotMatch(user, /다음 틀|특별한 요청|null|undefined/);
});

test('the titles and openings of recent stories are named, to be kept away from', () => {
  const recent = [
    { title: '반품 구역', opening: '나는 상자를 내려놓았다.' },
    { title: '빈 외투', opening: '첫눈이 내렸다.' },
  ];
  const { system, user } = composePrompt(PREMISE, AXIS_CARDS, PLAIN, recent);
  assert.match(user, /닮지 않게[\s\S]*「반품 구역」 나는 상자를 내려놓았다\.\n- 「빈 외투」 첫눈이 내렸다\./);
  assert.equal(system, composePrompt(PREMISE, AXIS_CARDS, PLAIN).system);
  assert.doesNotMatch(composePrompt(PREMISE, AXIS_CARDS, PLAIN, []).user, /최근/);
});
