import assert from 'node:assert/strict';
import fs, { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import fsPromises from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import {
  appendRecord,
  type BeginRecord,
  isClosed,
  type LedgerRecord,
  ledgerPath,
  listRuns,
  readLedger,
} from '../../../run/ledger.js';
import { applyRecord, INITIAL_RUN_STATE } from '../../../run/run-state.js';
import { diskFull, replaceInNode, seededRandom, temporaryFolder } from '../../helpers/fakes.js';
import { abandoned, attempt, DEAD, end, failure, history, story } from '../../helpers/records.js';

const BEGIN: BeginRecord = {
  type: 'begin',
  at: 500,
  run_id: 'run_1',
  run_name: '밤 "1"\n2',
  owner: DEAD,
  new_run_token: null,
};

const newPath = (t: TestContext) => ledgerPath(temporaryFolder(t), 'run_1');

async function write(path: string, ...records: LedgerRecord[]): Promise<void> {
  for (const record of records) await appendRecord(path, record, []);
}

function read(path: string) {
  const ledger = readLedger(path);
  assert.ok(ledger !== null, 'no ledger');
  return ledger;
}

test('what is appended is read again, record by record', async (t) => {
  const path = newPath(t);
  const records: LedgerRecord[] = [
    BEGIN,
    attempt(),
    story(),
    failure(),
    abandoned(),
    { type: 'claim', at: 3000, epoch: 2, owner: DEAD, purpose: 'resume' },
    { type: 'pause', at: 3200, phase: 'begin', reason: 'daily_cap', until: 9000 },
    { type: 'pause', at: 3300, phase: 'end', reason: 'daily_cap' },
    { type: 'snapshot', at: 3500, state: INITIAL_RUN_STATE },
    end({ reason: '줄\n바꿈 \u2028' }),
  ];
  await write(path, ...records);
  assert.deepEqual(read(path), { path, begin: BEGIN, records, unreadable: 0 });
  assert.equal(readFileSync(path, 'utf8').split('\n').length, records.length + 1);
});

test('a record of a type that a later version added is skipped, wherever it stands', async (t) => {
  const path = newPath(t);
  const dream = '{"type":"dream","at":1500,"of":"doors"}\n';
  await write(path, BEGIN, attempt());
  appendFileSync(path, dream);
  await write(path, story());
  appendFileSync(path, dream);
  const { records, unreadable } = read(path);
  assert.deepEqual([records, unreadable, isClosed(path)], [[BEGIN, attempt(), story()], 2, false]);
});

test('the folder of ledgers is made with all that leads to it, out of sight', async (t) => {
  const folder = join(temporaryFolder(t), 'a', '이야기');
  await write(ledgerPath(folder, 'run_1'), BEGIN);
  assert.ok(existsSync(join(folder, '.runs', 'run_1.jsonl')));
});

test('a last record torn at any byte costs that record alone, and the next one is readable', async (t) => {
  const path = newPath(t);
  const last = end({ reason: '신호 👻' });
  await write(path, BEGIN, attempt(), story());
  const before = readFileSync(path);
  await write(path, last);
  const whole = readFileSync(path);
  for (let size = before.length; size <= whole.length; size++) {
    writeFileSync(path, whole.subarray(0, size));
    // Without its line end a record is whole all the same.
    const kept = size >= whole.length - 1 ? [last] : [];
    const unreadable = kept.length === 0 && size > before.length ? 1 : 0;
    const torn = read(path);
    assert.deepEqual(torn.records, [BEGIN, attempt(), story(), ...kept], `cut at ${size}`);
    assert.equal(torn.unreadable, unreadable, `cut at ${size}`);
    await write(path, attempt({ number: 2 }));
    const after = read(path);
    assert.deepEqual(after.records, [...torn.records, attempt({ number: 2 })], `cut at ${size}`);
    assert.equal(after.unreadable, unreadable, `cut at ${size}`);
  }
});

test('lines in the middle that are no records are counted, and the rest is read', async (t) => {
  const path = newPath(t);
  await write(path, BEGIN, attempt());
  const junk = [
    '{',
    'null',
    '3',
    '"begin"',
    '[]',
    '{"type":"story","at":1}',
    '{"type":"end"}',
    '{"type":"end","at":"1"}',
  ];
  writeFileSync(path, `${readFileSync(path, 'utf8')}${junk.join('\n')}\n\n\n`);
  await write(path, story());
  const ledger = read(path);
  assert.deepEqual(ledger.records, [BEGIN, attempt(), story()]);
  assert.equal(ledger.unreadable, junk.length);
});

test('what is no ledger is none: missing, empty, foreign, torn in its first record', (t) => {
  const path = newPath(t);
  assert.equal(readLedger(path), null);
  mkdirSync(dirname(path));
  const first = JSON.stringify(BEGIN);
  for (const content of [
    '',
    '\n\n',
    'hello\n',
    '{"a":1}\n',
    `${JSON.stringify(attempt())}\n${first}\n`,
    first.slice(0, -1),
  ]) {
    writeFileSync(path, content);
    assert.equal(readLedger(path), null, content);
  }
});

test('a folder in the place of a ledger is no ledger of ours, and keeps nobody from starting', (t) => {
  assert.equal(readLedger(temporaryFolder(t)), null);
});

for (const [what, vanish] of [
  ['is gone', (path: string) => fsPromises.rm(dirname(path), { recursive: true })],
  ['is empty', (path: string) => fsPromises.truncate(path)],
] as const) {
  test(`a ledger that ${what} starts anew with what is known of the run, and replays to the same state`, async (t) => {
    const path = newPath(t);
    const records = history(seededRandom(7), 40);
    let state = applyRecord(INITIAL_RUN_STATE, BEGIN);
    await write(path, BEGIN);
    for (const [n, record] of records.entries()) {
      if (n % 13 === 12) await vanish(path);
      await appendRecord(path, record, [BEGIN, { type: 'snapshot', at: state.lastAt, state }]);
      state = applyRecord(state, record);
    }
    const ledger = read(path);
    assert.deepEqual(ledger.records.reduce(applyRecord, INITIAL_RUN_STATE), state);
    assert.deepEqual(
      ledger.records.slice(0, 2).map(({ type }) => type),
      ['begin', 'snapshot'],
    );
    assert.equal(ledger.records.length, 2 + 1 + (records.length - 1 - 38));
  });
}

test('where a file stands in place of the folder, nothing is written', async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, '.runs'), 'mine');
  await assert.rejects(write(ledgerPath(folder, 'run_1'), BEGIN), { code: /EEXIST|ENOTDIR/ });
  assert.equal(readFileSync(join(folder, '.runs'), 'utf8'), 'mine');
});

test('a device that is full says so', { skip: !existsSync('/dev/full') }, async () => {
  await assert.rejects(appendRecord('/dev/full', BEGIN, []), { code: 'ENOSPC' });
});

const refuse = () => {
  throw diskFull();
};

const FULL: [name: string, method: 'appendFileSync' | 'fdatasync', act: (file: number, ...rest: unknown[]) => void][] =
  [
    ['the disk is full', 'appendFileSync', refuse],
    [
      'the disk is full in the middle of the line',
      'appendFileSync',
      (file, text) => {
        writeSync(file, String(text).slice(0, 20));
        refuse();
      },
    ],
    ['the line cannot be made durable', 'fdatasync', (_file, done) => (done as (error: Error) => void)(diskFull())],
  ];

for (const [name, method, act] of FULL) {
  test(`when ${name}, appending rejects, leaves nothing of the record, and works the next time`, async (t) => {
    const path = newPath(t);
    await write(path, BEGIN, attempt());
    const before = readFileSync(path, 'utf8');
    const disk = replaceInNode(t, fs, method, act);
    await assert.rejects(write(path, story()), { code: 'ENOSPC' });
    assert.equal(readFileSync(path, 'utf8'), before);
    disk.mend();
    await write(path, story());
    const { records, unreadable } = read(path);
    assert.deepEqual([records, unreadable], [[BEGIN, attempt(), story()], 0]);
  });

  test(`when ${name} at the first record, the next try is the first one still`, async (t) => {
    const path = newPath(t);
    const disk = replaceInNode(t, fs, method, act);
    await assert.rejects(appendRecord(path, attempt(), [BEGIN]), { code: 'ENOSPC' });
    disk.mend();
    await appendRecord(path, attempt(), [BEGIN]);
    assert.deepEqual(read(path).records, [BEGIN, attempt()]);
  });
}

test('two that append at once do not tear each other', async (t) => {
  const path = newPath(t);
  await write(path, BEGIN);
  await Promise.all(Array.from({ length: 100 }, (_, n) => appendRecord(path, attempt({ number: n }), [])));
  const { records, unreadable } = read(path);
  assert.equal(unreadable, 0);
  const numbers = records.flatMap((record) => (record.type === 'attempt' ? [record.number] : []));
  assert.deepEqual(
    numbers.sort((a, b) => a - b),
    Array.from({ length: 100 }, (_, n) => n),
  );
});

test('a ledger says by its end alone that its run is over, and nothing else does', async (t) => {
  const path = newPath(t);
  assert.equal(isClosed(path), false, 'missing');
  await write(path, BEGIN, ...Array.from({ length: 20 }, story));
  assert.equal(isClosed(path), false, 'it goes on');
  await write(path, end({ over: false }));
  assert.equal(isClosed(path), false, 'interrupted');
  await write(path, end({ over: true }));
  assert.equal(isClosed(path), true, 'over');
  appendFileSync(path, '{"type":"end","at":1,"over":tr');
  assert.equal(isClosed(path), false, 'torn');
  await write(path, end({ over: true, reason: '까닭'.repeat(600) }));
  assert.equal(isClosed(path), false, 'longer than anybody reads');
  const folder = newPath(t);
  mkdirSync(folder, { recursive: true });
  assert.equal(isClosed(folder), false, 'a folder');
  const short = newPath(t);
  await write(short, end({ over: true }));
  assert.equal(isClosed(short), true, 'one record');
});

test('runs are listed newest first, and nothing else is', async (t) => {
  const folder = temporaryFolder(t);
  assert.deepEqual(await listRuns(folder), []);
  mkdirSync(join(folder, '.runs'));
  const ids = ['run_20261123_235959_ffffff', 'run_20261124_000000_000000', 'run_20270101_000000_aaaaaa'];
  for (const id of ids) writeFileSync(ledgerPath(folder, id), '');
  writeFileSync(join(folder, '.runs', 'notes.txt'), '');
  assert.deepEqual(await listRuns(folder), ids.toReversed());
});
