import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import type { TrialAnswer } from '../../../chaos/kill-test/kill-plan.js';
import { openTrial, type Trial } from '../../../chaos/kill-test/kill-trial.js';
import { ONE_STORY } from '../../../chaos/kill-test/trial-shape.js';
import { seededRandom, temporaryFolder } from '../../helpers/fakes.js';
import { ROOT } from '../../helpers/processes.js';

// Where torture.test.ts kills at random, this kills at every single operation on the story folder.

const GUARD = { timeout: 300_000 };
const PRELOAD = join(ROOT, 'src', 'test', 'helpers', 'chaos', 'crash-point.mjs');

/** What the worker does to the folder: crash-point.mjs counts these. */
interface Operation {
  number: number;
  what: string;
  path: string;
}

type How = 'before' | 'after' | 'half' | 'fail';

interface Point {
  at: number;
  how: How;
}

const THE_STORY: readonly TrialAnswer[] = ['story'];
/** A text that is set aside, one that is cut off, and its rest. */
const ALL_THAT_CAN_COME: readonly TrialAnswer[] = ['refusal', 'cut_off', 'story'];

async function trialFor(t: TestContext, answers: readonly TrialAnswer[], diskFails = false): Promise<Trial> {
  const trial = await openTrial({
    folder: join(temporaryFolder(t), 'trial'),
    worker: join(ROOT, 'dist', 'main.js'),
    shape: ONE_STORY,
    id: 'crash',
    answers: (index) => answers[index] ?? 'story',
    random: seededRandom(1),
    diskFails,
  });
  t.after(() => trial.close());
  return trial;
}

const preloaded = (at: number, how: How) => ({
  nodeFlags: ['--import', PRELOAD],
  env: { CRASH_AT: String(at), CRASH_HOW: how },
});

/** The operations of a run that nothing happens to. */
async function operationsOf(t: TestContext, answers: readonly TrialAnswer[]): Promise<Operation[]> {
  const trial = await trialFor(t, answers);
  const { stderr } = await trial.run(preloaded(0, 'before'));
  await assertSound(trial, true, 'undisturbed');
  return stderr
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Operation);
}

/** One life that meets its point; false when it ended before. */
async function meet(trial: Trial, { at, how }: Point): Promise<boolean> {
  const end = await trial.run(preloaded(at, how));
  const met = end.stderr.includes(`{"number":${at},`);
  assert.equal(end.killed, met && how !== 'fail', `${how} ${at}: ${end.stderr}`);
  if (!end.killed) assert.equal(end.code, 0, end.stderr);
  await assertSound(trial, false, `${how} ${end.stderr}`);
  return met;
}

async function assertSound(trial: Trial, atRest: boolean, when: string): Promise<void> {
  const { violations } = await trial.check({ atRest });
  assert.deepEqual(violations, [], when);
}

/** Lives on until the run is over; then everything has to be right. */
async function finish(trial: Trial, when: string): Promise<void> {
  if (!(await trial.check({ atRest: false })).over) {
    const end = await trial.run();
    assert.deepEqual([end.code, end.killed], [0, false], `${when}: ${end.stderr}`);
  }
  await assertSound(trial, true, when);
}

/** As many at a time as there are processors. */
async function forEach<T>(all: readonly T[], act: (each: T) => Promise<void>): Promise<void> {
  const left = [...all];
  const lane = async () => {
    for (let each = left.shift(); each !== undefined; each = left.shift()) await act(each);
  };
  await Promise.all(Array.from({ length: availableParallelism() }, lane));
}

const isWrite = ({ what }: Operation) => what === 'writeFile' || what === 'appendFile';

describe('a run of a text that is set aside and a story in two parts', GUARD, () => {
  test('goes on after a kill at any operation on the folder: nothing is lost, halved or there twice', async (t) => {
    const operations = await operationsOf(t, ALL_THAT_CAN_COME);
    const kinds = [...new Set(operations.map(({ what }) => what))].sort();
    assert.deepEqual(kinds, ['appendFile', 'mkdir', 'open', 'rename', 'rm', 'rmdir', 'writeFile']);
    assert.ok(operations.filter(isWrite).length >= 15);
    const points = operations.flatMap((operation): Point[] => {
      const at = operation.number;
      // Killed after it is killed before the next one; only between a call's record and its answer lies a call.
      const isCall = operation.what === 'appendFile' && operations[at]?.path.includes('.staging');
      return [
        { at, how: 'before' },
        ...(isWrite(operation) ? [{ at, how: 'half' } as const] : []),
        ...(isCall === true ? [{ at, how: 'after' } as const] : []),
      ];
    });
    await forEach(points, async (point) => {
      const trial = await trialFor(t, ALL_THAT_CAN_COME);
      assert.ok(await meet(trial, point), JSON.stringify(point));
      await finish(trial, JSON.stringify(point));
    });
    t.diagnostic(`${points.length} kills at ${operations.length} operations`);
  });

  test('loses nothing and calls no more often when any write or move fails once for want of space', async (t) => {
    const operations = await operationsOf(t, ALL_THAT_CAN_COME);
    const writesAndMoves = operations.filter((operation) => isWrite(operation) || operation.what === 'rename');
    await forEach(writesAndMoves, async ({ number: at, what }) => {
      const trial = await trialFor(t, ALL_THAT_CAN_COME, true);
      assert.ok(await meet(trial, { at, how: 'fail' }));
      await finish(trial, `failed: ${at} ${what}`);
      const { setAside, lostCalls } = await trial.check({ atRest: true });
      assert.deepEqual([setAside, lostCalls], [1, 0], `failed: ${at} ${what}`);
    });
  });
});

describe('a worker that is killed while it puts right what a kill left', GUARD, () => {
  const LEFT: [left: string, when: (operation: Operation) => boolean, recovery: number][] = [
    // Claimed; the text removed; its half metadata removed; the folder removed.
    ['half a pair', ({ what, path }) => what === 'writeFile' && path.endsWith('.json'), 4],
    // Claimed; recorded; both moved; the folder removed.
    ['a pair that the ledger does not know', ({ what, path }) => what === 'rename' && path.endsWith('.json'), 5],
    // Claimed; the text moved; the folder removed.
    ['a pair that is half in its place', ({ what, path }) => what === 'rename' && path.endsWith('.md'), 3],
  ];
  for (const [left, when, recovery] of LEFT) {
    test(`${left} in staging: puts it right the next time`, async (t) => {
      const operations = await operationsOf(t, THE_STORY);
      const found = operations.find(when);
      assert.ok(found);
      // Two before the first rename stands the record of the outcome.
      const first = recovery === 5 ? found.number - 1 : found.number;
      const points = Array.from({ length: recovery }, (_, at): Point => ({ at: at + 1, how: 'half' }));
      await forEach(points, async (point) => {
        const trial = await trialFor(t, THE_STORY);
        assert.ok(await meet(trial, { at: first, how: 'before' }));
        assert.ok(await meet(trial, point), JSON.stringify(point));
        await finish(trial, `${left}, then ${JSON.stringify(point)}`);
      });
    });
  }
});
