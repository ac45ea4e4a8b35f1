import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { toUsage } from '../../../api/usage.js';
import type { ProcessIdentity } from '../../../lib/process-identity.js';
import { type LedgerRecord, ledgerPath, listRuns, readLedger } from '../../../run/ledger.js';
import { beginRun, claimRun, type Run, type RunContext, replay } from '../../../run/run.js';
import type { StoryFiles } from '../../../store/story-metadata.js';
import { openStoryStore } from '../../../store/story-store.js';
import { openRun, type RunRequest, recoverRuns } from '../../../worker/recovery.js';
import { recordingLog, storyMetadata, storyText, temporaryFolder } from '../../helpers/fakes.js';
import { attempt, DEAD, end, failure, ME, neighbour, part, story } from '../../helpers/records.js';

const HOUR = 3_600_000;
const START = Date.UTC(2026, 10, 23, 5);
const NAME = 'horror_story_20261123_140000_0000000a';

const RESUME: RunRequest = { runName: 'default', durationMs: null, resume: true, newRun: false, processToken: null };

const at = (folder: string, now = START, me: ProcessIdentity = ME): RunContext => ({ folder, me, now: () => now });

const ENTRY: StoryFiles = {
  markdown: `---\ntitle: 반품 구역\n---\n\n${storyText()}\n`,
  metadata: storyMetadata({
    title: '반품 구역',
    usage: toUsage(500, 3000),
    cost_usd: 0.031,
    duration_ms: 42_000,
  }),
};

const ASIDE: StoryFiles = {
  ...ENTRY,
  metadata: { ...ENTRY.metadata, set_aside: { kind: 'unusable', code: 'too_short', reason: '짧습니다' } },
};

/** A run whose process was killed after these records. */
async function killed(
  folder: string,
  records: readonly LedgerRecord[],
  { began = START - HOUR, owner = DEAD, runName = 'default', token = null as string | null } = {},
): Promise<Run> {
  const run = await beginRun(at(folder, began, owner), runName, token);
  for (const record of records) await run.record(record);
  return run;
}

const stage = (folder: string, run: Run, entry = ENTRY, name = NAME) =>
  openStoryStore(folder, run.id).stage(name, entry);

const staging = (folder: string, run: Run) => join(folder, '.staging', run.id);

/** Opens the run as a worker does at its start. */
async function open(folder: string, wish: Partial<RunRequest> = {}, now = START) {
  const log = recordingLog();
  const run = await openRun(at(folder, now), { ...RESUME, ...wish }, log);
  return { run, log };
}

function recordsOf(folder: string, run: Pick<Run, 'id'>): LedgerRecord[] {
  return readLedger(ledgerPath(folder, run.id))?.records ?? [];
}

const outcomesOf = (folder: string, run: Pick<Run, 'id'>) =>
  recordsOf(folder, run).filter((record) => record.type === 'outcome');

const visible = (folder: string) =>
  readdirSync(folder)
    .filter((name) => !name.startsWith('.'))
    .sort();

const PAIR = [`${NAME}.md`, `${NAME}_metadata.json`];

function assertPair(folder: string): void {
  const [markdown = '', metadata = ''] = PAIR.map((file) => readFileSync(join(folder, file), 'utf8'));
  assert.equal(markdown, ENTRY.markdown);
  const { sha256 } = JSON.parse(metadata) as { sha256: string };
  assert.equal(sha256, createHash('sha256').update(markdown).digest('hex'));
}

// Which run it is.

test('without anything to take up a run begins, and that is said', async (t) => {
  const folder = temporaryFolder(t);
  const { run, log } = await open(folder);
  assert.deepEqual(await listRuns(folder), [run.id]);
  assert.deepEqual(log.events(), ['run_begun']);
  assert.match(log.records[0]?.message ?? '', /이어 할 실행이 없어/);
});

test('a run that was not over is taken up, and that is said with its counts', async (t) => {
  const folder = temporaryFolder(t);
  const before = await killed(folder, [attempt(), story()]);
  const { run, log } = await open(folder);
  assert.equal(run.id, before.id);
  assert.deepEqual(log.events(), ['run_resumed']);
  assert.deepEqual(log.records[0]?.fields, {
    event: 'run_resumed',
    resumes: 1,
    stories: 1,
    started_at: new Date(START - HOUR).toISOString(),
  });
});

test('without resume a run that was not over stays where it is', async (t) => {
  const folder = temporaryFolder(t);
  const before = await killed(folder, [attempt()]);
  const { run, log } = await open(folder, { resume: false });
  assert.notEqual(run.id, before.id);
  assert.equal(recordsOf(folder, before).length, 2);
  assert.deepEqual(log.events(), ['run_begun']);
});

test('a new run that is asked for begins beside one that could be taken up', async (t) => {
  const folder = temporaryFolder(t);
  const before = await killed(folder, []);
  for (const processToken of [null, 'pm2-1']) {
    const { run, log } = await open(folder, { newRun: true, processToken });
    assert.notEqual(run.id, before.id);
    assert.deepEqual(log.events(), ['run_begun']);
    assert.doesNotMatch(log.records[0]?.message ?? '', /없어/);
  }
});

test('a new run without a supervisor is new at every start', async (t) => {
  const folder = temporaryFolder(t);
  await killed(folder, []);
  const { run } = await open(folder, { newRun: true });
  assert.equal(recordsOf(folder, run).length, 1);
  assert.equal((await listRuns(folder)).length, 2);
  const { run: again } = await open(folder, { newRun: true });
  assert.notEqual(again.id, run.id);
});

test('a new run that crashes under a supervisor goes on at the restart, and another process begins its own', async (t) => {
  const folder = temporaryFolder(t);
  const crashed = await killed(folder, [attempt(), story()], { token: 'pm2-1' });
  const newRun = { newRun: true, resume: true };
  const other = await open(folder, { ...newRun, processToken: 'pm2-2' });
  assert.notEqual(other.run.id, crashed.id);
  const restarted = await open(folder, { ...newRun, processToken: 'pm2-1' });
  assert.equal(restarted.run.id, crashed.id);
  assert.equal(restarted.run.state().statistics.stories, 1);
});

test('what a new run began is also taken up by a start that asks for none', async (t) => {
  const folder = temporaryFolder(t);
  const crashed = await killed(folder, [], { token: 'pm2-1' });
  assert.equal((await open(folder, { processToken: 'pm2-3' })).run.id, crashed.id);
});

test('a run begins with the token of its supervisor only when a new one was asked for', async (t) => {
  const folder = temporaryFolder(t);
  for (const [newRun, token] of [
    [true, 'pm2-1'],
    [false, null],
  ] as const) {
    const { run } = await open(folder, { newRun, resume: false, processToken: 'pm2-1' });
    const [begin] = recordsOf(folder, run);
    assert.equal(begin?.type === 'begin' && begin.new_run_token, token);
  }
});

test('a clock that was set back is said, and the deadline is no farther than the duration', async (t) => {
  const durationMs = 10 * HOUR;
  for (const [now, startedAt] of [
    [START, START],
    [START + 3 * HOUR, START + HOUR],
  ] as const) {
    const folder = temporaryFolder(t);
    await killed(folder, [attempt({ at: START + 5 * HOUR })], { began: START + HOUR });
    const { run, log } = await open(folder, { durationMs }, now);
    assert.equal(run.startedAt, startedAt);
    assert.ok(run.startedAt + durationMs <= now + durationMs);
    const said = log.records.find(({ fields }) => fields.event === 'clock_set_back');
    assert.equal(said?.level, 'warn');
  }
});

test('a clock that is a moment behind is not worth a word', async (t) => {
  const folder = temporaryFolder(t);
  await killed(folder, [attempt({ at: START + 1000 })]);
  assert.ok(!(await open(folder)).log.events().includes('clock_set_back'));
});

test('a file that is no ledger is passed over, and that is said', async (t) => {
  const folder = temporaryFolder(t);
  const before = await killed(folder, [attempt()]);
  const foreign = ledgerPath(folder, 'run_99991231235959999_ffffff');
  writeFileSync(foreign, 'not ours\n');
  const { run, log } = await open(folder);
  assert.equal(run.id, before.id);
  const said = log.records.find(({ fields }) => fields.event === 'ledger_unreadable');
  assert.equal(said?.fields.path, foreign);
});

// What a kill left in staging.

for (const [owner, wish] of [
  ['the run that is taken up', {}],
  ['another run', { resume: false }],
] as const) {
  test(`${owner}: a whole pair without a record is published and recorded, once`, async (t) => {
    const folder = temporaryFolder(t);
    const before = await killed(folder, [attempt()]);
    await stage(folder, before);
    const { log } = await open(folder, wish);
    assert.deepEqual(visible(folder), PAIR);
    assertPair(folder);
    assert.deepEqual(outcomesOf(folder, before), [story({ at: START, name: NAME, nearest: null })]);
    assert.equal(existsSync(staging(folder, before)), false);
    assert.ok(log.events().includes('leftover_published'));
    assert.ok(!log.events().includes('call_lost'));
    const ledger = readLedger(ledgerPath(folder, before.id));
    assert.ok(ledger !== null);
    const { statistics, open: left } = replay(ledger);
    assert.deepEqual([statistics.stories, statistics.attempts, statistics.lostCalls, left], [1, 1, 0, []]);
    await open(folder, { resume: false });
    assert.equal(outcomesOf(folder, before).length, 1);
  });

  test(`${owner}: the doubts about a whole pair without a record are recorded with it`, async (t) => {
    const folder = temporaryFolder(t);
    const before = await killed(folder, [attempt()]);
    const doubts = [{ code: 'unclear_tail', reason: '끝에 다른 말이 있을 수 있습니다' } as const];
    await stage(folder, before, { ...ENTRY, metadata: { ...ENTRY.metadata, doubts } });
    await open(folder, wish);
    const [outcome] = outcomesOf(folder, before);
    assert.deepEqual(outcome, story({ at: START, name: NAME, nearest: null, doubts: ['unclear_tail'] }));
  });

  test(`${owner}: a whole pair with a record is published, and not recorded again`, async (t) => {
    const folder = temporaryFolder(t);
    const record = story({ name: NAME });
    const before = await killed(folder, [attempt(), record]);
    await stage(folder, before);
    await open(folder, wish);
    assertPair(folder);
    assert.deepEqual(outcomesOf(folder, before), [record]);
  });

  test(`${owner}: a pair whose metadata is moved already is completed`, async (t) => {
    const folder = temporaryFolder(t);
    const before = await killed(folder, [attempt(), story({ name: NAME })]);
    await stage(folder, before);
    renameSync(join(staging(folder, before), `${NAME}_metadata.json`), join(folder, `${NAME}_metadata.json`));
    await open(folder, wish);
    assert.deepEqual(visible(folder), PAIR);
    assertPair(folder);
    assert.equal(outcomesOf(folder, before).length, 1);
  });

  for (const recorded of [true, false]) {
    test(`${owner}: what is to be set aside ${recorded ? 'with' : 'without'} a record goes there`, async (t) => {
      const folder = temporaryFolder(t);
      const record = failure({
        at: START,
        name: NAME,
        failure: 'unusable',
        code: 'too_short',
        usage: toUsage(500, 3000),
        cost_usd: 0.031,
      });
      const before = await killed(folder, recorded ? [attempt(), record] : [attempt()]);
      await stage(folder, before, ASIDE);
      await open(folder, wish);
      assert.deepEqual(visible(folder), []);
      assertPair(join(folder, '.set-aside'));
      assert.deepEqual(outcomesOf(folder, before), [record]);
    });
  }

  test(`${owner}: what is to be set aside and whose metadata is moved already is completed there`, async (t) => {
    const folder = temporaryFolder(t);
    const before = await killed(folder, [attempt(), failure({ name: NAME })]);
    await stage(folder, before, ASIDE);
    mkdirSync(join(folder, '.set-aside'));
    const metadata = `${NAME}_metadata.json`;
    renameSync(join(staging(folder, before), metadata), join(folder, '.set-aside', metadata));
    await open(folder, wish);
    assert.deepEqual(visible(folder), []);
    assertPair(join(folder, '.set-aside'));
  });
}

// A cut-off text whose rest was asked for.

const PART = 'horror_story_20261123_135900_0000000b';

const CUT: StoryFiles = {
  markdown: `---\ntitle: 반품\n---\n\n${storyText().slice(0, 700)}\n`,
  metadata: storyMetadata({
    title: '반품',
    usage: toUsage(1, 2),
    cost_usd: 0.5,
    set_aside: { kind: 'incomplete', code: 'max_tokens', reason: '잘렸습니다' },
  }),
};

/** The whole that came of it: its usage is that of both calls. */
const WHOLE: StoryFiles = {
  ...ENTRY,
  metadata: {
    ...ENTRY.metadata,
    usage: toUsage(501, 3002),
    completes: PART,
    calls: [
      { request_id: null, stop_reason: 'max_tokens', usage: toUsage(1, 2), cost_usd: 0.5 },
      { request_id: null, stop_reason: 'end_turn', usage: toUsage(500, 3000), cost_usd: 0.031 },
    ],
  },
};

const CUT_RECORD = part({ name: PART, usage: toUsage(1, 2), cost_usd: 0.5 });
const REST = attempt({ number: 2, continues: PART });

for (const [moment, records] of [
  ['before its rest was asked for', [attempt(), CUT_RECORD]],
  ['while its rest was asked for', [attempt(), CUT_RECORD, REST]],
  ['before it was recorded', [attempt()]],
] as const) {
  test(`a part that a kill left ${moment} is set aside, and counted as that`, async (t) => {
    const folder = temporaryFolder(t);
    const before = await killed(folder, records);
    await stage(folder, before, CUT, PART);
    const { run } = await open(folder);
    assert.deepEqual(readdirSync(join(folder, '.set-aside')).sort(), [`${PART}.md`, `${PART}_metadata.json`]);
    assert.equal(existsSync(staging(folder, before)), false);
    await run.record(end());
    const { statistics } = run.state();
    assert.deepEqual(
      [statistics.setAside, statistics.failures, statistics.tokens],
      [1, { incomplete: 1 }, toUsage(1, 2)],
    );
  });
}

for (const recorded of [true, false]) {
  test(`a whole that a kill left ${recorded ? 'with' : 'without'} a record is published, and its part is gone`, async (t) => {
    const folder = temporaryFolder(t);
    const record = story({ at: START, name: NAME, completes: PART, nearest: null });
    const before = await killed(folder, [attempt(), CUT_RECORD, REST, ...(recorded ? [record] : [])]);
    await stage(folder, before, CUT, PART);
    await stage(folder, before, WHOLE);
    const { run, log } = await open(folder);
    assert.deepEqual(visible(folder), PAIR);
    assertPair(folder);
    assert.equal(existsSync(join(folder, '.set-aside')), false);
    assert.equal(existsSync(staging(folder, before)), false);
    assert.deepEqual(outcomesOf(folder, before).at(-1), record);
    assert.equal(log.events().filter((event) => event === 'leftover_published').length, 1);
    await run.record(end());
    const { statistics } = run.state();
    assert.deepEqual([statistics.stories, statistics.setAside, statistics.attempts], [1, 0, 2]);
    assert.deepEqual(statistics.tokens, toUsage(501, 3002));
  });
}

const HALVES: [name: string, tear: (staging: string) => void][] = [
  ['without its metadata', (staging) => rmSync(join(staging, `${NAME}_metadata.json`))],
  ['without its text', (staging) => rmSync(join(staging, `${NAME}.md`))],
  ['with a text cut short', (staging) => truncateSync(join(staging, `${NAME}.md`), 100)],
  ['with its metadata cut short', (staging) => truncateSync(join(staging, `${NAME}_metadata.json`), 100)],
  ['with a text that is not its own', (staging) => appendFileSync(join(staging, `${NAME}.md`), '.')],
];

for (const [name, tear] of HALVES) {
  for (const recorded of [false, true]) {
    test(`a pair ${name}, ${recorded ? 'recorded' : 'not recorded'}, is discarded, never shown, and that is said`, async (t) => {
      const folder = temporaryFolder(t);
      const before = await killed(folder, recorded ? [attempt(), story({ name: NAME })] : [attempt()]);
      await stage(folder, before);
      tear(staging(folder, before));
      const { run, log } = await open(folder);
      assert.equal(run.id, before.id);
      assert.deepEqual(visible(folder), []);
      assert.equal(existsSync(staging(folder, before)), false);
      const said = log.records.find(({ fields }) => fields.event === 'leftover_discarded');
      assert.deepEqual([said?.level, said?.fields.name, said?.fields.of_run], ['warn', NAME, before.id]);
      assert.equal(outcomesOf(folder, before).length, recorded ? 1 : 0);
    });
  }
}

test('a call that was cut off by the kill is said, and counts at most until its outcome is known', async (t) => {
  const folder = temporaryFolder(t);
  const lost = attempt();
  await killed(folder, [lost]);
  const { run, log } = await open(folder);
  const said = log.records.find(({ fields }) => fields.event === 'call_lost');
  assert.deepEqual([said?.level, said?.fields.at_most], ['warn', lost.at_most]);
  await run.record(attempt({ number: 2 }));
  assert.deepEqual(run.state().unknownAtMost, { tokens: 20_000, costUsd: 0.2 });
});

test('the calls of a batch whose intent a kill kept from the ledger are given up, and cost nothing', async (t) => {
  const folder = temporaryFolder(t);
  const calls = [1, 2].map((number) => attempt({ number, batch: 'batch_1', custom_id: `run_1_${number}` }));
  await killed(folder, calls);
  const { run, log } = await open(folder);
  const { open: left, statistics, unknownAtMost } = run.state();
  assert.deepEqual([left, statistics.lostCalls, statistics.tokens.total_tokens, unknownAtMost.tokens], [[], 0, 0, 0]);
  assert.equal(statistics.attempts, 2, 'their numbers are not used again');
  assert.ok(!log.events().includes('call_lost'), 'nothing was paid for');
});

test('lines of a ledger that cannot be read are said, and the rest counts', async (t) => {
  const folder = temporaryFolder(t);
  const before = await killed(folder, [attempt(), story()]);
  appendFileSync(ledgerPath(folder, before.id), 'junk\n{"type":"outco');
  const { run, log } = await open(folder);
  assert.equal(run.state().statistics.stories, 1);
  const said = log.records.find(({ fields }) => fields.event === 'ledger_torn');
  assert.deepEqual([said?.level, said?.fields.lines], ['warn', 2]);
});

test('a run that left nothing in staging is not claimed to be put right', async (t) => {
  const folder = temporaryFolder(t);
  const before = await killed(folder, [attempt()], { runName: 'other' });
  mkdirSync(staging(folder, before), { recursive: true });
  await open(folder);
  assert.equal(recordsOf(folder, before).length, 2);
});

test('a run of another name is put right, let go of, and can be taken up by its own worker', async (t) => {
  const folder = temporaryFolder(t);
  const before = await killed(folder, [attempt()], { runName: 'other' });
  await stage(folder, before);
  const { run } = await open(folder);
  assert.notEqual(run.id, before.id);
  assert.deepEqual(
    recordsOf(folder, before).map(({ type }) => type),
    ['begin', 'attempt', 'claim', 'outcome', 'end'],
  );
  const taken = await open(folder, { runName: 'other' });
  assert.equal(taken.run.id, before.id);
  assert.deepEqual([taken.run.state().statistics.stories, taken.run.state().resumes], [1, 1]);
});

test('a run that is over stays so when it is put right', async (t) => {
  const folder = temporaryFolder(t);
  const before = await killed(folder, [attempt(), story({ name: NAME }), end({ over: true })]);
  await stage(folder, before);
  const { run } = await open(folder);
  assert.notEqual(run.id, before.id);
  assertPair(folder);
  const last = recordsOf(folder, before).at(-1);
  assert.deepEqual(last, { type: 'end', at: START, reason: 'recovered', over: true });
});

test('what another living worker has in staging is not touched', async (t) => {
  const folder = temporaryFolder(t);
  const theirs = await killed(folder, [attempt()], { owner: neighbour(t).owner });
  await stage(folder, theirs);
  rmSync(join(staging(folder, theirs), `${NAME}_metadata.json`));
  await stage(folder, theirs, ENTRY, `${NAME}b`);
  const { run, log } = await open(folder);
  assert.notEqual(run.id, theirs.id);
  assert.equal(readdirSync(staging(folder, theirs)).length, 3);
  assert.deepEqual(visible(folder), []);
  assert.deepEqual(log.events(), ['run_begun']);
  assert.equal(recordsOf(folder, theirs).length, 2);
});

test('two that put a run right at once record its story once', async (t) => {
  const { owner } = neighbour(t);
  for (let round = 0; round < 20; round++) {
    const folder = temporaryFolder(t);
    const before = await killed(folder, [attempt()]);
    await stage(folder, before);
    const places = [at(folder), at(folder, START, owner)];
    if (round % 2 === 1) places.reverse();
    await Promise.all(places.map((place) => recoverRuns(place, '', recordingLog())));
    assert.equal(outcomesOf(folder, before).length, 1, `round ${round}`);
    assert.deepEqual(visible(folder), PAIR);
    assertPair(folder);
  }
});

test('a worker that takes a run up beside one that puts it right: the story is recorded once', async (t) => {
  const { owner } = neighbour(t);
  for (let round = 0; round < 20; round++) {
    const folder = temporaryFolder(t);
    const before = await killed(folder, [attempt()]);
    await stage(folder, before);
    // As the worker does, which waits while another puts the run right.
    const taking = (): Promise<unknown> =>
      open(folder).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'EBUSY') throw error;
        return taking();
      });
    const tasks = [taking, () => recoverRuns(at(folder, START, owner), '', recordingLog())];
    if (round % 2 === 1) tasks.reverse();
    await Promise.all(tasks.map((task) => task()));
    assert.equal(outcomesOf(folder, before).length, 1, `round ${round}`);
    assertPair(folder);
  }
});

test('a disk that fails in the middle of putting right: the next try of the same process goes on with the same run', async (t) => {
  const folder = temporaryFolder(t);
  const before = await killed(folder, [attempt(), failure({ name: NAME })]);
  await stage(folder, before, ASIDE);
  writeFileSync(join(folder, '.set-aside'), 'in the way');
  await assert.rejects(open(folder), { code: 'EEXIST' });
  rmSync(join(folder, '.set-aside'));
  const { run } = await open(folder);
  assert.equal(run.id, before.id);
  assert.equal(run.state().resumes, 1);
  assertPair(join(folder, '.set-aside'));
  assert.equal(outcomesOf(folder, before).length, 1);
});

test('the same for a run of another worker', async (t) => {
  const folder = temporaryFolder(t);
  const before = await killed(folder, [attempt(), failure({ name: NAME })], { runName: 'other' });
  await stage(folder, before, ASIDE);
  writeFileSync(join(folder, '.set-aside'), 'in the way');
  await assert.rejects(open(folder), { code: 'EEXIST' });
  rmSync(join(folder, '.set-aside'));
  await open(folder);
  assertPair(join(folder, '.set-aside'));
  assert.notEqual(await claimRun(at(folder, START, neighbour(t).owner), before.id, 'resume'), null);
});
