import assert from 'node:assert/strict';
import fs, { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { decodeText, listFolder, syncFolder, TextEncodingError, writeDurably } from '../../../lib/files.js';
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

describe('a text file of a person', () => {
  const TEXT = '한글 👻\r\nabc';
  const utf16 = Buffer.from(`\ufeff${TEXT}`, 'utf16le');

  test('is read as UTF-8, with a byte order mark or without, and as UTF-16 of both byte orders', () => {
    for (const bytes of [Buffer.from(TEXT), Buffer.from(`\ufeff${TEXT}`), utf16, Buffer.from(utf16).swap16()]) {
      assert.equal(decodeText(bytes), TEXT);
    }
    for (const empty of [[], [0xef, 0xbb, 0xbf], [0xff, 0xfe], [0xfe, 0xff]]) {
      assert.equal(decodeText(Buffer.from(empty)), '');
    }
  });

  const CASES: [name: string, bytes: Buffer, words: RegExp][] = [
    ['CP949', Buffer.from([0x22, 0xc7, 0xd1, 0xb1, 0xdb, 0x22]), /^CP949\/ANSI로 보입니다\. UTF-8로 저장하세요$/],
    ['another encoding', Buffer.from([0x63, 0x61, 0x66, 0xe9]), /^UTF-8이 아닌 것으로 보입니다\. UTF-8로/],
    ['UTF-16 that was cut short', utf16.subarray(0, 5), /온전하지 않은 UTF-16/],
    ['UTF-16 without a byte order mark', Buffer.from('{"a": 1}', 'utf16le'), /^UTF-16이거나/],
  ];
  for (const [name, bytes, words] of CASES) {
    test(`in ${name} is refused in Korean, with what to do`, () => {
      assert.throws(
        () => decodeText(bytes),
        (error) => error instanceof TextEncodingError && words.test(error.message),
      );
    });
  }
});
