import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { startOfflineAuthor } from '../../../offline/author.js';
import { composeStory } from '../../../offline/composer.js';
import { openHistoryFile } from '../../../offline/history-file.js';
import { sentencesOf } from '../../../offline/korean/sentences.js';
import { addUsage, digestOf, emptyHistory, type StoryUsage, usesOf } from '../../../offline/usage-history.js';
import { byAxis } from '../../../prompt/cards.js';
import { seededRandom, temporaryFolder } from '../../helpers/fakes.js';
import { AXIS_CARDS } from '../../helpers/offline/dealt-stories.js';

const FILE = '.offline-history';

function usageOf(seed: number): StoryUsage {
  return composeStory({ premise: {}, random: seededRandom(seed) }).usage;
}

test('what a process wrote is read by the next one, once, in its order', async (t) => {
  const folder = temporaryFolder(t);
  const first = openHistoryFile(folder);
  assert.deepEqual(await first.readOn(), []);
  const usages = [usageOf(1), usageOf(2)];
  for (const usage of usages) await first.append(usage);
  assert.deepEqual(await first.readOn(), [], 'its own stories it knows already');

  const next = openHistoryFile(folder);
  assert.deepEqual(await next.readOn(), usages);
  assert.deepEqual(await next.readOn(), []);
});

test('two processes at once hear of each other', async (t) => {
  const folder = temporaryFolder(t);
  const [one, other] = [openHistoryFile(folder), openHistoryFile(folder)];
  await Promise.all([one.append(usageOf(1)), other.append(usageOf(2))]);
  assert.deepEqual(await one.readOn(), [usageOf(2)]);
  assert.deepEqual(await other.readOn(), [usageOf(1)]);
});

test('torn lines, lines of others and lines of a later version are passed over', async (t) => {
  const folder = temporaryFolder(t);
  await openHistoryFile(folder).append(usageOf(1));
  const [line = ''] = readFileSync(join(folder, FILE), 'utf8').split('\n');
  appendFileSync(
    join(folder, FILE),
    `\n\0\0\0\n{"title":"x"}\nv2 ${'abcdefgh '.repeat(5)}\nv1 short\n${line.slice(0, 40)}`,
  );
  const file = openHistoryFile(folder);
  assert.deepEqual(await file.readOn(), [usageOf(1)]);
  await file.append(usageOf(2));
  assert.deepEqual(
    await openHistoryFile(folder).readOn(),
    [usageOf(1), usageOf(2)],
    'after a torn line the next is whole',
  );
});

test('of a long file only the end is read', async (t) => {
  const folder = temporaryFolder(t);
  const file = openHistoryFile(folder);
  await file.append(usageOf(1));
  const [line = ''] = readFileSync(join(folder, FILE), 'utf8').split('\n');
  writeFileSync(join(folder, FILE), `${line}\n`.repeat(Math.ceil((3 * 1024 * 1024) / line.length)));
  const read = await openHistoryFile(folder).readOn();
  assert.ok(read.length > 1000 && read.length * line.length <= 1024 * 1024, `${read.length} lines`);
  assert.deepEqual(read.at(-1), usageOf(1));
});

test('a history that was read back is the history that was written', async (t) => {
  const folder = temporaryFolder(t);
  const file = openHistoryFile(folder);
  const [written, readBack] = [emptyHistory(), emptyHistory()];
  for (let seed = 0; seed < 5; seed += 1) {
    const { usage } = composeStory({ premise: {}, random: seededRandom(seed), history: written });
    await file.append(usage);
  }
  for (const usage of await openHistoryFile(folder).readOn()) addUsage(readBack, usage);
  assert.deepEqual(readBack, written);
});

/** Asks an author for a story as a client of the Messages API does. */
async function ask(url: string, content: string): Promise<string> {
  const response = await fetch(`${url}/v1/messages`, {
    method: 'POST',
    body: JSON.stringify({ model: 'offline', max_tokens: 8000, stream: true, messages: [{ role: 'user', content }] }),
  });
  const events = (await response.text()).split('\n').filter((line) => line.startsWith('data: '));
  return events
    .map((line) => JSON.parse(line.slice('data: '.length)) as { delta?: { text?: string } })
    .map(({ delta }) => delta?.text ?? '')
    .join('');
}

const PREMISE = AXIS_CARDS.map(({ label, cards }) => `- ${label}: ${cards[0]?.text}`).join('\n');

async function author(t: TestContext, folder: string, errors: unknown[] = []) {
  const endpoint = await startOfflineAuthor({
    axes: AXIS_CARDS,
    random: seededRandom(4),
    charactersPerSecond: 0,
    folder,
    onHistoryError: (error) => errors.push(error),
  });
  t.after(endpoint.close);
  return endpoint;
}

test('an author that is started anew goes on where the last one left off, and repeats none of its sentences', async (t) => {
  const folder = temporaryFolder(t);
  const first = await ask((await author(t, folder)).url, PREMISE);
  const second = await ask((await author(t, folder)).url, PREMISE);
  const fresh = await ask((await author(t, temporaryFolder(t))).url, PREMISE);
  assert.equal(fresh, first, 'in another folder the same order gives the same story');
  const told = new Set(sentencesOf(first));
  const again = sentencesOf(second).filter((sentence) => told.has(sentence));
  assert.ok(again.length / sentencesOf(second).length < 0.15, `${again.length} sentences again`);
  const history = emptyHistory();
  for (const usage of await openHistoryFile(folder).readOn()) addUsage(history, usage);
  assert.equal(history.titles.size, 2);
});

test('a history that cannot be written is told of, and the story is written all the same', async (t) => {
  const folder = temporaryFolder(t);
  mkdirSync(join(folder, FILE));
  const errors: unknown[] = [];
  const { url } = await author(t, folder, errors);
  assert.match(await ask(url, PREMISE), /^# /);
  assert.equal(errors.length, 2, 'once for reading and once for writing');
});

test('a history counts what was used by its digest', () => {
  const history = emptyHistory();
  const usage = {
    title: digestOf('제목'),
    opening: digestOf('첫 문장'),
    plot: digestOf('plot'),
    items: [digestOf('a')],
  };
  addUsage(history, usage);
  addUsage(history, usage);
  assert.equal(usesOf('a', history), 2);
  assert.equal(usesOf('b', history), 0);
  assert.equal(history.lastPlot, usage.plot);
});

test('with a history the same premise is told with other passages', () => {
  const premise = byAxis((axis) => AXIS_CARDS.find((cards) => cards.axis === axis)?.cards[0]?.text ?? '');
  const history = emptyHistory();
  const random = seededRandom(9);
  const [first, second] = [0, 1].map(() => composeStory({ premise, random, history }));
  const told = new Set(first?.usage.items);
  const again = second?.usage.items.filter((item) => told.has(item)) ?? [];
  assert.ok(again.length <= 8, `${again.length} of ${told.size} passages again`);
});
