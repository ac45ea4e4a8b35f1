import assert from 'node:assert/strict';
import { appendFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { createInspection, type TrialRecord } from '../../../chaos/kill-test/invariants.js';
import { ONE_STORY } from '../../../chaos/kill-test/trial-shape.js';
import { fromMarkdown } from '../../../store/frontmatter.js';
import { call } from '../../helpers/chaos/chaos-day.js';
import { DayMaker } from '../../helpers/report-days/report-day-maker.js';
import {
  copyOf,
  editEvent,
  editLog,
  markdownPath,
  metadataPath,
  type RunFolders,
  sharedFolders,
  storyName,
  writeRun,
} from '../../helpers/verify-runs.js';

// A run of one story, damaged in one way after another: what the kill test finds in its folder and its log. No request is
// recorded, so that the reconciliation has its own objections to all of it.

const base = sharedFolders();
const LOG_CODES = ['torn_log', 'foreign_log', 'log_of_other_run', 'unexpected_event', 'story_count', 'safe_then_gone'];

before(() => {
  const maker = new DayMaker();
  maker.story({ ms: 2000 });
  maker.end('count', true);
  writeRun(base, maker, { maxStories: 1 });
});

function trialOf({ outputDir, logDir }: RunFolders, more: Partial<TrialRecord> = {}): TrialRecord {
  const empty = { calls: [], kills: [], pids: [], batches: [], tornLines: new Set<string>() };
  return { outputDir, logDir, shape: ONE_STORY, price: { input: 2, output: 10 }, diskFails: false, ...empty, ...more };
}

async function codesOf(trial: TrialRecord): Promise<string[]> {
  const { violations } = await createInspection(trial)({ atRest: true });
  return violations.map(({ code }) => code).filter((code) => LOG_CODES.includes(code));
}

const logFile = ({ logDir }: RunFolders) => readdirSync(logDir).sort().at(-1) ?? '';

/** Tears the start of a record into the log. @returns the place, as `file:number` */
function tear(run: RunFolders): string {
  let lines = 0;
  editLog(run, (all) => {
    lines = all.length;
    return all;
  });
  appendFileSync(join(run.logDir, logFile(run)), '{"level":"info","ti');
  return `${logFile(run)}:${lines + 1}`;
}

test('nothing is found in the log of a sound run', async (t) => {
  assert.deepEqual(await codesOf(trialOf(copyOf(t, base))), []);
});

test('only a kill may tear a line of the log', async (t) => {
  const run = copyOf(t, base);
  const place = tear(run);
  assert.deepEqual(await codesOf(trialOf(run)), ['torn_log']);
  assert.deepEqual(await codesOf(trialOf(run, { tornLines: new Set([place]) })), []);
});

test('a file that is no log of the worker, and a record of another run, are noticed', async (t) => {
  const run = copyOf(t, base);
  editEvent(run, 'story_saved', (record) => ({ ...record, run_id: 'other' }));
  writeFileSync(join(run.logDir, 'other.log'), 'x\n');
  assert.deepEqual(await codesOf(trialOf(run)), ['log_of_other_run', 'foreign_log']);
});

test('a failing disk explains that a story was held, and no defect', async (t) => {
  for (const [event, explained] of [
    ['holding', true],
    ['uncaught', false],
  ] as const) {
    const run = copyOf(t, base);
    editEvent(run, 'story_saved', (record) => ({ ...record, event }));
    assert.deepEqual(await codesOf(trialOf(run)), ['unexpected_event'], event);
    assert.deepEqual(await codesOf(trialOf(run, { diskFails: true })), explained ? [] : ['unexpected_event'], event);
  }
});

test('the stories have to be as many as were asked for', async (t) => {
  assert.deepEqual(await codesOf(trialOf(copyOf(t, base), { shape: { ...ONE_STORY, maxStories: 2 } })), [
    'story_count',
  ]);
});

test('a text that was on disk once stays there', async (t) => {
  const run = copyOf(t, base);
  const name = storyName(run, 1);
  const text = fromMarkdown(readFileSync(markdownPath(run, name), 'utf8'))?.text ?? '';
  const inspect = createInspection(trialOf(run, { calls: [call(0, 0, { text })] }));
  const isGone = async () =>
    (await inspect({ atRest: false })).violations.some(({ code }) => code === 'safe_then_gone');
  assert.equal(await isGone(), false);
  for (const path of [markdownPath(run, name), metadataPath(run, name)]) rmSync(path);
  assert.equal(await isGone(), true);
});
