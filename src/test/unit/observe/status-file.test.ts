import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { ProcessIdentity } from '../../../lib/process-identity.js';
import { type Status, toIso } from '../../../observe/status.js';
import { readStatus, readStatuses, statusPath, writeStatus } from '../../../observe/status-file.js';
import { type LedgerRecord, listRuns } from '../../../run/ledger.js';
import { filesOf } from '../../../store/story-store.js';
import { temporaryFolder } from '../../helpers/fakes.js';
import { BEGUN, begin, folderWith } from '../../helpers/folders.js';
import { attempt, DEAD, end, failure, ME, story } from '../../helpers/records.js';
import { MINUTE, NOON, statusOf } from '../../helpers/statuses.js';

/** What a worker says that waits, after all that the ledgers below hold. */
const WAITING = { doing: 'interval', since: toIso(NOON), next_at: toIso(NOON + MINUTE) } as const;

const claim = (owner: ProcessIdentity, purpose: 'resume' | 'recover' = 'resume'): LedgerRecord => ({
  type: 'claim',
  at: BEGUN + 3000,
  epoch: 2,
  owner,
  purpose,
});

async function only(folder: string): Promise<Status> {
  const [status, ...others] = await readStatuses(folder);
  assert.ok(status !== undefined && others.length === 0);
  return status;
}

describe('a run with a living worker', () => {
  test('is what its worker said, with the counts of its ledger', async (t) => {
    const records = [attempt(), story({ at: BEGUN + 1000, name: 'a' })];
    const folder = await folderWith(t, [begin('run_1', ME), ...records]);
    const last_story = { title: '반품 구역', file: 'a.md', at: toIso(BEGUN) };
    const said = { ...statusOf({ ...WAITING, last_story }, { max_stories: 7, deadline: toIso(NOON) }), epoch: 1 };
    writeStatus(folder, said);
    const status = await only(folder);
    assert.deepEqual(
      [status.doing, status.since, status.next_at, status.max_stories, status.deadline, status.end],
      [WAITING.doing, WAITING.since, WAITING.next_at, 7, toIso(NOON), null],
    );
    // The file says 0.
    assert.deepEqual([status.stories, status.tokens.total_tokens, status.attempts], [1, 3500, 1]);
    assert.deepEqual([status.run_name, status.pid, status.started_at], ['night', process.pid, toIso(BEGUN)]);
    assert.deepEqual(status.last_story, { title: '반품 구역', file: 'a.md', at: toIso(BEGUN + 1000) });
  });

  test('that took it over is not what the worker before it said', async (t) => {
    const folder = await folderWith(t, [begin('run_1', DEAD), claim(ME)]);
    writeStatus(folder, { ...statusOf(WAITING, { max_stories: 7 }), epoch: 1 });
    const status = await only(folder);
    assert.deepEqual([status.doing, status.next_at, status.max_stories], ['unknown', null, null]);
  });

  test('that could not say anything writes while a call is open', async (t) => {
    const folder = await folderWith(t, [begin('run_1', ME), attempt({ at: BEGUN + 1000 })]);
    const { doing, since } = await only(folder);
    assert.deepEqual([doing, since], ['writing', toIso(BEGUN + 1000)]);
  });

  test('that could not say that its wait is over is believed by its ledger', async (t) => {
    const folder = await folderWith(t, [begin('run_1', ME), attempt({ at: NOON + 1 })]);
    writeStatus(folder, { ...statusOf(WAITING), epoch: 1 });
    const { doing, next_at } = await only(folder);
    assert.deepEqual([doing, next_at], ['writing', null]);
  });

  test('tells how many stories are in hand, in its own words or by its ledger', async (t) => {
    const two = [attempt({ at: BEGUN + 1000 }), attempt({ at: BEGUN + 2000, number: 2 })];
    const folder = await folderWith(t, [begin('run_1', ME), ...two]);
    assert.equal((await only(folder)).in_hand, 2);
    writeStatus(folder, { ...statusOf({ doing: 'writing', in_hand: 3, since: toIso(NOON) }), epoch: 1 });
    assert.equal((await only(folder)).in_hand, 3);
  });

  test('waits for a batch that is out while its results come in', async (t) => {
    const call = { batch: 'batch_1', custom_id: 'run_1_1' };
    const out: LedgerRecord[] = [
      attempt({ at: BEGUN + 1000, ...call }),
      { type: 'batch', at: BEGUN + 1000, key: 'batch_1', phase: 'intent' },
      { type: 'batch', at: NOON + 1, key: 'batch_1', phase: 'created', id: 'msgbatch_1' },
    ];
    const folder = await folderWith(t, [begin('run_1', ME), ...out]);
    assert.equal((await only(folder)).doing, 'batch');
    const seen = { doing: 'batch', since: toIso(NOON), detail: '완료 1' } as const;
    writeStatus(folder, { ...statusOf(seen), epoch: 1 });
    const { doing, detail } = await only(folder);
    assert.deepEqual([doing, detail], ['batch', '완료 1']);
  });

  test('writes for as long as it said so, however its ledger goes on', async (t) => {
    const folder = await folderWith(t, [begin('run_1', ME), attempt({ at: NOON + 1 })]);
    writeStatus(folder, { ...statusOf({ doing: 'writing', since: toIso(NOON) }), epoch: 1 });
    const { doing, since } = await only(folder);
    assert.deepEqual([doing, since], ['writing', toIso(NOON)]);
  });
});

describe('a run without a worker', () => {
  test('that was killed has ended, whatever its worker said it was doing', async (t) => {
    const folder = await folderWith(t, [begin('run_1', DEAD), attempt(), story({ at: BEGUN + 1000, name: 'a' })]);
    writeStatus(folder, { ...statusOf(WAITING, { deadline: toIso(NOON) }), epoch: 1 });
    const status = await only(folder);
    assert.deepEqual(
      [status.doing, status.next_at, status.pid, status.since],
      ['ended', null, null, toIso(BEGUN + 1000)],
    );
    assert.deepEqual([status.end?.reason, status.end?.over, status.deadline], ['killed', false, toIso(NOON)]);
  });

  test('that was killed and put right since was killed all the same', async (t) => {
    const recovered = end({ at: BEGUN + 4000, reason: 'recovered' });
    const folder = await folderWith(t, [begin('run_1', DEAD), attempt(), claim(DEAD, 'recover'), recovered]);
    writeStatus(folder, { ...statusOf(WAITING, { deadline: toIso(NOON) }), epoch: 1 });
    const status = await only(folder);
    // Its limits are still those that its worker had.
    assert.deepEqual([status.end?.reason, status.deadline], ['killed', toIso(NOON)]);
  });

  test('is not at work while somebody puts it right', async (t) => {
    const folder = await folderWith(t, [begin('run_1', DEAD), claim(ME, 'recover')]);
    const status = await only(folder);
    assert.deepEqual([status.end?.reason, status.pid], ['killed', null]);
  });

  for (const over of [true, false]) {
    test(`that is ${over ? 'over' : 'interrupted'} has the reason in the words of its worker`, async (t) => {
      const folder = await folderWith(t, [begin('run_1', ME), end({ at: BEGUN, reason: 'refused', over })]);
      const said = { reason: 'refused', message: 'API가 401로 답했습니다', over, exit_code: 78 };
      writeStatus(folder, { ...statusOf({ doing: 'ended', end: said }), epoch: 1 });
      assert.deepEqual((await only(folder)).end, said);
    });
  }

  test('is not over while its ledger does not say so, for it will be taken up', async (t) => {
    const folder = await folderWith(t, [begin('run_1', DEAD)]);
    const said = { reason: 'count', message: '생성 개수 제한 도달', over: true, exit_code: 0 };
    writeStatus(folder, { ...statusOf({ doing: 'ended', end: said }), epoch: 1 });
    assert.deepEqual((await only(folder)).end, { ...said, over: false });
  });

  test('of which nobody said more has the reason of its ledger', async (t) => {
    const folder = await folderWith(t, [begin('run_1', ME), end({ reason: 'duration', over: true })]);
    const expected = { reason: 'duration', message: '실행 시간 제한 도달', over: true, exit_code: null };
    assert.deepEqual((await only(folder)).end, expected);
  });

  test('has an end that somebody else gave it since, not the one that its worker said', async (t) => {
    const folder = await folderWith(t, [begin('run_1', DEAD), claim(DEAD), end({ reason: 'count', over: true })]);
    const said = { reason: 'signal', message: 'SIGINT 수신', over: false, exit_code: 0 };
    writeStatus(folder, { ...statusOf({ doing: 'ended', end: said }), epoch: 1 });
    assert.equal((await only(folder)).end?.reason, 'count');
  });
});

describe('the last story and the last failure', () => {
  test('are found without the file: title in the metadata, code in the ledger', async (t) => {
    const failed = failure({ at: BEGUN + 2000, code: 'cut' });
    const folder = await folderWith(t, [begin('run_1', DEAD), story({ at: BEGUN, name: 'a' }), failed]);
    assert.deepEqual((await only(folder)).last_story, { title: null, file: 'a.md', at: toIso(BEGUN) });
    writeFileSync(join(folder, filesOf('a')[1]), JSON.stringify({ title: '제목' }));
    const { last_story, last_failure } = await only(folder);
    assert.equal(last_story?.title, '제목');
    assert.deepEqual(last_failure, { code: 'cut', reason: null, at: toIso(BEGUN + 2000) });
  });

  test('of the file are taken only where the ledger has none that are newer', async (t) => {
    const newer = [story({ at: BEGUN + 1000, name: 'b' }), failure({ at: BEGUN + 2000, code: 'cut' })];
    const folder = await folderWith(t, [begin('run_1', DEAD), ...newer]);
    const last_story = { title: '앞선 소설', file: 'a.md', at: toIso(BEGUN) };
    const old = { code: 'overloaded_error', reason: '바쁨', at: toIso(BEGUN) };
    writeStatus(folder, { ...statusOf({ last_story, last_failure: old }), epoch: 1 });
    const before = await only(folder);
    assert.deepEqual([before.last_story?.file, before.last_story?.title], ['b.md', null]);
    assert.equal(before.last_failure?.code, 'cut');
    const said = { code: 'cut', reason: '끊김', at: toIso(BEGUN + 2001) };
    writeStatus(folder, { ...statusOf({ last_failure: said }), epoch: 1 });
    assert.deepEqual((await only(folder)).last_failure, said);
  });
});

describe('of several runs', () => {
  test('all that have a living worker are told, newest first', async (t) => {
    const [old, dead, young] = [begin('run_1', ME), begin('run_2', DEAD, BEGUN + 1), begin('run_3', ME, BEGUN + 2)];
    const folder = await folderWith(t, [old], [dead], [young]);
    const statuses = await readStatuses(folder);
    assert.deepEqual(
      statuses.map(({ run_id }) => run_id),
      ['run_3', 'run_1'],
    );
  });

  test('without a worker the one that was active last is told, be it not the newest', async (t) => {
    const resumed = end({ at: NOON });
    const folder = await folderWith(t, [begin('run_1', DEAD), resumed], [begin('run_2', DEAD, BEGUN + 1)]);
    assert.equal((await only(folder)).run_id, 'run_1');
  });

  test('nothing is told where there is none', async (t) => {
    const folder = temporaryFolder(t);
    assert.deepEqual(await readStatuses(folder), []);
    assert.deepEqual(await readStatuses(join(folder, 'nowhere')), []);
    assert.equal(readStatus(folder, 'run_1'), null);
  });
});

describe('the file', () => {
  test('stands beside the ledger and is taken for none', async (t) => {
    const folder = await folderWith(t, [begin('run_1', ME)]);
    writeStatus(folder, statusOf());
    assert.deepEqual(readdirSync(join(folder, '.runs')).sort(), ['run_1.jsonl', 'run_1.status.json']);
    assert.deepEqual(await listRuns(folder), ['run_1']);
  });

  for (const [name, content] of [
    ['torn', '{"run_id":"run_1","since":'],
    ['empty', ''],
    ['of another run', JSON.stringify(statusOf({}, { run_id: 'run_2', max_stories: 7 }))],
    ['of something else', '["run_1"]'],
  ] as const) {
    test(`that is ${name} is passed over`, async (t) => {
      const folder = await folderWith(t, [begin('run_1', ME)]);
      writeFileSync(statusPath(folder, 'run_1'), content);
      const { doing, max_stories } = await only(folder);
      assert.deepEqual([doing, max_stories], ['unknown', null]);
    });
  }

  test('does not make a folder anew that somebody has moved away', (t) => {
    const folder = temporaryFolder(t);
    assert.throws(() => writeStatus(folder, statusOf()), /ENOENT/);
    assert.deepEqual(readdirSync(folder), []);
  });
});
