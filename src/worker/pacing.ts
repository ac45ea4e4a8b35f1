import { type BackoffOptions, backoff } from '../lib/backoff.js';
import type { Clock } from '../lib/clock.js';
import type { Random } from '../lib/random.js';
import type { Waiting } from '../run/end-reason.js';

/** A time before which something does not begin, and why. */
export interface Gate {
  /** Monotonic milliseconds: a wall clock that is set back makes no wait longer. */
  until: number;
  reason: Waiting;
  /** The same as a time of day, milliseconds since the epoch, where that is what is waited for: then it is what counts. */
  timeOfDay?: number;
}

/** One pace for all slots: a back-off or a rate limit that one of them meets holds for each. */
export interface Pacing {
  /** @returns whichever holds longer: the slot's own gate or the shared one */
  later(own: Gate): Gate;
  /** Milliseconds until the shared gate opens; 0 when it is open. */
  opensIn(): number;
  /** A story was saved: the next failure starts the back-off anew. */
  succeed(): void;
  /** The API asks to slow down. @param until milliseconds since the epoch; null when it does not */
  slowDown(until: number | null): void;
  /**
   * A call failed: everybody backs off, longer after each incident.
   * @param retryAfterMs what the API asks for; null when it asks for nothing
   * @param begunAt when the attempt began, monotonic milliseconds
   */
  backOff(retryAfterMs: number | null, begunAt: number): void;
}

export function createPacing(retry: BackoffOptions, clock: Clock, random: Random): Pacing {
  let shared: Gate | null = null;
  let level = 0;
  let raisedAt = Number.NEGATIVE_INFINITY;

  return {
    later: (own) => (shared !== null && shared.until > own.until ? shared : own),
    opensIn: () => Math.max(0, (shared?.until ?? 0) - clock.monotonic()),
    succeed: () => {
      level = 0;
    },
    slowDown: (until) => {
      if (until !== null) shut(clock.monotonic() + until - clock.now(), 'rate_limit');
    },
    backOff: (retryAfterMs, begunAt) => {
      // What failed of the calls that were in flight at the last failure is the same incident, not another.
      if (begunAt >= raisedAt || level === 0) {
        level++;
        raisedAt = clock.monotonic();
      }
      // A retry-after of 0 asks for nothing, and must not make a loop without a pause.
      shut(clock.monotonic() + (retryAfterMs || backoff(level, retry, random)), 'retry');
    },
  };

  function shut(until: number, reason: Waiting): void {
    if (shared === null || until > shared.until) shared = { until, reason };
  }
}
