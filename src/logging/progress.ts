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

/** A story that is being written. */
interface Growing {
  sequence: number;
  /** Monotonic milliseconds. */
  startedAt: number;
  characters: number;
}

/**
 * In a terminal a line that is drawn over and over; elsewhere a record every `heartbeatMs`. Stories that are written side
 * by side share both. A timer runs only while a story is being written.
 */
export function createProgress(terminal: Terminal, log: Logger, clock: Clock, heartbeatMs: number): Progress {
  const growing = new Set<Growing>();
  let timer: NodeJS.Timeout | undefined;
  return { start };

  function start(sequence: number): StoryProgress {
    const story = { sequence, startedAt: clock.monotonic(), characters: 0 };
    growing.add(story);
    timer ??= setInterval(beat, terminal.isLive ? FRAME : Math.min(heartbeatMs, LONGEST_TIMER));
    return {
      characters: (count) => {
        story.characters = count;
      },
      stop: () => {
        growing.delete(story);
        if (growing.size > 0) return;
        clearInterval(timer);
        timer = undefined;
        terminal.live('');
      },
    };
  }

  function beat(): void {
    const [oldest] = growing;
    if (oldest === undefined) return;
    const characters = [...growing].reduce((sum, story) => sum + story.characters, 0);
    const seconds = (clock.monotonic() - oldest.startedAt) / SECOND;
    const message = describe(oldest, characters, seconds);
    if (terminal.isLive) terminal.live(message);
    else {
      const many = growing.size === 1 ? {} : { in_hand: growing.size };
      log.info({ event: 'progress', sequence: oldest.sequence, characters, seconds, ...many }, message);
    }
  }

  function describe({ sequence }: Growing, characters: number, seconds: number): string {
    const time = formatDuration(Math.floor(seconds) * SECOND);
    return growing.size === 1
      ? `${sequence}번째 소설을 쓰는 중 - ${formatNumber(characters)}자, ${time}`
      : `소설 ${growing.size}편을 쓰는 중 - 모두 ${formatNumber(characters)}자, 가장 먼저 시작한 것 ${time}`;
  }
}
