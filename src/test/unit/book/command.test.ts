import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { bookCommand } from '../../../book/command.js';
import { elementsIn, keepStory, openEpub } from '../../helpers/books.js';
import { runCommand } from '../../helpers/commands.js';
import { temporaryFolder } from '../../helpers/fakes.js';
import { BEGUN, begin, folderWith, keepAside } from '../../helpers/folders.js';
import { DEAD } from '../../helpers/records.js';

const HOUR = 3600 * 1000;
const DAY = 24 * HOUR;
/** In the middle of a day, wherever the test runs. */
const WRITTEN = new Date(2026, 10, 29, 12).getTime();

async function book(t: TestContext, folder: string, ...argv: string[]) {
  const [root, typedIn] = [temporaryFolder(t), temporaryFolder(t)];
  const result = await runCommand(bookCommand, argv, { root, typedIn, env: { OUTPUT_DIR: folder }, now: WRITTEN });
  return { ...result, typedIn };
}

function titlesIn(path: string): string[] {
  const nav = openEpub(readFileSync(path)).get('EPUB/nav.xhtml') ?? '';
  return elementsIn(nav, 'a')
    .filter(({ attributes }) => attributes['epub:type'] === undefined)
    .map(({ text }) => text);
}

test('all stories of a folder become one book, in the order in which they were written, under its dates', async (t) => {
  const folder = temporaryFolder(t);
  await keepStory(folder, '# 셋\n\n글.', WRITTEN + 2 * DAY, { title: '셋' });
  await keepStory(folder, '# 하나\n\n글.', WRITTEN, { title: '하나' });
  await keepStory(folder, '# 둘\n\n글.', WRITTEN + HOUR, { title: '둘', provider: 'offline', model: 'offline' });
  const { code, stdout, stderr, typedIn } = await book(t, folder);
  const path = join(typedIn, 'horror_stories_20261129-20261201.epub');
  assert.deepEqual([code, stderr], [0, '']);
  const dates = '2026년 11월 29일 – 12월 1일';
  assert.equal(
    stdout,
    `호러 단편집 (${dates}): 소설 3편 - claude-test (anthropic) 2편, 내장 작가(offline) 1편\n${path}\n`,
  );
  assert.deepEqual(titlesIn(path), ['하나', '둘', '셋']);
  assert.deepEqual(readdirSync(typedIn), ['horror_stories_20261129-20261201.epub']);
});

test('what is set aside, and files that are no stories, are not in it', async (t) => {
  const folder = temporaryFolder(t);
  await keepAside(folder, '버린 글', WRITTEN);
  writeFileSync(join(folder, 'README.md'), '# 다른 글\n');
  assert.deepEqual(
    { ...(await book(t, folder)), typedIn: '' },
    { code: 2, stdout: '', stderr: `책에 넣을 소설이 없습니다: ${folder}\n`, typedIn: '' },
  );
  await keepStory(folder, '# 하나\n\n글.', WRITTEN, { title: '하나' });
  const { typedIn } = await book(t, folder);
  assert.deepEqual(titlesIn(join(typedIn, 'horror_stories_20261129.epub')), ['하나']);
});

test('doubts about a story are not shown', async (t) => {
  const folder = temporaryFolder(t);
  const doubt = { code: 'talk', reason: '끝나지 않았을 수 있습니다' } as const;
  await keepStory(folder, '# 하나\n\n글.', WRITTEN, { title: '하나', doubts: [doubt] });
  const { typedIn } = await book(t, folder);
  const files = openEpub(readFileSync(join(typedIn, 'horror_stories_20261129.epub')));
  assert.ok([...files.values()].every((text) => !text.includes(doubt.reason)));
});

test('--run takes the stories of one run, named by a part of its id, also where its ledger is lost', async (t) => {
  const folder = await folderWith(t, [begin('run_1', DEAD, BEGUN)]);
  await keepStory(folder, '# 하나\n\n글.', WRITTEN, { title: '하나', run_id: 'run_1' });
  await keepStory(folder, '# 둘\n\n글.', WRITTEN, { title: '둘', run_id: 'run_2' });
  for (const [run, titles] of [
    ['1', ['하나']],
    ['run_2', ['둘']],
  ] as const) {
    const { typedIn } = await book(t, folder, '--run', run);
    assert.deepEqual(titlesIn(join(typedIn, 'horror_stories_20261129.epub')), titles);
  }
  assert.match((await book(t, folder, '--run', 'run')).stderr, /실행이 여럿입니다. 실행: run_2, run_1\n$/);
  assert.match((await book(t, folder, '--run', '3')).stderr, /맞는 실행이 없습니다/);
});

test('--since takes the stories from a local day on, and --output names the file', async (t) => {
  const folder = temporaryFolder(t);
  const midnight = new Date(2026, 10, 30).getTime();
  await keepStory(folder, '# 하나\n\n글.', midnight - 1000, { title: '하나' });
  await keepStory(folder, '# 둘\n\n글.', midnight, { title: '둘' });
  const output = join('책', '밤.epub');
  const { stdout, typedIn } = await book(t, folder, '--since', '2026-11-30', '--output', output);
  assert.match(stdout, /소설 1편/);
  assert.deepEqual(titlesIn(join(typedIn, output)), ['둘']);
});

test('a story that cannot be read is left out and named', async (t) => {
  const folder = temporaryFolder(t);
  await keepStory(folder, '# 하나\n\n글.', WRITTEN, { title: '하나' });
  const torn = await keepStory(folder, '# 둘\n\n글.', WRITTEN + HOUR, { title: '둘' });
  writeFileSync(join(folder, `${torn}.md`), '---\ntitle: 둘\n');
  const bare = await keepStory(folder, '# 셋\n\n글.', WRITTEN + 2 * HOUR, { title: '셋' });
  writeFileSync(join(folder, `${bare}_metadata.json`), '{');
  const { code, stderr, typedIn } = await book(t, folder);
  assert.equal(code, 0);
  assert.equal(stderr, `읽을 수 없어 뺐습니다: ${torn}\n읽을 수 없어 뺐습니다: ${bare}\n`);
  assert.deepEqual(titlesIn(join(typedIn, 'horror_stories_20261129.epub')), ['하나']);
});

test('line ends of other systems are read', async (t) => {
  const folder = temporaryFolder(t);
  const name = await keepStory(folder, '# 하나\n\n글.', WRITTEN, { title: '하나' });
  const path = join(folder, `${name}.md`);
  writeFileSync(path, readFileSync(path, 'utf8').replaceAll('\n', '\r\n'));
  assert.deepEqual((await book(t, folder)).stderr, '');
});

for (const [what, argv, message] of [
  ['a day that does not exist', ['--since', '2026-02-30'], /^--since: 2026-11-29처럼 적은 날짜여야 합니다/],
  ['another form of a day', ['--since', '어제'], /입력값: "어제"/],
  ['an empty run', ['--run', ''], /^--run에 값이 필요합니다/],
  ['an empty file', ['--output', ''], /^--output에 값이 필요합니다/],
  [
    'a file in a place that is none',
    ['--output', '/dev/null/x.epub'],
    /^책을 쓸 수 없습니다: \/dev\/null\/x.epub \(\w+\)/,
  ],
] as const) {
  test(`${what} is answered with 2 and one line`, async (t) => {
    const folder = temporaryFolder(t);
    await keepStory(folder, '# 하나\n\n글.', WRITTEN);
    const { code, stdout, stderr } = await book(t, folder, ...argv);
    assert.deepEqual([code, stdout], [2, '']);
    assert.match(stderr, message);
    assert.equal(stderr.trimEnd().split('\n').length, 1);
  });
}
