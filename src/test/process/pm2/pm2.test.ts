import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { Metric } from '../../../observe/pm2.js';
import type { Reply } from '../../../offline/server/reply.js';
import { storyText, temporaryFolder } from '../../helpers/fakes.js';
import { cleanEnvironment, endpointFor, ROOT, settingsFor } from '../../helpers/processes.js';

// The real pm2 with a daemon of its own, and the real ecosystem.config.cjs. Every case leaves an empty list.

/** One command, or one condition, takes no longer than this, in milliseconds. */
const GUARD = 30_000;
const POLL = 50;

/** A path short enough for the daemon's sockets. */
const HOME = mkdtempSync(join(tmpdir(), 'pm2-'));
const FILE = 'ecosystem.config.cjs';
const NAME = 'horror-story-worker';

const TEXT = storyText();
const AT_ONCE: Reply = { content: [{ type: 'text', text: TEXT }] };
/** What pm2 gives a process to end by default, in milliseconds, before it kills it. */
const PM2_PATIENCE = 1600;

before(() => pm2(['ping']));
after(endDaemon);

test('a run that reaches its limit ends by itself, shows stopped, and is not started again', async (t) => {
  const { requests, ...worker } = await place(t, () => AT_ONCE);
  await pm2(['start', FILE, '--', '--max-stories', '2', '--interval-seconds', '0.1'], {
    ...worker.env,
    DURATION_SECONDS: '77',
  });
  await stopped();
  const app = await readApp();
  assert.deepEqual({ ...app, pid: 0 }, { pid: 0, status: 'stopped', restarts: 0, exitCode: 10 });
  assert.equal(requests(), 2);
  assert.equal(worker.stories().length, 2);
  const [started] = worker.records();
  const settings = started?.settings as Record<string, unknown>;
  // A flag, an environment variable over the profile, and the profile.
  assert.deepEqual(
    [settings.maxStories, settings.intervalSeconds, settings.durationSeconds, settings.maxConsecutiveFailures],
    [2, 0.1, 77, 0],
  );
  const last = worker.records().at(-1);
  assert.deepEqual([last?.event, last?.reason], ['run_finished', 'count']);
});

test('pm2 logs shows the run in readable Korean, to its final statistics', async (t) => {
  const worker = await place(t, () => AT_ONCE);
  await pm2(['flush']);
  await pm2(['start', FILE, '--', '--max-stories', '1'], worker.env);
  await stopped();
  const { stdout } = await pm2(['logs', NAME, '--nostream', '--lines', '20']);
  for (const line of [
    '호러 소설 생성기를 시작합니다',
    '소설 저장 - "반품 구역"',
    '실행 완료 - 최종 통계',
    '총 토큰 사용량',
  ]) {
    assert.ok(stdout.includes(line), `${line} is not in\n${stdout}`);
  }
  assert.doesNotMatch(stdout, /\\u|\uFFFD|traceback|error:/i);
});

test('the copy that pm2 logs shows stays within the size of a log file', async (t) => {
  const worker = await place(t, () => AT_ONCE);
  await pm2(['flush']);
  const copy = join(HOME, 'logs', `${NAME}-out.log`);
  appendFileSync(copy, '오래된 줄\n'.repeat(200_000));
  await pm2(['start', FILE, '--', '--max-stories', '1', '--log-max-size-mb', '1'], worker.env);
  await stopped();
  assert.ok(statSync(copy).size < 1024 ** 2);
  const { stdout } = await pm2(['logs', NAME, '--nostream', '--lines', '100']);
  assert.match(stdout, /오래된 줄[\s\S]*실행 완료 - 최종 통계/);
});

test('pm2 start returns when the worker is up, and pm2 stop once the story in hand is on disk', async (t) => {
  const call = heldCall();
  const worker = await place(t, () => call.reply);
  const { stdout } = await pm2(['start', FILE], worker.env);
  assert.match(stdout, /online/);
  assert.equal((await readApp())?.status, 'online');
  assert.ok(worker.events().includes('author_chosen'));
  await until('it writes', async () => worker.requests() === 1);
  const pid = (await readApp())?.pid ?? 0;

  await stopMidStory(['stop', NAME], worker, call);
  assert.equal((await readApp())?.status, 'stopped');
  assert.ok(!isAlive(pid));
  assert.equal(worker.requests(), 1);
  assert.equal(worker.stories().length, 1);
  assert.deepEqual(worker.events().slice(-3), ['stop_requested', 'story_saved', 'run_finished']);
});

test('pm2 stop in a wait ends it at once, with the final record', async (t) => {
  const worker = await place(t, () => AT_ONCE);
  await pm2(['start', FILE], worker.env);
  await until('it waits', async () => worker.events().includes('waiting'));
  await pm2(['stop', NAME]);
  assert.equal((await readApp())?.status, 'stopped');
  assert.deepEqual(worker.events().slice(-3), ['waiting', 'stop_requested', 'run_finished']);
  const [asked = 0, finished = 0] = worker
    .records()
    .slice(-2)
    .map(({ time }) => Date.parse(String(time)));
  // The wait is one of half an hour.
  assert.ok(finished - asked < 1000, `${finished - asked} ms`);
});

test('pm2 show lists the metrics of a run while it waits, and of its end nothing is left', async (t) => {
  const worker = await place(t, () => AT_ONCE);
  await pm2(['start', FILE], worker.env);
  await until('it waits', async () => (await readMetrics()).Doing?.value === 'interval');
  const metrics = await readMetrics();
  assert.deepEqual([metrics.Stories?.value, metrics['Last story']?.value], [1, '반품 구역']);
  const { stdout } = await pm2(['show', NAME]);
  assert.match(stdout, /Code metrics[\s\S]*│ Doing +│ interval +│[\s\S]*│ Next at +│ \d\d:\d\d:\d\d +│/);
  await pm2(['stop', NAME]);
  assert.deepEqual(await readMetrics(), {});
});

test('a killed worker comes back and goes on', async (t) => {
  const worker = await place(t, () => ({ ...AT_ONCE, charactersPerSecond: 4000 }));
  await pm2(['start', FILE, '--', '--interval-seconds', '0.1'], worker.env);
  await until('there is a story', async () => worker.stories().length > 0);
  const first = await readApp();
  process.kill(first?.pid ?? 0, 'SIGKILL');
  await until('it is back', async () => {
    const app = await readApp();
    return app?.status === 'online' && app.pid !== first?.pid;
  });
  assert.equal((await readApp())?.restarts, 1);
  const stories = worker.stories().length;
  await until('there is another story', async () => worker.stories().length > stories);
});

test('a run whose worker is killed ends at its first deadline, with one final record for the whole', async (t) => {
  const worker = await place(t, () => AT_ONCE);
  await pm2(['start', FILE, '--', '--duration-seconds', '8', '--interval-seconds', '0.3'], worker.env);
  await until('there is a story', async () => worker.stories().length > 0);
  // Not from pm2, which on a slow machine takes a good part of the run to answer.
  process.kill(Number(worker.records()[0]?.pid), 'SIGKILL');
  await stopped();
  const app = await readApp();
  assert.deepEqual([app?.restarts, app?.exitCode], [1, 10]);
  const finals = worker.records().filter(({ event }) => event === 'run_finished');
  assert.equal(finals.length, 1);
  const [final] = finals;
  assert.deepEqual([final?.reason, final?.over, final?.resumes], ['duration', true, 1]);
  assert.equal(final?.stories, worker.stories().length);
  // Not 8 s from the restart on: a wait ends at the deadline.
  const at = (record: Record<string, unknown> | undefined) => Date.parse(String(record?.time));
  const [firstLife, secondLife] = worker.records().filter(({ event }) => event === 'worker_started');
  assert.ok(at(final) >= at(firstLife) + 8000);
  assert.ok(at(final) < at(secondLife) + 8000);
});

test('after a crash of the machine pm2 resurrect brings the saved worker back, which takes its run up', async (t) => {
  const worker = await place(t, () => AT_ONCE);
  await pm2(['start', FILE, '--', '--interval-seconds', '0.3'], worker.env);
  await until('there is a story', async () => worker.stories().length > 0);
  await pm2(['save']);
  // The daemon first: it would start another worker.
  for (const file of [join(HOME, 'pm2.pid'), ...filesIn(join(HOME, 'pids'))]) process.kill(readPid(file), 'SIGKILL');
  const stories = worker.stories().length;
  await pm2(['resurrect']);
  await until('there is another story', async () => worker.stories().length > stories);
  const begun = worker.records().filter(({ event }) => event === 'run_begun');
  const resumed = worker.records().filter(({ event }) => event === 'run_resumed');
  assert.deepEqual([begun.length, resumed.length], [1, 1]);
  assert.equal((await readApp())?.status, 'online');
});

test('pm2 restart finishes the story in hand before it starts the next worker', async (t) => {
  const call = heldCall();
  const worker = await place(t, (index) => (index === 0 ? call.reply : AT_ONCE));
  await pm2(['start', FILE], worker.env);
  await until('it writes', async () => worker.requests() === 1);
  const first = await readApp();
  await stopMidStory(['restart', NAME], worker, call);
  const second = await readApp();
  assert.deepEqual([second?.status, second?.restarts], ['online', 1]);
  assert.notEqual(second?.pid, first?.pid);
  const events = worker.events();
  const restarted = events.lastIndexOf('worker_started');
  assert.deepEqual(events.slice(restarted - 3, restarted), ['stop_requested', 'story_saved', 'run_finished']);
});

test('a flag that cannot be understood stops the worker with its reason in the error log', async (t) => {
  const worker = await place(t, () => AT_ONCE);
  await pm2(['flush']);
  await pm2(['start', FILE, '--', '--max-stories', '3abc'], worker.env);
  await stopped();
  const app = await readApp();
  assert.deepEqual([app?.status, app?.restarts, app?.exitCode], ['stopped', 0, 2]);
  assert.equal(worker.requests(), 0);
  const { stdout } = await pm2(['logs', NAME, '--err', '--nostream', '--lines', '5']);
  assert.match(stdout, /--max-stories.*3abc/);
});

test('a refused key stops the worker, and the next pm2 start takes the new key and the new flags', async (t) => {
  const worker = await place(t, (_index, key) =>
    key.includes('test-key')
      ? { status: 401, error: { type: 'authentication_error', message: 'invalid x-api-key' } }
      : AT_ONCE,
  );
  await pm2(['start', FILE], worker.env);
  await stopped();
  const refused = await readApp();
  assert.deepEqual([refused?.status, refused?.restarts, refused?.exitCode], ['stopped', 0, 78]);
  assert.equal(worker.requests(), 1);
  assert.equal(worker.records().at(-1)?.reason, 'refused');

  await pm2(['start', FILE, '--', '--max-stories', '1'], {
    ...worker.env,
    ANTHROPIC_API_KEY: 'another-key-1234567890',
  });
  await until('it stops again', async () => (await readApp())?.exitCode === 10);
  assert.equal(worker.stories().length, 1);
});

test('pm2 kill finishes the story in hand before the daemon ends', async (t) => {
  const call = heldCall();
  const worker = await place(t, () => call.reply);
  await pm2(['start', FILE], worker.env);
  await until('it writes', async () => worker.requests() === 1);
  await stopMidStory(['kill'], worker, call);
  assert.equal(worker.stories().length, 1);
  assert.equal(worker.events().at(-1), 'run_finished');
});

/** Folders and an endpoint for one case, and what the worker left there. */
interface Place {
  env: Record<string, string>;
  requests(): number;
  /** The names of the stories on disk; fails on one that is not whole. */
  stories(): string[];
  records(): Record<string, unknown>[];
  events(): unknown[];
}

async function place(
  t: TestContext,
  respond: (index: number, authorization: string) => Reply | Promise<Reply>,
): Promise<Place> {
  // Before the folders' removal, which a worker that is still at work would make fail.
  t.after(async () => {
    // A daemon that the test ended would begin its answer with the news that it was started.
    await pm2(['ping']);
    if ((await readApp()) !== null) await pm2(['delete', NAME]);
  });
  const outputDir = temporaryFolder(t);
  const logDir = temporaryFolder(t);
  let requests = 0;
  const endpoint = await endpointFor(t, ({ headers }, index) => {
    requests++;
    return respond(index, String(headers.authorization ?? headers['x-api-key']));
  });
  const records = () =>
    readdirSync(logDir)
      .filter((name) => name.endsWith('.log'))
      .sort()
      .flatMap((name) => readFileSync(join(logDir, name), 'utf8').split('\n'))
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  return {
    // Should this process be killed, what it leaves behind ends by itself.
    env: { ...settingsFor(endpoint), OUTPUT_DIR: outputDir, LOG_DIR: logDir, DURATION_SECONDS: '120' },
    requests: () => requests,
    stories: () => readStories(outputDir),
    records,
    events: () => records().map(({ event }) => event),
  };
}

/** A call whose reply comes when the test says so, however slow the machine is. */
interface HeldCall {
  reply: Promise<Reply>;
  release(): void;
}

function heldCall(): HeldCall {
  let release = () => {};
  const reply = new Promise<Reply>((resolve) => {
    release = () => resolve(AT_ONCE);
  });
  return { reply, release };
}

/** Runs a command of pm2 that stops the worker, and lets the story in hand take longer than pm2 waits by default. */
async function stopMidStory(command: string[], worker: Place, call: HeldCall): Promise<void> {
  const stopping = pm2(command);
  // Should it fail first, that is what the test ends with.
  await Promise.race([stopping, until('it is asked to stop', async () => worker.events().includes('stop_requested'))]);
  await delay(2 * PM2_PATIENCE);
  call.release();
  await stopping;
}

function readStories(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.md'))
    .map((name) => {
      const story = readFileSync(join(folder, name));
      const metadata = readFileSync(join(folder, name.replace(/\.md$/, '_metadata.json')), 'utf8');
      const { sha256 } = JSON.parse(metadata) as { sha256: string };
      assert.equal(createHash('sha256').update(story).digest('hex'), sha256);
      assert.ok(story.toString('utf8').includes(TEXT));
      return name;
    });
}

interface AppState {
  pid: number;
  status: string;
  restarts: number;
  /** Of the last time that it ended. */
  exitCode: number | undefined;
}

async function readApp(): Promise<AppState | null> {
  const { stdout } = await pm2(['jlist']);
  const [app] = JSON.parse(stdout) as {
    pid: number;
    pm2_env: { status: string; restart_time: number; exit_code?: number };
  }[];
  if (app === undefined) return null;
  const { status, restart_time, exit_code } = app.pm2_env;
  return { pid: app.pid, status, restarts: restart_time, exitCode: exit_code };
}

/** What pm2 knows of the worker's own metrics. */
async function readMetrics(): Promise<Record<string, Metric>> {
  const { stdout } = await pm2(['jlist']);
  const [app] = JSON.parse(stdout) as { pm2_env: { axm_monitor?: Record<string, Metric> } }[];
  return app?.pm2_env.axm_monitor ?? {};
}

/** Runs one command of pm2; rejects when it fails, with all that it said. */
function pm2(args: string[], env: Record<string, string> = {}): Promise<{ stdout: string }> {
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      [join(ROOT, 'node_modules', 'pm2', 'bin', 'pm2'), ...args],
      { cwd: ROOT, env: { ...cleanEnvironment(), ...env, PM2_HOME: HOME }, timeout: GUARD, killSignal: 'SIGKILL' },
      (error, stdout, stderr) => {
        if (error === null) resolve({ stdout });
        else reject(new Error(`pm2 ${args.join(' ')}: ${error.message}\n${stdout}\n${stderr}`));
      },
    );
  });
}

async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + GUARD;
  while (!(await isSo())) {
    assert.ok(Date.now() < end, `waited in vain until ${what}\n${readErrors()}`);
    await delay(POLL);
  }
}

/** What workers wrote to standard error, such as why they cannot start. */
function readErrors(): string {
  const logs = filesIn(join(HOME, 'logs')).filter((path) => path.endsWith('-error.log'));
  return logs.map((path) => readFileSync(path, 'utf8').slice(-2000)).join('\n');
}

const stopped = () => until('it stops', async () => (await readApp())?.status === 'stopped');

/** Leaves nothing running, whatever the tests did. */
async function endDaemon(): Promise<void> {
  const pids = [join(HOME, 'pm2.pid'), ...filesIn(join(HOME, 'pids'))].filter(existsSync).map(readPid);
  try {
    if (pids.length > 0) await pm2(['kill']);
    await until('pm2 is gone', async () => !pids.some(isAlive));
  } finally {
    for (const pid of pids.filter(isAlive)) process.kill(pid, 'SIGKILL');
    rmSync(HOME, { recursive: true, force: true });
  }
}

const filesIn = (folder: string) => (existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : []);
const readPid = (path: string) => Number(readFileSync(path, 'utf8'));

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // A daemon that has ended is a zombie until process 1 takes note, which in a container may be never.
    const stat = `/proc/${pid}/stat`;
    return !existsSync(stat) || !/\) Z /.test(readFileSync(stat, 'utf8'));
  } catch {
    return false;
  }
}

test('answers that are no stories stop the worker for good after five, whatever pm2 restarts', async (t) => {
  const worker = await place(t, () => ({
    content: [{ type: 'text', text: '죄송하지만 이 이야기는 쓸 수 없습니다.' }],
  }));
  await pm2(['start', FILE], { ...worker.env, INTERVAL_SECONDS: '0' });
  await stopped();
  const app = await readApp();
  assert.deepEqual([app?.status, app?.restarts, app?.exitCode], ['stopped', 0, 79]);
  assert.equal(worker.requests(), 5);
  assert.equal(worker.records().at(-1)?.reason, 'rejected');
});
