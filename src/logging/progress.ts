import { type Clock, LONGEST_TIMER, SECOND } from '../lib/clock.js';
import { formatNumber } from '../lib/format-number.js';
import { formatDuration } from '../lib/format-time.js';
import type { Logger } from './logger.js';
import type { Terminal } from './terminal.js';

/** Shows a story grow while it is written. */
export interface Progress {
  start(sequence: number): StoryProgress;
}

export interface StoryProgress {
  /** @param count characters so far */
  characters(count: number): void;
  stop(): void;
}

/** How often the live line is drawn, in milliseconds. */
const FRAME = 200;

/**
 * In a terminal a line that is drawn over and over; elsewhere a record every `heartbeatMs`.
 * Timers run only while a story is being written.
 */
export function createProgress(terminal: Terminal, log: Logger, clock: Clock, heartbeatMs: number): Progress {
  return {
    start: (sequence) => {
      const startedAt = clock.monotonic();
      let characters = 0;
      const describe = () =>
        `${sequence}번째 소설을 쓰는 중 - ${formatNumber(characters)}자, ${formatDuration(Math.floor((clock.monotonic() - startedAt) / SECOND) * SECOND)}`;
      const beat = terminal.isLive
        ? () => terminal.live(describe())
        : () => {
            const seconds = (clock.monotonic() - startedAt) / SECOND;
            log.info({ event: 'progress', sequence, characters, seconds }, describe());
          };
      const timer = setInterval(beat, terminal.isLive ? FRAME : Math.min(heartbeatMs, LONGEST_TIMER));
      return {
        characters: (count) => {
          characters = count;
        },
        stop: () => {
          clearInterval(timer);
          terminal.live('');
        },
      };
    },
  };
}
