import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { costOf, readModels } from '../models.js';
import { SETTINGS } from '../settings.js';
import { toUsage } from '../usage.js';
import { ROOT } from './processes.js';

const SHIPPED = readModels(join(ROOT, 'config', 'models.json'));

test('a cost is the list price of both directions, per million tokens', () => {
  const model = { input: 2, output: 10, thinks: true };
  assert.equal(costOf(toUsage(1_000_000, 1_000_000), model), 12);
  assert.equal(costOf(toUsage(500, 3000), model), 0.031);
  assert.equal(costOf(toUsage(0, 0), model), 0);
});

test('where the usage or the price is not known, the cost is not known', () => {
  assert.equal(costOf(null, { input: 2, output: 10, thinks: true }), null);
  assert.equal(costOf(toUsage(1, 1), null), null);
  assert.equal(costOf(null, null), null);
});

test('the models that we ship have prices, the default model among them', () => {
  assert.ok(SHIPPED.has(SETTINGS.model.default));
  for (const [name, { input, output, thinks }] of SHIPPED) {
    assert.ok(input > 0 && output > input, name);
    assert.equal(typeof thinks, 'boolean', name);
  }
});

test('a name that is no model has no price', () => {
  for (const name of ['offline', 'toString', 'constructor']) assert.equal(SHIPPED.get(name), undefined);
});
