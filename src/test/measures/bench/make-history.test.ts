import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { makeHistory } from '../../../../scripts/bench/make-history.js';
import { readCards } from '../../../prompt/read-cards.js';
import { ledgerPath, listRuns, readLedger } from '../../../run/ledger.js';
import { replay } from '../../../run/run.js';
import { readRecentStories } from '../../../store/recent-stories.js';
import { openSimilarityIndex } from '../../../store/similarity-index.js';
import { filesOf, nameOfStory } from '../../../store/story-store.js';
import { seededRandom, temporaryFolder } from '../../helpers/fakes.js';
import { ROOT } from '../../helpers/processes.js';

const STORIES = 80;

async function historyFolder(t: TestContext, signal = new AbortController().signal): Promise<string> {
  const folder = temporaryFolder(t);
  await makeHistory({
    folder,
    axes: readCards(join(ROOT, 'config', 'premises')),
    stories: STORIES,
    runs: 4,
    runName: 'default',
    random: seededRandom(1),
    now: Date.UTC(2026, 10, 23),
    signal,
  });
  return folder;
}

test('a folder that the bench makes is one that the worker knows', async (t) => {
  const folder = await historyFolder(t);
  const linesOf = (file: string) => readFileSync(join(folder, file), 'utf8').split('\n').length - 1;

  const visible = readdirSync(folder).filter((name) => !name.startsWith('.'));
  const names = visible.flatMap((file) => nameOfStory(file) ?? []);
  assert.equal(names.length, STORIES);
  assert.deepEqual(visible.sort(), names.flatMap(filesOf).sort());

  const ledgers = await Promise.all((await listRuns(folder)).map((run) => readLedger(ledgerPath(folder, run))));
  const runs = ledgers.map((ledger) => {
    assert.ok(ledger !== null && ledger.unreadable === 0);
    const { statistics, over, owner } = replay(ledger);
    return { name: ledger.begin.run_name, stories: statistics.stories, over, owner };
  });
  const run = { stories: STORIES / 4, over: true, owner: null };
  assert.deepEqual(
    runs,
    ['default-2', 'default', 'default-2', 'default'].map((name) => ({ name, ...run })),
  );
  assert.equal((await readRecentStories(folder, 8)).list().length, 8);

  // The deck read all that was drawn, left a digest of it, and drew once.
  assert.equal(linesOf('.deck.jsonl'), STORIES + 1);
  const [head = ''] = readFileSync(join(folder, '.deck.digest'), 'utf8').split('\n');
  const deck = readFileSync(join(folder, '.deck.jsonl'));
  assert.equal((JSON.parse(head) as { read: number }).read, deck.lastIndexOf('\n', deck.length - 2) + 1);

  // Every story is in the index already.
  assert.equal(linesOf('.likeness'), STORIES);
  await openSimilarityIndex(folder).catchUp();
  assert.equal(linesOf('.likeness'), STORIES);
});

test('the bench gives up a folder half done', async (t) => {
  await assert.rejects(historyFolder(t, AbortSignal.abort(new Error('enough'))), /enough/);
});
