import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { storyText, temporaryFolder } from '../../helpers/fakes.js';
import { endpointFor, settingsFor, startWorker, type WorkerProcess } from '../../helpers/processes.js';

// The worker as a container runs it: as its first process, or under pm2-runtime as its first process.

/** Runs a command as process 1 of processes of its own, as a container does, where this machine lets us. */
const AS_FIRST = ['unshare', '--pid', '--fork', '--mount-proc', '--kill-child'];
const canBeFirst = spawnSync(AS_FIRST[0] ?? '', [...AS_FIRST.slice(1), 'true']).status === 0;

const PM2_RUNTIME = [
  process.execPath,
  join('node_modules', 'pm2', 'bin', 'pm2-runtime'),
  'start',
  'ecosystem.config.cjs',
];
const WORKER = [process.execPath, 'dist/main.js'];

/** A story that takes so long that one can be asked to stop in the middle. */
const storyAt = (charactersPerSecond: number) => ({
  content: [{ type: 'text' as const, text: storyText() }],
  charactersPerSecond,
});

/** Milliseconds; pm2-runtime looks for apps that are online every two seconds, and gives up after some ten. */
const GUARD = { timeout: 60_000, concurrency: true };

/** A container's command, and the process that gets the container's signals. */
async function startContainer(t: TestContext, command: readonly string[], flags: readonly string[], speed = 2000) {
  const endpoint = await endpointFor(t, () => storyAt(speed));
  const container = startWorker(t, {
    command: [...(canBeFirst ? AS_FIRST : []), ...command],
    // pm2-runtime takes flags of the worker after a separator.
    flags: command === PM2_RUNTIME ? ['--', ...flags] : flags,
    env: { ...settingsFor(endpoint), NODE_ENV: 'production', PM2_HOME: temporaryFolder(t) },
  });
  if (!canBeFirst) t.diagnostic('no process namespace can be made here: the container is an ordinary process');
  const { pid = 0 } = container.child;
  const children = () =>
    readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  const stop = () => process.kill(canBeFirst ? (children()[0] ?? 0) : pid, 'SIGTERM');
  return { ...container, stop };
}

const reasonOf = (worker: WorkerProcess) => worker.records().at(-1)?.reason;

function assertWholeStories(worker: WorkerProcess, count: number): void {
  assert.equal(worker.files().filter((file) => file.endsWith('.md')).length, count);
  assert.equal(worker.files().length, 2 * count);
}

describe('pm2-runtime start ecosystem.config.cjs', GUARD, () => {
  test('told to stop, ends with 0 once the story in hand is saved', async (t) => {
    const { stop, ...container } = await startContainer(t, PM2_RUNTIME, []);
    await container.printed(/1번째 소설을 씁니다/);
    stop();
    assert.deepEqual(await container.exited, { code: 0, signal: null });
    assert.match(container.stdout(), /현재 작업 완료 후 종료합니다[\s\S]*1번째 소설 저장/);
    assert.equal(reasonOf(container), 'signal');
    assertWholeStories(container, 1);
  });

  test('ends by itself after a run that is over, which is not started again', async (t) => {
    const container = await startContainer(t, PM2_RUNTIME, ['--max-stories', '1']);
    const { code } = await container.exited;
    // pm2-runtime's own codes: 2 for "no app is online", 0 where it has nothing left to wait for sooner.
    assert.ok(code === 2 || code === 0, String(code));
    assert.equal(container.stdout().match(/호러 소설 생성기를 시작합니다/g)?.length, 1);
    assert.equal(reasonOf(container), 'count');
    assertWholeStories(container, 1);
  });
});

describe('node dist/main.js as the first process', GUARD, () => {
  const CASES: [what: string, flags: string[], code: number][] = [
    ['a run that is over', ['--max-stories', '1', '--completed-exit-code', '0'], 0],
    ['the code of the profile', ['--max-stories', '1'], 10],
    ['a setting that cannot be used', ['--max-stories', 'x'], 2],
  ];
  for (const [what, flags, code] of CASES) {
    test(`gives its exit code to the container: ${what}`, async (t) => {
      const container = await startContainer(t, WORKER, flags);
      assert.deepEqual(await container.exited, { code, signal: null });
    });
  }

  test('told to stop, ends with its code once the story in hand is saved; told twice, at once', async (t) => {
    const patient = await startContainer(t, WORKER, []);
    await patient.printed(/1번째 소설을 씁니다/);
    patient.stop();
    assert.deepEqual(await patient.exited, { code: 10, signal: null });
    assertWholeStories(patient, 1);

    const { stop, ...hasty } = await startContainer(t, WORKER, [], 50);
    await hasty.printed(/1번째 소설을 씁니다/);
    stop();
    await hasty.printed(/SIGTERM 수신/);
    // The second signal counts from a second after the first.
    await delay(1050);
    stop();
    assert.deepEqual(await hasty.exited, { code: 130, signal: null });
    assertWholeStories(hasty, 0);
  });
});
