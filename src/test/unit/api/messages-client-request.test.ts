import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { ask, GUARD, KEY, PROMPT } from '../../helpers/calls.js';
import { storyText } from '../../helpers/fakes.js';
import { endpointFor } from '../../helpers/processes.js';

const STORY = storyText();

describe('the request', GUARD, () => {
  test('carries model, system, user text, max_tokens and stream, and nothing else', async (t) => {
    const { request } = await ask(t, { content: [] }, { maxTokens: 4321, model: 'some-model' });
    assert.deepEqual(request.body as unknown, {
      model: 'some-model',
      max_tokens: 4321,
      system: PROMPT.system,
      messages: [{ role: 'user', content: PROMPT.user }],
      stream: true,
    });
  });

  test('carries a temperature only when one is set, 0 included', async (t) => {
    for (const temperature of [0, 0.9]) {
      const { request } = await ask(t, { content: [] }, { temperature });
      assert.equal((request.body as unknown as Record<string, unknown>).temperature, temperature);
    }
  });

  test('asks for a summary of the thinking only when told to', async (t) => {
    const { request } = await ask(t, { content: [] }, { streamThinking: true });
    assert.deepEqual(request.body.thinking, { type: 'adaptive', display: 'summarized' });
  });

  test('carries the key as a bearer token', async (t) => {
    const { request } = await ask(t, { content: [] });
    assert.equal(request.headers.authorization, `Bearer ${KEY}`);
    assert.match(request.headers['anthropic-version'] as string, /^\d{4}-\d\d-\d\d$/);
  });

  test('carries an auth token where there is no key, and the key where there are both', async (t) => {
    const token = 'token-0a1b2c';
    const { request } = await ask(t, { content: [] }, { apiKey: null, authToken: token });
    assert.equal(request.headers.authorization, `Bearer ${token}`);
    const { request: both } = await ask(t, { content: [] }, { authToken: token });
    assert.equal(both.headers.authorization, `Bearer ${KEY}`);
    assert.ok(!JSON.stringify(both.headers).includes(token));
  });

  test('without key and token it is made all the same, for endpoints that want none', async (t) => {
    const { answer } = await ask(t, { content: [{ type: 'text', text: STORY }] }, { apiKey: null, authToken: null });
    assert.equal(answer.text, STORY);
  });

  test('what the environment says makes no difference', async (t) => {
    const strayed = await endpointFor(t, () => ({ status: 418 }));
    setEnvironment(t, {
      ANTHROPIC_BASE_URL: strayed.url,
      ANTHROPIC_API_KEY: 'key-of-the-environment',
      ANTHROPIC_AUTH_TOKEN: 'token-of-the-environment',
    });
    const printed = (['log', 'debug', 'info', 'warn', 'error'] as const).map((name) =>
      t.mock.method(globalThis.console, name, () => {}),
    );
    const messages: string[] = [];
    for (const ANTHROPIC_LOG of ['debug', 'no-such-level']) {
      setEnvironment(t, { ANTHROPIC_LOG });
      for (const credentials of [{}, { apiKey: null, authToken: KEY }, { apiKey: null, authToken: null }]) {
        const { request } = await ask(
          t,
          { content: [] },
          { ...credentials, onSdkMessage: (text) => messages.push(text) },
        );
        assert.ok(!JSON.stringify(request.headers).includes('of-the-environment'));
      }
    }
    assert.deepEqual(messages, []);
    assert.deepEqual(
      printed.map(({ mock }) => mock.callCount()),
      [0, 0, 0, 0, 0],
    );
  });
});

/** Sets variables of the environment for the time of a test. */
function setEnvironment(t: TestContext, variables: Record<string, string>): void {
  const before = { ...process.env };
  t.after(() => {
    for (const name of Object.keys(variables)) {
      const value = before[name];
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  });
  Object.assign(process.env, variables);
}
