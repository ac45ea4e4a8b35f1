import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ROOT } from '../helpers/processes.js';

test('the map of the architecture has a line for every file of src, and none for a file that is gone', () => {
  const map = readFileSync(join(ROOT, 'docs', 'ARCHITECTURE.md'), 'utf8');
  const told = [...map.matchAll(/^\| ((?!scripts\/)(?:[\w-]+\/)*[\w-]+(?:\.d)?\.ts) \|/gm)].map(([, file]) => file);
  const there = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.startsWith('test'))
    .map((file) => file.replaceAll('\\', '/'));
  assert.deepEqual([...new Set(told)].sort(), there.sort());
});
