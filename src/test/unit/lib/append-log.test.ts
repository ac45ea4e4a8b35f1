import assert from 'node:assert/strict';
import { appendFileSync, existsSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openAppendLog, readLines } from '../../../lib/append-log.js';
import { temporaryFolder } from '../../helpers/fakes.js';

test('each reader gets every whole line once, whoever wrote it', async (t) => {
  const path = join(temporaryFolder(t), 'below', 'lines');
  const [mine, yours] = [openAppendLog(path), openAppendLog(path)];
  assert.deepEqual(await mine.readOn(), []);
  await mine.append(['하나', '둘']);
  await yours.append(['셋']);
  assert.deepEqual(await mine.readOn(), ['하나', '둘', '셋']);
  assert.deepEqual(await mine.readOn(), []);
  assert.deepEqual(await yours.readOn(), ['하나', '둘', '셋']);
});

test('a line that is not whole yet is left for the next time', async (t) => {
  const path = join(temporaryFolder(t), 'lines');
  writeFileSync(path, '하나\n둘');
  const file = openAppendLog(path);
  assert.deepEqual(await file.readOn(), ['하나']);
  appendFileSync(path, '의 나머지\n');
  assert.deepEqual(await file.readOn(), ['둘의 나머지']);
});

test('a line that a crash tore does not swallow the next one', async (t) => {
  const path = join(temporaryFolder(t), 'lines');
  writeFileSync(path, '하나\n찢긴');
  const file = openAppendLog(path);
  await file.readOn();
  await file.append(['둘']);
  assert.equal(readFileSync(path, 'utf8'), '하나\n찢긴\n둘\n');
});

test('a file that was moved away is begun anew', async (t) => {
  const path = join(temporaryFolder(t), 'lines');
  const file = openAppendLog(path);
  await file.append(['하나', '둘']);
  await file.readOn();
  renameSync(path, `${path}.old`);
  assert.deepEqual(await file.readOn(), []);
  await file.append(['셋']);
  assert.deepEqual(await file.readOn(), ['셋']);
});

test('what is known already need not be read again', async (t) => {
  const path = join(temporaryFolder(t), 'lines');
  writeFileSync(path, '하나\n둘\n');
  const file = openAppendLog(path, Buffer.byteLength('하나\n'));
  assert.deepEqual(await file.readOn(), ['둘']);
  assert.equal(file.position(), statSync(path).size);
});

test('a mere reader has the whole lines from a byte on, and makes no file', async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, 'log.jsonl');
  assert.deepEqual(readLines(path), []);
  assert.equal(existsSync(path), false);
  writeFileSync(path, '하나\n둘\n반쪽');
  assert.deepEqual(readLines(path), ['하나', '둘']);
  assert.deepEqual(readLines(path, Buffer.byteLength('하나\n')), ['둘']);
});
