import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { toUsage } from '../../../api/usage.js';
import { acceptSetAside, listSetAside, SetAsideError, showSetAside } from '../../../store/set-aside.js';
import { newName, openStoryStore } from '../../../store/story-store.js';
import { storyMetadata, temporaryFolder } from '../../helpers/fakes.js';
import { cleanEnvironment, ROOT } from '../../helpers/processes.js';

const NOW = Date.UTC(2026, 10, 23, 5);

/** Sets an answer aside as the worker does. */
async function keep(folder: string, title: string, at = NOW): Promise<string> {
  const name = newName(at);
  const library = openStoryStore(folder, 'run_1');
  const why = { kind: 'incomplete', code: 'max_tokens', reason: '글이 토큰 한도에서 잘렸습니다' } as const;
  const metadata = storyMetadata({ title, usage: toUsage(1000, 2000), set_aside: why });
  await library.stage(name, { markdown: `# ${title}\n\n본문`, metadata });
  await library.publish(name, 'set-aside');
  return name;
}

test('what is set aside is listed with its reason and its cost, oldest first', async (t) => {
  const folder = temporaryFolder(t);
  assert.deepEqual(await listSetAside(folder), []);
  const second = await keep(folder, '둘째', NOW + 60_000);
  const first = await keep(folder, '첫째');
  const all = await listSetAside(folder);
  assert.deepEqual(
    all.map(({ name, title, code, tokens }) => [name, title, code, tokens]),
    [
      [first, '첫째', 'max_tokens', 3000],
      [second, '둘째', 'max_tokens', 3000],
    ],
  );
});

test('one is shown by any part of its name that fits it alone', async (t) => {
  const folder = temporaryFolder(t);
  const name = await keep(folder, '첫째');
  await keep(folder, '둘째', NOW + 60_000);
  assert.equal(await showSetAside(folder, name.slice(-8)), '# 첫째\n\n본문');
  await assert.rejects(showSetAside(folder, 'horror_story'), SetAsideError);
  await assert.rejects(showSetAside(folder, 'nothing'), SetAsideError);
});

test('an accepted one is a whole pair among the stories, and set aside no more', async (t) => {
  const folder = temporaryFolder(t);
  const name = await keep(folder, '첫째');
  assert.equal(await acceptSetAside(folder, name, NOW), join(folder, `${name}.md`));
  assert.deepEqual(await listSetAside(folder), []);
  assert.deepEqual(readdirSync(join(folder, '.set-aside')), []);
  const metadata = JSON.parse(readFileSync(join(folder, `${name}_metadata.json`), 'utf8')) as Record<string, unknown>;
  assert.match(String(metadata.accepted_at), /^2026-11-23T/);
  assert.equal((metadata.set_aside as { code: string }).code, 'max_tokens');
  assert.equal(readFileSync(join(folder, `${name}.md`), 'utf8'), '# 첫째\n\n본문');
});

test('the command lists, accepts, and says what is wrong with a wrong one', async (t) => {
  const folder = temporaryFolder(t);
  const name = await keep(folder, '첫째');
  const run = (...args: string[]) =>
    promisify(execFile)(process.execPath, ['--import', 'tsx', 'scripts/set-aside.ts', ...args], {
      cwd: ROOT,
      env: { ...cleanEnvironment(), OUTPUT_DIR: folder },
    });
  assert.match((await run('list')).stdout, new RegExp(`${name}.*첫째.*\\n.*max_tokens.*\\n따로 보관한 글 1건`));
  assert.match((await run('accept', name)).stdout, /받아들였습니다/);
  await assert.rejects(run('accept', name), { code: 2, stderr: /맞는 것이 없습니다/ });
  await assert.rejects(run('burn'), {
    code: 2,
    stderr: /^list, show 이름, accept 이름 중 하나로 쓰세요 \(.*--help\)\n$/,
  });
  assert.match((await run('--help')).stdout, /^사용법: npm run set-aside/);
});
