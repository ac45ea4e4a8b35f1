import type { NotificationEvent } from '../config/notification-events.js';
import { type Clock, LONGEST_TIMER } from '../lib/clock.js';
import { redact } from '../lib/redact.js';
import type { Logger } from '../logging/logger.js';
import type { RunState } from '../run/run-state.js';
import type { WorkerEvent } from '../worker/events.js';
import { healthOf } from './health.js';
import {
  endedNews,
  heartbeatNews,
  isWanted,
  type News,
  type Notification,
  newsOf,
  startedNews,
} from './notifications.js';
import type { Notifier } from './notify.js';
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
 * Keeps the status of the run, and hands it on whenever the run begins to do something else. Nothing that goes wrong here
 * reaches the run. Its timers keep no process alive.
 */
export interface StatusTracker {
  /** From now on it is about this run. */
  track(run: TrackedRun): void;
  onEvent(event: WorkerEvent): void;
  /** The same clock, for what sleeps only while the disk refuses. */
  trackRetries(clock: Clock): Clock;
  /** Resolves when the end is shown and the notifications are delivered. */
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
  /**
   * The shortest time between two showings, in milliseconds, 0 for none: what comes sooner is shown when it is over, if it
   * is still the latest. With many stories in hand each change would rewrite the status file.
   */
  showIntervalMs: number;
  /** null: no command is to be told. */
  notifier: Notifier | null;
  /** What the command is to be told of. */
  notifyEvents: ReadonlySet<NotificationEvent>;
  /** How often, in milliseconds, while the worker is well. */
  heartbeatMs: number;
  /** Notify when a run of failures has become this long; 0: never. */
  notifyFailures: number;
  /** Texts that must not get out: an endpoint may repeat the key in what it says. */
  secrets: readonly string[];
}

export function createStatusTracker({
  clock,
  log,
  show,
  showIntervalMs,
  notifier,
  notifyEvents,
  heartbeatMs,
  notifyFailures,
  secrets,
}: StatusTrackerOptions): StatusTracker {
  let heartbeat: NodeJS.Timeout | undefined;
  /** Runs while a showing would come too soon after the last. */
  let showTimer: NodeJS.Timeout | undefined;
  let isShown = false;
  let tracked: TrackedRun | null = null;
  let activity: Activity = initialActivity(clock.now());

  return {
    track: (run) => {
      tracked = run;
      update({ ...initialActivity(clock.now()), ...run.before });
      quietly(() => {
        const current = status();
        if (current !== null) tell(startedNews(current));
      });
      startHeartbeat();
    },
    onEvent: (event) =>
      quietly(() => {
        accept(event);
        const news = newsOf(event, tracked?.state().failuresInARow ?? 0, notifyFailures);
        if (news !== null) tell(news);
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
      clearInterval(heartbeat);
      clearTimeout(showTimer);
      showTimer = undefined;
      quietly(() => update({ ...activity, doing: 'ended', since: toIso(clock.now()), next_at: null, end }));
      let last: Promise<void> | undefined;
      quietly(() => {
        const news = endedNews(end, status());
        last = notifier?.finish(isWanted(news, notifyEvents) ? toNotification(news) : null);
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
    isShown = false;
    if (showTimer === undefined) showNow();
  }

  function showNow(): void {
    const current = status();
    if (current === null) return;
    isShown = true;
    for (const each of show) quietly(() => each(current));
    if (showIntervalMs > 0) showTimer = setTimeout(() => quietly(showLatest), showIntervalMs).unref();
  }

  function showLatest(): void {
    showTimer = undefined;
    if (!isShown) showNow();
  }

  function status(): Status | null {
    if (tracked === null) return null;
    return withoutSecrets({ ...tracked.info, ...countsOf(tracked.state()), ...activity }, secrets);
  }

  function tell(news: News): void {
    if (isWanted(news, notifyEvents)) notifier?.send(toNotification(news));
  }

  /** The first one comes after a whole interval: a worker that dies young, again and again, is not well. */
  function startHeartbeat(): void {
    if (notifier === null || !notifyEvents.has('heartbeat')) return;
    heartbeat = setInterval(() => quietly(beat), Math.min(heartbeatMs, LONGEST_TIMER)).unref();
  }

  function beat(): void {
    const current = status();
    if (current !== null && healthOf(current, clock.now(), notifyFailures).isWell) tell(heartbeatNews(current));
  }

  function toNotification(news: News): Notification {
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

function withoutSecrets<T>(value: T, secrets: readonly string[]): T {
  const replace = (_key: string, each: unknown) => (typeof each === 'string' ? redact(each, secrets) : each);
  return JSON.parse(JSON.stringify(value, replace)) as T;
}
