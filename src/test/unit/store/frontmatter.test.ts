import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from 'js-yaml';
import { parse } from 'yaml';
import { fromMarkdown, toMarkdown } from '../../../store/frontmatter.js';
import { readAnswer } from '../../../story/read-answer.js';
import { toStory } from '../../../story/story.js';
import { PREMISE } from '../../helpers/fakes.js';

// The frontmatter as programs read it that publish or collect Markdown files. Astro and Eleventy use js-yaml, Obsidian the
// package yaml; Jekyll's and Hugo's parsers are not for Node, but both follow YAML 1.1 in what concerns us.

interface Reader {
  name: string;
  read: (yaml: string) => unknown;
  /** Whether it makes dates of what looks like one; else they are texts. */
  hasDates: boolean;
}

const ASTRO: Reader = { name: 'js-yaml, as Astro reads', read: (yaml) => load(yaml), hasDates: true };
const READERS: readonly Reader[] = [
  ASTRO,
  { name: 'YAML 1.2, as Obsidian reads', read: (yaml) => parse(yaml), hasDates: false },
  { name: 'YAML 1.1, as Jekyll reads', read: (yaml) => parse(yaml, { version: '1.1' }), hasDates: true },
];

const DATE = '2026-11-23T14:30:05+09:00';

/** Titles that YAML could take for something else. */
const TITLES = [
  '반품 구역',
  'yes',
  'No',
  'null',
  '~',
  '123',
  '0x1F',
  '1_000',
  '12:30:45',
  '2026-11-23',
  '2026-11-23T14:30:05+09:00',
  '3.0',
  '.inf',
  '=',
  '<<',
  '- 목록',
  '? 물음',
  '키: 값',
  '값 # 설명',
  '# 해시',
  '@누구',
  '`코드`',
  '%퍼센트',
  '&이름 *이름',
  '!태그',
  '[대괄호], {중괄호}',
  '"큰따옴표"와 \'작은따옴표\'',
  '\\역슬래시\\n',
  '---',
  '...',
  '👻 이모지',
  '줄임…',
  '가'.repeat(300),
];

/** What a strict schema of a content collection would say, field by field. */
function check({ read, hasDates }: Reader, { frontmatter, title }: { frontmatter: string; title: string }): void {
  const fields = read(frontmatter) as Record<string, unknown>;
  const { date, tags, wordCount, draft, ...texts } = fields;
  assert.equal(fields.title, title);
  assert.ok(hasDates ? date instanceof Date : typeof date === 'string', `date: ${String(date)}`);
  assert.equal(new Date(date as string | Date).getTime(), Date.parse(DATE));
  assert.ok(Number.isInteger(wordCount), `wordCount: ${String(wordCount)}`);
  assert.equal(typeof draft, 'boolean');
  for (const [name, value] of Object.entries(texts)) assert.equal(typeof value, 'string', `${name}: ${String(value)}`);
  assert.ok(Array.isArray(tags) && tags.length > 0);
  for (const tag of tags as unknown[]) {
    assert.ok(typeof tag === 'string', `tag: ${String(tag)}`);
    // What Obsidian calls a tag: no blanks, no marks but these, and not only digits.
    assert.match(tag, /^[\p{L}\p{M}\p{N}_/-]+$/u);
    assert.doesNotMatch(tag, /^[\d/-]*$/);
  }
  assert.equal(new Set(tags as string[]).size, (tags as string[]).length);
}

function frontmatterOf(title: string, premise = PREMISE): { frontmatter: string; title: string } {
  const story = {
    ...toStory(readAnswer(`# 제목\n\n첫 문장이다: "정말"? # 그렇다. ${'본문이다. '.repeat(200)}`), premise),
    title,
  };
  const facts = { date: DATE, model: 'claude-sonnet-5-5', temperature: null, provider: 'gateway.example:8080' };
  const { frontmatter } = fromMarkdown(toMarkdown(story, facts)) ?? {};
  assert.ok(frontmatter !== undefined);
  return { frontmatter, title };
}

for (const reader of READERS) {
  test(`${reader.name}: every title is the text that it is, and every value of the type that its name promises`, () => {
    for (const title of TITLES) check(reader, frontmatterOf(title));
  });
}

test('cards of a user’s own, whatever is in them, become tags without blanks and marks', () => {
  const card = (text: string) => ({ id: text, text });
  for (const text of [
    '3층, 복도 끝의 #304호',
    '2019',
    '"말"이 많은 곳',
    '  앞뒤  빈칸  ',
    'a/b/c',
    '👻',
    '-- --',
    '호러',
  ]) {
    check(ASTRO, frontmatterOf('제목', { ...PREMISE, place: card(text), fear: card(text) }));
  }
});

test('a temperature is there only when one was set', () => {
  const story = toStory(readAnswer('# 제목\n\n글.'), PREMISE);
  const facts = { date: DATE, model: 'm', provider: 'p' };
  const read = (temperature: number | null) =>
    load(fromMarkdown(toMarkdown(story, { ...facts, temperature }))?.frontmatter ?? '') as Record<string, unknown>;
  assert.equal('temperature' in read(null), false);
  assert.equal(read(0.8).temperature, 0.8);
});
