import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { envExample, settingsTable } from '../src/cli/help.js';
import { defineCommand, runScript } from '../src/lib/command-line.js';

// npm run docs: writes what is generated from the settings: the table of docs/settings.md, and .env.example.

const docs = defineCommand({
  usage: '사용법: npm run docs    설정표와 .env.example을 설정에서 다시 만들기',
  options: {},
  run: async (_, { root }) => {
    const path = join(root, 'docs', 'settings.md');
    const table = /(<!-- settings -->\n)[\s\S]*?(<!-- \/settings -->)/;
    const text = readFileSync(path, 'utf8');
    writeFileSync(
      path,
      text.replace(table, (_, start: string, end: string) => `${start}${settingsTable()}\n${end}`),
    );
    writeFileSync(join(root, '.env.example'), envExample());
  },
});

await runScript(docs, process);
