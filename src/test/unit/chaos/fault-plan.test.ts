import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type FaultKind, type FaultPlan, isInTime, planFaults } from '../../../chaos/rehearsal/fault-plan.js';
import { KIND_NAMES } from '../../../chaos/rehearsal/output.js';
import {
  flagsOf,
  MAX_CONTINUATIONS,
  scaleOf,
  settingsOf,
  slownessOf,
  timeOfDay,
} from '../../../chaos/rehearsal/time-scale.js';
import { parseCommandLine } from '../../../cli/args.js';
import { loadConfig } from '../../../config/load.js';
import { temporaryFolder } from '../../helpers/fakes.js';

const SCALE = scaleOf(60);
const SEEDS = Array.from({ length: 200 }, (_, at) => at);

const all = ({ apiFaults, environmentFaults }: FaultPlan) => [...apiFaults, ...environmentFaults];
const kindsOf = (plan: FaultPlan) =>
  all(plan)
    .map(({ kind }) => kind)
    .sort();

test('the same seed plans the same faults, and another seed others', () => {
  for (const weather of ['rough', 'storm'] as const) {
    assert.deepEqual(planFaults(weather, 7, SCALE), planFaults(weather, 7, SCALE));
    const plans = new Set(SEEDS.map((seed) => JSON.stringify(planFaults(weather, seed, SCALE))));
    assert.equal(plans.size, SEEDS.length);
  }
});

test('calm is without faults, rough has every soft kind and one restart, a storm has all there is', () => {
  const every = (Object.keys(KIND_NAMES) as FaultKind[]).sort();
  for (const seed of SEEDS) {
    assert.deepEqual(all(planFaults('calm', seed, SCALE)), []);
    assert.deepEqual(kindsOf(planFaults('storm', seed, SCALE)), every);
    const { apiFaults, environmentFaults } = planFaults('rough', seed, SCALE);
    assert.equal(new Set(apiFaults.map(({ kind }) => kind)).size, 11);
    assert.deepEqual(environmentFaults.map(({ kind }) => kind).sort(), ['restart', 'unreachable']);
  }
});

test('no fault is planned for the first moments, nor up to the deadline, and lanes are in order', () => {
  for (const seed of SEEDS) {
    const plan = planFaults('storm', seed, SCALE);
    for (const { at } of all(plan)) assert.ok(at >= 0.04 * SCALE.dayMs && at <= 0.8 * SCALE.dayMs, `${at}`);
    for (const { at, lastsMs } of plan.environmentFaults) assert.ok(at + lastsMs < 0.9 * SCALE.dayMs);
    for (const lane of ['machine', 'surroundings']) {
      const times = plan.environmentFaults.filter((each) => each.lane === lane).map(({ at }) => at);
      assert.deepEqual(
        times,
        [...times].sort((a, b) => a - b),
      );
    }
    for (const { kind, times, share } of plan.apiFaults) {
      assert.ok(share >= 0.15 && share <= 0.85);
      assert.ok(kind === 'overload' ? times >= 3 && times <= 6 : times >= 1 && times <= 3, `${kind} ${times}`);
    }
  }
});

test('a longer day has the same faults at the same time of day', () => {
  const [short, long] = [planFaults('storm', 3, SCALE), planFaults('storm', 3, scaleOf(120))];
  assert.deepEqual(
    all(short).map(({ kind }) => kind),
    all(long).map(({ kind }) => kind),
  );
  for (const [at, each] of all(short).entries()) {
    assert.ok(Math.abs(2 * each.at - (all(long)[at]?.at ?? 0)) <= 2);
  }
});

test('a day keeps its 47 stories for as long as processes can keep up with it', () => {
  const { dayMs, intervalMs, beatMs, charactersPerSecond } = scaleOf(60);
  assert.equal(Math.round(dayMs / beatMs), 47);
  assert.ok(intervalMs > 0.6 * beatMs);
  const writingMs = (2800 / charactersPerSecond) * 1000;
  assert.ok(intervalMs + writingMs < beatMs);
  const short = scaleOf(16);
  assert.ok(short.intervalMs >= 200 && short.beatMs >= 450);
  // Half an hour and a minute are long beside what a busy machine does by itself.
  assert.ok(short.idleMs >= 1000 && short.totalMs > short.idleMs);
});

test('a busy machine gets a longer day, within bounds', () => {
  assert.equal(slownessOf(500), 1);
  assert.equal(slownessOf(1200), 1.5);
  assert.equal(slownessOf(60_000), 4);
});

test('a fault that would reach beyond the deadline is not begun', () => {
  const fault = { lane: 'machine', kind: 'stop_start', at: 0, lastsMs: 500 } as const;
  assert.equal(isInTime(fault, 5000, 1), true);
  assert.equal(isInTime(fault, 5000, 2), false);
  assert.equal(isInTime({ ...fault, kind: 'kill' }, 5000, 2), true);
  assert.equal(isInTime(fault, -1, 1), false);
});

test('the time of day goes from 00:00 to 24:00', () => {
  assert.equal(timeOfDay(0, SCALE), '00:00');
  assert.equal(timeOfDay(33_750, SCALE), '13:30');
  assert.equal(timeOfDay(61_000, SCALE), '24:00');
});

test("neither the user's .env nor local.json makes another day of it", (t) => {
  const root = temporaryFolder(t);
  mkdirSync(join(root, 'config'));
  writeFileSync(join(root, '.env'), 'MAX_STORIES=3\nMAX_TOKENS_TOTAL=5\nCUSTOM_REQUEST=비\nANTHROPIC_API_KEY=mine\n');
  writeFileSync(join(root, 'config', 'production.json'), '{"completedExitCode": 10}');
  writeFileSync(
    join(root, 'config', 'local.json'),
    '{"durationSeconds": 5, "minStoryCharacters": 9, "maxCostUsd": 1, "cards": "my.json", "request": "비"}',
  );
  const place = { url: 'http://127.0.0.1:1', apiKey: 'sk-ant-x', outputDir: '/tmp/a', logDir: '/tmp/b' };
  const env = { ...settingsOf(SCALE, place), NODE_ENV: 'production' };
  const { config } = loadConfig({ root, env, flags: parseCommandLine(flagsOf()).flags });
  assert.deepEqual([config.cards, config.notifyEvents], [null, 'none']);
  assert.deepEqual(
    [config.maxStories, config.durationSeconds, config.request, config.minStoryCharacters, config.completedExitCode],
    [0, 60, null, 1000, 10],
  );
  assert.equal(config.anthropicApiKey?.reveal(), 'sk-ant-x');
  assert.equal(config.maxContinuations, MAX_CONTINUATIONS);
  assert.ok((config.maxTokensTotal ?? 0) > 1e9 && (config.maxCostUsd ?? 0) > 1e9);
});
