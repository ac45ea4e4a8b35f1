import assert from 'node:assert/strict';
import { getEventListeners, once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, type TestContext, test } from 'node:test';
import { inspect } from 'node:util';
import { CallError, type CallErrorDetail, classifyFailure, type Failure } from '../../../api/failure.js';
import {
  type Answer,
  type CallOptions,
  createMessagesClient,
  type MessagesClientOptions,
} from '../../../api/messages-client.js';
import { NO_TOKENS, type Usage } from '../../../api/usage.js';
import type { ReceivedRequest, Reply, Responder } from '../../../offline/messages-server.js';
import { storyText } from '../../helpers/fakes.js';
import { endpointFor } from '../../helpers/processes.js';

const KEY = 'sk-test-5f1c0a9e7d';
const PROMPT = { system: '당신은 소설가다.', user: '호러 단편 한 편을 써 주세요.' };
const STORY = storyText();

/** Nothing here takes long; what hangs fails. The limits of `settings` are longer, so no timeout hides a hang. */
const GUARD = { timeout: 45_000 };

const settings = (baseUrl: string, changes: Partial<MessagesClientOptions> = {}): MessagesClientOptions => ({
  apiKey: KEY,
  authToken: null,
  baseUrl,
  model: 'claude-sonnet-5-5',
  maxTokens: 16_000,
  temperature: null,
  streamThinking: false,
  idleMs: 60_000,
  totalMs: 120_000,
  onRateLimits: () => {},
  onSdkMessage: () => {},
  ...changes,
});

const NEVER: CallOptions = { signal: new AbortController().signal, onProgress: () => {} };

type Event = { type: string } & Record<string, unknown>;

const START = { type: 'message_start', message: { id: 'msg_1', type: 'message', role: 'assistant', model: 'm' } };
const TEXT: Event[] = [
  { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: '밤이 왔다.' } },
  { type: 'content_block_stop', index: 0 },
];
const END: Event = { type: 'message_delta', delta: { stop_reason: 'end_turn' } };
const STOP: Event = { type: 'message_stop' };
/** All that follows message_start. */
const WRITTEN: Event[] = [...TEXT, END, STOP];

const startedWith = (usage: unknown): Event => ({ ...START, message: { ...START.message, usage } });

function sse(...events: Event[]): string {
  return events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join('');
}

/** A reply that streams these very events. */
function stream(...events: Event[]): Reply {
  return { headers: { 'content-type': 'text/event-stream' }, body: sse(...events) };
}

const tokens = (input: number, output: number): Usage => ({
  input_tokens: input,
  output_tokens: output,
  total_tokens: input + output,
});

describe('a whole answer', GUARD, () => {
  test('a story arrives whole, with stop reason, model, request id and usage', async (t) => {
    const { answer } = await ask(t, { content: [{ type: 'text', text: STORY }] });
    assert.equal(answer.text, STORY);
    assert.equal(answer.stopReason, 'end_turn');
    assert.equal(answer.refusalCategory, null);
    assert.equal(answer.model, 'claude-sonnet-5-5');
    assert.equal(answer.requestId, 'req_offline_000000');
    const { usage } = answer;
    assert.ok(usage !== null && usage.input_tokens > 0 && usage.output_tokens > 0);
    assert.equal(usage.total_tokens, usage.input_tokens + usage.output_tokens);
  });

  test('a time limit in fractions of a millisecond is one like any other', async (t) => {
    const { answer } = await ask(t, { content: [{ type: 'text', text: STORY }] }, { totalMs: 8255.31914893617 });
    assert.equal(answer.text, STORY);
  });

  test('the model is the one that the endpoint names, and null when it names none', async (t) => {
    const named = { ...START, message: { ...START.message, model: 'qwen3:8b' } };
    assert.equal((await ask(t, stream(named, ...WRITTEN))).answer.model, 'qwen3:8b');
    assert.equal((await ask(t, stream({ type: 'message_start' }, ...WRITTEN))).answer.model, null);
  });

  test('progress counts the characters of the text, and only up', async (t) => {
    const seen: number[] = [];
    await ask(t, { content: [{ type: 'text', text: STORY }] }, {}, { onProgress: (count) => seen.push(count) });
    assert.ok(seen.length > 2);
    assert.deepEqual(
      seen,
      seen.toSorted((a, b) => a - b),
    );
    assert.equal(seen.at(-1), STORY.length);
  });

  test('thinking is no part of the text, nor of its progress', async (t) => {
    const seen: number[] = [];
    const { answer } = await ask(
      t,
      {
        content: [
          { type: 'thinking', thinking: '무엇을 쓸까. '.repeat(20) },
          { type: 'text', text: STORY },
        ],
      },
      {},
      { onProgress: (count) => seen.push(count) },
    );
    assert.equal(answer.text, STORY);
    assert.equal(seen.at(0), 0);
    assert.equal(seen.at(-1), STORY.length);
  });

  test('several text blocks are joined in order', async (t) => {
    const { answer } = await ask(t, {
      content: [
        { type: 'text', text: '# 제목\n\n' },
        { type: 'thinking', thinking: '이어서' },
        { type: 'text', text: '첫 문단.' },
        { type: 'text', text: '\n\n둘째 문단.' },
      ],
    });
    assert.equal(answer.text, '# 제목\n\n첫 문단.\n\n둘째 문단.');
  });

  test('text that already stands at the start of its block is kept', async (t) => {
    const { answer } = await ask(
      t,
      stream(
        START,
        { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '밤이' } },
        { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: ' 왔다.' } },
        END,
        STOP,
      ),
    );
    assert.equal(answer.text, '밤이 왔다.');
  });

  test('no content is an answer with empty text', async (t) => {
    const { answer } = await ask(t, { content: [] });
    assert.equal(answer.text, '');
    assert.equal(answer.stopReason, 'end_turn');
  });

  test('a refusal is an answer that names its category', async (t) => {
    const { answer } = await ask(t, {
      stopReason: 'refusal',
      stopDetails: { type: 'refusal', category: 'bio', explanation: '위험' },
    });
    assert.equal(answer.stopReason, 'refusal');
    assert.equal(answer.refusalCategory, 'bio');
    assert.equal(answer.text, '');
  });

  test('a refusal without a category is an answer too, with what was written before it', async (t) => {
    const { answer } = await ask(t, { stopReason: 'refusal', content: [{ type: 'text', text: '여기까지' }] });
    assert.equal(answer.stopReason, 'refusal');
    assert.equal(answer.refusalCategory, null);
    assert.equal(answer.text, '여기까지');
  });

  test('an answer cut at max_tokens says so', async (t) => {
    const { answer } = await ask(t, { stopReason: 'max_tokens', content: [{ type: 'text', text: STORY }] });
    assert.equal(answer.stopReason, 'max_tokens');
    assert.equal(answer.text, STORY);
  });

  test('a stop reason that is null, or a message_delta that never comes, leaves the stop reason null', async (t) => {
    const { answer } = await ask(t, { stopReason: null, content: [{ type: 'text', text: STORY }] });
    assert.deepEqual([answer.text, answer.stopReason], [STORY, null]);
    const { answer: bare } = await ask(t, stream(START, ...TEXT, STOP));
    assert.deepEqual([bare.text, bare.stopReason], ['밤이 왔다.', null]);
  });

  test('events, blocks and deltas of unknown kinds are ignored', async (t) => {
    const { answer } = await ask(
      t,
      stream(
        { type: 'weather', forecast: '비' },
        START,
        { type: 'content_block_start', index: 0, content_block: { type: 'redacted_thinking', data: 'x' } },
        { type: 'content_block_start', index: 0 },
        { type: 'content_block_delta', index: 0, delta: { type: 'signature_delta', signature: 'abc' } },
        { type: 'content_block_delta', index: 0, delta: { type: 'mood_delta', text: '우울' } },
        { type: 'content_block_delta', index: 0 },
        { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: null } },
        ...TEXT,
        { type: 'message_delta' },
        END,
        STOP,
      ),
    );
    assert.equal(answer.text, '밤이 왔다.');
    assert.equal(answer.stopReason, 'end_turn');
  });

  test('a connection that is held open after message_stop holds up nothing, and is closed', async (t) => {
    const server = await serve(t, (response) => response.write(sse(START, ...WRITTEN)));
    const answer = await createMessagesClient(settings(server.url))(PROMPT, NEVER);
    assert.equal(answer.text, '밤이 왔다.');
    await server.closed;
  });

  test('pings after message_stop hold up nothing either', async (t) => {
    const { answer } = await ask(t, {
      content: [{ type: 'text', text: STORY }],
      fault: { afterCharacters: Number.POSITIVE_INFINITY, kind: 'ping' },
    });
    assert.equal(answer.text, STORY);
  });

  test('what breaks after message_stop breaks nothing', async (t) => {
    for (const kind of ['cut', 'error'] as const) {
      const { answer } = await ask(t, {
        content: [{ type: 'text', text: STORY }],
        fault: { afterCharacters: Number.POSITIVE_INFINITY, kind },
      });
      assert.equal(answer.text, STORY, kind);
    }
  });

  test('a call that never falls silent for long outlasts the idle limit, be it thinking or writing', async (t) => {
    const { answer } = await ask(
      t,
      {
        // 60 pieces, 20 ms apart, of each.
        content: [
          { type: 'thinking', thinking: '생'.repeat(24 * 60) },
          { type: 'text', text: '밤'.repeat(24 * 60) },
        ],
        charactersPerSecond: 1200,
      },
      { idleMs: 1000 },
    );
    assert.equal(answer.text.length, 24 * 60);
  });

  test('calls leave nothing behind on the signal that they were given', async (t) => {
    const { signal } = new AbortController();
    const replies: Reply[] = [{ content: [{ type: 'text', text: STORY }] }, { status: 500 }];
    const endpoint = await endpointFor(t, (_, index) => replies[index] ?? { status: 500 });
    const write = createMessagesClient(settings(endpoint.url));
    await write(PROMPT, { ...NEVER, signal });
    await rejection(write(PROMPT, { ...NEVER, signal }));
    assert.equal(getEventListeners(signal, 'abort').length, 0);
  });
});

describe('usage', GUARD, () => {
  const table: [what: string, reported: unknown, usage: Usage | null][] = [
    ['counts', { input_tokens: 12, output_tokens: 34 }, tokens(12, 34)],
    ['zero', { input_tokens: 0, output_tokens: 0 }, tokens(0, 0)],
    [
      'cached input',
      { input_tokens: 3, cache_creation_input_tokens: 20, cache_read_input_tokens: 400, output_tokens: 5 },
      tokens(423, 5),
    ],
    ['cache fields that are null', { input_tokens: 3, cache_read_input_tokens: null, output_tokens: 5 }, tokens(3, 5)],
    ['nothing', 'absent', null],
    ['null', null, null],
    ['a word', 'unknown', null],
    ['a list', [12, 34], null],
    ['no fields', {}, null],
    ['numbers as text', { input_tokens: '12', output_tokens: '34' }, null],
    ['negative numbers', { input_tokens: -1, output_tokens: -1 }, null],
    // What JSON makes of NaN.
    ['null in place of numbers', { input_tokens: null, output_tokens: null }, null],
    ['fractions', { input_tokens: 12.5, output_tokens: 34.5 }, null],
    ['numbers beyond counting', { input_tokens: 1e300, output_tokens: 2 ** 53 }, null],
    ['only output', { output_tokens: 34 }, null],
    ['only input', { input_tokens: 12 }, null],
    ['one odd half', { input_tokens: 12, output_tokens: '34' }, null],
  ];
  for (const [what, reported, usage] of table) {
    test(`${what}: the text is there, and usage is ${usage === null ? 'null' : usage.total_tokens}`, async (t) => {
      const { answer } = await ask(t, { content: [{ type: 'text', text: STORY }], usage: reported });
      assert.equal(answer.text, STORY);
      assert.deepEqual(answer.usage, usage);
    });
  }

  test('usage that comes in message_delta only is enough', async (t) => {
    const { answer } = await ask(
      t,
      stream(START, ...TEXT, { ...END, usage: { input_tokens: 9, output_tokens: 77 } }, STOP),
    );
    assert.deepEqual(answer.usage, tokens(9, 77));
  });

  test('the count of message_delta replaces the first one of message_start', async (t) => {
    const { answer } = await ask(
      t,
      stream(
        startedWith({ input_tokens: 9, output_tokens: 1 }),
        ...TEXT,
        { ...END, usage: { output_tokens: 77 } },
        STOP,
      ),
    );
    assert.deepEqual(answer.usage, tokens(9, 77));
  });

  test('the output count of message_start, made before anything was written, is not taken for the final one', async (t) => {
    const { answer } = await ask(t, stream(startedWith({ input_tokens: 9, output_tokens: 1 }), ...TEXT, END, STOP));
    assert.equal(answer.usage, null);
  });
});

describe('the request', GUARD, () => {
  test('carries model, system, user text, max_tokens and stream, and nothing else', async (t) => {
    const { request } = await ask(t, { content: [] }, { maxTokens: 4321, model: 'some-model' });
    assert.deepEqual(request.body as unknown, {
      model: 'some-model',
      max_tokens: 4321,
      system: PROMPT.system,
      messages: [{ role: 'user', content: PROMPT.user }],
      stream: true,
    });
  });

  test('carries a temperature only when one is set, 0 included', async (t) => {
    for (const temperature of [0, 0.9]) {
      const { request } = await ask(t, { content: [] }, { temperature });
      assert.equal((request.body as unknown as Record<string, unknown>).temperature, temperature);
    }
  });

  test('asks for a summary of the thinking only when told to', async (t) => {
    const { request } = await ask(t, { content: [] }, { streamThinking: true });
    assert.deepEqual(request.body.thinking, { type: 'adaptive', display: 'summarized' });
  });

  test('carries the key as a bearer token', async (t) => {
    const { request } = await ask(t, { content: [] });
    assert.equal(request.headers.authorization, `Bearer ${KEY}`);
    assert.match(request.headers['anthropic-version'] as string, /^\d{4}-\d\d-\d\d$/);
  });

  test('carries an auth token where there is no key, and the key where there are both', async (t) => {
    const token = 'token-0a1b2c';
    const { request } = await ask(t, { content: [] }, { apiKey: null, authToken: token });
    assert.equal(request.headers.authorization, `Bearer ${token}`);
    const { request: both } = await ask(t, { content: [] }, { authToken: token });
    assert.equal(both.headers.authorization, `Bearer ${KEY}`);
    assert.ok(!JSON.stringify(both.headers).includes(token));
  });

  test('without key and token it is made all the same, for endpoints that want none', async (t) => {
    const { answer } = await ask(t, { content: [{ type: 'text', text: STORY }] }, { apiKey: null, authToken: null });
    assert.equal(answer.text, STORY);
  });

  test('what the environment says makes no difference', async (t) => {
    const strayed = await endpointFor(t, () => ({ status: 418 }));
    setEnvironment(t, {
      ANTHROPIC_BASE_URL: strayed.url,
      ANTHROPIC_API_KEY: 'key-of-the-environment',
      ANTHROPIC_AUTH_TOKEN: 'token-of-the-environment',
    });
    const printed = (['log', 'debug', 'info', 'warn', 'error'] as const).map((name) =>
      t.mock.method(globalThis.console, name, () => {}),
    );
    const messages: string[] = [];
    for (const ANTHROPIC_LOG of ['debug', 'no-such-level']) {
      setEnvironment(t, { ANTHROPIC_LOG });
      for (const credentials of [{}, { apiKey: null, authToken: KEY }, { apiKey: null, authToken: null }]) {
        const { request } = await ask(
          t,
          { content: [] },
          { ...credentials, onSdkMessage: (text) => messages.push(text) },
        );
        assert.ok(!JSON.stringify(request.headers).includes('of-the-environment'));
      }
    }
    assert.deepEqual(messages, []);
    assert.deepEqual(
      printed.map(({ mock }) => mock.callCount()),
      [0, 0, 0, 0, 0],
    );
  });
});

/** What a failure of a call has to be: parts of its detail, and what the worker is told. */
interface Expected {
  detail: Partial<CallErrorDetail>;
  failure: Partial<Failure>;
}

describe('an error status', GUARD, () => {
  const table: [what: string, reply: Reply, expected: Expected][] = [
    ...(
      [
        [400, 'invalid_request_error', 'fatal'],
        [401, 'authentication_error', 'fatal'],
        [402, 'billing_error', 'blocked'],
        [403, 'permission_error', 'fatal'],
        [404, 'not_found_error', 'fatal'],
        [408, 'timeout_error', 'transient'],
        [413, 'request_too_large', 'fatal'],
        [422, 'invalid_request_error', 'fatal'],
        [429, 'rate_limit_error', 'transient'],
        [500, 'api_error', 'transient'],
        [502, 'api_error', 'transient'],
        [503, 'api_error', 'transient'],
        [504, 'timeout_error', 'transient'],
        [529, 'overloaded_error', 'transient'],
      ] as const
    ).map(([status, type, kind]): [string, Reply, Expected] => [
      `${status} ${type}`,
      { status, error: { type, message: 'no luck' } },
      {
        detail: {
          fault: 'http',
          status,
          type,
          code: null,
          message: 'no luck',
          retryAfterMs: null,
          requestId: 'req_offline_000000',
          usage: NO_TOKENS,
        },
        failure: { kind, code: type, retryAfterMs: null },
      },
    ]),
    [
      '400 for want of credit',
      {
        status: 400,
        error: { type: 'invalid_request_error', message: 'Your credit balance is too low to access the API.' },
      },
      { detail: { status: 400 }, failure: { kind: 'blocked', code: 'invalid_request_error' } },
    ],
    [
      '429 at a spend limit',
      {
        status: 429,
        error: {
          type: 'rate_limit_error',
          message: 'You have reached your limit.',
          details: { error_code: 'enforced_spend_limit_reached' },
        },
      },
      {
        detail: { status: 429, type: 'rate_limit_error', code: 'enforced_spend_limit_reached' },
        failure: { kind: 'blocked', code: 'enforced_spend_limit_reached', retryAfterMs: null },
      },
    ],
    [
      '429 with another code',
      {
        status: 429,
        error: { type: 'rate_limit_error', message: 'Slow down.', details: { error_code: 'tokens_per_minute' } },
      },
      { detail: { code: 'tokens_per_minute' }, failure: { kind: 'transient', code: 'tokens_per_minute' } },
    ],
    [
      "502 with a proxy's page",
      { status: 502, headers: { 'content-type': 'text/html' }, body: '<html>Bad Gateway</html>' },
      { detail: { fault: 'http', status: 502, type: null }, failure: { kind: 'transient', code: 'http_502' } },
    ],
    [
      '503 without a body',
      { status: 503, body: '' },
      { detail: { fault: 'http', status: 503, type: null }, failure: { kind: 'transient', code: 'http_503' } },
    ],
    [
      "404 in Ollama's form",
      { status: 404, body: '{"error":"model \\"x\\" not found"}' },
      { detail: { fault: 'http', status: 404, type: null }, failure: { kind: 'fatal', code: 'http_404' } },
    ],
  ];
  for (const [what, reply, expected] of table) {
    test(`${what} is ${expected.failure.kind}`, (t) => fails(t, reply, expected));
  }

  for (const status of [408, 409, 429, 500, 503, 529]) {
    test(`${status} is not asked again, even when the API says that it may be`, (t) =>
      fails(
        t,
        { status, headers: { 'x-should-retry': 'true', 'retry-after': '0' } },
        { detail: { status }, failure: { kind: 'transient' } },
      ));
  }

  const waits: [what: string, headers: Record<string, string>, ms: number | null][] = [
    ['seconds', { 'retry-after': '7' }, 7000],
    ['fractions of a second', { 'retry-after': '1.5' }, 1500],
    ['zero', { 'retry-after': '0' }, 0],
    ['milliseconds', { 'retry-after-ms': '250' }, 250],
    ['milliseconds beside seconds', { 'retry-after-ms': '250', 'retry-after': '7' }, 250],
    ['more than a timer can take', { 'retry-after': '2592000' }, 2_592_000_000],
    ['more than a year', { 'retry-after': '99999999999' }, 366 * 86_400_000],
    ['more than a year in milliseconds', { 'retry-after-ms': '99999999999999' }, 366 * 86_400_000],
    ['a date that has passed', { 'retry-after': 'Wed, 21 Oct 2015 07:28:00 GMT' }, null],
    ['a negative number', { 'retry-after': '-3' }, null],
    ['a word', { 'retry-after': 'soon' }, null],
    ['a word for milliseconds, and seconds', { 'retry-after-ms': 'soon', 'retry-after': '7' }, 7000],
    ['nothing', {}, null],
  ];
  for (const [what, headers, retryAfterMs] of waits) {
    test(`retry-after with ${what} asks for ${retryAfterMs === null ? 'no' : `${retryAfterMs} ms`} wait`, async (t) => {
      for (const status of [429, 529]) {
        await fails(t, { status, headers }, { detail: { status, retryAfterMs }, failure: { retryAfterMs } });
      }
    });
  }

  test('retry-after with a date asks for a wait until then', async (t) => {
    const inAnHour = new Date(Date.now() + 3_600_000).toUTCString();
    const { detail } = await fail(
      t,
      { status: 429, headers: { 'retry-after': inAnHour } },
      { detail: { status: 429 }, failure: { kind: 'transient' } },
    );
    assert.ok(detail.retryAfterMs !== null && detail.retryAfterMs > 3_000_000 && detail.retryAfterMs <= 3_600_000);
  });
});

describe('a stream that goes wrong', GUARD, () => {
  const content: Reply['content'] = [{ type: 'text', text: STORY }];
  const usage = { input_tokens: 12, output_tokens: 1 };
  const cut: Expected = {
    detail: {
      fault: 'cut',
      status: null,
      type: null,
      retryAfterMs: null,
      requestId: 'req_offline_000000',
      usage: null,
    },
    failure: { kind: 'transient', code: 'cut' },
  };
  const noMessage: Expected = {
    detail: { fault: 'no_message', status: null, type: null, usage: null },
    failure: { kind: 'transient', code: 'no_message', retryAfterMs: null },
  };
  const events = { 'content-type': 'text/event-stream' };

  test('a socket destroyed in the middle is a cut, and what it used is not known', (t) =>
    fails(t, { content, usage, fault: { afterCharacters: 200, kind: 'cut' } }, cut));

  test('an end without message_stop is a cut', (t) =>
    fails(t, { content, usage, fault: { afterCharacters: 200, kind: 'end' } }, cut));

  test('the whole text without message_stop is a cut, with the usage that the end had told', (t) =>
    fails(
      t,
      { ...stream(startedWith(usage), ...TEXT, { ...END, usage: { output_tokens: 20 } }) },
      { ...cut, detail: { ...cut.detail, usage: tokens(12, 20) } },
    ));

  test('junk in the middle is a cut, and the SDK is heard', async (t) => {
    const messages: string[] = [];
    await fails(
      t,
      { headers: events, body: `${sse(startedWith(usage), ...TEXT)}event: content_block_delta\ndata: {"type":\n\n` },
      cut,
      { onSdkMessage: (text) => messages.push(text) },
    );
    assert.ok(messages.length > 0);
  });

  test('a socket destroyed between headers and message_start is a cut', async (t) => {
    const server = await serve(t, (response) => {
      response.flushHeaders();
      response.write(': hello\n\n', () => setImmediate(() => response.destroy()));
    });
    const failure = await callFailure(createMessagesClient(settings(server.url))(PROMPT, NEVER));
    assert.deepEqual([failure.detail.fault, classifyFailure(failure).code], ['cut', 'cut']);
  });

  test('an error event is what it says', (t) =>
    fails(
      t,
      {
        content,
        usage,
        fault: { afterCharacters: 200, kind: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } },
      },
      {
        detail: {
          fault: 'stream_event',
          status: null,
          type: 'overloaded_error',
          message: 'Overloaded',
          requestId: 'req_offline_000000',
          usage: null,
        },
        failure: { kind: 'transient', code: 'overloaded_error' },
      },
    ));

  test('an error event in place of the message is what it says', (t) =>
    fails(
      t,
      { content, fault: { afterCharacters: 0, kind: 'error', error: { type: 'api_error', message: 'Sorry' } } },
      { detail: { fault: 'stream_event', type: 'api_error', message: 'Sorry' }, failure: { kind: 'transient' } },
    ));

  test('an error event that is no JSON is an error event all the same', (t) =>
    fails(
      t,
      { headers: events, body: `${sse(START)}event: error\ndata: upstream gone\n\n` },
      {
        detail: { fault: 'stream_event', type: null },
        failure: { kind: 'transient', code: 'stream_event' },
      },
    ));

  const junk: [what: string, reply: Reply][] = [
    ["a captive portal's page", { headers: { 'content-type': 'text/html' }, body: '<html>로그인하세요</html>' }],
    ['an empty body', { body: '' }],
    ['an empty stream', { content, fault: { afterCharacters: 0, kind: 'end' } }],
    ['JSON that is no stream', { body: '{"id":"msg_1","type":"message","content":[]}' }],
    [
      "another API's stream",
      { headers: events, body: 'data: {"choices":[{"delta":{"content":"밤"}}]}\n\ndata: [DONE]\n\n' },
    ],
    ['events whose data is junk', { headers: events, body: 'event: message_start\ndata: {junk\n\n' }],
    ['events whose data is null', { headers: events, body: 'event: message_start\ndata: null\n\n' }],
    ['events of unknown kinds only', stream({ type: 'weather' }, { type: 'message_halt' })],
    ['text and an end without a message_start', stream(...WRITTEN)],
    ['nothing but pings', { headers: events, body: 'event: ping\ndata: {"type": "ping"}\n\n'.repeat(3) }],
  ];
  for (const [what, reply] of junk) {
    test(`a 200 with ${what} is no message`, (t) => fails(t, reply, noMessage));
  }
});

describe('a call that takes too long', GUARD, () => {
  const content: Reply['content'] = [{ type: 'text', text: STORY }];
  const timedOut = (fault: 'idle_timeout' | 'total_timeout'): Expected => ({
    detail: { fault, status: null, type: null, code: null, retryAfterMs: null },
    failure: { kind: 'transient', code: fault, retryAfterMs: null },
  });

  test('no headers: idle_timeout', (t) =>
    fails(t, () => new Promise(() => {}), timedOut('idle_timeout'), { idleMs: 80 }));

  test('a stalled stream: idle_timeout', (t) =>
    fails(t, { content, fault: { afterCharacters: 200, kind: 'stall' } }, timedOut('idle_timeout'), { idleMs: 80 }));

  test('a stream of nothing but pings: idle_timeout', (t) =>
    fails(t, { content, fault: { afterCharacters: 200, kind: 'ping' } }, timedOut('idle_timeout'), { idleMs: 80 }));

  test('a slow trickle: total_timeout', (t) =>
    fails(
      t,
      { content: [{ type: 'text', text: '밤'.repeat(60_000) }], charactersPerSecond: 2400 },
      timedOut('total_timeout'),
      {
        totalMs: 120,
      },
    ));

  test('no headers, and a total that is shorter than the idle limit: total_timeout', (t) =>
    fails(t, () => new Promise(() => {}), timedOut('total_timeout'), { totalMs: 80 }));

  test('an error status whose body stalls: idle_timeout', async (t) => {
    const server = await serve(t, (response) => response.writeHead(500).write('{"type":"error",'));
    const failure = await callFailure(createMessagesClient(settings(server.url, { idleMs: 80 }))(PROMPT, NEVER));
    assert.equal(failure.detail.fault, 'idle_timeout');
    await server.closed;
  });

  test('the connection is closed, so that the endpoint need not go on', async (t) => {
    const server = await serve(t, (response) => response.write(sse(START, ...TEXT)));
    await callFailure(createMessagesClient(settings(server.url, { idleMs: 80 }))(PROMPT, NEVER));
    await server.closed;
  });

  test('the message says how long, in seconds', async (t) => {
    const { detail } = await fail(t, () => new Promise(() => {}), timedOut('idle_timeout'), { idleMs: 80 });
    assert.equal(detail.message, '0.08초');
  });
});

describe('no connection', GUARD, () => {
  test('a refused connection is a transient fault that names its cause', async (t) => {
    const endpoint = await endpointFor(t, () => ({}));
    await endpoint.close();
    const error = await callFailure(createMessagesClient(settings(endpoint.url))(PROMPT, NEVER));
    assertFailure(error, {
      detail: { fault: 'connection', status: null, type: null, requestId: null, usage: NO_TOKENS },
      failure: { kind: 'transient', code: 'connection' },
    });
    assert.match(error.detail.message, /ECONNREFUSED/);
  });

  test('a connection that breaks before the headers is a transient fault', async (t) => {
    const server = await serve(t, (response) => response.destroy());
    const error = await callFailure(createMessagesClient(settings(server.url))(PROMPT, NEVER));
    assertFailure(error, { detail: { fault: 'connection' }, failure: { kind: 'transient', code: 'connection' } });
    assert.equal(server.requests(), 1);
  });

  test('an address that is no HTTP server is a transient fault', async (t) => {
    const server = await serve(t, (response) => response.socket?.end('220 mail.example ESMTP\r\n'));
    const error = await callFailure(createMessagesClient(settings(server.url))(PROMPT, NEVER));
    assertFailure(error, { detail: { fault: 'connection' }, failure: { kind: 'transient' } });
  });
});

describe('a call that is given up', GUARD, () => {
  const reason = new Error('두 번째 신호');

  test('before it begins: rejects with the reason, and calls nobody', async (t) => {
    let requests = 0;
    const endpoint = await endpointFor(t, () => {
      requests++;
      return { content: [] };
    });
    const write = createMessagesClient(settings(endpoint.url));
    assert.equal(await rejection(write(PROMPT, { ...NEVER, signal: AbortSignal.abort(reason) })), reason);
    assert.equal(requests, 0);
  });

  test('while it waits for the headers: rejects with the reason, and closes the connection', async (t) => {
    const controller = new AbortController();
    const server = await serve(t, () => controller.abort(reason));
    const write = createMessagesClient(settings(server.url));
    assert.equal(await rejection(write(PROMPT, { ...NEVER, signal: controller.signal })), reason);
    await server.closed;
    assert.equal(server.requests(), 1);
  });

  test('in the middle of the stream: rejects with the reason, and closes the connection', async (t) => {
    const controller = new AbortController();
    const server = await serve(t, (response) => response.write(sse(START, ...TEXT)));
    const write = createMessagesClient(settings(server.url));
    const options = { signal: controller.signal, onProgress: () => controller.abort(reason) };
    assert.equal(await rejection(write(PROMPT, options)), reason);
    await server.closed;
    assert.equal(server.requests(), 1);
  });

  test('with a reason that is no error: rejects with it as it is', async (t) => {
    const controller = new AbortController();
    const endpoint = await endpointFor(t, () => ({
      content: [{ type: 'text', text: STORY }],
      charactersPerSecond: 2400,
    }));
    const write = createMessagesClient(settings(endpoint.url));
    const options = { signal: controller.signal, onProgress: () => controller.abort('SIGINT') };
    assert.equal(await rejection(write(PROMPT, options)), 'SIGINT');
  });

  test('one call given up does not touch another of the same author', async (t) => {
    const controller = new AbortController();
    const endpoint = await endpointFor(t, () => ({
      content: [{ type: 'text', text: STORY }],
      charactersPerSecond: 20_000,
    }));
    const write = createMessagesClient(settings(endpoint.url));
    const [given, kept] = await Promise.all([
      rejection(write(PROMPT, { signal: controller.signal, onProgress: () => controller.abort(reason) })),
      write(PROMPT, NEVER),
    ]);
    assert.equal(given, reason);
    assert.equal(kept.text, STORY);
  });
});

/** Asks an endpoint that gives one reply, and wants an answer. */
async function ask(
  t: TestContext,
  reply: Reply,
  changes: Partial<MessagesClientOptions> = {},
  options: Partial<CallOptions> = {},
): Promise<{ answer: Answer; request: ReceivedRequest }> {
  const requests: ReceivedRequest[] = [];
  const endpoint = await endpointFor(t, (received) => {
    requests.push(received);
    return reply;
  });
  const answer = await createMessagesClient(settings(endpoint.url, changes))(PROMPT, { ...NEVER, ...options });
  const [request] = requests;
  assert.ok(request !== undefined && requests.length === 1, `${requests.length} requests`);
  return { answer, request };
}

/**
 * Asks an endpoint that gives one reply, and wants a failure as expected: after one request, and without the key
 * anywhere in the error.
 */
async function fail(
  t: TestContext,
  reply: Reply | Responder,
  expected: Expected,
  changes: Partial<MessagesClientOptions> = {},
): Promise<CallError> {
  let requests = 0;
  const endpoint = await endpointFor(t, (request, index) => {
    requests++;
    return typeof reply === 'function' ? reply(request, index) : reply;
  });
  const error = await callFailure(createMessagesClient(settings(endpoint.url, changes))(PROMPT, NEVER));
  assertFailure(error, expected);
  assert.equal(requests, 1, 'one request');
  return error;
}

/** The same as the whole of a test. */
async function fails(...call: Parameters<typeof fail>): Promise<void> {
  await fail(...call);
}

function assertFailure(error: CallError, { detail, failure }: Expected): void {
  assert.deepEqual(pick(error.detail, detail), detail);
  assert.deepEqual(pick(classifyFailure(error), failure), failure);
  for (const text of [error.message, String(error.stack), JSON.stringify(error), inspect(error, WHOLE)]) {
    assert.ok(!text.includes(KEY), 'the key is in the error');
  }
}

const WHOLE = { depth: 20, showHidden: true, maxStringLength: null, maxArrayLength: null };

/** The fields of `whole` that `part` has. */
function pick<Whole extends object>(whole: Whole, part: Partial<Whole>): Partial<Whole> {
  return Object.fromEntries(Object.entries(whole).filter(([name]) => name in part)) as Partial<Whole>;
}

async function callFailure(call: Promise<unknown>): Promise<CallError> {
  const error = await rejection(call);
  assert.ok(error instanceof CallError, inspect(error));
  return error;
}

async function rejection(call: Promise<unknown>): Promise<unknown> {
  const nothing = Symbol('nothing');
  const error: unknown = await call.then(
    () => nothing,
    (thrown: unknown) => thrown,
  );
  assert.notEqual(error, nothing, 'the call has succeeded');
  return error;
}

/** Sets variables of the environment for the time of a test. */
function setEnvironment(t: TestContext, variables: Record<string, string>): void {
  const before = { ...process.env };
  t.after(() => {
    for (const name of Object.keys(variables)) {
      const value = before[name];
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  });
  Object.assign(process.env, variables);
}

interface Server {
  url: string;
  requests(): number;
  /** Resolves when the response to the first request is over, or its connection closed. */
  closed: Promise<void>;
}

/** A server that leaves the response to the test, for what the endpoint has no word for. */
async function serve(t: TestContext, respond: (response: ServerResponse) => void): Promise<Server> {
  let requests = 0;
  let close = () => {};
  const closed = new Promise<void>((resolve) => {
    close = resolve;
  });
  const server = createServer((request, response) => {
    requests++;
    response.on('close', close);
    response.setHeader('content-type', 'text/event-stream');
    request.resume().on('end', () => respond(response));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests: () => requests, closed };
}
