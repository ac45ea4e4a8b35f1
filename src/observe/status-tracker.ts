import type { Clock } from '../lib/clock.js';
import { formatCost, formatNumber } from '../lib/format-number.js';
import { mask } from '../lib/redact.js';
import type { Log } from '../logging/logger.js';
import type { RunState } from '../run/run-state.js';
import { type Change, describeNearCap } from '../worker/loop.js';
import type { Note, Notifier } from './notify.js';
import {
  countsOf,
  type End,
  firstSeen,
  type Given,
  type Holding,
  type Seen,
  type Status,
  see,
  toIso,
} from './status.js';

/**
 * Keeps the status of the run, and hands it on whenever the run begins to do something else: there are no timers. Nothing
 * that goes wrong here reaches the run.
 */
export interface Watch {
  /** From now on it is about this run. */
  follow(run: Followed): void;
  tell(change: Change): void;
  /** The same clock, for what sleeps only while the disk refuses. */
  holding(clock: Clock): Clock;
  /** Resolves when everybody has been told. */
  ended(end: End): Promise<void>;
}

export interface Followed {
  given: Given;
  state: () => RunState;
  /** What is known from earlier processes of the run. */
  before: Pick<Seen, 'last_story' | 'last_failure'>;
}

export interface WatchOptions {
  clock: Pick<Clock, 'now'>;
  log: Log;
  /** Where the status is shown. */
  show: readonly ((status: Status) => void)[];
  /** null: nobody asked to be notified. */
  notifier: Notifier | null;
  /** Notify when a run of failures has become this long; 0: never. */
  notifyFailures: number;
  /** Texts that must not get out: an endpoint may repeat the key in what it says. */
  secrets: readonly string[];
}

export function createWatch({ clock, log, show, notifier, notifyFailures, secrets }: WatchOptions): Watch {
  let followed: Followed | null = null;
  let seen: Seen = firstSeen(clock.now());

  return {
    follow: (run) => {
      followed = run;
      update({ ...firstSeen(clock.now()), ...run.before });
    },
    tell: (change) =>
      quietly(() => {
        accept(change);
        const news = newsOf(change);
        if (news !== null) notifier?.send(note(news));
      }),
    holding: (real) => ({
      ...real,
      sleep: async (ms, signal) => {
        quietly(() => accept({ kind: 'holding', until: clock.now() + ms }));
        const whole = await real.sleep(ms, signal);
        quietly(() => accept({ kind: 'writing' }));
        return whole;
      },
    }),
    ended: async (end) => {
      quietly(() => update({ ...seen, doing: 'ended', since: toIso(clock.now()), next_at: null, end }));
      let last: Promise<void> | undefined;
      quietly(() => {
        const { reason, exit_code } = end;
        const news = note({ event: 'run_ended', message: describeEnded(end, status()) });
        last = notifier?.sendLast({ ...news, reason, exit_code });
      });
      await last;
    },
  };

  function accept(change: Change | Holding): void {
    const next = see(seen, change, clock.now());
    // An outcome is shown with what the run does next, which it says at once.
    if (SHOWN.has(change.kind)) update(next);
    else seen = next;
  }

  function update(next: Seen): void {
    seen = next;
    const current = status();
    if (current === null) return;
    for (const each of show) quietly(() => each(current));
  }

  function status(): Status | null {
    if (followed === null) return null;
    return withoutSecrets({ ...followed.given, ...countsOf(followed.state()), ...seen }, secrets);
  }

  function newsOf(change: Change): Pick<Note, 'event' | 'message'> | null {
    if (change.kind === 'cap_near') return { event: 'cap_near', message: describeNearCap(change.hit) };
    const inARow = followed?.state().failuresInARow ?? 0;
    if (change.kind !== 'failed' || inARow !== notifyFailures) return null;
    return {
      event: 'failures',
      message: `연속 ${formatNumber(inARow)}회 소설을 얻지 못했습니다 - ${change.failure.reason}`,
    };
  }

  function note(news: Pick<Note, 'event' | 'message'>): Note {
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

const SHOWN: ReadonlySet<(Change | Holding)['kind']> = new Set(['writing', 'waiting', 'holding']);

function describeEnded({ over, message }: End, status: Status | null): string {
  const what = `${over ? '실행이 끝났습니다' : '실행이 중단되었습니다'} - ${message}`;
  if (status === null) return what;
  const { stories, tokens, cost_usd } = status;
  const cost = cost_usd === null || cost_usd === 0 ? '' : `, 비용 ${formatCost(cost_usd)}`;
  return `${what}. 소설 ${formatNumber(stories)}편, 토큰 ${formatNumber(tokens.total_tokens)}${cost}`;
}

function withoutSecrets<T>(value: T, secrets: readonly string[]): T {
  const replace = (_key: string, each: unknown) => (typeof each === 'string' ? mask(each, secrets) : each);
  return JSON.parse(JSON.stringify(value, replace)) as T;
}
