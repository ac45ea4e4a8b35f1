import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { classifyFailure, type FailureKind } from '../../../../api/failure.js';
import { NO_TOKENS, toUsage } from '../../../../api/usage.js';
import {
  D,
  delta,
  E,
  fail,
  GUARD,
  HALF,
  isWhole,
  raw,
  S,
  STORY,
  sse,
  startedWith,
  T,
  TEXT,
  textBlock,
  USAGE,
} from '../../../helpers/calls.js';

// Events as gateways and proxies send them, byte for byte, through the real client.

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
      'an error glued to a frame that broke off',
      'event: content_block_delta\ndata: {"type":"content_bldata: {"error":{"message":"upstream quota","code":"429"}}\n\n',
      'upstream quota',
      'transient',
      'stream_event',
    ],
    [
      'an error in the frame that broke off',
      'event: content_block_delta\ndata: {"type":"content_bl\ndata: {"error":{"message":"upstream quota"}}\n\n',
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
      'an error in the place of a message',
      'event: error\ndata: {"type":"error","message":{"type":"api_error","message":"{\\"message\\":\\"quota\\",\\"code\\":\\"429\\"}"}}\n\n',
      'quota',
      'transient',
      'api_error',
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
