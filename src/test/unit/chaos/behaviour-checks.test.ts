import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { toUsage } from '../../../api/usage.js';
import { reconcile } from '../../../chaos/reconcile.js';
import { unplannedFailures } from '../../../chaos/rehearsal/behaviour-checks.js';
import {
  BEGUN,
  check,
  DAY,
  type Day,
  FINAL,
  injected,
  logOf,
  loose,
  overloaded,
  soundDay,
  violations,
  withCall,
  withRecords,
} from '../../helpers/chaos/chaos-day.js';

describe('a rehearsal notices', () => {
  const cases: [what: string, change: (day: Day) => void, codes: string[]][] = [
    [
      'an end before the deadline',
      (day) =>
        withRecords(day, (all) => all.map((each) => (each.type === 'end' ? { ...each, at: BEGUN + DAY - 300 } : each))),
      ['ended_early'],
    ],
    [
      'an end long after it',
      (day) =>
        withRecords(day, (all) => all.map((each) => (each.type === 'end' ? { ...each, at: BEGUN + 2 * DAY } : each))),
      ['ended_late'],
    ],
    [
      'an end for another reason',
      (day) => withRecords(day, (all) => all.map((each) => (each.type === 'end' ? { ...each, reason: 'cap' } : each))),
      ['end_reason'],
    ],
    ['a worker that does not wait as it was asked', (day) => withCall(day, 1, { retryAfterMs: 1000 }), ['too_soon']],
    [
      'calls that are paid for while nothing can be saved',
      ({ observations }) => {
        loose(observations).injected = [injected('folder_away', 3000, 5000)];
      },
      ['paid_while_held'],
    ],
    [
      'a worker that idles',
      (day) => {
        loose(day.observations).scale = { ...day.observations.scale, intervalMs: 1, retryMaxMs: 1 };
        withCall(day, 2, { endedAt: BEGUN + 4400 });
      },
      ['idle'],
    ],
    [
      'a calm day with too few stories',
      ({ observations }) => {
        loose(observations).weather = 'calm';
      },
      ['too_few'],
    ],
    [
      'an app that pm2 does not show as stopped',
      ({ observations }) => {
        loose(observations).app = { pid: 1, status: 'errored', restarts: 48, memoryLimit: null, exitCode: 1 };
      },
      ['pm2_status'],
    ],
    [
      'a worker that is left behind',
      ({ observations }) => {
        loose(observations).workersLeft = [4711];
      },
      ['worker_left'],
    ],
    [
      'two workers at once',
      ({ observations }) => {
        loose(observations).mostWorkers = 2;
      },
      ['two_workers'],
    ],
    [
      'stories that no reader of the log has seen',
      ({ observations }) => {
        loose(observations).storiesWatched = 0;
      },
      ['not_watched'],
    ],
    [
      'weather that did not come',
      ({ observations }) => {
        loose(observations).injected = [injected('restart', 1, 2, '하루가 너무 짧습니다')];
        loose(observations).faultsLeft = [{ kind: 'cut', at: 0, times: 1, share: 0.5 }];
      },
      ['weather_missed', 'weather_missed'],
    ],
  ];
  for (const [what, change, codes] of cases) test(what, () => assert.deepEqual(violations(change), codes));
});

test('a call that seemed to stall on a busy machine is counted, and is no violation', () => {
  const day = soundDay();
  withCall(day, 0, { sent: false });
  withRecords(day, (all) =>
    all.map((each) => (each.at === BEGUN + 350 ? { ...overloaded(350), code: 'idle_timeout', usage: null } : each)),
  );
  loose(day.artifacts).texts = day.artifacts.texts.slice(1);
  loose(day.artifacts).log = logOf({ ...FINAL, stories: 1, tokens: toUsage(12, 20) });
  assert.deepEqual(check(day), []);
  const { matches } = reconcile(day.observations, day.artifacts, { atRest: true, mayMissRequests: true });
  assert.equal(unplannedFailures(matches).length, 1);
});
