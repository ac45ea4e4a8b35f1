import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { canStreamThinking, costOf, ModelFileError, readModel } from '../../../api/pricing.js';
import { toUsage } from '../../../api/usage.js';
import { SETTINGS } from '../../../config/settings.js';
import { temporaryFolder } from '../../helpers/fakes.js';
import { ROOT } from '../../helpers/processes.js';

const SHIPPED = join(ROOT, 'config', 'models.json');

test('a cost is the list price of both directions, per million tokens', () => {
  const model = { input: 2, output: 10 };
  assert.equal(costOf(toUsage(1_000_000, 1_000_000), model), 12);
  assert.equal(costOf(toUsage(500, 3000), model), 0.031);
  assert.equal(costOf(toUsage(0, 0), model), 0);
});

test('where the usage or the price is not known, the cost is not known', () => {
  assert.equal(costOf(null, { input: 2, output: 10 }), null);
  assert.equal(costOf(toUsage(1, 1), null), null);
  assert.equal(costOf(null, null), null);
});

test('the models that we ship have prices, the default model among them', () => {
  const { models } = JSON.parse(readFileSync(SHIPPED, 'utf8')) as { models: Record<string, unknown> };
  assert.ok(Object.hasOwn(models, SETTINGS.model.default));
  for (const name of Object.keys(models)) {
    const model = readModel(SHIPPED, name);
    assert.ok(model !== null && model.input > 0 && model.output > model.input, name);
    assert.equal(typeof model.thinks, 'boolean', name);
  }
});

test('a dated name is that of the model', () => {
  const name = SETTINGS.model.default;
  assert.deepEqual(readModel(SHIPPED, `${name}-20261021`), readModel(SHIPPED, name));
  assert.notEqual(readModel(SHIPPED, name), null);
  for (const other of [`${name}-2026`, `x${name}`]) assert.equal(readModel(SHIPPED, other), null);
});

test('the names that clouds, gateways and aliases give a model are that of the model', () => {
  const names = [
    'claude-sonnet-5-5-latest',
    'claude-sonnet-5-5@20260928',
    'claude-sonnet-5-5:beta',
    'anthropic/claude-sonnet-5-5',
    'anthropic/claude-sonnet-5.5',
    'openrouter/anthropic/claude-sonnet-5.5:thinking',
    'anthropic.claude-sonnet-5-5-20260928-v1:0',
    'us.anthropic.claude-sonnet-5-5-v1:0',
    'vertex_ai/claude-sonnet-5-5@20260928',
    'Claude-Sonnet-5-5',
  ];
  for (const name of names) assert.deepEqual(readModel(SHIPPED, name), readModel(SHIPPED, 'claude-sonnet-5-5'), name);
  assert.notEqual(readModel(SHIPPED, 'claude-sonnet-5-5'), null);
});

test('thinking is asked for from models that think unasked, by their entry or else by their name', () => {
  const asked = [
    ...[
      'claude-sonnet-5-5',
      'claude-opus-5-5-20261001',
      'claude-fable-5-1',
      'claude-sonnet-5-7-latest',
      'claude-opus-6',
    ],
    ...['anthropic/claude-sonnet-5.5', 'us.anthropic.claude-opus-5-v1:0', 'claude-mythos-5-1', 'claude-sonnet-latest'],
  ];
  const notAsked = [
    ...['claude-sonnet-4-6', 'claude-opus-4-8', 'claude-sonnet-4-5-20250929', 'claude-3-7-sonnet-latest'],
    ...['claude-haiku-5-5', 'qwen3:8b', 'gpt-5.5', 'offline', 'claude', 'my-claude-sonnet-5-5-finetune'],
  ];
  for (const name of asked) assert.equal(canStreamThinking(name, readModel(SHIPPED, name)), true, name);
  for (const name of notAsked) assert.equal(canStreamThinking(name, readModel(SHIPPED, name)), false, name);
});

test('what a file of models says of thinking has the last word', () => {
  const price = { input: 1, output: 2 };
  assert.equal(canStreamThinking('claude-opus-5-5', { ...price, thinks: false }), false);
  assert.equal(canStreamThinking('my-own', { ...price, thinks: true }), true);
  assert.equal(canStreamThinking('claude-opus-5-5', price), true);
});

test('a file of models with a byte order mark is read', (t) => {
  const path = modelFile(t, '\ufeff{"models":{"m":{"input":1,"output":2}}}');
  assert.deepEqual(readModel(path, 'm'), { input: 1, output: 2 });
});

test('a name that is no model is not known', () => {
  for (const name of ['offline', '', 'toString', 'constructor', '__proto__']) {
    assert.equal(readModel(SHIPPED, name), null, name);
  }
});

function modelFile(t: TestContext, content: string): string {
  const path = join(temporaryFolder(t), 'models.json');
  writeFileSync(path, content);
  return path;
}

for (const [what, content, words] of [
  ['text that is no JSON', '{', /JSON/],
  ['null', 'null', /./],
  ['no models', '{}', /./],
  ['a price that is a text', '{"models":{"m":{"input":"2","output":10,"thinks":true}}}', /m: input/],
  ['a price below 0', '{"models":{"m":{"input":2,"output":-1,"thinks":true}}}', /m: input/],
  ['no price', '{"models":{"m":{"thinks":true}}}', /m: input/],
] as const) {
  test(`a file of models with ${what} is refused by its path`, (t) => {
    const path = modelFile(t, content);
    assert.throws(
      () => readModel(path, 'm'),
      (error) => error instanceof ModelFileError && error.message.includes(path) && words.test(error.message),
    );
  });
}

test('a missing file of models is refused by its path', (t) => {
  const path = join(temporaryFolder(t), 'none.json');
  assert.throws(() => readModel(path, 'm'), { name: 'ModelFileError', message: /none\.json/ });
});
