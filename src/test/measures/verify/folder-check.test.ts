import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { toUsage, type Usage } from '../../../api/usage.js';
import { appendRecord, type LedgerRecord, ledgerPath } from '../../../run/ledger.js';
import { INITIAL_RUN_STATE } from '../../../run/run-state.js';
import { countStory, EMPTY_STATISTICS } from '../../../run/statistics.js';
import { toStoryFiles } from '../../../store/story-files.js';
import type { StoryFiles } from '../../../store/story-metadata.js';
import {
  type Destination,
  filesOf,
  openStoryStore,
  setAsideFolder,
  stagingFolder,
} from '../../../store/story-store.js';
import { newDraft } from '../../../story/continuation.js';
import { readAnswer } from '../../../story/read-answer.js';
import { toStory } from '../../../story/story.js';
import { checkFolder, type FolderCheck } from '../../../verify/folder/folder-check.js';
import { PREMISE, storyText, temporaryFolder } from '../../helpers/fakes.js';
import { attempt, DEAD, failure, ME, part, story } from '../../helpers/records.js';

const RUN = 'run_20261123050000000_abcdef';
const NOW = Date.UTC(2026, 10, 23, 5);
const USAGE = toUsage(500, 3000);

const nameOf = (n: number) => `horror_story_20261123_140000_${String(n).padStart(8, '0')}`;

interface Told {
  sequence?: number;
  usage?: Usage | null;
  costUsd?: number | null;
  /** In the metadata beside the rest. */
  more?: Record<string, unknown>;
}

/** The two files of a text, as the worker makes them. */
function entry(n: number, { sequence = n, usage = USAGE, costUsd = 0.031, more = {} }: Told = {}): StoryFiles {
  const text = storyText({ title: `반품 구역 ${n}`, characters: 1500 + 100 * n });
  const answer = { text, stopReason: 'end_turn' as const, refusalCategory: null, usage, model: null, requestId: null };
  const draft = newDraft({ answer: { ...answer, slowUntil: null }, costUsd, generationMs: 42_000 });
  const facts = {
    ...{ template: null, request: null, provider: 'anthropic', model: 'claude-sonnet-5-5', maxTokens: 16_000 },
    ...{ temperature: null, minCharacters: 1000, maxContinuations: 2, maxLikeness: null },
  };
  const written = { sequence, attempts: 1, premise: PREMISE, draft };
  const { markdown, metadata } = toStoryFiles(facts, written, toStory(readAnswer(text), PREMISE), {
    runId: RUN,
    now: NOW,
  });
  return { markdown, metadata: { ...metadata, ...more } };
}

/** A story folder with one run, and what a worker does to it. */
async function openFolder(t: TestContext, owner = DEAD) {
  const folder = temporaryFolder(t);
  const library = openStoryStore(folder, RUN);
  const begin: LedgerRecord = {
    ...{ type: 'begin', at: NOW, run_id: RUN, run_name: 'default', owner, new_run_token: null },
  };
  await appendRecord(ledgerPath(folder, RUN), begin, []);
  const record = async (...records: LedgerRecord[]) => {
    for (const each of records) await appendRecord(ledgerPath(folder, RUN), each, [begin]);
  };
  return {
    folder,
    record,
    stage: (n: number, told?: Told) => library.stage(nameOf(n), entry(n, told)),
    publish: (n: number, shelf: Destination = 'stories') => library.publish(nameOf(n), shelf),
    /** A story from its call to its place. */
    write: async (n: number, told?: Told) => {
      await library.stage(nameOf(n), entry(n, told));
      await record(attempt({ number: n }), story({ name: nameOf(n) }));
      await library.publish(nameOf(n), 'stories');
    },
    check: (atRest = true) => checkFolder(folder, { atRest }),
    path: (n: number, half: 0 | 1, shelf: Destination | 'staged' = 'stories') => {
      const places = { stories: folder, 'set-aside': setAsideFolder(folder), staged: stagingFolder(folder, RUN) };
      return join(places[shelf], filesOf(nameOf(n))[half]);
    },
  };
}

const seen = ({ findings }: FolderCheck) => findings.map(({ code, where }) => `${code} ${where}`).sort();
const wrong = ({ findings }: FolderCheck) => findings.filter(({ severity }) => severity === 'wrong');

describe('a folder of whole pairs', () => {
  test('is found as it is: stories, what is set aside, and texts that took several calls', async (t) => {
    const { folder, write, stage, publish, record, check, path } = await openFolder(t);
    await write(1);
    await stage(2);
    await record(attempt({ number: 2 }), failure({ name: nameOf(2), usage: USAGE, cost_usd: 0.031 }));
    await publish(2, 'set-aside');
    // A cut-off text and its continuation: the second text contains the first, whose call counts too.
    const both = { usage: toUsage(1000, 19_000), costUsd: 0.192, sequence: 2 };
    await stage(3, { ...both, more: { completes: nameOf(9) } });
    await record(attempt({ number: 3 }), part({ name: nameOf(9), cost_usd: 0.161 }));
    await record(attempt({ number: 4, continues: nameOf(9) }));
    await record(story({ name: nameOf(3), completes: nameOf(9) }));
    await publish(3);
    const found = await check();
    assert.deepEqual(seen(found), []);
    assert.deepEqual(
      found.pairs.map(({ name, location }) => [name, location]),
      [
        [nameOf(1), 'stories'],
        [nameOf(2), 'set-aside'],
        [nameOf(3), 'stories'],
      ],
    );
    assert.deepEqual(found.visible, { markdown: 2, metadata: 2 });
    assert.equal(found.runs[0]?.state.statistics.stories, 2);
    assert.deepEqual([...found.changedRuns], []);
    assert.ok(path(1, 0).startsWith(folder));
  });

  test('may have other files, which are noted', async (t) => {
    const { folder, write, check } = await openFolder(t);
    await write(1);
    for (const file of ['notes.txt', '.hidden', '.deck.jsonl']) writeFileSync(join(folder, file), '');
    const found = await check();
    assert.deepEqual(seen(found), ['foreign notes.txt']);
    assert.deepEqual(wrong(found), []);
  });

  test('has no pairs and runs when it is missing', async (t) => {
    const found = await checkFolder(join(temporaryFolder(t), 'nowhere'), { atRest: true });
    assert.deepEqual([found.pairs, found.runs, found.findings], [[], [], []]);
  });
});

describe('a pair in staging', () => {
  test('may be whole or half published while a worker runs, and not at rest', async (t) => {
    const { stage, record, check, path } = await openFolder(t);
    await stage(1);
    await record(attempt(), story({ name: nameOf(1) }));
    assert.deepEqual((await check(false)).findings, []);
    assert.equal((await check(false)).pairs[0]?.location, 'staged');
    assert.deepEqual(seen(await check()), [`leftover ${nameOf(1)}`]);
    renameSync(path(1, 1, 'staged'), path(1, 1));
    assert.deepEqual((await check(false)).findings, []);
    const found = await check();
    assert.equal(found.pairs[0]?.location, 'half-published');
    assert.deepEqual(seen(found), [`half_published ${nameOf(1)}`]);
    assert.equal(found.findings[0]?.run, RUN);
  });

  test('is whole only when its metadata has the checksum of its text', async (t) => {
    const { stage, record, check, path } = await openFolder(t);
    await record(attempt());
    await stage(1);
    writeFileSync(path(1, 0, 'staged'), '---\ntitle: 반');
    await stage(2);
    rmSync(path(2, 1, 'staged'));
    await stage(3);
    writeFileSync(path(3, 1, 'staged'), '{"title": ');
    const found = await check(false);
    assert.deepEqual(found.torn.sort(), [1, 2, 3].map(nameOf));
    assert.deepEqual([found.pairs, found.findings], [[], []]);
    assert.deepEqual(
      seen(await check()),
      [1, 2, 3].map((n) => `torn_leftover ${nameOf(n)}`),
    );
  });

  test('need not be in the ledger yet; a published pair has to', async (t) => {
    const { stage, publish, record, check } = await openFolder(t);
    await record(attempt());
    await stage(1);
    assert.deepEqual((await check(false)).findings, []);
    await publish(1);
    assert.deepEqual(seen(await check(false)), [`not_in_ledger ${nameOf(1)}`]);
  });

  test('causes no false finding while a worker writes and moves pairs', async (t) => {
    const { write, check } = await openFolder(t, ME);
    let written = 0;
    const writing = (async () => {
      while (written < 60) await write(++written);
    })();
    let looks = 0;
    while (written < 60) {
      assert.deepEqual((await check(false)).findings, [], `${++looks}`);
    }
    await writing;
    assert.ok(looks > 3, `${looks}`);
    assert.deepEqual((await check()).findings, []);
  });
});

describe('a pair that is not whole', () => {
  test('lacks a half, and the ledger says whose it was', async (t) => {
    const { write, check, path } = await openFolder(t);
    for (const n of [1, 2, 3]) await write(n);
    rmSync(path(2, 0));
    rmSync(path(3, 1));
    const found = await check();
    const [second, third] = [nameOf(2), nameOf(3)];
    assert.deepEqual(seen(found), [
      `missing_metadata ${third}`,
      `missing_text ${second}`,
      `not_on_disk ${second}`,
      `not_on_disk ${third}`,
    ]);
    assert.ok(found.findings.every(({ run }) => run === RUN));
  });

  test('may be in two folders: in staging and published, or in both destinations', async (t) => {
    const { write, check, path, folder } = await openFolder(t);
    await write(1);
    await write(2);
    mkdirSync(stagingFolder(folder, RUN), { recursive: true });
    mkdirSync(setAsideFolder(folder));
    copyFileSync(path(1, 0), path(1, 0, 'staged'));
    copyFileSync(path(2, 1), path(2, 1, 'set-aside'));
    assert.deepEqual(seen(await check()), [`twice ${nameOf(1)}`, `twice ${nameOf(2)}`]);
  });

  test('may be a part whose continuation contains it, and should be gone', async (t) => {
    const { stage, publish, record, check } = await openFolder(t);
    await stage(1);
    await stage(2, { sequence: 1, usage: toUsage(1000, 6000), costUsd: 0.062, more: { completes: nameOf(1) } });
    await record(attempt(), part({ name: nameOf(1), usage: USAGE, cost_usd: 0.031 }));
    await record(attempt({ number: 2, continues: nameOf(1) }), story({ name: nameOf(2), completes: nameOf(1) }));
    await publish(2);
    // A kill may leave it in staging, and the next start removes it from there.
    assert.deepEqual((await check(false)).findings, []);
    await publish(1, 'set-aside');
    assert.deepEqual(seen(await check(false)), [`twice ${nameOf(1)}`]);
  });

  test('may be in the wrong destination, unless a person has accepted it', async (t) => {
    const { stage, publish, record, check } = await openFolder(t);
    await stage(1);
    await record(attempt(), failure({ name: nameOf(1), usage: USAGE, cost_usd: 0.031 }));
    await publish(1);
    assert.deepEqual(seen(await check()), [`wrong_folder ${nameOf(1)}`]);
    await stage(1, { more: { accepted_at: '2026-11-23T14:30:05+09:00' } });
    await publish(1);
    assert.deepEqual(seen(await check()), []);
  });
});

describe('a ledger', () => {
  test('has the same usage as the metadata, over all calls of a text', async (t) => {
    const { write, check } = await openFolder(t);
    await write(1, { usage: toUsage(1, 2) });
    await write(2, { costUsd: 0.03 });
    await write(3, { usage: null });
    await write(4, { more: { completes: nameOf(1) } });
    assert.deepEqual(
      seen(await check()),
      [1, 2, 3, 4].map((n) => `usage ${nameOf(n)}`),
    );
  });

  test('may not know the usage of a text when that of one call is unknown', async (t) => {
    const { stage, publish, record, check } = await openFolder(t);
    await stage(1, { usage: null, costUsd: null, more: { completes: nameOf(9) } });
    await record(attempt(), part({ name: nameOf(9), usage: null, cost_usd: null }));
    await record(attempt({ number: 2, continues: nameOf(9) }), story({ name: nameOf(1), completes: nameOf(9) }));
    await publish(1);
    assert.deepEqual(seen(await check()), []);
  });

  const where = (code: string) => [`${code} ${RUN}`];

  test('has an outcome for every call but one that a kill cut off', async (t) => {
    const { record, check } = await openFolder(t);
    await record(attempt(), { type: 'claim', at: 1, epoch: 2, owner: DEAD, purpose: 'resume' });
    await record(attempt({ number: 2 }), failure());
    assert.deepEqual(seen(await check()), []);
    await record(attempt({ number: 3 }), attempt({ number: 4 }), failure());
    assert.deepEqual(seen(await check()), where('call_without_outcome'));
  });

  test('has a call for every outcome, also for one that the next process recorded', async (t) => {
    const { record, check } = await openFolder(t);
    await record(attempt(), { type: 'claim', at: 1, epoch: 2, owner: DEAD, purpose: 'recover' }, failure());
    // A defect before a call counts as an attempt.
    await record(failure({ failure: 'unforeseen', code: 'unforeseen' }), attempt({ number: 3 }), failure());
    assert.deepEqual(seen(await check()), []);
    await record(failure());
    assert.deepEqual(seen(await check()), where('outcome_without_call'));
  });

  test('numbers its calls from 1', async (t) => {
    const { record, check } = await openFolder(t);
    await record(attempt(), failure(), attempt({ number: 3 }), failure());
    assert.deepEqual(seen(await check()), where('attempt_number'));
  });

  test('numbers its stories from 1', async (t) => {
    const { write, check } = await openFolder(t);
    await write(1);
    await write(2, { sequence: 3 });
    const { findings } = await check();
    assert.deepEqual([findings[0]?.code, findings.length], ['sequence', 1]);
    assert.match(findings[0]?.message ?? '', /2번 자리에 3/);
  });

  test('that began anew is compared only with what came after', async (t) => {
    const { folder, write, check } = await openFolder(t);
    await write(1);
    const path = ledgerPath(folder, RUN);
    const [begin = ''] = readFileSync(path, 'utf8').split('\n');
    const counted = countStory(EMPTY_STATISTICS, {
      ...{ usage: USAGE, storyUsage: USAGE, costUsd: 0.031, generationMs: 42_000, nearest: null },
    });
    const snapshot = {
      type: 'snapshot',
      at: NOW,
      state: { ...INITIAL_RUN_STATE, owner: DEAD, epoch: 1, statistics: counted },
    };
    writeFileSync(path, `${begin}\n${JSON.stringify(snapshot)}\n`);
    await write(2);
    assert.deepEqual(seen(await check()), []);
  });

  test('may be torn by a kill: a torn line is a note, and the pairs of an unreadable ledger have none', async (t) => {
    const { folder, write, check } = await openFolder(t);
    await write(1);
    const path = ledgerPath(folder, RUN);
    writeFileSync(path, '{"type":"cl', { flag: 'a' });
    const torn = await check();
    assert.deepEqual(seen(torn), where('torn_ledger'));
    assert.deepEqual(wrong(torn), []);
    writeFileSync(path, '{"type":"be');
    const gone = await check();
    assert.deepEqual(seen(gone), [`no_ledger ${nameOf(1)}`, `unreadable_ledger ${RUN}`]);
  });
});

test('a secret is found in either file of a pair, and its value is not shown', async (t) => {
  const { folder, write, stage, publish, record } = await openFolder(t);
  await write(1, { more: { custom_request: 'sk-ant-api03-abcdef123456' } });
  await stage(2, { more: { custom_request: '열려라-참깨-1234' } });
  await record(attempt({ number: 2 }), failure({ name: nameOf(2), usage: USAGE, cost_usd: 0.031 }));
  await publish(2, 'set-aside');
  const { findings } = await checkFolder(folder, { atRest: true, secrets: ['열려라-참깨-1234'] });
  assert.deepEqual(findings.map(({ code, where }) => [code, where]).sort(), [
    ['secret', join('.set-aside', filesOf(nameOf(2))[1])],
    ['secret', filesOf(nameOf(1))[1]],
  ]);
  assert.ok(findings.every(({ message }) => !/참깨|abcdef/.test(message)));
});
