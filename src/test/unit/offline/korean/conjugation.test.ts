import assert from 'node:assert/strict';
import { test } from 'node:test';
import { finalOf, formalOf, infinitiveOf, withFinal } from '../../../../offline/korean/conjugation.js';

const INFINITIVES: Readonly<Record<string, readonly (readonly [stem: string, infinitive: string])[]>> = {
  'regular stems take 아 after a bright vowel and else 어': [
    ['먹', '먹어'],
    ['앉', '앉아'],
    ['얇', '얇아'],
    ['없', '없어'],
    ['좋', '좋아'],
    ['들', '들어'],
    ['살', '살아'],
  ],
  'stems that end in a vowel contract with it': [
    ['가', '가'],
    ['서', '서'],
    ['보', '봐'],
    ['주', '줘'],
    ['마시', '마셔'],
    ['보내', '보내'],
    ['세', '세'],
    ['되', '돼'],
    ['하', '해'],
    ['조용하', '조용해'],
    ['쉬', '쉬어'],
    ['켜', '켜'],
  ],
  'stems in ㅡ lose it, and most in 르 double their ㄹ': [
    ['쓰', '써'],
    ['아프', '아파'],
    ['크', '커'],
    ['모르', '몰라'],
    ['서두르', '서둘러'],
    ['따르', '따라'],
    ['치르', '치러'],
    ['푸르', '푸르러'],
    ['이르', '이르러'],
  ],
  'stems in ㅂ change it to 우, but for a few': [
    ['무겁', '무거워'],
    ['가깝', '가까워'],
    ['돕', '도와'],
    ['잡', '잡아'],
    ['좁', '좁아'],
  ],
  'some stems in ㄷ and ㅅ change': [
    ['듣', '들어'],
    ['걷', '걸어'],
    ['묻', '물어'],
    ['받', '받아'],
    ['짓', '지어'],
    ['낫', '나아'],
    ['웃', '웃어'],
    ['벗', '벗어'],
  ],
  'adjectives in ㅎ lose it': [
    ['그렇', '그래'],
    ['하얗', '하얘'],
    ['쌓', '쌓아'],
  ],
};

for (const [title, cases] of Object.entries(INFINITIVES)) {
  test(title, () => {
    for (const [stem, infinitive] of cases) assert.equal(infinitiveOf(stem), infinitive, stem);
  });
}

test('the formal statement takes ㅂ니다 after a vowel and after ㄹ, which it loses', () => {
  const cases = [
    ['가', '갑니다'],
    ['먹', '먹습니다'],
    ['살', '삽니다'],
    ['무겁', '무겁습니다'],
    ['조용하', '조용합니다'],
    ['없', '없습니다'],
  ] as const;
  for (const [stem, formal] of cases) assert.equal(formalOf(stem), formal, stem);
});

test('the final consonant of a word is read and replaced', () => {
  assert.equal(finalOf('간'), 'ㄴ');
  assert.equal(finalOf('문가'), '');
  assert.equal(finalOf('3'), null);
  assert.equal(finalOf(''), null);
  assert.equal(withFinal('간', ''), '가');
  assert.equal(withFinal('하', 'ㄴ'), '한');
});
