import { type BackoffOptions, backoff } from '../../lib/backoff.js';
import { type Clock, SECOND } from '../../lib/clock.js';
import { isSystemError } from '../../lib/files.js';
import { formatDuration } from '../../lib/format-time.js';
import type { Random } from '../../lib/random.js';
import type { Logger } from '../../logging/logger.js';
import type { StoryFiles } from '../../store/story-metadata.js';

/** How to go on when the disk refuses. */
export interface StorageRetry {
  wait: BackoffOptions;
  clock: Clock;
  random: Random;
  log: Logger;
  stopping: AbortSignal;
}

export type StorageResult<T> = { done: true; value: T } | { done: false };

/**
 * Does what has to be on disk before the run may go on. What the file system refuses is tried again with back-off for
 * as long as that takes: nothing is paid for meanwhile. Any other error is thrown. A request to stop ends the wait at hand, `giveUp` the trying.
 * @param what Korean, what could not be done, up to "못했습니다"
 * @param entry what would be lost: once the run is told to stop, it goes to the log, in case the process is killed
 */
export async function retryUntilStored<T>(
  { wait, clock, random, log, stopping }: StorageRetry,
  { what, entry, giveUp }: { what: string; entry?: StoryFiles; giveUp: AbortSignal },
  act: () => Promise<T>,
): Promise<StorageResult<T>> {
  let inLog = false;
  for (let failures = 1; ; failures++) {
    try {
      const value = await act();
      if (failures > 1)
        log.info({ event: 'holding_over', failures: failures - 1 }, '붙들고 있던 것을 디스크에 저장했습니다');
      return { done: true, value };
    } catch (error) {
      // What the file system refuses, it may allow later; a defect of ours would fail for ever.
      if (!isSystemError(error)) throw error;
      const waitMs = backoff(failures, wait, random);
      const { code, message } = error;
      log.error(
        { event: 'holding', err: error, code, retry_in_seconds: waitMs / SECOND },
        `${what} 못했습니다 (${message}). 새 소설을 쓰지 않고 ${formatDuration(waitMs)} 뒤 다시 저장합니다`,
      );
      if (stopping.aborted && entry !== undefined && !inLog) {
        inLog = true;
        log.summary(
          { event: 'held_story', ...entry },
          '저장하지 못한 소설의 본문을 로그에 남깁니다. 저장은 계속 시도하며, 한 번 더 신호를 보내면 그만둡니다',
        );
      }
      if (giveUp.aborted) return { done: false };
      await clock.sleep(waitMs, stopping.aborted ? giveUp : stopping);
    }
  }
}
