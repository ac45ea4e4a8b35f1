import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { openLogger } from '../../../logging/logger.js';
import type { Terminal } from '../../../logging/terminal.js';
import { temporaryFolder } from '../../helpers/fakes.js';

const FIELDS = { event: 'author_chosen', pid: 41, sequence: 1, provider: 'ollama:11434', key: 'sk-ant-0a1b2c3d' };

/** Writes one record with these keys configured. */
async function write(t: TestContext, format: 'pretty' | 'json', secrets: readonly string[]) {
  const dir = temporaryFolder(t);
  const shown: string[] = [];
  const terminal: Terminal = {
    ...{ isLive: false, write: (text) => void shown.push(text), live: () => {}, flush: async () => {} },
  };
  const log = await openLogger({
    ...{ dir, level: 'info', format, maxSizeMb: 20, keepFiles: 3, secrets },
    terminal,
    context: () => ({ run_id: 'r11111111' }),
  });
  log.info(FIELDS, '작가: ollama (sk-ant-0a1b2c3d)');
  const [file = ''] = readdirSync(dir).filter((name) => name.endsWith('.log'));
  return { line: readFileSync(join(dir, file), 'utf8'), shown: shown.join('') };
}

test('a placeholder key changes nothing in the log', async (t) => {
  for (const placeholder of ['1', 'ollama', 'level']) {
    const { line, shown } = await write(t, 'json', [placeholder]);
    assert.equal(shown, line);
    const { time, ...record } = JSON.parse(line) as Record<string, unknown>;
    assert.match(String(time), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assert.deepEqual(record, {
      ...{ level: 'info', run_id: 'r11111111', ...FIELDS },
      msg: '작가: ollama (sk-ant-0a1b2c3d)',
    });
  }
});

test('a secret is masked in every line, which stays JSON', async (t) => {
  const { line, shown } = await write(t, 'pretty', ['sk-ant-0a1b2c3d', 'sequence', 'author_chosen']);
  const record = JSON.parse(line) as Record<string, unknown>;
  assert.deepEqual([record.key, record.msg, record.sequence, record.event], ['***', '작가: ollama (***)', 1, '***']);
  assert.doesNotMatch(line + shown, /0a1b2c3d/);
  assert.match(shown, /작가: ollama \(\*\*\*\)/);
});
