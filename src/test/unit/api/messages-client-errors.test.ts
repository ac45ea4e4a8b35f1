import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createMessagesClient } from '../../../api/messages-client.js';
import { NO_TOKENS } from '../../../api/usage.js';
import type { Reply } from '../../../offline/server/reply.js';
import {
  assertFailure,
  callFailure,
  type Expected,
  fail,
  fails,
  GUARD,
  NEVER,
  PROMPT,
  START,
  serve,
  settings,
  sse,
  TEXT,
} from '../../helpers/calls.js';
import { storyText } from '../../helpers/fakes.js';
import { endpointFor } from '../../helpers/processes.js';

const STORY = storyText();

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
      '400 of an output filter, behind which tokens were written',
      {
        status: 400,
        error: { type: 'invalid_request_error', message: 'Output blocked by content filtering policy' },
      },
      { detail: { status: 400, usage: null }, failure: { kind: 'unusable', code: 'refusal:output_filter' } },
    ],
    [
      '403 of a moderation, behind which none were',
      {
        status: 403,
        body: '{"error":{"code":403,"message":"Input refused","metadata":{"reasons":["violence"],"flagged_input":"밤"}}}',
      },
      {
        detail: { status: 403, code: null, isFlagged: true, message: 'Input refused', usage: NO_TOKENS },
        failure: { kind: 'unusable', code: 'refusal:moderation' },
      },
    ],
    [
      "403 with a guard's page",
      {
        status: 403,
        headers: { 'content-type': 'text/html; charset=UTF-8' },
        body: '<!DOCTYPE html><html><head><title>Just a moment...</title><script>x()</script></head></html>',
      },
      {
        detail: { status: 403, isPage: true, message: 'text/html; charset=UTF-8: Just a moment...' },
        failure: { kind: 'transient', code: 'http_403' },
      },
    ],
    [
      '404 of a balancer without a server',
      { status: 404, headers: { 'content-type': 'text/plain' }, body: 'no healthy upstream' },
      { detail: { status: 404, isPage: true }, failure: { kind: 'transient', code: 'http_404' } },
    ],
    [
      '404 of a server that knows no such path',
      { status: 404, headers: { 'content-type': 'text/plain' }, body: '404 page not found' },
      { detail: { status: 404 }, failure: { kind: 'fatal', code: 'http_404', mayPass: true } },
    ],
    [
      '429 of an account without money',
      {
        status: 429,
        body: '{"type":"error","error":{"type":"rate_limit_error","code":"1113","message":"[1113][Please recharge.]"}}',
      },
      { detail: { status: 429, code: '1113' }, failure: { kind: 'blocked', code: '1113' } },
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

  test('the end of a limit comes at the distance that the API sees', async (t) => {
    const DAY = 86_400_000;
    const { detail } = await fail(
      t,
      {
        status: 400,
        headers: { date: 'Mon, 23 Nov 2099 00:00:00 GMT' },
        error: {
          type: 'invalid_request_error',
          message:
            'You have reached your specified API usage limits. You will regain access on 2099-12-01 at 00:00 UTC.',
        },
      },
      { detail: {}, failure: { kind: 'blocked' } },
    );
    const away = (detail.resetsAt ?? 0) - Date.now();
    assert.ok(away > 7.99 * DAY && away <= 8 * DAY, `${away / DAY} days`);
  });

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
