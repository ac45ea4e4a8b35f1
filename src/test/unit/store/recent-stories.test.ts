import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { test } from 'node:test';
import { composePrompt, longestPrompt } from '../../../prompt/prompt.js';
import { worstCase } from '../../../run/budget.js';
import { beginRun } from '../../../run/run.js';
import {
  longestRecentStories,
  RECENT_STORIES,
  readRecentStories,
  toRecentStory,
} from '../../../store/recent-stories.js';
import { newName, openStoryStore } from '../../../store/story-store.js';
import { readAnswer } from '../../../story/read-answer.js';
import { toStory } from '../../../story/story.js';
import { AXIS_CARDS, PREMISE, storyMetadata, temporaryFolder } from '../../helpers/fakes.js';
import { ME, story } from '../../helpers/records.js';

const START = Date.UTC(2026, 10, 23, 5);

/** A run with stories of these titles on disk. */
async function runWith(folder: string, at: number, ...titles: string[]): Promise<string[]> {
  const run = await beginRun({ folder, me: ME, now: () => at }, 'default', null);
  const library = openStoryStore(folder, run.id);
  const paths: string[] = [];
  for (const title of titles) {
    const name = newName(at);
    await library.stage(name, { markdown: title, metadata: storyMetadata({ title, opening: `${title}의 첫 문장.` }) });
    await run.record(story({ name }));
    paths.push((await library.publish(name, 'stories')).metadataPath);
  }
  return paths;
}

const titlesOf = async (folder: string, count: number) =>
  (await readRecentStories(folder, count)).list().map(({ title }) => title);

test('the latest stories of all runs are found, newest last, and no more than asked for', async (t) => {
  const folder = temporaryFolder(t);
  await runWith(folder, START, '가', '나', '다');
  await runWith(folder, START + 60_000, '라', '마');
  assert.deepEqual(await titlesOf(folder, 3), ['다', '라', '마']);
  assert.deepEqual(await titlesOf(folder, 2), ['라', '마']);
  assert.deepEqual(await titlesOf(folder, 9), ['가', '나', '다', '라', '마']);
});

test('an empty folder has none, and a story that was taken away is passed over', async (t) => {
  const folder = temporaryFolder(t);
  assert.deepEqual(await titlesOf(folder, 5), []);
  const [first = ''] = await runWith(folder, START, '가', '나');
  rmSync(first);
  assert.deepEqual(await titlesOf(folder, 5), ['나']);
});

test('a new story takes the place of the oldest', async (t) => {
  const folder = temporaryFolder(t);
  await runWith(folder, START, '가', '나');
  const recent = await readRecentStories(folder, 2);
  recent.add({ title: '다', opening: '다의 첫 문장.' });
  assert.deepEqual(recent.list(), [
    { title: '나', opening: '나의 첫 문장.' },
    { title: '다', opening: '다의 첫 문장.' },
  ]);
});

test('with the longest recent stories a prompt is as long as with any, however long their titles and sentences are', () => {
  const style = { template: null, request: null };
  const bytesOf = (prompt: ReturnType<typeof longestPrompt>) => worstCase(prompt, 1).input_tokens;
  const longest = bytesOf(longestPrompt(AXIS_CARDS, style, longestRecentStories(AXIS_CARDS)));
  for (const length of [1, 40, 60, 120, 500]) {
    const sentence = `${'문이 열리고 또 '.repeat(length)}닫혔다.`;
    const read = readAnswer(`# ${'긴'.repeat(length)}\n\n${sentence}\n\n가운데다.\n\n${sentence}`);
    const recent = toRecentStory(toStory(read, PREMISE), PREMISE.structure.text);
    const prompt = composePrompt(
      PREMISE,
      AXIS_CARDS,
      style,
      Array.from({ length: RECENT_STORIES }, () => recent),
    );
    assert.ok(bytesOf(prompt) <= longest, `${length}: ${bytesOf(prompt)} > ${longest}`);
  }
});
