import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toBook } from '../../../book/book.js';
import { toEpub } from '../../../book/epub.js';
import type { BookStory } from '../../../book/load.js';
import { elementsIn, ODD_STORIES, openEpub } from '../../helpers/books.js';

const DAY = 24 * 3600 * 1000;
/** In the middle of a day, wherever the test runs. */
const WRITTEN = new Date(2026, 10, 29, 12).getTime();

const story = (fields: Partial<BookStory> = {}): BookStory => ({
  name: 'horror_story_20261129_120000_00000001',
  title: '검은 방',
  text: '# 검은 방\n\n문이 열려 있었다.',
  writtenAt: WRITTEN,
  model: 'claude-test',
  provider: 'anthropic',
  ...fields,
});

const filesOf = (stories: readonly BookStory[], madeAt = WRITTEN + 40 * DAY) =>
  openEpub(toEpub(toBook(stories, madeAt)));

function fileIn(files: ReadonlyMap<string, string>, name: string): string {
  const text = files.get(`EPUB/${name}`);
  assert.ok(text !== undefined, `${name} is missing`);
  return text;
}

test('the archive begins with its type, stored as it is, by which a file is known for an EPUB', () => {
  const epub = Buffer.from(toEpub(toBook([story()], WRITTEN)));
  // Local header: signature, method 0, a name of 8 bytes, no extra field; then the name and the content.
  assert.equal(epub.readUInt32LE(0), 0x04034b50);
  assert.deepEqual([epub.readUInt16LE(8), epub.readUInt16LE(26), epub.readUInt16LE(28)], [0, 8, 0]);
  assert.equal(epub.toString('latin1', 30, 58), 'mimetypeapplication/epub+zip');
  assert.equal([...openEpub(epub).keys()][0], 'mimetype');
});

test('the container names the package, which names every file once', () => {
  const files = filesOf([story(), story({ title: '둘째' })]);
  const [root] = elementsIn(files.get('META-INF/container.xml') ?? '', 'rootfile');
  assert.equal(root?.attributes['full-path'], 'EPUB/package.opf');
  const items = elementsIn(fileIn(files, 'package.opf'), 'item').map(({ attributes }) => attributes);
  const named = items.map(({ href }) => `EPUB/${href}`);
  const there = [...files.keys()].filter((name) => name.startsWith('EPUB/') && name !== 'EPUB/package.opf');
  assert.deepEqual([...named].sort(), there.sort());
  assert.equal(new Set(items.map(({ id }) => id)).size, items.length);
  assert.deepEqual(
    items.filter(({ properties }) => properties === 'nav').map(({ href }) => href),
    ['nav.xhtml'],
  );
});

test('title page, contents and chapters are read in order, and both tables of contents lead to them', () => {
  const files = filesOf([story(), story({ title: '둘째' })]);
  const opf = fileIn(files, 'package.opf');
  const hrefs = new Map(elementsIn(opf, 'item').map(({ attributes }) => [attributes.id, attributes.href]));
  const spine = elementsIn(opf, 'itemref').map(({ attributes }) => hrefs.get(attributes.idref));
  const order = ['title.xhtml', 'nav.xhtml', 'chapter-0001.xhtml', 'chapter-0002.xhtml'];
  assert.deepEqual(spine, order);
  const [toc] = elementsIn(fileIn(files, 'nav.xhtml'), 'nav');
  assert.equal(toc?.attributes['epub:type'], 'toc');
  const links = elementsIn(fileIn(files, 'nav.xhtml'), 'a').map(({ text, attributes }) => [text, attributes.href]);
  assert.deepEqual(links.slice(0, 2), [
    ['검은 방', 'chapter-0001.xhtml'],
    ['둘째', 'chapter-0002.xhtml'],
  ]);
  const ncx = fileIn(files, 'toc.ncx');
  assert.deepEqual(
    elementsIn(ncx, 'content').map(({ attributes }) => attributes.src),
    order,
  );
  const [uid] = elementsIn(ncx, 'meta').filter(({ attributes }) => attributes.name === 'dtb:uid');
  assert.equal(uid?.attributes.content, elementsIn(opf, 'dc:identifier')[0]?.text);
});

test('the book says in which language it is, from when its stories are, and when it was made', () => {
  const opf = fileIn(filesOf([story(), story({ writtenAt: WRITTEN + 3 * DAY })]), 'package.opf');
  assert.equal(elementsIn(opf, 'dc:language')[0]?.text, 'ko');
  assert.equal(elementsIn(opf, 'dc:title')[0]?.text, '호러 단편집 (2026년 11월 29일 – 12월 2일)');
  const modified = elementsIn(opf, 'meta').find(({ attributes }) => attributes.property === 'dcterms:modified');
  assert.equal(modified?.text, new Date(WRITTEN + 40 * DAY).toISOString().replace('.000Z', 'Z'));
  for (const [name, text] of filesOf([story()])) {
    if (!name.endsWith('.xhtml')) continue;
    const [root] = elementsIn(text, 'html');
    assert.deepEqual([root?.attributes.lang, root?.attributes['xml:lang']], ['ko', 'ko'], name);
  }
});

test('days that share month or year say them once', () => {
  const range = (days: number) => toBook([story(), story({ writtenAt: WRITTEN + days * DAY })], WRITTEN).dates;
  assert.deepEqual([0, 1, 3, 40].map(range), [
    '2026년 11월 29일',
    '2026년 11월 29일 – 30일',
    '2026년 11월 29일 – 12월 2일',
    '2026년 11월 29일 – 2027년 1월 8일',
  ]);
});

test('the title page counts who wrote what, and tells the built-in author from Claude', () => {
  const own = story({ provider: 'offline', model: 'offline' });
  const page = fileIn(filesOf([own, story(), own, story({ model: null, provider: null })]), 'title.xhtml');
  assert.deepEqual(
    elementsIn(page, 'li').map(({ text }) => text),
    ['내장 작가(offline): 2편', 'claude-test (anthropic): 1편', '알 수 없는 모델: 1편'],
  );
  assert.match(page, /소설 4편/);
  assert.match(page, /Claude가 쓴 것이 아닙니다/);
  assert.doesNotMatch(fileIn(filesOf([story()]), 'title.xhtml'), /Claude가 쓴 것이 아닙니다|offline/);
});

test('a chapter has its title once, wherever the text has it, and says who wrote it', () => {
  for (const text of [
    '# 검은 방\n\n글.',
    '# **검은 방**\n\n글.',
    '제목: 검은 방\n\n글.',
    '글.\n\n# 검은 방',
    '**검은 방**\n\n글.',
    '글.',
  ]) {
    const chapter = fileIn(filesOf([story({ text })]), 'chapter-0001.xhtml');
    assert.deepEqual(
      elementsIn(chapter, 'h1').map((each) => each.text),
      ['검은 방'],
    );
    const [paragraph, note, ...others] = elementsIn(chapter, 'p').map((each) => each.text);
    assert.deepEqual([paragraph, note, others], ['글.', '2026년 11월 29일 · claude-test (anthropic)', []], text);
    assert.deepEqual(elementsIn(chapter, 'h2'), []);
  }
});

test('other headings stay, and so does a first line that only begins like the title', () => {
  const chapter = fileIn(filesOf([story({ text: '검은 방이었다.\n\n# 다른 제목\n\n글.' })]), 'chapter-0001.xhtml');
  assert.deepEqual(
    elementsIn(chapter, 'p').map(({ text }) => text),
    ['검은 방이었다.', '글.', '2026년 11월 29일 · claude-test (anthropic)'],
  );
  assert.equal(elementsIn(chapter, 'h2')[0]?.text, '다른 제목');
});

test('every page is well-formed, whatever titles and texts hold, and leads nowhere outside', () => {
  const files = filesOf(
    ODD_STORIES.map(({ title, text, fields }) => story({ title, text, ...(fields as Partial<BookStory>) })),
  );
  for (const [name, text] of files) {
    if (!/\.(xhtml|opf|ncx|xml)$/.test(name)) continue;
    elementsIn(text, 'html');
    for (const element of ['img', 'script', 'a']) {
      const outside = elementsIn(text, element).filter(
        ({ attributes }) => !/^[\w-]+\.xhtml$/.test(attributes.href ?? ''),
      );
      assert.deepEqual(outside, [], name);
    }
  }
  const labels = elementsIn(fileIn(files, 'toc.ncx'), 'text').map(({ text }) => text);
  assert.ok(labels.includes('"따옴표" & <꺾쇠> \'작은\''));
  assert.ok(labels.includes('뒤집힘과  반쪽'));
});

test('a folder that has grown makes a new edition of the same book, another folder another book', () => {
  const identifierOf = (...stories: BookStory[]) => toBook(stories, WRITTEN).identifier;
  const first = identifierOf(story());
  assert.match(first, /^urn:uuid:[\da-f]{8}-[\da-f]{4}-8[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
  assert.equal(identifierOf(story(), story({ name: 'horror_story_20261130_120000_00000002' })), first);
  assert.notEqual(identifierOf(story({ name: 'horror_story_20261130_120000_00000002' })), first);
});

test('the style sheet sets no colour and no font, which are the reader’s', () => {
  const sheet = fileIn(filesOf([story()]), 'style.css');
  assert.doesNotMatch(sheet, /#[\da-f]{3}|rgb|(?<![\w-])(?:color|background)\s*:|font-family:(?! inherit)/i);
});
