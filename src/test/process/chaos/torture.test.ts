import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { type KillTestOptions, runKillTest, summarize } from '../../../chaos/kill-test/kill-test.js';
import { sabotagedProject } from '../../helpers/chaos/sabotaged-project.js';
import { ROOT } from '../../helpers/processes.js';

const GUARD = { timeout: 300_000 };
const SEED = 20_261_123;

/** Trials on the real worker; what they keep is gone after the test. */
async function trials(t: TestContext, options: Partial<KillTestOptions>) {
  const results = await runKillTest({
    trials: 25,
    seed: SEED,
    maxStories: 3,
    parallel: availableParallelism(),
    worker: join(ROOT, 'dist', 'main.js'),
    ...options,
  });
  t.after(() => {
    for (const { folder } of results) if (folder !== null) rmSync(folder, { recursive: true, force: true });
  });
  return summarize(results, 0);
}

test(
  'a worker killed at random moments loses, halves and repeats nothing, and pays for nothing in silence',
  GUARD,
  async (t) => {
    const { failed_trials, kills, kills_met, lives, stories, ...rest } = await trials(t, {});
    t.diagnostic(JSON.stringify({ kills, kills_met, lives, stories, ...rest }));
    assert.deepEqual(failed_trials, []);
    assert.ok(lives > 25 && stories >= 25);
    // The kills came in the middle of things, and not all at the same one.
    const { calling = 0, answered = 0, staging = 0, staged = 0, recorded = 0, publishing = 0 } = kills_met;
    assert.ok(kills >= 25, `${kills}`);
    assert.ok(calling + answered >= 5, JSON.stringify(kills_met));
    assert.ok(staging + staged + recorded + publishing >= 1, JSON.stringify(kills_met));
  },
);

describe('the torture notices a worker that', GUARD, () => {
  for (const [sabotage, codes] of [
    ['copies', ['checksum', 'unreadable_metadata']],
    // The last: a part that was written among the stories stays there when its whole comes.
    ['no-staging', ['missing_metadata', 'checksum', 'unreadable_metadata', 'twice']],
    ['leaves-copies', ['twice']],
    ['throws-away', ['safe_then_gone']],
    ['pays-in-silence', ['unrecorded_call']],
    ['miscounts', ['usage']],
  ] as const) {
    test(sabotage, async (t) => {
      const { failed_trials, trials: needed } = await trials(t, {
        // A kill has to come at the wrong moment.
        trials: 60,
        bail: true,
        nodeFlags: ['--import', join(ROOT, 'src', 'test', 'helpers', 'chaos', 'sabotage.mjs')],
        env: { SABOTAGE: sabotage },
      });
      const noticed = new Set(failed_trials.flatMap(({ violations }) => violations.map(({ code }) => code)));
      t.diagnostic(`noticed within ${needed} trials: ${[...noticed].join(', ')}`);
      assert.ok(
        codes.some((code) => noticed.has(code)),
        [...noticed].join(', '),
      );
    });
  }

  // Each with trials in which that costs something: what is drawn for all would meet it only now and then.
  const plain = { concurrency: 1, batchSize: null, maxTokens: null, maxRejected: null };
  for (const [sabotage, from, to, shape, code] of [
    [
      'creates a batch again without looking for the one that may be there',
      'mayExist ? await lookUp(batch, calls, foreign) : null',
      'null',
      { ...plain, batchSize: 2, maxStories: 4 },
      'batch_twice',
    ],
    [
      'does not set aside what open calls may use',
      'tokens: open.reduce(',
      'tokens: [].reduce(',
      { ...plain, concurrency: 16, maxStories: 16, maxTokens: 25_000 },
      'cap_exceeded',
    ],
    [
      'begins a story more than are left',
      'state().statistics.stories + inHand < limits.maxStories',
      'state().statistics.stories + inHand <= limits.maxStories',
      { ...plain, concurrency: 8, maxStories: 4 },
      'count_exceeded',
    ],
  ] as const) {
    test(sabotage, async (t) => {
      const worker = join(sabotagedProject(t, [[from, to]]), 'dist', 'main.js');
      const { failed_trials, trials: needed } = await trials(t, { trials: 40, bail: true, worker, shape });
      const noticed = new Set(failed_trials.flatMap(({ violations }) => violations.map((each) => each.code)));
      t.diagnostic(`noticed within ${needed} trials: ${[...noticed].join(', ')}`);
      assert.ok(noticed.has(code), [...noticed].join(', '));
    });
  }
});
