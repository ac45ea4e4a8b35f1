import { LONGEST_TIMER, SECOND } from '../../lib/clock.js';
import type { CallFault } from '../failure.js';

/** How long to wait for the connection to close once the message is complete, in milliseconds. */
const CLOSE_GRACE = SECOND;

/** Time limits of one call, as an abort signal. */
export interface CallTimer {
  /** Aborts when the caller's signal does, and when a limit is reached, with a `CallTimeoutError` as its reason. */
  signal: AbortSignal;
  /** Bytes arrived, be it a ping: a sign of life until the text begins, and none after that. */
  onBytes(): void;
  /** The message went on. */
  onEvent(part: MessagePart): void;
  /** The message is complete; only the connection is still open. */
  expectClose(): void;
  stop(): void;
}

/** What an event brought: text, a start or thinking after which text is waited for (again), or nothing of the kind. */
export type MessagePart = 'text' | 'before_text' | 'other';

export interface CallLimits {
  /** The longest silence, in milliseconds. */
  idleMs: number;
  /** The longest wait for the first text while pings arrive, in milliseconds; null for none but the whole call's. */
  firstTextMs: number | null;
  /** The longest call, in milliseconds. */
  totalMs: number;
}

/** The reason of an abort for time. */
export class CallTimeoutError extends Error {
  override readonly name = 'CallTimeoutError';
  readonly fault: Extract<CallFault, 'idle_timeout' | 'first_text_timeout' | 'total_timeout'>;
  constructor(fault: CallTimeoutError['fault'], ms: number) {
    super(`${ms / SECOND}초`);
    this.fault = fault;
  }
}

/**
 * Starts the timers of a call.
 *
 * A model that thinks without streaming its thinking sends pings for minutes, and an endpoint that hangs may send them
 * too. Before the first text they count as life, for `firstTextMs` at the longest; message_start and streamed thinking
 * start that wait anew, for they prove that the model is at work. Once there is text, only the message itself counts.
 */
export function startCallTimer(caller: AbortSignal, { idleMs, firstTextMs, totalMs }: CallLimits): CallTimer {
  const controller = new AbortController();
  const giveUp = () => controller.abort(caller.reason);
  const startTimer = (fault: CallTimeoutError['fault'], ms: number) =>
    setTimeout(() => controller.abort(new CallTimeoutError(fault, ms)), Math.min(ms, LONGEST_TIMER));
  caller.addEventListener('abort', giveUp, { once: true });
  const total = startTimer('total_timeout', totalMs);
  let idle = startTimer('idle_timeout', idleMs);
  let firstText = firstTextMs === null ? null : startTimer('first_text_timeout', firstTextMs);
  let isText = false;

  const heard = () => {
    clearTimeout(idle);
    idle = startTimer('idle_timeout', idleMs);
  };
  const expectText = () => {
    isText = false;
    if (firstTextMs === null) return;
    clearTimeout(firstText ?? undefined);
    firstText = startTimer('first_text_timeout', firstTextMs);
  };
  return {
    signal: controller.signal,
    onBytes: () => {
      if (!isText) heard();
    },
    onEvent: (part) => {
      heard();
      if (part === 'before_text') expectText();
      if (part !== 'text' || isText) return;
      isText = true;
      clearTimeout(firstText ?? undefined);
    },
    expectClose: () => {
      // From here on no byte counts.
      isText = true;
      clearTimeout(idle);
      clearTimeout(firstText ?? undefined);
      idle = setTimeout(() => controller.abort(), CLOSE_GRACE);
    },
    stop: () => {
      clearTimeout(idle);
      clearTimeout(firstText ?? undefined);
      clearTimeout(total);
      caller.removeEventListener('abort', giveUp);
    },
  };
}
