import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createMessagesClient } from '../../../api/messages-client.js';
import { chooseFetch, proxyFor } from '../../../api/transport.js';
import { NO_TOKENS } from '../../../api/usage.js';
import {
  assertFailure,
  callFailure,
  GUARD,
  NEVER,
  openProxy,
  PROMPT,
  rejection,
  serve,
  settings,
} from '../../helpers/calls.js';
import { storyText } from '../../helpers/fakes.js';
import { endpointFor } from '../../helpers/processes.js';

const STORY = storyText();
const VENDOR = 'https://api.anthropic.com';

describe('the proxy of an address', () => {
  const PROXY = 'http://proxy.corp:8080';
  const table: [what: string, url: string, env: NodeJS.ProcessEnv, variable: string | null][] = [
    ['nothing set', VENDOR, {}, null],
    ['HTTPS_PROXY', VENDOR, { HTTPS_PROXY: PROXY }, 'HTTPS_PROXY'],
    ['small letters first', VENDOR, { HTTPS_PROXY: 'http://other', https_proxy: PROXY }, 'https_proxy'],
    ['an empty variable', VENDOR, { https_proxy: '', HTTPS_PROXY: PROXY }, 'HTTPS_PROXY'],
    ['a blank variable', VENDOR, { HTTPS_PROXY: ' ' }, null],
    ['HTTP_PROXY for https', VENDOR, { HTTP_PROXY: PROXY }, null],
    ['HTTP_PROXY for http', 'http://ollama:11434', { HTTP_PROXY: PROXY }, 'HTTP_PROXY'],
    ['HTTPS_PROXY for http', 'http://ollama:11434', { HTTPS_PROXY: PROXY }, null],
    ['this machine', 'http://127.0.0.1:11434', { HTTP_PROXY: PROXY }, null],
    ['this machine by name', 'http://localhost:11434', { HTTP_PROXY: PROXY }, null],
    ['this machine in IPv6', 'http://[::1]:11434', { HTTP_PROXY: PROXY }, null],
    ['NO_PROXY with the host', VENDOR, { HTTPS_PROXY: PROXY, NO_PROXY: 'localhost, api.anthropic.com' }, null],
    ['NO_PROXY with its domain', VENDOR, { HTTPS_PROXY: PROXY, NO_PROXY: '.anthropic.com' }, null],
    ['NO_PROXY with its domain without a dot', VENDOR, { HTTPS_PROXY: PROXY, no_proxy: 'Anthropic.com' }, null],
    ['NO_PROXY with everything', VENDOR, { HTTPS_PROXY: PROXY, NO_PROXY: '*' }, null],
    ['NO_PROXY with a star domain', VENDOR, { HTTPS_PROXY: PROXY, NO_PROXY: '*.anthropic.com' }, null],
    ['NO_PROXY with its port', VENDOR, { HTTPS_PROXY: PROXY, NO_PROXY: 'api.anthropic.com:443' }, null],
    ['NO_PROXY with another port', VENDOR, { HTTPS_PROXY: PROXY, NO_PROXY: 'anthropic.com:8443' }, 'HTTPS_PROXY'],
    ['NO_PROXY with another host', VENDOR, { HTTPS_PROXY: PROXY, NO_PROXY: 'thropic.com,,' }, 'HTTPS_PROXY'],
  ];
  for (const [what, url, env, variable] of table) {
    test(`with ${what} is ${variable === null ? 'none' : `that of ${variable}`}`, () => {
      assert.deepEqual(proxyFor(url, env), variable === null ? null : { url: PROXY, variable });
    });
  }

  test('may be named without a protocol', () => {
    assert.equal(proxyFor(VENDOR, { HTTPS_PROXY: 'proxy.corp:8080' })?.url, 'http://proxy.corp:8080');
  });
});

describe("Node's own fetch", () => {
  const choose = (silenceMs: number, env: NodeJS.ProcessEnv = {}) => chooseFetch({ baseUrl: VENDOR, silenceMs, env });
  test('is used where it is patient enough and no proxy is in the way', () => {
    assert.equal(choose(60_000), null);
    assert.equal(choose(299_999), null);
  });
  test('is replaced where a longer silence is allowed, or a proxy is named', () => {
    assert.notEqual(choose(300_000), null);
    assert.notEqual(choose(60_000, { HTTPS_PROXY: 'http://proxy.corp' }), null);
  });
});

describe('the other fetch', GUARD, () => {
  const PATIENT = { idleMs: 3600_000, totalMs: 7200_000 };

  test('brings a whole answer, and an error with its words', async (t) => {
    const endpoint = await endpointFor(t, (_, index) =>
      index === 0
        ? { content: [{ type: 'text', text: STORY }] }
        : { status: 529, headers: { 'retry-after': '7' }, error: { type: 'overloaded_error', message: 'Overloaded' } },
    );
    const write = createMessagesClient(settings(endpoint.url, PATIENT));
    const answer = await write(PROMPT, NEVER);
    assert.deepEqual([answer.text, answer.requestId], [STORY, 'req_offline_000000']);
    assertFailure(await callFailure(write(PROMPT, NEVER)), {
      detail: { status: 529, type: 'overloaded_error', retryAfterMs: 7000, requestId: 'req_offline_000001' },
      failure: { kind: 'transient' },
    });
  });

  test('can be given up in the middle, and closes its connection', async (t) => {
    const controller = new AbortController();
    const server = await serve(t, (response) => {
      response.write('event: ping\ndata: {}\n\n', () => controller.abort('SIGINT'));
    });
    const write = createMessagesClient(settings(server.url, PATIENT));
    assert.equal(await rejection(write(PROMPT, { ...NEVER, signal: controller.signal })), 'SIGINT');
    await server.closed;
  });

  test('names its cause where nobody listens', async (t) => {
    const endpoint = await endpointFor(t, () => ({}));
    await endpoint.close();
    const error = await callFailure(createMessagesClient(settings(endpoint.url, PATIENT))(PROMPT, NEVER));
    assertFailure(error, { detail: { fault: 'connection', usage: NO_TOKENS }, failure: { code: 'connection' } });
    assert.match(error.message, /ECONNREFUSED/);
  });
});

describe('a proxy of the environment', GUARD, () => {
  // Nobody but the proxy knows where this is.
  const baseUrl = 'http://stories.invalid:8000';

  test('is gone through, with its own name and password', async (t) => {
    const endpoint = await endpointFor(t, () => ({ content: [{ type: 'text', text: STORY }] }));
    const proxy = await openProxy(t, Number(new URL(endpoint.url).port));
    const env = { HTTP_PROXY: `http://user:pass@127.0.0.1:${proxy.port}` };
    const answer = await createMessagesClient(settings(baseUrl, { env }))(PROMPT, NEVER);
    assert.equal(answer.text, STORY);
    const [request] = proxy.requests;
    assert.equal(request?.url, 'stories.invalid:8000');
    assert.equal(request?.headers['proxy-authorization'], `Basic ${Buffer.from('user:pass').toString('base64')}`);
  });

  test('that does not answer is named by its variable, and nothing was paid for', async (t) => {
    const proxy = await openProxy(t, 0);
    await proxy.close();
    const env = { http_proxy: `http://user:pass@127.0.0.1:${proxy.port}` };
    const error = await callFailure(createMessagesClient(settings(baseUrl, { env }))(PROMPT, NEVER));
    assertFailure(error, { detail: { fault: 'connection', usage: NO_TOKENS }, failure: { kind: 'transient' } });
    assert.match(error.message, /ECONNREFUSED.*http_proxy/);
    assert.doesNotMatch(error.message, /pass@/);
  });

  test('that refuses is named with its status', async (t) => {
    const proxy = await openProxy(t, null);
    const env = { HTTP_PROXY: `http://127.0.0.1:${proxy.port}` };
    const error = await callFailure(createMessagesClient(settings(baseUrl, { env }))(PROMPT, NEVER));
    assertFailure(error, { detail: { fault: 'connection', usage: NO_TOKENS }, failure: { kind: 'transient' } });
    assert.match(error.message, /407.*HTTP_PROXY/);
  });

  test('that is no address is named by its variable', async () => {
    const env = { HTTP_PROXY: 'socks5://127.0.0.1:1080' };
    const error = await callFailure(createMessagesClient(settings(baseUrl, { env }))(PROMPT, NEVER));
    assert.match(error.message, /HTTP_PROXY/);
  });
});
