import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ComposedStory } from '../offline/composer.js';
import { composeStory, sentencesOf } from '../offline/composer.js';
import type { Axis } from '../offline/corpus.js';
import { AXES, loadCorpus, name, REQUIRED_FIELDS, variants } from '../offline/corpus.js';
import { fillSlots, particle } from '../offline/slots.js';
import { seededRandom } from './fakes.js';

const DRAWS = 1000;

function storyOf(seed: number, premise: Partial<Record<Axis, string>> = {}): ComposedStory {
  return composeStory({ premise, random: seededRandom(seed) });
}

function paragraphsOf(text: string): string[] {
  return text.trim().split('\n\n').slice(1);
}

function counts(values: readonly string[]): Map<string, number> {
  const result = new Map<string, number>();
  for (const value of values) result.set(value, (result.get(value) ?? 0) + 1);
  return result;
}

/** Judges the final consonant from the code point alone, independently of es-hangul. */
function endsInConsonant(word: string): boolean {
  const code = word.codePointAt(word.length - 1) ?? 0;
  assert.ok(code >= 0xac00 && code <= 0xd7a3, `"${word}" does not end in a Hangul syllable`);
  return (code - 0xac00) % 28 !== 0;
}

function escaped(word: string): string {
  return word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

/** Fails for "문가", "의자을" and the like wherever a slot's word stands before a particle. */
function assertParticlesFit(text: string, word: string): void {
  const hits = text.matchAll(new RegExp(`${escaped(word)}(이|가|을|를|은|는|과|와|으로|로)(?=[\\s,.”])`, 'gu'));
  const endsInRieul = ((word.codePointAt(word.length - 1) ?? 0) - 0xac00) % 28 === 8;
  for (const [hit, suffix = ''] of hits) {
    const expectsConsonant =
      suffix === '으로' || suffix === '로' ? !endsInRieul && endsInConsonant(word) : endsInConsonant(word);
    const isConsonantForm = ['이', '을', '은', '과', '으로'].includes(suffix);
    assert.equal(isConsonantForm, expectsConsonant, `wrong particle in "${hit}"`);
  }
}

const stories = Array.from({ length: DRAWS }, (_, seed) => storyOf(seed));

test('a thousand draws are all whole stories of 2,200 to 3,900 characters in 16 to 30 paragraphs', () => {
  for (const { title, text } of stories) {
    const length = [...text].length;
    assert.ok(length >= 2200 && length <= 3900, `${title}: ${length} characters`);
    const paragraphs = paragraphsOf(text);
    assert.ok(paragraphs.length >= 16 && paragraphs.length <= 30, `${title}: ${paragraphs.length} paragraphs`);
    assert.ok(text.startsWith(`# ${title}\n\n`), 'the title is the first line');
    assert.match(text.trim(), /[.?!][”’]?$/u, 'the last sentence ends with punctuation');
  }
});

test('no story holds an unresolved placeholder, an optional particle or a doubled mark', () => {
  for (const { text } of stories) {
    assert.doesNotMatch(text, /[{}|]|undefined|null|\[object/);
    assert.doesNotMatch(text, /이\(가\)|가\(이\)|을\(를\)|를\(을\)|은\(는\)|는\(은\)|와\(과\)|과\(와\)|\(으\)로/);
    assert.doesNotMatch(text, /\.\.(?!\.)|,,| {2}|의의 /);
  }
});

test('every paragraph opens and closes its quotation marks', () => {
  for (const { text } of stories) {
    for (const paragraph of paragraphsOf(text)) {
      assert.equal(paragraph.split('“').length, paragraph.split('”').length, paragraph);
    }
  }
});

test('no sentence stands twice in a story', () => {
  for (const { text } of stories) {
    const repeated = [...counts(sentencesOf(text))].filter(([, count]) => count > 1);
    assert.deepEqual(repeated, []);
  }
});

test('particles after every word a slot can hold agree with its last syllable', () => {
  const { material } = loadCorpus();
  const words = new Set<string>();
  for (const axis of AXES) {
    for (const entry of material[axis].values()) {
      const fields = REQUIRED_FIELDS[axis].names.filter((field) => !field.startsWith('line'));
      for (const field of fields) words.add(name(entry, field));
    }
  }
  assert.ok(words.size > 80, 'the check looks at every name of the material');
  for (const { text } of stories) {
    for (const word of words) if (text.includes(word)) assertParticlesFit(text, word);
  }
});

test('particles follow the spoken form of digits, Latin letters, brackets and quotation marks', () => {
  const cases: ReadonlyArray<[string, string]> = [
    ['숫자 1', '숫자 1이'],
    ['숫자 2', '숫자 2가'],
    ['방 10', '방 10이'],
    ['좌석 100', '좌석 100이'],
    ['CCTV', 'CCTV가'],
    ['가족 SNS', '가족 SNS가'],
    ['오래된 필름', '오래된 필름이'],
    ['옥상 문 (비상용)', '옥상 문 (비상용)이'],
    ['‘열쇠’', '‘열쇠’가'],
    ['“빈방”', '“빈방”이'],
  ];
  for (const [phrase, expected] of cases) assert.equal(fillSlots('{text|이/가}', { text: phrase }), expected);
  assert.equal(particle('길', '으로', '로'), '로');
  assert.equal(particle('숫자 1', '으로', '로'), '로');
  assert.equal(particle('3층', '으로', '로'), '으로');
});

test('a slot without a value is refused rather than printed', () => {
  assert.throws(() => fillSlots('{nothing|을/를} 보았다.', {}), /unknown slot/);
});

test('the same premise and the same random sequence give the same story', () => {
  for (const seed of [1, 7, 99]) assert.deepEqual(storyOf(seed), storyOf(seed));
  assert.notDeepEqual(storyOf(1), storyOf(2));
});

test('stories on one and the same premise still differ', () => {
  const { cards } = loadCorpus();
  const premise: Partial<Record<Axis, string>> = {};
  for (const axis of AXES) premise[axis] = cards[axis][0]?.text ?? '';
  const texts = new Set(Array.from({ length: 50 }, (_, seed) => storyOf(seed, premise).text));
  assert.ok(texts.size >= 49, `${texts.size} different stories out of 50`);
});

test('an unknown premise text of any axis is used in the story, with the right particles', () => {
  const unknown: Record<Axis, string> = {
    place: '고속도로 졸음쉼터 4',
    time: '달력에 없는 서른두 번째 날',
    fear: '문을 닫지 않았다는 두려움',
    presence: '복도 끝에 놓인 CCTV',
    device: '끝나지 않는 통화 녹음 1',
    turn: '열쇠를 가진 사람은 나였다.',
  };
  for (let seed = 0; seed < 50; seed += 1) {
    for (const axis of AXES) {
      const { text } = storyOf(seed, { [axis]: unknown[axis] });
      assert.ok(text.includes(unknown[axis].replace(/\.$/, '')), `${axis} is named`);
      assert.doesNotMatch(text, /CCTV이 |녹음 1는|[{}]/);
    }
    const all = storyOf(seed, unknown);
    assert.match(all.text, /복도 끝에 놓인 CCTV가 거기 있었다/);
    assert.match(all.text, /끝나지 않는 통화 녹음 1은 한 번으로/);
    assert.ok([...all.text].length >= 2200 && [...all.text].length <= 3900, `${[...all.text].length} characters`);
    assert.equal(new Set(sentencesOf(all.text)).size, sentencesOf(all.text).length);
  }
});

test('a hostile or empty premise text still gives a sound story', () => {
  for (const text of ['', '   ', '{device|을/를}', '두 줄로\n쓴 카드', '아주 긴 카드 '.repeat(60), '!!!']) {
    for (const axis of AXES) {
      const story = storyOf(3, { [axis]: text });
      const length = [...story.text].length;
      assert.ok(length >= 2200 && length <= 3900, `${axis}: ${length}`);
      assert.doesNotMatch(story.text, /[{}|]/);
      assert.ok([...story.title].length >= 4 && [...story.title].length <= 25, story.title);
    }
  }
});

test('a random source stuck at one value still gives a sound story', () => {
  for (const value of [0, 0.5, 0.999999]) {
    const { text } = composeStory({ premise: {}, random: () => value });
    assert.equal(new Set(sentencesOf(text)).size, sentencesOf(text).length);
    assert.ok([...text].length >= 2200);
  }
});

test('every card of every axis is reachable by its text and has material of its own', () => {
  const { cards, material } = loadCorpus();
  for (const axis of AXES) {
    const seen = new Set<string>();
    for (const card of cards[axis]) {
      const own = material[axis].get(card.id);
      assert.ok(own, `${axis} ${card.id} has material`);
      const { text } = storyOf(11, { [axis]: card.text });
      const fields = REQUIRED_FIELDS[axis].passages.filter((field) => field !== 'titles');
      const pieces = fields.flatMap((field) => variants(own, field)).flatMap((passage) => passage.split(/\{[^}]*\}/));
      assert.ok(
        pieces.some((piece) => piece.length > 10 && text.includes(piece)),
        `${axis} ${card.id} is used`,
      );
      const print = fields.flatMap((field) => variants(own, field)).join('\n');
      assert.ok(!seen.has(print), `${axis} ${card.id} shares its material`);
      seen.add(print);
    }
    for (const id of material[axis].keys()) {
      assert.ok(
        cards[axis].some((card) => card.id === id),
        `${axis} ${id} is material for no card`,
      );
    }
  }
});

test('no fragment of the material is written twice', () => {
  const { material } = loadCorpus();
  const fragments: string[] = [];
  for (const axis of AXES) {
    for (const entry of material[axis].values()) {
      for (const field of REQUIRED_FIELDS[axis].passages)
        if (field !== 'titles') fragments.push(...variants(entry, field));
    }
  }
  assert.ok(fragments.length > 500);
  assert.deepEqual(
    [...counts(fragments)].filter(([, count]) => count > 1),
    [],
  );
});

test('titles are 4 to 25 characters without quotation marks, and hardly ever equal', () => {
  for (const { title } of stories) {
    assert.ok([...title].length >= 4 && [...title].length <= 25, title);
    assert.doesNotMatch(title, /["'“”‘’#\n]/);
  }
  const titles = counts(stories.map(({ title }) => title));
  assert.ok(titles.size >= 900, `${titles.size} different titles`);
  assert.ok(Math.max(...titles.values()) <= 5, 'no title comes more than five times in a thousand');
});

test('opening sentences are hardly ever equal', () => {
  const openings = counts(stories.map(({ text }) => sentencesOf(text)[0] ?? ''));
  assert.ok(openings.size >= 750, `${openings.size} different openings`);
  assert.ok(Math.max(...openings.values()) <= 6, 'no opening comes more than six times in a thousand');
});

test('every premise file has enough cards, with unique kebab-case ids and unique texts', () => {
  const { cards } = loadCorpus();
  const least: Record<Axis, number> = { place: 24, time: 14, fear: 16, presence: 20, device: 20, turn: 16 };
  for (const axis of AXES) {
    const ids = cards[axis].map(({ id }) => id);
    const texts = cards[axis].map(({ text }) => text);
    assert.ok(ids.length >= least[axis], `${axis}: ${ids.length} cards`);
    assert.equal(new Set(ids).size, ids.length);
    assert.equal(new Set(texts).size, texts.length);
    for (const id of ids) assert.match(id, /^[a-z0-9]+(-[a-z0-9]+)*$/);
  }
});
