import { spawn } from 'node:child_process';
import { cpSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { build } from 'esbuild';
import { ROOT } from '../src/lib/project.js';

// npm test, npm run test:unit: transpiles sources and tests once, and runs the tests with plain node. With tsx each of the
// test files would spend 0.2 s of processor time on loading it. Unit tests of one folder run in one process, since starting
// two hundred of them would take longer than the tests; those that wait run side by side there.

const OUT = '.test-build';
/** The folders of src/test to run. */
const FOLDERS = process.argv.slice(2);

const files = ['src', 'scripts'].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file)),
);
rmSync(join(ROOT, OUT), { recursive: true, force: true });
await build({
  absWorkingDir: ROOT,
  entryPoints: files.filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts')),
  outdir: OUT,
  outbase: '.',
  format: 'esm',
  platform: 'node',
  target: 'node20.12',
  sourcemap: 'inline',
  sourcesContent: false,
});
for (const file of files.filter((each) => each.endsWith('.mjs'))) cpSync(join(ROOT, file), join(ROOT, OUT, file));

const tests = FOLDERS.flatMap((folder) => (folder === 'unit' ? groupedByFolder(testsIn(folder)) : testsIn(folder)));
const child = spawn(process.execPath, ['--enable-source-maps', '--test', '--test-concurrency=4', ...tests], {
  cwd: ROOT,
  stdio: 'inherit',
});
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => child.kill(name));
child.on('exit', (code) => {
  process.exitCode = code ?? 1;
});

/** The built tests of a folder of src/test. */
function testsIn(folder: string): string[] {
  return files
    .filter((file) => file.endsWith('.test.ts') && file.startsWith(join('src', 'test', folder)))
    .map((file) => join(OUT, file.replace(/\.ts$/, '.js')));
}

/** Files that import the tests of a folder each. */
function groupedByFolder(built: readonly string[]): string[] {
  const groups = new Map<string, string[]>();
  for (const file of built) {
    const [folder = ''] = relative(join(OUT, 'src', 'test', 'unit'), file).split(sep);
    groups.set(folder, [...(groups.get(folder) ?? []), file]);
  }
  return [...groups].map(([folder, members]) => {
    const path = join(OUT, `unit-${folder.replace(/\..*/, '')}.test.mjs`);
    const imports = members.map((file) => `import './${relative(OUT, file).split(sep).join('/')}';\n`);
    writeFileSync(join(ROOT, path), imports.join(''));
    return path;
  });
}
