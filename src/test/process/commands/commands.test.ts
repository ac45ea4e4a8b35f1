import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { type Status, toIso } from '../../../observe/status.js';
import { writeStatus } from '../../../observe/status-file.js';
import { temporaryFolder } from '../../helpers/fakes.js';
import { BEGUN, begin, folderWith, keepAside } from '../../helpers/folders.js';
import { cleanEnvironment, ROOT } from '../../helpers/processes.js';
import { DEAD, ME } from '../../helpers/records.js';
import { MINUTE, NOON, statusOf } from '../../helpers/statuses.js';

// The commands beside the worker, run as npm runs them.

interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

function run(script: string, outputDir: string, args: readonly string[], env = {}): Promise<Ended> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      ['--import', 'tsx', `scripts/${script}.ts`, ...args],
      { cwd: ROOT, env: { ...cleanEnvironment(), OUTPUT_DIR: outputDir, ...env } },
      (_failed, stdout, stderr) => resolve({ code: child.exitCode ?? -1, stdout, stderr }),
    );
  });
}

describe('npm run status', () => {
  const status = (folder: string, ...args: string[]) => run('status', folder, args);

  test('tells of the runs at work, for people and as JSON, and changes nothing', async (t) => {
    const folder = await folderWith(t, [begin('run_1', ME)], [begin('run_2', ME, BEGUN + 1)]);
    writeStatus(folder, {
      ...statusOf({ doing: 'interval', since: toIso(NOON), next_at: toIso(NOON + MINUTE) }),
      epoch: 1,
    });
    const before = readdirSync(join(folder, '.runs')).map((name) => readFileSync(join(folder, '.runs', name), 'utf8'));
    const text = await status(folder);
    assert.deepEqual([text.code, text.stderr], [0, '']);
    assert.match(text.stdout, /^run_2 \(night\) - 진행 중, pid \d+\n[\s\S]*\n\nrun_1 \(night\) - 진행 중/);
    assert.match(text.stdout, /지금: 다음 소설을 기다리는 중/);
    const json = await status(folder, '--json');
    const statuses = JSON.parse(json.stdout) as Status[];
    assert.deepEqual(
      statuses.map(({ run_id, doing }) => [run_id, doing]),
      [
        ['run_2', 'unknown'],
        ['run_1', 'interval'],
      ],
    );
    const after = readdirSync(join(folder, '.runs')).map((name) => readFileSync(join(folder, '.runs', name), 'utf8'));
    assert.deepEqual(after, before);
  });

  test('looks into the folder that the settings or a flag name', async (t) => {
    const folder = await folderWith(t, [begin('run_1', DEAD)]);
    const other = await folderWith(t, [begin('run_2', DEAD)]);
    assert.match((await status(folder)).stdout, /^run_1/);
    assert.match((await status(folder, '--output-dir', other)).stdout, /^run_2/);
  });

  for (const [name, args, env, message] of [
    ['no run', [], {}, /^실행 기록이 없습니다: \/.*\n$/],
    ['an unknown flag', ['--jsn'], {}, /^알 수 없는 옵션: --jsn\. 혹시 --json인가요\?.*\n$/],
    ['a stray word', ['run_1'], {}, /^옵션이 아닌 값은 받지 않습니다: "run_1".*\n$/],
    ['a setting that cannot be used', [], { MAX_TOKENS: 'many' }, /^환경 변수 MAX_TOKENS: /],
  ] as const) {
    test(`answers ${name} with 2 and a word on standard error`, async (t) => {
      const { code, stdout, stderr } = await run('status', temporaryFolder(t), args, env);
      assert.deepEqual([code, stdout], [2, '']);
      assert.match(stderr, message);
    });
  }
});

test('npm run set-aside lists, shows and accepts, and says what is wrong with a wrong command', async (t) => {
  const folder = temporaryFolder(t);
  const name = await keepAside(folder, '첫째', NOON);
  const setAside = (...args: string[]) => run('set-aside', folder, args);
  const list = new RegExp(`max_tokens.*\\n.*${name}.*첫째.*\\n(.*\\n)*따로 보관한 글 1건`);
  assert.match((await setAside('list')).stdout, list);
  assert.match((await setAside('show', name)).stdout, /^# 첫째\n/);
  assert.match((await setAside('accept', name)).stdout, /받아들였습니다/);
  const gone = await setAside('accept', name);
  assert.equal(gone.code, 2);
  assert.match(gone.stderr, /맞는 것이 없습니다/);
  const line = 'list, show 이름, accept 이름, rejudge 중 하나로 쓰세요 (사용법: --help)\n';
  assert.deepEqual(await setAside('burn'), { code: 2, stdout: '', stderr: line });
  assert.match((await setAside('--help')).stdout, /^사용법: npm run set-aside/);
});
