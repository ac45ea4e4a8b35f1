import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { runInNewContext } from 'node:vm';
import { build } from 'esbuild';
import { BUNDLE, toAscii } from '../../../scripts/bundle.js';
import type { openLogger } from '../../logging/logger.js';
import { openTerminal, type Stdout } from '../../logging/terminal.js';
import { temporaryFolder } from '../helpers/fakes.js';
import { ROOT } from '../helpers/processes.js';

const DAY = 24 * 60 * 60 * 1000;

/** Noon, so that the next day is the next day in every time zone. */
const NOON = new Date(2026, 10, 23, 12).getTime();

test('the bundled log begins a file per day, and removes the oldest ones', { timeout: 30_000 }, async (t) => {
  const folder = temporaryFolder(t);
  const logger = await bundle(join(ROOT, 'src', 'logging', 'logger.ts'), folder);
  const open = (logger as { openLogger: typeof openLogger }).openLogger;
  t.mock.timers.enable({ apis: ['Date', 'setTimeout'], now: NOON });
  const dir = join(folder, 'logs');
  const log = await open({
    dir,
    level: 'info',
    format: 'json',
    maxSizeMb: 1,
    keepFiles: 2,
    terminal: openTerminal({ write: () => true, on: () => {} } as unknown as Stdout, 'stream'),
    secrets: [],
    context: () => ({}),
  });
  for (const date of ['2026-11-23', '2026-11-24', '2026-11-25', '2026-11-26']) {
    const file = `horror_story_worker.${date}.1.log`;
    await until(() => readdirSync(dir).includes(file));
    log.info({ event: date }, '기록');
    t.mock.timers.tick(DAY);
  }
  await until(() => readdirSync(dir).length === 2);
  assert.deepEqual(readdirSync(dir).sort(), [
    'horror_story_worker.2026-11-26.1.log',
    'horror_story_worker.2026-11-27.1.log',
  ]);
  const record = JSON.parse(readFileSync(join(dir, 'horror_story_worker.2026-11-26.1.log'), 'utf8')) as object;
  assert.deepEqual(record, {
    level: 'info',
    time: new Date(NOON + 3 * DAY).toISOString(),
    event: '2026-11-26',
    msg: '기록',
  });
});

for (const [name, source] of [
  ['a function that is not built in', "const { addWeeks, format } = require('date-fns')"],
  ['all of them', "const dates = require('date-fns')"],
  ['one under another name', "const { format: write } = require('date-fns')"],
  ['one as a module', "import { format } from 'date-fns'; format()"],
] as const) {
  test(`the build fails when a package asks date-fns for ${name}`, async (t) => {
    const folder = temporaryFolder(t);
    const entry = join(folder, 'utils.js');
    writeFileSync(entry, source);
    await assert.rejects(bundle(entry, folder), /utils\.js asks date-fns for .*DATE_FUNCTIONS/);
  });
}

test('code that is made ASCII means the same, in regular expressions of every kind', () => {
  const sources = [
    "/^[가-힣·…]+$/u.test('그날…')",
    String.raw`/\\…\…/.test('\\……')`,
    String.raw`/[\\“”]/.source.length > 0 && /^😀$/u.test('😀')`,
    String.raw`/\s—\d/.test(' —1') /* 주석 */`,
    "'나' + `는` === '나는'",
  ];
  for (const source of sources) {
    const ascii = toAscii(source);
    assert.match(ascii, /^[\n -~]+$/);
    assert.deepEqual([runInNewContext(source), runInNewContext(ascii)], [true, true], ascii);
  }
});

test('no file of the build has a character beyond ASCII', () => {
  const files = readdirSync(join(ROOT, 'dist')).filter((name) => name.endsWith('.js'));
  assert.ok(files.length > 0, 'there is a build');
  assert.deepEqual(
    files.filter((name) => readFileSync(join(ROOT, 'dist', name)).some((byte) => byte > 0x7f)),
    [],
  );
});

/** Bundles a module as the worker is bundled, and loads it. */
async function bundle(entry: string, folder: string): Promise<unknown> {
  const outdir = join(folder, 'bundle');
  mkdirSync(outdir);
  await build({ ...BUNDLE, entryPoints: { entry }, outdir, outExtension: { '.js': '.mjs' }, logLevel: 'silent' });
  return import(join(outdir, 'entry.mjs'));
}

/** Lets the pending callbacks of the file system run until the condition holds. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await setImmediate();
}
