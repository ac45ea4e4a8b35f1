import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { ROOT } from '../src/lib/project.js';

// npm run folders: the folders of src, and which folders each one imports from, types included. Exits with 1 when a file
// imports from a folder below its own in this list, or when a folder has too many files. Part of npm run lint.

const ORDER = [
  'lib',
  'logging',
  'prompt',
  'api',
  'story',
  'run',
  'store',
  'config',
  'worker',
  'observe',
  'preview',
  'offline',
  'app',
  'cli',
  'verify',
  'report',
  'book',
  'chaos',
] as const;

/** The most files that a folder may hold, those of its subfolders not counted. */
const MOST_FILES = 12;

const IMPORT = /(?:\bfrom|\bimport\s*\(?)\s*'(\.[^']+)'/g;
const src = join(ROOT, 'src');
const problems: string[] = [];
const rows: [room: string, files: number, lines: number, uses: string][] = [];

const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter(
  (file) => file.endsWith('.ts') && !file.startsWith('test'),
);
for (const [rank, room] of ORDER.entries()) {
  const own = files.filter((file) => roomOf(file) === room);
  const uses = new Set<string>();
  let lines = 0;
  for (const file of own) {
    const text = readFileSync(join(src, file), 'utf8');
    lines += text.split('\n').length - 1;
    for (const [, path = ''] of text.matchAll(IMPORT)) {
      const used = roomOf(normalize(join(dirname(file), path)));
      if (used === room) continue;
      uses.add(used);
      if (!ORDER.slice(0, rank).some((below) => below === used)) problems.push(`${file} → ${path}`);
    }
  }
  rows.push([room, own.length, lines, ORDER.filter((each) => uses.has(each)).join(' ')]);
}
const known = new Set<string>(ORDER);
problems.push(
  ...files.filter((file) => file !== 'main.ts' && !known.has(roomOf(file))).map((file) => `${file}: no room`),
);
for (const [folder, count] of countBy(files.map((file) => dirname(file)))) {
  if (count > MOST_FILES) problems.push(`${folder}: ${count} files, more than ${MOST_FILES}`);
}

for (const [room, count, lines, uses] of rows) {
  process.stdout.write(
    `${room.padEnd(9)}${String(count).padStart(3)} files ${String(lines).padStart(6)} lines  ← ${uses}\n`,
  );
}
for (const problem of problems) process.stderr.write(`against the order: ${problem}\n`);
process.exitCode = problems.length === 0 ? 0 : 1;

function roomOf(file: string): string {
  return file.split(/[\\/]/)[0] ?? '';
}

function countBy(values: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}
