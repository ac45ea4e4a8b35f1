import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { trimPm2Logs } from '../../../observe/pm2-logs.js';
import { temporaryFolder } from '../../helpers/fakes.js';

const MEGABYTE = 1024 ** 2;

/** pm2's copies, with so many numbered lines in them. */
function copies(t: TestContext, lines: number, { out = 'my-app-out.log', err = 'my-app-error.log' } = {}) {
  const folder = temporaryFolder(t);
  const text = Array.from({ length: lines }, (_, at) => `${at} 한 줄\n`).join('');
  const paths = [out, err].map((name) => join(folder, name));
  for (const path of paths) writeFileSync(path, text);
  const env = { name: 'my app', pm_out_log_path: paths[0], pm_err_log_path: paths[1] };
  return { env, paths, read: () => paths.map((path) => readFileSync(path, 'utf8')), text };
}

test('copies that have grown too large are cut down to their last lines, whole ones', (t) => {
  const { env, read, text } = copies(t, 200_000);
  assert.equal(trimPm2Logs(env, MEGABYTE), null);
  for (const kept of read()) {
    assert.ok(text.endsWith(kept));
    assert.ok(kept.length > 10_000 && Buffer.byteLength(kept) <= 256 * 1024);
    assert.match(kept, /^\d+ 한 줄\n/);
  }
});

test('what is appended after the cut follows it, as pm2 does with its open file', (t) => {
  const { env, paths } = copies(t, 200_000);
  trimPm2Logs(env, MEGABYTE);
  const [path = ''] = paths;
  const before = statSync(path).size;
  appendFileSync(path, '다음 줄\n');
  assert.equal(statSync(path).size, before + Buffer.byteLength('다음 줄\n'));
});

test('copies within the limit, and files that the user named, are left alone', (t) => {
  for (const [lines, names] of [
    [10, {}],
    [200_000, { out: 'all.log', err: 'other-app-error.log' }],
  ] as const) {
    const { env, read, text } = copies(t, lines, names);
    trimPm2Logs(env, MEGABYTE);
    assert.deepEqual(read(), [text, text]);
  }
  const numbered = copies(t, 200_000, { out: 'my-app-out-1.log', err: 'my-app-error-1.log' });
  trimPm2Logs(numbered.env, MEGABYTE);
  assert.ok(numbered.read().every((kept) => kept.length < numbered.text.length));
});

test('a copy that cannot be cut is said, and the other one is cut all the same', (t) => {
  const { env, read, text } = copies(t, 200_000);
  const folder = join(temporaryFolder(t), 'my-app-out.log');
  mkdirSync(folder);
  assert.match(trimPm2Logs({ ...env, pm_out_log_path: folder }, MEGABYTE)?.message ?? '', /EISDIR/);
  assert.ok((read()[1]?.length ?? 0) < text.length);
  assert.equal(trimPm2Logs({}, MEGABYTE), null);
});
