import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { BuildOptions, Plugin } from 'esbuild';

/** The functions of date-fns that pino-roll uses, sorted. */
const DATE_FUNCTIONS = ['addDays', 'addHours', 'format', 'isValid', 'parse'];

/**
 * Builds in the five functions of date-fns that pino-roll uses, instead of all three hundred, which a worker would hold in
 * memory. The build fails when a module asks for others, or in a way that this cannot read; esbuild fails when date-fns
 * no longer has one of them.
 */
const fewDateFunctions: Plugin = {
  name: 'few-date-functions',
  setup({ onLoad, onResolve }) {
    onResolve({ filter: /^date-fns$/ }, ({ importer }) => {
      const [request, ...others] = [...readFileSync(importer, 'utf8').matchAll(DATE_FNS_REQUEST)];
      const names = request?.groups?.names?.split(', ').sort().join(', ');
      if (others.length === 0 && names === DATE_FUNCTIONS.join(', ')) return { path: importer, namespace: NAMESPACE };
      return {
        errors: [{ text: `${importer} asks date-fns for ${names ?? 'an unknown set of functions'}. ${ADVICE}` }],
      };
    });
    onLoad({ filter: /^/, namespace: NAMESPACE }, ({ path }) => ({
      contents: DATE_FUNCTIONS.map((name) => `export { ${name} } from 'date-fns/${name}';`).join('\n'),
      resolveDir: dirname(path),
    }));
  },
};

const NAMESPACE = 'date-functions';
const ADVICE = 'Bring DATE_FUNCTIONS in scripts/bundle.ts in line with it';
/** Without names where the module is asked for in another way than by destructuring it. */
const DATE_FNS_REQUEST = /(?:const \{ (?<names>[\w, ]+) \} = )?require\(['"]date-fns['"]\)|from ['"]date-fns['"]/g;

/** How the worker is bundled, whatever the entry and the folder. */
export const BUNDLE = {
  bundle: true,
  // Modules that are imported dynamically stay in files of their own.
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.12',
  // V8 keeps a file with a single character beyond Latin-1 in memory at two bytes per character.
  charset: 'ascii',
  // Stacks stay readable without a source map; `node --enable-source-maps` shows the lines of the sources.
  sourcemap: 'linked',
  sourcesContent: false,
  plugins: [fewDateFunctions],
  // For the packages that are CommonJS.
  banner: {
    js: "import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);",
  },
} satisfies BuildOptions;

/**
 * Escapes what `charset` leaves as it is: the characters of regular expressions and comments. A few of them make V8 hold a
 * megabyte of code at two bytes per character.
 */
export function toAscii(code: string): string {
  // A character behind a backslash loses that: the escape says the same.
  return code.replace(/\\([\s\S])|[\u0080-\uffff]/g, (found: string, escaped = found) =>
    escaped < '\u0080' ? found : `\\u${escaped.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
