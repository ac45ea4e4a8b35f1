import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type ClientNotice, createMessagesClient } from '../../../../api/messages-client.js';
import type { ReceivedRequest, Reply } from '../../../../offline/server/reply.js';
import {
  ask,
  callFailure,
  fail,
  GUARD,
  NEVER,
  PROMPT,
  START,
  settings,
  stream,
  WRITTEN,
} from '../../../helpers/calls.js';
import { storyText } from '../../../helpers/fakes.js';
import { endpointFor } from '../../../helpers/processes.js';

const STORY = storyText();
const WRITTEN_STORY: Reply = { content: [{ type: 'text', text: STORY }] };

describe('a model that thinks in silence', { ...GUARD, concurrency: true }, () => {
  // Longer as the idle limit, and many pings per limit.
  const PINGS = { count: 45, everyMs: 70 };
  const IDLE = { idleMs: 2000 };

  test('outlasts the idle limit as long as pings arrive', async (t) => {
    const { answer } = await ask(t, { ...WRITTEN_STORY, pingsFirst: PINGS }, IDLE);
    assert.equal(answer.text, STORY);
  });

  test('outlasts it on comments, which other gateways send for pings', async (t) => {
    const comments = Array.from({ length: PINGS.count }, () => [': PROCESSING\n\n', { waitMs: PINGS.everyMs }]).flat();
    const reply = stream(START, ...WRITTEN);
    const { answer } = await ask(t, { ...reply, body: [...comments, reply.body as string] }, IDLE);
    assert.equal(answer.text, '밤이 왔다.');
  });

  test('is given up at the bound for the first text, which the advice names', async (t) => {
    const { detail } = await fail(
      t,
      { ...WRITTEN_STORY, pingsFirst: { count: 1000, everyMs: 20 } },
      {
        detail: { fault: 'first_text_timeout', message: '0.5초' },
        failure: { kind: 'transient', code: 'first_text_timeout' },
      },
      { idleMs: 5000, firstTextMs: 500 },
    );
    assert.equal(detail.usage, null);
  });
});

describe('thinking that is asked for', { ...GUARD, concurrency: true }, () => {
  const refusals: [what: string, reply: Reply][] = [
    [
      'the API',
      {
        status: 400,
        error: { type: 'invalid_request_error', message: 'adaptive thinking is not supported on this model' },
      },
    ],
    [
      'a gateway that knows two kinds',
      { status: 400, body: '{"error":{"code":400,"message":"`thinking.type` must be `enabled` or `disabled`"}}' },
    ],
    ['a gateway that checks fields', { status: 422, body: '{"detail":"extra fields not permitted: thinking"}' }],
    [
      'an event in a 200',
      stream({
        type: 'error',
        error: { type: 'invalid_request_error', message: 'thinking: Extra inputs are not permitted' },
      }),
    ],
  ];
  for (const [what, refusal] of refusals) {
    test(`and refused by ${what} is left out from then on, and the call goes on`, async (t) => {
      const requests: ReceivedRequest[] = [];
      const endpoint = await endpointFor(t, (request) => {
        requests.push(request);
        return request.body.thinking === undefined ? WRITTEN_STORY : refusal;
      });
      const notices: ClientNotice[] = [];
      const onNotice = (notice: ClientNotice) => notices.push(notice);
      const write = createMessagesClient(settings(endpoint.url, { streamThinking: true, onNotice }));
      assert.equal((await write(PROMPT, NEVER)).text, STORY);
      assert.equal((await write(PROMPT, NEVER)).text, STORY);
      const asked = requests.map(({ body }) => body.thinking !== undefined);
      assert.deepEqual(asked, [true, false, false]);
      assert.deepEqual(
        notices.map(({ event }) => event),
        ['thinking_not_streamed'],
      );
      assert.match(notices[0]?.message ?? '', /thinking/);
    });
  }

  test('and refused for another reason is not tried without', async (t) => {
    for (const reply of [
      { status: 400, error: { type: 'invalid_request_error', message: 'max_tokens: too large' } },
      { status: 401, error: { type: 'authentication_error', message: 'no thinking without a key' } },
      { status: 500, error: { type: 'api_error', message: 'thinking is down' } },
    ]) {
      await fail(t, reply, { detail: { status: reply.status }, failure: {} }, { streamThinking: true });
    }
  });

  test('and not asked for is not left out twice', async (t) => {
    let requests = 0;
    const endpoint = await endpointFor(t, () => {
      requests++;
      return { status: 400, error: { type: 'invalid_request_error', message: 'thinking of something else' } };
    });
    await callFailure(createMessagesClient(settings(endpoint.url))(PROMPT, NEVER));
    assert.equal(requests, 1);
  });
});
