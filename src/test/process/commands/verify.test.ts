import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import type { Reply } from '../../../offline/server/reply.js';
import type { LedgerRecord } from '../../../run/ledger.js';
import { storyText } from '../../helpers/fakes.js';
import {
  cleanEnvironment,
  endpointFor,
  ROOT,
  settingsFor,
  startWorker,
  type WorkerProcess,
  type WorkerProcessOptions,
} from '../../helpers/processes.js';
import {
  assertPasses,
  checkOf,
  codesWith,
  copyOf,
  describeFailures,
  editEvent,
  editLedger,
  emptyFolders,
  markdownPath,
  metadataPath,
  type RunFolders,
  runsOf,
  runWorker,
  storyName,
  verifyRun,
} from '../../helpers/verify-runs.js';

// The runs that the real worker leaves behind. The checks themselves are tested on made-up runs, in src/test/measures/verify.

const GUARD = { timeout: 120_000 };

/** A worker that is still at work when the test ends: it has to go before its folders do. */
function startLiving(t: TestContext, options: WorkerProcessOptions): WorkerProcess {
  const living: WorkerProcess[] = [];
  t.after(async () => {
    for (const { child, exited } of living) {
      child.kill('SIGKILL');
      await exited;
    }
  });
  const worker = startWorker(t, { ...options, ...emptyFolders(t) });
  living.push(worker);
  return worker;
}

test('a run that nobody has touched passes every check, progress included', GUARD, async (t) => {
  const run = emptyFolders(t);
  await runWorker(run, ['--max-stories', '4', '--duration-seconds', '3600', '--interval-seconds', '0.01'], {
    OFFLINE_CHARACTERS_PER_SECOND: '3000',
    HEARTBEAT_SECONDS: '0.1',
  });
  const found = await assertPasses(run, { secrets: ['test-key-1234567890'] });
  assert.deepEqual(codesWith(found, 'note'), []);
  // The one check that needs a run which was stopped.
  assert.deepEqual(codesWith(found, 'skip'), ['stopped_in_time']);
  assert.equal(checkOf(found, 'pairs').figure, '4쌍');
  assert.match(checkOf(found, 'progress_seen').figure, /긴 호출 4회 동안 \d+줄/);
});

describe('a run with many in hand', GUARD, () => {
  test('passes every check, with as many stories at a time as it has slots', async (t) => {
    const run = emptyFolders(t);
    await runWorker(run, ['--concurrency', '8', '--max-stories', '30'], {
      OFFLINE_CHARACTERS_PER_SECOND: '3000',
      HEARTBEAT_SECONDS: '0.1',
    });
    const found = await assertPasses(run);
    assert.deepEqual(codesWith(found, 'note'), []);
    assert.match(checkOf(found, 'within_limits').figure, /한꺼번에 많아야 8편, 30편 \/ 30편/);
    assert.match(checkOf(found, 'progress_seen').figure, /긴 호출 \d+회 동안 \d+줄/);
    editEvent(run, 'worker_started', (record) => ({
      ...record,
      settings: { ...(record.settings as object), concurrency: 7 },
    }));
    assert.deepEqual(codesWith(await verifyRun(run), 'fail'), ['within_limits']);
  });

  test('keeps every promise when it is killed with eight in flight and taken up', async (t) => {
    const flags = ['--concurrency', '8', '--max-stories', '12', '--resume'];
    const worker = startLiving(t, { flags, env: { OFFLINE_CHARACTERS_PER_SECOND: '3000' } });
    await worker.printed(/8번째 소설을 씁니다/);
    worker.child.kill('SIGKILL');
    await worker.exited;
    assert.deepEqual(codesWith(await verifyRun(worker), 'fail'), ['final_record']);
    await runWorker(worker, flags);
    const found = await assertPasses(worker);
    assert.match(checkOf(found, 'restarts').figure, /결과를 모르는 호출 8회/);
  });

  test('passes every check in batches', async (t) => {
    const run = emptyFolders(t);
    await runWorker(run, ['--batch-size', '5', '--max-stories', '12'], { BATCH_POLL_SECONDS: '0.2' });
    const found = await assertPasses(run);
    assert.deepEqual(codesWith(found, 'note'), []);
    assert.equal(checkOf(found, 'batches').figure, '3개, 소설 12편');
    editLedger(run, (records) =>
      records.flatMap((record): LedgerRecord[] =>
        record.type === 'batch' && record.phase === 'created'
          ? [record, { ...record, id: `${record.id}_again` }]
          : [record],
      ),
    );
    assert.deepEqual(codesWith(await verifyRun(run), 'fail'), ['batches']);
  });

  test('that was stopped with a batch out says how to collect it, and passes once it is collected', async (t) => {
    const texts = [1, 2, 3].map((n) => storyText({ title: `반품 구역 ${n}`, characters: 1500 + 100 * n }));
    let calls = 0;
    const endpoint = await endpointFor(t, () => ({ content: [{ type: 'text', text: texts[calls++] ?? '' }] }), {
      takesMs: 3000,
    });
    const flags = ['--batch-size', '3', '--max-stories', '3', '--resume'];
    const env = { ...settingsFor(endpoint), BATCH_POLL_SECONDS: '0.2' };
    const worker = startLiving(t, { flags, env });
    await worker.printed(/배치로 맡겼습니다/);
    worker.child.kill('SIGINT');
    await worker.exited;
    const { status, places } = checkOf(await assertPasses(worker), 'batches');
    assert.equal(status, 'note');
    assert.match(places[0]?.message ?? '', /3건의 결과가 남았습니다.*--resume/);
    await runWorker(worker, flags, env);
    const { status: collected, figure } = checkOf(await assertPasses(worker), 'batches');
    assert.deepEqual([collected, figure], ['pass', '1개, 소설 3편']);
  });
});

describe('a run that was killed', GUARD, () => {
  /** Killed while it writes its second story. */
  async function killed(t: TestContext): Promise<RunFolders> {
    const worker = startLiving(t, {
      flags: ['--max-stories', '3', '--resume'],
      env: { OFFLINE_CHARACTERS_PER_SECOND: '20000' },
    });
    await worker.printed(/2번째 소설을 씁니다/);
    worker.child.kill('SIGKILL');
    await worker.exited;
    return worker;
  }

  test('lacks its final record, and what to do is said', async (t) => {
    const found = await verifyRun(await killed(t));
    assert.equal(found.sections[1]?.run?.status, 'killed');
    assert.deepEqual(codesWith(found, 'fail'), ['final_record'], describeFailures(found));
    assert.match(checkOf(found, 'final_record').places[0]?.message ?? '', /강제 종료/);
  });

  test('keeps every promise once it was taken up, whatever hung in the air', async (t) => {
    const run = await killed(t);
    await runWorker(run, ['--max-stories', '3', '--resume']);
    const found = await assertPasses(run);
    assert.match(checkOf(found, 'restarts').figure, /프로세스 2개, 강제 종료 1회/);
    assert.equal(checkOf(found, 'restarts').status, 'note');
  });

  test('may have torn the line that it was writing, and the next process writes behind it', async (t) => {
    const run = await killed(t);
    const file = join(run.logDir, readdirSync(run.logDir)[0] ?? '');
    writeFileSync(file, '{"level":"info","time":"2026-11-2', { flag: 'a' });
    assert.deepEqual(codesWith(await verifyRun(run), 'fail'), ['final_record']);
    await runWorker(run, ['--max-stories', '3', '--resume']);
    await assertPasses(run);
    // A second one, no kill explains.
    writeFileSync(file, '{"level":"info","time":"2026-11-2', { flag: 'a' });
    assert.deepEqual(codesWith(await verifyRun(run), 'fail'), ['log_lines']);
  });

  test('between its last line and the end in the ledger says its statistics twice, and that is right', async (t) => {
    const run = emptyFolders(t);
    await runWorker(run, ['--max-stories', '1', '--resume']);
    editLedger(run, (records) => records.filter(({ type }) => type !== 'end'));
    const interim = await assertPasses(run);
    assert.equal(checkOf(interim, 'final_record').status, 'note');
    await runWorker(run, ['--max-stories', '1', '--resume']);
    assert.match(checkOf(await assertPasses(run), 'final_record').figure, /^2건/);
  });

  test('leaves half a pair behind, which is told and no defect until a process has ended well', async (t) => {
    const run = await killed(t);
    const staging = join(run.outputDir, '.staging', runsOf(run)[0] ?? '');
    mkdirSync(staging, { recursive: true });
    writeFileSync(join(staging, 'horror_story_20261123_140000_00000001.md'), '---\ntitle: 반');
    const found = await verifyRun(run);
    assert.deepEqual(codesWith(found, 'fail'), ['final_record']);
    assert.equal(checkOf(found, 'no_partial').status, 'note');
    await runWorker(run, ['--max-stories', '3', '--resume']);
    await assertPasses(run);
  });
});

test(
  'a killed run that another run’s worker put right, and that nobody went on with, lacks its final record',
  GUARD,
  async (t) => {
    const worker = startLiving(t, { flags: ['--max-stories', '0'] });
    await worker.printed(/1번째 소설 저장/);
    worker.child.kill('SIGKILL');
    await worker.exited;
    const [killed = ''] = runsOf(worker);
    const staging = join(worker.outputDir, '.staging', killed);
    mkdirSync(staging, { recursive: true });
    writeFileSync(join(staging, 'horror_story_20261123_140000_00000001.md'), '---\ntitle: 반');
    await runWorker(worker, ['--max-stories', '1']);
    await assertPasses(worker);
    const found = await verifyRun(worker, { which: { run: killed } });
    assert.equal(found.sections[1]?.run?.status, 'ended');
    assert.deepEqual(codesWith(found, 'fail'), ['final_record'], describeFailures(found));
  },
);

test('two workers may write into one folder and one log at the same time', GUARD, async (t) => {
  const run = emptyFolders(t);
  await Promise.all(['12', '8'].map((stories) => runWorker(run, ['--max-stories', stories])));
  const { sections } = await assertPasses(run, { which: 'all' });
  assert.deepEqual(
    sections
      .slice(1)
      .map(({ checks }) => checks.find(({ code }) => code === 'pairs')?.figure)
      .sort(),
    ['12쌍', '8쌍'],
  );
});

test('a run that was stopped by a signal and went on later keeps every promise', GUARD, async (t) => {
  const flags = ['--max-stories', '3', '--interval-seconds', '60', '--resume'];
  const worker = startLiving(t, { flags });
  await worker.printed(/다음 소설을 시작합니다/);
  worker.child.kill('SIGINT');
  await worker.exited;
  const stopped = await assertPasses(worker);
  assert.match(checkOf(stopped, 'ended_as_asked').figure, /SIGINT 수신 - 다음 소설을 기다리던 중/);
  assert.equal(checkOf(stopped, 'stopped_in_time').status, 'pass');
  await runWorker(worker, ['--max-stories', '3', '--resume']);
  assert.match(checkOf(await assertPasses(worker), 'final_record').figure, /^2건/);
  const late = copyOf(t, worker);
  editEvent(late, 'stop_requested', (record) => ({ ...record, time: '2026-01-01T00:00:00.000Z' }));
  assert.deepEqual(codesWith(await verifyRun(late), 'fail'), ['stopped_in_time']);
  editEvent(worker, 'stop_requested', () => null);
  assert.deepEqual(codesWith(await verifyRun(worker), 'fail'), ['stopped_in_time']);
});

describe('a run that is going on', GUARD, () => {
  for (const [how, flags] of [
    ['with one slot', ['--interval-seconds', '0.02']],
    ['with eight slots', ['--concurrency', '8', '--interval-seconds', '0.1']],
    ['in batches', ['--batch-size', '4', '--interval-seconds', '0.1']],
  ] as const) {
    test(`gives no false alarm, however often and whenever it is looked at, ${how}`, async (t) => {
      const worker = startLiving(t, { flags: ['--max-stories', '0', ...flags], env: { BATCH_POLL_SECONDS: '0.2' } });
      await worker.printed(/1번째 소설 저장/);
      for (let looks = 0; looks < 15; looks++) {
        const found = await assertPasses(worker);
        assert.equal(found.sections[1]?.run?.status, 'running');
        assert.match(checkOf(found, 'ended_as_asked').figure, /^진행 중/);
      }
      worker.child.kill('SIGINT');
      await worker.exited;
      const found = await assertPasses(worker);
      assert.equal(found.sections[1]?.run?.status, 'ended');
    });
  }

  test('may have a story in staging and a call in the air', async (t) => {
    const worker = startLiving(t, { flags: ['--max-stories', '2'], env: { OFFLINE_CHARACTERS_PER_SECOND: '10' } });
    await worker.printed(/1번째 소설을 씁니다/);
    const staging = join(worker.outputDir, '.staging', runsOf(worker)[0] ?? '');
    mkdirSync(staging, { recursive: true });
    writeFileSync(join(staging, 'horror_story_20261123_140000_00000001.md'), '---\ntitle: 반');
    await assertPasses(worker);
  });
});

describe('a run of everything that an endpoint may answer', GUARD, () => {
  const long = (n: number) => storyText({ title: `반품 구역 ${n}`, characters: 1500 + 100 * n });
  const reply = (text: string, more: Partial<Reply> = {}): Reply => ({ content: [{ type: 'text', text }], ...more });

  async function varied(t: TestContext): Promise<RunFolders> {
    const whole = long(3);
    const cut = whole.lastIndexOf('나는', whole.length / 2);
    const replies: Reply[] = [
      reply(long(1)),
      { status: 529, error: { type: 'overloaded_error', message: 'Overloaded' } },
      reply(long(2), { usage: null }),
      reply('죄송합니다.', { stopReason: 'refusal' }),
      reply(whole.slice(0, cut), { stopReason: 'max_tokens' }),
      reply(whole.slice(cut)),
    ];
    let calls = 0;
    const endpoint = await endpointFor(t, () => replies[calls++] ?? reply(long(9)));
    const run = emptyFolders(t);
    await runWorker(run, ['--max-stories', '3'], settingsFor(endpoint));
    assert.equal(calls, replies.length);
    return run;
  }

  test('keeps every promise, and the words of the API in its log are told and no crash', async (t) => {
    const run = await varied(t);
    const found = await assertPasses(run, { secrets: ['test-key-1234567890'] });
    assert.equal(checkOf(found, 'pairs').figure, '3쌍, 따로 보관 1쌍');
    assert.match(checkOf(found, 'usage_known').figure, /3편 가운데 1편은 모름/);
    assert.equal(checkOf(found, 'clean_log').status, 'note');
    assert.equal(checkOf(found, 'totals').status, 'pass');
    editEvent(run, 'usage_missing', () => null);
    assert.deepEqual(codesWith(await verifyRun(run), 'fail'), ['usage_known']);
  });
});

test('a log at a high level leaves some things unsaid, and the rest still holds', GUARD, async (t) => {
  const run = emptyFolders(t);
  await runWorker(run, ['--max-stories', '2'], { LOG_LEVEL: 'warn' });
  const found = await assertPasses(run);
  assert.match(checkOf(found, 'gaps').figure, /LOG_LEVEL/);
  assert.equal(checkOf(found, 'final_record').status, 'pass');
  assert.equal(checkOf(found, 'totals').status, 'pass');
});

test('the command is there as npm run verify, with the layers of settings of the worker', GUARD, async (t) => {
  const run = emptyFolders(t);
  await runWorker(run, ['--max-stories', '1']);
  const env = { ...cleanEnvironment(), OUTPUT_DIR: run.outputDir, LOG_DIR: run.logDir };
  const script = (JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: { verify: string } })
    .scripts.verify;
  assert.equal(script, 'tsx scripts/verify.ts');
  const args = ['--import', 'tsx', 'scripts/verify.ts', '--json'];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: ROOT, env });
  assert.equal((JSON.parse(stdout) as { ok: boolean }).ok, true);
  const broken = { ...env, OUTPUT_DIR: join(run.outputDir, 'nowhere') };
  await assert.rejects(promisify(execFile)(process.execPath, args, { cwd: ROOT, env: broken }), { code: 2 });
});

test('a story that a person took in from what was set aside is no defect', GUARD, async (t) => {
  const run = emptyFolders(t);
  let calls = 0;
  const endpoint = await endpointFor(t, () => ({
    content: [{ type: 'text', text: storyText({ title: `${calls}`, characters: calls++ === 0 ? 300 : 1500 }) }],
  }));
  await runWorker(run, ['--max-stories', '1'], settingsFor(endpoint));
  const aside = join(run.outputDir, '.set-aside');
  const name = readdirSync(aside)[0]?.replace(/(_metadata\.json|\.md)$/, '') ?? '';
  await assertPasses(run);
  renameSync(join(aside, `${name}.md`), markdownPath(run, name));
  renameSync(join(aside, `${name}_metadata.json`), metadataPath(run, name));
  assert.deepEqual(codesWith(await verifyRun(run), 'fail'), ['ledger_texts']);
  const metadata = JSON.parse(readFileSync(metadataPath(run, name), 'utf8')) as object;
  writeFileSync(metadataPath(run, name), JSON.stringify({ ...metadata, accepted_at: '2026-11-23T14:30:05+09:00' }));
  await assertPasses(run);
  assert.ok(storyName(run, 1));
});
