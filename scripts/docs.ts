import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { envExample, settingsTable } from '../src/cli/help.js';

// npm run docs: writes what is made from the settings, the table of the README and .env.example, anew.

const at = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));

const readme = readFileSync(at('README.md'), 'utf8');
const table = /(<!-- settings -->\n)[\s\S]*?(<!-- \/settings -->)/;
writeFileSync(
  at('README.md'),
  readme.replace(table, (_, start: string, end: string) => `${start}${settingsTable()}\n${end}`),
);
writeFileSync(at('.env.example'), envExample());
