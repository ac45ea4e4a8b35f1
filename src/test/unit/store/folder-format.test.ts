import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { FORMAT, NewerFormatError } from '../../../lib/files.js';
import { readStatus, statusPath } from '../../../observe/status-file.js';
import { openDeck } from '../../../prompt/deck.js';
import { ledgerPath, readFormat, readLedger } from '../../../run/ledger.js';
import { beginRun, claimRun } from '../../../run/run.js';
import { checkFolderFormat } from '../../../store/folder-format.js';
import { filesOf, listLeftovers, openStoryStore, stagingFolder } from '../../../store/story-store.js';
import { readPairs } from '../../../verify/folder/pairs.js';
import { AXIS_CARDS, storyMetadata, temporaryFolder } from '../../helpers/fakes.js';
import { DEAD, ME } from '../../helpers/records.js';

const NEWER = FORMAT + 1;
const NAME = 'horror_story_20261123_140000_00000001';

/** A sentence in Korean that says what to do, and names the file. */
function isRefused(error: unknown, file: string): boolean {
  assert.ok(error instanceof NewerFormatError, String(error));
  assert.match(error.message, /더 새로운 버전의 프로그램이 쓴 폴더.*새 버전으로 바꾸세요/);
  assert.ok(error.message.includes(file) && error.message.includes(`형식 ${NEWER}`), error.message);
  return true;
}

const deckOn = (folder: string) => {
  let draws = 0;
  return openDeck({ folder, axes: AXIS_CARDS, random: Math.random, newId: () => `id-${++draws}` });
};

async function folderWithRun(t: TestContext) {
  const folder = temporaryFolder(t);
  const { id } = await beginRun({ folder, me: DEAD, now: () => 1000 }, 'default', null);
  await deckOn(folder)();
  return { folder, id, ledger: ledgerPath(folder, id), deck: join(folder, '.deck.jsonl') };
}

/** Replaces the format in a file, or takes it away. */
function reformat(path: string, format: number | null): void {
  const text = readFileSync(path, 'utf8');
  assert.match(text, /"format":\s?2,/);
  writeFileSync(path, text.replace(/"format":\s?2,/, format === null ? '' : `"format":${format},`));
}

describe('what this version writes', () => {
  test('says its format: ledger and deck', async (t) => {
    const { ledger, deck } = await folderWithRun(t);
    assert.equal(readFormat(ledger), FORMAT);
    assert.equal(readLedger(ledger)?.begin.format, FORMAT);
    assert.match(readFileSync(deck, 'utf8'), /^\{"format":2,"id":/);
  });

  test('says it once in a deck, also across restarts', async (t) => {
    const { folder, deck } = await folderWithRun(t);
    for (let life = 0; life < 3; life++) await deckOn(folder)();
    assert.equal(readFileSync(deck, 'utf8').match(/"format"/g)?.length, 1);
  });

  test('is no other folder for a check, and none is made', async (t) => {
    const { folder } = await folderWithRun(t);
    await checkFolderFormat(folder);
    const empty = join(temporaryFolder(t), 'none');
    await checkFolderFormat(empty);
    assert.throws(() => readdirSync(empty), /ENOENT/);
  });
});

describe('a folder of version 1.0.0', () => {
  test('has no formats, and is gone on with: claim and draws say theirs', async (t) => {
    const { folder, id, ledger, deck } = await folderWithRun(t);
    reformat(ledger, null);
    reformat(deck, null);
    await checkFolderFormat(folder);
    assert.equal(readFormat(ledger), 1);
    assert.ok((await claimRun({ folder, me: ME, now: () => 2000 }, id, 'resume')) !== null);
    assert.match(readFileSync(ledger, 'utf8'), /^\{"type":"begin","at"[^\n]*\n\{"type":"claim","format":2,/);
    for (let draws = 0; draws < 3; draws++) await deckOn(folder)();
    const lines = readFileSync(deck, 'utf8').trimEnd().split('\n');
    assert.deepEqual(
      lines.map((line) => line.includes('"format":2')),
      [false, true, false, false],
    );
  });
});

describe('a folder of a later version is refused, and stays as it is', () => {
  test('by its newest ledger', async (t) => {
    const { folder, id, ledger } = await folderWithRun(t);
    reformat(ledger, NEWER);
    const before = readFileSync(ledger, 'utf8');
    await assert.rejects(checkFolderFormat(folder), (error) => isRefused(error, id));
    await assert.rejects(claimRun({ folder, me: ME, now: () => 2000 }, id, 'resume'), (error) => isRefused(error, id));
    assert.equal(readFileSync(ledger, 'utf8'), before);
  });

  test('by a run of this version that a later one has taken up', async (t) => {
    const { folder, id, ledger } = await folderWithRun(t);
    const claim = { type: 'claim', format: NEWER, at: 2000, epoch: 2, owner: DEAD, purpose: 'resume' };
    appendFileSync(ledger, `${JSON.stringify(claim)}\n`);
    await assert.rejects(claimRun({ folder, me: ME, now: () => 3000 }, id, 'resume'), (error) => isRefused(error, id));
  });

  test('by its deck, from the first line or a later one', async (t) => {
    const first = await folderWithRun(t);
    reformat(first.deck, NEWER);
    const later = await folderWithRun(t);
    appendFileSync(later.deck, `{"format":${NEWER},"whatever":"it is"}\n`);
    for (const { folder, deck } of [first, later]) {
      const before = readFileSync(deck, 'utf8');
      await assert.rejects(checkFolderFormat(folder), (error) => isRefused(error, '.deck.jsonl'));
      await assert.rejects(deckOn(folder)(), (error) => isRefused(error, '.deck.jsonl'));
      assert.equal(readFileSync(deck, 'utf8'), before);
    }
  });

  test('by the digest of its deck', async (t) => {
    const { folder } = await folderWithRun(t);
    const draw = deckOn(folder);
    for (let draws = 0; draws < 40; draws++) await draw();
    const digest = join(folder, '.deck.digest');
    const text = readFileSync(digest, 'latin1');
    assert.match(text, /"format":2,/);
    writeFileSync(digest, text.replace('"format":2,', `"format":${NEWER},`), 'latin1');
    await assert.rejects(checkFolderFormat(folder), (error) => isRefused(error, '.deck.jsonl'));
  });

  test('by the metadata of a pair that is staged, which is not thrown away', async (t) => {
    const folder = temporaryFolder(t);
    const metadata = { ...storyMetadata({}), format: NEWER };
    await openStoryStore(folder, 'run_1').stage(NAME, { markdown: '# 가\n', metadata });
    await assert.rejects(listLeftovers(folder, 'run_1'), (error) => isRefused(error, NAME));
    assert.equal(readdirSync(stagingFolder(folder, 'run_1')).length, 2);
  });

  test('by the metadata of a story, when the folder is verified', async (t) => {
    const folder = temporaryFolder(t);
    const [markdownFile, metadataFile] = filesOf(NAME);
    writeFileSync(join(folder, markdownFile), '# 가\n');
    writeFileSync(join(folder, metadataFile), JSON.stringify({ ...storyMetadata({}), format: NEWER }));
    const visitor = { addFinding: () => {}, onPair: () => assert.fail(), onTornPair: () => assert.fail() };
    await assert.rejects(readPairs(folder, visitor), (error) => isRefused(error, NAME));
  });

  test('by its status file', async (t) => {
    const { folder, id } = await folderWithRun(t);
    const path = statusPath(folder, id);
    writeFileSync(path, JSON.stringify({ format: NEWER, run_id: id }));
    assert.throws(
      () => readStatus(folder, id),
      (error) => isRefused(error, '.status.json'),
    );
  });
});

test('what cannot be read is no reason to refuse: it is waited for when the run is opened', async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, 'in the way'), '');
  await checkFolderFormat(join(folder, 'in the way'));
  mkdirSync(ledgerPath(folder, 'run_9'), { recursive: true });
  await checkFolderFormat(folder);
});
