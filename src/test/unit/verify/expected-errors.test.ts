import assert from 'node:assert/strict';
import { before, type TestContext, test } from 'node:test';
import { DayMaker } from '../../helpers/report-days/report-day-maker.js';
import {
  checkOf,
  copyOf,
  editLog,
  type RunFolders,
  sharedFolders,
  verifyRun,
  writeRun,
} from '../../helpers/verify-runs.js';

// Errors of the file system are a defect, unless the caller of the verification has made the folder unusable.

const base = sharedFolders();

before(() => {
  const maker = new DayMaker();
  maker.story({ ms: 2000 });
  maker.end('count', true);
  writeRun(base, maker, { maxStories: 1 });
});

/** A run of one story whose log has these errors beside its own lines, and when they were logged. */
function runWith(t: TestContext, ...errors: Record<string, unknown>[]): { run: RunFolders; at: number } {
  const run = copyOf(t, base);
  let at = Number.NaN;
  editLog(run, ([first = '', ...rest]) => {
    const record = JSON.parse(first) as { time: string };
    at = Date.parse(record.time);
    const added = errors.map((err) => JSON.stringify({ ...record, level: 'error', event: 'holding', err }));
    return [first, ...added, ...rest];
  });
  return { run, at };
}

const REFUSED = { type: 'Error', code: 'ENOTDIR', message: 'ENOTDIR: not a directory' };

test('an error of the file system in an expected time is told, and is no defect', async (t) => {
  const { run, at } = runWith(t, REFUSED, REFUSED);
  assert.equal(checkOf(await verifyRun(run), 'clean_log').status, 'fail');
  const check = checkOf(await verifyRun(run, { expectedErrorWindows: [{ from: at - 10, to: at }] }), 'clean_log');
  assert.equal(check.status, 'note');
  assert.match(check.figure, /2줄뿐/);
});

test('an error of the file system at another time is a defect', async (t) => {
  const { run, at } = runWith(t, REFUSED);
  const windows = [
    { from: at + 1, to: at + 1000 },
    { from: at - 1000, to: at - 1 },
  ];
  assert.equal(checkOf(await verifyRun(run, { expectedErrorWindows: windows }), 'clean_log').status, 'fail');
});

test('another error in an expected time is a defect, and is counted alone', async (t) => {
  const { run, at } = runWith(t, REFUSED, { type: 'TypeError', message: 'a defect' });
  const check = checkOf(await verifyRun(run, { expectedErrorWindows: [{ from: at, to: at }] }), 'clean_log');
  assert.deepEqual([check.status, check.count], ['fail', 1]);
});

test('an end at a limit of the API in an expected time is told, any other refusal is a defect', async (t) => {
  const statusOf = async (kind: string) => {
    const run = copyOf(t, base);
    let at = Number.NaN;
    editLog(run, ([first = '', ...rest]) => {
      const record = JSON.parse(first) as { time: string };
      at = Date.parse(record.time);
      return [first, JSON.stringify({ ...record, level: 'error', event: 'attempt_failed', kind }), ...rest];
    });
    return checkOf(await verifyRun(run, { expectedErrorWindows: [{ from: at, to: at }] }), 'clean_log').status;
  };
  assert.deepEqual([await statusOf('blocked'), await statusOf('fatal')], ['note', 'fail']);
});
