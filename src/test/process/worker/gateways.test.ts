import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import type { Reply } from '../../../offline/server/reply.js';
import { D, HALF, openProxy, raw, S, STORY, T } from '../../helpers/calls.js';
import { endpointFor, settingsFor, startWorker } from '../../helpers/processes.js';

// The built worker with endpoints and surroundings that are not the vendor's.

const WHOLE: Reply = { content: [{ type: 'text', text: STORY }] };
const GUARD = { timeout: 60_000 };

/** Has a worker write one story from these replies, and wants it saved. */
async function writesOne(t: TestContext, replies: readonly Reply[], env: Record<string, string> = {}) {
  const thinking: boolean[] = [];
  const endpoint = await endpointFor(t, ({ body }, index) => {
    thinking.push(body.thinking !== undefined);
    return replies[index] ?? WHOLE;
  });
  const worker = startWorker(t, {
    flags: ['--max-stories', '1'],
    env: { ...settingsFor(endpoint), RETRY_BASE_SECONDS: '0.05', ...env },
  });
  assert.deepEqual(await worker.exited, { code: 0, signal: null }, worker.stdout());
  assert.equal(worker.files().length, 2);
  return { worker, thinking, endpoint };
}

describe('the built worker', GUARD, () => {
  test('saves a story whose stream ends without message_stop, and sets the text of a cut one aside', async (t) => {
    const { worker } = await writesOne(t, [raw(S, T), raw(S, T, D)]);
    const failed = worker.records().find(({ event }) => event === 'attempt_failed');
    assert.deepEqual([failed?.kind, failed?.code], ['transient', 'cut']);
    assert.ok(worker.records().some(({ event }) => event === 'set_aside'));
  });

  test('waits for a model that thinks in silence, and asks it to think aloud by its name', async (t) => {
    const silent: Reply = { ...WHOLE, pingsFirst: { count: 45, everyMs: 70 } };
    const env = { CLAUDE_MODEL: 'anthropic/claude-sonnet-5.7', REQUEST_IDLE_SECONDS: '2' };
    const { thinking } = await writesOne(t, [silent], env);
    assert.deepEqual(thinking, [true]);
  });

  test('goes on with the next premise after a filter has refused one', async (t) => {
    const message = 'Output blocked by content filtering policy';
    const { worker } = await writesOne(t, [{ status: 400, error: { type: 'invalid_request_error', message } }]);
    const failed = worker.records().find(({ event }) => event === 'attempt_failed');
    assert.deepEqual([failed?.kind, failed?.code], ['unusable', 'refusal:output_filter']);
  });

  test('writes a log of whole JSON lines with a placeholder for a token', async (t) => {
    const { worker, endpoint } = await writesOne(t, [], { ANTHROPIC_API_KEY: '', ANTHROPIC_AUTH_TOKEN: '1' });
    const [started] = worker.records();
    assert.equal(started?.event, 'worker_started');
    assert.equal(started?.provider, new URL(endpoint.url).host);
  });

  test('goes through the proxy of the environment', async (t) => {
    const endpoint = await endpointFor(t, () => WHOLE);
    const proxy = await openProxy(t, Number(new URL(endpoint.url).port));
    const worker = startWorker(t, {
      flags: ['--max-stories', '1'],
      env: {
        ...settingsFor(endpoint),
        ...{ ANTHROPIC_BASE_URL: 'http://stories.invalid:8000', HTTP_PROXY: `http://127.0.0.1:${proxy.port}` },
        ...{ http_proxy: '', NO_PROXY: '', no_proxy: '' },
      },
    });
    assert.deepEqual(await worker.exited, { code: 0, signal: null }, worker.stdout());
    assert.equal(worker.files().length, 2);
    assert.equal(proxy.requests.length, 1);
  });

  test('takes longer limits than those of the HTTP library', (t) =>
    writesOne(t, [], { REQUEST_IDLE_SECONDS: '3600', REQUEST_TIMEOUT_SECONDS: '7200' }).then(() => {}));
});

test('sixty rejections in a row cost five answers, and end the 24 h profile with 79', GUARD, async (t) => {
  const says = (text: string, changes: Partial<Reply> = {}): Reply => ({
    content: [{ type: 'text', text }],
    ...changes,
  });
  const kinds: readonly Reply[] = [
    says('죄송하지만 이 이야기는 쓸 수 없습니다.'),
    says('', { stopReason: 'refusal' }),
    says(''),
    says('# 짧다\n\n문이 열렸다.'),
    says(HALF, { stopReason: 'content_filter' }),
    says('어느 쪽으로 쓸까요? 말씀해 주시면 바로 쓰겠습니다. '.repeat(30)),
  ];
  let paid = 0;
  const endpoint = await endpointFor(t, (_, index) => {
    paid++;
    return index < 60 ? (kinds[index % kinds.length] ?? WHOLE) : WHOLE;
  });
  const worker = startWorker(t, { env: { ...settingsFor(endpoint), NODE_ENV: 'production', INTERVAL_SECONDS: '0' } });
  assert.deepEqual(await worker.exited, { code: 79, signal: null });
  assert.equal(paid, 5);
  assert.equal(worker.records().at(-1)?.reason, 'rejected');
});
