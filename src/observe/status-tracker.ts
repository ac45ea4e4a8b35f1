import type { Clock } from '../lib/clock.js';
import { formatCost, formatNumber } from '../lib/format-number.js';
import { redact } from '../lib/redact.js';
import type { Logger } from '../logging/logger.js';
import type { RunState } from '../run/run-state.js';
import { describeNearCap } from '../worker/attempt/announce-outcome.js';
import type { WorkerEvent } from '../worker/events.js';
import type { Notification, Notifier } from './notify.js';
import {
  type Activity,
  countsOf,
  initialActivity,
  type RunInfo,
  reduceActivity,
  type Status,
  type StatusEnd,
  type StorageRetryEvent,
  toIso,
} from './status.js';

/**
 * Keeps the status of the run, and hands it on whenever the run begins to do something else: there are no timers. Nothing
 * that goes wrong here reaches the run.
 */
export interface StatusTracker {
  /** From now on it is about this run. */
  track(run: TrackedRun): void;
  onEvent(event: WorkerEvent): void;
  /** The same clock, for what sleeps only while the disk refuses. */
  trackRetries(clock: Clock): Clock;
  /** Resolves when everybody has been told. */
  ended(end: StatusEnd): Promise<void>;
}

export interface TrackedRun {
  info: RunInfo;
  state: () => RunState;
  /** What is known from earlier processes of the run. */
  before: Pick<Activity, 'last_story' | 'last_failure'>;
}

export interface StatusTrackerOptions {
  clock: Pick<Clock, 'now'>;
  log: Logger;
  /** Where the status is shown. */
  show: readonly ((status: Status) => void)[];
  /** null: nobody asked to be notified. */
  notifier: Notifier | null;
  /** Notify when a run of failures has become this long; 0: never. */
  notifyFailures: number;
  /** Texts that must not get out: an endpoint may repeat the key in what it says. */
  secrets: readonly string[];
}

export function createStatusTracker({
  clock,
  log,
  show,
  notifier,
  notifyFailures,
  secrets,
}: StatusTrackerOptions): StatusTracker {
  let tracked: TrackedRun | null = null;
  let activity: Activity = initialActivity(clock.now());

  return {
    track: (run) => {
      tracked = run;
      update({ ...initialActivity(clock.now()), ...run.before });
    },
    onEvent: (event) =>
      quietly(() => {
        accept(event);
        const news = newsOf(event);
        if (news !== null) notifier?.send(notification(news));
      }),
    trackRetries: (real) => ({
      ...real,
      sleep: async (ms, signal) => {
        quietly(() => accept({ kind: 'holding', until: clock.now() + ms }));
        const whole = await real.sleep(ms, signal);
        quietly(() => accept({ kind: 'holding_over' }));
        return whole;
      },
    }),
    ended: async (end) => {
      quietly(() => update({ ...activity, doing: 'ended', since: toIso(clock.now()), next_at: null, end }));
      let last: Promise<void> | undefined;
      quietly(() => {
        const { reason, exit_code } = end;
        const news = notification({ event: 'run_ended', message: describeEnded(end, status()) });
        last = notifier?.sendLast({ ...news, reason, exit_code });
      });
      await last;
    },
  };

  function accept(event: WorkerEvent | StorageRetryEvent): void {
    const next = reduceActivity(activity, event, clock.now());
    // An outcome is shown with what the run does next, which it says at once.
    if (SHOWN.has(event.kind)) update(next);
    else activity = next;
  }

  function update(next: Activity): void {
    activity = next;
    const current = status();
    if (current === null) return;
    for (const each of show) quietly(() => each(current));
  }

  function status(): Status | null {
    if (tracked === null) return null;
    return withoutSecrets({ ...tracked.info, ...countsOf(tracked.state()), ...activity }, secrets);
  }

  function newsOf(event: WorkerEvent): Pick<Notification, 'event' | 'message'> | null {
    if (event.kind === 'cap_near') return { event: 'cap_near', message: describeNearCap(event.hit) };
    const inARow = tracked?.state().failuresInARow ?? 0;
    if (event.kind !== 'failed' || inARow !== notifyFailures) return null;
    return {
      event: 'failures',
      message: `연속 ${formatNumber(inARow)}회 소설을 얻지 못했습니다 - ${event.failure.reason}`,
    };
  }

  function notification(news: Pick<Notification, 'event' | 'message'>): Notification {
    const current = status();
    return withoutSecrets({ ...news, run_id: current?.run_id ?? null, status: current }, secrets);
  }

  function quietly(act: () => void): void {
    try {
      act();
    } catch (error) {
      log.debug({ event: 'status_not_shown', err: error }, '실행 상태를 알리지 못했습니다');
    }
  }
}

const SHOWN: ReadonlySet<(WorkerEvent | StorageRetryEvent)['kind']> = new Set([
  'writing',
  'waiting',
  'holding',
  'holding_over',
]);

function describeEnded({ over, message }: StatusEnd, status: Status | null): string {
  const what = `${over ? '실행이 끝났습니다' : '실행이 중단되었습니다'} - ${message}`;
  if (status === null) return what;
  const { stories, tokens, cost_usd } = status;
  const cost = cost_usd === null || cost_usd === 0 ? '' : `, 비용 ${formatCost(cost_usd)}`;
  return `${what}. 소설 ${formatNumber(stories)}편, 토큰 ${formatNumber(tokens.total_tokens)}${cost}`;
}

function withoutSecrets<T>(value: T, secrets: readonly string[]): T {
  const replace = (_key: string, each: unknown) => (typeof each === 'string' ? redact(each, secrets) : each);
  return JSON.parse(JSON.stringify(value, replace)) as T;
}
