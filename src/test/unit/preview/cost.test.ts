import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { toUsage } from '../../../api/usage.js';
import { batchTimeOf, LONGEST_BATCH, storyCostOf } from '../../../preview/cost.js';
import { type PastText, readHistory } from '../../../preview/history.js';
import { keepStory } from '../../helpers/books.js';
import { storyMetadata, temporaryFolder } from '../../helpers/fakes.js';
import { keepAside } from '../../helpers/folders.js';
import { NOON } from '../../helpers/statuses.js';

const PRICE = { input: 2, output: 10 };
const past = (output: number, generationMs: number, batch: string | null = null): PastText => ({
  usage: toUsage(1000, output),
  generationMs,
  batch,
});

test('a story costs what those before it cost: in the middle, at worst, and with what came to nothing', () => {
  const stories = [past(4000, 60_000), past(8000, 90_000), past(6000, 70_000)];
  const cost = storyCostOf({ stories, setAside: [past(2000, 30_000)] }, PRICE);
  assert.deepEqual(cost, {
    stories: 3,
    setAside: 1,
    median: { tokens: 7000, costUsd: 0.062, ms: 70_000 },
    worst: { tokens: 9000, costUsd: 0.082, ms: 90_000 },
    perSaved: { tokens: 24_000 / 3, costUsd: cost?.perSaved.costUsd, ms: (60_000 * 4) / 3 },
  });
  assert.ok(Math.abs((cost?.perSaved.costUsd ?? 0) - (0.042 + 0.082 + 0.062 + 0.022) / 3) < 1e-12);
});

test('stories whose usage is not known say nothing, and without any that does nothing is known', () => {
  const unknown: PastText = { usage: null, generationMs: 1000, batch: null };
  assert.equal(storyCostOf({ stories: [unknown], setAside: [past(1, 1)] }, PRICE), null);
  assert.equal(storyCostOf({ stories: [], setAside: [] }, PRICE), null);
  const cost = storyCostOf({ stories: [past(4000, 60_000), unknown], setAside: [unknown] }, PRICE);
  assert.deepEqual([cost?.stories, cost?.setAside, cost?.perSaved.tokens], [1, 0, 5000]);
});

test('without a price there are tokens and no cost', () => {
  const cost = storyCostOf({ stories: [past(4000, 60_000)], setAside: [] }, null);
  assert.deepEqual(
    [cost?.median.tokens, cost?.median.costUsd, cost?.worst.costUsd, cost?.perSaved.costUsd],
    [5000, null, null, null],
  );
});

test('of stories that came in a batch, the time is that of the batch', () => {
  const stories = [past(1, 100, 'b1'), past(1, 100, 'b1'), past(1, 900, 'b2'), past(1, 5)];
  const history = { stories, setAside: [past(1, 100, 'b1')] };
  assert.equal(batchTimeOf(history), 300);
  assert.equal(storyCostOf(history, PRICE)?.median.ms, 5);
  assert.equal(batchTimeOf({ stories: [past(1, 5)], setAside: [] }), null);
  assert.equal(batchTimeOf({ stories: [past(1, 2 * LONGEST_BATCH, 'b1')], setAside: [] }), LONGEST_BATCH);
});

test('the history of a model is its latest stories in the folder, and what was set aside since', async (t) => {
  const folder = temporaryFolder(t);
  const writer = { provider: 'anthropic', model: 'claude-test' };
  const keep = (at: number, output: number, fields = {}) =>
    keepStory(folder, '# 글\n\n글.', at, { usage: toUsage(1000, output), duration_ms: output, ...fields });
  await keepAside(folder, '오래된 글', NOON - 1000);
  await keep(NOON, 1);
  const asked = storyMetadata().config;
  await keep(NOON + 1000, 2, { model: 'claude-test-20261128', config: asked });
  await keep(NOON + 2000, 3, { model: 'claude-other', config: { ...asked, model: 'claude-other' } });
  await keep(NOON + 3000, 4, { provider: 'gateway.example' });
  await keep(NOON + 4000, 5, { batch: 'msgbatch_1' });
  const torn = await keep(NOON + 5000, 6);
  writeFileSync(join(folder, `${torn}_metadata.json`), '{');
  const gone = await keep(NOON + 6000, 7);
  rmSync(join(folder, `${gone}_metadata.json`));
  await keepAside(folder, '새 글', NOON + 7000);
  const { stories, setAside } = await readHistory(folder, writer);
  assert.deepEqual(stories, [
    { usage: toUsage(1000, 5), generationMs: 5, batch: 'msgbatch_1' },
    { usage: toUsage(1000, 2), generationMs: 2, batch: null },
    { usage: toUsage(1000, 1), generationMs: 1, batch: null },
  ]);
  assert.deepEqual(
    setAside.map(({ usage }) => usage),
    [toUsage(1000, 2000)],
  );
});

test('two hundred stories are enough', async (t) => {
  const folder = temporaryFolder(t);
  for (let at = 0; at < 203; at++) await keepStory(folder, '글.', NOON + 1000 * at, { usage: toUsage(1, at) });
  const { stories } = await readHistory(folder, { provider: 'anthropic', model: 'claude-test' });
  assert.equal(stories.length, 200);
  assert.deepEqual([stories[0]?.usage?.output_tokens, stories.at(-1)?.usage?.output_tokens], [202, 3]);
});

test('a folder that is not there has no history, and is not made', async (t) => {
  const folder = join(temporaryFolder(t), 'none');
  assert.deepEqual(await readHistory(folder, { provider: 'anthropic', model: 'claude-test' }), {
    stories: [],
    setAside: [],
  });
});
