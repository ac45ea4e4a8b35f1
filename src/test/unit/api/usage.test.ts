import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addUsage, toUsage, UsageMeter } from '../../../api/usage.js';

function totalOf(...reports: unknown[]) {
  const meter = new UsageMeter();
  for (const report of reports) meter.read(report);
  return meter.total(true);
}

const UNKNOWN: [name: string, reports: unknown[]][] = [
  ['nothing reported', []],
  ['undefined', [undefined]],
  ['null', [null]],
  ['a number', [42]],
  ['a text', ['input_tokens: 3']],
  ['no fields', [{}]],
  ['fields of null', [{ input_tokens: null, output_tokens: null }]],
  ['counts as texts', [{ input_tokens: '10', output_tokens: '20' }]],
  ['negative counts', [{ input_tokens: -10, output_tokens: -1 }]],
  ['NaN', [{ input_tokens: Number.NaN, output_tokens: Number.NaN }]],
  ['Infinity', [{ input_tokens: Number.POSITIVE_INFINITY, output_tokens: 20 }]],
  ['fractions', [{ input_tokens: 1.5, output_tokens: 20 }]],
  ['only the input', [{ input_tokens: 10 }]],
  ['only the output', [{ output_tokens: 20 }]],
  ['0 for a text', [{ input_tokens: 0, output_tokens: 0 }]],
  ['0 output for a text', [{ input_tokens: 10, output_tokens: 0 }]],
  ['0 input, for every request has a prompt', [{ input_tokens: 0, output_tokens: 20 }]],
  ['only cached input', [{ cache_read_input_tokens: 10, output_tokens: 20 }]],
];

for (const [name, reports] of UNKNOWN) {
  test(`usage is unknown, and not 0, with ${name}`, () => {
    assert.equal(totalOf(...reports), null);
  });
}

test('the two directions may come in two reports', () => {
  assert.deepEqual(totalOf({ input_tokens: 10 }, { output_tokens: 20 }), {
    input_tokens: 10,
    output_tokens: 20,
    total_tokens: 30,
  });
});

test('0 output is a count where nothing was written', () => {
  const meter = new UsageMeter();
  meter.read({ input_tokens: 1200, output_tokens: 0 });
  assert.deepEqual(meter.total(false), toUsage(1200, 0));
  assert.equal(meter.total(true), null);
});

test('a 0 in a later report does not take a count away, in either direction or of cached input', () => {
  const first = { input_tokens: 1200, cache_creation_input_tokens: 30, cache_read_input_tokens: 400, output_tokens: 1 };
  const zeros = { input_tokens: 0, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 };
  assert.deepEqual(totalOf(first, { ...zeros, output_tokens: 3000 }), toUsage(1630, 3000));
  assert.deepEqual(totalOf(first, { output_tokens: 3000 }, { ...zeros, output_tokens: 0 }), toUsage(1630, 3000));
});

test('later counts replace earlier ones', () => {
  const total = totalOf({ input_tokens: 10, output_tokens: 1 }, { output_tokens: 300 }, { output_tokens: 450 });
  assert.deepEqual(total, { input_tokens: 10, output_tokens: 450, total_tokens: 460 });
});

test('a later report that is odd does not take a count away', () => {
  const total = totalOf({ input_tokens: 10, output_tokens: 1 }, { input_tokens: null, output_tokens: '2' }, null);
  assert.deepEqual(total, { input_tokens: 10, output_tokens: 1, total_tokens: 11 });
});

test('cached input counts as input', () => {
  const total = totalOf({
    input_tokens: 10,
    cache_creation_input_tokens: 100,
    cache_read_input_tokens: 1000,
    output_tokens: 20,
  });
  assert.deepEqual(total, { input_tokens: 1110, output_tokens: 20, total_tokens: 1130 });
});

test('cached input that is reported again is not counted twice', () => {
  const cached = { cache_creation_input_tokens: 100, cache_read_input_tokens: 1000 };
  const total = totalOf({ input_tokens: 10, output_tokens: 1, ...cached }, { output_tokens: 20, ...cached });
  assert.deepEqual(total, { input_tokens: 1110, output_tokens: 20, total_tokens: 1130 });
});

test('a later report that leaves out one kind of cached input does not take it away', () => {
  const total = totalOf(
    { input_tokens: 10, output_tokens: 1, cache_creation_input_tokens: 100 },
    { output_tokens: 20, cache_read_input_tokens: 1000 },
  );
  assert.equal(total?.input_tokens, 1110);
});

test('usages add up in both directions', () => {
  assert.deepEqual(
    addUsage(
      { input_tokens: 1, output_tokens: 2, total_tokens: 3 },
      { input_tokens: 10, output_tokens: 20, total_tokens: 30 },
    ),
    { input_tokens: 11, output_tokens: 22, total_tokens: 33 },
  );
});
