import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { describe, test } from 'node:test';
import { createMessagesClient } from '../../../api/messages-client.js';
import type { Reply } from '../../../offline/server/reply.js';
import {
  ask,
  END,
  GUARD,
  NEVER,
  PROMPT,
  rejection,
  START,
  STOP,
  serve,
  settings,
  sse,
  stream,
  TEXT,
  WRITTEN,
} from '../../helpers/calls.js';
import { storyText } from '../../helpers/fakes.js';
import { endpointFor } from '../../helpers/processes.js';

const STORY = storyText();

describe('a whole answer', { ...GUARD, concurrency: true }, () => {
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

describe('a call that is given up', { ...GUARD, concurrency: true }, () => {
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
