import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';

// npm run build: src/main.ts and all that it needs, packages included, as a few files in dist. Read one by one, the
// six hundred modules of the worker and its packages take longer than everything else that a start does.

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');

/**
 * pino-roll takes five functions of date-fns, and with them all three hundred, which a worker would hold in memory. Where
 * it asks for them in another way one day, all of them are built in.
 */
const fewDateFunctions: Plugin = {
  name: 'few-date-functions',
  setup: ({ onLoad }) =>
    onLoad({ filter: /[\\/]pino-roll[\\/]lib[\\/]utils\.js$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replace(
        /const \{([^}]+)\} = require\('date-fns'\)/,
        (_whole, names: string) => `const ${names.replace(/\w+/g, "$& = require('date-fns/$&').$&")}`,
      ),
    })),
};

const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: ['src/main.ts'],
  outdir: dist,
  bundle: true,
  // What is imported where it is needed stays apart.
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.12',
  // With one letter beyond Latin, V8 would keep all of a file in two bytes a letter.
  charset: 'ascii',
  // Stacks stay readable without it; whoever wants the lines of the sources runs node --enable-source-maps.
  sourcemap: 'linked',
  sourcesContent: false,
  metafile: true,
  plugins: [fewDateFunctions],
  // For packages that are CommonJS.
  banner: {
    js: "import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);",
  },
});

// Only now, so that a worker that starts meanwhile finds one build or the other.
const written = new Set(Object.keys(metafile.outputs).map((path) => basename(path)));
for (const name of readdirSync(dist)) {
  if (!written.has(name)) rmSync(join(dist, name), { recursive: true });
}
