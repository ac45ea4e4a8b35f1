import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's folder: where config files, .env and relative paths start, run from src or from dist. */
export const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** As package.json says. */
export function version(): string {
  return (JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }).version;
}
