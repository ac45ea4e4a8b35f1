import assert from 'node:assert/strict';
import { test } from 'node:test';
import { redact, redactJson, SHORTEST_SECRET } from '../../../lib/redact.js';

const KEY = 'sk-ant-0a1b2c3d';

test('a secret is masked wherever it stands', () => {
  assert.equal(redact(`key ${KEY}, again ${KEY}!`, [KEY]), 'key ***, again ***!');
  assert.equal(redact('nothing to hide', [KEY]), 'nothing to hide');
});

test('placeholders are not masked', () => {
  for (const placeholder of ['1', 'none', 'ollama', 'x'.repeat(SHORTEST_SECRET - 1), '']) {
    assert.equal(
      redact(`http://ollama:11434 none 1 ${placeholder}`, [placeholder]),
      `http://ollama:11434 none 1 ${placeholder}`,
    );
  }
  const shortest = 'x'.repeat(SHORTEST_SECRET);
  assert.equal(redact(shortest, [shortest]), '***');
});

const LINE = JSON.stringify({
  ...{ time: '2026-11-29T01:02:03.004Z', pid: 12345678, sequence: 3, ok: true, none: null },
  ...{ file: '/home/user/my-key-12345678/log', list: ['a', { deep: '12345678' }], quote: 'say "hi" to C:\\temp\nnow' },
});

test('a line of JSON stays JSON with the same fields, and only its strings are masked', () => {
  const masked = JSON.parse(redactJson(LINE, ['12345678'])) as Record<string, unknown>;
  assert.deepEqual(masked, {
    ...(JSON.parse(LINE) as Record<string, unknown>),
    file: '/home/user/my-key-***/log',
    list: ['a', { deep: '***' }],
  });
});

test('names of fields, and what stands between the strings, are not masked', () => {
  for (const secret of ['"sequence"', 'sequence', '":3,"ok":true', '12345678']) {
    const { pid, sequence, ok } = JSON.parse(redactJson(LINE, [secret])) as Record<string, unknown>;
    assert.deepEqual([pid, sequence, ok], [12345678, 3, true], secret);
  }
});

test('a secret is found in its escaped form, and never half of an escape', () => {
  const json = (text: string, secret: string) => JSON.parse(redactJson(JSON.stringify({ text }), [secret])) as unknown;
  assert.deepEqual(json('a "quoted"\\key b', '"quoted"\\key'), { text: 'a *** b' });
  assert.deepEqual(json('a\nnabcdefgh b', 'nabcdefgh'), { text: 'a\n*** b' });
  // As JSON, the text has the secret in it by accident: \n and then abcdefgh.
  assert.deepEqual(json('a\nabcdefgh b', 'nabcdefgh'), { text: 'a\nabcdefgh b' });
  assert.deepEqual(json('한글 🌑 속 secret-key', 'secret-key'), { text: '한글 🌑 속 ***' });
});

test('a line without the secret comes back as it is', () => {
  assert.equal(redactJson(LINE, [KEY, '1']), LINE);
});
