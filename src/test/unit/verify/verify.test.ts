import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import type { Reply } from '../../../offline/server/reply.js';
import { readCards } from '../../../prompt/cards.js';
import { applyRecord, INITIAL_RUN_STATE } from '../../../run/run-state.js';
import { verifyCommand } from '../../../verify/command.js';
import { runCommand } from '../../helpers/commands.js';
import { storyText, temporaryFolder } from '../../helpers/fakes.js';
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
  assertKept,
  checkOf,
  checksOf,
  codesWith,
  complaints,
  copyOf,
  editEvent,
  editLedger,
  foldersForAll,
  look,
  markdownPath,
  metadataPath,
  type RunFolders,
  runsOf,
  runWorker,
  story,
} from '../../helpers/verify-runs.js';

const GUARD = { timeout: 120_000 };

const base = foldersForAll();
let made: Promise<void> | null = null;

/** Two runs in one folder, of two stories and of one. */
function madeOnce(): Promise<void> {
  made ??= runWorker(base, ['--max-stories', '2']).then(() => runWorker(base, ['--max-stories', '1']));
  return made;
}

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

const emptyFolders = (t: TestContext): RunFolders => ({ outputDir: temporaryFolder(t), logDir: temporaryFolder(t) });

describe('which runs are looked at', GUARD, () => {
  test('without an option the newest one', async () => {
    await madeOnce();
    const { sections } = await assertKept(base);
    const ids = sections.map(({ run }) => run?.id ?? null);
    assert.deepEqual(ids, [null, runsOf(base)[1]]);
  });

  test('one by any part of its id that fits it alone', async () => {
    await madeOnce();
    const [first = ''] = runsOf(base);
    const found = await assertKept(base, { which: { run: first.slice(-6) } });
    assert.equal(found.sections[1]?.run?.id, first);
    assert.equal(checkOf(found, 'pairs').figure, '2쌍');
    await assert.rejects(look(base, { which: { run: 'run_' } }), { name: 'RunSelectionError', message: /여럿/ });
    await assert.rejects(look(base, { which: { run: 'nothing' } }), { name: 'RunSelectionError', message: /없습니다/ });
  });

  test('all of them', async () => {
    await madeOnce();
    const { sections } = await assertKept(base, { which: 'all' });
    assert.deepEqual(
      sections.map(({ run }) => run?.id ?? null),
      [null, ...runsOf(base).reverse()],
    );
  });

  test('what is wrong in another run is counted, and fails only when that run is looked at', async (t) => {
    await madeOnce();
    const run = copyOf(t, base);
    const [older] = runsOf(run);
    const name = readdirSync(run.outputDir).find((file) => {
      return file.endsWith('.json') && readFileSync(join(run.outputDir, file), 'utf8').includes(`"${older}"`);
    });
    assert.ok(name);
    const path = markdownPath(run, name.replace('_metadata.json', ''));
    writeFileSync(path, readFileSync(path, 'utf8').replace(/\.\n$/, '!\n'));
    const newest = await assertKept(run);
    assert.equal(newest.wrongElsewhere, 1);
    assert.deepEqual(codesWith(await look(run, { which: 'all' }), 'fail'), ['checksums']);
    assert.deepEqual(codesWith(await look(run, { which: { run: older ?? '' } }), 'fail'), ['checksums']);
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
    const found = await look(await killed(t));
    assert.equal(found.sections[1]?.run?.status, 'killed');
    assert.deepEqual(codesWith(found, 'fail'), ['final_record'], complaints(found));
    assert.match(checkOf(found, 'final_record').places[0]?.message ?? '', /강제 종료/);
  });

  test('keeps every promise once it was taken up, whatever hung in the air', async (t) => {
    const run = await killed(t);
    await runWorker(run, ['--max-stories', '3', '--resume']);
    const found = await assertKept(run);
    assert.match(checkOf(found, 'restarts').figure, /프로세스 2개, 강제 종료 1회/);
    assert.equal(checkOf(found, 'restarts').status, 'note');
  });

  test('may have torn the line that it was writing, and the next process writes behind it', async (t) => {
    const run = await killed(t);
    const file = join(run.logDir, readdirSync(run.logDir)[0] ?? '');
    writeFileSync(file, '{"level":"info","time":"2026-11-2', { flag: 'a' });
    assert.deepEqual(codesWith(await look(run), 'fail'), ['final_record']);
    await runWorker(run, ['--max-stories', '3', '--resume']);
    await assertKept(run);
    // A second one, no kill explains.
    writeFileSync(file, '{"level":"info","time":"2026-11-2', { flag: 'a' });
    assert.deepEqual(codesWith(await look(run), 'fail'), ['log_lines']);
  });

  test('between its last line and the end in the ledger says its statistics twice, and that is right', async (t) => {
    const run = emptyFolders(t);
    await runWorker(run, ['--max-stories', '1', '--resume']);
    editLedger(run, (records) => records.filter(({ type }) => type !== 'end'));
    const interim = await assertKept(run);
    assert.equal(checkOf(interim, 'final_record').status, 'note');
    await runWorker(run, ['--max-stories', '1', '--resume']);
    assert.match(checkOf(await assertKept(run), 'final_record').figure, /^2건/);
  });

  test('leaves half a pair behind, which is told and no defect until a process has ended well', async (t) => {
    const run = await killed(t);
    const staging = join(run.outputDir, '.staging', runsOf(run)[0] ?? '');
    mkdirSync(staging, { recursive: true });
    writeFileSync(join(staging, 'horror_story_20261123_140000_00000001.md'), '---\ntitle: 반');
    const found = await look(run);
    assert.deepEqual(codesWith(found, 'fail'), ['final_record']);
    assert.equal(checkOf(found, 'no_partial').status, 'note');
    await runWorker(run, ['--max-stories', '3', '--resume']);
    await assertKept(run);
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
    await assertKept(worker);
    const found = await look(worker, { which: { run: killed } });
    assert.equal(found.sections[1]?.run?.status, 'ended');
    assert.deepEqual(codesWith(found, 'fail'), ['final_record'], complaints(found));
  },
);

test('two workers may write into one folder and one log at the same time', GUARD, async (t) => {
  const run = emptyFolders(t);
  await Promise.all(['12', '8'].map((stories) => runWorker(run, ['--max-stories', stories])));
  const { sections } = await assertKept(run, { which: 'all' });
  assert.deepEqual(
    sections
      .slice(1)
      .map(({ checks }) => checks.find(({ code }) => code === 'pairs')?.figure)
      .sort(),
    ['12쌍', '8쌍'],
  );
});

test('a ledger that was begun anew in between leaves some sums unsaid, and the rest still holds', GUARD, async (t) => {
  const run = emptyFolders(t);
  await runWorker(run, ['--max-stories', '4']);
  editLedger(run, (records) => {
    const half = 1 + records.findIndex((record) => record.type === 'outcome');
    const state = records.slice(0, half).reduce(applyRecord, INITIAL_RUN_STATE);
    return [...records.slice(0, 1), { type: 'snapshot', at: state.lastAt, state }, ...records.slice(half)];
  });
  const found = await assertKept(run);
  assert.deepEqual(codesWith(found, 'note'), ['totals']);
  assert.match(checkOf(found, 'totals').figure, /도중에 새로 시작/);
});

test('no card of the premises makes the log of a clean run match the seed’s grep', () => {
  const ids = readCards(join(ROOT, 'config', 'premises')).flatMap(({ cards }) => cards.map(({ id }) => id));
  assert.deepEqual(
    ids.filter((id) => /traceback|error/i.test(id)),
    [],
  );
});

test('a run that was stopped by a signal and went on later keeps every promise', GUARD, async (t) => {
  const flags = ['--max-stories', '3', '--interval-seconds', '60', '--resume'];
  const worker = startLiving(t, { flags });
  await worker.printed(/다음 소설을 시작합니다/);
  worker.child.kill('SIGINT');
  await worker.exited;
  const stopped = await assertKept(worker);
  assert.match(checkOf(stopped, 'ended_as_asked').figure, /SIGINT 수신 - 다음 소설을 기다리던 중/);
  assert.equal(checkOf(stopped, 'stopped_in_time').status, 'pass');
  await runWorker(worker, ['--max-stories', '3', '--resume']);
  assert.match(checkOf(await assertKept(worker), 'final_record').figure, /^2건/);
  const late = copyOf(t, worker);
  editEvent(late, 'stop_requested', (record) => ({ ...record, time: '2026-01-01T00:00:00.000Z' }));
  assert.deepEqual(codesWith(await look(late), 'fail'), ['stopped_in_time']);
  editEvent(worker, 'stop_requested', () => null);
  assert.deepEqual(codesWith(await look(worker), 'fail'), ['stopped_in_time']);
});

describe('a run that is going on', GUARD, () => {
  test('gives no false alarm, however often and whenever it is looked at', async (t) => {
    const worker = startLiving(t, { flags: ['--max-stories', '0', '--interval-seconds', '0.02'] });
    await worker.printed(/1번째 소설 저장/);
    for (let looks = 0; looks < 15; looks++) {
      const found = await assertKept(worker);
      assert.equal(found.sections[1]?.run?.status, 'running');
      assert.match(checkOf(found, 'ended_as_asked').figure, /^진행 중/);
    }
    worker.child.kill('SIGINT');
    await worker.exited;
    const found = await assertKept(worker);
    assert.equal(found.sections[1]?.run?.status, 'ended');
  });

  test('may have a story in staging and a call in the air', async (t) => {
    const worker = startLiving(t, { flags: ['--max-stories', '2'], env: { OFFLINE_CHARACTERS_PER_SECOND: '10' } });
    await worker.printed(/1번째 소설을 씁니다/);
    const staging = join(worker.outputDir, '.staging', runsOf(worker)[0] ?? '');
    mkdirSync(staging, { recursive: true });
    writeFileSync(join(staging, 'horror_story_20261123_140000_00000001.md'), '---\ntitle: 반');
    await assertKept(worker);
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
    const found = await assertKept(run, { secrets: ['test-key-1234567890'] });
    assert.equal(checkOf(found, 'pairs').figure, '3쌍, 따로 보관 1쌍');
    assert.match(checkOf(found, 'usage_known').figure, /3편 가운데 1편은 모름/);
    assert.equal(checkOf(found, 'clean_log').status, 'note');
    assert.equal(checkOf(found, 'totals').status, 'pass');
    editEvent(run, 'usage_missing', () => null);
    assert.deepEqual(codesWith(await look(run), 'fail'), ['usage_known']);
  });
});

describe('the log', GUARD, () => {
  test('of a run whose files were removed for their age is told as such, and nothing is held against it', async (t) => {
    await madeOnce();
    const run = copyOf(t, base);
    const [file = ''] = readdirSync(run.logDir);
    // What is left is the log of the second run.
    const lines = readFileSync(join(run.logDir, file), 'utf8').split('\n');
    const second = lines.findLastIndex((line) => line.includes('"worker_started"'));
    writeFileSync(join(run.logDir, file), lines.slice(second).join('\n'));
    const [older = ''] = runsOf(run);
    const rotated = await assertKept(run, { which: { run: older }, logKeepFiles: 1 });
    for (const code of ['log_complete', 'final_record', 'gaps', 'within_limits', 'exit_code'] as const) {
      assert.equal(checkOf(rotated, code).status, 'skip', code);
    }
    assert.match(checkOf(rotated, 'log_complete').figure, /LOG_KEEP_FILES/);
    // With fewer files than are kept, nobody but a person removed it.
    const missing = await look(run, { which: { run: older }, logKeepFiles: 30 });
    assert.deepEqual(codesWith(missing, 'fail'), ['final_record', 'log_complete']);
  });

  test('at a high level leaves some things unsaid, and the rest still holds', async (t) => {
    const run = emptyFolders(t);
    await runWorker(run, ['--max-stories', '2'], { LOG_LEVEL: 'warn' });
    const found = await assertKept(run);
    assert.match(checkOf(found, 'gaps').figure, /LOG_LEVEL/);
    assert.equal(checkOf(found, 'final_record').status, 'pass');
    assert.equal(checkOf(found, 'totals').status, 'pass');
  });

  test('goes on in the next file in the order of their numbers', async (t) => {
    await madeOnce();
    const run = copyOf(t, base);
    const [file = ''] = readdirSync(run.logDir);
    const lines = readFileSync(join(run.logDir, file), 'utf8').trimEnd().split('\n');
    rmSync(join(run.logDir, file));
    for (const [at, line] of lines.entries()) {
      writeFileSync(join(run.logDir, file.replace(/\d+\.log$/, `${at + 1}.log`)), `${line}\n`);
    }
    assert.ok(lines.length > 10);
    await assertKept(run, { which: 'all', logKeepFiles: 100 });
  });
});

describe('the command', GUARD, () => {
  // Without settings files, so that those of the machine do not matter.
  const run = (env: Record<string, string>, ...argv: string[]) =>
    runCommand(verifyCommand, argv, { env, root: '/nowhere' });
  const settings = ({ outputDir, logDir }: RunFolders) => ({ OUTPUT_DIR: outputDir, LOG_DIR: logDir });

  test('says one line a check, grouped by the criteria, with the command that it answers, and ends with 0', async () => {
    await madeOnce();
    const { code, stdout: out } = await run(settings(base));
    assert.equal(code, 0, out);
    const groups = ['폴더 전체', '1. 백그라운드 실행', '2. 실시간 관찰', '3. 출력의 연속성', '4. 정상 종료'];
    for (const group of [...groups, '5. 사용량 기록', '기타 항목']) assert.match(out, new RegExp(`^${group}$`, 'm'));
    assert.match(out, /^ {2}PASS {2}온전한 짝: 1쌍 {2}← ls generated_stories\/horror_story_\*\.md \| wc -l$/m);
    assert.match(out, /← grep "실행 완료 - 최종 통계"/);
    assert.match(out, /← grep "총 토큰 사용량"/);
    assert.match(out, /← grep -i "traceback\\\|error"/);
    assert.match(out, /^모두 통과했습니다 - PASS \d+, FAIL 0, /m);
  });

  test('names the places of a failure, the first five of many, says what to do, and ends with 1', async (t) => {
    const folders = emptyFolders(t);
    await runWorker(folders, ['--max-stories', '7']);
    for (const file of readdirSync(folders.outputDir).filter((each) => each.endsWith('.md'))) {
      writeFileSync(join(folders.outputDir, file), '\n', { flag: 'a' });
    }
    const { code, stdout: out } = await run(settings(folders));
    assert.equal(code, 1);
    assert.match(out, /FAIL {2}sha256: 7쌍, 어긋남 7건\n( {8}horror_story_\S+: .+\n){5} {8}… 외 2건\n {8}→ /);
  });

  test('gives machines one object with stable codes', async () => {
    await madeOnce();
    const { code, stdout: out } = await run(settings(base), '--json', '--all');
    assert.equal(code, 0);
    const found = JSON.parse(out) as { ok: boolean; sections: { run: string; status: string; checks: object[] }[] };
    assert.equal(found.ok, true);
    assert.deepEqual(
      found.sections.map(({ run: id, status }) => [id, status]),
      [
        [null, undefined],
        ...runsOf(base)
          .reverse()
          .map((id) => [id, 'ended']),
      ],
    );
    assert.deepEqual(found.sections[1]?.checks[0], {
      code: 'ended_as_asked',
      criterion: 'background_execution',
      status: 'pass',
      figure: checksOf(await look(base)).find((check) => check.code === 'ended_as_asked')?.figure,
      command: null,
      count: 0,
      places: [],
    });
  });

  test('ends with 2 where it cannot begin: flags, settings, no run', async (t) => {
    const folders = emptyFolders(t);
    for (const [argv, reason] of [
      [['--burn'], /알 수 없는 옵션: --burn/],
      [['list'], /옵션이 아닌 값은 받지 않습니다: "list"/],
      [['--run'], /--run에 값이 필요합니다/],
      [['--run', ''], /--run에 값이 필요합니다/],
      [['--run', 'x', '--all'], /--run과 --all은 함께 쓸 수 없습니다/],
    ] as const) {
      const { code, stderr } = await run(settings(folders), ...argv);
      assert.equal(code, 2);
      assert.match(stderr, reason);
    }
    assert.match((await run(settings(folders))).stderr, /실행의 장부가 없습니다/);
    assert.equal((await run(settings(folders))).code, 2);
    assert.equal((await run({ ...settings(folders), LOG_KEEP_FILES: 'many' })).code, 2);
    const help = await run(settings(folders), '--help');
    assert.equal(help.code, 0);
    assert.match(help.stdout, /^사용법: npm run verify/);
  });

  test('is there as npm run verify, with the layers of settings of the worker', async () => {
    await madeOnce();
    const env = { ...cleanEnvironment(), ...settings(base) };
    const script = (JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: { verify: string } })
      .scripts.verify;
    assert.equal(script, 'tsx scripts/verify.ts');
    const args = ['--import', 'tsx', 'scripts/verify.ts', '--json'];
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: ROOT, env });
    assert.equal((JSON.parse(stdout) as { ok: boolean }).ok, true);
    const broken = { ...env, OUTPUT_DIR: join(base.outputDir, 'nowhere') };
    await assert.rejects(promisify(execFile)(process.execPath, args, { cwd: ROOT, env: broken }), { code: 2 });
  });
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
  await assertKept(run);
  renameSync(join(aside, `${name}.md`), markdownPath(run, name));
  renameSync(join(aside, `${name}_metadata.json`), metadataPath(run, name));
  assert.deepEqual(codesWith(await look(run), 'fail'), ['ledger_texts']);
  const metadata = JSON.parse(readFileSync(metadataPath(run, name), 'utf8')) as object;
  writeFileSync(metadataPath(run, name), JSON.stringify({ ...metadata, accepted_at: '2026-11-23T14:30:05+09:00' }));
  await assertKept(run);
  assert.ok(story(run, 1));
});
