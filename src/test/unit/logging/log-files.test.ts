import assert from 'node:assert/strict';
import { readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { localIso } from '../../../lib/format-time.js';
import { lastLogNumber, listOwnLogFiles, removeOldLogFiles } from '../../../logging/log-files.js';
import { openLogger } from '../../../logging/logger.js';
import type { Terminal } from '../../../logging/terminal.js';
import { temporaryFolder } from '../../helpers/fakes.js';

const TODAY = localIso(Date.now()).slice(0, 10);
const own = (day: string, number: number | string = 1) => `horror_story_worker.${day}.${number}.log`;

/** Not the worker's, however much they look like its files. */
const FOREIGN = [
  'access.20261123.log',
  `nginx.${TODAY}.7.log`,
  `horror_story_worker-${TODAY}.8.log`,
  `horror_story_worker.${TODAY}.9.log.gz`,
  `horror_story_worker.${TODAY}.log`,
  `horror_story_worker.old.10.log`,
  'horror_story_worker.2026-01-01.99999999999999999999.log',
  'report_run_1.html',
];

function folderWith(t: TestContext, names: readonly string[]): string {
  const folder = temporaryFolder(t);
  for (const name of names) writeFileSync(join(folder, name), `${name}\n`);
  return folder;
}

/** Sixty days, the oldest first. */
const DAYS = Array.from({ length: 60 }, (_, at) => new Date(Date.UTC(2025, 0, at + 1)).toISOString().slice(0, 10));

async function open(
  folder: string,
  { keepFiles = 30, maxSizeMb = 20, onFileOpened = () => null as Error | null } = {},
) {
  const terminal: Terminal = { isLive: false, write: () => {}, live: () => {}, flush: async () => {} };
  return openLogger({
    ...{ dir: folder, level: 'debug', format: 'json', maxSizeMb, keepFiles, terminal, secrets: [], onFileOpened },
    context: () => ({}),
  });
}

test('the files of a log are listed oldest first, by date and number, and nothing else is', (t) => {
  const names = [own('2026-11-23', 10), own('2026-11-23', 9), own('2026-12-01'), own('2025-12-31', 2)];
  const folder = folderWith(t, [...names, ...FOREIGN]);
  assert.deepEqual(
    listOwnLogFiles(folder).map(({ name }) => name),
    [own('2025-12-31', 2), own('2026-11-23', 9), own('2026-11-23', 10), own('2026-12-01')],
  );
});

test('the last number is that of the day, whatever else is in the folder', (t) => {
  const folder = folderWith(t, [own('2026-11-23', 3), own('2026-11-24', 12), ...FOREIGN]);
  const noonOf = (day: number) => new Date(2026, 10, day, 12).getTime();
  assert.deepEqual(
    [23, 24, 25].map((day) => lastLogNumber(folder, noonOf(day))),
    [3, 12, 1],
  );
  assert.equal(lastLogNumber(join(folder, 'none'), noonOf(23)), 1);
});

test('the oldest files go, the current one never does, not even when its date is the oldest', (t) => {
  const names = DAYS.slice(0, 5).map((day) => own(day));
  const left = (keep: number, current: string) => {
    const folder = folderWith(t, names);
    assert.equal(removeOldLogFiles(folder, { keep, current }), null);
    return readdirSync(folder).sort();
  };
  assert.deepEqual(left(3, names[4] ?? ''), names.slice(2));
  assert.deepEqual(left(1, names[4] ?? ''), names.slice(4));
  assert.deepEqual(left(2, names[0] ?? ''), [names[0], names[4]]);
  assert.deepEqual(left(9, names[4] ?? ''), names);
});

test('a folder that cannot be read is said, and nothing is thrown', (t) => {
  const problem = removeOldLogFiles(join(temporaryFolder(t), 'none'), { keep: 1, current: '' });
  assert.match(problem?.message ?? '', /ENOENT/);
});

test('as many files as asked for are left after a start, the new one included', async (t) => {
  const folder = folderWith(t, [...DAYS.map((day) => own(day)), ...FOREIGN]);
  const log = await open(folder, { keepFiles: 30 });
  log.info({ event: 'one' }, '하나');
  const names = listOwnLogFiles(folder).map(({ name }) => name);
  assert.equal(names.length, 30);
  assert.deepEqual(names, [...DAYS.slice(31).map((day) => own(day)), own(TODAY)]);
  const others = readdirSync(folder).filter((name) => !names.includes(name));
  assert.deepEqual(others.sort(), [...FOREIGN].sort());
});

test('foreign files, and files of other days that were made today, do not change the number of the file', async (t) => {
  const folder = folderWith(t, [...FOREIGN, own('2025-01-01', 44)]);
  const log = await open(folder);
  log.info({ event: 'one' }, '하나');
  assert.ok(readdirSync(folder).includes(own(TODAY)));
  assert.deepEqual(
    listOwnLogFiles(folder).map(({ name }) => name),
    [own('2025-01-01', 44), own(TODAY)],
  );
});

test('a start on the same day goes on with the last file of the day', async (t) => {
  const folder = folderWith(t, [own(TODAY), own(TODAY, 2), ...FOREIGN]);
  // Copied here from elsewhere: its times say nothing.
  utimesSync(join(folder, own(TODAY, 2)), 1, 1);
  const log = await open(folder);
  log.info({ event: 'one' }, '하나');
  const size = (number: number) => listOwnLogFiles(folder).filter((file) => file.number === number).length;
  assert.deepEqual([size(1), size(2), size(3)], [1, 1, 0]);
});

test('a file of full size is followed by the next, and the oldest one goes', async (t) => {
  const folder = folderWith(t, [own('2025-01-01'), own('2025-01-02')]);
  let opened = 0;
  const log = await open(folder, {
    keepFiles: 2,
    maxSizeMb: 1,
    onFileOpened: () => {
      opened++;
      return opened === 2 ? new Error('a copy could not be cut') : null;
    },
  });
  assert.deepEqual(
    listOwnLogFiles(folder).map(({ name }) => name),
    [own('2025-01-02'), own(TODAY)],
  );
  log.info({ event: 'long' }, '가'.repeat(400_000));
  while (listOwnLogFiles(folder).at(-1)?.number !== 2 || opened < 2) await nextTurn();
  assert.deepEqual(
    listOwnLogFiles(folder).map(({ name }) => name),
    [own(TODAY), own(TODAY, 2)],
  );
  assert.equal(opened, 2);
});
