import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { CallError } from '../../../api/failure.js';
import { createMessagesClient } from '../../../api/messages-client.js';
import { type Call, startMockApi } from '../../../chaos/mock-api.js';
import { createApiFaults } from '../../../chaos/rehearsal/api-faults.js';
import type { ApiFault, ApiFaultKind } from '../../../chaos/rehearsal/fault-plan.js';
import type { Prompt } from '../../../prompt/prompt.js';
import { restRequest } from '../../../story/continuation.js';
import { storyText } from '../../helpers/fakes.js';

const PROMPT: Prompt = { system: '소설가', user: '한 편' };

/** A mock API with these faults, and the real client that asks it. */
async function setUp(t: TestContext, faults: readonly Pick<ApiFault, 'kind' | 'times'>[]) {
  let elapsed = 1;
  const ended: Call[] = [];
  const apiFaults = createApiFaults({
    faults: faults.map((fault) => ({ ...fault, at: 0, share: 0.6 })),
    elapsed: () => elapsed,
    compose: () => storyText(),
    charactersPerSecond: 0,
  });
  const api = await startMockApi({
    ...{ plan: apiFaults.plan, axes: [], now: Date.now },
    onChange: (what, call) => {
      if (what !== 'ended') return;
      apiFaults.onEnded(call);
      ended.push(call);
    },
  });
  t.after(() => api.close());
  const author = createMessagesClient({
    ...{ apiKey: 'key', authToken: null, baseUrl: api.url, model: 'm', maxTokens: 16_000, temperature: null },
    ...{ streamThinking: false, idleMs: 3000, totalMs: 30_000, onRateLimits: () => {}, onSdkMessage: () => {} },
    ...{ firstTextMs: null, env: {}, onNotice: () => {} },
  });
  const aborting = new AbortController();
  const ask = (prompt = PROMPT) => author(prompt, { signal: aborting.signal, onProgress: () => {} });
  return {
    api,
    faultsLeft: apiFaults.left,
    ended,
    ask,
    abort: () => aborting.abort(new Error('killed')),
    setElapsed: (ms: number) => {
      elapsed = ms;
    },
    /** What came of one call: a stop reason or the failure's word. */
    outcome: () =>
      ask().then(
        ({ stopReason, text, usage }) =>
          `${stopReason} ${text === '' ? 'empty' : 'text'} ${usage === null ? '?' : '$'}`,
        ({ detail }: CallError) => `${detail.status ?? detail.fault} ${detail.type ?? ''}`.trim(),
      ),
  };
}

test('every kind of answer is what it is called, and stories follow', async (t) => {
  const expected: [ApiFaultKind, string][] = [
    ['rate_limit', '429 rate_limit_error'],
    ['overload', '529 overloaded_error'],
    ['server_error', '503 api_error'],
    ['cut', 'cut'],
    ['stall', 'idle_timeout'],
    ['no_usage', 'end_turn text ?'],
    ['refusal', 'refusal text $'],
    ['empty', 'end_turn empty $'],
    ['meta_talk', 'end_turn text $'],
  ];
  const { outcome, api, faultsLeft } = await setUp(
    t,
    expected.map(([kind]) => ({ kind, times: 1 })),
  );
  for (const [kind, wanted] of expected) assert.equal(await outcome(), wanted, kind);
  assert.equal(await outcome(), 'end_turn text $');
  assert.deepEqual(faultsLeft(), []);
  assert.deepEqual(
    api.calls.map(({ kind }) => kind),
    [...expected.map(([kind]) => kind), 'story'],
  );
});

test('a cut-off text is continued to its end, or to where it stays cut off', async (t) => {
  const { ask, api, faultsLeft } = await setUp(t, [
    { kind: 'cut_off', times: 1 },
    { kind: 'cut_off_for_good', times: 1 },
  ]);
  const first = await ask();
  assert.equal(first.stopReason, 'max_tokens');
  const rest = restRequest(PROMPT, first);
  assert.ok(rest !== null);
  assert.equal((await ask(rest.prompt)).stopReason, 'end_turn');
  assert.equal(faultsLeft().length, 1);

  const second = await ask();
  const more = restRequest(PROMPT, second);
  assert.ok(more !== null);
  const third = await ask(more.prompt);
  assert.equal(third.stopReason, 'max_tokens');
  assert.equal(faultsLeft().length, 1);
  const last = restRequest(PROMPT, { ...third, text: `${more.cut.kept}${more.cut.gap}${third.text}` });
  assert.ok(last !== null);
  assert.equal((await ask(last.prompt)).stopReason, 'max_tokens');
  assert.deepEqual(faultsLeft(), []);
  assert.deepEqual(
    api.calls.map(({ kind, destination }) => `${kind} ${destination}`),
    [
      'cut_off set-aside',
      'story stories',
      ...['cut_off_for_good set-aside', 'cut_off_for_good set-aside', 'cut_off_for_good set-aside'],
    ],
  );
});

test('a fault comes at its time and not before, and once more when a kill cut it short', async (t) => {
  const { outcome, ask, abort, setElapsed, api, faultsLeft, ended } = await setUp(t, [{ kind: 'stall', times: 1 }]);
  setElapsed(-1);
  assert.equal(await outcome(), 'end_turn text $');
  setElapsed(1);
  const stalled = ask();
  const rejected = assert.rejects(stalled);
  while (api.inProgress().length === 0) await new Promise(setImmediate);
  api.markKilled();
  abort();
  await rejected;
  while (ended.length < 2) await new Promise(setImmediate);
  assert.deepEqual(
    ended.map(({ kind, sent, killed }) => [kind, sent, killed]),
    [
      ['story', true, false],
      ['stall', false, true],
    ],
  );
  assert.equal(faultsLeft().length, 1);
});

/** A mock API that can be shut, and a request to it with `fetch`. */
async function apiToShut(t: TestContext, charactersPerSecond: number) {
  const api = await startMockApi({
    plan: () => ({ kind: 'story', whole: '가'.repeat(480), share: 1, charactersPerSecond }),
    ...{ axes: [], now: Date.now, onChange: () => {} },
  });
  t.after(() => api.close());
  const ask = () =>
    fetch(`${api.url}/v1/messages`, { method: 'POST', body: JSON.stringify({ model: 'm', messages: [] }) });
  return { api, ask };
}

test('a mock API that is shut refuses connections, also from one that was kept alive, and opens at the same address', async (t) => {
  const { api, ask } = await apiToShut(t, 0);
  await (await ask()).text();
  await api.shut();
  // The client has to hear that its connection is gone.
  await delay(50);
  await assert.rejects(ask, (error: Error) => /ECONNREFUSED/.test(String((error.cause as Error).message)));
  await api.open();
  assert.equal((await ask()).status, 200);
});

test('an answer that is under way when the mock API is shut comes to its end', async (t) => {
  const { api, ask } = await apiToShut(t, 2400);
  const response = await ask();
  let isShut = false;
  const shutting = api.shut().then(() => {
    isShut = true;
  });
  await delay(50);
  assert.equal(isShut, false);
  assert.match(await response.text(), /message_stop/);
  await shutting;
});
