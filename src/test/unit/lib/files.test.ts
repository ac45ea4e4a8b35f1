import assert from 'node:assert/strict';
import fs, { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { listFolder, syncFolder, writeDurably } from '../../../lib/files.js';
import { replaceInNode, temporaryFolder } from '../../helpers/fakes.js';

type Done = (error: Error | null) => void;

/** Lets every file refuse to be synced. */
function refuseSync(t: TestContext, code: string): void {
  replaceInNode(t, fs, 'fsync', (_file: number, done: Done) => done(Object.assign(new Error(code), { code })));
}

/** Lets no file be opened. */
function refuseOpen(t: TestContext, code: string): void {
  replaceInNode(t, fs, 'openSync', () => {
    throw Object.assign(new Error(code), { code });
  });
}

test('a file is written whole, in place of a longer one too', async (t) => {
  const path = join(temporaryFolder(t), '이야기.md');
  for (const content of ['긴 이야기 👻', '짧다', '']) {
    await writeDurably(path, content);
    assert.equal(readFileSync(path, 'utf8'), content);
  }
});

test('a file that cannot be made durable is not written', async (t) => {
  refuseSync(t, 'EIO');
  await assert.rejects(writeDurably(join(temporaryFolder(t), 'a'), 'x'), { code: 'EIO' });
});

test('a file is not written where there is no folder', async (t) => {
  await assert.rejects(writeDurably(join(temporaryFolder(t), 'none', 'a'), 'x'), { code: 'ENOENT' });
});

test('a folder is synced; one that is not there cannot be', async (t) => {
  const folder = temporaryFolder(t);
  await syncFolder(folder);
  await assert.rejects(syncFolder(join(folder, 'none')), { code: 'ENOENT' });
});

for (const [code, tolerated] of [
  ['EINVAL', true],
  ['EISDIR', true],
  ['EPERM', true],
  ['ENOTSUP', true],
  ['EIO', false],
  ['ENOSPC', false],
] as const) {
  test(`a folder that answers ${code} ${tolerated ? 'is one of a file system that syncs no folders' : 'is not synced'}`, async (t) => {
    const folder = temporaryFolder(t);
    refuseSync(t, code);
    if (tolerated) await syncFolder(folder);
    else await assert.rejects(syncFolder(folder), { code });
    refuseOpen(t, code);
    if (tolerated) await syncFolder(folder);
    else await assert.rejects(syncFolder(folder), { code });
  });
}

test('a folder that is not there has no names; a file has none to ask for', async (t) => {
  const folder = temporaryFolder(t);
  assert.deepEqual(await listFolder(join(folder, 'none')), []);
  assert.deepEqual(await listFolder(folder), []);
  writeFileSync(join(folder, 'a'), '');
  assert.deepEqual(await listFolder(folder), ['a']);
  await assert.rejects(listFolder(join(folder, 'a')), { code: 'ENOTDIR' });
});
