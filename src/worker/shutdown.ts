import { setMaxListeners } from 'node:events';

/** How a run is told to stop, in two stages. */
export interface Shutdown {
  /** Aborted by the first request: finish the story in hand, start no other. Its reason is the source. */
  readonly stopping: AbortSignal;
  /** Aborted by a second request: give up the story in hand. */
  readonly aborting: AbortSignal;
  /** @param source what asked, such as SIGINT */
  request(source: string): void;
}

/**
 * A terminal and npm each pass Ctrl+C on, so one press arrives as two signals in the same millisecond. Only a
 * request at least this much later, in milliseconds, is a second one.
 */
const SECOND_REQUEST_AFTER = 1000;

/**
 * Aborts `stopping` at the first request, and `aborting` at one that comes a second later or more.
 * @param now milliseconds that only grow
 */
export function createShutdown(now: () => number): Shutdown {
  const stopping = new AbortController();
  const aborting = new AbortController();
  let firstAt = 0;
  // Every call and every wait listens.
  setMaxListeners(0, stopping.signal, aborting.signal);
  return {
    stopping: stopping.signal,
    aborting: aborting.signal,
    request: (source) => {
      if (!stopping.signal.aborted) {
        firstAt = now();
        stopping.abort(source);
      } else if (now() - firstAt >= SECOND_REQUEST_AFTER) {
        aborting.abort(source);
      }
    },
  };
}
