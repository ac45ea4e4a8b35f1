import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { CallError } from '../../../api/failure.js';
import type { Answer, MessagesClient } from '../../../api/messages-client.js';
import { NO_TOKENS, toUsage } from '../../../api/usage.js';
import type { Prompt } from '../../../prompt/prompt.js';
import type { LedgerRecord } from '../../../run/ledger.js';
import { EMPTY_STATISTICS } from '../../../run/statistics.js';
import type { StoryFiles } from '../../../store/story-metadata.js';
import { openStoryStore, type StoryStore } from '../../../store/story-store.js';
import type { MostSimilar } from '../../../story/similarity.js';
import { type AttemptDeps, createAttempts } from '../../../worker/attempt/attempt.js';
import type { AttemptOutcome } from '../../../worker/attempt/outcome.js';
import { createModelChooser } from '../../../worker/model-chooser.js';
import { createPacing } from '../../../worker/pacing.js';
import {
  AXIS_CARDS,
  diskFull,
  FakeClock,
  type MemoryRunOptions,
  memoryRun,
  PREMISE,
  RUN_SETTINGS,
  recordingLog,
  storyText,
  temporaryFolder,
} from '../../helpers/fakes.js';
import { attempt as attemptRecord } from '../../helpers/records.js';

const ANSWER: Answer = {
  text: storyText(),
  stopReason: 'end_turn',
  refusalCategory: null,
  usage: toUsage(500, 3000),
  model: 'claude-sonnet-5-5-20261021',
  requestId: 'req_1',
  slowUntil: null,
};

const PRICE = { input: 2, output: 10 };

const SECOND = 1000;

/** An attempt whose author is `client`, with whatever else a test sets; and what it leaves behind. */
function setUp(
  t: TestContext,
  client: MessagesClient,
  { runOptions, price = PRICE, ...options }: Partial<AttemptDeps> & { runOptions?: MemoryRunOptions } = {},
) {
  const folder = temporaryFolder(t);
  const clock = new FakeClock();
  const log = recordingLog();
  const stopping = new AbortController();
  const aborting = new AbortController();
  const run = memoryRun(runOptions);
  const progress = { open: 0, characters: 0 };
  const random = () => 0;
  const wait = { baseMs: 5 * SECOND, maxMs: 300 * SECOND };
  const { attempt } = createAttempts({
    run,
    settings: RUN_SETTINGS,
    price,
    caps: { tokens: null, costUsd: null },
    axes: AXIS_CARDS,
    drawPremise: async () => PREMISE,
    recent: { list: () => [], add: () => {} },
    similarity: likenessOf(null),
    pacing: createPacing(wait, clock, random),
    models: createModelChooser([{ name: RUN_SETTINGS.model, price, client }], clock, log),
    store: openStoryStore(folder, run.id),
    progress: {
      start: () => {
        progress.open++;
        return {
          characters: (count) => {
            progress.characters = count;
          },
          stop: () => {
            progress.open--;
          },
        };
      },
    },
    log,
    clock,
    storageRetry: { wait, clock, random, log, stopping: stopping.signal },
    stopping: stopping.signal,
    aborting: aborting.signal,
    ...options,
  });
  return {
    attempt: () => attempt({ tries: 1 + run.state().failuresInARow, mayCall: async () => true }),
    folder,
    clock,
    log,
    stopping,
    aborting,
    progress,
    run,
  };
}

/** An index that finds this story for every text. */
function likenessOf(nearest: MostSimilar | null): AttemptDeps['similarity'] {
  return { nearest: async () => nearest, add: async () => {} };
}

/** The records of a ledger that tell how an attempt ended. */
const outcomes = (records: readonly LedgerRecord[]) => records.filter((record) => record.type === 'outcome');

/** An author who gives the same answer each time, and counts. */
function answering(answer: Partial<Answer> = {}): { client: MessagesClient; calls(): number } {
  let calls = 0;
  return {
    calls: () => calls,
    client: async () => {
      calls++;
      return { ...ANSWER, ...answer };
    },
  };
}

const NO_DETAIL: CallError['detail'] = {
  fault: 'http',
  status: null,
  type: null,
  code: null,
  message: 'Overloaded',
  retryAfterMs: null,
  requestId: null,
  usage: null,
};

function failingCall(detail: Partial<CallError['detail']>): MessagesClient {
  return async () => {
    throw new CallError({ ...NO_DETAIL, ...detail });
  };
}

/** A store on which staging fails as often as told; what it published is kept. */
function fullDisk(failures: number): { store: StoryStore; saved: StoryFiles[]; tries(): number; mend(): void } {
  const staged = new Map<string, StoryFiles>();
  const saved: StoryFiles[] = [];
  let tries = 0;
  let left = failures;
  return {
    store: {
      stage: async (name, entry) => {
        tries++;
        if (left-- > 0) throw diskFull();
        staged.set(name, entry);
      },
      publish: async (name) => {
        const entry = staged.get(name);
        assert.ok(entry !== undefined, `${name} was not staged`);
        saved.push(entry);
        return { name, markdownPath: `${name}.md`, metadataPath: `${name}_metadata.json` };
      },
      discard: async () => {},
    },
    saved,
    tries: () => tries,
    mend: () => {
      left = 0;
    },
  };
}

const visible = (folder: string) => readdirSync(folder).filter((name) => !name.startsWith('.'));

function metadataIn(folder: string): Record<string, unknown> {
  const name = readdirSync(folder).find((name) => name.endsWith('_metadata.json'));
  assert.ok(name !== undefined, 'no metadata');
  return JSON.parse(readFileSync(join(folder, name), 'utf8')) as Record<string, unknown>;
}

function assertKind<K extends AttemptOutcome['kind']>(
  outcome: AttemptOutcome,
  kind: K,
): Extract<AttemptOutcome, { kind: K }> {
  assert.equal(outcome.kind, kind);
  return outcome as Extract<AttemptOutcome, { kind: K }>;
}

test('a story is saved with all the metadata of the contract', async (t) => {
  const template = { name: 'night.json', text: '[문체]\n- 짧게' };
  const { attempt, folder, clock } = setUp(
    t,
    async () => {
      await clock.sleep(42_500, new AbortController().signal);
      return ANSWER;
    },
    {
      settings: { ...RUN_SETTINGS, template, request: '고양이', temperature: 0.9 },
      similarity: likenessOf({ name: 'horror_story_20261122_000000_0000000a', score: 0.12345 }),
      runOptions: { state: { statistics: { ...EMPTY_STATISTICS, stories: 2 }, failuresInARow: 1 } },
    },
  );
  const outcome = assertKind(await attempt(), 'saved');
  assert.equal(outcome.generationMs, 42_500);
  assert.deepEqual(outcome.usage, ANSWER.usage);
  assert.equal(outcome.costUsd, 0.031);
  const metadata = metadataIn(folder);
  const { generated_at, sha256, tags, description, opening, ending, ...rest } = metadata;
  assert.deepEqual(rest, {
    format: 2,
    model: 'claude-sonnet-5-5-20261021',
    template_used: 'night.json',
    custom_request: '고양이',
    config: {
      model: 'claude-sonnet-5-5',
      max_tokens: 16000,
      temperature: 0.9,
      min_story_characters: 1000,
      max_continuations: 2,
      max_likeness: null,
    },
    word_count: [...ANSWER.text].length,
    usage: { input_tokens: 500, output_tokens: 3000, total_tokens: 3500 },
    title: '반품 구역',
    run_id: 'run_1',
    sequence: 3,
    premise: PREMISE,
    stop_reason: 'end_turn',
    attempts: 2,
    call_number: 1,
    doubts: [],
    removed: [],
    duration_ms: 42_500,
    request_id: 'req_1',
    provider: 'anthropic',
    cost_usd: 0.031,
    nearest: 'horror_story_20261122_000000_0000000a',
    likeness: 0.1235,
  });
  assert.match(String(generated_at), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d$/);
  assert.equal(Date.parse(String(generated_at)), clock.now() - (clock.now() % SECOND));
  assert.match(String(sha256), /^[0-9a-f]{64}$/);
  assert.deepEqual(tags, outcome.story.tags);
  const { story } = outcome;
  assert.deepEqual([description, opening, ending], [story.description, story.opening, story.ending]);
  const markdown = readFileSync(outcome.stored.markdownPath, 'utf8');
  assert.ok(markdown.endsWith(`---\n\n${ANSWER.text}\n`));
  assert.match(markdown, /^model: claude-sonnet-5-5-20261021$/m);
});

test('an answer that names no model is filed under the one that was asked', async (t) => {
  const { attempt, folder } = setUp(t, answering({ model: null, requestId: null }).client);
  await attempt();
  assert.equal(metadataIn(folder).model, 'claude-sonnet-5-5');
  assert.equal(metadataIn(folder).request_id, null);
});

test('the start is logged with the premise, and growth is shown while the story is written', async (t) => {
  const { attempt, log, progress } = setUp(t, async (prompt, { onProgress }) => {
    assert.ok(prompt.user.includes(PREMISE.device.text));
    assert.equal(progress.open, 1);
    onProgress(700);
    return ANSWER;
  });
  await attempt();
  assert.deepEqual(progress, { open: 0, characters: 700 });
  const [start] = log.records;
  assert.deepEqual(start?.fields, {
    event: 'story_started',
    sequence: 1,
    attempt: 1,
    premise: {
      person: 'apology-writer',
      place: 'parcel-returns',
      time: 'monsoon',
      fear: 'memory',
      presence: 'colleague',
      device: 'recorder',
      turn: 'caller',
      structure: 'one-hour',
      form: 'statement',
    },
  });
  assert.deepEqual(log.events(), ['story_started']);
});

test('a story without usage is saved with null, and a warning says so', async (t) => {
  const { attempt, folder, log } = setUp(t, answering({ usage: null }).client);
  const outcome = assertKind(await attempt(), 'saved');
  assert.deepEqual([outcome.usage, outcome.costUsd], [null, null]);
  assert.deepEqual([metadataIn(folder).usage, metadataIn(folder).cost_usd], [null, null]);
  const warning = log.records.find(({ fields }) => fields.event === 'usage_missing');
  assert.deepEqual([warning?.level, warning?.message], ['warn', '토큰 사용량 정보 없음']);
});

test('a model without a known price gives a story without a cost', async (t) => {
  const { attempt, folder } = setUp(t, answering().client, { price: null });
  assert.equal(assertKind(await attempt(), 'saved').costUsd, null);
  assert.equal(metadataIn(folder).cost_usd, null);
});

const UNUSABLE: [name: string, answer: Partial<Answer>, kind: string, code: string][] = [
  [
    'a refusal that says why',
    { stopReason: 'refusal', refusalCategory: 'bio', text: '쓸 수 없습니다.' },
    'unusable',
    'refusal:bio',
  ],
  ['a text far too short', { text: '# 제목\n\n짧다.' }, 'unusable', 'too_short'],
  ['a text cut at its tokens', { stopReason: 'max_tokens' }, 'incomplete', 'max_tokens'],
];

for (const [name, answer, kind, code] of UNUSABLE) {
  test(`${name} is set aside with its reason and its usage, and is no story`, async (t) => {
    const settings = { ...RUN_SETTINGS, maxContinuations: 0 };
    const { attempt, folder, log, run, clock } = setUp(t, answering(answer).client, { settings });
    const outcome = assertKind(await attempt(), 'failed');
    assert.deepEqual([outcome.failure.kind, outcome.failure.code], [kind, code]);
    const [file = ''] = readdirSync(join(folder, '.set-aside')).filter((name) => name.endsWith('.md'));
    assert.deepEqual(outcomes(run.records), [
      {
        type: 'outcome',
        at: clock.now(),
        attempt: 1,
        usage: ANSWER.usage,
        cost_usd: 0.031,
        kind: 'failure',
        failure: kind,
        code,
        name: file.replace('.md', ''),
      },
    ]);
    assert.equal(run.state().statistics.setAside, 1);
    assert.deepEqual(visible(folder), []);
    const aside = join(folder, '.set-aside');
    const metadata = metadataIn(aside);
    assert.deepEqual(metadata.set_aside, { kind, code, reason: outcome.failure.reason });
    assert.deepEqual(metadata.usage, ANSWER.usage);
    const markdown = readdirSync(aside).find((file) => file.endsWith('.md')) ?? '';
    assert.ok(readFileSync(join(aside, markdown), 'utf8').includes(answer.text ?? ANSWER.text));
    assert.ok(log.events().includes('set_aside'));
  });
}

for (const [name, answer, code] of [
  ['an answer without text', { text: ' \n' }, 'empty'],
  ['a refusal without text', { stopReason: 'refusal', text: '' }, 'refusal:unnamed'],
] as const) {
  test(`${name} leaves nothing to set aside, but its usage counts`, async (t) => {
    const { attempt, folder, run } = setUp(t, answering(answer).client);
    const outcome = assertKind(await attempt(), 'failed');
    assert.equal(outcome.failure.code, code);
    const { setAside, tokens, failureCodes } = run.state().statistics;
    assert.deepEqual([setAside, tokens, failureCodes], [0, ANSWER.usage, { [code]: 1 }]);
    assert.deepEqual(readdirSync(folder), []);
  });
}

test('an answer that cannot be set aside is held like a story, and paid for once', async (t) => {
  const author = answering({ stopReason: 'refusal', text: '쓸 수 없습니다.' });
  const disk = fullDisk(2);
  const { attempt, log, run } = setUp(t, author.client, { store: disk.store });
  assertKind(await attempt(), 'failed');
  assert.equal(disk.tries(), 3);
  assert.equal(author.calls(), 1);
  assert.equal(disk.saved.length, 1);
  assert.equal(outcomes(run.records).length, 1);
  assert.equal(run.state().statistics.setAside, 1);
  assert.deepEqual(log.events(), ['story_started', 'holding', 'holding', 'holding_over', 'set_aside']);
});

test('a call that fails is classified, with what it had cost', async (t) => {
  const usage = toUsage(500, 100);
  const overloaded = setUp(
    t,
    failingCall({ status: 529, type: 'overloaded_error', retryAfterMs: 7000, usage: NO_TOKENS }),
  );
  const outcome = assertKind(await overloaded.attempt(), 'failed');
  assert.deepEqual([outcome.failure.kind, outcome.failure.retryAfterMs], ['transient', 7000]);
  const { callsWithoutUsage, costUsd, setAside } = overloaded.run.state().statistics;
  assert.deepEqual([callsWithoutUsage, costUsd, setAside], [0, 0, 0]);
  assert.deepEqual(overloaded.log.events(), ['story_started']);
  assert.equal(overloaded.progress.open, 0);
  const told = setUp(t, failingCall({ fault: 'cut', usage }));
  const half = assertKind(await told.attempt(), 'failed');
  assert.equal(half.failure.code, 'cut');
  assert.deepEqual(told.run.state().statistics.tokens, usage);
  assert.equal(told.run.state().statistics.costUsd, 0.002);
  assert.deepEqual(visible(told.folder), []);
});

test('a call that was cut, with nobody knowing what it used, counts towards the caps with the most it can have used', async (t) => {
  const { attempt, run } = setUp(t, failingCall({ fault: 'cut' }));
  assertKind(await attempt(), 'failed');
  const [begun] = run.records;
  assert.ok(begun?.type === 'attempt');
  assert.ok(begun.at_most.tokens > RUN_SETTINGS.maxTokens);
  assert.deepEqual(run.state().unknownAtMost, { tokens: begun.at_most.tokens, costUsd: begun.at_most.cost_usd });
  assert.equal(run.state().statistics.callsWithoutUsage, 1);
  assert.equal(run.state().statistics.costUsd, null);
});

test('an unforeseen error is logged with its stack, and is one failed attempt', async (t) => {
  const { attempt, log } = setUp(t, async () => {
    throw new TypeError('x is not iterable');
  });
  const outcome = assertKind(await attempt(), 'failed');
  assert.equal(outcome.failure.kind, 'unforeseen');
  const record = log.records.find(({ fields }) => fields.event === 'unforeseen');
  assert.equal(record?.level, 'error');
  assert.ok(record?.fields.err instanceof TypeError);
  assert.match(record.fields.err.stack ?? '', /attempt\.test/);
});

test('an unforeseen error before the call is one failed attempt too', async (t) => {
  const author = answering();
  const { attempt, log, run } = setUp(t, author.client, {
    drawPremise: () => {
      throw new Error('an axis has no cards');
    },
  });
  const outcome = assertKind(await attempt(), 'failed');
  assert.equal(outcome.failure.kind, 'unforeseen');
  assert.ok(log.events().includes('unforeseen'));
  assert.equal(author.calls(), 0);
  const { attempts, failures, callsWithoutUsage } = run.state().statistics;
  assert.deepEqual([attempts, failures, callsWithoutUsage], [1, { unforeseen: 1 }, 0]);
});

test('an unforeseen error before the call leaves the call of another story open', async (t) => {
  const { attempt, run } = setUp(t, answering().client, {
    drawPremise: () => {
      throw new Error('an axis has no cards');
    },
  });
  await run.record(attemptRecord({ number: 1 }));
  await attempt();
  assert.deepEqual(
    run.state().open.map(({ number }) => number),
    [1],
  );
});

test('an aborted call is abandoned, whatever it is rejected with, and leaves nothing', async (t) => {
  for (const rejection of ['SIGINT', new DOMException('aborted', 'AbortError'), new TypeError('terminated')]) {
    const { attempt, folder, aborting, log, progress, run } = setUp(t, async () => {
      aborting.abort('SIGINT');
      throw rejection;
    });
    assert.deepEqual(await attempt(), { kind: 'abandoned' });
    assert.deepEqual(
      run.records.map((record) => (record.type === 'outcome' ? [record.kind, record.usage] : record.type)),
      ['attempt', ['abandoned', null]],
    );
    assert.deepEqual(readdirSync(folder), []);
    assert.deepEqual(log.events(), ['story_started']);
    assert.equal(progress.open, 0);
  }
});

test('the author is given the signal that aborts, not the one that stops', async (t) => {
  const { attempt, stopping, aborting, folder } = setUp(t, async (_prompt, { signal }) => {
    stopping.abort('SIGINT');
    assert.equal(signal, aborting.signal);
    assert.equal(signal.aborted, false);
    return ANSWER;
  });
  assertKind(await attempt(), 'saved');
  assert.equal(visible(folder).length, 2);
});

test('a story that cannot be saved is held, tried again with back-off, and paid for once', async (t) => {
  const author = answering();
  const disk = fullDisk(3);
  const { attempt, clock, log } = setUp(t, author.client, { store: disk.store });
  const startedAt = clock.now();
  assertKind(await attempt(), 'saved');
  assert.equal(author.calls(), 1);
  assert.equal(disk.tries(), 4);
  assert.equal(disk.saved.length, 1);
  assert.equal(clock.now() - startedAt, (5 + 10 + 20) * SECOND);
  assert.deepEqual(log.events(), ['story_started', 'holding', 'holding', 'holding', 'holding_over']);
  const [, held] = log.records;
  assert.equal(held?.fields.code, 'ENOSPC');
  assert.equal(held?.fields.retry_in_seconds, 5);
  assert.ok(held?.fields.err instanceof Error);
});

test('the time spent holding a story is no generation time', async (t) => {
  const { attempt } = setUp(t, answering().client, { store: fullDisk(3).store });
  assert.equal(assertKind(await attempt(), 'saved').generationMs, 0);
});

test('a real folder that comes back gets the story', async (t) => {
  const folder = join(temporaryFolder(t), 'stories');
  writeFileSync(folder, 'a file in place of the folder');
  const { attempt, clock, log } = setUp(t, answering().client, { store: openStoryStore(folder, 'run_1') });
  clock.at(clock.now() + 12 * SECOND, () => rmSync(folder));
  assertKind(await attempt(), 'saved');
  assert.equal(visible(folder).length, 2);
  assert.equal(log.events().filter((event) => event === 'holding').length, 2);
});

test('told to stop while it holds a story, it writes the text to the log once, and goes on trying', async (t) => {
  const author = answering();
  const disk = fullDisk(Number.POSITIVE_INFINITY);
  const { attempt, clock, log, stopping } = setUp(t, author.client, { store: disk.store });
  const startedAt = clock.now();
  clock.at(startedAt + 12 * SECOND, () => stopping.abort('SIGINT'));
  clock.at(startedAt + 100 * SECOND, () => disk.mend());
  assertKind(await attempt(), 'saved');
  assert.equal(author.calls(), 1);
  const held = log.records.filter(({ fields }) => fields.event === 'held_story');
  assert.equal(held.length, 1);
  assert.equal(held[0]?.level, 'always');
  assert.equal(held[0]?.fields.markdown, disk.saved[0]?.markdown);
  assert.equal(held[0]?.fields.metadata, disk.saved[0]?.metadata);
  assert.ok(String(held[0]?.fields.markdown).includes(ANSWER.text));
  assert.equal(log.events().at(-1), 'holding_over');
  // The stop ends the wait in which it comes, and no other.
  assert.ok(disk.tries() < 8, `${disk.tries()} tries`);
});

test('the stop wakes the wait at once for one more try', async (t) => {
  const disk = fullDisk(1);
  const { attempt, clock, stopping } = setUp(t, answering().client, { store: disk.store });
  const startedAt = clock.now();
  clock.at(startedAt + 1 * SECOND, () => stopping.abort('SIGINT'));
  assertKind(await attempt(), 'saved');
  assert.equal(clock.now(), startedAt + 1 * SECOND);
});

test('given up while it holds a story, the text is in the log and the usage is counted', async (t) => {
  const disk = fullDisk(Number.POSITIVE_INFINITY);
  const { attempt, clock, log, stopping, aborting, run } = setUp(t, answering().client, { store: disk.store });
  const startedAt = clock.now();
  clock.at(startedAt + 12 * SECOND, () => stopping.abort('SIGINT'));
  clock.at(startedAt + 14 * SECOND, () => aborting.abort('SIGINT'));
  assert.deepEqual(await attempt(), { kind: 'abandoned' });
  assert.deepEqual(outcomes(run.records), [
    { type: 'outcome', at: clock.now(), attempt: 1, usage: ANSWER.usage, cost_usd: 0.031, kind: 'abandoned' },
  ]);
  assert.equal(run.state().statistics.tokens.total_tokens, 3500);
  assert.equal(clock.now(), startedAt + 14 * SECOND);
  assert.equal(log.events().filter((event) => event === 'held_story').length, 1);
});

test('stopped and given up in the same wait, the text is in the log all the same', async (t) => {
  const disk = fullDisk(Number.POSITIVE_INFINITY);
  const { attempt, clock, log, stopping, aborting } = setUp(t, answering().client, { store: disk.store });
  clock.at(clock.now() + 1 * SECOND, () => {
    stopping.abort('SIGINT');
    aborting.abort('SIGINT');
  });
  assertKind(await attempt(), 'abandoned');
  assert.equal(log.events().filter((event) => event === 'held_story').length, 1);
});

test('the call is in the ledger before it is made, with the premise and the most it can use', async (t) => {
  const at = new FakeClock().now();
  const { attempt, run } = setUp(t, async (prompt) => {
    const bytes = Buffer.byteLength(prompt.system) + Buffer.byteLength(prompt.user);
    const premise = {
      person: 'apology-writer',
      place: 'parcel-returns',
      time: 'monsoon',
      fear: 'memory',
      presence: 'colleague',
      device: 'recorder',
      turn: 'caller',
      structure: 'one-hour',
      form: 'statement',
    };
    const cost_usd = (bytes * 2 + 16_000 * 10) / 1e6;
    assert.deepEqual(run.records, [
      { type: 'attempt', at, number: 1, premise, at_most: { tokens: bytes + 16_000, cost_usd } },
    ]);
    return ANSWER;
  });
  assertKind(await attempt(), 'saved');
  assert.deepEqual(run.state().open, []);
});

test('a saved story is in the ledger under its name, once', async (t) => {
  const { attempt, run, clock } = setUp(t, answering().client);
  const { stored } = assertKind(await attempt(), 'saved');
  assert.deepEqual(outcomes(run.records), [
    {
      type: 'outcome',
      at: clock.now(),
      attempt: 1,
      usage: ANSWER.usage,
      cost_usd: 0.031,
      kind: 'story',
      name: stored.name,
      generation_ms: 0,
      nearest: null,
    },
  ]);
});

test('a story is staged before it is in the ledger, and seen only after', async (t) => {
  const steps: string[] = [];
  const folder = temporaryFolder(t);
  const real = openStoryStore(folder, 'run_1');
  const { attempt } = setUp(t, answering().client, {
    store: {
      stage: async (name, entry) => {
        await real.stage(name, entry);
        steps.push('staged');
      },
      publish: async (name, destination) => {
        steps.push('published');
        return real.publish(name, destination);
      },
      discard: real.discard,
    },
    runOptions: {
      refuse: (record) => {
        if (record.type === 'outcome') steps.push(`recorded with ${visible(folder).length} files to see`);
        return null;
      },
    },
  });
  assertKind(await attempt(), 'saved');
  assert.deepEqual(steps, ['staged', 'recorded with 0 files to see', 'published']);
});

test('a call that would pass a cap is not made, and leaves no record', async (t) => {
  const author = answering();
  const { attempt, run, log } = setUp(t, author.client, { caps: { tokens: 16_000, costUsd: null } });
  assert.deepEqual(await attempt(), { kind: 'capped', hit: { cap: 'tokens', used: 0, limit: 16_000 } });
  assert.deepEqual([author.calls(), run.records, log.records], [0, [], []]);
});

/** Refuses records of a type as often as told. */
function refusing(type: LedgerRecord['type'], times: number): NonNullable<MemoryRunOptions['refuse']> {
  let left = times;
  return (record) => (record.type === type && left-- > 0 ? diskFull() : null);
}

test('a ledger that cannot be written holds the call back', async (t) => {
  const author = answering();
  const { attempt, clock, log } = setUp(
    t,
    async (prompt, options) => {
      assert.equal(clock.now() - startedAt, 15 * SECOND);
      return author.client(prompt, options);
    },
    { runOptions: { refuse: refusing('attempt', 2) } },
  );
  const startedAt = clock.now();
  assertKind(await attempt(), 'saved');
  assert.equal(author.calls(), 1);
  assert.deepEqual(log.events(), ['holding', 'holding', 'holding_over', 'story_started']);
});

test('told to stop while the ledger holds a call back, no call is made', async (t) => {
  const author = answering();
  const { attempt, clock, stopping, run } = setUp(t, author.client, {
    runOptions: { refuse: refusing('attempt', Number.POSITIVE_INFINITY) },
  });
  clock.at(clock.now() + SECOND, () => stopping.abort('SIGTERM'));
  assert.deepEqual(await attempt(), { kind: 'abandoned' });
  assert.equal(author.calls(), 0);
  assert.deepEqual(run.records, []);
  assert.equal(run.state().statistics.attempts, 0);
});

test('a story whose record cannot be written is held in staging, and seen once it is recorded', async (t) => {
  const { attempt, folder, run, log, clock } = setUp(t, answering().client, {
    runOptions: { refuse: refusing('outcome', 2) },
  });
  clock.at(clock.now() + SECOND, () => {
    assert.deepEqual(visible(folder), []);
    assert.equal(readdirSync(join(folder, '.staging', 'run_1')).length, 2);
  });
  assertKind(await attempt(), 'saved');
  assert.equal(visible(folder).length, 2);
  assert.equal(outcomes(run.records).length, 1);
  assert.equal(log.events().filter((event) => event === 'holding').length, 2);
});

test('a story that is recorded and cannot be published is not recorded again', async (t) => {
  const disk = fullDisk(0);
  let left = 2;
  const { attempt, run } = setUp(t, answering().client, {
    store: {
      stage: disk.store.stage,
      publish: async (name, destination) => {
        if (left-- > 0) throw diskFull();
        return disk.store.publish(name, destination);
      },
      discard: disk.store.discard,
    },
  });
  assertKind(await attempt(), 'saved');
  assert.equal(outcomes(run.records).length, 1);
  assert.equal(run.state().statistics.stories, 1);
});

test('given up after its record, a story counts as one: the next start publishes it', async (t) => {
  const { attempt, run, clock, aborting, stopping } = setUp(t, answering().client, {
    store: {
      stage: async () => {},
      publish: async () => {
        throw diskFull();
      },
      discard: async () => {},
    },
  });
  clock.at(clock.now() + SECOND, () => {
    stopping.abort('SIGINT');
    aborting.abort('SIGINT');
  });
  assert.deepEqual(await attempt(), { kind: 'abandoned' });
  assert.deepEqual(
    outcomes(run.records).map(({ kind }) => kind),
    ['story'],
  );
  assert.equal(run.state().statistics.attempts, 1);
});

test('a failure whose record cannot be written is held; told to stop, it is counted all the same', async (t) => {
  const { attempt, run, clock, stopping } = setUp(t, failingCall({ status: 529, type: 'overloaded_error' }), {
    runOptions: { refuse: refusing('outcome', Number.POSITIVE_INFINITY) },
  });
  clock.at(clock.now() + SECOND, () => stopping.abort('SIGTERM'));
  assertKind(await attempt(), 'failed');
  assert.deepEqual(outcomes(run.records), []);
  assert.deepEqual(run.state().statistics.failures, { transient: 1 });
});

test('a call that is given up while the ledger cannot be written is counted, and said', async (t) => {
  const { attempt, run, log, aborting } = setUp(
    t,
    async () => {
      aborting.abort('SIGINT');
      throw 'SIGINT';
    },
    { runOptions: { refuse: refusing('outcome', Number.POSITIVE_INFINITY) } },
  );
  assert.deepEqual(await attempt(), { kind: 'abandoned' });
  assert.ok(log.events().includes('ledger_unwritable'));
  assert.equal(run.state().statistics.attempts, 1);
  assert.deepEqual(run.state().open, []);
});

test('an answer on which something unforeseen breaks goes to the log, and its usage is counted', async (t) => {
  const { attempt, run, log } = setUp(t, answering({ usage: toUsage(7, 3) }).client, {
    settings: {
      ...RUN_SETTINGS,
      get provider(): string {
        throw new TypeError('a defect after the call');
      },
    },
  });
  assertKind(await attempt(), 'failed');
  const record = log.records.find(({ fields }) => fields.event === 'unforeseen');
  assert.deepEqual(record?.fields.answer, { ...ANSWER, usage: toUsage(7, 3) });
  assert.equal(run.state().statistics.tokens.total_tokens, 10);
  assert.deepEqual(run.state().open, []);
});

test('a request of the API to slow down comes out with the story', async (t) => {
  const { attempt } = setUp(t, answering({ slowUntil: 5 }).client);
  assert.equal(assertKind(await attempt(), 'saved').slowUntil, 5);
});

test('a story that lies whole in staging is not written anew while its record is refused', async (t) => {
  const folder = temporaryFolder(t);
  const real = openStoryStore(folder, 'run_1');
  let staged = 0;
  const { attempt } = setUp(t, answering().client, {
    store: {
      ...real,
      stage: (name, entry) => {
        staged++;
        return real.stage(name, entry);
      },
    },
    runOptions: { refuse: refusing('outcome', 3) },
  });
  assertKind(await attempt(), 'saved');
  assert.equal(staged, 1);
  assert.equal(visible(folder).length, 2);
});

test('a story whose staging somebody takes away before it is seen is staged anew, and recorded once', async (t) => {
  const folder = temporaryFolder(t);
  const { attempt, run } = setUp(t, answering().client, {
    store: openStoryStore(folder, 'run_1'),
    runOptions: {
      refuse: (record) => {
        if (record.type === 'outcome') rmSync(join(folder, '.staging'), { recursive: true });
        return null;
      },
    },
  });
  assertKind(await attempt(), 'saved');
  assert.equal(visible(folder).length, 2);
  assert.equal(outcomes(run.records).length, 1);
});

/** An author who is cut off after so many characters each time, and goes on where he was cut. */
function cutOff(text: string, ...lengths: number[]): { client: MessagesClient; prompts: Prompt[] } {
  const prompts: Prompt[] = [];
  return {
    prompts,
    client: async (prompt) => {
      const length = lengths[prompts.length];
      prompts.push(prompt);
      const from = prompt.rest?.written.length ?? 0;
      const rest = text.slice(from, length === undefined ? text.length : from + length);
      const usage = toUsage(100 * prompts.length, 1000);
      const stopReason = length === undefined ? 'end_turn' : 'max_tokens';
      return { ...ANSWER, text: rest.trimStart(), stopReason, usage, requestId: `req_${prompts.length}` };
    },
  };
}

/** The kinds of a ledger's records, in order. */
const kindsIn = (records: readonly LedgerRecord[]) =>
  records.map((record) => (record.type === 'outcome' ? record.kind : record.type));

test('a text cut off twice is gone on with, and saved whole', async (t) => {
  const { client, prompts } = cutOff(ANSWER.text, 400, 300);
  const { attempt, folder, run, log } = setUp(t, client);
  const saved = assertKind(await attempt(), 'saved');
  assert.equal(saved.story.text, ANSWER.text);
  assert.equal(prompts.length, 3);
  assert.deepEqual(kindsIn(run.records), ['attempt', 'part', 'attempt', 'part', 'attempt', 'story']);
  assert.deepEqual(saved.usage, toUsage(600, 3000));
  const metadata = metadataIn(folder);
  assert.deepEqual(metadata.usage, saved.usage);
  assert.deepEqual(
    (metadata.calls as { request_id: string }[]).map(({ request_id }) => request_id),
    ['req_1', 'req_2', 'req_3'],
  );
  const { statistics, parts } = run.state();
  assert.deepEqual([statistics.stories, statistics.attempts, statistics.setAside, parts], [1, 3, 0, []]);
  assert.deepEqual(statistics.tokens, saved.usage);
  assert.deepEqual(readdirSync(join(folder, '.staging', 'run_1')), []);
  assert.deepEqual(log.events(), ['story_started', 'continuing', 'continuing']);
});

test('the rest waits for as long as the answer asked to slow down, also when told to stop', async (t) => {
  const { client } = cutOff(ANSWER.text, 400);
  const calledAt: number[] = [];
  const { attempt, clock, stopping } = setUp(t, async (prompt, options) => {
    calledAt.push(clock.now() - startedAt);
    const answer = await client(prompt, options);
    return prompt.rest === undefined ? { ...answer, slowUntil: clock.now() + 30 * SECOND } : answer;
  });
  const startedAt = clock.now();
  clock.at(startedAt + 10 * SECOND, () => stopping.abort('SIGINT'));
  assertKind(await attempt(), 'saved');
  assert.deepEqual(calledAt, [0, 30 * SECOND]);
});

test('the rest is given up while it waits when told to abort, and the part is set aside', async (t) => {
  const { client, prompts } = cutOff(ANSWER.text, 400);
  const pacing = { opensIn: () => 30 * SECOND, slowDown: () => {} };
  const { attempt, aborting, clock, folder } = setUp(t, client, { pacing });
  clock.at(clock.now() + 10 * SECOND, () => aborting.abort('SIGINT'));
  assertKind(await attempt(), 'abandoned');
  assert.equal(prompts.length, 1);
  assert.equal(readdirSync(join(folder, '.set-aside')).filter((name) => name.endsWith('.md')).length, 1);
});

test('a part that cannot be removed once its story is saved costs the story nothing', async (t) => {
  const folder = temporaryFolder(t);
  const store = openStoryStore(folder, 'run_1');
  const { attempt, run, log } = setUp(t, cutOff(ANSWER.text, 400).client, {
    store: { ...store, discard: async () => Promise.reject(diskFull()) },
  });
  assertKind(await attempt(), 'saved');
  assert.equal(visible(folder).length, 2);
  assert.deepEqual(kindsIn(run.records), ['attempt', 'part', 'attempt', 'story']);
  assert.ok(log.events().includes('part_left_staged'));
});

test('while the rest is asked for, what there is lies whole in staging and in the ledger', async (t) => {
  const { client } = cutOff(ANSWER.text, 400);
  const { attempt, folder, run } = setUp(t, async (prompt, options) => {
    if (prompt.rest !== undefined) {
      const files = readdirSync(join(folder, '.staging', 'run_1'));
      const {
        parts: [part],
        open: [open],
      } = run.state();
      assert.deepEqual(files.sort(), [`${part?.name}.md`, `${part?.name}_metadata.json`]);
      assert.equal(open?.continues, part?.name);
    }
    return client(prompt, options);
  });
  assertKind(await attempt(), 'saved');
});

test('a text that is cut off again and again is set aside as far as it came, once', async (t) => {
  const { client, prompts } = cutOff(ANSWER.text, 300, 300, 300, 300);
  const { attempt, folder, run } = setUp(t, client);
  const { failure } = assertKind(await attempt(), 'failed');
  assert.deepEqual([failure.kind, failure.code, prompts.length], ['incomplete', 'max_tokens', 3]);
  const [file = '', ...others] = readdirSync(join(folder, '.set-aside')).filter((name) => name.endsWith('.md'));
  assert.deepEqual(others, []);
  const text =
    readFileSync(join(folder, '.set-aside', file), 'utf8')
      .split('---\n\n')[1]
      ?.trimEnd() ?? '';
  assert.ok(ANSWER.text.startsWith(text) && text.length > 800, `${text.length} characters`);
  const { statistics } = run.state();
  assert.deepEqual([statistics.setAside, statistics.attempts, statistics.failures], [1, 3, { incomplete: 1 }]);
});

for (const [name, error, kind] of [
  ['fails', new CallError({ ...NO_DETAIL, fault: 'cut' }), 'failed'],
  ['ends in a defect', new TypeError('x is undefined'), 'failed'],
] as const) {
  test(`when the call for the rest ${name}, what there is is set aside`, async (t) => {
    const { client } = cutOff(ANSWER.text, 400);
    const { attempt, folder, run } = setUp(t, async (prompt, options) => {
      if (prompt.rest !== undefined) throw error;
      return client(prompt, options);
    });
    assertKind(await attempt(), kind);
    assert.equal(readdirSync(join(folder, '.set-aside')).length, 2);
    const { statistics } = run.state();
    assert.deepEqual([statistics.setAside, statistics.attempts, statistics.tokens.total_tokens], [1, 2, 1100]);
  });
}

test('given up while the rest is asked for, what there is is set aside', async (t) => {
  const { client } = cutOff(ANSWER.text, 400);
  const { attempt, folder, run, aborting } = setUp(t, async (prompt, options) => {
    if (prompt.rest === undefined) return client(prompt, options);
    aborting.abort('SIGINT');
    throw options.signal.reason;
  });
  assertKind(await attempt(), 'abandoned');
  assert.equal(readdirSync(join(folder, '.set-aside')).length, 2);
  assert.deepEqual(kindsIn(run.records), ['attempt', 'part', 'attempt', 'abandoned']);
  assert.equal(run.state().statistics.setAside, 1);
});

test('told to stop while the rest is to be asked for, the story in hand is finished', async (t) => {
  const { client } = cutOff(ANSWER.text, 400);
  const { attempt, stopping } = setUp(t, async (prompt, options) => {
    stopping.abort('SIGTERM');
    return client(prompt, options);
  });
  assert.equal(assertKind(await attempt(), 'saved').story.text, ANSWER.text);
});

test('a cap in the way of the rest ends the run, and what there is is set aside', async (t) => {
  const { client } = cutOff(ANSWER.text, 400);
  // Room for the first call at its most, and not for a second one.
  const { attempt, folder } = setUp(t, client, { caps: { tokens: 20_000, costUsd: null } });
  assertKind(await attempt(), 'capped');
  assert.equal(readdirSync(join(folder, '.set-aside')).length, 2);
});

test('a story too much like one before it is set aside where there is a limit, and saved where there is none', async (t) => {
  const similarity = likenessOf({ name: 'horror_story_20261122_000000_0000000a', score: 0.31 });
  const strict = setUp(t, answering().client, { similarity, settings: { ...RUN_SETTINGS, maxLikeness: 0.3 } });
  const { failure } = assertKind(await strict.attempt(), 'failed');
  assert.deepEqual([failure.kind, failure.code], ['unusable', 'too_alike']);
  assert.match(failure.reason, /31%.*horror_story_20261122_000000_0000000a/);
  assert.equal(readdirSync(join(strict.folder, '.set-aside')).length, 2);
  const exactly = setUp(t, answering().client, { similarity, settings: { ...RUN_SETTINGS, maxLikeness: 0.31 } });
  assertKind(await exactly.attempt(), 'saved');
  const lenient = setUp(t, answering().client, { similarity });
  assert.equal(assertKind(await lenient.attempt(), 'saved').nearest?.score, 0.31);
});

test('an index that cannot be used costs no story', async (t) => {
  const broken: AttemptDeps['similarity'] = {
    nearest: async () => {
      throw diskFull();
    },
    add: async () => {
      throw diskFull();
    },
  };
  const { attempt, folder, log } = setUp(t, answering().client, { similarity: broken });
  assert.equal(assertKind(await attempt(), 'saved').nearest, null);
  assert.equal(metadataIn(folder).likeness, null);
  assert.deepEqual(log.events(), ['story_started', 'likeness_unknown', 'likeness_not_added']);
});
