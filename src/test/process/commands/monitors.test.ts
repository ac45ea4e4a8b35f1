import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { HEALTH_CODES } from '../../../observe/health.js';
import type { Reply } from '../../../offline/server/reply.js';
import { storyText, temporaryFolder } from '../../helpers/fakes.js';
import { endpointFor, settingsFor, startWorker, type WorkerProcess } from '../../helpers/processes.js';

// npm run status -- --check and --prometheus beside real workers.

const STORY: Reply = {
  content: [{ type: 'text', text: storyText() }],
  usage: { input_tokens: 3000, output_tokens: 7000 },
};
const BUSY: Reply = { status: 529, error: { type: 'overloaded_error', message: 'busy' } };
const FOREVER = ['--max-stories', '0', '--interval-seconds', '3600'];

async function workerWith(t: TestContext, reply: Reply, flags: readonly string[]): Promise<WorkerProcess> {
  return startWorker(t, { flags, env: settingsFor(await endpointFor(t, () => reply)) });
}

async function status(t: TestContext, outputDir: string, ...flags: string[]) {
  const command = [process.execPath, '--import', 'tsx', 'scripts/status.ts'];
  const asked = startWorker(t, { command, flags, outputDir });
  const { code } = await asked.exited;
  return { code, stdout: asked.stdout(), stderr: asked.stderr() };
}

async function assertHealth(t: TestContext, outputDir: string, state: keyof typeof HEALTH_CODES, words: RegExp) {
  const { code, stdout, stderr } = await status(t, outputDir, '--check');
  assert.deepEqual([code, stderr], [HEALTH_CODES[state], ''], stdout);
  assert.match(stdout, words);
  // One line.
  assert.equal(stdout.indexOf('\n'), stdout.length - 1);
}

describe('npm run status -- --check', () => {
  test('answers for a worker that waits, that was killed, and that ended in good order', async (t) => {
    const killed = await workerWith(t, STORY, FOREVER);
    await killed.printed(/다음 소설을 시작합니다/);
    await assertHealth(t, killed.outputDir, 'ok', /^정상 - 다음 소설을 기다리는 중, 소설 1편\n$/);
    killed.child.kill('SIGKILL');
    await killed.exited;
    await assertHealth(t, killed.outputDir, 'stale', /^작업자가 사라졌습니다 - /);

    const ended = await workerWith(t, STORY, []);
    await ended.exited;
    await assertHealth(t, ended.outputDir, 'none', /^진행 중인 작업자가 없습니다 - 생성 개수 제한 도달/);
    await assertHealth(t, temporaryFolder(t), 'none', /^실행 기록이 없습니다/);
  });

  test('answers for a worker that keeps failing', async (t) => {
    const worker = await workerWith(t, BUSY, ['--max-consecutive-failures', '0', '--retry-max-seconds', '1']);
    await worker.printed(/연속 3회/);
    await worker.printed(/다시 시도합니다/);
    await assertHealth(t, worker.outputDir, 'failing', /^연속 \d+회 실패 - /);
  });

  test('answers for a worker that pauses', async (t) => {
    const hour = new Date().getHours();
    const [from, to] = [(hour + 22) % 24, (hour + 23) % 24].map((each) => `${String(each).padStart(2, '0')}:00`);
    const worker = await workerWith(t, STORY, ['--active-hours', `${from}-${to}`]);
    await worker.printed(/일시 정지합니다/);
    await assertHealth(t, worker.outputDir, 'paused', /^일시 정지 - 정한 시간대를 기다리는 중, \d\d:00:00까지\n$/);
  });

  test('is asked for one answer at a time', async (t) => {
    const { code, stderr } = await status(t, temporaryFolder(t), '--check', '--json');
    assert.equal(code, 2);
    assert.match(stderr, /하나만 쓸 수 있습니다/);
  });
});

test('npm run status -- --prometheus has the figures of the worker at work, and of a name that it lacks none', async (t) => {
  const worker = await workerWith(t, STORY, [...FOREVER, '--run-name', 'night "1"']);
  await worker.printed(/다음 소설을 시작합니다/);
  const { code, stdout } = await status(t, worker.outputDir, '--prometheus');
  assert.equal(code, 0);
  for (const line of [
    'horror_story_workers{run_name="night \\"1\\""} 1',
    'horror_story_health{run_name="night \\"1\\"",state="ok"} 1',
    'horror_story_stories_total{run_name="night \\"1\\""} 1',
    'horror_story_tokens_total{run_name="night \\"1\\"",direction="output"} 7000',
  ]) {
    assert.ok(stdout.split('\n').includes(line), `${line}\n${stdout}`);
  }
  const other = await status(t, worker.outputDir, '--prometheus', '--run-name', 'day');
  assert.match(other.stdout, /^horror_story_workers\{run_name="day"\} 0$/m);
});
