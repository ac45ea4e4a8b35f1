import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fs, { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import fsPromises from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileTimestamp } from '../../../lib/format-time.js';
import type { StoryFiles } from '../../../store/story-metadata.js';
import {
  type Destination,
  discardLeftover,
  listLeftovers,
  listStagings,
  newName,
  openStoryStore,
  removeStaging,
  type StoredStory,
  type StoryStore,
} from '../../../store/story-store.js';
import { diskFull, replaceInNode, storyMetadata, storyText, temporaryFolder } from '../../helpers/fakes.js';

const WRITTEN_AT = Date.UTC(2026, 10, 23, 5, 30);

const entry = (n = 1): StoryFiles => ({
  markdown: `---\ntitle: ${n}\n---\n\n${storyText()}\n`,
  metadata: storyMetadata({ title: `반품 구역 ${n}`, sequence: n }),
});

/** What the worker does with a story: staged, then published. */
async function save(library: StoryStore, entry: StoryFiles, shelf: Destination = 'stories'): Promise<StoredStory> {
  const name = newName(WRITTEN_AT);
  await library.stage(name, entry);
  return library.publish(name, shelf);
}

/** What `ls` shows. */
const visible = (folder: string) =>
  readdirSync(folder)
    .filter((name) => !name.startsWith('.'))
    .sort();

const everything = (folder: string) =>
  readdirSync(folder, { recursive: true, withFileTypes: true }).filter((found) => found.isFile());

function assertPairs(folder: string, count: number): void {
  const names = visible(folder);
  const stories = names.filter((name) => name.endsWith('.md'));
  assert.equal(stories.length, count);
  assert.equal(names.length, 2 * count);
  for (const story of stories) assertPair(join(folder, story), join(folder, story.replace('.md', '_metadata.json')));
}

function assertPair(markdownPath: string, metadataPath: string): void {
  const markdown = readFileSync(markdownPath);
  const { sha256 } = JSON.parse(readFileSync(metadataPath, 'utf8')) as { sha256: string };
  assert.equal(sha256, createHash('sha256').update(markdown).digest('hex'));
}

/** Lets one function fail from its nth call (1 is the first) on. */
function failing(t: TestContext, name: 'renameSync' | 'openSync' | 'readFile', from: number): { mend(): void } {
  const module = name === 'readFile' ? fsPromises : fs;
  const real = module[name as keyof typeof module] as (...args: never[]) => unknown;
  let calls = 0;
  return replaceInNode(t, module, name, (...args) => {
    if (++calls < from) return real(...args);
    if (name === 'readFile') return Promise.reject(diskFull());
    throw diskFull();
  });
}

test('a story is saved as a pair, named by its local time, with the checksum of the text', async (t) => {
  const folder = temporaryFolder(t);
  const { markdown, metadata } = entry();
  const stored = await save(openStoryStore(folder, 'run_1'), entry());
  assert.match(stored.name, new RegExp(`^horror_story_${fileTimestamp(WRITTEN_AT)}_[0-9a-f]{8}$`));
  assert.equal(stored.markdownPath, join(folder, `${stored.name}.md`));
  assert.equal(stored.metadataPath, join(folder, `${stored.name}_metadata.json`));
  assert.deepEqual(visible(folder), [`${stored.name}.md`, `${stored.name}_metadata.json`]);
  assert.equal(readFileSync(stored.markdownPath, 'utf8'), markdown);
  const written = readFileSync(stored.metadataPath, 'utf8');
  const sha256 = createHash('sha256').update(markdown).digest('hex');
  assert.deepEqual(JSON.parse(written), { ...metadata, sha256 });
  assert.match(written, /"title": "반품 구역 1"/);
  assert.ok(written.endsWith('}\n'));
});

test('nothing is left in the staging folder', async (t) => {
  const folder = temporaryFolder(t);
  await save(openStoryStore(folder, 'run_1'), entry());
  assert.equal(everything(folder).length, 2);
});

test('the folder is made with all that leads to it', async (t) => {
  const folder = join(temporaryFolder(t), 'a', '이야기');
  await save(openStoryStore(folder, 'run_1'), entry());
  assertPairs(folder, 1);
});

test('a folder that was removed between two stories is made again', async (t) => {
  const folder = join(temporaryFolder(t), 'stories');
  const library = openStoryStore(folder, 'run_1');
  await save(library, entry(1));
  renameSync(folder, `${folder}.old`);
  await save(library, entry(2));
  rmSync(join(folder, '.staging'), { recursive: true });
  await save(library, entry(3));
  assertPairs(`${folder}.old`, 1);
  assertPairs(folder, 2);
});

test('two stories of the same second have different names', async (t) => {
  const folder = temporaryFolder(t);
  const library = openStoryStore(folder, 'run_1');
  const [one, other] = [await save(library, entry(1)), await save(library, entry(1))];
  assert.notEqual(one.name, other.name);
  assertPairs(folder, 2);
});

test('200 saves at once, by two workers, are 200 pairs', async (t) => {
  const folder = temporaryFolder(t);
  const workers = [openStoryStore(folder, 'run_1'), openStoryStore(folder, 'run_2')] as const;
  await Promise.all(Array.from({ length: 200 }, (_, n) => save(n % 2 === 0 ? workers[0] : workers[1], entry(n))));
  assertPairs(folder, 200);
  const sequences = visible(folder)
    .filter((name) => name.endsWith('.json'))
    .map((name) => (JSON.parse(readFileSync(join(folder, name), 'utf8')) as { sequence: number }).sequence);
  assert.equal(new Set(sequences).size, 200);
});

test('whoever sees a story, at any moment of a save, finds its whole metadata', async (t) => {
  const folder = temporaryFolder(t);
  const library = openStoryStore(folder, 'run_1');
  const rename = fs.renameSync;
  const seen: string[][] = [];
  const broken: unknown[] = [];
  replaceInNode(t, fs, 'renameSync', (from: string, to: string) => {
    rename(from, to);
    seen.push(visible(folder));
    const stories = visible(folder).filter((name) => name.endsWith('.md'));
    for (const name of stories) {
      try {
        assertPair(join(folder, name), join(folder, name.replace('.md', '_metadata.json')));
      } catch (error) {
        // Publishing tells one missing file from another, and would make nothing of this one.
        broken.push(error);
      }
    }
  });
  await save(library, entry(1));
  await save(library, entry(2));
  assert.deepEqual(
    seen.map((names) => names.length),
    [1, 2, 3, 4],
  );
  assert.deepEqual(broken, []);
});

const OBSTACLES: [name: string, put: (folder: string) => void][] = [
  ['a file stands where the folder should', (folder) => writeFileSync(folder, '')],
  [
    'a file stands where the staging folder should',
    (folder) => {
      mkdirSync(folder);
      writeFileSync(join(folder, '.staging'), '');
    },
  ],
];

for (const [name, put] of OBSTACLES) {
  test(`when ${name}, saving rejects, nothing is visible, and it works once that is gone`, async (t) => {
    const folder = join(temporaryFolder(t), 'stories');
    put(folder);
    const library = openStoryStore(folder, 'run_1');
    await assert.rejects(save(library, entry()), { code: /EEXIST|ENOTDIR/ });
    assert.deepEqual(existsSync(join(folder, '.staging')) ? visible(folder) : [], []);
    rmSync(folder, { recursive: true });
    await save(library, entry());
    assertPairs(folder, 1);
  });
}

const STAGING_FAULTS: [name: string, from: number][] = [
  ['no file can be opened', 1],
  ['the second file cannot be opened', 2],
  ['the folder cannot be synced', 3],
];

for (const [name, from] of STAGING_FAULTS) {
  test(`when ${name}, staging rejects and leaves nothing, and it works the next time under the same name`, async (t) => {
    const folder = temporaryFolder(t);
    const library = openStoryStore(folder, 'run_1');
    const story = newName(WRITTEN_AT);
    const fault = failing(t, 'openSync', from);
    await assert.rejects(library.stage(story, entry()), { code: 'ENOSPC' });
    assert.deepEqual(everything(folder), []);
    fault.mend();
    await library.stage(story, entry());
    await library.publish(story, 'stories');
    assertPairs(folder, 1);
  });
}

for (const [name, call, from] of [
  ['no file can be moved into place', 'renameSync', 1],
  ['the second file cannot be moved into place', 'renameSync', 2],
  ['the folder cannot be synced after the move', 'openSync', 1],
] as const) {
  for (const again of ['published', 'staged and published']) {
    test(`when ${name}, publishing rejects, and the story can be ${again} again`, async (t) => {
      const folder = temporaryFolder(t);
      const library = openStoryStore(folder, 'run_1');
      const story = newName(WRITTEN_AT);
      await library.stage(story, entry());
      const fault = failing(t, call, from);
      await assert.rejects(library.publish(story, 'stories'), { code: 'ENOSPC' });
      fault.mend();
      assert.equal(everything(folder).length, 2);
      if (again !== 'published') await library.stage(story, entry());
      await library.publish(story, 'stories');
      assertPairs(folder, 1);
      assert.equal(everything(folder).length, 2);
    });
  }
}

test('a name that was never staged cannot be published', async (t) => {
  const folder = temporaryFolder(t);
  await assert.rejects(openStoryStore(folder, 'run_1').publish(newName(WRITTEN_AT), 'stories'), { code: 'ENOENT' });
  assert.deepEqual(visible(folder), []);
});

test('one run does not publish what another one staged', async (t) => {
  const folder = temporaryFolder(t);
  const story = newName(WRITTEN_AT);
  await openStoryStore(folder, 'run_1').stage(story, entry());
  await assert.rejects(openStoryStore(folder, 'run_2').publish(story, 'stories'), { code: 'ENOENT' });
  assert.deepEqual(visible(folder), []);
});

async function leftovers(folder: string): Promise<[name: string, whole: boolean][]> {
  return (await listLeftovers(folder, 'run_1')).map(({ name, metadata }) => [name, metadata !== null]);
}

test('what is left in staging is listed by name, and vouched for only when both files are whole', async (t) => {
  const folder = temporaryFolder(t);
  const library = openStoryStore(folder, 'run_1');
  const staging = join(folder, '.staging', 'run_1');
  assert.deepEqual(await listStagings(folder), []);
  assert.deepEqual(await leftovers(folder), []);
  for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) await library.stage(name, entry());
  rmSync(join(staging, 'b.md'));
  rmSync(join(staging, 'c_metadata.json'));
  writeFileSync(join(staging, 'd.md'), readFileSync(join(staging, 'd.md')).subarray(0, -1));
  writeFileSync(join(staging, 'e_metadata.json'), readFileSync(join(staging, 'e_metadata.json')).subarray(0, -3));
  writeFileSync(join(staging, 'f_metadata.json'), 'null');
  assert.deepEqual(await leftovers(folder), [
    ['a', true],
    ['b', false],
    ['c', false],
    ['d', false],
    ['e', false],
    ['f', false],
  ]);
  assert.deepEqual(await listStagings(folder), ['run_1']);
});

test('what cannot be read just now is not taken for torn', async (t) => {
  const folder = temporaryFolder(t);
  await openStoryStore(folder, 'run_1').stage('a', entry());
  for (const from of [1, 2]) {
    const fault = failing(t, 'readFile', from);
    await assert.rejects(leftovers(folder), { code: 'ENOSPC' });
    fault.mend();
  }
  assert.deepEqual(await leftovers(folder), [['a', true]]);
});

test('a pair whose metadata lies on its shelf already is vouched for', async (t) => {
  for (const shelf of ['.', '.set-aside']) {
    const folder = temporaryFolder(t);
    await openStoryStore(folder, 'run_1').stage('a', entry());
    mkdirSync(join(folder, shelf), { recursive: true });
    const moved = join(folder, shelf, 'a_metadata.json');
    renameSync(join(folder, '.staging', 'run_1', 'a_metadata.json'), moved);
    assert.deepEqual(await leftovers(folder), [['a', true]]);
    writeFileSync(moved, '{"sha256":"another"}');
    assert.deepEqual(await leftovers(folder), [['a', false]]);
  }
});

test('what is discarded is gone, whatever of it there was', async (t) => {
  const folder = temporaryFolder(t);
  const library = openStoryStore(folder, 'run_1');
  for (const name of ['a', 'b', 'c']) await library.stage(name, entry());
  rmSync(join(folder, '.staging', 'run_1', 'a.md'));
  for (const name of ['a', 'b', 'none']) await discardLeftover(folder, 'run_1', name);
  assert.deepEqual(await leftovers(folder), [['c', true]]);
});

test('a staging folder is removed when it is empty, and only then', async (t) => {
  const folder = temporaryFolder(t);
  const library = openStoryStore(folder, 'run_1');
  await library.stage('a', entry());
  await removeStaging(folder, 'run_1');
  assert.deepEqual(await leftovers(folder), [['a', true]]);
  await library.publish('a', 'stories');
  await removeStaging(folder, 'run_1');
  assert.deepEqual(await listStagings(folder), []);
  await removeStaging(folder, 'run_1');
});

test('what is set aside is out of sight, as a pair, and out of the way of stories', async (t) => {
  const folder = temporaryFolder(t);
  const library = openStoryStore(folder, 'run_1');
  const stored = await save(library, entry(), 'set-aside');
  assert.deepEqual(visible(folder), []);
  assert.equal(stored.markdownPath, join(folder, '.set-aside', `${stored.name}.md`));
  assertPairs(join(folder, '.set-aside'), 1);
  await save(library, entry());
  assertPairs(folder, 1);
});

test('what cannot be set aside rejects, and stories can still be saved', async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, '.set-aside'), '');
  const library = openStoryStore(folder, 'run_1');
  await assert.rejects(save(library, entry(), 'set-aside'), { code: 'EEXIST' });
  await save(library, entry());
  assertPairs(folder, 1);
});
