import { copyFileSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { build } from 'esbuild';
import { ROOT } from '../src/lib/project.js';
import { BUNDLE, toAscii } from './bundle.js';

// npm run build: src/main.ts and all that it needs, packages included, as a few files in dist. Reading the six hundred
// modules of the worker and its packages one by one takes longer than everything else that a start does.

const dist = join(ROOT, 'dist');
const { outputFiles } = await build({
  ...BUNDLE,
  absWorkingDir: ROOT,
  entryPoints: ['src/main.ts'],
  outdir: dist,
  write: false,
});

mkdirSync(dist, { recursive: true });
for (const { path, text } of outputFiles) writeFileSync(path, path.endsWith('.js') ? toAscii(text) : text);

// After the build, so that a worker that starts meanwhile finds either the old build or the new one.
const written = new Set(outputFiles.map(({ path }) => basename(path)));
for (const name of readdirSync(dist)) {
  if (!written.has(name)) rmSync(join(dist, name), { recursive: true });
}

// npm looks for commands there first; shells other than those of Windows have the word themselves.
if (process.platform === 'win32') {
  copyFileSync(join(ROOT, 'scripts', 'exec.cmd'), join(ROOT, 'node_modules', '.bin', 'exec.cmd'));
}
