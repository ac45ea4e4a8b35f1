import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { NOTIFICATION_EVENTS, type NotificationEvent, parseEvents } from '../../../config/notification-events.js';
import { SETTINGS } from '../../../config/settings.js';
import type { Notification } from '../../../observe/notifications.js';
import type { Notifier } from '../../../observe/notify.js';
import type { Status } from '../../../observe/status.js';
import { createStatusTracker, type StatusTrackerOptions } from '../../../observe/status-tracker.js';
import type { RunState } from '../../../run/run-state.js';
import { FakeClock, recordingLog } from '../../helpers/fakes.js';
import { GIVEN, MINUTE, SAVED, stateWith, toFailed } from '../../helpers/statuses.js';

const END = { reason: 'duration', message: '실행 시간 제한 도달', over: true, exit_code: 10 };

/** A watch whose sinks keep what they get. */
function watched(options: Partial<StatusTrackerOptions> = {}) {
  const clock = new FakeClock();
  const log = recordingLog();
  const shown: Status[] = [];
  const notes: Notification[] = [];
  const notifier: Notifier = {
    send: (note) => void notes.push(note),
    finish: async (note) => {
      if (note !== null) notes.push(note);
    },
  };
  let state: RunState = stateWith({});
  const watch = createStatusTracker({
    clock,
    log,
    show: [(status) => void shown.push(status)],
    showIntervalMs: 0,
    notifier,
    notifyEvents: parseEvents(SETTINGS.notifyEvents.default) ?? assert.fail(),
    heartbeatMs: MINUTE,
    notifyFailures: 3,
    secrets: [],
    ...options,
  });
  const follow = (before = { last_story: null, last_failure: null }) =>
    watch.track({ info: GIVEN, state: () => state, before });
  const failInARow = (failuresInARow: number, reason = '바쁨') => {
    state = { ...state, failuresInARow };
    watch.onEvent(toFailed(reason));
  };
  return {
    watch,
    clock,
    log,
    shown,
    notes,
    follow,
    failInARow,
    doing: () => shown.map(({ doing }) => doing),
    become: (next: RunState) => {
      state = next;
    },
  };
}

describe('the status', () => {
  test('is shown when the run begins, and then whenever it does something else', () => {
    const { watch, doing, follow, clock } = watched();
    follow();
    watch.onEvent({ kind: 'writing', inHand: 1 });
    watch.onEvent(SAVED);
    watch.onEvent({ kind: 'waiting', for: 'interval', until: clock.now() });
    watch.onEvent({ kind: 'writing', inHand: 1 });
    assert.deepEqual(doing(), ['starting', 'writing', 'interval', 'writing']);
  });

  test('is shown at once, then at most once per interval with what is the latest by then', (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const { watch, shown, follow } = watched({ showIntervalMs: 100 });
    const inHand = () => shown.map(({ doing, in_hand }) => (doing === 'writing' ? in_hand : doing));
    follow();
    for (const count of [1, 2, 3]) watch.onEvent({ kind: 'writing', inHand: count });
    assert.deepEqual(inHand(), ['starting']);
    t.mock.timers.tick(100);
    assert.deepEqual(inHand(), ['starting', 3]);
    t.mock.timers.tick(1000);
    assert.deepEqual(inHand(), ['starting', 3], 'nothing new is not shown again');
    watch.onEvent({ kind: 'writing', inHand: 4 });
    assert.deepEqual(inHand(), ['starting', 3, 4], 'after a quiet interval at once');
  });

  test('shows the end at once, and nothing after it', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const { watch, doing, follow } = watched({ showIntervalMs: 100 });
    follow();
    watch.onEvent({ kind: 'writing', inHand: 1 });
    await watch.ended(END);
    assert.deepEqual(doing(), ['starting', 'ended']);
    t.mock.timers.tick(1000);
    assert.deepEqual(doing(), ['starting', 'ended']);
  });

  test('has the outcome that came before, and the counts of the moment', () => {
    const { watch, shown, follow, become, clock } = watched();
    follow();
    become(stateWith({ stories: 1, attempts: 2, costUsd: 0.5 }));
    watch.onEvent(SAVED);
    watch.onEvent({ kind: 'waiting', for: 'interval', until: clock.now() + MINUTE });
    const last = shown.at(-1);
    assert.deepEqual([last?.stories, last?.attempts, last?.cost_usd, last?.run_id], [1, 2, 0.5, 'run_1']);
    assert.equal(last?.last_story?.title, '반품 구역');
    assert.equal(last?.next_at, new Date(clock.now() + MINUTE).toISOString());
  });

  test('begins with what earlier processes of the run left', () => {
    const { watch, shown } = watched();
    const last_story = { title: '어제', file: 'a.md', at: '2026-11-23T00:00:00.000Z' };
    watch.track({ info: GIVEN, state: () => stateWith({}), before: { last_story, last_failure: null } });
    assert.deepEqual(shown[0]?.last_story, last_story);
  });

  test('says that the run holds for as long as something sleeps for the disk', async () => {
    const { watch, shown, follow, clock } = watched();
    follow();
    watch.onEvent({ kind: 'writing', inHand: 1 });
    let asleep: Status | undefined;
    clock.at(clock.now() + 1000, () => {
      asleep = shown.at(-1);
    });
    const end = clock.now() + 5000;
    assert.equal(await watch.trackRetries(clock).sleep(5000, new AbortController().signal), true);
    assert.deepEqual([asleep?.doing, asleep?.next_at], ['holding', new Date(end).toISOString()]);
    assert.equal(shown.at(-1)?.doing, 'writing');
  });

  test('is shown a last time at the end', async () => {
    const { watch, shown, follow } = watched();
    follow();
    await watch.ended(END);
    assert.deepEqual([shown.at(-1)?.doing, shown.at(-1)?.end], ['ended', END]);
  });

  test('that cannot be shown in one place is shown in the others, and the run never hears of it', async () => {
    const shown: Status[] = [];
    const show = [
      () => {
        throw new Error('ENOSPC');
      },
      (status: Status) => void shown.push(status),
    ];
    const { watch, follow, log } = watched({ show });
    follow();
    watch.onEvent({ kind: 'writing', inHand: 1 });
    await watch.ended(END);
    assert.equal(shown.length, 3);
    assert.deepEqual(
      log.records.map(({ level, fields }) => [level, fields.event]),
      Array.from({ length: 3 }, () => ['debug', 'status_not_shown']),
    );
  });

  test('and the notifications hold no secret, whoever repeats it', async () => {
    const { watch, shown, notes, follow, failInARow } = watched({ secrets: ['sk"\\secret'] });
    follow();
    failInARow(3, 'bad key sk"\\secret');
    watch.onEvent({ kind: 'writing', inHand: 1 });
    await watch.ended({ ...END, message: 'sk"\\secret' });
    assert.equal(shown.at(-1)?.last_failure?.reason, 'bad key ***');
    assert.equal(notes.length, 2);
    assert.doesNotMatch(JSON.stringify([shown, notes]), /secret/);
  });
});

describe('a notification', () => {
  test('is sent once a series of failures, when it has become long enough', () => {
    const { watch, notes, follow, failInARow, become } = watched();
    follow();
    for (const n of [1, 2, 3, 4, 5]) failInARow(n);
    become(stateWith({ stories: 1 }));
    watch.onEvent(SAVED);
    for (const n of [1, 2, 3]) failInARow(n);
    assert.deepEqual(
      notes.map(({ event, message }) => [event, message]),
      Array.from({ length: 2 }, () => ['failures', '연속 3회 소설을 얻지 못했습니다 - 바쁨']),
    );
    assert.equal(notes[0]?.status?.failures_in_a_row, 3);
  });

  test('of failures can be switched off', () => {
    const { notes, follow, failInARow } = watched({ notifyFailures: 0 });
    follow();
    for (const n of [1, 2, 3, 4]) failInARow(n);
    assert.deepEqual(notes, []);
  });

  test('is sent when a cap is near, in the words of the log', () => {
    const { watch, notes, follow } = watched();
    follow();
    watch.onEvent({ kind: 'cap_near', hit: { cap: 'cost', used: 4, limit: 5 } });
    assert.deepEqual(
      notes.map(({ event, message, run_id }) => [event, message, run_id]),
      [['cap_near', '비용 상한의 80%를 넘었습니다 ($4.00 / $5.00)', 'run_1']],
    );
  });

  test('of the end says why, with which exit code, and what came of the run', async () => {
    const { watch, notes, follow, become } = watched();
    follow();
    become(stateWith({ stories: 47, costUsd: 5.1 }));
    await watch.ended(END);
    const { status, ...note } = notes[0] ?? assert.fail('no note');
    assert.deepEqual(note, {
      event: 'run_ended',
      message: '실행이 끝났습니다 - 실행 시간 제한 도달. 소설 47편, 토큰 0, 비용 $5.10',
      run_id: 'run_1',
      reason: 'duration',
      exit_code: 10,
    });
    assert.deepEqual([status?.doing, status?.end], ['ended', END]);
  });

  test('of an interruption is told from one of the end', async () => {
    const { watch, notes, follow } = watched();
    follow();
    await watch.ended({ ...END, over: false, message: 'SIGINT 수신' });
    assert.match(notes[0]?.message ?? '', /^실행이 중단되었습니다 - SIGINT 수신/);
  });

  test('of an end before the run could begin has no run', async () => {
    const { watch, notes, shown } = watched();
    await watch.ended({ ...END, over: false, message: 'SIGINT 수신' });
    assert.deepEqual([notes[0]?.run_id, notes[0]?.status], [null, null]);
    assert.equal(notes[0]?.message, '실행이 중단되었습니다 - SIGINT 수신');
    assert.deepEqual(shown, []);
  });

  test('is not missed where nobody asked for one', async () => {
    const { watch, follow, failInARow, log } = watched({ notifier: null });
    follow();
    failInARow(3);
    await watch.ended(END);
    assert.deepEqual(log.records, []);
  });
});

const PAUSED = { kind: 'paused', reason: 'inactive_hours', until: Date.UTC(2026, 10, 29, 13) } as const;
const only = (...events: NotificationEvent[]) => ({ notifyEvents: new Set(events) });

describe('of the events', () => {
  /** Lets one of each happen, and the run end. */
  async function live(options: Partial<StatusTrackerOptions>): Promise<string[]> {
    const { watch, notes, follow, failInARow } = watched(options);
    follow();
    watch.onEvent({ kind: 'writing', inHand: 1 });
    watch.onEvent(SAVED);
    failInARow(3);
    watch.onEvent({ kind: 'cap_near', hit: { cap: 'cost', used: 4, limit: 5 } });
    watch.onEvent(PAUSED);
    await watch.ended(END);
    return notes.map(({ event }) => event);
  }

  test('those of version 1.0.0 are told by default, all when they are asked for, and none when none is', async () => {
    assert.deepEqual(await live({}), ['failures', 'cap_near', 'run_ended']);
    const all = ['run_started', 'story_saved', 'failures', 'cap_near', 'paused', 'run_ended'];
    assert.deepEqual(await live(only(...NOTIFICATION_EVENTS)), all);
    for (const event of all) assert.deepEqual(await live(only(event as NotificationEvent)), [event]);
    assert.deepEqual(await live(only()), []);
  });

  test('a start says whether the run begins or is taken up', () => {
    const { notes, follow, become } = watched(only('run_started'));
    follow();
    become(stateWith({ stories: 12 }, { resumes: 1 }));
    follow();
    assert.deepEqual(
      notes.map(({ message, run_id }) => [message, run_id]),
      [
        ['실행을 시작합니다 (default)', 'run_1'],
        ['실행을 이어서 합니다 - 소설 12편까지 (default)', 'run_1'],
      ],
    );
  });

  test('a story comes with its title, its length, its cost and where its files are', () => {
    const { watch, notes, follow } = watched(only('story_saved'));
    follow();
    const stored = { name: 'a', markdownPath: '/stories/a.md', metadataPath: '/stories/a_metadata.json' };
    watch.onEvent({ ...SAVED, stored });
    watch.onEvent({ ...SAVED, stored, costUsd: null });
    assert.deepEqual(
      notes.map(({ message, story }) => [message, story]),
      [0.01, null].map((cost_usd) => [
        `소설 저장 - "반품 구역" (2자${cost_usd === null ? '' : ', $0.01'})`,
        {
          title: '반품 구역',
          word_count: 2,
          cost_usd,
          markdown_path: '/stories/a.md',
          metadata_path: '/stories/a_metadata.json',
        },
      ]),
    );
  });

  test('a pause says why and until when', () => {
    const { watch, notes, follow } = watched(only('paused'));
    follow();
    watch.onEvent(PAUSED);
    const [note] = notes;
    assert.deepEqual([note?.reason, note?.until], ['inactive_hours', '2026-11-29T13:00:00.000Z']);
    assert.match(note?.message ?? '', /^일시 정지합니다 - 정한 시간대를 기다리는 중, \d\d:\d\d:\d\d에 이어 갑니다$/);
  });

  test('pauses that nobody planned are told to those who ask for failures', () => {
    const { watch, notes, follow } = watched();
    follow();
    for (const reason of ['daily_cap', 'inactive_hours', 'spend_limit', 'crash_loop'] as const) {
      watch.onEvent({ ...PAUSED, reason });
    }
    assert.deepEqual(
      notes.map(({ event, reason }) => [event, reason]),
      [
        ['paused', 'spend_limit'],
        ['paused', 'crash_loop'],
      ],
    );
  });
});

describe('a heartbeat', () => {
  /** Timers and the clock move together. */
  function beating(t: TestContext, options: Partial<StatusTrackerOptions> = only('heartbeat')) {
    t.mock.timers.enable({ apis: ['setInterval'] });
    const made = watched(options);
    const pass = async (ms: number) => {
      await made.clock.sleep(ms, new AbortController().signal);
      t.mock.timers.tick(ms);
    };
    return { ...made, pass, beats: () => made.notes.filter(({ event }) => event === 'heartbeat').length };
  }

  test('is sent after every interval of a worker that is well, and not at once', async (t) => {
    const { watch, follow, notes, beats, pass, become, clock } = beating(t);
    follow();
    assert.equal(beats(), 0);
    await pass(MINUTE);
    become(stateWith({ stories: 2 }));
    watch.onEvent({ kind: 'waiting', for: 'interval', until: clock.now() + 30 * MINUTE });
    await pass(MINUTE);
    assert.deepEqual(
      notes.map(({ message }) => message),
      ['잘 돌고 있습니다 - 소설 0편', '잘 돌고 있습니다 - 소설 2편'],
    );
    await watch.ended(END);
    await pass(10 * MINUTE);
    assert.equal(beats(), 2);
  });

  test('is not sent while the worker keeps failing, holds a story, or pauses for what nobody planned', async (t) => {
    const { watch, follow, beats, pass, failInARow, clock } = beating(t);
    follow();
    const wait = (reason: 'inactive_hours' | 'crash_loop' | 'retry') =>
      watch.onEvent({ kind: 'waiting', for: reason, until: clock.now() + 30 * MINUTE });
    wait('crash_loop');
    await pass(MINUTE);
    assert.equal(beats(), 0);
    wait('inactive_hours');
    await pass(MINUTE);
    assert.equal(beats(), 1);
    failInARow(2);
    wait('retry');
    await pass(MINUTE);
    assert.equal(beats(), 2);
    failInARow(3);
    wait('retry');
    await pass(MINUTE);
    assert.equal(beats(), 2);
  });

  test('is not sent by a worker that should have done something long ago', async (t) => {
    const { watch, follow, beats, pass, clock } = beating(t);
    follow();
    watch.onEvent({ kind: 'waiting', for: 'interval', until: clock.now() + MINUTE });
    for (let minutes = 0; minutes < 10; minutes++) await pass(MINUTE);
    assert.equal(beats(), 3);
  });

  test('is not sent where it is not asked for, or nobody listens', async (t) => {
    for (const options of [only('run_ended'), { ...only('heartbeat'), notifier: null }]) {
      t.mock.timers.reset();
      const { follow, beats, pass } = beating(t, options);
      follow();
      await pass(10 * MINUTE);
      assert.equal(beats(), 0);
    }
  });

  test('with an interval that no timer can hold is sent after the longest that one can', async (t) => {
    const { follow, beats, pass } = beating(t, { ...only('heartbeat'), heartbeatMs: 1e13 });
    follow();
    await pass(MINUTE);
    assert.equal(beats(), 0);
  });
});
