import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endingOf, inVoice, REGISTERS } from '../../../../offline/korean/register.js';
import { loadCorpus, type Material } from '../../../../offline/materials.js';
import { AXES } from '../../../../prompt/cards.js';

/** Plain, formal, polite, casual. */
const SENTENCES: readonly (readonly [string, string, string, string])[] = [
  ['나는 문을 열었다.', '나는 문을 열었습니다.', '나는 문을 열었어요.', '나는 문을 열었어.'],
  ['불이 꺼진다.', '불이 꺼집니다.', '불이 꺼져요.', '불이 꺼져.'],
  ['그 소리를 듣는다.', '그 소리를 듣습니다.', '그 소리를 들어요.', '그 소리를 들어.'],
  ['나는 그것을 안다.', '나는 그것을 압니다.', '나는 그것을 알아요.', '나는 그것을 알아.'],
  ['손이 차갑다.', '손이 차갑습니다.', '손이 차가워요.', '손이 차가워.'],
  ['모양이 다르다.', '모양이 다릅니다.', '모양이 달라요.', '모양이 달라.'],
  ['그것은 의자다.', '그것은 의자입니다.', '그것은 의자예요.', '그것은 의자야.'],
  ['그것은 문이다.', '그것은 문입니다.', '그것은 문이에요.', '그것은 문이야.'],
  ['내 것이 아니다.', '내 것이 아닙니다.', '내 것이 아니에요.', '내 것이 아니야.'],
  ['누가 다녀간 것이다.', '누가 다녀간 것입니다.', '누가 다녀간 거예요.', '누가 다녀간 거야.'],
  ['문이 어디에 있는가?', '문이 어디에 있습니까?', '문이 어디에 있나요?', '문이 어디에 있나?'],
  ['누구였을까.', '누구였을까요.', '누구였을까요.', '누구였을까.'],
  ['잘못 들었겠지.', '잘못 들었겠지요.', '잘못 들었겠죠.', '잘못 들었겠지.'],
];

test('a sentence is put into every register', () => {
  for (const [plain, ...others] of SENTENCES) {
    const voiced = REGISTERS.slice(1).map((register) => inVoice(plain, { register, humble: false }));
    assert.deepEqual(voiced, others);
    assert.equal(inVoice(plain, { register: 'plain', humble: false }), plain);
  }
});

test('what somebody says in quotation marks stays as it was said', () => {
  const text = '“나는 여기 있었다.” 그렇게 들렸다. 종이에는 ‘나가지 말 것이다.’라고 적혀 있었다.';
  assert.equal(
    inVoice(text, { register: 'formal', humble: true }),
    '“나는 여기 있었다.” 그렇게 들렸습니다. 종이에는 ‘나가지 말 것이다.’라고 적혀 있었습니다.',
  );
});

test('what is in the register already is left as it is', () => {
  const words = ['했습니다', '합니다', '입니까', '합시다', '했어요', '거예요', '하세요'];
  for (const word of words) {
    for (const register of ['formal', 'polite'] as const) assert.equal(endingOf(word, register), word);
  }
});

/** A statement in 해라체, outside of quotation marks. */
const PLAIN_ENDING = /(?<![니시])다[.?!](?=\s|$)/u;

test('no sentence of the whole material keeps its plain ending in another register', () => {
  const { material, generic, common } = loadCorpus();
  const entries: readonly Material[] = [common, ...AXES.flatMap((axis) => [generic[axis], ...material[axis].values()])];
  const passages = entries.flatMap((entry) =>
    Object.values(entry).flatMap((value) => (typeof value === 'string' ? [] : value)),
  );
  assert.ok(passages.length > 2000);
  for (const register of ['formal', 'polite', 'casual'] as const) {
    const left = passages.flatMap((passage) => {
      // A slot's word stands before a particle, or before 이다.
      const filled = passage.replace(
        /\{[a-zA-Z]+(?:\|([^{}/|]+)\/[^{}|]+)?\}/gu,
        (_, particle = '') => `책상${particle}`,
      );
      const narration = inVoice(filled, { register, humble: true }).replace(/“[^”]*”|‘[^’]*’/gu, '');
      const hit = PLAIN_ENDING.exec(narration);
      return hit ? [narration.slice(Math.max(0, hit.index - 15), hit.index + 2)] : [];
    });
    assert.deepEqual(left, [], register);
  }
});
