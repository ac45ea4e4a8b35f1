import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { costOf, ModelFileError, readModel } from '../../../api/pricing.js';
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
  for (const other of [`${name}-2026`, `${name}-latest`, `x${name}`]) assert.equal(readModel(SHIPPED, other), null);
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
