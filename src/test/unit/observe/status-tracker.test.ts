import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Notification, Notifier } from '../../../observe/notify.js';
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
    sendLast: async (note) => void notes.push(note),
  };
  let state: RunState = stateWith({});
  const watch = createStatusTracker({
    clock,
    log,
    show: [(status) => void shown.push(status)],
    notifier,
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
