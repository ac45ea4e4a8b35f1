import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { BodyPiece, Reply } from '../../../../offline/server/reply.js';
import { D, E, fail, GUARD, isWhole, raw, S, STORY, sse, T, USAGE, WRITTEN } from '../../../helpers/calls.js';

// Streams that gateways and proxies end too early, byte for byte, through the real client.

describe('a stream without its formal end', { ...GUARD, concurrency: true }, () => {
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
      const { answer } = await isWhole(t, raw(S, T, D, ...pieces), ['no_message_stop'], { idleMs: 1500 });
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

describe('the text of a call that fails', { ...GUARD, concurrency: true }, () => {
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
      const { partial } = await fail(
        t,
        reply,
        { detail: {}, failure: { code } },
        code === 'idle_timeout' ? { idleMs: 700 } : {},
      );
      assert.ok(partial !== null && partial.text.length >= 300 && STORY.startsWith(partial.text));
      assert.equal(partial.stopReason, null);
    });
  }

  test('after too long a call is handed on', async (t) => {
    const reply = { ...written, charactersPerSecond: 300 };
    const { partial } = await fail(t, reply, { detail: {}, failure: { code: 'total_timeout' } }, { totalMs: 2000 });
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
