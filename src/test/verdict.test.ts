import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Answer } from '../author.js';
import { judge } from '../verdict.js';
import { storyText } from './fakes.js';

function verdictOn(answer: Partial<Answer>, minCharacters = 1000) {
  return judge(
    {
      text: storyText(),
      stopReason: 'end_turn',
      refusalCategory: null,
      usage: null,
      model: null,
      requestId: null,
      slowUntil: null,
      ...answer,
    },
    minCharacters,
  );
}

test('a whole text that is long enough is a story', () => {
  assert.equal(verdictOn({}), null);
  assert.equal(verdictOn({ stopReason: 'stop_sequence' }), null);
});

test('an endpoint that gives no stop reason can still write a story', () => {
  assert.equal(verdictOn({ stopReason: null }), null);
});

const TABLE: [name: string, answer: Partial<Answer>, kind: string, code: string, words: RegExp][] = [
  ['a refusal', { stopReason: 'refusal', text: '' }, 'unusable', 'refusal:unnamed', /거절/],
  ['a refusal with a category', { stopReason: 'refusal', refusalCategory: 'bio' }, 'unusable', 'refusal:bio', /bio/],
  ['a text cut at max_tokens', { stopReason: 'max_tokens' }, 'incomplete', 'max_tokens', /잘렸습니다/],
  [
    'a text cut at the context window',
    { stopReason: 'model_context_window_exceeded' },
    'incomplete',
    'model_context_window_exceeded',
    /잘렸습니다/,
  ],
  [
    'a model that thought until its tokens were gone',
    { stopReason: 'max_tokens', text: '' },
    'incomplete',
    'max_tokens',
    /0자/,
  ],
  ['no text', { text: '' }, 'unusable', 'empty', /글이 없습니다/],
  ['nothing but space', { text: ' \n\n\t ' }, 'unusable', 'empty', /글이 없습니다/],
  ['a text far too short', { text: '# 제목\n\n짧다.' }, 'unusable', 'too_short', /9자, 최소 1,000자/],
];

for (const [name, answer, kind, code, words] of TABLE) {
  test(`${name} is ${kind}`, () => {
    const failure = verdictOn(answer);
    assert.equal(failure?.kind, kind);
    assert.equal(failure?.code, code);
    assert.match(failure?.reason ?? '', words);
    assert.equal(failure?.retryAfterMs, null);
  });
}

test('a cut text says which setting to raise', () => {
  assert.match(verdictOn({ stopReason: 'max_tokens' })?.advice ?? '', /MAX_TOKENS/);
});

test('the shortest story is counted in code points, without the space around it', () => {
  assert.equal(verdictOn({ text: `\n${'👻'.repeat(1000)}\n` }), null);
  assert.equal(verdictOn({ text: `${'👻'.repeat(999)}\n\n` })?.code, 'too_short');
});

test('with no least length every text counts, and no text still does not', () => {
  assert.equal(verdictOn({ text: '끝.' }, 0), null);
  assert.equal(verdictOn({ text: '' }, 0)?.code, 'empty');
});
