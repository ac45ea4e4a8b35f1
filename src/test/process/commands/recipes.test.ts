import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import type { Reply } from '../../../offline/server/reply.js';
import { storyText, temporaryFolder } from '../../helpers/fakes.js';
import { endpointFor, ROOT, settingsFor, startWorker } from '../../helpers/processes.js';

// The recipes of docs/notifications.md, as they are written there, with addresses of this machine.

/** Another story each time. */
const storyNumber = (index: number): Reply => ({
  content: [{ type: 'text', text: storyText().replace('\n\n', `\n\n${index + 1}번째 밤이었다. `) }],
  usage: { input_tokens: 3000, output_tokens: 7000 },
});

/** The script of the docs whose first line names it. */
function recipe(name: string, addresses: Record<string, string> = {}): string {
  const docs = readFileSync(join(ROOT, 'docs', 'notifications.md'), 'utf8');
  const blocks = [...docs.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, text = '']) => text);
  const found = blocks.find((text) => text.startsWith(`# ${name}\n`)) ?? assert.fail(`no ${name} in the docs`);
  return Object.entries(addresses).reduce((text, [variable, value]) => {
    assert.match(text, new RegExp(`^${variable}=https://\\S+$`, 'm'));
    return text.replace(new RegExp(`^${variable}=.*$`, 'm'), `${variable}=${value}`);
  }, found);
}

/** A chat or a monitor on this machine, and what it was told. */
async function listener(t: TestContext) {
  const told: { path: string; body: string }[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text;
    });
    request.on('end', () => {
      told.push({ path: request.url ?? '', body });
      response.end('ok');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  return { told, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook` };
}

interface RecipeRun {
  scripts: Record<string, string>;
  command: string;
  events: string;
  flags: string[];
  outputDir?: string;
  env?: Record<string, string>;
  /** Held back until this resolves: the answer with this index. */
  held?: (index: number) => Promise<void>;
}

async function runWith(t: TestContext, { scripts, command, events, flags, outputDir, env, held }: RecipeRun) {
  const folder = temporaryFolder(t);
  for (const [name, text] of Object.entries(scripts)) writeFileSync(join(folder, name), text);
  const endpoint = await endpointFor(t, async (_request, index) => {
    await held?.(index);
    return storyNumber(index);
  });
  const worker = startWorker(t, {
    flags,
    env: { ...settingsFor(endpoint), NOTIFY_COMMAND: `cd '${folder}' && ${command}`, NOTIFY_EVENTS: events, ...env },
    ...(outputDir === undefined ? {} : { outputDir }),
  });
  assert.deepEqual(await worker.exited, { code: 0, signal: null });
  assert.equal(worker.stderr(), '');
  assert.ok(!worker.records().some(({ event }) => event === 'notify_failed'), worker.log());
  return worker;
}

const has = (...words: string[]) => spawnSync(words[0] ?? '', words.slice(1)).status === 0;

test('the recipe for a chat posts every message', async (t) => {
  if (!has('curl', '--version')) return t.diagnostic('there is no curl here');
  const { told, url } = await listener(t);
  await runWith(t, {
    scripts: { 'chat.sh': recipe('chat.sh', { WEBHOOK_URL: url }) },
    command: 'sh chat.sh',
    events: 'run_started,story_saved,run_ended',
    flags: ['--max-stories', '2'],
  });
  const texts = told.map(({ body }) => (JSON.parse(body) as { text: string }).text);
  assert.match(
    texts.join('\n'),
    /^실행을 시작합니다.*\n소설 저장 - "반품 구역".*\n소설 저장 - .*\n실행이 끝났습니다 - .*$/,
  );
});

test('the recipe for a monitor pings while the worker is well, and says when it ends', async (t) => {
  if (!has('curl', '--version')) return t.diagnostic('there is no curl here');
  const { told, url } = await listener(t);
  await runWith(t, {
    scripts: { 'ping.sh': recipe('ping.sh', { PING_URL: url }) },
    command: 'sh ping.sh',
    events: 'heartbeat,run_ended',
    flags: ['--max-stories', '2', '--interval-seconds', '1'],
    env: { NOTIFY_HEARTBEAT_SECONDS: '0.2' },
  });
  const last = told.pop();
  assert.ok(told.length >= 2 && told.every(({ path, body }) => path === '/hook' && body === ''));
  assert.equal(last?.path, '/hook/log');
  assert.match(last?.body ?? '', /^실행이 끝났습니다 - 생성 개수 제한 도달/);
});

test('the recipe for git commits each story with its title, leaves out the worker’s files, and verify passes', async (t) => {
  if (!has('git', '--version')) return t.diagnostic('there is no git here');
  const outputDir = join(temporaryFolder(t), 'stories');
  mkdirSync(outputDir);
  const identity = Object.fromEntries(
    ['AUTHOR', 'COMMITTER'].flatMap((who) => [
      [`GIT_${who}_NAME`, 'Tester'],
      [`GIT_${who}_EMAIL`, 'tester@example.com'],
    ]),
  );
  const env = { ...process.env, ...identity };
  execFileSync('sh', ['-c', recipe('setup.sh')], { cwd: outputDir, env });
  const scripts = { 'commit.sh': recipe('commit.sh') };
  const run = { scripts, command: 'sh commit.sh', events: 'story_saved', flags: ['--max-stories', '2'] };
  const git = (...words: string[]) =>
    execFileSync('git', words, { cwd: outputDir, encoding: 'utf8', env }).trimEnd().split('\n');
  const commits = () => git('rev-list', '--count', 'HEAD')[0];
  // A story that is there already when the one before it is committed comes along with it.
  const held = async (index: number) => {
    for (let tries = 0; index > 0 && commits() === '1' && tries < 500; tries++) await setTimeout(20);
  };
  const worker = await runWith(t, { ...run, outputDir, env: identity, held });
  assert.deepEqual(git('log', '--format=%s').slice(0, 2), ['반품 구역', '반품 구역']);
  assert.deepEqual(git('ls-files').sort(), ['.gitignore', ...worker.files()].sort());
  assert.deepEqual(git('status', '--porcelain'), ['']);
  const verify = [process.execPath, '--import', 'tsx', 'scripts/verify.ts'];
  const verified = startWorker(t, { command: verify, outputDir, logDir: worker.logDir });
  assert.deepEqual(await verified.exited, { code: 0, signal: null }, verified.stdout());
});

test('the recipes work together', async (t) => {
  if (!has('curl', '--version') || !has('git', '--version')) return t.diagnostic('there is no curl or no git here');
  const { told, url } = await listener(t);
  await runWith(t, {
    scripts: {
      'all.sh': recipe('all.sh'),
      'chat.sh': recipe('chat.sh', { WEBHOOK_URL: url }),
      'ping.sh': recipe('ping.sh', { PING_URL: url }),
      'commit.sh': recipe('commit.sh'),
    },
    command: 'sh all.sh',
    events: 'run_ended',
    flags: [],
  });
  assert.deepEqual(told.map(({ path }) => path).sort(), ['/hook', '/hook/log']);
});
