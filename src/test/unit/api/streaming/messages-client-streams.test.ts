import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { classifyFailure } from '../../../../api/failure.js';
import { type ClientNotice, createMessagesClient } from '../../../../api/messages-client.js';
import type { Usage } from '../../../../api/usage.js';
import type { Reply } from '../../../../offline/server/reply.js';
import {
  ask,
  callFailure,
  END,
  type Expected,
  fail,
  fails,
  GUARD,
  NEVER,
  PROMPT,
  START,
  STOP,
  serve,
  settings,
  sse,
  startedWith,
  stream,
  TEXT,
  WRITTEN,
} from '../../../helpers/calls.js';
import { storyText } from '../../../helpers/fakes.js';

const STORY = storyText();

const tokens = (input: number, output: number): Usage => ({
  input_tokens: input,
  output_tokens: output,
  total_tokens: input + output,
});

describe('usage', GUARD, () => {
  const table: [what: string, reported: unknown, usage: Usage | null][] = [
    ['counts', { input_tokens: 12, output_tokens: 34 }, tokens(12, 34)],
    ['zero for a text', { input_tokens: 0, output_tokens: 0 }, null],
    ['zero output for a text', { input_tokens: 1200, output_tokens: 0 }, null],
    ['zero input', { input_tokens: 0, output_tokens: 34 }, null],
    [
      'zero input beside cached input',
      { input_tokens: 0, cache_read_input_tokens: 400, output_tokens: 5 },
      tokens(400, 5),
    ],
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

  test('junk as the last thing is a cut, and is told with its words', async (t) => {
    const notices: ClientNotice[] = [];
    const { detail } = await fail(
      t,
      { headers: events, body: `${sse(startedWith(usage), ...TEXT)}event: content_block_delta\ndata: {"type":\n\n` },
      cut,
      { onNotice: (notice) => notices.push(notice) },
    );
    assert.deepEqual(
      notices.map(({ event }) => event),
      ['frame_skipped'],
    );
    assert.match(detail.message, /\{"type":/);
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
