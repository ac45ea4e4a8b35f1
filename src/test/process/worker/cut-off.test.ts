import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { ReceivedRequest, Reply } from '../../../offline/server/reply.js';
import { fromMarkdown } from '../../../store/frontmatter.js';
import { storyText } from '../../helpers/fakes.js';
import { endpointFor, settingsFor, startWorker, type WorkerProcess } from '../../helpers/processes.js';

// The real worker on an endpoint that cuts its answers off at max_tokens, as the API does.

const WHOLE = storyText();

/** What the worker shows as written already; empty in the first request. */
function writtenIn({ body }: ReceivedRequest): string {
  const shown = body.messages.find(({ role }) => role === 'assistant')?.content;
  return typeof shown === 'string' ? shown : '';
}

/** Writes the story on from what is shown, up to the next of these places, and after the last to its end. */
async function workerCutAt(t: TestContext, places: readonly number[], env: Record<string, string> = {}) {
  const requests: ReceivedRequest[] = [];
  const endpoint = await endpointFor(t, (request): Reply => {
    const place = places[requests.length];
    requests.push(request);
    const text = WHOLE.slice(writtenIn(request).length, place).trimStart();
    const usage = { input_tokens: 100 * requests.length, output_tokens: 1000 };
    return { content: [{ type: 'text', text }], usage, stopReason: place === undefined ? 'end_turn' : 'max_tokens' };
  });
  const worker = startWorker(t, { env: { ...settingsFor(endpoint), ...env } });
  assert.deepEqual(await worker.exited, { code: 0, signal: null }, worker.stdout());
  return { worker, requests };
}

function savedStory({ outputDir }: WorkerProcess): { text: string; metadata: Record<string, unknown> } {
  const [markdown = '', metadata = ''] = ['.md', '_metadata.json'].map((end) => {
    const [file = '', ...others] = readdirSync(outputDir).filter((name) => name.endsWith(end));
    assert.deepEqual(others, []);
    return readFileSync(join(outputDir, file), 'utf8');
  });
  return { text: fromMarkdown(markdown)?.text ?? '', metadata: JSON.parse(metadata) as Record<string, unknown> };
}

/** In a word, between two sentences of a paragraph, between two paragraphs. */
const PLACES = [
  ['in a word', WHOLE.indexOf('다', 900)],
  ['after a sentence', WHOLE.indexOf('. ', 900) + 1],
  ['after a paragraph', WHOLE.indexOf('\n\n', 900) + 1],
] as const;

for (const [name, place] of PLACES) {
  test(`a story cut off ${name} is joined to the whole`, async (t) => {
    const { worker, requests } = await workerCutAt(t, [place]);
    const { text, metadata } = savedStory(worker);
    assert.equal(text, WHOLE);
    assert.deepEqual(metadata.usage, { input_tokens: 300, output_tokens: 2000, total_tokens: 2300 });
    assert.deepEqual(
      requests.map(({ body }) => body.messages.map(({ role }) => role)),
      [['user'], ['user', 'assistant', 'user']],
    );
    const last = worker.records().at(-1);
    assert.deepEqual([last?.stories, last?.attempts, last?.continuations, last?.set_aside], [1, 2, 1, 0]);
    assert.deepEqual(last?.tokens, metadata.usage);
  });
}

test('a story cut off at two places is joined to the whole', async (t) => {
  const { worker } = await workerCutAt(t, [600, 1100]);
  assert.equal(savedStory(worker).text, WHOLE);
});

test('a story cut off more often than its rest may be asked for is set aside, and the next is tried', async (t) => {
  const { worker, requests } = await workerCutAt(t, [400, 500, 600], { MAX_CONTINUATIONS: '2' });
  assert.equal(requests.length, 4);
  assert.equal(savedStory(worker).text, WHOLE);
  const aside = readdirSync(join(worker.outputDir, '.set-aside'));
  assert.equal(aside.filter((name) => name.endsWith('.md')).length, 1);
  assert.deepEqual(worker.records().at(-1)?.failure_codes, { max_tokens: 1 });
});
