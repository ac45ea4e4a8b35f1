import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import type { Irregularity } from '../../../api/answer.js';
import { classifyFailure, type FailureKind } from '../../../api/failure.js';
import type { ClientNotice } from '../../../api/messages-client.js';
import { NO_TOKENS, toUsage } from '../../../api/usage.js';
import type { BodyPiece, Reply } from '../../../offline/messages-server.js';
import { ask, END, type Event, fail, GUARD, STOP, sse, startedWith, TEXT, WRITTEN } from '../../helpers/calls.js';
import { storyText } from '../../helpers/fakes.js';

// Bodies as gateways and proxies send them, byte for byte, through the real client.

const STORY = storyText();
const HALF = STORY.slice(0, STORY.length / 2);
const START = startedWith({ input_tokens: 1200, output_tokens: 1 });
const USAGE = toUsage(1200, 3000);

/** A text block with this text, in pieces. */
const textBlock = (text: string): Event[] => [
  { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
  ...(text.match(/[\s\S]{1,100}/g) ?? []).map((piece) => ({
    ...{ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: piece } },
  })),
  { type: 'content_block_stop', index: 0 },
];
const delta = (stopReason: string, usage: unknown = { output_tokens: 3000 }): Event => ({
  ...{ type: 'message_delta', delta: { stop_reason: stopReason }, usage },
});
const DELTA = delta('end_turn');
const S = sse(START);
const T = sse(...textBlock(STORY));
const D = sse(DELTA);
const E = sse(STOP);

const events = { 'content-type': 'text/event-stream' };
const raw = (...pieces: BodyPiece[]): Reply => ({ headers: events, body: pieces });

/** Wants the whole story, and these irregularities. */
async function isWhole(t: TestContext, reply: Reply, irregularities?: readonly Irregularity[]) {
  const notices: ClientNotice[] = [];
  const { answer } = await ask(t, reply, { onNotice: (notice) => notices.push(notice), idleMs: 1000 });
  assert.equal(answer.text, STORY);
  assert.deepEqual(answer.irregularities, irregularities);
  return { answer, notices };
}

describe('a stream without its formal end', GUARD, () => {
  const ends: [what: string, ...pieces: BodyPiece[]][] = [
    ['and a clean end'],
    ['and [DONE]', 'data: [DONE]\n\n'],
    ['and [DONE] without a line after it', 'data: [DONE]'],
    ['and a cut', { end: 'cut' }],
    ['and silence', { end: 'stall' }],
    ['and [DONE] on a connection that is kept', 'data: [DONE]\n\n', { end: 'stall' }],
    ['and pings without end', { pings: { count: 100, everyMs: 20 } }, { end: 'stall' }],
  ];
  for (const [what, ...pieces] of ends) {
    test(`a stop reason ${what}: the message is whole`, async (t) => {
      const { answer } = await isWhole(t, raw(S, T, D, ...pieces), ['no_message_stop']);
      assert.deepEqual([answer.stopReason, answer.usage], ['end_turn', USAGE]);
    });
  }

  test('a last event without the empty line after it counts', async (t) => {
    await isWhole(t, raw(S, T, D.trimEnd()), ['no_message_stop']);
    await isWhole(t, raw(S, T, D, E.trimEnd()));
  });

  test('no stop reason and a clean end: a cut, with the text that had arrived', async (t) => {
    for (const body of [
      [S, T],
      [S, T, 'data: [DONE]\n\n'],
    ]) {
      const { detail, partial } = await fail(t, raw(...body), {
        detail: { fault: 'cut', usage: null },
        failure: { code: 'cut' },
      });
      assert.match(detail.message, /message_stop/);
      assert.ok(partial !== null);
      const { text, stopReason, usage, model, requestId } = partial;
      assert.deepEqual([text, stopReason, usage, model, requestId], [STORY, null, null, 'm', 'req_offline_000000']);
    }
  });
});

describe('the text of a call that fails', GUARD, () => {
  const written = { content: [{ type: 'text', text: STORY }] } satisfies Reply;
  const cases: [what: string, reply: Reply, code: string][] = [
    ['a cut', { ...written, fault: { afterCharacters: 300, kind: 'cut' } }, 'cut'],
    ['an end in the middle', { ...written, fault: { afterCharacters: 300, kind: 'end' } }, 'cut'],
    ['silence', { ...written, fault: { afterCharacters: 300, kind: 'stall' } }, 'idle_timeout'],
    ['pings only', { ...written, fault: { afterCharacters: 300, kind: 'ping' } }, 'idle_timeout'],
    ['an error event', { ...written, fault: { afterCharacters: 300, kind: 'error' } }, 'overloaded_error'],
  ];
  for (const [what, reply, code] of cases) {
    test(`after ${what} is handed on`, async (t) => {
      const { partial } = await fail(t, reply, { detail: {}, failure: { code } }, { idleMs: 150 });
      assert.ok(partial !== null && partial.text.length >= 300 && STORY.startsWith(partial.text));
      assert.equal(partial.stopReason, null);
    });
  }

  test('after too long a call is handed on', async (t) => {
    const reply = { ...written, charactersPerSecond: 600 };
    const { partial } = await fail(t, reply, { detail: {}, failure: { code: 'total_timeout' } }, { totalMs: 900 });
    assert.ok(partial !== null && partial.text !== '' && STORY.startsWith(partial.text));
  });

  test('is none where none had arrived', async (t) => {
    const { partial } = await fail(t, { status: 500 }, { detail: {}, failure: { code: 'api_error' } });
    assert.equal(partial, null);
    const thinking: Reply = {
      content: [{ type: 'thinking', thinking: '음' }],
      fault: { afterCharacters: 1, kind: 'cut' },
    };
    assert.equal((await fail(t, thinking, { detail: {}, failure: { code: 'cut' } })).partial, null);
  });

  test('without a message_start is handed on too', async (t) => {
    const { partial } = await fail(t, raw(sse(...WRITTEN)), { detail: { fault: 'no_message' }, failure: {} });
    assert.equal(partial?.text, '밤이 왔다.');
  });
});

describe('events without a name', GUARD, () => {
  const nameless = (text: string) => text.replace(/^event: .*\n/gm, '');

  test('carry their type in the JSON', (t) => isWhole(t, raw(nameless(S + T + D + E))).then(() => {}));
  test('and under the name of every event', (t) =>
    isWhole(t, raw((S + T + D + E).replace(/^event: .*$/gm, 'event: message'))).then(() => {}));

  const errors: [what: string, frame: string, words: string, kind: FailureKind, code: string][] = [
    [
      "an error in OpenAI's form",
      'data: {"error":{"message":"upstream quota","code":"429"}}\n\n',
      'upstream quota',
      'transient',
      'stream_event',
    ],
    [
      'an error named message',
      'event: message\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded, sorry"}}\n\n',
      'Overloaded, sorry',
      'transient',
      'overloaded_error',
    ],
    [
      'a refusal in the middle',
      'data: {"error":{"message":"Key revoked","type":"authentication_error"}}\n\n',
      'Key revoked',
      'fatal',
      'authentication_error',
    ],
    [
      "OpenRouter's error of a provider",
      'data: {"error":{"code":502,"message":"Provider returned error","metadata":{"raw":"GPU fell over"}},"choices":[]}\n\n',
      'Provider returned error - GPU fell over',
      'transient',
      'stream_event',
    ],
    [
      'an error as a text',
      'data: {"error":"model runner has stopped"}\n\n',
      'model runner has stopped',
      'transient',
      'stream_event',
    ],
  ];
  for (const [what, frame, words, kind, code] of errors) {
    test(`${what} is told in its words, with the text before it`, async (t) => {
      const error = await fail(t, raw(S, sse(...textBlock(HALF)), frame), {
        detail: { fault: 'stream_event', message: words },
        failure: { kind, code },
      });
      assert.equal(error.partial?.text, HALF);
      assert.ok(classifyFailure(error).reason.includes(words));
    });
  }
});

describe('an error in a 200', GUARD, () => {
  const error = (type: string) => ({ type: 'error', error: { type, message: 'no luck' } });
  const table: [type: string, kind: FailureKind, mayPass: true | undefined][] = [
    ['authentication_error', 'fatal', true],
    ['permission_error', 'fatal', true],
    ['not_found_error', 'fatal', true],
    ['invalid_request_error', 'fatal', undefined],
    ['request_too_large', 'fatal', undefined],
    ['billing_error', 'blocked', undefined],
    ['rate_limit_error', 'transient', undefined],
    ['overloaded_error', 'transient', undefined],
    ['api_error', 'transient', undefined],
    ['timeout_error', 'transient', undefined],
    ['something_new', 'transient', undefined],
  ];
  for (const [type, kind, mayPass] of table) {
    test(`${type} is ${kind}, as an event and as JSON`, async (t) => {
      const expected = {
        detail: { fault: 'stream_event' as const, type, message: 'no luck' },
        failure: { kind, code: type },
      };
      for (const reply of [raw(sse(error(type))), { body: JSON.stringify(error(type)) }]) {
        const failure = await fail(t, reply, expected);
        assert.equal(classifyFailure(failure).mayPass, mayPass);
        if (kind !== 'transient') assert.deepEqual(failure.detail.usage, NO_TOKENS);
      }
    });
  }
});

describe('two generations in one stream', GUARD, () => {
  const second = startedWith({ input_tokens: 1200, output_tokens: 1 });

  test('only the last one counts, and what the first one used is unknown', async (t) => {
    const half = textBlock('# 하나\n\n여기서 끊').slice(0, -1);
    const { answer } = await isWhole(t, raw(S, sse(...half), sse(second), T, D, E), ['restarted']);
    assert.equal(answer.usage, null);
  });

  test('their usage is added up where both are known', async (t) => {
    const { answer } = await isWhole(
      t,
      raw(S, sse(...TEXT, delta('end_turn', { output_tokens: 7 })), sse(second), T, D, E),
      ['restarted'],
    );
    assert.deepEqual(answer.usage, toUsage(2400, 3007));
  });

  test('a message_start that is only repeated is no second generation', async (t) => {
    const { answer } = await isWhole(t, raw(S, S, T, D, E));
    assert.deepEqual(answer.usage, USAGE);
  });

  test('where the second one brings nothing, the text of the first one is handed on', async (t) => {
    const { partial } = await fail(t, raw(S, T, sse(second)), { detail: { fault: 'cut', usage: null }, failure: {} });
    assert.equal(partial?.text, STORY);
  });

  test('the stop reason of the first one does not end the second', async (t) => {
    const { partial } = await fail(
      t,
      raw(S, ...TEXT.map((event) => sse(event)), D, sse(second), sse(...textBlock(HALF))),
      {
        detail: { fault: 'cut' },
        failure: {},
      },
    );
    assert.deepEqual([partial?.text, partial?.stopReason], [HALF, null]);
  });
});

describe('a frame that is damaged', GUARD, () => {
  const broken = (frame: string) => `${frame.slice(0, frame.length / 2)}\n\n`;

  test('in the text: the rest is whole, and the answer carries the doubt', async (t) => {
    const lost: Event = { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: '그' } };
    const { notices } = await isWhole(t, raw(S, broken(sse(lost)), T, D, E), ['broken_frame']);
    assert.deepEqual(
      notices.map(({ event }) => event),
      ['frame_skipped'],
    );
    assert.match(notices[0]?.message ?? '', /\{"type":"content_block_/);
  });

  test('message_start: the text is whole, with nothing known of the model', async (t) => {
    const { answer } = await isWhole(t, raw(broken(S), T, D, E), ['broken_frame']);
    assert.deepEqual([answer.model, answer.usage, answer.stopReason], [null, null, 'end_turn']);
  });

  test('message_delta: the text is whole, and why it ended is unknown', async (t) => {
    const { answer } = await isWhole(t, raw(S, T, broken(D), E), ['broken_frame']);
    assert.deepEqual([answer.stopReason, answer.usage], [null, null]);
  });

  test('message_stop: the text is whole', (t) =>
    isWhole(t, raw(S, T, D, 'event: message_stop\ndata: {"ty\n\n'), ['broken_frame', 'no_message_stop']).then(
      () => {},
    ));

  test('words that are no JSON at all are no damage, and reach the log', async (t) => {
    const { notices } = await isWhole(t, raw(S, 'data: keep-alive\n\n', T, D, E));
    assert.match(notices[0]?.message ?? '', /keep-alive/);
  });

  test('events of unknown names are passed over in silence', async (t) => {
    const { notices } = await isWhole(
      t,
      raw('event: heartbeat\ndata: ok\n\n', S, 'event: ping\ndata: {"ty\n\n', T, D, E),
    );
    assert.deepEqual(notices, []);
  });
});

describe('the bytes of a stream', GUARD, () => {
  test('may part a syllable anywhere', async (t) => {
    const bytes = Buffer.from(S + T + D + E);
    const pieces: Buffer[] = [];
    for (let at = 0; at < bytes.length; at += 97) pieces.push(bytes.subarray(at, at + 97));
    await isWhole(t, raw(...pieces));
  });

  test('may be no UTF-8 in one place, which shows in the text there', async (t) => {
    const bytes = Buffer.from(sse(START, ...TEXT, END, STOP));
    bytes[bytes.indexOf('왔')] = 0xff;
    const { answer } = await ask(t, raw(bytes));
    assert.match(answer.text, /^밤이 \ufffd+다\.$/);
  });

  test('may come with CRLF, a byte order mark, comments and no blank after the colon', async (t) => {
    const whole = `\ufeff: OPENROUTER PROCESSING\n\n${S}${T}: hello\n\n${D}${E}`;
    await isWhole(t, raw(whole.replaceAll('\n', '\r\n')));
    await isWhole(t, raw(whole.replaceAll(/^(event|data): /gm, '$1:')));
  });
});

describe('a 200 that is no stream', GUARD, () => {
  const message = {
    ...{
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      model: 'qwen3:8b',
      stop_reason: 'end_turn',
      stop_sequence: null,
    },
    content: [
      { type: 'thinking', thinking: '음', signature: '' },
      { type: 'text', text: HALF },
      { type: 'text', text: STORY.slice(HALF.length) },
    ],
    usage: { input_tokens: 1200, output_tokens: 3000 },
  };

  test('a whole message in JSON is taken, whatever its content type says', async (t) => {
    for (const type of ['application/json', 'text/event-stream', 'text/plain']) {
      const body = `\n${JSON.stringify(message, null, 2)}`;
      const { answer } = await isWhole(t, { headers: { 'content-type': type }, body }, ['no_stream']);
      const { stopReason, usage, model } = answer;
      assert.deepEqual([stopReason, usage, model], ['end_turn', USAGE, 'qwen3:8b']);
    }
  });

  test('a message in JSON without a stop reason is not whole, and its text is handed on', async (t) => {
    const body = JSON.stringify({ ...message, stop_reason: null });
    const { partial } = await fail(t, { body }, { detail: { fault: 'no_message' }, failure: { kind: 'transient' } });
    assert.equal(partial?.text, STORY);
  });

  const others: [what: string, type: string | null, body: string, says: RegExp][] = [
    [
      "OpenAI's chat.completion",
      'application/json',
      '{"id":"chatcmpl-1","object":"chat.completion","choices":[{"message":{"content":"밤"}}]}',
      /chat\.completion\(OpenAI\).*application\/json: \{"id":"chatcmpl-1"/,
    ],
    [
      "OpenAI's stream",
      'text/event-stream',
      'data: {"object":"chat.completion.chunk","choices":[{"delta":{"content":"밤"}}]}\n\ndata: [DONE]\n\n',
      /chat\.completion\(OpenAI\)/,
    ],
    [
      'a web page',
      'text/html; charset=utf-8',
      '<!DOCTYPE html><html><head><style>a{}</style></head><body><h1>회사 로그인</h1></body></html>',
      /^text\/html; charset=utf-8: 회사 로그인$/,
    ],
    ['plain text', 'text/plain', 'no healthy upstream', /^text\/plain: no healthy upstream$/],
    ['nothing', 'application/json', '', /^application\/json, 빈 응답$/],
    ['half of a JSON', 'application/json', '{"id":"msg_1","type":"mess', /^application\/json: \{"id":"msg_1"/],
    ['a list', 'application/json', '[1,2]', /^application\/json: \[1,2\]$/],
    ['another JSON', 'application/json', '{"status":"ok"}', /^application\/json: \{"status":"ok"\}$/],
  ];
  for (const [what, type, body, says] of others) {
    test(`${what} is named by its type and first words`, async (t) => {
      const reply = { headers: type === null ? {} : { 'content-type': type }, body };
      const error = await fail(t, reply, {
        detail: { fault: 'no_message' },
        failure: { kind: 'transient', code: 'no_message' },
      });
      assert.match(error.detail.message, says);
      assert.match(classifyFailure(error).advice ?? '', /ANTHROPIC_BASE_URL/);
    });
  }
});

describe('stop reasons', GUARD, () => {
  for (const reason of [
    'max_tokens',
    'length',
    'content_filter',
    'pause_turn',
    'tool_use',
    'stop',
    'FINISH_REASON_9',
  ]) {
    test(`${reason} is passed on as it is`, async (t) => {
      const { answer } = await ask(t, raw(S, T, sse(delta(reason)), E));
      assert.deepEqual([answer.text, answer.stopReason], [STORY, reason]);
    });
  }
});

describe('usage that cannot be', GUARD, () => {
  test('zeros in every frame of a text are unknown', async (t) => {
    const zero = { input_tokens: 0, output_tokens: 0 };
    const { answer } = await ask(t, raw(sse(startedWith(zero)), T, sse(delta('end_turn', zero)), E));
    assert.deepEqual([answer.text, answer.usage], [STORY, null]);
  });

  test('an input that turns to 0 in the last frame stays what it was', async (t) => {
    const { answer } = await ask(t, raw(S, T, sse(delta('end_turn', { input_tokens: 0, output_tokens: 3000 })), E));
    assert.deepEqual(answer.usage, USAGE);
  });
});
