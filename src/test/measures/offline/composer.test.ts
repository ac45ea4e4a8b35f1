import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { offlineResponder } from '../../../offline/author.js';
import { type ComposedStory, composeStory } from '../../../offline/composer.js';
import { inVoice, REGISTERS } from '../../../offline/korean/register.js';
import { sentencesOf } from '../../../offline/korean/sentences.js';
import { fillSlots, particle } from '../../../offline/korean/slots.js';
import { loadCorpus, type Material, name, REQUIRED_FIELDS, tagsOf, variants } from '../../../offline/materials.js';
import { shortName } from '../../../offline/premise-materials.js';
import { emptyHistory, openingKeyOf } from '../../../offline/usage-history.js';
import { AXES, type Axis, byAxis, idsOf } from '../../../prompt/cards.js';
import { composePrompt, type RecentStory } from '../../../prompt/prompt.js';
import { readAnswer } from '../../../story/read-answer.js';
import { type Story, toStory } from '../../../story/story.js';
import { validateAnswer } from '../../../story/validate-answer.js';
import { seededRandom } from '../../helpers/fakes.js';
import {
  AXIS_CARDS,
  counts,
  type Dealt,
  dealStories,
  paragraphsOf,
  repeatedIn,
} from '../../helpers/offline/dealt-stories.js';

const DRAWS = 1000;
/** A structure is followed by a plot, and not told. */
const TOLD_AXES = AXES.filter((axis) => axis !== 'structure');

/** The fields that a slot fills in. */
const NAME_SLOTS = ['name', 'deep', 'exit', 'desk', 'light', 'contact', 'ref'];

let stories: readonly (Dealt & { story: Story })[] = [];

before(async () => {
  const dealt = await dealStories(DRAWS, 2026);
  stories = dealt.map((story) => ({ ...story, story: toStory(readAnswer(story.text), story.premise) }));
});

function storyOf(seed: number, premise: Partial<Record<Axis, string>> = {}): ComposedStory {
  return composeStory({ premise, random: seededRandom(seed) });
}

/** The variants of every passage of a card, those of every tag included; without its titles. */
function passagesOf(material: Material): string[] {
  return Object.entries(material).flatMap(([field, value]) =>
    typeof value === 'string' || field === 'titles' ? [] : value,
  );
}

function inAnyVoice(text: string): string[] {
  return REGISTERS.flatMap((register) => [true, false].map((humble) => inVoice(text, { register, humble })));
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

test('a thousand stories are all whole, of 2,000 to 4,000 characters in 16 to 38 paragraphs', () => {
  assert.equal(stories.length, DRAWS);
  for (const { title, text } of stories) {
    const length = [...text].length;
    assert.ok(length >= 2000 && length <= 4000, `${title}: ${length} characters`);
    const paragraphs = paragraphsOf(text);
    assert.ok(paragraphs.length >= 16 && paragraphs.length <= 38, `${title}: ${paragraphs.length} paragraphs`);
    assert.ok(text.startsWith(`# ${title}\n\n`), 'the title is the first line');
    assert.match(text.trim(), /[.?!][”’]?$/u, 'the last sentence ends with punctuation');
  }
});

test('no story holds an unresolved placeholder, an optional particle or a doubled mark', () => {
  for (const { text } of stories) {
    assert.doesNotMatch(text, /[{}|<>]|undefined|null|\[object/);
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
    assert.deepEqual(repeatedIn(sentencesOf(text)), []);
  }
});

test('particles after every word a slot can hold agree with its last syllable', () => {
  const { material } = loadCorpus();
  const words = new Set<string>();
  for (const axis of AXES) {
    for (const entry of material[axis].values()) {
      const fields = REQUIRED_FIELDS[axis].names.filter((field) => NAME_SLOTS.includes(field));
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
    person: '하루에 한 번 CCTV를 돌려 보는 사람 7',
    place: '고속도로 졸음쉼터 4',
    time: '달력에 없는 서른두 번째 날',
    fear: '문을 닫지 않았다는 두려움',
    presence: '복도 끝에 놓인 CCTV',
    device: '끝나지 않는 통화 녹음 1',
    turn: '열쇠를 가진 사람은 나였다.',
    structure: '거꾸로 가는 이야기',
    form: '부치지 않은 팩스',
  };
  for (let seed = 0; seed < 50; seed += 1) {
    for (const axis of TOLD_AXES) {
      const { text } = storyOf(seed, { [axis]: unknown[axis] });
      assert.ok(text.includes(unknown[axis].replace(/\.$/, '')), `${axis} is named`);
      assert.doesNotMatch(text, /CCTV이 |녹음 1는|[{}]/);
    }
    const all = storyOf(seed, unknown);
    assert.match(all.text, /복도 끝에 놓인 CCTV가 거기 있었다/);
    assert.match(all.text, /끝나지 않는 통화 녹음 1은 한 번으로/);
    assert.ok([...all.text].length >= 2000 && [...all.text].length <= 4000, `${[...all.text].length} characters`);
    assert.equal(new Set(sentencesOf(all.text)).size, sentencesOf(all.text).length);
  }
});

test('a hostile or empty premise text still gives a sound story', () => {
  for (const text of ['', '   ', '{device|을/를}', '두 줄로\n쓴 카드', '아주 긴 카드 '.repeat(60), '!!!']) {
    for (const axis of AXES) {
      const story = storyOf(3, { [axis]: text });
      const length = [...story.text].length;
      assert.ok(length >= 2000 && length <= 4000, `${axis}: ${length}`);
      assert.doesNotMatch(story.text, /[{}|]/);
      assert.ok([...story.title].length >= 4 && [...story.title].length <= 25, story.title);
    }
  }
});

test('a random source stuck at one value still gives a sound story', () => {
  for (const value of [0, 0.5, 0.999999]) {
    const { text } = composeStory({ premise: {}, random: () => value });
    assert.equal(new Set(sentencesOf(text)).size, sentencesOf(text).length);
    assert.ok([...text].length >= 2000);
  }
});

test('every card of every axis is reachable by its text and has material of its own', () => {
  const { cards, material } = loadCorpus();
  for (const axis of TOLD_AXES) {
    const seen = new Set<string>();
    for (const card of cards[axis]) {
      const own = material[axis].get(card.id);
      assert.ok(own, `${axis} ${card.id} has material`);
      const { text } = storyOf(11, { [axis]: card.text });
      const pieces = passagesOf(own).flatMap((passage) => passage.split(/\{[^}]*\}/));
      assert.ok(
        pieces.some((piece) => piece.length > 10 && inAnyVoice(piece).some((voiced) => text.includes(voiced))),
        `${axis} ${card.id} is used`,
      );
      const print = passagesOf(own).join('\n');
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
  const fragments = AXES.flatMap((axis) => [...material[axis].values()].flatMap(passagesOf));
  assert.ok(fragments.length > 500);
  assert.deepEqual(repeatedIn(fragments), []);
});

test('titles are 4 to 25 characters without quotation marks or a word twice', () => {
  for (const { title } of stories) {
    assert.ok([...title].length >= 4 && [...title].length <= 25, title);
    assert.doesNotMatch(title, /["'“”‘’#\n]/);
    const words = title.split(/[ ,]+/);
    assert.equal(new Set(words).size, words.length, title);
  }
});

test('of a thousand stories no two have a title, a first sentence or a premise in common', () => {
  assert.deepEqual(repeatedIn(stories.map(({ story }) => story.title)), []);
  assert.deepEqual(repeatedIn(stories.map(({ story }) => story.opening)), []);
  assert.deepEqual(repeatedIn(stories.map(({ premise }) => Object.values(idsOf(premise)).join())), []);
});

test('over a thousand stories every card comes as often as any other of its axis, give or take one', () => {
  for (const { axis, cards } of AXIS_CARDS) {
    const comings = counts(stories.map(({ premise }) => premise[axis].id));
    const times = cards.map(({ id }) => comings.get(id) ?? 0);
    assert.ok(Math.min(...times) >= 1 && Math.max(...times) - Math.min(...times) <= 1, `${axis}: ${times.join()}`);
  }
});

test('in every story the three sentences of its turn come once each, in the order in which its structure tells', () => {
  const { material } = loadCorpus();
  for (const { title, text, premise } of stories) {
    const turn = material.turn.get(premise.turn.id);
    assert.ok(turn);
    // What is told aloud quotes in single marks.
    const [open, close] = premise.structure.id === 'mostly-talk' ? '‘’' : '“”';
    const places = ['line1', 'line2', 'line3'].map((line) => text.indexOf(`${open}${name(turn, line)}${close}`));
    const inOrder = [...places].sort((a, b) => a - b);
    const expected = premise.structure.id === 'backwards' ? inOrder.reverse() : inOrder;
    assert.ok(places.every((place) => place >= 0) && places.join() === expected.join(), `${title}: ${places.join()}`);
  }
});

test('a structure of the user’s, for which there is no plot, is told by any plot', () => {
  const structures = new Set(
    Array.from({ length: 40 }, (_, seed) => storyOf(seed, { structure: '손님이 세 번 오는 이야기' }).plot).map(
      (plot) => loadCorpus().plots.find((known) => known.name === plot)?.structure,
    ),
  );
  assert.ok(structures.size > 8, `${structures.size}`);
});

test('of the sentences of a thousand stories a third at least stand in no other of them', () => {
  const perStory = stories.map(({ text }) => sentencesOf(text));
  const tellers = counts(perStory.flatMap((sentences) => [...new Set(sentences)]));
  const all = perStory.flat();
  const returning = all.filter((sentence) => (tellers.get(sentence) ?? 0) > 1).length / all.length;
  assert.ok(returning <= 0.66, `${returning}`);
});

test('the reader takes every story for one, whole and without a doubt', () => {
  for (const { title, text } of stories) {
    const read = readAnswer(text);
    const { failure, doubts } = validateAnswer({ stopReason: 'end_turn', refusalCategory: null }, read, {
      minCharacters: 1000,
    });
    assert.deepEqual({ failure, doubts, removed: read.removed }, { failure: null, doubts: [], removed: [] }, title);
    assert.equal(read.title, title);
    assert.equal(read.text, text.trim());
  }
});

test('no story names its hour twice with the same words', () => {
  for (const { title, passages, material } of stories) {
    const phrases = variants(material.time, 'open');
    const rest = passages.flatMap(({ beat, text }) => (beat === 'late' ? [] : [text])).join('\n');
    const named = phrases.map((phrase) => rest.split(phrase).length - 1);
    assert.ok(
      phrases.every((phrase, index) => phrase.length <= 8 || (named[index] ?? 0) <= 1),
      `${title}: ${named.join()}`,
    );
  }
});

test('first sentences come from the form most often, else from the person or from the hour and the place', () => {
  const begins = stories.map(({ passages, material }) => {
    const [first = '', second] = passages[0]?.text.split('\n\n') ?? [];
    if (second === undefined) return 'form';
    const fields = ['open', ...tagsOf(material.place, 'open').map((tag) => `open@${tag}`)];
    const places = fields.flatMap((field) => variants(material.place, field)).flatMap(inAnyVoice);
    return places.some((place) => first.endsWith(`, ${place}`)) ? 'place' : 'person';
  });
  const { form = 0, person = 0, place = 0 } = Object.fromEntries(counts(begins));
  assert.ok(form > person && person > DRAWS / 5 && form < DRAWS * 0.6, `${form} form, ${person} person`);
  assert.ok(place > DRAWS / 10, `${place} place`);
});

test('an author with one premise for all of its stories still finds new titles and first sentences', () => {
  const premise = byAxis((axis) => loadCorpus().cards[axis][0]?.text ?? '');
  const random = seededRandom(5);
  const history = emptyHistory();
  const told = Array.from({ length: 20 }, () => composeStory({ premise, random, history }));
  assert.deepEqual(repeatedIn(told.map(({ title }) => title)), []);
  assert.deepEqual(repeatedIn(told.map(({ text }) => openingKeyOf(text))), []);
});

test('the recent titles and first sentences that a prompt names are kept away from', () => {
  const premise = stories[0]?.premise;
  assert.ok(premise);
  const write = (recent: readonly RecentStory[], seed: number): Story => {
    const respond = offlineResponder({ axes: AXIS_CARDS, random: seededRandom(seed), charactersPerSecond: 0 });
    const { user } = composePrompt(premise, AXIS_CARDS, { template: null, request: null }, recent);
    const body = {
      model: 'm',
      max_tokens: 1,
      stream: true as const,
      messages: [{ role: 'user' as const, content: user }],
    };
    const block = respond({ body, headers: {} }).content?.[0];
    return toStory(readAnswer(block?.type === 'text' ? block.text : ''), premise);
  };
  for (let seed = 0; seed < 20; seed += 1) {
    const first = write([], seed);
    assert.equal(write([], seed).title, first.title, 'the same order gives the same story');
    const second = write([first], seed);
    assert.notEqual(second.title, first.title);
    assert.notEqual(second.opening, first.opening);
  }
});

test('cards of the user alone, without material, still give sound stories with new titles and first sentences', () => {
  const random = seededRandom(8);
  const history = emptyHistory();
  const own: Record<Axis, string> = {
    person: '편지를 태우던 사람',
    place: '할머니 댁 다락',
    time: '김장하던 날',
    fear: '계단을 세는 두려움',
    presence: '쪼그려 앉은 것',
    device: '낡은 카세트',
    turn: '세고 있던 것은 나였다',
    structure: '거꾸로 가는 이야기',
    form: '옛이야기',
  };
  const told = Array.from({ length: 60 }, (_, index) =>
    composeStory({ premise: byAxis((axis) => `${own[axis]} ${index}`), random, history }),
  );
  assert.deepEqual(repeatedIn(told.map(({ title }) => title)), []);
  assert.deepEqual(repeatedIn(told.map(({ text }) => openingKeyOf(text))), []);
  for (const { text } of told) assert.deepEqual(repeatedIn(sentencesOf(text)), []);
});

test('a card without material is named by its last words, and by none that begin in the middle of a phrase', () => {
  assert.equal(shortName('물류센터 반품 구역의 맨 안쪽 작업대'), '맨 안쪽 작업대');
  assert.equal(shortName('혼자서는 끝내지 못하는 통화 녹음 12'), '통화 녹음 12');
  assert.equal(shortName('아궁이 앞에 쪼그려 앉은 그림자'), '쪼그려 앉은 그림자');
  assert.equal(shortName('빈 외투'), '빈 외투');
  assert.equal(shortName('“인용”'), null);
  assert.equal(shortName('띄어쓰기없이아주길게이어붙인소재의이름'), null);
});

test('every main axis has at least sixty cards, all with unique kebab-case ids and unique texts', () => {
  const { cards } = loadCorpus();
  for (const axis of TOLD_AXES) {
    const ids = cards[axis].map(({ id }) => id);
    const texts = cards[axis].map(({ text }) => text);
    assert.ok(ids.length >= (axis === 'form' ? 20 : 60), `${axis}: ${ids.length} cards`);
    assert.equal(new Set(ids).size, ids.length);
    assert.equal(new Set(texts).size, texts.length);
    for (const id of ids) assert.match(id, /^[a-z0-9]+(-[a-z0-9]+)*$/);
  }
});
