import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { accessSync, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { test } from 'node:test';
import { keepStory, ODD_STORIES } from '../../helpers/books.js';
import { temporaryFolder } from '../../helpers/fakes.js';
import { cleanEnvironment, ROOT, startWorker } from '../../helpers/processes.js';

// A book of the worker's own stories and of odd ones, as npm makes it, held against the reference checker.

interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

function run(program: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<Ended> {
  return new Promise((resolve) => {
    const child = execFile(program, args, { cwd: ROOT, env }, (_failed, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, stdout, stderr }),
    );
  });
}

/**
 * The command of EPUBCheck; null where it is not installed. Debian's file is a Java archive, which a kernel without
 * binfmt_misc cannot start by itself.
 */
function findEpubcheck(): readonly string[] | null {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const has = (program: string) => folders.map((folder) => join(folder, program)).find(existsSync);
  const [epubcheck, java] = [has('epubcheck'), has('java')];
  return epubcheck === undefined || java === undefined ? null : [java, '-jar', epubcheck];
}

test('a book of stories of the built-in author, and of odd ones, is a valid EPUB', async (t) => {
  const outputDir = temporaryFolder(t);
  const worker = startWorker(t, { flags: ['--max-stories', '24'], env: { AUTHOR: 'offline' }, outputDir });
  assert.equal((await worker.exited).code, 0);
  const later = Date.now() + 1000;
  for (const [at, { title, text, fields }] of ODD_STORIES.entries()) {
    await keepStory(outputDir, text, later + at, { title, ...fields });
  }
  const output = join(temporaryFolder(t), 'book.epub');
  const env = { ...cleanEnvironment(), OUTPUT_DIR: outputDir };
  const made = await run(process.execPath, ['--import', 'tsx', 'scripts/book.ts', '--output', output], env);
  assert.deepEqual([made.code, made.stderr], [0, '']);
  const count = 24 + ODD_STORIES.length;
  assert.match(
    made.stdout,
    new RegExp(`소설 ${count}편 - 내장 작가\\(offline\\) 25편, claude-test \\(anthropic\\) 6편\n`),
  );
  accessSync(output);

  const epubcheck = findEpubcheck();
  if (epubcheck === null) {
    t.diagnostic('epubcheck is not installed: the book was made and not checked');
    return;
  }
  const [program = '', ...args] = epubcheck;
  const checked = await run(program, [...args, '--failonwarnings', output], process.env);
  assert.equal(checked.code, 0, checked.stdout + checked.stderr);
  assert.match(checked.stdout + checked.stderr, /0 fatals \/ 0 errors \/ 0 warnings/);
});
