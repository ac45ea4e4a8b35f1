import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toUsage } from '../../../api/usage.js';
import { healthOf } from '../../../observe/health.js';
import { type Checked, toPrometheus } from '../../../observe/prometheus.js';
import { type Activity, type RunInfo, toIso } from '../../../observe/status.js';
import type { Statistics } from '../../../run/statistics.js';
import { MINUTE, NOON, stateWith, statusOf } from '../../helpers/statuses.js';

function checked(
  statistics: Partial<Statistics>,
  activity: Partial<Activity> = {},
  info: Partial<RunInfo> = {},
): Checked {
  const status = statusOf({ doing: 'writing', ...activity }, info, stateWith(statistics, { lastAt: NOON }));
  return { status, health: healthOf(status, NOON, 3) };
}

interface Sample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

/** Reads the text exposition format as strictly as its specification allows. */
function parse(text: string): { samples: Sample[]; types: Map<string, string> } {
  assert.ok(text.endsWith('\n'), 'the last line has to end');
  const types = new Map<string, string>();
  const samples: Sample[] = [];
  let current: string | null = null;
  for (const line of text.slice(0, -1).split('\n')) {
    const help = /^# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) (\S.*)$/.exec(line);
    const type = /^# TYPE (\S+) (gauge|counter)$/.exec(line);
    if (help !== null) {
      assert.ok(!types.has(help[1] ?? ''), `all lines of ${help[1]} have to stand together`);
      current = help[1] ?? null;
    } else if (type !== null) {
      assert.equal(type[1], current);
      types.set(type[1] ?? '', type[2] ?? '');
    } else {
      const [, name = '', labels = '', value = ''] =
        /^([a-zA-Z_:][a-zA-Z0-9_:]*)\{((?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\["\\n])*",?)*)\} (-?[0-9.e+-]+)$/.exec(line) ??
        assert.fail(line);
      assert.equal(name, current);
      assert.ok(types.has(name), `${name} has no type`);
      const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, label, each]) => [label, each] as const);
      samples.push({ name, labels: Object.fromEntries(pairs), value: Number(value) });
    }
  }
  const series = samples.map(({ name, labels }) => `${name}${JSON.stringify(labels)}`);
  assert.equal(new Set(series).size, series.length, 'a series is there once');
  return { samples, types };
}

const sampleOf = (samples: readonly Sample[], name: string, labels: Record<string, string> = {}) =>
  samples.find(
    (each) =>
      each.name === `horror_story_${name}` &&
      Object.entries(labels).every(([label, value]) => each.labels[label] === value),
  )?.value;

const LAST = { title: '가', file: 'a.md', at: toIso(NOON - MINUTE) };

test('a run is told in the format, every metric with its help and type, under one prefix', () => {
  const text = toPrometheus(
    [checked({ stories: 3, attempts: 5, setAside: 1, tokens: toUsage(300, 700), costUsd: 0.25 }, { last_story: LAST })],
    'default',
  );
  const { samples, types } = parse(text);
  assert.ok([...types.keys()].every((name) => name.startsWith('horror_story_')));
  for (const [name, type] of types) assert.equal(name.endsWith('_total'), type === 'counter', name);
  const expected: [name: string, value: number, labels?: Record<string, string>][] = [
    ['workers', 1],
    ['health', 1, { state: 'ok' }],
    ['health', 0, { state: 'stale' }],
    ['stories_total', 3],
    ['attempts_total', 5],
    ['set_aside_total', 1],
    ['tokens_total', 300, { direction: 'input' }],
    ['tokens_total', 700, { direction: 'output' }],
    ['cost_usd_total', 0.25],
    ['failures_in_a_row', 0],
    ['last_story_timestamp_seconds', (NOON - MINUTE) / 1000],
    ['last_record_timestamp_seconds', NOON / 1000],
    ['run_started_timestamp_seconds', (NOON - 90 * MINUTE) / 1000],
  ];
  for (const [name, value, labels] of expected) assert.equal(sampleOf(samples, name, labels), value, name);
});

test('what is not known is left out, and not told as 0', () => {
  const { samples } = parse(toPrometheus([checked({ costUsd: null })], 'default'));
  assert.equal(sampleOf(samples, 'cost_usd_total'), undefined);
  assert.equal(sampleOf(samples, 'last_story_timestamp_seconds'), undefined);
});

test('runs of one name are summed up, names stand side by side, and no label changes with every run', () => {
  const end = { reason: 'killed', message: '', over: false, exit_code: null };
  const { samples } = parse(
    toPrometheus(
      [
        checked({ stories: 3, costUsd: null }, {}, { run_name: 'day', run_id: 'run_1' }),
        checked({ stories: 4, costUsd: 0.5 }, { doing: 'ended', end }, { run_name: 'day', run_id: 'run_2' }),
        checked({ stories: 5 }, {}, { run_name: 'night', run_id: 'run_3' }),
      ],
      'default',
    ),
  );
  const day = { run_name: 'day' };
  assert.deepEqual(
    [
      sampleOf(samples, 'stories_total', day),
      sampleOf(samples, 'workers', day),
      sampleOf(samples, 'cost_usd_total', day),
    ],
    [7, 1, 0.5],
  );
  assert.equal(sampleOf(samples, 'stories_total', { run_name: 'night' }), 5);
  assert.equal(sampleOf(samples, 'health', { ...day, state: 'stale' }), 1);
  const labels = new Set(samples.flatMap((sample) => Object.keys(sample.labels)));
  assert.deepEqual(labels, new Set(['run_name', 'state', 'direction']));
});

test('a name with quotes, backslashes and line ends is escaped', () => {
  const { samples } = parse(toPrometheus([checked({}, {}, { run_name: 'a "b" \\ c\nd' })], 'default'));
  assert.equal(samples[0]?.labels.run_name, 'a \\"b\\" \\\\ c\\nd');
});

test('without any run there is no worker, under the name that was asked for', () => {
  const { samples } = parse(toPrometheus([], 'night'));
  assert.deepEqual(samples, [{ name: 'horror_story_workers', labels: { run_name: 'night' }, value: 0 }]);
});
