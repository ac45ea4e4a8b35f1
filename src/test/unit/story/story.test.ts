import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'yaml';
import { toMarkdown } from '../../../store/frontmatter.js';
import { readAnswer } from '../../../story/read-answer.js';
import { countCharacters, toStory as storyOf } from '../../../story/story.js';
import { PREMISE, storyText } from '../../helpers/fakes.js';

const FACTS = {
  date: '2026-11-23T14:30:05+09:00',
  model: 'claude-sonnet-5-5',
  temperature: null,
  provider: 'anthropic',
};

/** Splits a Markdown file as its readers do: at the first line of dashes after the opening one. */
function readBack(markdown: string): { fields: Record<string, unknown>; body: string } {
  const match = /^---\n(.*?)\n---\n(.*)$/s.exec(markdown);
  assert.ok(match, 'no frontmatter');
  return { fields: parse(match[1] ?? '') as Record<string, unknown>, body: match[2] ?? '' };
}

const toStory = (text: string, premise: typeof PREMISE) => storyOf(readAnswer(text), premise);

const titleOf = (text: string) => toStory(text, PREMISE).title;

const TITLES: [name: string, text: string, title: string][] = [
  ['a heading', '# 반품 구역\n\n본문이다.', '반품 구역'],
  ['a heading that ends in #', '# 반품 구역 #\n\n본문이다.', '반품 구역'],
  ['a heading with a # of its own', '# 7번 선반 #3 C#\n\n본문이다.', '7번 선반 #3 C#'],
  ['a bold heading', '# **반품 구역**\n\n본문이다.', '반품 구역'],
  ['a heading of the second level', '## 반품 구역\n\n본문이다.', '반품 구역'],
  ['a heading after a preface', '네, 한 편 써 보겠습니다.\n\n# 반품 구역\n\n본문이다.', '반품 구역'],
  ['a heading with Windows line ends', '# 반품 구역\r\n\r\n본문이다.', '반품 구역'],
  ['a heading after empty lines', '\n\n# 반품 구역\n\n본문이다.', '반품 구역'],
  ['a bold first line', '**반품 구역**\n\n본문이다.', '반품 구역'],
  ['a labelled first line', '제목: 반품 구역\n\n본문이다.', '반품 구역'],
  ['a label with a wide colon', '제목：반품 구역\n\n본문이다.', '반품 구역'],
  ['a bold line with its label', '**제목: 반품 구역**\n\n본문이다.', '반품 구역'],
  ['a bold label', '**제목:** 반품 구역\n\n본문이다.', '반품 구역'],
  ['a bold word before the colon', '**제목**: 반품 구역\n\n본문이다.', '반품 구역'],
  ['a label before a bold title', '제목: **반품 구역**\n\n본문이다.', '반품 구역'],
  ['a short first line set apart', '반품 구역\n\n본문이다.', '반품 구역'],
  ['a title that begins with the word 제목', '# 제목 없는 상자\n\n본문이다.', '제목 없는 상자'],
  ['no title at all', '문이 열렸다. 아무도 없었다.', '문이 열렸다. 아무도 없었다.'],
  ['a first line that is a sentence', '문이 열렸다.\n\n아무도 없었다.', '문이 열렸다. 아무도 없었다.'],
  ['a rule before the text', '---\n\n문이 열렸다.', '문이 열렸다.'],
  ['nothing but rules', '---\n\n***', '무제'],
  ['an empty heading', '#\n\n문이 열렸다.', '문이 열렸다.'],
];

for (const [name, text, title] of TITLES) {
  test(`the title comes from ${name}`, () => {
    assert.equal(titleOf(text), title);
  });
}

test('without a title the first 30 characters stand in for it', () => {
  assert.equal(titleOf('가'.repeat(500)), `${'가'.repeat(30)}…`);
});

test('the description is of the story, not of its title', () => {
  const { description } = toStory('# 반품 구역\n\n**문이** 열렸다.\n\n---\n\n아무도\n없었다.', PREMISE);
  assert.equal(description, '문이 열렸다. 아무도 없었다.');
});

test('a long description ends in an ellipsis after 150 characters', () => {
  const { description } = toStory(`# 제\n\n${'가'.repeat(151)}`, PREMISE);
  assert.equal(description, `${'가'.repeat(150)}…`);
  assert.equal(toStory(`# 제\n\n${'가'.repeat(150)}`, PREMISE).description, '가'.repeat(150));
});

test('a description is never cut through what a reader sees as one character', () => {
  const characters = ['👨‍👩‍👧‍👦', '🇰🇷', '각', 'é', '👍🏽'];
  for (const character of characters) {
    const { description } = toStory(`# 제\n\n${character.repeat(200)}`, PREMISE);
    assert.equal(description, `${character.repeat(150)}…`);
  }
});

test('the tags are the genre, what the story is about and those of the model, each once and without blanks', () => {
  const [place, fear] = ['물류센터의-반품-구역', '내-기억을-믿을-수-없다는-두려움'];
  assert.deepEqual(toStory('# 제\n\n본문', PREMISE).tags, ['호러', '심리호러', '단편', place, fear]);
  const twice = { ...PREMISE, fear: PREMISE.place };
  assert.equal(toStory('# 제\n\n본문', twice).tags.length, 4);
  const read = {
    ...readAnswer('# 제\n\n본문'),
    tags: ['#호러', '밤 근무', 'Night/Shift', '물류센터의 "반품" 구역', '2024', '!'],
  };
  const tags = ['호러', '심리호러', '단편', place, fear, '밤-근무', 'Night/Shift'];
  assert.deepEqual(storyOf(read, PREMISE).tags, tags);
});

test('first and last sentence are of the story, and a heading is none', () => {
  const { opening, ending } = toStory('# 반품 구역\n\n문이 열렸다. 나는 3.5초를 셌다.\n\n## 2\n\n“왔구나.”', PREMISE);
  assert.deepEqual([opening, ending], ['문이 열렸다.', '“왔구나.”']);
});

test('the date stands without quotes, as schemas that ask for a date want it, and reads as the same string', () => {
  const markdown = toMarkdown(toStory(storyText(), PREMISE), FACTS);
  assert.match(markdown, /^date: 2026-11-23T14:30:05\+09:00$/m);
  assert.equal(readBack(markdown).fields.date, FACTS.date);
});

test('characters are code points, heading and spaces included', () => {
  assert.equal(countCharacters('가 나\n👻'), 5);
  assert.equal(toStory('\n# 상자\n\n가 👻\n', PREMISE).wordCount, '# 상자\n\n가 '.length + 1);
});

test('the story stands below the frontmatter as it was written', () => {
  const text = storyText();
  const { fields, body } = readBack(toMarkdown(toStory(text, PREMISE), FACTS));
  assert.equal(body, `\n${text}\n`);
  assert.deepEqual(Object.keys(fields).sort(), [
    'date',
    'description',
    'draft',
    'genre',
    'model',
    'provider',
    'tags',
    'title',
    'wordCount',
  ]);
  assert.equal(fields.wordCount, countCharacters(text));
  assert.equal(fields.draft, false);
  assert.equal(fields.date, FACTS.date);
  assert.equal(fields.model, FACTS.model);
  assert.equal(fields.provider, FACTS.provider);
});

test('a temperature that was set stands in the frontmatter', () => {
  const markdown = toMarkdown(toStory(storyText(), PREMISE), { ...FACTS, temperature: 0.9 });
  assert.equal(readBack(markdown).fields.temperature, 0.9);
});

test('a text that begins with a rule does not end the frontmatter, nor lose the rule', () => {
  const text = `---\ntitle: 가짜\n---\n\n${storyText()}`;
  const { fields, body } = readBack(toMarkdown(storyOf({ ...readAnswer(text), text }, PREMISE), FACTS));
  assert.equal(fields.title, '가짜');
  assert.equal(body, `\n${text}\n`);
});

const HOSTILE = [
  '"따옴표"',
  "'작은따옴표",
  '그가 "왔다" 말했다',
  '# 샤프',
  '번호 #7',
  '역슬래시 \\ 와 \\n',
  '{중괄호}',
  '[대괄호]',
  '열쇠: 값',
  '끝에 쌍점:',
  '- 줄표',
  '---',
  '...',
  '? 물음',
  '| 막대',
  '> 꺾쇠',
  '& 닻',
  '*별표',
  '! 느낌표',
  '% 백분율',
  '@ 골뱅이',
  '` 역따옴표',
  '~',
  'null',
  'yes',
  'false',
  '123',
  '0x1F',
  '1e3',
  '2026-11-23',
  '<b>굵게</b>',
  '탭\t사이',
  '줄\u0085바꿈',
  '영\u0000 \u001b[2K',
  '👻 유령 👨‍👩‍👧‍👦',
  '가'.repeat(300),
];

for (const title of HOSTILE) {
  test(`the frontmatter gives back the title ${JSON.stringify(title).slice(0, 40)}`, () => {
    const text = `# ${title}\n\n${title} 그리고 본문이다.`;
    const story = storyOf({ title, text, tags: [title], removed: [], doubts: [] }, PREMISE);
    const { fields, body } = readBack(toMarkdown(story, FACTS));
    assert.equal(story.title, title);
    assert.equal(fields.title, title);
    assert.equal(fields.description, story.description);
    assert.deepEqual(fields.tags, story.tags);
    assert.equal(body, `\n${story.text}\n`);
  });
}

test('newlines in a title or a description cannot break out of the frontmatter', () => {
  const story = { ...toStory(storyText(), PREMISE), title: '첫 줄\n---\n둘째: 줄', description: '\n- 설명\r\n---\n' };
  const { fields } = readBack(toMarkdown(story, FACTS));
  assert.equal(fields.title, story.title);
  assert.equal(fields.description, story.description);
});

test('a frontmatter value takes one line, however long it is', () => {
  const story = { ...toStory(storyText(), PREMISE), title: '긴 제목 '.repeat(100).trim() };
  assert.match(toMarkdown(story, FACTS), new RegExp(`^title: ${story.title}$`, 'm'));
});
