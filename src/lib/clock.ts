/** Milliseconds in a second; settings are in seconds, timers in milliseconds. */
export const SECOND = 1000;
export const MINUTE = 60 * SECOND;

/** The longest delay that Node's timers take; a longer one would fire at once. */
export const LONGEST_TIMER = 2 ** 31 - 1;

/** Where a module gets the time from; tests give it a clock of their own. */
export interface Clock {
  /** Wall clock, milliseconds since the epoch. */
  now(): number;
  /** Milliseconds from an arbitrary start that no clock adjustment moves; for measuring durations. */
  monotonic(): number;
  /**
   * Resolves after `ms`, or as soon as `signal` aborts: waking early is not a failure.
   * @returns true when the whole time has passed, false when woken early
   */
  sleep(ms: number, signal: AbortSignal): Promise<boolean>;
}

/**
 * Where a preload (`node --import`) may leave another clock for the whole process: `npm run rehearse -- --month` lives
 * through a month in minutes. There is no setting for it.
 */
const PRELOADED: unique symbol = Symbol.for('horror-story-worker.clock');

const realClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal.aborted) return resolve(false);
      const end = performance.now() + ms;
      let timer: NodeJS.Timeout;
      const arm = () => {
        const left = end - performance.now();
        if (left <= 0) return finish(true);
        // Rounded up, because a timer may fire a fraction of a millisecond before its time.
        timer = setTimeout(arm, Math.min(Math.ceil(left), LONGEST_TIMER));
      };
      const wake = () => finish(false);
      const finish = (whole: boolean) => {
        clearTimeout(timer);
        signal.removeEventListener('abort', wake);
        resolve(whole);
      };
      signal.addEventListener('abort', wake, { once: true });
      arm();
    }),
};

export const systemClock: Clock = (globalThis as { [PRELOADED]?: Clock })[PRELOADED] ?? realClock;
