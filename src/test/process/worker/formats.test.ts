import assert from 'node:assert/strict';
import { cpSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, type TestContext, test } from 'node:test';
import { FORMAT } from '../../../lib/files.js';
import { temporaryFolder } from '../../helpers/fakes.js';
import { startWorker } from '../../helpers/processes.js';
import { runWorker, sharedFolders } from '../../helpers/verify-runs.js';

// The real worker and commands on folders of another version.

const folders = sharedFolders();

before(() => runWorker(folders, ['--max-stories', '2']));

/** Every file of a folder with its content and the time of its last change. */
function snapshotOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .sort()
    .map((file) => {
      const path = join(folder, file);
      const stat = statSync(path);
      return stat.isDirectory() ? file : `${file} ${stat.mtimeMs} ${readFileSync(path, 'base64')}`;
    });
}

/** A copy of the run's folder in which the first file that matches is of another format; null: of 1.0.0, which says none. */
function copyWith(t: TestContext, file: RegExp, format: number | null): string {
  const folder = temporaryFolder(t);
  cpSync(folders.outputDir, folder, { recursive: true });
  const found = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((each) => file.test(each));
  assert.ok(found.length > 0);
  for (const each of found) {
    const text = readFileSync(join(folder, each), 'latin1');
    const changed = text.replace(/"format": ?2,\s*/, format === null ? '' : `"format":${format},`);
    assert.notEqual(changed, text, each);
    writeFileSync(join(folder, each), changed, 'latin1');
  }
  return folder;
}

const script = (name: string) => [process.execPath, '--import', 'tsx', `scripts/${name}.ts`];
const WORKER = [process.execPath, 'dist/main.js'];

const CASES: [what: string, file: RegExp, commands: [name: string, command: string[], flags: string[]][]][] = [
  [
    'ledger',
    /\.runs\/run_\w+\.jsonl$/,
    [
      ['the worker', WORKER, []],
      ['the worker that resumes', WORKER, ['--resume']],
      ['status', script('status'), []],
      ['verify', script('verify'), []],
      ['report', script('report'), []],
    ],
  ],
  ['deck', /^\.deck\.jsonl$/, [['the worker', WORKER, []]]],
  ['metadata', /_metadata\.json$/, [['verify', script('verify'), []]]],
  ['status file', /\.status\.json$/, [['status', script('status'), []]]],
];
for (const [what, file, commands] of CASES) {
  for (const [name, command, flags] of commands) {
    test(`${name} refuses a folder whose ${what} is of a later version, and changes nothing`, async (t) => {
      const outputDir = copyWith(t, file, FORMAT + 1);
      const logDir = temporaryFolder(t);
      const untouched = snapshotOf(outputDir);
      const refused = startWorker(t, { command, flags, outputDir, logDir });
      assert.deepEqual(await refused.exited, { code: 2, signal: null });
      assert.match(refused.stderr(), /^더 새로운 버전의 프로그램이 쓴 폴더라 건드리지 않습니다\. [^\n]+\n$/);
      assert.equal(refused.stdout(), '');
      assert.deepEqual(snapshotOf(outputDir), untouched);
      assert.deepEqual(readdirSync(logDir), []);
    });
  }
}

test('a folder in which nothing says its format, as 1.0.0 leaves it, is gone on with and verified', async (t) => {
  const outputDir = copyWith(t, /\.jsonl$|\.status\.json$|_metadata\.json$/, null);
  const logDir = temporaryFolder(t);
  cpSync(folders.logDir, logDir, { recursive: true });
  const worker = startWorker(t, { outputDir, logDir });
  assert.deepEqual(await worker.exited, { code: 0, signal: null });
  assert.equal(worker.files().length, 6);
  for (const [name, words] of [
    ['status', /소설: 1편/],
    ['verify', /PASS/],
  ] as const) {
    const command = startWorker(t, { command: script(name), outputDir, logDir });
    assert.deepEqual(await command.exited, { code: 0, signal: null }, command.stdout() + command.stderr());
    assert.match(command.stdout(), words);
  }
});
