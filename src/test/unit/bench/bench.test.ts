import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type CallFrame, type CpuProfile, selfTimes } from '../../../../scripts/bench/cpu-profile.js';
import { parseCpuMs, parseStatus } from '../../../../scripts/bench/proc-stats.js';
import { interleave } from '../../../../scripts/bench/runner.js';
import { createTexts, TEXT_LENGTH } from '../../../../scripts/bench/sample-texts.js';
import { formatNumber, formatSpread, median, spreadOf } from '../../../../scripts/bench/stats.js';
import { formatTable, type RowInput, toRow } from '../../../../scripts/bench/table.js';
import { readAnswer } from '../../../story/read-answer.js';
import { shinglesOf, similarity } from '../../../story/similarity.js';
import { validateAnswer } from '../../../story/validate-answer.js';

describe('numbers', () => {
  test('the median is the middle one, or the mean of the two in the middle, in whatever order they come', () => {
    assert.equal(median([30, 1, 2]), 2);
    assert.equal(median([4, 1, 3, 2]), 2.5);
    assert.equal(median([7]), 7);
    assert.throws(() => median([]), RangeError);
  });

  test('a spread has the median, both ends and how many there were', () => {
    assert.deepEqual(spreadOf([10, 2, 9]), { median: 9, least: 2, most: 10, count: 3 });
  });

  test('numbers are written with the digits that count', () => {
    assert.deepEqual([0, 0.04123, 5.6789, 12.345, 128.4, 20_345].map(formatNumber), [
      ...['0', '0.0412', '5.68', '12.3', '128', '20,345'],
    ]);
  });

  test('a spread is written with its ends, a single measurement without', () => {
    assert.equal(formatSpread(spreadOf([3, 1, 2])), '2 (1–3)');
    assert.equal(formatSpread(spreadOf([2])), '2');
  });
});

describe('a row', () => {
  const facts = { id: 'x.y', label: '시간', unit: 'ms', ours: [3, 1, 2], baseline: [1, 2, 1.5] };

  test('has the ratio of the medians', () => {
    const { ratio, verdict } = toRow(facts);
    assert.equal(ratio, 2 / 1.5);
    assert.equal(verdict, null);
  });

  const table: [string, Partial<RowInput>, 'PASS' | 'over'][] = [
    ['a ratio', { target: { of: 'ratio', atMost: 1.34 } }, 'PASS'],
    ['a ratio', { target: { of: 'ratio', atMost: 1.33 } }, 'over'],
    ['our median', { target: { of: 'median', atMost: 2 } }, 'PASS'],
    ['our median', { target: { of: 'median', atMost: 1.9 } }, 'over'],
    ['our worst', { target: { of: 'worst', atMost: 2.9 } }, 'over'],
    ['our worst', { target: { of: 'worst', atMost: 3 } }, 'PASS'],
    ['what we take more than the baseline', { target: { of: 'excess', atMost: 0.5 } }, 'PASS'],
    ['what we take more than the baseline', { target: { of: 'excess', atMost: 0.4 } }, 'over'],
    ['what we take more than a baseline of 0', { baseline: [0], target: { of: 'excess', atMost: 2 } }, 'PASS'],
  ];
  for (const [what, more, verdict] of table) {
    test(`is held against a target for ${what}: ${more.target?.atMost} is ${verdict}`, () => {
      assert.equal(toRow({ ...facts, ...more }).verdict, verdict);
    });
  }

  test('cannot be held against a baseline that is not there', () => {
    const { baseline: _, ...alone } = facts;
    assert.throws(() => toRow({ ...alone, target: { of: 'ratio', atMost: 1 } }), /baseline/);
  });

  test('stands in the table with its columns one below the other, Hangul taking two', () => {
    const rows = [
      toRow({ ...facts, target: { of: 'ratio', atMost: 1.25 } }),
      toRow({ id: 'z', label: 'RSS', unit: 'MB', ours: [100] }),
    ];
    assert.equal(
      formatTable(rows),
      [
        '측정  단위  우리     기준       비율  목표         판정\n',
        '시간  ms    2 (1–3)  1.5 (1–2)  1.33  비율 ≤ 1.25  over\n',
        'RSS   MB    100\n',
      ].join(''),
    );
  });
});

test('contenders take turns', async () => {
  const order: string[] = [];
  const results = await interleave(2, {
    a: async () => order.push('a'),
    b: async () => order.push('b'),
  });
  assert.deepEqual(order, ['a', 'b', 'a', 'b']);
  assert.deepEqual(results, { a: [1, 3], b: [2, 4] });
});

describe('/proc', () => {
  const status = 'Name:\tnode\nVmPeak:\t 1054320 kB\nVmHWM:\t   61000 kB\nVmRSS:\t   60128 kB\n';
  const switches = 'voluntary_ctxt_switches:\t17\nnonvoluntary_ctxt_switches:\t4\n';

  test('status: memory in KB, and how often a thread waited', () => {
    assert.equal(parseStatus(status + switches, 'VmHWM'), 61_000);
    assert.equal(parseStatus(status + switches, 'VmRSS'), 60_128);
    assert.equal(parseStatus(status + switches, 'voluntary_ctxt_switches'), 17);
    assert.throws(() => parseStatus(status, 'voluntary_ctxt_switches'), /voluntary/);
  });

  test('stat: user and system time in milliseconds, whatever the name of the process', () => {
    const stat = '42 (a (b) c) S 1 42 42 0 -1 4194304 900 0 0 0 137 21 0 0 20 0 11 0 5000 1000000 15000 184';
    assert.equal(parseCpuMs(stat), 1580);
    assert.throws(() => parseCpuMs('42 (node) S 1'), /processor time/);
  });
});

test('a profile: self times by module, most first, without idle time', () => {
  const frame = (id: number, functionName: string, url: string) => ({
    id,
    callFrame: { functionName, url, lineNumber: id, columnNumber: 0 },
  });
  const profile: CpuProfile = {
    nodes: [
      frame(1, 'work', 'file:///a/project/dist/worker.js'),
      frame(2, 'wait', 'file:///a/project/dist/worker.js'),
      frame(3, '(idle)', ''),
      frame(4, 'rename', ''),
      frame(5, 'stringify', 'file:///a/project/node_modules/yaml/dist/public-api.js'),
      frame(6, 'emit', 'node:events'),
    ],
    samples: [1, 2, 3, 4, 5, 6, 1],
    timeDeltas: [1000, 500, 90_000, 3000, 250, 250, 5000],
  };
  assert.deepEqual(selfTimes(profile), [
    { module: 'dist/worker.js', ms: 6.5, share: 0.65 },
    { module: 'rename', ms: 3, share: 0.3 },
    { module: 'yaml/dist/public-api.js', ms: 0.25, share: 0.025 },
    { module: 'node:events', ms: 0.25, share: 0.025 },
  ]);
  const sourceOf = ({ url, lineNumber }: CallFrame) => (lineNumber < 3 ? `../src/worker-${lineNumber}.ts` : url);
  assert.deepEqual(
    selfTimes(profile, sourceOf).map(({ module }) => module),
    ['src/worker-1.ts', 'rename', 'src/worker-2.ts', 'yaml/dist/public-api.js', 'node:events'],
  );
});

describe('the texts of the endpoint', () => {
  const textAt = createTexts();
  const answer = { stopReason: 'end_turn', refusalCategory: null, usage: null, model: null, requestId: null } as const;

  test('are whole stories of one length, the same for the same number', () => {
    for (const index of [0, 1, 7, 12_345]) {
      const text = textAt(index);
      assert.equal(text.length, TEXT_LENGTH);
      assert.equal(validateAnswer(answer, readAnswer(text), { minCharacters: 1000 }).failure, null);
      assert.equal(text, createTexts()(index));
    }
  });

  test('are as unlike as stories are', () => {
    const [first, ...others] = [0, 1, 2, 3, 4].map((index) => shinglesOf(textAt(index)));
    for (const other of others) assert.ok(first !== undefined && similarity(first, other) < 0.1);
  });
});
