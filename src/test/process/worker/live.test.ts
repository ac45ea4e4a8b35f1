import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import type { Notification } from '../../../observe/notifications.js';
import { toTrackedRun } from '../../../observe/open-status-tracker.js';
import type { Metric } from '../../../observe/pm2.js';
import type { Status } from '../../../observe/status.js';
import { readStatuses } from '../../../observe/status-file.js';
import type { Reply } from '../../../offline/server/reply.js';
import { ledgerPath } from '../../../run/ledger.js';
import { memoryRun, storyText, temporaryFolder } from '../../helpers/fakes.js';
import {
  cleanEnvironment,
  endpointFor,
  ROOT,
  settingsFor,
  startWorker,
  type WorkerProcess,
} from '../../helpers/processes.js';

// The real worker, and what it tells while it works and when it ends.

const STORY: Reply = {
  content: [{ type: 'text', text: storyText() }],
  usage: { input_tokens: 3000, output_tokens: 7000 },
};
const BUSY: Reply = { status: 529, error: { type: 'overloaded_error', message: 'busy' } };
const REFUSED: Reply = { status: 401, error: { type: 'authentication_error', message: 'bad key test-key-1234567890' } };

/** What waits for a worker that has gone wrong. */
const GUARD = { timeout: 120_000 };

interface LiveOptions {
  flags?: readonly string[];
  env?: Record<string, string>;
  /** What the notify command does with its standard input. */
  command?: string;
  preload?: string;
}

/** A worker that notifies a file, on an endpoint that gives the replies one after another, the last one for ever. */
async function notifying(t: TestContext, replies: Reply[], { flags, env, command, preload }: LiveOptions = {}) {
  let calls = 0;
  const endpoint = await endpointFor(t, () => replies[Math.min(calls++, replies.length - 1)] ?? STORY);
  const folder = temporaryFolder(t);
  const file = join(folder, 'notes');
  // A line at a time, for two commands may run at once.
  const keep = `note=$(cat); echo "$note" >> '${file}'`;
  const worker = startWorker(t, {
    flags: flags ?? [],
    env: { ...settingsFor(endpoint), NOTIFY_COMMAND: command ?? keep, FOLDER: folder, ...env },
    command: [process.execPath, ...(preload === undefined ? [] : ['--import', asModule(preload)]), 'dist/main.js'],
  });
  const notes = () =>
    existsSync(file)
      ? readFileSync(file, 'utf8')
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line) as Notification)
      : [];
  return { worker, notes, folder };
}

const asModule = (code: string) => `data:text/javascript,${encodeURIComponent(code)}`;

function assertLastIsFinal(worker: WorkerProcess): void {
  assert.equal(worker.records().at(-1)?.event, 'run_finished');
}

describe('the command of NOTIFY_COMMAND', GUARD, () => {
  test('is told of the end of a clean run, whose log stays clean and ends with its statistics', async (t) => {
    const { worker, notes } = await notifying(t, [STORY], { flags: ['--max-stories', '2'] });
    assert.deepEqual(await worker.exited, { code: 0, signal: null });
    const [note, ...others] = notes();
    assert.deepEqual([note?.event, note?.reason, note?.exit_code, others], ['run_ended', 'count', 0, []]);
    assert.deepEqual([note?.status?.stories, note?.status?.end?.over], [2, true]);
    assert.equal(note?.run_id, worker.records().at(-1)?.run_id);
    assertLastIsFinal(worker);
    assert.doesNotMatch(worker.log() + worker.stdout(), /traceback|error/i);
    assert.equal(worker.stderr(), '');
  });

  test('is told of a refusal, and never of the key', async (t) => {
    const { worker, notes } = await notifying(t, [REFUSED], {
      command: 'cat > "$FOLDER/notes"; env > "$FOLDER/environment"',
      env: { COPY_OF_KEY: 'test-key-1234567890' },
    });
    assert.deepEqual(await worker.exited, { code: 78, signal: null });
    const [note] = notes();
    assert.deepEqual([note?.reason, note?.exit_code], ['refused', 78]);
    assert.match(note?.message ?? '', /실행이 중단되었습니다 - API가 401로 답했습니다 \(bad key \*\*\*\)/);
    const told = readFileSync(join(worker.outputDir, '.runs', statusFiles(worker)[0] ?? ''), 'utf8');
    assert.match(told, /bad key \*\*\*/);
    assert.doesNotMatch(JSON.stringify(note) + told, /test-key/);
  });

  test('is told of a series of failures once, and of the end that they come to', async (t) => {
    const { worker, notes } = await notifying(t, [BUSY], {
      flags: ['--max-consecutive-failures', '4', '--notify-failures', '2'],
    });
    assert.deepEqual(await worker.exited, { code: 1, signal: null });
    assert.deepEqual(
      notes()
        .map(({ event, reason, exit_code, status }) => [event, reason, exit_code, status?.failures_in_a_row])
        .sort(),
      [
        ['failures', undefined, undefined, 2],
        ['run_ended', 'exhausted', 1, 4],
      ],
    );
  });

  test('is told when a cap is near, and when it ends the run', async (t) => {
    const { worker, notes } = await notifying(t, [STORY], {
      flags: ['--max-stories', '0', '--max-tokens-total', '45000', '--max-tokens', '8000'],
    });
    assert.deepEqual(await worker.exited, { code: 0, signal: null });
    assert.deepEqual(
      notes()
        .map(({ event, reason }) => [event, reason])
        .sort(),
      [
        ['cap_near', undefined],
        ['run_ended', 'cap'],
      ],
    );
  });

  test('is told of everything that it asks for, in order, with the files of each story', async (t) => {
    const { worker, notes } = await notifying(t, [STORY, BUSY, STORY], {
      flags: ['--max-stories', '2', '--interval-seconds', '0.7', '--notify-failures', '1'],
      env: {
        NOTIFY_EVENTS: 'run_started,story_saved,failures,heartbeat,run_ended',
        NOTIFY_HEARTBEAT_SECONDS: '0.25',
      },
    });
    assert.deepEqual(await worker.exited, { code: 0, signal: null });
    const events = notes().map(({ event }) => event);
    assert.deepEqual(
      events.filter((event) => event !== 'heartbeat'),
      ['run_started', 'story_saved', 'failures', 'story_saved', 'run_ended'],
    );
    assert.ok(events.includes('heartbeat'));
    for (const { story } of notes().filter(({ event }) => event === 'story_saved')) {
      assert.equal(story?.title, '반품 구역');
      assert.match(readFileSync(story?.markdown_path ?? '', 'utf8'), /^---\ntitle: 반품 구역\n/);
      const metadata = JSON.parse(readFileSync(story?.metadata_path ?? '', 'utf8')) as Record<string, unknown>;
      assert.deepEqual([metadata.word_count, metadata.cost_usd], [story?.word_count, story?.cost_usd]);
    }
    assert.equal(worker.stderr(), '');
  });

  test('is told of a pause, with when the run goes on', async (t) => {
    // An hour that is over: the next one is tomorrow.
    const hour = new Date().getHours();
    const hours = [(hour + 22) % 24, (hour + 23) % 24].map((each) => `${String(each).padStart(2, '0')}:00`);
    const { worker, notes } = await notifying(t, [STORY], {
      env: { NOTIFY_EVENTS: 'paused' },
      flags: ['--active-hours', hours.join('-')],
    });
    await worker.printed(/일시 정지합니다/);
    worker.child.kill('SIGTERM');
    assert.deepEqual(await worker.exited, { code: 0, signal: null });
    const [note, ...others] = notes();
    assert.deepEqual([note?.event, note?.reason, others], ['paused', 'inactive_hours', []]);
    assert.ok(Date.parse(note?.until ?? '') > Date.now());
  });

  test('is told of a defect', async (t) => {
    const { worker, notes } = await notifying(t, [STORY], {
      flags: ['--max-stories', '2', '--interval-seconds', '3600'],
      preload: 'process.on("SIGUSR2", () => { throw new Error("boom") })',
    });
    await worker.printed(/다음 소설을 시작합니다/);
    worker.child.kill('SIGUSR2');
    assert.deepEqual(await worker.exited, { code: 1, signal: null });
    const [note] = notes();
    assert.deepEqual([note?.reason, note?.exit_code, note?.status?.stories], ['uncaught', 1, 1]);
    assert.match(note?.message ?? '', /boom/);
  });

  test('is told of a run that could not even begin', async (t) => {
    const outputDir = join(temporaryFolder(t), 'stories');
    writeFileSync(outputDir, 'in the way');
    const { worker, notes } = await notifying(t, [STORY], { env: { OUTPUT_DIR: outputDir } });
    await worker.printed(/장부를 열지 못했습니다/);
    worker.child.kill('SIGTERM');
    assert.deepEqual(await worker.exited, { code: 0, signal: null });
    const [note] = notes();
    assert.deepEqual([note?.reason, note?.run_id, note?.status], ['signal', null, null]);
  });

  test('that fails changes neither the end nor the last line of the log', async (t) => {
    const { worker } = await notifying(t, [STORY], { command: 'echo 안 됨 >&2; exit 3' });
    assert.deepEqual(await worker.exited, { code: 0, signal: null });
    assertLastIsFinal(worker);
    assert.equal(worker.stderr(), '알림 명령이 실패했습니다 (run_ended): 종료 코드 3 - 안 됨\n');
  });

  test('that fails during the run is a warning in the log, and the run goes on', async (t) => {
    const { worker } = await notifying(t, [BUSY, STORY], {
      command: 'exit 3',
      flags: ['--max-stories', '2', '--interval-seconds', '3600', '--notify-failures', '1'],
    });
    await worker.printed(/알림 명령이 실패했습니다 \(failures\): 종료 코드 3/);
    await worker.printed(/다음 소설을 시작합니다/);
    worker.child.kill('SIGTERM');
    assert.deepEqual(await worker.exited, { code: 0, signal: null });
    assert.equal(worker.records().at(-1)?.stories, 1);
    const warning = worker.records().find(({ event }) => event === 'notify_failed');
    assert.deepEqual([warning?.level, warning?.of], ['warn', 'failures']);
  });

  test('that hangs does not hold up the loop', async (t) => {
    const { worker } = await notifying(t, [BUSY, STORY], {
      // Until the run has done all that it had to do.
      command: 'until [ "$(ls "$OUTPUT_DIR"/*.md | wc -l)" -eq 3 ]; do sleep 0.05; done 2> /dev/null',
      flags: ['--max-stories', '3', '--notify-failures', '1'],
    });
    assert.deepEqual(await worker.exited, { code: 0, signal: null });
    assert.equal(worker.records().at(-1)?.stories, 3);
    assert.equal(worker.stderr(), '');
  });

  test('that hangs at a forced end is not waited for', async (t) => {
    const half: Reply = { ...STORY, fault: { afterCharacters: 500, kind: 'ping' } };
    const { worker } = await notifying(t, [half], { command: 'sleep 1000' });
    await worker.printed(/소설을 씁니다/);
    const again = setInterval(() => worker.child.kill('SIGINT'), 100);
    t.after(() => clearInterval(again));
    await worker.printed(/강제 종료/);
    const ending = performance.now();
    assert.deepEqual(await worker.exited, { code: 130, signal: null });
    // Otherwise 10 s.
    assert.ok(performance.now() - ending < 5000);
    assert.match(worker.stderr(), /알림 명령이 실패했습니다 \(run_ended\): 제한 시간/);
  });

  test('gives a defect that shows while it runs no chance to end the run a second time', async (t) => {
    const { worker } = await notifying(t, [STORY], {
      command: 'kill -USR2 "$PPID"; sleep 0.2',
      preload: 'process.on("SIGUSR2", () => { Promise.reject(new Error("boom")) })',
    });
    assert.deepEqual(await worker.exited, { code: 0, signal: null });
    assertLastIsFinal(worker);
    const [ledger = ''] = readdirSync(join(worker.outputDir, '.runs')).filter((name) => name.endsWith('.jsonl'));
    const ends = readFileSync(join(worker.outputDir, '.runs', ledger), 'utf8').match(/"type":"end"/g);
    assert.equal(ends?.length, 1);
  });
});

test('without NOTIFY_COMMAND nothing of it is loaded', async (t) => {
  const endpoint = await endpointFor(t, () => STORY);
  const loads = async (env: Record<string, string>) => {
    const coverage = temporaryFolder(t);
    const worker = startWorker(t, { env: { ...settingsFor(endpoint), NODE_V8_COVERAGE: coverage, ...env } });
    assert.equal((await worker.exited).code, 0);
    // Node lists the scripts that a process has loaded.
    return readdirSync(coverage).some((name) => readFileSync(join(coverage, name), 'utf8').includes('/dist/notify-'));
  };
  assert.deepEqual([await loads({}), await loads({ NOTIFY_COMMAND: 'true' })], [false, true]);
});

const statusFiles = (worker: WorkerProcess) =>
  readdirSync(join(worker.outputDir, '.runs')).filter((name) => name.endsWith('.status.json'));

describe('the status of a worker', GUARD, () => {
  test('tells of its wait, of its kill, and of its end after another took the run up', async (t) => {
    const outputDir = temporaryFolder(t);
    const endpoint = await endpointFor(t, () => STORY);
    const flags = ['--resume', '--max-stories', '2', '--duration-seconds', '3600', '--interval-seconds'];
    const first = startWorker(t, { flags: [...flags, '1800'], env: settingsFor(endpoint), outputDir });
    await first.printed(/다음 소설을 시작합니다/);
    const waiting = await statusThat(outputDir, ({ doing }) => doing === 'interval');
    assert.deepEqual(
      [waiting?.doing, waiting?.stories, waiting?.max_stories, waiting?.pid, waiting?.end],
      ['interval', 1, 2, first.child.pid, null],
    );
    const wait = first.records().find(({ event }) => event === 'waiting');
    assert.equal(waiting?.next_at, wait?.until);
    assert.equal(Date.parse(waiting?.deadline ?? ''), Date.parse(waiting?.started_at ?? '') + 3_600_000);
    assert.deepEqual([waiting?.last_story?.title, first.files()[0]], ['반품 구역', waiting?.last_story?.file]);

    first.child.kill('SIGKILL');
    await first.exited;
    const [killed] = await readStatuses(outputDir);
    assert.deepEqual([killed?.doing, killed?.end?.reason, killed?.pid], ['ended', 'killed', null]);

    const second = startWorker(t, { flags: [...flags, '0'], env: settingsFor(endpoint), outputDir });
    assert.equal((await second.exited).code, 0);
    const [over] = await readStatuses(outputDir);
    assert.deepEqual(
      [over?.run_id, over?.stories, over?.resumes, over?.end],
      [waiting?.run_id, 2, 1, { reason: 'count', message: '생성 개수 제한 도달 (2편)', over: true, exit_code: 0 }],
    );
    assert.equal(statusFiles(second).length, 1);
  });

  test('still has the last story after the run was taken up', async (t) => {
    const outputDir = temporaryFolder(t);
    const flags = ['--resume', '--max-stories', '2', '--interval-seconds', '1800'];
    const first = startWorker(t, { flags, env: settingsFor(await endpointFor(t, () => STORY)), outputDir });
    await first.printed(/다음 소설을 시작합니다/);
    first.child.kill('SIGTERM');
    await first.exited;
    const never = await endpointFor(t, () => new Promise(() => {}));
    const second = startWorker(t, { flags, env: settingsFor(never), outputDir });
    await second.printed(/2번째 소설을 씁니다/);
    const said = await statusThat(outputDir, ({ doing }) => doing === 'writing');
    assert.deepEqual([said.doing, said.epoch, said.last_story?.title], ['writing', 2, '반품 구역']);
  });
});

/** The status of the only run once it is of that kind: it is written at most ten times per second. */
async function statusThat(outputDir: string, isIt: (status: Status) => boolean): Promise<Status> {
  for (let tries = 0; tries < 1000; tries++) {
    const [status] = await readStatuses(outputDir);
    if (status !== undefined && isIt(status)) return status;
    await setTimeout(10);
  }
  return assert.fail('the status does not become that');
}

/** A worker that believes itself under pm2, and the metrics that pm2 would get. */
async function supervisedWorker(t: TestContext, reply: () => Reply | Promise<Reply>, flags: readonly string[]) {
  const endpoint = await endpointFor(t, reply);
  const outputDir = join(temporaryFolder(t), 'stories');
  const child = spawn(process.execPath, ['dist/main.js', ...flags], {
    cwd: ROOT,
    env: {
      ...cleanEnvironment(),
      ...settingsFor(endpoint),
      OUTPUT_DIR: outputDir,
      LOG_DIR: temporaryFolder(t),
      pm_id: '0',
    },
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  t.after(() => child.kill('SIGKILL'));
  const metrics: Record<string, Metric>[] = [];
  let look = () => {};
  child.on('message', (message: { type?: string; data?: Record<string, Metric> }) => {
    if (message.type === 'axm:monitor' && message.data !== undefined) metrics.push(message.data);
    look();
  });
  return {
    child,
    outputDir,
    doing: () => metrics.map(({ Doing }) => Doing?.value),
    last: () => metrics.at(-1),
    until: (isSo: () => boolean) =>
      new Promise<void>((resolve) => {
        look = () => isSo() && resolve();
        look();
      }),
    exited: new Promise((resolve) => child.on('exit', resolve)),
  };
}

describe('the metrics for pm2', GUARD, () => {
  test('are sent when the run does something else, and then no more', async (t) => {
    const { doing, last, until, child, exited } = await supervisedWorker(t, () => STORY, [
      '--interval-seconds',
      '3600',
      '--max-stories',
      '2',
    ]);
    await until(() => doing().at(-1) === 'interval');
    assert.deepEqual(doing(), ['starting', 'writing', 'interval']);
    assert.deepEqual(
      [last()?.Stories?.value, last()?.Tokens?.value, last()?.['Last story']?.value],
      [1, 10_000, '반품 구역'],
    );
    assert.match(String(last()?.['Next at']?.value), /^\d\d:\d\d:\d\d$/);
    child.kill('SIGTERM');
    assert.equal(await exited, 0);
    assert.deepEqual(doing(), ['starting', 'writing', 'interval', 'ended']);
  });

  test('say that the run holds while the disk refuses', async (t) => {
    let answer = () => {};
    const answered = new Promise<void>((resolve) => {
      answer = resolve;
    });
    let asked = () => {};
    const called = new Promise<void>((resolve) => {
      asked = resolve;
    });
    const reply = () => {
      asked();
      return answered.then(() => STORY);
    };
    const { doing, until, exited, outputDir } = await supervisedWorker(t, reply, []);
    await called;
    await until(() => doing().at(-1) === 'writing');
    rmSync(outputDir, { recursive: true });
    writeFileSync(outputDir, 'in the way');
    answer();
    await until(() => doing().at(-1) === 'holding');
    rmSync(outputDir);
    assert.equal(await exited, 0);
  });

  test('that can no longer be sent do not end the run', async (t) => {
    const { doing, until, child, exited, outputDir } = await supervisedWorker(t, () => STORY, [
      '--interval-seconds',
      '0.1',
      '--max-stories',
      '3',
    ]);
    await until(() => doing().includes('interval'));
    child.disconnect();
    assert.equal(await exited, 0);
    assert.equal(readdirSync(outputDir).filter((name) => name.endsWith('.md')).length, 3);
  });
});

test('a ledger that cannot be read has nothing to show of earlier processes, and keeps nobody from working', (t) => {
  const folder = temporaryFolder(t);
  const run = memoryRun();
  const path = ledgerPath(folder, run.id);
  mkdirSync(dirname(path));
  // A link to itself: ELOOP.
  symlinkSync(path, path);
  const limits = {
    durationMs: null,
    maxStories: 1,
    intervalMs: 0,
    maxConsecutiveFailures: null,
    maxRejectedInARow: null,
    concurrency: 1,
  };
  const { before } = toTrackedRun(folder, run, {
    ...{ runName: 'default', limits, caps: { tokens: null, costUsd: null }, callTimeoutSeconds: 600 },
  });
  assert.deepEqual(before, { last_story: null, last_failure: null });
});
