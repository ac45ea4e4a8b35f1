import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatCost, formatNumber, formatPercent } from '../../../lib/format-number.js';
import { seededRandom } from '../../../lib/random.js';

const INTL = {
  number: new Intl.NumberFormat('ko-KR', { maximumFractionDigits: 1 }),
  percent: new Intl.NumberFormat('ko-KR', { style: 'percent', maximumFractionDigits: 1 }),
  cost: new Intl.NumberFormat('en-US', { style: 'currency', currency: 'USD', maximumFractionDigits: 4 }),
};

test('numbers are written as Intl writes them, whatever their size', () => {
  const random = seededRandom(7);
  const values = [0, 1, 999, 1000, 999.96, 1_000_000, 0.04, 0.1, 0.0049, 12_345.6, 99_999.99994, 1_234_567_890.12];
  for (let exponent = -5; exponent < 9; exponent++) {
    for (let draw = 0; draw < 50; draw++) values.push(random() * 10 ** exponent, Math.floor(random() * 10 ** exponent));
  }
  for (const value of values) {
    assert.equal(formatNumber(value), INTL.number.format(value));
    assert.equal(formatCost(value), INTL.cost.format(value));
  }
});

test('shares are written as Intl writes percentages', () => {
  const random = seededRandom(8);
  for (const share of [0, 1, 0.2, 0.115, 0.0004, 12, ...Array.from({ length: 500 }, random)]) {
    assert.equal(formatPercent(share), INTL.percent.format(share));
  }
});
