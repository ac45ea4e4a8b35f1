import assert from 'node:assert/strict';
import { toUsage } from '../../../api/usage.js';
import type { Artifacts, FoundText } from '../../../chaos/artifacts.js';
import type { Call } from '../../../chaos/mock-api.js';
import { reconcile } from '../../../chaos/reconcile.js';
import { checkBehaviour, type Observations } from '../../../chaos/rehearsal/behaviour-checks.js';
import type { EnvironmentFault } from '../../../chaos/rehearsal/fault-plan.js';
import type { Injected } from '../../../chaos/rehearsal/inject.js';
import { scaleOf } from '../../../chaos/rehearsal/time-scale.js';
import type { Violation } from '../../../chaos/violation.js';
import type { AttemptRecord, ClaimRecord, FailureRecord, LedgerRecord, StoryRecord } from '../../../run/ledger.js';
import { replay } from '../../../run/run.js';
import type { FoundRun } from '../../../verify/folder/folder-check.js';

// A made-up day of some seconds, sound in all, and what is found when something of it is otherwise.

export const BEGUN = Date.UTC(2026, 10, 24, 6);
export const DAY = 9_500;
export const PID = 7;

export interface Day {
  observations: Observations;
  artifacts: Artifacts;
}

/** No two attempts have the same. */
const premiseOf = (number: number) => ({ place: `place-${number}` });

export function call(index: number, at: number, more: Partial<Call> = {}): Call {
  const whole = `# ${index}\n\n글`;
  return {
    ...{
      index,
      at: BEGUN + at,
      endedAt: BEGUN + at + 200,
      kind: 'story',
      whole,
      full: whole,
      breaksAfter: null,
      text: whole,
      destination: 'stories',
    },
    premise: premiseOf(index + 1),
    ...{
      usage: toUsage(10 + index, 20),
      billedTokens: 30 + index,
      customId: null,
      continues: null,
      pid: null,
      sent: true,
      killed: false,
      retryAfterMs: null,
    },
    ...more,
  };
}

export const attempt = (at: number, number: number): AttemptRecord => ({
  ...{ type: 'attempt', at: BEGUN + at, number, premise: premiseOf(number), at_most: { tokens: 1, cost_usd: null } },
});

export const story = (index: number, at: number): StoryRecord => ({
  ...{ type: 'outcome', kind: 'story', at: BEGUN + at, usage: toUsage(10 + index, 20), cost_usd: null },
  ...{ name: `story-${index}`, generation_ms: 200 },
});

export const overloaded = (at: number): FailureRecord => ({
  ...{ type: 'outcome', kind: 'failure', failure: 'transient', code: 'overloaded_error', name: null },
  ...{ at: BEGUN + at, usage: toUsage(0, 0), cost_usd: null },
});

/** Another process goes on with the run. */
export const claim = (at: number): ClaimRecord => ({
  ...{ type: 'claim', at: BEGUN + at, epoch: 2, owner: { boot: 'b', pid: PID + 2, started: '1' }, purpose: 'resume' },
});

export function runOf(records: LedgerRecord[], id = 'run'): FoundRun {
  const owner = { boot: 'b', pid: PID, started: '1' };
  const begin = { type: 'begin', at: BEGUN, run_id: id, run_name: 'r', owner, new_run_token: null } as const;
  const ledger = { path: id, begin, records: [begin, ...records], unreadable: 0 };
  return { id, ledger, state: replay(ledger), isMarkedOut: false };
}

export function foundText(index: number, more: Partial<FoundText> = {}): FoundText {
  const request_id = `req_${String(index).padStart(6, '0')}`;
  const metadata = { run_id: 'run', request_id, usage: toUsage(10 + index, 20) } as FoundText['metadata'];
  return { name: `story-${index}`, location: 'stories', text: `# ${index}\n\n글`, metadata, ...more };
}

/** The log of a process that says this in the end. */
export function logOf(...finals: Record<string, unknown>[]): Artifacts['log'] {
  return finals.map((fields, at) => ({
    ...{ file: 'horror_story.log', number: at + 1, offset: 0, text: '', terminated: true, rest: '' },
    record: { level: 'info', at: BEGUN + DAY, event: 'run_finished', pid: PID, run: 'run', fields },
  }));
}

/** What the final record of the sound day says. */
export const FINAL = {
  over: true,
  stories: 2,
  set_aside: 0,
  attempts: 3,
  calls_lost_to_kills: 0,
  tokens: toUsage(22, 40),
};

/** Two stories and an overload between them. */
export function soundDay(): Day {
  const calls = [
    call(0, 100),
    call(1, 4000, { kind: 'overload', text: null, destination: null, usage: toUsage(0, 0) }),
    call(2, 4500),
  ];
  const run = runOf([
    ...[attempt(90, 1), story(0, 350), attempt(3990, 2), overloaded(4250), attempt(4490, 3), story(2, 4750)],
    { type: 'end', at: BEGUN + DAY + 3, reason: 'duration', over: true },
  ]);
  return {
    observations: {
      ...{
        weather: 'rough',
        writing: { concurrency: 1, batchSize: null },
        scale: { ...scaleOf(10), dayMs: DAY },
        calls,
        faultsLeft: [],
        injected: [],
        kills: [],
        batches: [],
      },
      app: { pid: 0, status: 'stopped', restarts: 0, memoryLimit: null, exitCode: 10 },
      ...{ workersLeft: [], mostWorkers: 1, storiesWatched: 2 },
    },
    artifacts: { texts: [foundText(0), foundText(2)], torn: [], findings: [], runs: [run], log: logOf(FINAL) },
  };
}

export function check({ observations, artifacts }: Day): Violation[] {
  const { violations } = reconcile(observations, artifacts, { atRest: true, mayMissRequests: true });
  return [...violations, ...checkBehaviour(observations, artifacts)];
}

/** The codes of what is found in a sound day that was changed in one thing. */
export function violations(change: (day: Day) => void): string[] {
  const day = soundDay();
  change(day);
  return check(day).map(({ code }) => code);
}

/** Changes what the day is made of, also what is read-only there. */
type Loose<T> = { -readonly [K in keyof T]: T[K] };
export const loose = <T extends object>(value: T) => value as Loose<T>;

export function withRecords(day: Day, change: (records: LedgerRecord[]) => LedgerRecord[]): void {
  const [run] = day.artifacts.runs;
  assert.ok(run !== undefined);
  loose(day.artifacts).runs = [runOf(change(run.ledger.records.slice(1)))];
}

export function withCall(day: Day, index: number, change: Partial<Call>): void {
  loose(day.observations).calls = day.observations.calls.map((each) =>
    each.index === index ? { ...each, ...change } : each,
  );
}

export const injected = (
  kind: EnvironmentFault['kind'],
  from: number,
  to: number,
  missed: string | null = null,
): Injected => ({
  ...{ fault: { lane: 'machine', kind, at: from, lastsMs: 1 }, from: BEGUN + from, to: BEGUN + to, missed },
});
