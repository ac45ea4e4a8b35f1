import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import type { LedgerRecord } from '../../../run/ledger.js';
import { doubtOf } from '../../../story/doubts.js';
import type { CheckCode } from '../../../verify/catalog.js';
import { unsentOutcome } from '../../../worker/batches/unsent-call.js';
import { DayMaker, HOUR, MINUTE, SECOND } from '../../helpers/report-days/report-day-maker.js';
import { batchDay, parallelDay } from '../../helpers/report-days/report-days.js';
import {
  assertPasses,
  checkOf,
  codesWith,
  copyOf,
  describeFailures,
  editEvent,
  editLedger,
  editLog,
  editMetadata,
  emptyFolders,
  type RunFolders,
  runsOf,
  sharedFolders,
  storyName,
  verifyRun,
  writeRun,
} from '../../helpers/verify-runs.js';

// Runs with several calls in hand, and runs in batches: whole ones pass, and each defect is noticed by its check.

const SLOTS = 4;

/** Twelve stories in four slots, with a failure, a cut-off text, and a story with doubts among them. */
function fourSlots(): DayMaker {
  const maker = new DayMaker();
  const slot = (n: number) => () => {
    maker.wait(n * SECOND);
    if (n === 1) {
      maker.fail('transient', 'overloaded_error');
      maker.wait(5 * SECOND);
    }
    maker.story({ ms: (40 + 7 * n) * SECOND });
    maker.wait(10 * SECOND);
    if (n === 2) {
      const cut = maker.part({ ms: 30 * SECOND });
      maker.wait(5);
      maker.story({ ms: 20 * SECOND, part: cut });
    } else {
      maker.story({ ms: 35 * SECOND, doubts: n === 3 ? [doubtOf('unclear_tail', '다음 화에서')] : [] });
    }
    maker.wait(10 * SECOND);
    maker.story({ ms: 30 * SECOND });
  };
  return maker.sideBySide(...Array.from({ length: SLOTS }, (_, n) => slot(n))).end('count', true);
}

const SETTINGS = {
  concurrency: SLOTS,
  maxStories: 3 * SLOTS,
  intervalSeconds: 10,
  maxTokensTotal: 1_000_000,
  maxCostUsd: 10,
};

const withSetting = (name: string, value: number) => (record: Record<string, unknown>) => ({
  ...record,
  settings: { ...(record.settings as object), [name]: value },
});

interface Defect {
  title: string;
  damage: (folders: RunFolders) => void;
  /** All that fails of it, and nothing else. */
  noticed: CheckCode[];
}

function testDefects(base: RunFolders, defects: readonly Defect[]): void {
  for (const { title, damage, noticed } of defects) {
    test(`notices ${title}`, async (t) => {
      const run = copyOf(t, base);
      damage(run);
      const found = await verifyRun(run);
      assert.deepEqual(codesWith(found, 'fail'), noticed, describeFailures(found));
    });
  }
}

const isOutcome = (kind: string) => (record: LedgerRecord) => record.type === 'outcome' && record.kind === kind;

/** Changes the n-th record of a kind, from 1; null removes it. */
function editNth(
  run: RunFolders,
  isOne: (record: LedgerRecord) => boolean,
  n: number,
  change: (record: LedgerRecord) => LedgerRecord[],
): void {
  editLedger(run, (records) => {
    const wanted = records.filter(isOne)[n - 1];
    return records.flatMap((record) => (record === wanted ? change(record) : [record]));
  });
}

describe('a run with four slots', () => {
  const base = sharedFolders();
  before(() => writeRun(base, fourSlots(), SETTINGS));

  test('passes every check, and a story with doubts is a note that names it', async () => {
    const found = await assertPasses(base);
    assert.deepEqual(codesWith(found, 'note'), ['clean_log', 'doubtful_stories']);
    assert.match(checkOf(found, 'within_limits').figure, /한꺼번에 많아야 4편, 12편 \/ 12편/);
    assert.match(checkOf(found, 'within_caps').figure, /^토큰 많아야 [\d,]+ \/ 1,000,000, 비용 많아야 \$/);
    const [place, ...others] = checkOf(found, 'doubtful_stories').places;
    assert.equal(others.length, 0);
    assert.match(place?.where ?? '', /^horror_story_.*\.md$/);
    assert.match(place?.message ?? '', /unclear_tail: 소설 끝에 소설이 아닐 수도 있는 말이 있습니다 \(다음 화에서\)/);
  });

  testDefects(base, [
    {
      title: 'an outcome that names a call which is not open',
      damage: (run) => editNth(run, isOutcome('failure'), 1, (record) => [{ ...record, attempt: 99 } as LedgerRecord]),
      noticed: ['ledger', 'totals', 'within_limits'],
    },
    {
      title: 'a call whose outcome is missing though nothing was killed',
      damage: (run) => editNth(run, isOutcome('failure'), 1, () => []),
      noticed: ['ledger', 'totals', 'within_limits'],
    },
    {
      title: 'two calls of one number',
      damage: (run) =>
        editNth(
          run,
          ({ type }) => type === 'attempt',
          13,
          (record) => [{ ...record, number: 12 } as LedgerRecord],
        ),
      noticed: ['ledger', 'totals'],
    },
    {
      title: 'more stories at a time than the setting allows',
      damage: (run) => editEvent(run, 'worker_started', withSetting('concurrency', SLOTS - 1)),
      noticed: ['within_limits'],
    },
    {
      title: 'a story that was begun while those in hand could be all that the count allows',
      damage: (run) => editEvent(run, 'worker_started', withSetting('maxStories', 3 * SLOTS - 1)),
      noticed: ['within_limits'],
    },
    {
      title: 'a cap on tokens that only the calls in flight together can pass',
      damage: (run) => editEvent(run, 'worker_started', withSetting('maxTokensTotal', 150_000)),
      noticed: ['within_caps'],
    },
    {
      title: 'a cap on money that only the calls in flight together can pass',
      damage: (run) => editEvent(run, 'worker_started', withSetting('maxCostUsd', 1.32)),
      noticed: ['within_caps'],
    },
    {
      title: 'two stories whose numbers are exchanged',
      damage: (run) => {
        const [second, third] = [storyName(run, 2), storyName(run, 3)];
        editMetadata(run, second, (metadata) => ({ ...metadata, sequence: 3 }));
        editMetadata(run, third, (metadata) => ({ ...metadata, sequence: 2 }));
      },
      noticed: ['sequence'],
    },
    {
      title: 'a call for the rest of a text that is not there',
      damage: (run) =>
        editNth(
          run,
          (record) => record.type === 'attempt' && record.continues !== undefined,
          1,
          (record) => [{ ...record, continues: 'horror_story_20261123_140000_0000ffff' } as LedgerRecord],
        ),
      noticed: ['ledger', 'totals'],
    },
    {
      title: 'a reading in the metadata that has no form',
      damage: (run) =>
        editMetadata(run, storyName(run, 1), (metadata) => ({ ...metadata, removed: [{ what: 'talk', text: '네' }] })),
      noticed: ['frontmatter'],
    },
    {
      title: 'doubts in the metadata that are no doubts',
      damage: (run) => editMetadata(run, storyName(run, 1), (metadata) => ({ ...metadata, doubts: ['unclear_tail'] })),
      noticed: ['frontmatter'],
    },
    {
      title: 'a doubt that the ledger has and the metadata has lost',
      damage: (run) => {
        for (let n = 1; n <= 3 * SLOTS; n++) {
          editMetadata(run, storyName(run, n), (metadata) => ({ ...metadata, doubts: [] }));
        }
      },
      noticed: ['ledger_texts'],
    },
  ]);

  test('that a signal stopped may lack an outcome only where the disk refused it', async (t) => {
    const run = emptyFolders(t);
    const maker = fourSlots();
    maker.day.records.pop();
    writeRun(run, maker.killedInCall().end('signal'), { ...SETTINGS, maxStories: 0 });
    assert.deepEqual(codesWith(await verifyRun(run), 'fail'), ['ledger']);
    editLog(run, (lines) => {
      const at = lines.findIndex((line) => line.includes('story_started'));
      const holding = { ...(JSON.parse(lines[at] ?? '') as object), event: 'holding', retry_in_seconds: 1 };
      return lines.toSpliced(at, 0, JSON.stringify(holding));
    });
    assert.equal(checkOf(await assertPasses(run), 'ledger').status, 'note');
  });

  test('that was killed loses what was in flight, and its successor has its own calls', async (t) => {
    const maker = new DayMaker();
    maker.sideBySide(...Array.from({ length: SLOTS }, () => () => maker.killedInCall()));
    maker.wait(HOUR).restart();
    maker.sideBySide(...Array.from({ length: SLOTS }, () => () => void maker.story())).end('count', true);
    const run = emptyFolders(t);
    writeRun(run, maker, { ...SETTINGS, maxStories: SLOTS });
    const found = await assertPasses(run);
    assert.match(checkOf(found, 'restarts').figure, /결과를 모르는 호출 4회/);
  });
});

test('a made-up day of storms with four slots passes, however often all of them fail', async (t) => {
  const run = emptyFolders(t);
  const settings = { concurrency: 4, maxStories: 0, intervalSeconds: 720, durationSeconds: 86_400 };
  writeRun(run, { day: parallelDay() }, settings);
  const found = await assertPasses(run);
  assert.equal(checkOf(found, 'doubtful_stories').count, 3);
});

test('a ledger of version 1, whose outcomes name no call, passes and has one call at a time', async (t) => {
  const maker = new DayMaker({ version1: true });
  for (let n = 0; n < 4; n++) maker.wait(MINUTE).story();
  const run = emptyFolders(t);
  writeRun(run, maker.end('count', true), { maxStories: 4, intervalSeconds: 60 });
  await assertPasses(run);
  editLedger(run, (records) => records.filter((record) => record !== records.filter(isOutcome('story'))[1]));
  const found = await verifyRun(run);
  assert.match(checkOf(found, 'ledger').places[0]?.message ?? '', /끊기지 않은 프로세스의 호출/);
});

describe('a run in batches', () => {
  const base = sharedFolders();
  const settings = { batchSize: 20, maxStories: 0, intervalSeconds: 1800, durationSeconds: 86_400 };
  before(() => writeRun(base, { day: batchDay() }, settings));
  const isBatch = (phase: string) => (record: LedgerRecord) => record.type === 'batch' && record.phase === phase;

  test('passes, and what is out, or came without a result, is a note that says how to go on', async () => {
    const found = await assertPasses(base);
    assert.deepEqual(codesWith(found, 'note'), ['batches', 'clean_log', 'restarts']);
    const { figure, places } = checkOf(found, 'batches');
    assert.equal(figure, '4개, 소설 72편, 아직 거두지 않은 배치 1개');
    assert.match(places[0]?.message ?? '', /12건의 결과가 남았습니다.*29일/);
    assert.match(places[0]?.where ?? '', /^msgbatch_/);
    assert.match(places[1]?.message ?? '', /결과를 모르는 호출이 있습니다 \(msgbatch_\d+, 1건\)/);
    const later = await verifyRun(base, { now: () => Date.UTC(2027, 0, 1) });
    assert.match(checkOf(later, 'batches').places[0]?.message ?? '', /29일이 지났을 수 있습니다/);
  });

  testDefects(base, [
    {
      title: 'a batch that was created twice',
      damage: (run) =>
        editNth(run, isBatch('created'), 1, (record) => [record, { ...record, id: 'msgbatch_again' } as LedgerRecord]),
      noticed: ['batches'],
    },
    {
      title: 'one batch under two keys',
      damage: (run) =>
        editNth(run, isBatch('created'), 2, (record) => [{ ...record, id: 'msgbatch_000001' } as LedgerRecord]),
      noticed: ['batches'],
    },
    {
      title: 'an intent that comes twice',
      damage: (run) => editNth(run, isBatch('intent'), 1, (record) => [record, record]),
      noticed: ['batches'],
    },
    {
      title: 'results of a batch that was never created',
      damage: (run) => editNth(run, isBatch('created'), 1, () => []),
      noticed: ['batches'],
    },
    {
      title: 'a batch without its intent',
      damage: (run) => editNth(run, isBatch('intent'), 1, () => []),
      noticed: ['batches', 'gaps'],
    },
    {
      title: 'a call that joins a batch after its intent',
      damage: (run) =>
        editLedger(run, (records) => {
          const intent = records.findIndex(isBatch('intent'));
          return records.toSpliced(intent - 1, 2, ...records.slice(intent - 1, intent + 1).reverse());
        }),
      noticed: ['batches'],
    },
    {
      title: 'a batch whose end is missing',
      damage: (run) => editNth(run, isBatch('closed'), 2, () => []),
      noticed: ['batches'],
    },
    {
      title: 'an end that does not count the batch that is out',
      damage: (run) =>
        editNth(
          run,
          ({ type }) => type === 'end',
          2,
          ({ at }) => [{ type: 'end', at, reason: 'signal', over: false }],
        ),
      noticed: ['batches'],
    },
    {
      title: 'a batch that is out without the mark by which the next start finds it',
      damage: (run) => rmSync(join(run.outputDir, '.runs', `${runsOf(run)[0]}.batch`)),
      noticed: ['batches'],
    },
    {
      title: 'a batch that was begun after the deadline',
      damage: (run) => editEvent(run, 'worker_started', withSetting('durationSeconds', 3600)),
      noticed: ['within_limits'],
    },
    {
      title: 'a batch of more stories than the count still needs',
      damage: (run) => editEvent(run, 'worker_started', withSetting('maxStories', 60)),
      noticed: ['within_limits'],
    },
    {
      title: 'a batch that costs more at its most than a cap leaves',
      damage: (run) => editEvent(run, 'worker_started', withSetting('maxCostUsd', 1.6)),
      noticed: ['within_caps'],
    },
    {
      title: 'a second result of one call',
      damage: (run) => editNth(run, isOutcome('abandoned'), 1, (record) => [record, record]),
      noticed: ['ledger', 'totals'],
    },
  ]);

  test('may have taken another batch for its own, where the log says so', async (t) => {
    const run = copyOf(t, base);
    editNth(run, isBatch('created'), 1, (record) => [{ ...record, id: 'msgbatch_of_others' } as LedgerRecord, record]);
    assert.deepEqual(codesWith(await verifyRun(run), 'fail'), ['batches']);
    editEvent(run, 'batch_created', (record) =>
      record.batch === 'msgbatch_000001' ? { ...record, event: 'batch_foreign' } : record,
    );
    await assertPasses(run);
  });

  test('is collected also after the deadline, which the end waits for', async (t) => {
    const maker = new DayMaker();
    const batch = maker.beginBatch(3);
    const run = emptyFolders(t);
    writeRun(
      run,
      maker
        .wait(5 * HOUR)
        .collectBatch(batch)
        .end('duration', true),
      { ...settings, durationSeconds: 3600 },
    );
    assert.match(checkOf(await assertPasses(run), 'stopped_in_time').figure, /^4시간/);
    // Of a batch that had come back long before, nothing is waited for.
    const early = ['batch', 'outcome'];
    editLedger(run, (records) =>
      records.map((record) => (early.includes(record.type) ? { ...record, at: record.at - 4.5 * HOUR } : record)),
    );
    assert.deepEqual(codesWith(await verifyRun(run), 'fail'), ['gaps', 'stopped_in_time']);
  });

  for (const isGivenUp of [false, true]) {
    test(`may be killed while it writes the calls of a batch, given up at the next start: ${isGivenUp}`, async (t) => {
      const maker = new DayMaker();
      const { calls } = maker.beginBatch(5);
      // The intent comes last.
      const { records } = maker.day;
      records.splice(records.findIndex(isBatch('intent')));
      maker.wait(MINUTE).restart();
      if (isGivenUp) records.push(...calls.map((call) => unsentOutcome(call, maker.now())));
      maker.story();
      const run = emptyFolders(t);
      writeRun(run, maker.end('signal'), settings);
      const { status, places } = checkOf(await assertPasses(run), 'batches');
      assert.equal(status, 'note');
      assert.match(places[0]?.message ?? '', /배치를 장부에 적던 중에 강제 종료/);
    });
  }
});
