import { type BatchClient, type BatchInfo, sizeOf } from '../../api/batches/batch-client.js';
import { classifyFailure } from '../../api/failure.js';
import type { Clock } from '../../lib/clock.js';
import type { Logger } from '../../logging/logger.js';
import type { OpenBatch, OpenCall } from '../../run/ledger-records.js';

export interface LookUpBatchDeps {
  client: BatchClient;
  /** How long a batch that was just created may take to be listed, and between two looks, in milliseconds. */
  pollMs: number;
  clock: Clock;
  log: Logger;
  stopping: AbortSignal;
  aborting: AbortSignal;
}

/**
 * Looks for a batch whose creation was asked for and whose answer was lost. Creating it is not idempotent: a second one
 * would be paid for as well.
 * @param calls those of the batch
 * @param foreign ids of batches that are known to be another's
 * @returns null when it was not created; 'stopped' when told to stop before that is certain
 */
export type LookUpBatch = (
  batch: OpenBatch,
  calls: readonly OpenCall[],
  foreign: ReadonlySet<string>,
) => Promise<BatchInfo | null | 'stopped'>;

/** How far the vendor's clock may be behind ours, in milliseconds. */
const CLOCK_SKEW = 10 * 60_000;

export function createLookUpBatch({ client, pollMs, clock, log, stopping, aborting }: LookUpBatchDeps): LookUpBatch {
  return async (batch, calls, foreign) => {
    const customIds = new Set(calls.flatMap(({ custom_id }) => custom_id ?? []));
    const since = batch.at - CLOCK_SKEW;
    const certainAt = Math.max(batch.at, clock.now()) + pollMs;
    for (;;) {
      if (stopping.aborted) return 'stopped';
      // A list says what there was when it was asked for, however late it comes.
      const askedAt = clock.now();
      try {
        const found = await findAmong(
          (await client.listSince(since, aborting)).filter(({ id }) => !foreign.has(id)),
          customIds,
        );
        if (found !== null) {
          log.info({ event: 'batch_found', batch: found.id }, `앞서 만든 배치를 찾았습니다: ${found.id}`);
          return found;
        }
        if (askedAt >= certainAt) return null;
      } catch (error) {
        if (aborting.aborted) return 'stopped';
        const { reason, code } = classifyFailure(error);
        log.warn({ event: 'batch_list_failed', code }, `배치의 목록을 받지 못했습니다 - ${reason}`);
      }
      await clock.sleep(pollMs, stopping);
    }
  };

  /** The batch with these custom ids, or, as long as its results cannot be read, the only one of its size. */
  async function findAmong(batches: readonly BatchInfo[], customIds: ReadonlySet<string>): Promise<BatchInfo | null> {
    const sameSize = batches.filter(({ counts }) => sizeOf(counts) === customIds.size);
    for (const batch of sameSize.filter(({ hasEnded }) => hasEnded)) {
      for await (const { customId } of client.results(batch.id, aborting)) {
        if (customIds.has(customId)) return batch;
        // All ids of a batch are of one run.
        break;
      }
    }
    return sameSize.find(({ hasEnded }) => !hasEnded) ?? null;
  }
}
