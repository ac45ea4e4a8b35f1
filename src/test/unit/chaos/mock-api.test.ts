import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { CallError } from '../../../api/failure.js';
import { createMessagesClient } from '../../../api/messages-client.js';
import { type Call, startWitness } from '../../../chaos/mock-api.js';
import type { AnswerKind, Squall } from '../../../chaos/rehearsal/fault-plan.js';
import type { Prompt } from '../../../prompt/prompt.js';
import { restRequest } from '../../../story/continuation.js';
import { storyText } from '../../helpers/fakes.js';

const PROMPT: Prompt = { system: '소설가', user: '한 편' };

/** A witness whose sky is this, and the real author who asks it. */
async function scene(t: TestContext, squalls: readonly Pick<Squall, 'kind' | 'times'>[]) {
  let elapsed = 1;
  const ended: Call[] = [];
  const witness = await startWitness({
    squalls: squalls.map((squall) => ({ ...squall, lane: 'answers', at: 0, share: 0.6 })),
    elapsed: () => elapsed,
    compose: () => storyText(),
    premiseOf: () => ({}),
    charactersPerSecond: 0,
    now: () => Date.now(),
    onChange: (what, call) => {
      if (what === 'ended') ended.push(call);
    },
  });
  t.after(() => witness.close());
  const author = createMessagesClient({
    ...{ apiKey: 'key', authToken: null, baseUrl: witness.url, model: 'm', maxTokens: 16_000, temperature: null },
    ...{ streamThinking: false, idleMs: 3000, totalMs: 30_000, onRateLimits: () => {}, onSdkMessage: () => {} },
    ...{ firstTextMs: null, env: {}, onNotice: () => {} },
  });
  const aborting = new AbortController();
  const ask = (prompt = PROMPT) => author(prompt, { signal: aborting.signal, onProgress: () => {} });
  return {
    witness,
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

test('every kind of answer is what it is called, and then the sky is clear', async (t) => {
  const expected: [AnswerKind, string][] = [
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
  const { outcome, witness } = await scene(
    t,
    expected.map(([kind]) => ({ kind, times: 1 })),
  );
  for (const [kind, wanted] of expected) assert.equal(await outcome(), wanted, kind);
  assert.equal(await outcome(), 'end_turn text $');
  assert.deepEqual(witness.squallsLeft(), []);
  assert.deepEqual(
    witness.calls.map(({ kind }) => kind),
    [...expected.map(([kind]) => kind), 'story'],
  );
});

test('a cut-off text is gone on with to its end, or to where it stays cut off', async (t) => {
  const { ask, witness } = await scene(t, [
    { kind: 'cut_off', times: 1 },
    { kind: 'cut_off_for_good', times: 1 },
  ]);
  const first = await ask();
  assert.equal(first.stopReason, 'max_tokens');
  const rest = restRequest(PROMPT, first);
  assert.ok(rest !== null);
  assert.equal((await ask(rest.prompt)).stopReason, 'end_turn');
  assert.equal(witness.squallsLeft().length, 1);

  const second = await ask();
  const more = restRequest(PROMPT, second);
  assert.ok(more !== null);
  const third = await ask(more.prompt);
  assert.equal(third.stopReason, 'max_tokens');
  assert.equal(witness.squallsLeft().length, 1);
  const last = restRequest(PROMPT, { ...third, text: `${more.cut.kept}${more.cut.gap}${third.text}` });
  assert.ok(last !== null);
  assert.equal((await ask(last.prompt)).stopReason, 'max_tokens');
  assert.deepEqual(witness.squallsLeft(), []);
  assert.deepEqual(
    witness.calls.map(({ kind, shelf }) => `${kind} ${shelf}`),
    [
      'cut_off set-aside',
      'rest stories',
      ...['cut_off_for_good set-aside', 'cut_off_for_good set-aside', 'cut_off_for_good set-aside'],
    ],
  );
});

test('a squall comes at its time and not before, and once more when a kill cut it short', async (t) => {
  const { outcome, ask, abort, setElapsed, witness, ended } = await scene(t, [{ kind: 'stall', times: 1 }]);
  setElapsed(-1);
  assert.equal(await outcome(), 'end_turn text $');
  setElapsed(1);
  const stalled = ask();
  const rejected = assert.rejects(stalled);
  while (witness.inHand().length === 0) await new Promise(setImmediate);
  witness.markKilled();
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
  assert.equal(witness.squallsLeft().length, 1);
});
