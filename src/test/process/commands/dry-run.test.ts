import assert from 'node:assert/strict';
import { existsSync, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../../helpers/fakes.js';
import {
  endpointFor,
  settingsFor,
  startWorker,
  type WorkerProcess,
  type WorkerProcessOptions,
} from '../../helpers/processes.js';

/** Every entry below a folder, the folder itself included: kind, size, and when it was changed. */
function treeOf(folder: string): string[] {
  const names = ['.', ...readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()];
  return names.map((name) => {
    const { mode, size, mtimeNs, ctimeNs } = lstatSync(join(folder, name), { bigint: true });
    return [name, mode, size, mtimeNs, ctimeNs].join(' ');
  });
}

async function ended(worker: WorkerProcess): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const { code } = await worker.exited;
  return { code, stdout: worker.stdout(), stderr: worker.stderr() };
}

test('--dry-run calls nothing, writes nothing, and names the run that is then resumed', async (t) => {
  const root = temporaryFolder(t);
  const [outputDir, logDir] = [join(root, 'stories'), join(root, 'logs')];
  const flags = [
    '--duration-seconds',
    '3600',
    '--interval-seconds',
    '600',
    '--max-tokens-per-day',
    '10000000',
    '--resume',
  ];
  const run = (more: readonly string[], options: WorkerProcessOptions = {}) =>
    startWorker(t, { outputDir, logDir, ...options, flags: [...flags, ...more] });

  const fresh = await ended(run(['--dry-run']));
  assert.deepEqual([fresh.code, fresh.stderr], [0, '']);
  assert.match(fresh.stdout, /\(아직 없음, 실행하면 만듭니다\)/);
  assert.match(fresh.stdout, /실행: 새로 시작합니다 \(이어 할 실행이 없습니다\)/);
  assert.deepEqual(readdirSync(root), []);

  const killed = run([]);
  await killed.printed(/소설을 시작합니다|다음 소설/);
  killed.child.kill('SIGKILL');
  await killed.exited;
  const before = treeOf(root);
  const seen = await ended(run(['--dry-run']));
  assert.deepEqual([seen.code, seen.stderr], [0, '']);
  assert.deepEqual(treeOf(root), before);
  const [, runId] = /실행: 이어서 합니다 \((run_\w+)\)/.exec(seen.stdout) ?? [];
  assert.ok(runId !== undefined, seen.stdout);
  assert.match(seen.stdout, /내장 작가\(offline\)[\s\S]*== 사용자 프롬프트 \(\d+자\)\n[\s\S]*<소재>/);

  const resumed = run([]);
  await resumed.printed(/끝나지 않은 실행을 이어서 합니다/);
  resumed.child.kill('SIGTERM');
  assert.equal((await resumed.exited).code, 0);
  assert.equal(resumed.records().at(-1)?.run_id, runId);
});

test('--dry-run does not ask the endpoint', async (t) => {
  let asked = 0;
  const endpoint = await endpointFor(t, () => {
    asked++;
    return { status: 500 };
  });
  const outputDir = join(temporaryFolder(t), 'stories');
  const worker = startWorker(t, { flags: ['--dry-run'], env: settingsFor(endpoint), outputDir });
  const { code, stdout } = await ended(worker);
  assert.deepEqual([code, asked, existsSync(outputDir)], [0, 0, false]);
  assert.ok(stdout.includes(`주소: ${endpoint.url}\n`));
  assert.doesNotMatch(stdout, /test-key/);
});

for (const [what, flags, env] of [
  ['a cap below one call', ['--max-cost-usd', '0.01'], { ANTHROPIC_API_KEY: 'test-key-1234567890' }],
  ['two flags that exclude each other', ['--resume', '--new-run'], {}],
  ['a setting that cannot be used', ['--max-stories', 'many'], {}],
] as const) {
  test(`--dry-run refuses ${what} with the sentence and the code of a run`, async (t) => {
    const [real, dry] = [startWorker(t, { flags, env }), startWorker(t, { flags: [...flags, '--dry-run'], env })];
    const [refused, previewed] = [await ended(real), await ended(dry)];
    assert.deepEqual(previewed, refused);
    assert.equal(previewed.code, 2);
    assert.notEqual(previewed.stderr, '');
  });
}
