import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type AttemptDeps, createAttempt, type Outcome } from '../attempt.js';
import type { Answer, Author } from '../author.js';
import { CallFailure } from '../failure.js';
import { type Entry, type Library, openLibrary, type Stored } from '../library.js';
import { toUsage } from '../usage.js';
import { AXIS_CARDS, FakeClock, PREMISE, recordingLog, storyText, temporaryFolder } from './fakes.js';

const ANSWER: Answer = {
  text: storyText(),
  stopReason: 'end_turn',
  refusalCategory: null,
  usage: toUsage(500, 3000),
  model: 'claude-sonnet-5-5-20261021',
  requestId: 'req_1',
};

const FACTS: AttemptDeps['facts'] = {
  runId: 'run_1',
  provider: 'anthropic',
  model: 'claude-sonnet-5-5',
  maxTokens: 16000,
  temperature: null,
  minCharacters: 1000,
  template: null,
  request: null,
};

const SECOND = 1000;

/** An attempt whose author is `write`, with whatever else a test sets; and what it leaves behind. */
function setUp(t: TestContext, write: Author, options: Partial<AttemptDeps> = {}) {
  const folder = temporaryFolder(t);
  const clock = new FakeClock();
  const log = recordingLog();
  const stopping = new AbortController();
  const aborting = new AbortController();
  const progress = { open: 0, characters: 0 };
  const attempt = createAttempt({
    facts: FACTS,
    prices: { input: 2, output: 10, thinks: true },
    axes: AXIS_CARDS,
    drawPremise: () => PREMISE,
    write,
    library: openLibrary(folder),
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
    random: () => 0,
    holding: { baseMs: 5 * SECOND, maxMs: 300 * SECOND },
    stopping: stopping.signal,
    aborting: aborting.signal,
    ...options,
  });
  return { attempt, folder, clock, log, stopping, aborting, progress };
}

/** An author who gives the same answer each time, and counts. */
function answering(answer: Partial<Answer> = {}): { write: Author; calls(): number } {
  let calls = 0;
  return {
    calls: () => calls,
    write: async () => {
      calls++;
      return { ...ANSWER, ...answer };
    },
  };
}

function failingCall(detail: Partial<CallFailure['detail']>): Author {
  return async () => {
    throw new CallFailure({
      fault: 'http',
      status: null,
      type: null,
      code: null,
      message: 'Overloaded',
      retryAfterMs: null,
      requestId: null,
      usage: null,
      ...detail,
    });
  };
}

/** A library on which saving fails as often as told; what it saved is kept. */
function fullDisk(failures: number): { library: Library; saved: Entry[]; tries(): number; mend(): void } {
  const saved: Entry[] = [];
  let tries = 0;
  let left = failures;
  const put = async (entry: Entry): Promise<Stored> => {
    tries++;
    if (left-- > 0) throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    saved.push(entry);
    return { name: 'name', markdownPath: 'name.md', metadataPath: 'name_metadata.json' };
  };
  return {
    library: { save: put, setAside: put },
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

function assertKind<K extends Outcome['kind']>(outcome: Outcome, kind: K): Extract<Outcome, { kind: K }> {
  assert.equal(outcome.kind, kind);
  return outcome as Extract<Outcome, { kind: K }>;
}

test('a story is saved with all the metadata of the contract', async (t) => {
  const template = { name: 'night.json', text: '[문체]\n- 짧게' };
  const { attempt, folder, clock } = setUp(
    t,
    async () => {
      await clock.sleep(42_500, new AbortController().signal);
      return ANSWER;
    },
    { facts: { ...FACTS, template, request: '고양이', temperature: 0.9 } },
  );
  const outcome = assertKind(await attempt(3, 2), 'saved');
  assert.equal(outcome.generationMs, 42_500);
  assert.deepEqual(outcome.usage, ANSWER.usage);
  assert.equal(outcome.costUsd, 0.031);
  const metadata = metadataIn(folder);
  const { generated_at, sha256, tags, description, ...rest } = metadata;
  assert.deepEqual(rest, {
    model: 'claude-sonnet-5-5-20261021',
    template_used: 'night.json',
    custom_request: '고양이',
    config: { model: 'claude-sonnet-5-5', max_tokens: 16000, temperature: 0.9, min_story_characters: 1000 },
    word_count: [...ANSWER.text].length,
    usage: { input_tokens: 500, output_tokens: 3000, total_tokens: 3500 },
    title: '반품 구역',
    run_id: 'run_1',
    sequence: 3,
    premise: PREMISE,
    stop_reason: 'end_turn',
    attempts: 2,
    duration_ms: 42_500,
    request_id: 'req_1',
    provider: 'anthropic',
    cost_usd: 0.031,
  });
  assert.match(String(generated_at), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d$/);
  assert.equal(Date.parse(String(generated_at)), clock.now() - (clock.now() % SECOND));
  assert.match(String(sha256), /^[0-9a-f]{64}$/);
  assert.deepEqual(tags, outcome.story.tags);
  assert.equal(description, outcome.story.description);
  const markdown = readFileSync(outcome.stored.markdownPath, 'utf8');
  assert.ok(markdown.endsWith(`---\n\n${ANSWER.text}\n`));
  assert.match(markdown, /^model: claude-sonnet-5-5-20261021$/m);
});

test('an answer that names no model is filed under the one that was asked', async (t) => {
  const { attempt, folder } = setUp(t, answering({ model: null, requestId: null }).write);
  await attempt(1, 1);
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
  await attempt(1, 1);
  assert.deepEqual(progress, { open: 0, characters: 700 });
  const [start] = log.records;
  assert.deepEqual(start?.fields, {
    event: 'story_started',
    sequence: 1,
    attempt: 1,
    premise: {
      place: 'parcel-returns',
      time: 'monsoon',
      fear: 'memory',
      presence: 'colleague',
      device: 'recorder',
      turn: 'caller',
    },
  });
  assert.deepEqual(log.events(), ['story_started']);
});

test('a story without usage is saved with null, and a warning says so', async (t) => {
  const { attempt, folder, log } = setUp(t, answering({ usage: null }).write);
  const outcome = assertKind(await attempt(1, 1), 'saved');
  assert.deepEqual([outcome.usage, outcome.costUsd], [null, null]);
  assert.deepEqual([metadataIn(folder).usage, metadataIn(folder).cost_usd], [null, null]);
  const warning = log.records.find(({ fields }) => fields.event === 'usage_missing');
  assert.deepEqual([warning?.level, warning?.message], ['warn', '토큰 사용량 정보 없음']);
});

test('a model without a known price gives a story without a cost', async (t) => {
  const { attempt, folder } = setUp(t, answering().write, { prices: null });
  assert.equal(assertKind(await attempt(1, 1), 'saved').costUsd, null);
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
    const { attempt, folder, log } = setUp(t, answering(answer).write);
    const outcome = assertKind(await attempt(1, 1), 'failed');
    assert.deepEqual([outcome.failure.kind, outcome.failure.code, outcome.setAside], [kind, code, true]);
    assert.deepEqual(outcome.usage, ANSWER.usage);
    assert.equal(outcome.costUsd, 0.031);
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
    const { attempt, folder } = setUp(t, answering(answer).write);
    const outcome = assertKind(await attempt(1, 1), 'failed');
    assert.deepEqual([outcome.failure.code, outcome.setAside], [code, false]);
    assert.deepEqual(outcome.usage, ANSWER.usage);
    assert.deepEqual(readdirSync(folder), []);
  });
}

test('an answer that cannot be set aside goes to the log, and is not retried', async (t) => {
  const text = '쓸 수 없습니다.';
  const disk = fullDisk(1);
  const { attempt, log } = setUp(t, answering({ stopReason: 'refusal', text }).write, { library: disk.library });
  assert.equal(assertKind(await attempt(1, 1), 'failed').setAside, false);
  assert.equal(disk.tries(), 1);
  const record = log.records.find(({ fields }) => fields.event === 'set_aside_failed');
  assert.equal(record?.fields.text, text);
});

test('a call that fails is classified, with what it had cost so far', async (t) => {
  const usage = toUsage(500, 100);
  const overloaded = setUp(t, failingCall({ status: 529, type: 'overloaded_error', retryAfterMs: 7000 }));
  const outcome = assertKind(await overloaded.attempt(1, 1), 'failed');
  assert.deepEqual(
    [outcome.failure.kind, outcome.failure.retryAfterMs, outcome.usage, outcome.costUsd, outcome.setAside],
    ['transient', 7000, null, null, false],
  );
  assert.deepEqual(overloaded.log.events(), ['story_started']);
  assert.equal(overloaded.progress.open, 0);
  const cut = setUp(t, failingCall({ fault: 'cut', usage }));
  const half = assertKind(await cut.attempt(1, 1), 'failed');
  assert.deepEqual([half.failure.code, half.usage, half.costUsd], ['cut', usage, 0.002]);
  assert.deepEqual(visible(cut.folder), []);
});

test('an unforeseen error is logged with its stack, and is one failed attempt', async (t) => {
  const { attempt, log } = setUp(t, async () => {
    throw new TypeError('x is not iterable');
  });
  const outcome = assertKind(await attempt(1, 1), 'failed');
  assert.equal(outcome.failure.kind, 'unforeseen');
  const record = log.records.find(({ fields }) => fields.event === 'unforeseen');
  assert.equal(record?.level, 'error');
  assert.ok(record?.fields.err instanceof TypeError);
  assert.match(record.fields.err.stack ?? '', /attempt\.test/);
});

test('an unforeseen error before the call is one failed attempt too', async (t) => {
  const author = answering();
  const { attempt, log } = setUp(t, author.write, {
    drawPremise: () => {
      throw new Error('an axis has no cards');
    },
  });
  const outcome = assertKind(await attempt(1, 1), 'failed');
  assert.equal(outcome.failure.kind, 'unforeseen');
  assert.ok(log.events().includes('unforeseen'));
  assert.equal(author.calls(), 0);
});

test('an aborted call is abandoned, whatever it is rejected with, and leaves nothing', async (t) => {
  for (const rejection of ['SIGINT', new DOMException('aborted', 'AbortError'), new TypeError('terminated')]) {
    const { attempt, folder, aborting, log, progress } = setUp(t, async () => {
      aborting.abort('SIGINT');
      throw rejection;
    });
    assert.deepEqual(await attempt(1, 1), { kind: 'abandoned', usage: null, costUsd: null });
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
  assertKind(await attempt(1, 1), 'saved');
  assert.equal(visible(folder).length, 2);
});

test('a story that cannot be saved is held, tried again with back-off, and paid for once', async (t) => {
  const author = answering();
  const disk = fullDisk(3);
  const { attempt, clock, log } = setUp(t, author.write, { library: disk.library });
  const startedAt = clock.now();
  assertKind(await attempt(1, 1), 'saved');
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
  const { attempt } = setUp(t, answering().write, { library: fullDisk(3).library });
  assert.equal(assertKind(await attempt(1, 1), 'saved').generationMs, 0);
});

test('a real folder that comes back gets the story', async (t) => {
  const folder = join(temporaryFolder(t), 'stories');
  writeFileSync(folder, 'a file in place of the folder');
  const { attempt, clock, log } = setUp(t, answering().write, { library: openLibrary(folder) });
  clock.at(clock.now() + 12 * SECOND, () => rmSync(folder));
  assertKind(await attempt(1, 1), 'saved');
  assert.equal(visible(folder).length, 2);
  assert.equal(log.events().filter((event) => event === 'holding').length, 2);
});

test('told to stop while it holds a story, it writes the text to the log once, and goes on trying', async (t) => {
  const author = answering();
  const disk = fullDisk(Number.POSITIVE_INFINITY);
  const { attempt, clock, log, stopping } = setUp(t, author.write, { library: disk.library });
  const startedAt = clock.now();
  clock.at(startedAt + 12 * SECOND, () => stopping.abort('SIGINT'));
  clock.at(startedAt + 100 * SECOND, () => disk.mend());
  assertKind(await attempt(1, 1), 'saved');
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
  const { attempt, clock, stopping } = setUp(t, answering().write, { library: disk.library });
  const startedAt = clock.now();
  clock.at(startedAt + 1 * SECOND, () => stopping.abort('SIGINT'));
  assertKind(await attempt(1, 1), 'saved');
  assert.equal(clock.now(), startedAt + 1 * SECOND);
});

test('given up while it holds a story, the text is in the log and the usage is counted', async (t) => {
  const disk = fullDisk(Number.POSITIVE_INFINITY);
  const { attempt, clock, log, stopping, aborting } = setUp(t, answering().write, { library: disk.library });
  const startedAt = clock.now();
  clock.at(startedAt + 12 * SECOND, () => stopping.abort('SIGINT'));
  clock.at(startedAt + 14 * SECOND, () => aborting.abort('SIGINT'));
  assert.deepEqual(await attempt(1, 1), { kind: 'abandoned', usage: ANSWER.usage, costUsd: 0.031 });
  assert.equal(clock.now(), startedAt + 14 * SECOND);
  assert.equal(log.events().filter((event) => event === 'held_story').length, 1);
});

test('stopped and given up in the same wait, the text is in the log all the same', async (t) => {
  const disk = fullDisk(Number.POSITIVE_INFINITY);
  const { attempt, clock, log, stopping, aborting } = setUp(t, answering().write, { library: disk.library });
  clock.at(clock.now() + 1 * SECOND, () => {
    stopping.abort('SIGINT');
    aborting.abort('SIGINT');
  });
  assertKind(await attempt(1, 1), 'abandoned');
  assert.equal(log.events().filter((event) => event === 'held_story').length, 1);
});
