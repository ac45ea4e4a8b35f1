import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, type TestContext, test } from 'node:test';
import { readCards } from '../../../prompt/read-cards.js';
import { applyRecord, INITIAL_RUN_STATE } from '../../../run/run-state.js';
import { verifyCommand } from '../../../verify/command.js';
import { runCommand } from '../../helpers/commands.js';
import { ROOT } from '../../helpers/processes.js';
import { DayMaker, HOUR, MINUTE } from '../../helpers/report-days/report-day-maker.js';
import {
  assertPasses,
  checkOf,
  checksOf,
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
  sharedFolders,
  verifyRun,
  writeRun,
} from '../../helpers/verify-runs.js';

// Made-up runs. The real worker's are verified in src/test/process/commands/verify.test.ts.

const START = Date.UTC(2026, 10, 23, 5);

/** Settings of a run of so many stories with the waits of `storiesOf`. */
const limitedTo = (maxStories: number) => ({ maxStories, intervalSeconds: 60 });

/** A run that writes so many stories. */
function storiesOf(count: number, options: { start?: number; seed?: number } = {}): DayMaker {
  const maker = new DayMaker({ start: START, ...options });
  for (let n = 0; n < count; n++) {
    maker.story();
    if (n < count - 1) maker.wait(MINUTE);
  }
  return maker;
}

const base = sharedFolders();

/** Two runs in one folder, of two stories and of one. */
before(() => {
  writeRun(base, storiesOf(2).end('count', true), limitedTo(2));
  writeRun(base, storiesOf(1, { start: START + HOUR, seed: 2 }).end('count', true), limitedTo(1));
});

describe('the selection of runs', () => {
  test('is the newest run by default', async () => {
    const { sections } = await assertPasses(base);
    const ids = sections.map(({ run }) => run?.id ?? null);
    assert.deepEqual(ids, [null, runsOf(base)[1]]);
  });

  test('may be one run, by any part that only its id has', async () => {
    const [first = ''] = runsOf(base);
    const found = await assertPasses(base, { which: { run: first.slice(-6) } });
    assert.equal(found.sections[1]?.run?.id, first);
    assert.equal(checkOf(found, 'pairs').figure, '2쌍');
    await assert.rejects(verifyRun(base, { which: { run: 'run_' } }), { name: 'RunSelectionError', message: /여럿/ });
    await assert.rejects(verifyRun(base, { which: { run: 'nothing' } }), {
      name: 'RunSelectionError',
      message: /없습니다/,
    });
  });

  test('may be all runs', async () => {
    const { sections } = await assertPasses(base, { which: 'all' });
    assert.deepEqual(
      sections.map(({ run }) => run?.id ?? null),
      [null, ...runsOf(base).reverse()],
    );
  });

  test('counts what is wrong in other runs, which fails only when they are selected', async (t) => {
    const run = copyOf(t, base);
    const [older] = runsOf(run);
    const name = readdirSync(run.outputDir).find((file) => {
      return file.endsWith('.json') && readFileSync(join(run.outputDir, file), 'utf8').includes(`"${older}"`);
    });
    assert.ok(name);
    const path = markdownPath(run, name.replace('_metadata.json', ''));
    writeFileSync(path, readFileSync(path, 'utf8').replace(/\.\n$/, '!\n'));
    const newest = await assertPasses(run);
    assert.equal(newest.wrongElsewhere, 1);
    assert.deepEqual(codesWith(await verifyRun(run, { which: 'all' }), 'fail'), ['checksums']);
    assert.deepEqual(codesWith(await verifyRun(run, { which: { run: older ?? '' } }), 'fail'), ['checksums']);
  });
});

describe('a run that was killed', () => {
  /** Killed while it writes its second story. */
  const killed = (): DayMaker => storiesOf(1).wait(MINUTE).killedInCall();
  const torn = '{"level":"info","time":"2026-11-2';
  const logFile = ({ logDir }: RunFolders) => join(logDir, readdirSync(logDir)[0] ?? '');

  function write(t: TestContext, maker: DayMaker): RunFolders {
    const run = emptyFolders(t);
    writeRun(run, maker, limitedTo(2));
    return run;
  }

  test('lacks its final record, and the place says why', async (t) => {
    const found = await verifyRun(write(t, killed()));
    assert.equal(found.sections[1]?.run?.status, 'killed');
    assert.deepEqual(codesWith(found, 'fail'), ['final_record'], describeFailures(found));
    assert.match(checkOf(found, 'final_record').places[0]?.message ?? '', /강제 종료/);
  });

  test('passes every check once it was resumed', async (t) => {
    const maker = killed().restart();
    maker.story();
    const found = await assertPasses(write(t, maker.end('count', true)));
    assert.match(checkOf(found, 'restarts').figure, /프로세스 2개, 강제 종료 1회/);
    assert.equal(checkOf(found, 'restarts').status, 'note');
  });

  test('may have torn one line of the log, and no second one', async (t) => {
    const run = write(t, killed());
    writeFileSync(logFile(run), torn, { flag: 'a' });
    assert.deepEqual(codesWith(await verifyRun(run), 'fail'), ['final_record']);
    writeFileSync(logFile(run), `\n${torn}`, { flag: 'a' });
    assert.deepEqual(codesWith(await verifyRun(run), 'fail'), ['final_record', 'log_lines']);
  });

  test('may lack the end in its ledger after its final record', async (t) => {
    const run = write(t, storiesOf(2).end('count', true));
    editLedger(run, (records) => records.filter(({ type }) => type !== 'end'));
    assert.equal(checkOf(await assertPasses(run), 'final_record').status, 'note');
  });

  test('may leave half a pair behind, which is a note', async (t) => {
    const run = write(t, killed());
    const staging = join(run.outputDir, '.staging', runsOf(run)[0] ?? '');
    mkdirSync(staging, { recursive: true });
    writeFileSync(join(staging, 'horror_story_20261123_140000_00000001.md'), '---\ntitle: 반');
    const found = await verifyRun(run);
    assert.deepEqual(codesWith(found, 'fail'), ['final_record']);
    assert.equal(checkOf(found, 'no_partial').status, 'note');
  });
});

test('a ledger that began anew leaves out some sums, and the other checks pass', async (t) => {
  const run = emptyFolders(t);
  writeRun(run, storiesOf(4).end('count', true), limitedTo(4));
  editLedger(run, (records) => {
    const half = 1 + records.findIndex((record) => record.type === 'outcome');
    const state = records.slice(0, half).reduce(applyRecord, INITIAL_RUN_STATE);
    return [...records.slice(0, 1), { type: 'snapshot', at: state.lastAt, state }, ...records.slice(half)];
  });
  const found = await assertPasses(run);
  assert.deepEqual(codesWith(found, 'note'), ['totals']);
  assert.match(checkOf(found, 'totals').figure, /도중에 새로 시작/);
});

test('a run that a signal stopped has its request in the log, and does not take too long after it', async (t) => {
  const run = emptyFolders(t);
  writeRun(run, storiesOf(2).end('signal'), limitedTo(3));
  assert.equal(checkOf(await assertPasses(run), 'stopped_in_time').status, 'pass');
  const late = copyOf(t, run);
  editEvent(late, 'stop_requested', (record) => ({ ...record, time: '2026-01-01T00:00:00.000Z' }));
  assert.deepEqual(codesWith(await verifyRun(late), 'fail'), ['stopped_in_time']);
  editEvent(run, 'stop_requested', () => null);
  assert.deepEqual(codesWith(await verifyRun(run), 'fail'), ['stopped_in_time']);
});

test('each end reason has the exit code of the contract', async (t) => {
  for (const [reason, exitCode] of [
    ['refused', 78],
    ['rejected', 79],
    ['exhausted', 1],
    ['uncaught', 1],
  ] as const) {
    const run = emptyFolders(t);
    writeRun(run, storiesOf(1).end(reason), limitedTo(2));
    const found = await verifyRun(run);
    assert.deepEqual(codesWith(found, 'fail'), ['ended_as_asked'], reason);
    assert.equal(checkOf(found, 'exit_code').figure, `${exitCode} (${reason})`);
    editEvent(run, 'run_finished', (record) => ({ ...record, exit_code: 0 }));
    assert.deepEqual(codesWith(await verifyRun(run), 'fail'), ['ended_as_asked', 'exit_code'], reason);
  }
});

test('an API error that the log quotes is a note; a missing usage needs a warning', async (t) => {
  const maker = storiesOf(1).wait(MINUTE);
  maker.fail('transient', 'overloaded_error');
  maker.wait(5000).story({ usage: null });
  maker.wait(MINUTE).setAside('unusable', 'too_short', '답이 너무 짧습니다');
  maker.wait(5000).story();
  const run = emptyFolders(t);
  writeRun(run, maker.end('count', true), limitedTo(3));
  const found = await assertPasses(run);
  assert.equal(checkOf(found, 'pairs').figure, '3쌍, 따로 보관 1쌍');
  assert.match(checkOf(found, 'usage_known').figure, /3편 가운데 1편은 모름/);
  assert.equal(checkOf(found, 'clean_log').status, 'note');
  editEvent(run, 'usage_missing', () => null);
  assert.deepEqual(codesWith(await verifyRun(run), 'fail'), ['usage_known']);
});

test('a story that a person accepted is no defect', async (t) => {
  const maker = storiesOf(1).wait(MINUTE);
  const name = maker.setAside('unusable', 'too_short', '답이 너무 짧습니다');
  maker.wait(5000).story();
  const run = emptyFolders(t);
  writeRun(run, maker.end('count', true), limitedTo(2));
  await assertPasses(run);
  const aside = join(run.outputDir, '.set-aside');
  renameSync(join(aside, `${name}.md`), markdownPath(run, name));
  renameSync(join(aside, `${name}_metadata.json`), metadataPath(run, name));
  assert.deepEqual(codesWith(await verifyRun(run), 'fail'), ['ledger_texts']);
  const metadata = JSON.parse(readFileSync(metadataPath(run, name), 'utf8')) as object;
  writeFileSync(metadataPath(run, name), JSON.stringify({ ...metadata, accepted_at: '2026-11-23T14:30:05+09:00' }));
  await assertPasses(run);
});

test('no card of the premises makes the log of a clean run match the seed’s grep', () => {
  const ids = readCards(join(ROOT, 'config', 'premises')).flatMap(({ cards }) => cards.map(({ id }) => id));
  assert.deepEqual(
    ids.filter((id) => /traceback|error/i.test(id)),
    [],
  );
});

describe('the log', () => {
  test('of a run whose files were rotated away skips its checks', async (t) => {
    const run = copyOf(t, base);
    const [file = ''] = readdirSync(run.logDir);
    // Leaves the log of the second run.
    const lines = readFileSync(join(run.logDir, file), 'utf8').split('\n');
    const second = lines.findLastIndex((line) => line.includes('"worker_started"'));
    writeFileSync(join(run.logDir, file), lines.slice(second).join('\n'));
    const [older = ''] = runsOf(run);
    const rotated = await assertPasses(run, { which: { run: older }, logKeepFiles: 1 });
    for (const code of ['log_complete', 'final_record', 'gaps', 'within_limits', 'exit_code'] as const) {
      assert.equal(checkOf(rotated, code).status, 'skip', code);
    }
    assert.match(checkOf(rotated, 'log_complete').figure, /LOG_KEEP_FILES/);
    // With fewer files than are kept, the worker cannot have removed one.
    const missing = await verifyRun(run, { which: { run: older }, logKeepFiles: 30 });
    assert.deepEqual(codesWith(missing, 'fail'), ['final_record', 'log_complete']);
  });

  test('continues in the next file, in the order of their numbers', async (t) => {
    const run = copyOf(t, base);
    const [file = ''] = readdirSync(run.logDir);
    const lines = readFileSync(join(run.logDir, file), 'utf8').trimEnd().split('\n');
    rmSync(join(run.logDir, file));
    for (const [at, line] of lines.entries()) {
      writeFileSync(join(run.logDir, file.replace(/\d+\.log$/, `${at + 1}.log`)), `${line}\n`);
    }
    assert.ok(lines.length > 10);
    await assertPasses(run, { which: 'all', logKeepFiles: 100 });
  });
});

describe('the command', () => {
  // A root without settings files, so that those of this machine do not matter.
  const run = (env: Record<string, string>, ...argv: string[]) =>
    runCommand(verifyCommand, argv, { env, root: '/nowhere' });
  const settings = ({ outputDir, logDir }: RunFolders) => ({ OUTPUT_DIR: outputDir, LOG_DIR: logDir });

  test('prints one line per check, grouped by criterion, with the command that it replaces, and exits with 0', async () => {
    const { code, stdout: out } = await run(settings(base));
    assert.equal(code, 0, out);
    const groups = ['폴더 전체', '1. 백그라운드 실행', '2. 실시간 관찰', '3. 출력의 연속성', '4. 정상 종료'];
    for (const group of [...groups, '5. 사용량 기록', '기타 항목']) assert.match(out, new RegExp(`^${group}$`, 'm'));
    assert.match(out, /^ {2}PASS {2}온전한 짝: 1쌍 {2}← ls generated_stories\/horror_story_\*\.md \| wc -l$/m);
    assert.match(out, /^ {2}PASS {2}노출된 키·토큰: 없음$/m);
    assert.match(out, /← grep "실행 완료 - 최종 통계"/);
    assert.match(out, /← grep "총 토큰 사용량"/);
    assert.match(out, /^ {2}PASS {2}로그의 오류: 0줄 {2}← grep -i "traceback\\\|error"/m);
    assert.match(out, /^모두 통과했습니다 - PASS \d+, FAIL 0, /m);
  });

  test('names the first five places of a failure and what to do, and exits with 1', async (t) => {
    const folders = emptyFolders(t);
    writeRun(folders, storiesOf(7).end('count', true), limitedTo(7));
    for (const file of readdirSync(folders.outputDir).filter((each) => each.endsWith('.md'))) {
      writeFileSync(join(folders.outputDir, file), '\n', { flag: 'a' });
    }
    const { code, stdout: out } = await run(settings(folders));
    assert.equal(code, 1);
    assert.match(out, /FAIL {2}sha256: 7쌍, 어긋남 7건\n( {8}horror_story_\S+: .+\n){5} {8}… 외 2건\n {8}→ /);
    assert.match(out, /^통과하지 못한 항목이 있습니다 - /m);
  });

  test('prints one JSON object with stable codes for scripts', async () => {
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
      figure: checksOf(await verifyRun(base)).find((check) => check.code === 'ended_as_asked')?.figure,
      command: null,
      count: 0,
      places: [],
    });
  });

  test('exits with 2 for wrong flags or settings, or without a run', async (t) => {
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

  test('exits with 2 when a file cannot be read', async (t) => {
    const folders = copyOf(t, base);
    mkdirSync(join(folders.logDir, 'horror_story_worker.2026-11-24.1.log'));
    const { code, stderr } = await run(settings(folders));
    assert.equal(code, 2);
    assert.match(stderr, /^EISDIR/);
  });
});
