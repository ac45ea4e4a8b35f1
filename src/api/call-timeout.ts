import { SECOND } from '../lib/clock.js';
import type { CallFault } from './failure.js';

/** How long to wait for the connection to close once the message is complete, in milliseconds. */
const CLOSE_GRACE = SECOND;

/** Bounds one call: `signal` aborts when the caller's does, after too long a silence, and after too long a call. */
export interface CallTimer {
  signal: AbortSignal;
  /** Something arrived. */
  touch(): void;
  /** The message is complete; only the connection is still open. */
  expectClose(): void;
  stop(): void;
}

export interface CallLimits {
  /** The longest silence, in milliseconds. */
  idleMs: number;
  /** The longest call, in milliseconds. */
  totalMs: number;
}

/** The reason of an abort for time. */
export class CallTimeoutError extends Error {
  override readonly name = 'CallTimeoutError';
  readonly fault: Extract<CallFault, 'idle_timeout' | 'total_timeout'>;
  constructor(fault: CallTimeoutError['fault'], ms: number) {
    super(`${ms / SECOND}초`);
    this.fault = fault;
  }
}

export function startCallTimer(caller: AbortSignal, { idleMs, totalMs }: CallLimits): CallTimer {
  const controller = new AbortController();
  const giveUp = () => controller.abort(caller.reason);
  caller.addEventListener('abort', giveUp, { once: true });
  const total = setTimeout(() => controller.abort(new CallTimeoutError('total_timeout', totalMs)), totalMs);
  let idle = setTimeout(() => controller.abort(new CallTimeoutError('idle_timeout', idleMs)), idleMs);
  return {
    signal: controller.signal,
    touch: () => void idle.refresh(),
    expectClose: () => {
      clearTimeout(idle);
      idle = setTimeout(() => controller.abort(), CLOSE_GRACE);
    },
    stop: () => {
      clearTimeout(idle);
      clearTimeout(total);
      caller.removeEventListener('abort', giveUp);
    },
  };
}
