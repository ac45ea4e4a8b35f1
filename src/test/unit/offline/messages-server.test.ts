import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import type { Message, RawMessageStreamEvent } from '@anthropic-ai/sdk/resources/messages';
import type { ReceivedRequest, Reply, Responder } from '../../../offline/server/reply.js';
import { storyText } from '../../helpers/fakes.js';
import { endpointFor } from '../../helpers/processes.js';

const STORY = storyText();
const REQUEST = {
  model: 'claude-sonnet-5-5',
  max_tokens: 16_000,
  system: '당신은 소설가다.',
  messages: [{ role: 'user' as const, content: '호러 단편 한 편을 써 주세요.' }],
};

const GUARD = { timeout: 45_000 };

describe("what the SDK's own accumulator makes of it", GUARD, () => {
  test('a text is a valid message', async (t) => {
    const message = await accumulate(t, { content: [{ type: 'text', text: STORY }] });
    assert.match(message.id, /^msg_/);
    assert.deepEqual(
      [message.type, message.role, message.model, message.stop_reason, message.stop_sequence],
      ['message', 'assistant', REQUEST.model, 'end_turn', null],
    );
    assert.deepEqual(message.content, [{ type: 'text', text: STORY, citations: null }]);
    assert.ok(message.usage.input_tokens > 0);
    assert.ok(message.usage.output_tokens > STORY.length / 2);
  });

  test('thinking and several texts are blocks in their order', async (t) => {
    const message = await accumulate(t, {
      content: [
        { type: 'thinking', thinking: '무엇을 쓸까. '.repeat(9) },
        { type: 'text', text: STORY },
        { type: 'text', text: '끝' },
      ],
    });
    const blocks = message.content.map((block) => (block.type === 'thinking' ? block.thinking : textOf(block)));
    assert.deepEqual(blocks, ['무엇을 쓸까. '.repeat(9), STORY, '끝']);
    assert.deepEqual(
      message.content.map(({ type }) => type),
      ['thinking', 'text', 'text'],
    );
  });

  test('no blocks, and an empty text, are valid messages', async (t) => {
    assert.deepEqual((await accumulate(t, {})).content, []);
    const { content } = await accumulate(t, { content: [{ type: 'text', text: '' }] });
    assert.deepEqual(content.map(textOf), ['']);
  });

  test('a refusal carries its details', async (t) => {
    const message = await accumulate(t, {
      stopReason: 'refusal',
      stopDetails: { type: 'refusal', category: 'bio', explanation: '위험' },
    });
    assert.equal(message.stop_reason, 'refusal');
    assert.equal(message.stop_details?.category, 'bio');
  });

  test('a usage of its own arrives as it is', async (t) => {
    const { usage } = await accumulate(t, { usage: { input_tokens: 12, output_tokens: 34 } });
    assert.deepEqual([usage.input_tokens, usage.output_tokens], [12, 34]);
  });

  test('an error event is an error of its type', async (t) => {
    const { client } = await open(t, () => ({
      content: [{ type: 'text', text: STORY }],
      fault: { afterCharacters: 100, kind: 'error', error: { type: 'overloaded_error', message: '바쁨' } },
    }));
    await assert.rejects(client.messages.stream(REQUEST).finalMessage(), { type: 'overloaded_error' });
  });
});

describe('requests', GUARD, () => {
  test('are counted from 0, and handed to the responder with body and headers', async (t) => {
    const seen: [ReceivedRequest, number][] = [];
    const { client } = await open(t, (request, index) => {
      seen.push([request, index]);
      return { content: [{ type: 'text', text: `${index}번째` }] };
    });
    const texts: string[] = [];
    for (let n = 0; n < 3; n++) texts.push(await client.messages.stream(REQUEST).finalText());
    assert.deepEqual(texts, ['0번째', '1번째', '2번째']);
    assert.deepEqual(
      seen.map(([, index]) => index),
      [0, 1, 2],
    );
    const [request] = seen[0] ?? [];
    assert.deepEqual(request?.body as unknown, { ...REQUEST, stream: true });
    assert.equal(request?.headers.authorization, 'Bearer test');
  });

  test("at the same time do not get in each other's way", async (t) => {
    const { client } = await open(t, async (_, index) => ({
      content: [{ type: 'text', text: `${index}번째 ${STORY}` }],
      charactersPerSecond: 20_000,
    }));
    const texts = await Promise.all(Array.from({ length: 5 }, () => client.messages.stream(REQUEST).finalText()));
    assert.deepEqual(
      texts.toSorted(),
      [0, 1, 2, 3, 4].map((index) => `${index}번째 ${STORY}`),
    );
  });

  test('to other paths, or with other methods, are answered 404 and never reach the responder', async (t) => {
    let calls = 0;
    const { url } = await open(t, () => {
      calls++;
      return {};
    });
    const strays = [
      fetch(`${url}/v1/messages`),
      fetch(`${url}/v1/v1/messages`, { method: 'POST', body: '{}' }),
      fetch(`${url}/v1/messages/count_tokens`, { method: 'POST', body: '{}' }),
      fetch(url),
    ];
    for (const response of await Promise.all(strays)) {
      assert.equal(response.status, 404);
      const { error } = (await response.json()) as { error: { type: string; message: string } };
      assert.equal(error.type, 'not_found_error');
      assert.match(error.message, /no such path/);
    }
    assert.equal(calls, 0);
  });

  test('with a query are the same requests', async (t) => {
    const { url } = await open(t, () => ({ content: [{ type: 'text', text: STORY }] }));
    const response = await fetch(`${url}/v1/messages?beta=true`, { method: 'POST', body: JSON.stringify(REQUEST) });
    assert.equal(response.status, 200);
    await response.text();
  });

  test('that the responder fails at, at once or later, are answered 500 with its message', async (t) => {
    const failures: Responder[] = [
      () => {
        throw new Error('대본이 끝났습니다');
      },
      async () => {
        throw new Error('대본이 끝났습니다');
      },
    ];
    const { url } = await open(t, (request, index) => failures[index % 2]?.(request, index) ?? {});
    for (let n = 0; n < 2; n++) {
      const response = await post(url);
      assert.equal(response.status, 500);
      assert.match(await response.text(), /"api_error".*대본이 끝났습니다/);
    }
  });

  test('that are no JSON are answered 500, and the next is served', async (t) => {
    const { url, client } = await open(t, () => ({ content: [{ type: 'text', text: STORY }] }));
    const response = await fetch(`${url}/v1/messages`, { method: 'POST', body: '{"model"' });
    assert.equal(response.status, 500);
    assert.match(await response.text(), /SyntaxError/);
    assert.equal(await client.messages.stream(REQUEST).finalText(), STORY);
  });
});

describe('replies', GUARD, () => {
  test('are server-sent events: every event is named as its data says', async (t) => {
    const { url } = await open(t, () => ({ content: [{ type: 'text', text: '밤'.repeat(30) }] }));
    const response = await post(url);
    assert.match(response.headers.get('content-type') ?? '', /^text\/event-stream/);
    assert.equal(response.headers.get('request-id'), 'req_offline_000000');
    const events = parse(await response.text());
    for (const { name, data } of events) assert.equal(data.type, name);
    assert.deepEqual(
      events.map(({ name }) => name),
      [
        'message_start',
        'content_block_start',
        'content_block_delta',
        'content_block_delta',
        'content_block_stop',
        'message_delta',
        'message_stop',
      ],
    );
  });

  test('never split a surrogate pair, wherever it stands', async (t) => {
    for (let before = 0; before < 6; before++) {
      const text = 'a'.repeat(before) + '👻🕯️밤'.repeat(40);
      const { url } = await open(t, () => ({ content: [{ type: 'text', text }] }));
      const deltas = textDeltas(await (await post(url)).text());
      assert.ok(deltas.length > 1);
      for (const delta of deltas) assert.ok(delta.isWellFormed(), JSON.stringify(delta));
      assert.equal(deltas.join(''), text);
    }
  });

  test('come at their pace: what is not yet due is not yet sent', async (t) => {
    const { url } = await open(t, () => ({
      content: [{ type: 'text', text: '밤'.repeat(240) }],
      charactersPerSecond: 0.1,
    }));
    const received = await readUntil(await post(url), /text_delta/);
    assert.deepEqual(textDeltas(received), ['밤'.repeat(24)]);
  });

  test('without a pace come at once', async (t) => {
    const { url } = await open(t, () => ({ content: [{ type: 'text', text: '밤'.repeat(50_000) }] }));
    assert.equal(textDeltas(await (await post(url)).text()).join('').length, 50_000);
  });

  test('with a delay keep their headers back, and hold up no other', async (t) => {
    let arrived = () => {};
    const waiting = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const { url, close } = await open(t, (_, index) => {
      arrived();
      return index === 0 ? { delayMs: 3_600_000 } : {};
    });
    let answered = false;
    const first = post(url).then(
      () => {
        answered = true;
      },
      () => {},
    );
    await waiting;
    assert.equal((await post(url)).status, 200);
    assert.equal(answered, false);
    await close();
    await first;
  });

  test('with another status carry their error, details and headers', async (t) => {
    const error = { type: 'rate_limit_error', message: '천천히', details: { error_code: 'slow' } };
    const { url } = await open(t, () => ({
      status: 429,
      headers: { 'retry-after': '7', 'request-id': 'req_1' },
      error,
    }));
    const response = await post(url);
    assert.equal(response.status, 429);
    assert.deepEqual([response.headers.get('retry-after'), response.headers.get('request-id')], ['7', 'req_1']);
    assert.deepEqual(await response.json(), { type: 'error', error });
  });

  test('with a body of their own are sent as they are', async (t) => {
    const { url } = await open(t, () => ({ headers: { 'content-type': 'text/html' }, body: '<p>밤' }));
    const response = await post(url);
    assert.deepEqual([response.status, response.headers.get('content-type')], [200, 'text/html']);
    assert.equal(await response.text(), '<p>밤');
  });

  test('with usage "absent" have no such field, and with null have null', async (t) => {
    for (const [usage, expected] of [
      ['absent', []],
      [null, [null, null]],
    ] as const) {
      const { url } = await open(t, () => ({ usage }));
      const found: unknown[] = [];
      JSON.stringify(parse(await (await post(url)).text()), (key, value) => {
        if (key === 'usage') found.push(value);
        return value as unknown;
      });
      assert.deepEqual(found, expected);
    }
  });
});

describe('faults', GUARD, () => {
  const content: Reply['content'] = [{ type: 'text', text: '밤'.repeat(240) }];

  test('happen once the text has come so far', async (t) => {
    for (const [afterCharacters, pieces] of [
      [0, 0],
      [1, 1],
      [24, 1],
      [25, 2],
    ] as const) {
      const { url } = await open(t, () => ({ content, fault: { kind: 'end', afterCharacters } }));
      const body = await (await post(url)).text();
      assert.equal(textDeltas(body).length, pieces, `after ${afterCharacters}`);
      assert.ok(!body.includes('message_stop'));
    }
  });

  test('beyond the text happen after message_stop', async (t) => {
    const { url } = await open(t, () => ({ content, fault: { kind: 'error', afterCharacters: 1e9 } }));
    assert.deepEqual(
      parse(await (await post(url)).text())
        .slice(-2)
        .map(({ name }) => name),
      ['message_stop', 'error'],
    );
  });

  test('cut: what was sent arrives, then the connection breaks', async (t) => {
    const { url } = await open(t, () => ({ content, fault: { kind: 'cut', afterCharacters: 48 } }));
    const response = await post(url);
    let received = '';
    await assert.rejects(async () => {
      for await (const chunk of decoded(response)) received += chunk;
    }, /terminated/);
    assert.equal(textDeltas(received).length, 2);
  });

  test('ping: nothing but pings follows', async (t) => {
    const { url } = await open(t, () => ({ content, fault: { kind: 'ping', afterCharacters: 24 } }));
    const names = parse(await readUntil(await post(url), /(event: ping\ndata: .*\n\n){3}$/)).map(({ name }) => name);
    assert.deepEqual(names.slice(0, 5), [
      'message_start',
      'content_block_start',
      'content_block_delta',
      'ping',
      'ping',
    ]);
    assert.ok(names.slice(3).every((name) => name === 'ping'));
  });
});

describe('close', GUARD, () => {
  test('ends open connections, streaming, stalled or waiting, and takes no more', async (t) => {
    const content: Reply['content'] = [{ type: 'text', text: '밤'.repeat(240) }];
    const replies: Reply[] = [
      { content, charactersPerSecond: 1 },
      { content, fault: { kind: 'stall', afterCharacters: 24 } },
      { content, fault: { kind: 'ping', afterCharacters: 24 } },
    ];
    let arrived = () => {};
    const waiting = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const { url, close } = await open(t, (_, index) => {
      const reply = replies[index];
      if (reply !== undefined) return reply;
      arrived();
      return new Promise(() => {});
    });
    const bodies: Promise<unknown>[] = [];
    for (const _ of replies) bodies.push(assert.rejects((await post(url)).text()));
    const headers = assert.rejects(post(url));
    await waiting;
    await close();
    await Promise.all([...bodies, headers]);
    await assert.rejects(post(url));
  });

  test('may be called again', async (t) => {
    const { close } = await open(t, () => ({}));
    await close();
    await close();
  });
});

interface Opened {
  url: string;
  close(): Promise<void>;
  client: Anthropic;
}

async function open(t: TestContext, respond: Responder): Promise<Opened> {
  const { url, close } = await endpointFor(t, respond);
  const client = new Anthropic({ apiKey: 'test', authToken: null, baseURL: url, maxRetries: 0 });
  return { url, close, client };
}

async function accumulate(t: TestContext, reply: Reply): Promise<Message> {
  const { client } = await open(t, () => reply);
  return client.messages.stream(REQUEST).finalMessage();
}

function textOf(block: Message['content'][number]): string {
  assert.equal(block.type, 'text');
  return block.type === 'text' ? block.text : '';
}

function post(url: string): Promise<Response> {
  return fetch(`${url}/v1/messages`, { method: 'POST', body: JSON.stringify({ ...REQUEST, stream: true }) });
}

function parse(body: string): { name: string; data: RawMessageStreamEvent }[] {
  return body
    .split('\n\n')
    .filter((block) => block !== '')
    .map((block) => {
      const [, name, data] = /^event: (\w+)\ndata: (.*)$/.exec(block) ?? [];
      assert.ok(name !== undefined && data !== undefined, block);
      return { name, data: JSON.parse(data) as RawMessageStreamEvent };
    });
}

function textDeltas(body: string): string[] {
  return parse(body).flatMap(({ data }) =>
    data.type === 'content_block_delta' && data.delta.type === 'text_delta' ? [data.delta.text] : [],
  );
}

async function* decoded(response: Response): AsyncGenerator<string> {
  assert.ok(response.body !== null);
  const decoder = new TextDecoder();
  for await (const chunk of response.body) yield decoder.decode(chunk as Uint8Array, { stream: true });
}

/** What arrives until it matches; the rest is not read. */
async function readUntil(response: Response, pattern: RegExp): Promise<string> {
  let received = '';
  for await (const chunk of decoded(response)) {
    received += chunk;
    if (pattern.test(received) && received.endsWith('\n\n')) break;
  }
  return received;
}
