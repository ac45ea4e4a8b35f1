import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { openSimilarityIndex, toIndexLine } from '../../../store/similarity-index.js';
import { shinglesOf, signatureOf } from '../../../story/similarity.js';
import { temporaryFolder } from '../../helpers/fakes.js';

const nameOf = (number: number) => `horror_story_20261123_140000_${number.toString(16).padStart(8, '0')}`;

/** A story of its own, `shared` of whose fifty sentences are those of every other one. */
function textOf(number: number, shared = 0): string {
  const sentences = Array.from({ length: 50 }, (_, at) =>
    at < shared
      ? `누구에게나 있는 ${at}번째 문장이다.`
      : `${number}번 상자의 ${at * 7919 + number * 104_729}번 쪽지였다.`,
  );
  return `# 상자 ${number}\n\n${sentences.join(' ')}`;
}

function put(folder: string, number: number, text = textOf(number)): void {
  writeFileSync(join(folder, `${nameOf(number)}.md`), `---\ntitle: 상자 ${number}\n---\n\n${text}\n`);
}

function folderOf(t: TestContext, count: number): string {
  const folder = temporaryFolder(t);
  for (let number = 1; number <= count; number++) put(folder, number);
  return folder;
}

const lines = (folder: string) => readFileSync(join(folder, '.likeness'), 'utf8').split('\n').filter(Boolean);

test('the first story of a folder is like none', async (t) => {
  assert.equal(await openSimilarityIndex(temporaryFolder(t)).nearest(textOf(1)), null);
});

test('a missing index is made of the stories on disk, and the nearest of them is found with its exact likeness', async (t) => {
  const folder = folderOf(t, 150);
  put(folder, 77, textOf(77, 20));
  const nearest = await openSimilarityIndex(folder).nearest(textOf(500, 20));
  assert.equal(nearest?.name, nameOf(77));
  assert.ok(nearest.score > 0.2 && nearest.score < 0.6, String(nearest.score));
  assert.equal(lines(folder).length, 150);
});

test('a story that was added is found by this index, by another one, and by the next process', async (t) => {
  const folder = folderOf(t, 3);
  const [index, other] = [openSimilarityIndex(folder), openSimilarityIndex(folder)];
  await Promise.all([index.catchUp(), other.catchUp()]);
  put(folder, 9);
  await index.add(nameOf(9), textOf(9));
  for (const each of [index, other, openSimilarityIndex(folder)]) {
    assert.deepEqual(await each.nearest(textOf(9)), { name: nameOf(9), score: 1 });
  }
  assert.equal(new Set(lines(folder)).size, 4);
});

test('a story that the index has missed is found once it has caught up', async (t) => {
  const folder = folderOf(t, 3);
  await openSimilarityIndex(folder).catchUp();
  put(folder, 4);
  const index = openSimilarityIndex(folder);
  assert.notEqual((await index.nearest(textOf(4)))?.name, nameOf(4));
  await index.catchUp();
  assert.deepEqual(await index.nearest(textOf(4)), { name: nameOf(4), score: 1 });
  assert.equal(lines(folder).length, 4);
});

test('a story that somebody took away is not the nearest', async (t) => {
  const folder = folderOf(t, 3);
  const index = openSimilarityIndex(folder);
  await index.catchUp();
  rmSync(join(folder, `${nameOf(2)}.md`));
  const nearest = await index.nearest(textOf(2));
  assert.ok(nearest !== null && nearest.name !== nameOf(2));
});

test('a torn or foreign line in the index is passed over, and its story read again', async (t) => {
  const folder = folderOf(t, 2);
  await openSimilarityIndex(folder).catchUp();
  const [first = '', second = ''] = lines(folder);
  writeFileSync(join(folder, '.likeness'), `${first}\n무엇인가\n${second.slice(0, 90)}`);
  const index = openSimilarityIndex(folder);
  assert.equal((await index.nearest(textOf(1)))?.score, 1);
  await index.catchUp();
  assert.equal((await index.nearest(textOf(2)))?.score, 1);
  assert.ok(lines(folder).includes(second));
});

test('an index that could not be read is read again when it is needed', async (t) => {
  const folder = folderOf(t, 2);
  mkdirSync(join(folder, '.likeness'));
  const index = openSimilarityIndex(folder);
  await assert.rejects(index.catchUp(), { code: 'EISDIR' });
  await assert.rejects(index.nearest(textOf(1)), { code: 'EISDIR' });
  rmSync(join(folder, '.likeness'), { recursive: true });
  assert.equal((await index.nearest(textOf(1)))?.score, 1);
});

test('what is no story is not taken in: other files, dot folders, a text without frontmatter', async (t) => {
  const folder = folderOf(t, 1);
  mkdirSync(join(folder, '.set-aside'));
  put(join(folder, '.set-aside'), 2);
  writeFileSync(join(folder, 'notes.md'), textOf(3));
  writeFileSync(join(folder, `${nameOf(4)}.md`), textOf(4));
  appendFileSync(join(folder, `${nameOf(5)}_metadata.json`), '{}');
  await openSimilarityIndex(folder).catchUp();
  assert.equal(lines(folder).length, 1);
});

test('of an index of any length every line is seen, past whatever else stands in it', async (t) => {
  const folder = folderOf(t, 3);
  const filler = Array.from({ length: 5000 }, (_, number) =>
    toIndexLine(nameOf(1000 + number), signatureOf(new Set([number]))),
  );
  const story = (number: number) => toIndexLine(nameOf(number), signatureOf(shinglesOf(textOf(number))));
  const content = [
    story(1),
    '한 줄도 아닌 것'.repeat(100_000),
    ...filler,
    story(2).slice(0, 200),
    story(2),
    story(2),
    'x'.repeat(300),
    ...filler,
    story(3),
  ];
  writeFileSync(join(folder, '.likeness'), content.map((line) => `${line}\n`).join(''));
  appendFileSync(join(folder, '.likeness'), story(1).slice(0, 100));
  const index = openSimilarityIndex(folder);
  for (const number of [1, 2, 3]) {
    assert.deepEqual(await index.nearest(textOf(number)), { name: nameOf(number), score: 1 });
  }
  // All are known, and so nothing is added.
  const before = statSync(join(folder, '.likeness')).size;
  await index.catchUp();
  assert.equal(statSync(join(folder, '.likeness')).size, before);
});
