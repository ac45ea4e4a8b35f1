import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Failure } from '../../../api/failure.js';
import { NO_TOKENS, toUsage, type Usage } from '../../../api/usage.js';
import { SECOND } from '../../../lib/clock.js';
import type { Limits } from '../../../run/end-reason.js';
import type { PauseRecord } from '../../../run/ledger-records.js';
import { applyRecord, INITIAL_RUN_STATE } from '../../../run/run-state.js';
import type { AttemptOutcome } from '../../../worker/attempt/outcome.js';
import type { WorkerEvent } from '../../../worker/events.js';
import { runLoop } from '../../../worker/loop.js';
import { createPacing } from '../../../worker/pacing.js';
import { createPauses, NO_PAUSES, type Pauses } from '../../../worker/pauses.js';
import { createShutdown } from '../../../worker/shutdown.js';
import { recordingLog, VirtualClock } from '../../helpers/fakes.js';

const UNLIMITED: Limits = {
  durationMs: null,
  maxStories: null,
  intervalMs: 0,
  maxConsecutiveFailures: null,
  maxRejectedInARow: null,
  concurrency: 1,
};

/** What an attempt comes to, and how long it takes, in seconds. */
interface Scripted {
  seconds: number;
  /** How long it takes before it asks whether its call may be made. */
  drawSeconds?: number;
  outcome: 'saved' | 'failed' | 'capped' | Partial<Failure>;
  usage?: Usage | null;
  slowForSeconds?: number;
}

const FAILURE: Failure = {
  kind: 'transient',
  code: 'overloaded_error',
  reason: '붐빔',
  advice: null,
  retryAfterMs: null,
};

/** A worker with several slots on a clock of its own. @param script of the n-th attempt to begin, from 1 */
function many(
  limits: Partial<Limits>,
  script: (attempt: number) => Scripted,
  pausesOf: (clock: VirtualClock) => Pauses = () => NO_PAUSES,
) {
  const clock = new VirtualClock();
  const start = clock.now();
  const pauses = pausesOf(clock);
  const log = recordingLog();
  const shutdown = createShutdown(clock.monotonic);
  const events: WorkerEvent[] = [];
  const begun: number[] = [];
  /** When the calls were made. */
  const called: number[] = [];
  let state = INITIAL_RUN_STATE;
  let inHand = 0;
  let most = 0;
  let attempts = 0;
  const elapsed = () => (clock.now() - start) / SECOND;
  const toOutcome = ({ outcome, usage = toUsage(100, 200), slowForSeconds }: Scripted): AttemptOutcome => {
    if (outcome === 'capped') return { kind: 'capped', hit: { cap: 'tokens', used: 1, limit: 2 } };
    if (outcome !== 'saved') {
      const failure = { ...FAILURE, ...(outcome === 'failed' ? {} : outcome) };
      return { kind: 'failed', failure, usage: outcome === 'failed' ? NO_TOKENS : usage };
    }
    return {
      kind: 'saved',
      story: { title: '제목', description: '', opening: '', ending: '', tags: [], text: '본문', wordCount: 2 },
      stored: { name: 'horror_story_x', markdownPath: '', metadataPath: '' },
      usage,
      costUsd: 0.01,
      generationMs: SECOND,
      nearest: null,
      doubts: [],
      slowUntil: slowForSeconds === undefined ? null : clock.now() + slowForSeconds * SECOND,
    };
  };
  const loop = () =>
    runLoop({
      caps: { tokens: null, costUsd: null },
      limits: { ...UNLIMITED, ...limits },
      pacing: createPacing({ baseMs: 5 * SECOND, maxMs: 300 * SECOND }, clock, () => 0),
      clock,
      log,
      ...shutdown,
      startedAt: start,
      state: () => state,
      pauses,
      onEvent: (event) => events.push(event),
      attempt: async ({ mayCall }) => {
        attempts++;
        begun.push(elapsed());
        inHand++;
        most = Math.max(most, inHand);
        const scripted = script(attempts);
        await clock.sleep((scripted.drawSeconds ?? 0) * SECOND, shutdown.aborting);
        if (!(await mayCall())) {
          inHand--;
          return { kind: 'abandoned' };
        }
        called.push(elapsed());
        await clock.sleep(scripted.seconds * SECOND, shutdown.aborting);
        inHand--;
        if (shutdown.aborting.aborted) return { kind: 'abandoned' };
        const outcome = toOutcome(scripted);
        const common = { type: 'outcome', at: clock.now(), usage: null, cost_usd: null } as const;
        if (outcome.kind === 'saved') {
          state = applyRecord(state, { ...common, kind: 'story', name: 'x', generation_ms: 1 });
        } else if (outcome.kind === 'failed') {
          const { kind: failure, code } = outcome.failure;
          state = applyRecord(state, { ...common, kind: 'failure', failure, code, name: null });
        }
        return outcome;
      },
    });
  return {
    run: () => clock.run(loop()),
    after: (seconds: number, act: () => void) => clock.at(start + seconds * SECOND, act),
    stories: () => state.statistics.stories,
    ...{ clock, log, shutdown, events, begun, called, elapsed },
    most: () => most,
    attempts: () => attempts,
  };
}

const saved = (seconds = 60): Scripted => ({ seconds, outcome: 'saved' });

describe('several slots', () => {
  test('a day at concurrency 3 writes three times the 47 stories of one slot, and ends at its deadline', async () => {
    const worker = many({ durationMs: 86_400 * SECOND, intervalMs: 1800 * SECOND, concurrency: 3 }, () => saved());
    assert.deepEqual(await worker.run(), { kind: 'duration', during: 'interval' });
    assert.deepEqual([worker.stories(), worker.most(), worker.elapsed()], [141, 3, 86_400]);
  });

  test('the interval is per slot: a slow story delays no other slot', async () => {
    const worker = many({ durationMs: 100 * SECOND, intervalMs: 10 * SECOND, concurrency: 2 }, (n) =>
      saved(n === 1 ? 500 : 20),
    );
    await worker.run();
    assert.deepEqual(worker.begun, [0, 0, 30, 60, 90]);
  });

  for (const concurrency of [2, 3, 8, 64]) {
    test(`a count of 10 is exact at concurrency ${concurrency}, whatever fails`, async () => {
      const worker = many({ maxStories: 10, concurrency }, (n) => ({
        seconds: 10 + (n % 7),
        outcome: n % 4 === 0 ? 'failed' : 'saved',
      }));
      assert.deepEqual(await worker.run(), { kind: 'count' });
      assert.equal(worker.stories(), 10);
      assert.ok(worker.most() <= Math.min(concurrency, 10));
    });
  }

  test('a slot that waits for a story in hand begins another once that one fails', async () => {
    const worker = many({ maxStories: 1, concurrency: 4 }, (n) => ({
      seconds: 10,
      outcome: n < 3 ? 'failed' : 'saved',
    }));
    await worker.run();
    assert.deepEqual([worker.attempts(), worker.most(), worker.stories()], [3, 1, 1]);
  });

  test('a signal finishes all stories in hand and begins none', async () => {
    const worker = many({ concurrency: 3 }, (n) => saved(60 + n));
    worker.after(30, () => worker.shutdown.request('SIGINT'));
    assert.deepEqual(await worker.run(), { kind: 'signal', source: 'SIGINT', during: null });
    assert.deepEqual([worker.stories(), worker.attempts()], [3, 3]);
  });

  test('a second signal gives up all of them', async () => {
    const worker = many({ concurrency: 3 }, () => saved(600));
    worker.after(30, () => worker.shutdown.request('SIGINT'));
    worker.after(40, () => worker.shutdown.request('SIGINT'));
    assert.deepEqual(await worker.run(), { kind: 'aborted', source: 'SIGINT' });
    assert.deepEqual([worker.stories(), worker.elapsed()], [0, 40]);
  });

  test('a signal that comes while all slots wait says what they waited for; with a story in hand it does not', async () => {
    const waiting = many({ intervalMs: 600 * SECOND, concurrency: 2 }, () => saved(10));
    waiting.after(100, () => waiting.shutdown.request('SIGTERM'));
    assert.deepEqual(await waiting.run(), { kind: 'signal', source: 'SIGTERM', during: 'interval' });
    const writing = many({ intervalMs: 600 * SECOND, concurrency: 2 }, (n) => saved(n === 1 ? 10 : 300));
    writing.after(100, () => writing.shutdown.request('SIGTERM'));
    assert.deepEqual(await writing.run(), { kind: 'signal', source: 'SIGTERM', during: null });
    assert.equal(writing.stories(), 2);
  });
});

describe('failures of several slots', () => {
  test('an overload that hits all calls in flight is one back-off, not one for each', async () => {
    const worker = many({ durationMs: 60 * SECOND, concurrency: 4 }, (n) => ({
      seconds: 1,
      outcome: n <= 8 ? 'failed' : 'saved',
    }));
    await worker.run();
    // The first incident waits 5 s, the second 10 s.
    assert.deepEqual(worker.begun.slice(0, 12), [0, 0, 0, 0, 6, 6, 6, 6, 17, 17, 17, 17]);
    const waits = worker.log.records.filter(({ fields }) => fields.event === 'waiting');
    assert.equal(waits.filter(({ fields }) => fields.for === 'retry').length, 2);
  });

  test('a retry-after holds for every slot', async () => {
    const worker = many({ maxStories: 4, concurrency: 2 }, (n) =>
      n === 1 ? { seconds: 1, outcome: { retryAfterMs: 100 * SECOND } } : saved(10),
    );
    await worker.run();
    assert.deepEqual(worker.begun, [0, 0, 101, 101, 111]);
  });

  test('a retry-after holds for a story that has its place and not yet its call', async () => {
    const worker = many({ maxStories: 2, concurrency: 2 }, (n) =>
      n === 1 ? { seconds: 1, outcome: { retryAfterMs: 100 * SECOND } } : { ...saved(10), drawSeconds: 3 },
    );
    await worker.run();
    assert.deepEqual(worker.called, [0, 101, 104]);
  });

  test('a story whose wait for its call reaches the deadline is not begun', async () => {
    const worker = many({ durationMs: 60 * SECOND, concurrency: 2 }, (n) =>
      n === 1 ? { seconds: 1, outcome: { retryAfterMs: 100 * SECOND } } : { ...saved(10), drawSeconds: 3 },
    );
    assert.equal((await worker.run()).kind, 'duration');
    assert.deepEqual([worker.called, worker.elapsed()], [[0], 60]);
  });

  test('a rate limit that an answer announces slows every slot', async () => {
    const worker = many({ maxStories: 4, concurrency: 2 }, (n) => ({
      ...saved(10 + n),
      ...(n === 1 ? { slowForSeconds: 50 } : {}),
    }));
    await worker.run();
    assert.deepEqual(worker.begun, [0, 0, 61, 61]);
  });

  test('failures in a row are counted over outcomes in their order, and the stories in hand are finished', async () => {
    const worker = many({ maxConsecutiveFailures: 3, concurrency: 4 }, (n) =>
      n === 4 ? saved(100) : { seconds: n, outcome: 'failed' },
    );
    assert.deepEqual(await worker.run(), { kind: 'exhausted', failures: 3 });
    assert.deepEqual([worker.stories(), worker.attempts()], [1, 4]);
  });

  test('a refusal for good ends the run once the stories in hand are finished', async () => {
    const worker = many({ concurrency: 3 }, (n) =>
      n === 1 ? { seconds: 1, outcome: { kind: 'fatal', code: 'authentication_error' } } : saved(100),
    );
    const end = await worker.run();
    assert.deepEqual([end.kind, worker.stories(), worker.attempts()], ['refused', 2, 3]);
  });

  test('a call for which a cap has no room ends the run once the stories in hand are finished', async () => {
    const worker = many({ concurrency: 2 }, (n) => (n === 1 ? { seconds: 1, outcome: 'capped' } : saved(50)));
    assert.equal((await worker.run()).kind, 'cap');
    assert.deepEqual([worker.stories(), worker.attempts()], [1, 2]);
  });
});

describe('what is told of several slots', () => {
  test('the number in hand goes with every story that begins, and a wait is told only when all slots wait', async () => {
    const worker = many({ maxStories: 4, intervalMs: 100 * SECOND, concurrency: 2 }, (n) => saved(n === 1 ? 10 : 30));
    await worker.run();
    const told = worker.events.flatMap((event): (number | string)[] => {
      if (event.kind === 'writing') return [event.inHand];
      return event.kind === 'waiting' ? [event.for] : [];
    });
    assert.deepEqual(told, [1, 2, 1, 'interval', 1, 2, 1]);
  });
});

describe('pauses', () => {
  const until = (clock: VirtualClock, seconds: number, record = async (_: PauseRecord) => {}): Pauses =>
    createPauses({
      ...{ activeHours: null, dayBudget: null, waitsForSpendLimit: true, record },
      startsAt: clock.now() + seconds * SECOND,
      now: clock.now,
    });

  test('nothing begins before a pause is over, and the run says so once for all slots', async () => {
    const worker = many(
      { maxStories: 3, concurrency: 3 },
      () => saved(10),
      (clock) => until(clock, 600),
    );
    assert.deepEqual(await worker.run(), { kind: 'count' });
    assert.deepEqual(worker.begun, [600, 600, 600]);
    const paused = worker.events.filter(({ kind }) => kind === 'paused');
    assert.deepEqual(paused, [{ kind: 'paused', reason: 'crash_loop', until: worker.clock.now() - 10 * SECOND }]);
    assert.equal(worker.log.events().filter((event) => event === 'paused').length, 1);
  });

  test('a pause is told to end when it does, though two clocks are never read at the same instant', async () => {
    let start = 0;
    const worker = many(
      { maxStories: 1 },
      () => saved(10),
      (clock) => {
        start = clock.now();
        const pauses = until(clock, 600);
        const { now } = clock;
        let asked = 0;
        clock.now = () => now() - Math.min(50, asked++);
        return pauses;
      },
    );
    await worker.run();
    const waits = worker.events.flatMap((event) => (event.kind === 'waiting' ? [event.until] : []));
    assert.deepEqual(waits.slice(0, 1), [start + 600 * SECOND]);
  });

  test('a pause is over on time though the machine slept through a part of it, and its timers with it', async () => {
    let ahead = 0;
    const worker = many(
      { maxStories: 1 },
      () => saved(10),
      (clock) => {
        const { now } = clock;
        clock.now = () => now() + ahead;
        return until(clock, 6 * 3600);
      },
    );
    // Asleep for five hours: the wall clock has gone on, what a timer has left has not.
    worker.after(1000, () => {
      ahead = 5 * 3600 * SECOND;
    });
    await worker.run();
    const [begun = Number.NaN] = worker.begun;
    assert.ok(begun >= 6 * 3600 && begun <= 6 * 3600 + 600, `${begun}`);
  });

  test('each pause is recorded once for all slots, its end before the next story', async () => {
    const records: string[] = [];
    const worker = many(
      { maxStories: 4, concurrency: 2 },
      (n) => (n <= 2 ? { seconds: 1, outcome: { kind: 'blocked', code: 'billing_error' } } : saved(10)),
      (clock) => {
        const start = clock.now();
        return until(clock, 600, async ({ at, reason, phase }) => {
          records.push(`${reason} ${phase} ${(at - start) / SECOND} ${worker.begun.length}`);
        });
      },
    );
    await worker.run();
    assert.deepEqual(records, [
      'crash_loop begin 0 0',
      'crash_loop end 600 0',
      'spend_limit begin 601 2',
      'spend_limit end 4201 2',
    ]);
  });

  test('a story whose wait for its call reaches into a pause is begun after it', async () => {
    const untilOf = (clock: VirtualClock) => clock.now() + 200 * SECOND;
    const worker = many(
      { maxStories: 1, concurrency: 2 },
      (n) => (n === 1 ? { seconds: 1, outcome: { retryAfterMs: 100 * SECOND } } : { ...saved(10), drawSeconds: 3 }),
      (clock) => {
        const [from, until] = [clock.now() + 50 * SECOND, untilOf(clock)];
        const isOn = () => clock.now() >= from && clock.now() < until;
        return { ...NO_PAUSES, current: async () => (isOn() ? { reason: 'inactive_hours', until } : null) };
      },
    );
    assert.deepEqual(await worker.run(), { kind: 'count' });
    assert.deepEqual(worker.called, [0, 203]);
  });

  test('a deadline or a signal ends the run in a pause', async () => {
    const late = many(
      { durationMs: 100 * SECOND },
      () => saved(10),
      (clock) => until(clock, 600),
    );
    assert.deepEqual(await late.run(), { kind: 'duration', during: 'crash_loop' });
    assert.equal(late.elapsed(), 100);
    const told = many(
      {},
      () => saved(10),
      (clock) => until(clock, 600),
    );
    told.after(50, () => told.shutdown.request('SIGTERM'));
    assert.deepEqual(await told.run(), { kind: 'signal', source: 'SIGTERM', during: 'crash_loop' });
    assert.equal(told.elapsed(), 50);
  });

  test('a spend limit pauses all slots until it is lifted, and counts as no failure', async () => {
    const worker = many(
      { maxStories: 4, concurrency: 2, maxConsecutiveFailures: 1 },
      (n) => (n <= 2 ? { seconds: 1, outcome: { kind: 'blocked', code: 'billing_error' } } : saved(10)),
      (clock) => until(clock, 0),
    );
    assert.deepEqual(await worker.run(), { kind: 'count' });
    assert.deepEqual(worker.begun, [0, 0, 3601, 3601, 3611, 3611]);
  });
});

describe('answers that are no stories', () => {
  const rejected = (code: string, usage: Usage | null = toUsage(100, 50)): Scripted => ({
    seconds: 1,
    outcome: { kind: 'unusable', code },
    usage,
  });

  test('so many in a row end the run, and say what they had in common', async () => {
    const worker = many({ maxRejectedInARow: 5 }, () => rejected('refusal:bio'));
    const end = await worker.run();
    assert.ok(end.kind === 'rejected');
    assert.deepEqual([end.count, end.codes, worker.attempts()], [5, { 'refusal:bio': 5 }, 5]);
    assert.match(end.advice, /--request, --template, --cards/);
  });

  test('a saved story starts the row anew; a call that failed in between does not', async () => {
    const worker = many({ maxRejectedInARow: 3, maxStories: 2 }, (n) =>
      n === 3 ? saved(1) : n === 5 ? { seconds: 1, outcome: 'failed' } : rejected(n % 2 === 0 ? 'too_short' : 'empty'),
    );
    const end = await worker.run();
    assert.ok(end.kind === 'rejected');
    assert.deepEqual([end.count, end.codes, worker.attempts()], [3, { too_short: 2, empty: 1 }, 7]);
  });

  test('an answer that cost nothing is no rejection, one whose cost is unknown is', async () => {
    const free = many({ maxRejectedInARow: 2, maxConsecutiveFailures: 9 }, () => rejected('refusal:bio', NO_TOKENS));
    assert.equal((await free.run()).kind, 'exhausted');
    const unknown = many({ maxRejectedInARow: 2, maxConsecutiveFailures: 9 }, () => rejected('empty', null));
    assert.equal((await unknown.run()).kind, 'rejected');
  });
});

describe('a refusal that may pass by itself', () => {
  const refusal: Scripted = { seconds: 1, outcome: { kind: 'fatal', code: 'permission_error', mayPass: true } };

  test('ends a run that has had no answer at the first', async () => {
    const worker = many({}, () => refusal);
    assert.equal((await worker.run()).kind, 'refused');
    assert.equal(worker.attempts(), 1);
  });

  test('is tried again in one that has had answers, and forgotten once it passes', async () => {
    const worker = many({ maxStories: 3 }, (n) => (n === 2 || n === 3 || n === 5 ? refusal : saved(1)));
    assert.deepEqual(await worker.run(), { kind: 'count' });
    assert.equal(worker.attempts(), 6);
  });

  test('ends even that one at the fourth in a row', async () => {
    const worker = many({}, (n) => (n === 1 ? saved(1) : refusal));
    assert.equal((await worker.run()).kind, 'refused');
    assert.equal(worker.attempts(), 5);
  });
});
