import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { inspect } from 'node:util';
import { type FixtureFileResponse, type FixtureOpts, LLMock, type MockServerOptions } from '@copilotkit/aimock';
import { CallError, type CallFault, classifyFailure, type FailureKind } from '../../../api/failure.js';
import { type Answer, createMessagesClient, type MessagesClientOptions } from '../../../api/messages-client.js';
import { readAnswer } from '../../../story/read-answer.js';
import { validateAnswer } from '../../../story/validate-answer.js';
import { storyText } from '../../helpers/fakes.js';
import { startWorker } from '../../helpers/processes.js';

// The author against a Messages API that others have written: what we and our endpoint both got wrong shows here.

const KEY = 'sk-test-5f1c0a9e7d';
const PROMPT = { system: '당신은 소설가다.', user: '호러 단편 한 편을 써 주세요.' };
const STORY = storyText();
const USAGE = { input_tokens: 120, output_tokens: 3400 };
const GUARD = { timeout: 45_000 };

describe('the author and aimock: answers', GUARD, () => {
  test('a story arrives whole, with stop reason, model and usage', async (t) => {
    const mock = await aimock(t, { content: STORY, usage: USAGE });
    const answer = await write(mock);
    assert.deepEqual(answer, {
      text: STORY,
      stopReason: 'end_turn',
      refusalCategory: null,
      usage: { ...USAGE, total_tokens: 3520 },
      model: 'claude-sonnet-5-5',
      requestId: null,
      slowUntil: null,
    } satisfies Answer);
  });

  test('the request is understood: model, system, user text, max_tokens, stream, key', async (t) => {
    const mock = await aimock(t, { content: STORY }, {}, { auth: { apiKeys: [KEY] } });
    await write(mock, { maxTokens: 4321, temperature: 0.5 });
    const { path, headers, body } = onlyRequest(mock);
    assert.equal(path, '/v1/messages');
    assert.equal(headers['anthropic-version'] !== undefined, true);
    assert.ok(body !== null && 'messages' in body);
    const { model, messages, max_tokens, stream, temperature } = body;
    assert.deepEqual(
      { model, messages, max_tokens, stream, temperature },
      {
        model: 'claude-sonnet-5-5',
        messages: [
          { role: 'system', content: PROMPT.system },
          { role: 'user', content: PROMPT.user },
        ],
        max_tokens: 4321,
        stream: true,
        temperature: 0.5,
      },
    );
  });

  test('usage that it reports as 0 for a whole story is unknown', async (t) => {
    const { text, usage } = await write(await aimock(t, { content: STORY }));
    assert.deepEqual([text, usage], [STORY, null]);
  });

  test('thinking, signed and redacted, is no part of the text', async (t) => {
    const mock = await aimock(t, {
      content: STORY,
      reasoning: '무엇을 쓸까. '.repeat(30),
      redactedThinking: ['b3BhcXVl'],
    });
    const answer = await write(mock, { streamThinking: true });
    assert.equal(answer.text, STORY);
  });

  test('text around a tool call is joined, and the call left out', async (t) => {
    const mock = await aimock(t, {
      blocks: [
        { type: 'text', text: '밤이 ' },
        { type: 'toolCall', name: 'lookup', arguments: '{"word":"밤"}' },
        { type: 'text', text: '왔다.' },
      ],
    });
    assert.equal((await write(mock)).text, '밤이 왔다.');
  });

  test('a text of one character a piece, emoji and Hangul, arrives as it was', async (t) => {
    const text = '밤🕯️👻이 왔다.\n\n'.repeat(20);
    assert.equal((await write(await aimock(t, { content: text }, { chunkSize: 1 }))).text, text);
  });

  const verdicts: [finishReason: string, content: string, stopReason: string, code: string][] = [
    ['length', STORY, 'max_tokens', 'max_tokens'],
    ['refusal', '여기까지', 'refusal', 'refusal:unnamed'],
    ['stop', '', 'end_turn', 'empty'],
  ];
  for (const [finishReason, content, stopReason, code] of verdicts) {
    test(`${finishReason} with ${content.length} characters is an answer, judged ${code}`, async (t) => {
      const answer = await write(await aimock(t, { content, finishReason }));
      assert.deepEqual([answer.text, answer.stopReason], [content, stopReason]);
      assert.equal(validateAnswer(answer, readAnswer(answer.text), { minCharacters: 1000 }).failure?.code, code);
    });
  }
});

describe('the author and aimock: failures', GUARD, () => {
  const statuses: [status: number, type: string, kind: FailureKind][] = [
    [400, 'invalid_request_error', 'fatal'],
    [401, 'authentication_error', 'fatal'],
    [403, 'permission_error', 'fatal'],
    [404, 'not_found_error', 'fatal'],
    [500, 'api_error', 'transient'],
    [529, 'overloaded_error', 'transient'],
  ];
  for (const [status, type, kind] of statuses) {
    test(`${status} ${type} is ${kind}, after one request`, async (t) => {
      const mock = await aimock(t, { status, error: { type, message: 'no luck' } });
      const error = await failure(mock);
      const { detail } = error;
      assert.deepEqual([detail.fault, detail.status, detail.type, detail.message], ['http', status, type, 'no luck']);
      assert.deepEqual([classifyFailure(error).kind, classifyFailure(error).code], [kind, type]);
    });
  }

  test('429 is transient, with the wait that it asks for', async (t) => {
    const mock = await aimock(t, {
      status: 429,
      retryAfter: 7,
      error: { type: 'rate_limit_error', message: 'slow down' },
    });
    const error = await failure(mock);
    assert.equal(error.detail.retryAfterMs, 7000);
    assert.deepEqual([classifyFailure(error).kind, classifyFailure(error).retryAfterMs], ['transient', 7000]);
  });

  test('a key that it does not know is fatal', async (t) => {
    const mock = await aimock(t, { content: STORY }, {}, { auth: { apiKeys: ['another'] } });
    const error = await rejection(write(mock));
    assert.equal(error.detail.status, 401);
    assert.equal(classifyFailure(error).kind, 'fatal');
  });

  test('an address that ends in /v1 is a 404, and fatal', async (t) => {
    const mock = await aimock(t, { content: STORY });
    const error = await rejection(write(mock, { baseUrl: `${mock.url}/v1` }));
    assert.deepEqual([error.detail.status, classifyFailure(error).kind], [404, 'fatal']);
  });

  const broken: [what: string, opts: FixtureOpts, fault: CallFault, status: number | null][] = [
    ['a stream truncated after 5 events', { truncateAfterChunks: 5, latency: 10 }, 'cut', null],
    ['a stream disconnected in the middle', { disconnectAfterMs: 150, latency: 20, chunkSize: 1 }, 'cut', null],
    ['a connection that breaks at once', { chaos: { disconnectRate: 1 } }, 'connection', null],
    ['a malformed body', { chaos: { malformedRate: 1 } }, 'no_message', null],
    ['a dropped request', { chaos: { dropRate: 1 } }, 'http', 500],
    ['a rate limit out of nowhere', { chaos: { rateLimitRate: 1 } }, 'http', 429],
  ];
  for (const [what, opts, fault, status] of broken) {
    test(`${what} is transient: ${status ?? fault}`, async (t) => {
      const error = await failure(await aimock(t, { content: STORY }, opts));
      assert.deepEqual([error.detail.fault, error.detail.status], [fault, status], inspect(error));
      assert.equal(classifyFailure(error).kind, 'transient');
    });
  }

  test('headers and a first event that do not come: idle_timeout', async (t) => {
    const mock = await aimock(t, { content: STORY }, { streamingProfile: { ttft: 700, tps: 10_000 } });
    const error = await failure(mock, { idleMs: 80 });
    assert.deepEqual([error.detail.fault, classifyFailure(error).kind], ['idle_timeout', 'transient']);
  });

  test('a stream that is slower than the whole call may be: total_timeout', async (t) => {
    const mock = await aimock(t, { content: '밤'.repeat(100) }, { latency: 10, chunkSize: 1 });
    const error = await failure(mock, { totalMs: 150 });
    assert.deepEqual([error.detail.fault, classifyFailure(error).kind], ['total_timeout', 'transient']);
  });

  test('a call given up in the middle rejects with the reason', async (t) => {
    const mock = await aimock(t, { content: '밤'.repeat(100) }, { latency: 10, chunkSize: 1 });
    const controller = new AbortController();
    const reason = new Error('두 번째 신호');
    await assert.rejects(
      createMessagesClient(settings(mock))(PROMPT, {
        signal: controller.signal,
        onProgress: () => controller.abort(reason),
      }),
      (error) => error === reason,
    );
  });
});

describe('a worker process and aimock', { timeout: 60_000 }, () => {
  test('one story comes to disk with its usage, and the run ends with 0', async (t) => {
    const mock = await aimock(t, { content: STORY, usage: USAGE }, {}, { auth: { apiKeys: [KEY] } });
    const worker = startWorker(t, { env: { ANTHROPIC_API_KEY: KEY, ANTHROPIC_BASE_URL: mock.url } });
    assert.deepEqual(await worker.exited, { code: 0, signal: null }, worker.stdout() + worker.stderr());

    const [markdown = '', metadata = '', ...more] = worker.files();
    assert.deepEqual(more, []);
    assert.match(markdown, /^horror_story_\d{8}_\d{6}_\w+\.md$/);
    assert.ok(readFileSync(join(worker.outputDir, markdown), 'utf8').includes(STORY));
    const facts = JSON.parse(readFileSync(join(worker.outputDir, metadata), 'utf8')) as Record<string, unknown>;
    assert.deepEqual(
      [facts.title, facts.model, facts.provider, facts.stop_reason, facts.attempts],
      ['반품 구역', 'claude-sonnet-5-5', new URL(mock.url).host, 'end_turn', 1],
    );
    assert.deepEqual(facts.usage, { ...USAGE, total_tokens: 3520 });

    const last = worker.records().at(-1);
    assert.deepEqual([last?.event, last?.reason], ['run_finished', 'count']);
    assert.match(worker.stdout(), /실행 완료 - 최종 통계/);
    assert.ok(!(worker.log() + worker.stdout()).includes(KEY));
    const { body } = onlyRequest(mock);
    assert.ok(body !== null && 'messages' in body);
    assert.deepEqual(
      (body.messages as { role: string }[]).map(({ role }) => role),
      ['system', 'user'],
    );
  });

  test('a refused key ends the run with 78 after one request', async (t) => {
    const mock = await aimock(t, {
      status: 401,
      error: { type: 'authentication_error', message: 'invalid x-api-key' },
    });
    const worker = startWorker(t, { env: { ANTHROPIC_API_KEY: KEY, ANTHROPIC_BASE_URL: mock.url } });
    assert.deepEqual(await worker.exited, { code: 78, signal: null }, worker.stdout() + worker.stderr());
    assert.deepEqual(worker.files(), []);
    onlyRequest(mock);
  });
});

/** Starts an aimock that gives one response to every message. */
async function aimock(
  t: TestContext,
  response: FixtureFileResponse,
  opts: FixtureOpts = {},
  options: MockServerOptions = {},
): Promise<LLMock> {
  const mock = new LLMock({ port: 0, host: '127.0.0.1', ...options });
  mock.on({}, response, opts);
  await mock.start();
  t.after(() => mock.stop());
  return mock;
}

const settings = (mock: LLMock, changes: Partial<MessagesClientOptions> = {}): MessagesClientOptions => ({
  apiKey: KEY,
  authToken: null,
  baseUrl: mock.url,
  model: 'claude-sonnet-5-5',
  maxTokens: 16_000,
  temperature: null,
  streamThinking: false,
  idleMs: 60_000,
  firstTextMs: null,
  totalMs: 120_000,
  env: {},
  onRateLimits: () => {},
  onSdkMessage: () => {},
  onNotice: () => {},
  ...changes,
});

function write(mock: LLMock, changes: Partial<MessagesClientOptions> = {}): Promise<Answer> {
  const { signal } = new AbortController();
  return createMessagesClient(settings(mock, changes))(PROMPT, { signal, onProgress: () => {} });
}

/** Wants a failure, after one request, that does not tell the key. */
async function failure(mock: LLMock, changes: Partial<MessagesClientOptions> = {}): Promise<CallError> {
  const error = await rejection(write(mock, changes));
  onlyRequest(mock);
  assert.ok(!inspect(error, { depth: 20, showHidden: true }).includes(KEY), 'the key is in the error');
  return error;
}

async function rejection(call: Promise<Answer>): Promise<CallError> {
  const outcome: unknown = await call.catch((error: unknown) => error);
  assert.ok(outcome instanceof CallError, inspect(outcome));
  return outcome;
}

function onlyRequest(mock: LLMock) {
  const [request, ...more] = mock.getRequests();
  assert.ok(request !== undefined && more.length === 0, `${more.length + 1} requests`);
  return request;
}
