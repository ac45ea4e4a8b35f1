import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { type LogSummary, readLog } from '../../../verify/log-check.js';
import { secretFinder } from '../../../verify/secret-scan.js';
import { temporaryFolder } from '../../helpers/fakes.js';

const SETTINGS = { intervalSeconds: 0, heartbeatSeconds: 15, requestTimeoutSeconds: 600, logLevel: 'info' };

const line = (event: string, fields: Record<string, unknown> = {}) =>
  JSON.stringify({ level: 'info', time: '2026-11-23T05:30:05.000Z', pid: 7, run_id: 'run_1', event, ...fields });
const start = (fields: Record<string, unknown> = {}) =>
  line('worker_started', { run_id: null, settings: SETTINGS, ...fields });

async function read(t: TestContext, ...lines: string[]): Promise<LogSummary> {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, 'horror_story_worker.2026-11-23.1.log'), lines.join('\n'));
  return readLog(folder, () => true, secretFinder([]));
}

const AT = 'horror_story_worker.2026-11-23.1.log';

describe('a process in the log', () => {
  test('is known by its pid from its start to the next start with that pid', async (t) => {
    const second = { pid: 7, run_id: 'run_2' };
    const { processes } = await read(
      t,
      start(),
      line('run_begun'),
      line('waiting'),
      start(),
      line('run_begun', second),
    );
    assert.deepEqual(
      processes.map(({ run, lineCount }) => [run, lineCount]),
      [
        ['run_1', 3],
        ['run_2', 2],
      ],
    );
  });

  test('is kept apart from another one that writes at the same time', async (t) => {
    const other = { pid: 8, run_id: 'run_2' };
    const lines = [start(), start({ pid: 8 }), line('waiting'), line('waiting', other), line('run_finished')];
    const { processes } = await read(t, ...lines, line('waiting', other), line('run_finished', other));
    assert.deepEqual(
      processes.map(({ run, lineCount: count, finals, afterFinal }) => [run, count, finals.length, afterFinal.count]),
      [
        ['run_1', 3, 1, 0],
        ['run_2', 4, 1, 0],
      ],
    );
  });

  test('is attributed the records after its final one, and foreign lines', async (t) => {
    const { processes } = await read(t, start(), line('run_finished'), 'foreign', line('waiting'));
    assert.deepEqual(processes[0]?.afterFinal, { count: 1, first: [`${AT}:4 (waiting)`] });
    assert.deepEqual(processes[0]?.foreignLines, { count: 1, first: [`${AT}:3`] });
  });

  test('that was killed may have torn one line, its last, and no other', async (t) => {
    const torn = '{"level":"info","ti';
    const next = [start({ pid: 8 }), line('run_finished', { pid: 8 })];
    const excused = await read(t, start(), line('waiting'), `${torn}${next[0]}`, next[1] ?? '');
    assert.deepEqual(
      excused.processes.map(({ foreignLines }) => foreignLines.count),
      [0, 0],
    );
    for (const lines of [
      [start(), torn, line('waiting'), line('run_finished')],
      [start(), line('waiting'), torn, torn, ...next],
      [start(), line('waiting'), ...next, torn],
      [start(), line('run_finished'), torn],
    ]) {
      const { processes } = await read(t, ...lines);
      assert.equal(
        processes.reduce((sum, { foreignLines }) => sum + foreignLines.count, 0),
        1,
        lines.join('\n'),
      );
    }
  });

  test('a foreign line before the first record is attributed to the first process', async (t) => {
    const { processes } = await read(t, 'foreign', start());
    assert.equal(processes[0]?.foreignLines.count, 1);
  });
});

describe('what the seed’s grep for crashes finds', () => {
  const countErrors = async (t: TestContext, ...lines: string[]) => {
    const { processes } = await read(t, start(), ...lines);
    return [
      processes.reduce((sum, { errorLines }) => sum + errorLines.count, 0),
      processes.reduce((sum, { quotedErrorLines }) => sum + quotedErrorLines.count, 0),
    ];
  };

  test('is an error line, in a record as in a foreign line', async (t) => {
    assert.deepEqual(await countErrors(t, line('unforeseen', { level: 'error' })), [1, 0]);
    assert.deepEqual(await countErrors(t, line('waiting', { msg: 'Error' })), [1, 0]);
    assert.deepEqual(await countErrors(t, 'Traceback (most recent call last):'), [1, 0]);
    assert.deepEqual(await countErrors(t, line('story_started', { premise: { turn: 'clerical-error' } })), [1, 0]);
    // Of a failure that ends the run.
    assert.deepEqual(
      await countErrors(t, line('attempt_failed', { level: 'error', code: 'authentication_error' })),
      [1, 0],
    );
  });

  test('is a quoted error where a record only quotes others', async (t) => {
    assert.deepEqual(await countErrors(t, line('attempt_failed', { level: 'warn', code: 'overloaded_error' })), [0, 1]);
    assert.deepEqual(await countErrors(t, line('run_finished', { failure_codes: { overloaded_error: 2 } })), [0, 1]);
    assert.deepEqual(await countErrors(t, line('story_saved', { title: 'Error 404' })), [0, 1]);
    assert.deepEqual(await countErrors(t, start({ settings: { ...SETTINGS, outputDir: '/home/terror' } })), [0, 1]);
  });

  test('leaves out what the second grep excludes', async (t) => {
    assert.deepEqual(await countErrors(t, line('usage_missing', { msg: '토큰 사용량 정보 없음 (error)' })), [0, 0]);
  });
});

test('a key or a token is found by its form or by its value, and never shown', () => {
  const find = secretFinder(['test-key-1234567890', 'ollama']);
  for (const secret of [
    'sk-ant-api03-abcdef123456',
    'Authorization: Bearer abcdefghijkl',
    '{"authorization":"abcdefgh1234"}',
    'x-api-key: abcdefgh1234',
    'bearer 1234567890abcdef',
    '그가 test-key-1234567890이라고 말했다',
  ]) {
    const found = find(secret);
    assert.ok(found !== null, secret);
    assert.ok(!/abcdef|12345/.test(found));
  }
  for (const harmless of [
    '{"anthropicApiKey":"***"}',
    '{"authorization":"***"}',
    'API가 401로 답했습니다 (invalid x-api-key)',
    'ollama',
    'Bearer of bad news',
    'sk-ant-…',
  ]) {
    assert.equal(find(harmless), null, harmless);
  }
});
