import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toHumble } from '../../../../offline/korean/pronouns.js';

test('나 and 내 become 저 and 제, with whatever is joined to them', () => {
  const cases = [
    ['나는 내 가방을 들었다.', '저는 제 가방을 들었다.'],
    ['그것이 나를 보았다.', '그것이 저를 보았다.'],
    ['나도 몰랐다. 내가 아니었다.', '저도 몰랐다. 제가 아니었다.'],
    ['나에게만 들렸다.', '저에게만 들렸다.'],
    ['거기에는 나뿐이었다.', '거기에는 저뿐이었다.'],
    ['의자와 나 사이에', '의자와 저 사이에'],
    ['나와 눈이 마주쳤다.', '저와 눈이 마주쳤다.'],
    ['끝까지 나와 상관없는 말을 했다.', '끝까지 저와 상관없는 말을 했다.'],
    ['오래전에 나와 밥을 먹은 사람이었다.', '오래전에 저와 밥을 먹은 사람이었다.'],
    [
      '가까이 있는 것은 나와 하나였다. \uE000 나와 저쪽, 누가 먼저였나.',
      '가까이 있는 것은 저와 하나였다. \uE000 저와 저쪽, 누가 먼저였나.',
    ],
    ['남은 것은 셋이다. 나와, 그 의자와, 물컵.', '남은 것은 셋이다. 저와, 그 의자와, 물컵.'],
  ] as const;
  for (const [plain, humble] of cases) assert.equal(toHumble(plain), humble);
});

test('verbs that look like the pronoun are left alone', () => {
  const unchanged = [
    '발소리가 나는 쪽을 보았다.',
    '거기서 나는 냄새였다.',
    '손이 하나 나와 문을 잡았다.',
    '발자국이 나 있었다.',
    '온종일 집을 나가 있었다.',
    '소리를 내 보았다.',
    '서류를 내라는 안내가 왔다.',
    '미안해서 내는 소리였다.',
    '나무와 나방과 내일.',
  ];
  for (const text of unchanged) assert.equal(toHumble(text), text);
});
