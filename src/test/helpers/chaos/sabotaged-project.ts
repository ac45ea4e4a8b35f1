import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { ROOT } from '../../../lib/project.js';
import { temporaryFolder } from '../fakes.js';

/**
 * Copies the project with a worker that is otherwise in some things.
 * @param changes what stands in the built worker, and what stands there instead
 * @returns the root of the copy, which is gone after the test
 */
export function sabotagedProject(t: TestContext, changes: readonly (readonly [from: string, to: string])[]): string {
  const root = join(temporaryFolder(t), 'project');
  mkdirSync(root);
  for (const name of ['dist', 'config', 'package.json', 'ecosystem.config.cjs']) {
    cpSync(join(ROOT, name), join(root, name), { recursive: true });
  }
  symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'));
  const files = readdirSync(join(root, 'dist')).filter((name) => name.endsWith('.js'));
  for (const [from, to] of changes) {
    const paths = files.map((name) => join(root, 'dist', name));
    const path = paths.find((each) => readFileSync(each, 'utf8').includes(from));
    assert.ok(path !== undefined, `${from} is not in dist`);
    writeFileSync(path, readFileSync(path, 'utf8').replace(from, to));
  }
  return root;
}
