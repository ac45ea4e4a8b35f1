import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { classifyFailure } from '../../../../api/failure.js';
import {
  ask,
  D,
  delta,
  E,
  END,
  type Event,
  fail,
  GUARD,
  HALF,
  isWhole,
  raw,
  S,
  STOP,
  STORY,
  sse,
  startedWith,
  T,
  TEXT,
  USAGE,
} from '../../../helpers/calls.js';

// Damaged frames, bytes and whole bodies as gateways and proxies send them, through the real client.

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

  test('is told once per call', async (t) => {
    const { notices } = await isWhole(t, raw(S, ...Array(9).fill(broken(D)), T, D, E), ['broken_frame']);
    assert.equal(notices.length, 1);
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
    const bytes = Buffer.from(S + sse(...TEXT, END, STOP));
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
