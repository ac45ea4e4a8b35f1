import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';
import { ConfigError, loadConfig } from '../../../config/load.js';
import { SECOND } from '../../../lib/clock.js';
import { ExitCode } from '../../../lib/errors.js';
import { temporaryFolder } from '../../helpers/fakes.js';
import { ROOT } from '../../helpers/processes.js';

/** The options of pm2 that the tests look at. */
interface App {
  script: string;
  cwd: string;
  args: string[];
  env: Record<string, string | undefined>;
  stop_exit_codes: number[];
  kill_timeout: number;
  shutdown_with_message: boolean;
  treekill: boolean;
  pmx: boolean;
  wait_ready: boolean;
  min_uptime: number;
  max_restarts: number;
}

const require = createRequire(import.meta.url);
const FILE = join(ROOT, 'ecosystem.config.cjs');
/** What saving may take once the call is over, in milliseconds. */
const SAVING = 30 * SECOND;

/** The one app of the file, as pm2 reads it when it is called with these words. */
function readApp(...words: string[]): App {
  const { argv } = process;
  process.argv = [process.execPath, 'pm2', ...words];
  try {
    delete require.cache[FILE];
    const { apps } = require(FILE) as { apps: App[] };
    const [app, ...others] = apps;
    assert.ok(app !== undefined && others.length === 0);
    return app;
  } finally {
    process.argv = argv;
  }
}

function readProfile(): Record<string, unknown> {
  return JSON.parse(readFileSync(join(ROOT, 'config', 'production.json'), 'utf8')) as Record<string, unknown>;
}

test('words after -- become flags of the worker, and pm2 keeps its own', () => {
  const flags = ['--max-stories', '3', '--interval-seconds', '0.1'];
  assert.deepEqual(readApp('start', 'ecosystem.config.cjs', '--', ...flags).args, flags);
  assert.deepEqual(readApp('start', 'ecosystem.config.cjs', '--silent', '--', ...flags).args, flags);
  assert.deepEqual(readApp('start', 'ecosystem.config.cjs').args, []);
  assert.deepEqual(readApp('start', 'ecosystem.config.cjs', '--silent').args, []);
  assert.deepEqual(readApp('start', 'ecosystem.config.cjs', '--').args, []);
});

test('the built worker is what runs, from whatever folder pm2 is called', () => {
  const { cwd, script } = readApp('start');
  assert.equal(cwd, ROOT);
  assert.ok(existsSync(join(cwd, script)), 'run `npm run build` first');
});

test('nothing but the profile is added to the environment, so that every setting of the shell still wins', (t) => {
  const before = process.env.NODE_ENV;
  t.after(() => {
    if (before === undefined) delete process.env.NODE_ENV;
    else process.env.NODE_ENV = before;
  });
  process.env.NODE_ENV = 'development';
  assert.deepEqual(readApp('start').env, { ...process.env, NODE_ENV: 'production' });
});

test('runs that no restart would mend stay stopped; a failed and a killed worker come back', () => {
  const codes = readApp('start').stop_exit_codes;
  const { completedExitCode } = readProfile();
  assert.deepEqual(
    new Set<unknown>(codes),
    new Set([completedExitCode, ExitCode.usage, ExitCode.refused, ExitCode.rejected, ExitCode.aborted]),
  );
  // pm2 takes a killed worker for a 0.
  assert.ok(!codes.includes(0));
  assert.ok(!codes.includes(ExitCode.failed));
});

test('pm2 waits longer for a story in hand than the longest call that the settings allow', (t) => {
  const { kill_timeout } = readApp('start');
  const root = temporaryFolder(t);
  const isAccepted = (seconds: number) => {
    try {
      loadConfig({ root, env: {}, flags: { requestTimeoutSeconds: String(seconds) } });
      return true;
    } catch (error) {
      assert.ok(error instanceof ConfigError);
      return false;
    }
  };
  let longest = 1;
  let refused = 1_000_000;
  assert.ok(isAccepted(longest) && !isAccepted(refused));
  while (refused - longest > 1) {
    const middle = Math.floor((longest + refused) / 2);
    if (isAccepted(middle)) longest = middle;
    else refused = middle;
  }
  // The longest is less than a second above `longest`.
  assert.ok(kill_timeout >= (longest + 1) * SECOND + SAVING, `${kill_timeout} ms for calls of ${longest} s`);
  assert.ok(kill_timeout < 2 ** 31, 'a longer timer would fire at once');
});

test('a worker that dies young again and again is given up within the length of the profile', () => {
  const { min_uptime, max_restarts } = readApp('start');
  const { durationSeconds, intervalSeconds } = readProfile();
  // pm2 counts only for this long after the start.
  assert.ok(min_uptime * max_restarts >= Number(durationSeconds) * SECOND);
  assert.ok(max_restarts <= Number(durationSeconds) / Number(intervalSeconds), 'more lives than stories');
});

test('on Windows, which has no signals, the worker is told to stop by a message', (t) => {
  const { platform } = process;
  t.after(() => Object.defineProperty(process, 'platform', { value: platform }));
  for (const [system, isTold] of [
    ['win32', true],
    ['linux', false],
    ['darwin', false],
  ] as const) {
    Object.defineProperty(process, 'platform', { value: system });
    assert.equal(readApp('start').shutdown_with_message, isTold);
  }
});

test('npm scripts that begin with exec, which a Windows shell does not know, are given one that runs what follows', () => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  assert.ok(Object.values(scripts).some((script) => script.startsWith('exec ')));
  const lines = readFileSync(join(ROOT, 'scripts', 'exec.cmd'), 'utf8')
    .split(/\r?\n/)
    .filter((line) => !/^(@rem .*)?$/.test(line));
  assert.deepEqual(lines, ['@%*']);
});

test('the options that pm2 gets wrong by default are set', () => {
  const app = readApp('start');
  assert.equal(app.pmx, false);
  assert.equal(app.wait_ready, true);
  assert.equal(app.treekill, false);
  for (const delay of ['restart_delay', 'exp_backoff_restart_delay']) assert.ok(!Object.hasOwn(app, delay), delay);
});
