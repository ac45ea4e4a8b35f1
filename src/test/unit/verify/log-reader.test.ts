import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, test } from 'node:test';
import {
  isTorn,
  type LogLine,
  listLogFiles,
  parseLogLine,
  readLines,
  readLogLines,
} from '../../../verify/log-reader.js';
import { temporaryFolder } from '../../helpers/fakes.js';

const line = (event: string, fields: Record<string, unknown> = {}) =>
  JSON.stringify({ level: 'info', time: '2026-11-23T05:30:05.000Z', pid: 7, run_id: 'run_1', event, ...fields });
const start = (fields: Record<string, unknown> = {}) => line('worker_started', { run_id: null, ...fields });

describe('a line', () => {
  test('ends at a line break and at no other separator, in chunks of any size', async (t) => {
    const path = join(temporaryFolder(t), 'file');
    const texts = ['가\u2028나\u0085다', '', '\u{1f47b}'.repeat(200_000), '끝'];
    writeFileSync(path, texts.join('\n'));
    const found: { text: string; number: number; terminated: boolean }[] = [];
    for await (const each of readLines(path)) found.push(each);
    assert.deepEqual(
      found.map(({ text }) => text),
      texts,
    );
    assert.deepEqual(
      found.map(({ number, terminated }) => [number, terminated]),
      [
        [1, true],
        [2, true],
        [3, true],
        [4, false],
      ],
    );
  });

  test('has its byte offset, also after a torn character', async (t) => {
    const path = join(temporaryFolder(t), 'file');
    const torn = Buffer.from('가나').subarray(0, 4);
    writeFileSync(path, Buffer.concat([torn, Buffer.from('\n다\n\n라')]));
    const found: [string, number][] = [];
    for await (const { text, offset } of readLines(path)) found.push([text, offset]);
    assert.deepEqual(found, [
      ['가\ufffd', 0],
      ['다', 5],
      ['', 9],
      ['라', 10],
    ]);
  });

  test('may hold a torn record with the next one behind it', () => {
    const { record, rest } = parseLogLine(`{"level":"info","time":"20${start({ pid: 8 })}`);
    assert.equal(record?.event, 'worker_started');
    assert.equal(rest, '{"level":"info","time":"20');
    assert.ok(isTorn(rest));
  });

  test('is torn when it is the beginning of a record, or nothing but what a power cut leaves', () => {
    for (const torn of ['{', '{"lev', '{"level":"info","time"', '{"level":"in\0\0\0', '\0\0\0\0']) {
      assert.ok(isTorn(torn), torn);
    }
    for (const foreign of ['x', '{"time":1', '[2026-11-23] INFO', ' {"level":"info"'])
      assert.ok(!isTorn(foreign), foreign);
  });

  test('is no record without a level, a time and an event', () => {
    assert.equal(parseLogLine(line('waiting')).record?.event, 'waiting');
    for (const text of ['7', 'null', '[]', '{}', line('x').replace('event', 'even'), line('x', { time: 'now' })]) {
      assert.equal(parseLogLine(text).record, null, text);
    }
  });
});

test('files are listed in the order of their days and numbers, and others apart', async (t) => {
  const folder = temporaryFolder(t);
  const files = ['worker.2026-11-23.10', 'worker.2026-11-24.1', 'worker.2026-11-23.9', '20260108'];
  for (const file of files) writeFileSync(join(folder, `horror_story_${file}.log`), '');
  writeFileSync(join(folder, 'output_24h.log'), '');
  const { workerFiles, otherFiles } = await listLogFiles(folder);
  assert.deepEqual(
    workerFiles.map((path) => basename(path)),
    [files[2], files[0], files[1]].map((file) => `horror_story_${file}.log`),
  );
  assert.deepEqual(otherFiles, [join(folder, 'horror_story_20260108.log')]);
});

test('the lines of several files come with their file, number and content', async (t) => {
  const folder = temporaryFolder(t);
  const [first, second] = ['a.log', 'b.log'].map((file) => join(folder, file));
  writeFileSync(first ?? '', `${start()}\n{"level":"in`);
  writeFileSync(second ?? '', `{"level":"in${line('waiting')}\n`);
  const found: LogLine[] = [];
  for await (const each of readLogLines([first ?? '', second ?? ''])) found.push(each);
  assert.deepEqual(
    found.map(({ file, number, record, rest, terminated }) => [file, number, record?.event, rest, terminated]),
    [
      ['a.log', 1, 'worker_started', '', true],
      ['a.log', 2, undefined, '{"level":"in', false],
      ['b.log', 1, 'waiting', '{"level":"in', true],
    ],
  );
});
