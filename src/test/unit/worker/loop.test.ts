import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Failure, FailureKind } from '../../../api/failure.js';
import { NO_TOKENS, toUsage } from '../../../api/usage.js';
import { SECOND } from '../../../lib/clock.js';
import type { Caps } from '../../../run/budget.js';
import type { Limits } from '../../../run/end-reason.js';
import { applyRecord, INITIAL_RUN_STATE, type RunState } from '../../../run/run-state.js';
import type { AttemptOutcome } from '../../../worker/attempt/outcome.js';
import type { WorkerEvent } from '../../../worker/events.js';
import { runLoop } from '../../../worker/loop.js';
import { createPacing } from '../../../worker/pacing.js';
import { NO_PAUSES } from '../../../worker/pauses.js';
import { createShutdown } from '../../../worker/shutdown.js';
import { FakeClock, recordingLog } from '../../helpers/fakes.js';

const UNLIMITED: Limits = {
  durationMs: null,
  maxStories: null,
  intervalMs: 0,
  maxConsecutiveFailures: null,
  maxRejectedInARow: null,
  concurrency: 1,
};
const UNCAPPED: Caps = { tokens: null, costUsd: null };
const never = new AbortController().signal;

function saved(generationMs = 60 * SECOND): AttemptOutcome {
  return {
    kind: 'saved',
    story: { title: '제목', description: '', opening: '', ending: '', tags: [], text: '본문', wordCount: 2 },
    stored: { name: 'horror_story_x', markdownPath: '', metadataPath: '' },
    usage: toUsage(100, 200),
    costUsd: 0.01,
    generationMs,
    nearest: null,
    doubts: [],
    slowUntil: null,
  };
}

function failed(kind: FailureKind = 'transient', retryAfterMs: number | null = null): AttemptOutcome {
  const failure: Failure = { kind, code: 'overloaded_error', reason: '이유', advice: null, retryAfterMs };
  return { kind: 'failed', failure, usage: NO_TOKENS };
}

/** What an attempt writes into the ledger, as far as the loop can see it. */
function recorded(state: RunState, outcome: AttemptOutcome, at: number): RunState {
  const common = { type: 'outcome', at, cost_usd: null } as const;
  switch (outcome.kind) {
    case 'saved': {
      const { usage, generationMs: generation_ms, stored } = outcome;
      return applyRecord(state, { ...common, kind: 'story', usage, name: stored.name, generation_ms });
    }
    case 'failed': {
      const { kind: failure, code } = outcome.failure;
      return applyRecord(state, { ...common, kind: 'failure', usage: NO_TOKENS, failure, code, name: null });
    }
    case 'abandoned':
      return applyRecord(state, { ...common, kind: 'abandoned', usage: null });
    case 'capped':
      return state;
  }
}

/** A worker on a clock of its own whose attempts take a minute each and end as the script says. */
function scripted(limits: Partial<Limits>, script: (attempt: number) => AttemptOutcome, caps: Caps = UNCAPPED) {
  const clock = new FakeClock();
  const start = clock.now();
  const log = recordingLog();
  const shutdown = createShutdown(clock.monotonic);
  const startedAt: number[] = [];
  const told: WorkerEvent[] = [];
  let calls = 0;
  let state = INITIAL_RUN_STATE;
  const run = () =>
    runLoop({
      caps,
      limits: { ...UNLIMITED, ...limits },
      pacing: createPacing({ baseMs: 5 * SECOND, maxMs: 300 * SECOND }, clock, () => 0),
      clock,
      log,
      ...shutdown,
      startedAt: start,
      state: () => state,
      pauses: NO_PAUSES,
      onEvent: (change) => told.push(change),
      attempt: async () => {
        startedAt.push((clock.now() - start) / SECOND);
        calls++;
        await clock.sleep(60 * SECOND, never);
        const outcome = shutdown.aborting.aborted ? ({ kind: 'abandoned' } as const) : script(calls);
        state = recorded(state, outcome, clock.now());
        return outcome;
      },
    });
  const statistics = () => state.statistics;
  const after = (seconds: number, act: () => void) => clock.at(start + seconds * SECOND, act);
  return {
    run,
    statistics,
    clock,
    log,
    shutdown,
    startedAt,
    told,
    calls: () => calls,
    after,
    elapsed: () => (clock.now() - start) / SECOND,
  };
}

describe('limits', () => {
  test('a day at half-hour intervals with one-minute stories is 47 stories and ends at 86,400 s', async () => {
    const run = scripted({ durationMs: 86_400 * SECOND, intervalMs: 1800 * SECOND }, () => saved());
    assert.deepEqual(await run.run(), { kind: 'duration', during: 'interval' });
    assert.equal(run.statistics().stories, 47);
    assert.equal(run.elapsed(), 86_400);
    assert.deepEqual(
      run.startedAt,
      Array.from({ length: 47 }, (_, index) => index * 1860),
    );
  });

  test('a story in hand at the deadline is finished, and none is started after it', async () => {
    const run = scripted({ durationMs: 90 * SECOND }, () => saved());
    assert.deepEqual(await run.run(), { kind: 'duration', during: null });
    assert.deepEqual(run.startedAt, [0, 60]);
    assert.equal(run.elapsed(), 120);
    assert.equal(run.statistics().stories, 2);
  });

  test('no story starts at the very deadline', async () => {
    const run = scripted({ durationMs: 120 * SECOND, intervalMs: 60 * SECOND }, () => saved());
    await run.run();
    assert.deepEqual(run.startedAt, [0]);
    assert.equal(run.elapsed(), 120);
  });

  test('a count ends the run right after its last story, without a last wait', async () => {
    const run = scripted({ maxStories: 3, intervalMs: 300 * SECOND }, () => saved());
    assert.deepEqual(await run.run(), { kind: 'count' });
    assert.deepEqual(run.startedAt, [0, 360, 720]);
    assert.equal(run.elapsed(), 780);
  });

  test('of a duration and a count, whichever is first ends the run', async () => {
    const both = { durationMs: 200 * SECOND, maxStories: 3 };
    assert.deepEqual(await scripted(both, () => saved()).run(), { kind: 'count' });
    const slower = { ...both, intervalMs: 100 * SECOND };
    assert.deepEqual(await scripted(slower, () => saved()).run(), { kind: 'duration', during: null });
  });

  test('only saved stories count towards the count', async () => {
    const run = scripted({ maxStories: 2 }, (attempt) => (attempt % 2 === 1 ? failed() : saved()));
    assert.deepEqual(await run.run(), { kind: 'count' });
    assert.equal(run.calls(), 4);
  });

  test('a deadline that the wall clock jumps past ends the run at once', async () => {
    const run = scripted({ durationMs: 3600 * SECOND, intervalMs: 600 * SECOND }, () => saved());
    run.after(100, () => run.clock.adjust(7200 * SECOND));
    assert.deepEqual(await run.run(), { kind: 'duration', during: 'interval' });
    assert.deepEqual(run.startedAt, [0]);
  });

  test('a wall clock set back does not lengthen an interval', async () => {
    const run = scripted({ maxStories: 2, intervalMs: 600 * SECOND }, () => saved());
    run.after(100, () => run.clock.adjust(-3600 * SECOND));
    await run.run();
    assert.equal(run.elapsed() + 3600, 720);
  });
});

describe('signals', () => {
  test('one during a story lets it finish and starts no other', async () => {
    const run = scripted({ intervalMs: 1800 * SECOND }, () => saved());
    run.after(10, () => run.shutdown.request('SIGTERM'));
    assert.deepEqual(await run.run(), { kind: 'signal', source: 'SIGTERM', during: null });
    assert.equal(run.statistics().stories, 1);
    assert.equal(run.elapsed(), 60);
  });

  test('one during a wait ends it at once', async () => {
    const run = scripted({ intervalMs: 1800 * SECOND }, () => saved());
    run.after(61, () => run.shutdown.request('SIGINT'));
    assert.deepEqual(await run.run(), { kind: 'signal', source: 'SIGINT', during: 'interval' });
    assert.equal(run.elapsed(), 61);
  });

  test('one during a back-off ends it at once', async () => {
    const run = scripted({}, () => failed('transient', 3600 * SECOND));
    run.after(62, () => run.shutdown.request('SIGINT'));
    assert.deepEqual(await run.run(), { kind: 'signal', source: 'SIGINT', during: 'retry' });
    assert.equal(run.elapsed(), 62);
  });

  test('one before the first story means no story', async () => {
    const run = scripted({}, () => saved());
    run.shutdown.request('SIGINT');
    assert.deepEqual(await run.run(), { kind: 'signal', source: 'SIGINT', during: null });
    assert.equal(run.calls(), 0);
  });

  test('one that arrives with the last story is the reason for the end', async () => {
    const run = scripted({ maxStories: 1 }, () => saved());
    run.after(30, () => run.shutdown.request('SIGINT'));
    assert.equal((await run.run()).kind, 'signal');
  });

  test('a second one gives up the story in hand', async () => {
    const run = scripted({}, () => saved());
    run.after(10, () => run.shutdown.request('SIGINT'));
    run.after(12, () => run.shutdown.request('SIGINT'));
    assert.deepEqual(await run.run(), { kind: 'aborted', source: 'SIGINT' });
    assert.equal(run.statistics().stories, 0);
    assert.equal(run.statistics().attempts, 1);
  });
});

describe('failures', () => {
  test('waits double from the base to the maximum, and a saved story starts over', async () => {
    const run = scripted({ maxStories: 2 }, (attempt) => (attempt === 9 || attempt === 11 ? saved() : failed()));
    await run.run();
    const waits = run.startedAt.slice(1).map((at, index) => at - (run.startedAt[index] ?? 0) - 60);
    assert.deepEqual(waits, [5, 10, 20, 40, 80, 160, 300, 300, 0, 5]);
  });

  test('retry-after takes the place of the back-off, be it shorter or longer', async () => {
    const asked = [1, 900];
    const run = scripted({ maxStories: 1 }, (attempt) => {
      const seconds = asked[attempt - 1];
      return seconds === undefined ? saved() : failed('transient', seconds * SECOND);
    });
    await run.run();
    assert.deepEqual(run.startedAt, [0, 61, 1021]);
  });

  test('a back-off beyond the deadline ends at the deadline', async () => {
    const run = scripted({ durationMs: 3600 * SECOND }, () => failed('transient', 86_400 * SECOND));
    assert.deepEqual(await run.run(), { kind: 'duration', during: 'retry' });
    assert.equal(run.elapsed(), 3600);
    assert.equal(run.calls(), 1);
  });

  for (const kind of ['blocked', 'fatal'] as const) {
    test(`a ${kind} one ends the run at the first`, async () => {
      const run = scripted({}, () => failed(kind));
      const end = await run.run();
      assert.equal(end.kind, 'refused');
      assert.equal(run.calls(), 1);
      assert.deepEqual(run.statistics().failures, { [kind]: 1 });
    });
  }

  for (const kind of ['transient', 'unusable', 'incomplete', 'unforeseen'] as const) {
    test(`as many ${kind} ones in a row as are allowed end the run`, async () => {
      const run = scripted({ maxConsecutiveFailures: 3, maxRejectedInARow: null, concurrency: 1 }, () => failed(kind));
      assert.deepEqual(await run.run(), { kind: 'exhausted', failures: 3 });
      assert.equal(run.calls(), 3);
      assert.equal(run.elapsed(), 60 + 5 + 60 + 10 + 60);
    });
  }

  test('a saved story in between starts the row anew', async () => {
    const run = scripted({ maxConsecutiveFailures: 2, maxStories: 3 }, (attempt) =>
      attempt % 2 === 1 ? failed() : saved(),
    );
    assert.deepEqual(await run.run(), { kind: 'count' });
  });

  test('without a limit they go on to the deadline', async () => {
    const run = scripted({ durationMs: 86_400 * SECOND }, () => failed());
    assert.deepEqual(await run.run(), { kind: 'duration', during: null });
    // The attempt in hand at the deadline is finished, as a story would be.
    assert.equal(run.startedAt.at(-1), 86_355);
    assert.equal(run.elapsed(), 86_415);
  });
});

describe('whoever watches', () => {
  test('is told of every attempt, its outcome, and every wait with its end', async () => {
    const run = scripted({ maxStories: 2, intervalMs: 1800 * SECOND }, (attempt) =>
      attempt === 1 ? failed() : saved(),
    );
    await run.run();
    const start = run.clock.now() - run.elapsed() * SECOND;
    assert.deepEqual(
      run.told.map((change) =>
        change.kind === 'waiting' ? [change.for, (change.until - start) / SECOND] : change.kind,
      ),
      ['writing', 'failed', ['retry', 65], 'writing', 'saved', ['interval', 1925], 'writing', 'saved'],
    );
  });

  test('is told that a wait which the deadline cuts ends at the deadline', async () => {
    const run = scripted({ durationMs: 100 * SECOND, intervalMs: 1800 * SECOND }, () => saved());
    await run.run();
    assert.deepEqual(run.told.at(-1), { kind: 'waiting', for: 'interval', until: run.clock.now() });
    assert.equal(run.elapsed(), 100);
  });

  test('finds an outcome in the state by the time that it is told', async () => {
    const run = scripted({ maxStories: 2 }, () => saved());
    const counts: number[] = [];
    run.told.push = (change) => (change.kind === 'saved' ? counts.push(run.statistics().stories) : 0);
    await run.run();
    assert.deepEqual(counts, [1, 2]);
  });

  test('is told once that a cap is near', async () => {
    const run = scripted({ maxStories: 5 }, () => saved(), { tokens: 1200, costUsd: null });
    await run.run();
    const near = run.told.filter(({ kind }) => kind === 'cap_near');
    assert.deepEqual(near, [{ kind: 'cap_near', hit: { cap: 'tokens', used: 1200, limit: 1200 } }]);
  });
});

describe('log', () => {
  test('every story has a summary and every wait says when it ends', async () => {
    const run = scripted({ maxStories: 2, intervalMs: 1800 * SECOND }, () => saved());
    await run.run();
    assert.deepEqual(run.log.events(), ['story_saved', 'waiting', 'story_saved']);
    const [summary, wait] = run.log.records;
    assert.match(summary?.message ?? '', /1번째 소설 저장 - "제목" \(2자, 1분 0초, 토큰 300, \$0\.01\)/);
    assert.match(wait?.message ?? '', /^\d\d:\d\d:\d\d에 다음 소설을 시작합니다 \(30분 0초 뒤\)$/);
  });

  test('a wait that the deadline cuts says that no story follows', async () => {
    const run = scripted({ durationMs: 100 * SECOND, intervalMs: 1800 * SECOND }, () => saved());
    await run.run();
    assert.match(run.log.records.at(-1)?.message ?? '', /새 소설 없이 40초 뒤 종료합니다/);
  });

  test('a clean run says nothing of errors', async () => {
    const run = scripted({ maxStories: 3, intervalMs: SECOND }, () => saved());
    await run.run();
    assert.doesNotMatch(JSON.stringify(run.log.records), /error|traceback/i);
  });
});
