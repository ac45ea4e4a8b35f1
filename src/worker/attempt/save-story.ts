import { isSystemError } from '../../lib/files.js';
import type { FailureRecord, PartRecord, StoryRecord } from '../../run/ledger.js';
import type { Run } from '../../run/run.js';
import type { StoryFiles } from '../../store/story-metadata.js';
import type { Destination, StoredStory, StoryStore } from '../../store/story-store.js';
import { retryUntilStored, type StorageRetry } from './retry-storage.js';

/** The record of an answer that goes to disk. */
export type NamedRecord = (StoryRecord | PartRecord | FailureRecord) & { name: string };

/** stored: null as long as it stays in staging. */
export type SaveResult = { done: true; stored: StoredStory | null } | { done: false };

/**
 * Brings an answer to disk: staged, recorded, published. After the record the pair is part of the run whatever happens,
 * before it the pair is whole in staging or was never there. Tried until it is done, because it was paid for.
 * @param destination null: it stays in staging, for its rest is asked for
 * @returns not done when given up on request; its text is in the log then
 */
export type SaveStory = (
  entry: StoryFiles,
  record: NamedRecord,
  destination: Destination | null,
) => Promise<SaveResult>;

export interface SaveStoryDeps {
  run: Run;
  store: StoryStore;
  storageRetry: StorageRetry;
  aborting: AbortSignal;
}

export function createSaveStory({ run, store, storageRetry, aborting }: SaveStoryDeps): SaveStory {
  return async (entry, record, destination) => {
    const { name, completes } = record;
    let staged = false;
    let recorded = false;
    const result = await retryUntilStored(
      storageRetry,
      { what: '소설을 저장하지', entry, giveUp: aborting },
      async () => {
        // Once: writing it anew where it lies whole could tear it.
        if (!staged) await store.stage(name, entry);
        staged = true;
        if (!recorded) await run.record(record);
        recorded = true;
        if (destination === null) return null;
        return store.publish(name, destination).catch((error: NodeJS.ErrnoException) => {
          // Somebody has moved the folder away.
          if (error.code === 'ENOENT') staged = false;
          throw error;
        });
      },
    );
    if (recorded && completes !== undefined) await discardPart(completes);
    if (result.done) return { done: true, stored: result.value };
    // What is staged whole, the next start records and publishes; this process only counts it.
    if (staged && !recorded) run.recordInMemory(record);
    return { done: false };
  };

  /** The text of a part stands in the new one, which the ledger says: the next start removes what this cannot. */
  async function discardPart(name: string): Promise<void> {
    try {
      await store.discard(name);
    } catch (error) {
      if (!isSystemError(error)) throw error;
      const { log } = storageRetry;
      log.warn({ event: 'part_left_staged', err: error }, `이어 쓰기 전의 글을 작업 폴더에 둡니다: ${name}`);
    }
  }
}
