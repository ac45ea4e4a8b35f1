import { NO_TOKENS, toUsage } from '../../api/usage.js';
import { type Activity, countsOf, initialActivity, type RunInfo, type Status, toIso } from '../../observe/status.js';
import { INITIAL_RUN_STATE, type RunState } from '../../run/run-state.js';
import { EMPTY_STATISTICS, type Statistics } from '../../run/statistics.js';
import type { WorkerEvent } from '../../worker/events.js';

// Events of a worker, and statuses.

/** Local noon, so that no test crosses midnight. */
export const NOON = new Date(2026, 10, 24, 12).getTime();
export const MINUTE = 60_000;

export const SAVED: Extract<WorkerEvent, { kind: 'saved' }> = {
  kind: 'saved',
  story: { title: '반품 구역', description: '', opening: '', ending: '', tags: [], text: '본문', wordCount: 2 },
  stored: { name: 'horror_story_20261124_120000_00000001', markdownPath: '', metadataPath: '' },
  usage: toUsage(100, 200),
  costUsd: 0.01,
  generationMs: 60_000,
  nearest: null,
  doubts: [],
  slowUntil: null,
};

export const toFailed = (reason: string): WorkerEvent => ({
  kind: 'failed',
  failure: { kind: 'transient', code: 'overloaded_error', reason, advice: null, retryAfterMs: null },
  usage: NO_TOKENS,
});

export const GIVEN: RunInfo = {
  run_id: 'run_1',
  run_name: 'default',
  pid: 1234,
  started_at: toIso(NOON - 90 * MINUTE),
  deadline: null,
  max_stories: null,
  caps: { tokens: null, cost_usd: null },
};

export function stateWith(statistics: Partial<Statistics>, state: Partial<RunState> = {}): RunState {
  return { ...INITIAL_RUN_STATE, epoch: 1, ...state, statistics: { ...EMPTY_STATISTICS, ...statistics } };
}

export function statusOf(seen: Partial<Activity> = {}, given: Partial<RunInfo> = {}, state = stateWith({})): Status {
  return { ...GIVEN, ...given, ...countsOf(state), ...initialActivity(NOON), ...seen };
}
