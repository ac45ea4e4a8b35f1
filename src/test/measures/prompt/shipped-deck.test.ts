import assert from 'node:assert/strict';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { AXES, type Axis, idsOf, type Premise } from '../../../prompt/cards.js';
import { DeckState } from '../../../prompt/deck-state.js';
import { readCards } from '../../../prompt/read-cards.js';
import { seededRandom } from '../../helpers/fakes.js';
import { ROOT } from '../../helpers/processes.js';

const DRAWS = 10_000;
const CARDS = readCards(join(ROOT, 'config', 'premises'));

const premises: Premise[] = [];
/** By axis and card, how often it was dealt; and the widest gap within an axis that there ever was. */
const counts = new Map<string, number>();
let widestGap = 0;
let dealtAhead = 0;

before(() => {
  const deck = new DeckState(CARDS);
  const random = seededRandom(20261128);
  while (premises.length < DRAWS) {
    const proposal = deck.propose(random);
    assert.ok(deck.use(idsOf(proposal.premise), proposal));
    premises.push(proposal.premise);
    dealtAhead += Object.keys(proposal.ahead).length > 0 ? 1 : 0;
    for (const axis of AXES) {
      const key = `${axis} ${proposal.premise[axis].id}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    if (premises.length % 10 === 0) widestGap = Math.max(widestGap, ...AXES.map(gapOf));
  }
});

function gapOf(axis: Axis): number {
  const cards = CARDS.find((one) => one.axis === axis)?.cards ?? [];
  const times = cards.map(({ id }) => counts.get(`${axis} ${id}`) ?? 0);
  return Math.max(...times) - Math.min(...times);
}

test('over ten thousand draws no two cards of an axis ever differ by more than two, and nearly always by one', () => {
  assert.ok(widestGap <= 2, `${widestGap}`);
  assert.ok(dealtAhead <= 10, `${dealtAhead} draws took a card of the next round`);
});

test('no combination of ten thousand is dealt twice, and no card twice in a row', () => {
  assert.equal(new Set(premises.map((premise) => JSON.stringify(idsOf(premise)))).size, DRAWS);
  premises.forEach((premise, index) => {
    for (const axis of AXES) assert.notEqual(premise[axis].id, premises[index - 1]?.[axis].id, axis);
  });
});

/** Places without a view of the street or the sky, by what their text says. */
const NO_WINDOW = /지하|댐 몸통|암실|부스|수장고|보존 서고|금고실|검란실|냉동|재고방|돔 영사실|모니터실|투표함 보관실/;
const OUT_OF_TOWN =
  /댐 몸통|정수장|도로 터널|지진 관측소|요금소|양식장|부화장|소각장|종자 은행|기내식|잠사|여객선|케이블카/;
const NO_CUSTOMERS =
  /댐 몸통|정수장|도로 터널|지진 관측소|요금소|양식장|부화장|소각장|종자 은행|기내식|잠사|투표함|변전소|수장고|배차실|차트|수면검사|경비실|관리사무소|콜센터|모의 비행|자수실|판독실|조작실|사감실/;
const WINTER = /첫눈|한 해의 마지막|설날|설을|섣달|동짓날|한파|대보름|겨울비|성탄|졸업식|이월/;
const SUMMER = /장마|소나기|열대야|태풍|현충일|매미/;
const WET = /장마|소나기|태풍|우박|겨울비|첫눈/;
const WITHOUT_SKY =
  /첫눈|안개|소나기|일식|벚꽃|지도 촬영차|가짜 비|우박|해가 막 넘어간|가로등|아스팔트|보름 달|겨울비|매미/;
const NEIGHBOURS = /이웃|사다리차|대형 폐기물|지도 촬영차|가짜 비|새벽 배송/;
const DAY_OFF_NEXT = /한 해의 마지막|금요일|토요일|섣달그믐|설날|성탄 전야|한 해에 하루 쉬는|불꽃 축제/;
const FACTORY =
  /물류센터|냉동 창고|물을 뺀|조화 반납|온실|정수장|댐 몸통|도로 터널|부화장|누에|양식장|양조장|요금소|소각장|변전소|핀 기계|주차타워/;
const KITCHEN = /급식실|식당칸|기내식|탕전실/;

/** Pairs of cards that contradict each other or say the same twice. */
const CONTRADICTIONS: [name: string, first: [Axis, RegExp], second: [Axis, RegExp]][] = [
  ['weather and street without a window', ['place', NO_WINDOW], ['time', WITHOUT_SKY]],
  ['a neighbour’s alarm without a window', ['place', NO_WINDOW], ['time', /이웃의 알람/]],
  ['neighbours where nobody lives', ['place', OUT_OF_TOWN], ['time', NEIGHBOURS]],
  ['the polls after the election', ['place', /선거가 끝난/], ['time', /투표 마감/]],
  ['silkworms in winter', ['place', /누에/], ['time', WINTER]],
  [
    'moths in winter or late autumn',
    ['presence', /나방/],
    ['time', new RegExp(`${WINTER.source}|수능|인구 조사|불꽃`)],
  ],
  ['breath in a cold store', ['presence', /입김/], ['place', /냉동/]],
  ['a result on a day off', ['person', /다음 날 검사 결과/], ['time', DAY_OFF_NEXT]],
  ['wool and hand warmers in summer', ['device', /목도리|손난로/], ['time', SUMMER]],
  ['a fan or ants in winter', ['device', /선풍기|개미/], ['time', WINTER]],
  ['a wet umbrella on a wet day', ['device', /갠 날에도/], ['time', WET]],
  ['two umbrellas', ['device', /우산/], ['presence', /우산/]],
  ['two smells', ['device', /냄새/], ['presence', /냄새/]],
  ['two coats', ['device', /작업복|옷걸이/], ['presence', /외투/]],
  ['two shadows', ['device', /그림자/], ['presence', /그림자/]],
  ['two pairs of shoes', ['device', /실내화/], ['presence', /신발/]],
  ['two that eat', ['device', /도시락|사과/], ['presence', /한 입씩/]],
  ['two alerts', ['device', /재난 문자/], ['time', /문자/]],
  ['household machines in a factory', ['device', /로봇 청소기|공기 청정기|콩나물/], ['place', FACTORY]],
  ['a smell of soup in a kitchen', ['device', /미역국/], ['place', KITCHEN]],
  ['a refrigerator among refrigerators', ['device', /냉장고/], ['place', /냉동|급식실|식당칸/]],
  ['a navigation voice indoors', ['device', /내비게이션/], ['place', /./]],
  ['a review of a place without customers', ['form', /후기/], ['place', NO_CUSTOMERS]],
  [
    'a dialogue in a form for one voice',
    ['structure', /말로 이어지는/],
    ['form', /진술서|청구서|여백|후기|쪽지|혼자 남긴/],
  ],
];

for (const [name, [firstAxis, first], [secondAxis, second]] of CONTRADICTIONS) {
  test(`never dealt: ${name}`, () => {
    const dealt = premises.filter(
      (premise) => first.test(premise[firstAxis].text) && second.test(premise[secondAxis].text),
    );
    assert.deepEqual(
      dealt.slice(0, 3).map((premise) => `${premise[firstAxis].text} / ${premise[secondAxis].text}`),
      [],
    );
  });
}

test('the contradictions that are looked for could be dealt: the cards are there', () => {
  const isThere = (axis: Axis, words: RegExp) =>
    CARDS.find((one) => one.axis === axis)?.cards.some(({ text }) => words.test(text)) === true;
  const gone = CONTRADICTIONS.filter(([, first, second]) => !isThere(...first) || !isThere(...second));
  assert.deepEqual(
    gone.map(([name]) => name),
    ['a navigation voice indoors'],
  );
});

test('at most half of the devices write or speak', () => {
  const devices = CARDS.find(({ axis }) => axis === 'device')?.cards ?? [];
  const words = devices.filter(({ tags = [] }) => tags.includes('words'));
  assert.ok(words.length <= devices.length / 2, `${words.length} of ${devices.length}`);
  // A medium of words that is not tagged as one would be found here.
  const untagged = devices.filter(
    ({ text, tags = [] }) =>
      !tags.includes('words') && /글|말을|적[은힌]|목소리|읽|문장|대답|전화|채팅|녹음|문자/.test(text),
  );
  assert.deepEqual(untagged, []);
});

test('at most a third of the times are stamped with a clock', () => {
  const times = CARDS.find(({ axis }) => axis === 'time')?.cards ?? [];
  const clocks = times.filter(({ text }) => /(한|두|세|네|다섯|여섯|일곱|여덟|아홉|열|열한|열두) 시( |$)/.test(text));
  assert.ok(clocks.length <= times.length / 3, `${clocks.length} of ${times.length}`);
});

test('every form of narration says in which register it is written', () => {
  for (const { id, note = '' } of CARDS.find(({ axis }) => axis === 'form')?.cards ?? []) {
    assert.match(note, /체|문장|말투|-함/, id);
  }
});
