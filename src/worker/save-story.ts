import type { FailureRecord, PartRecord, StoryRecord } from '../run/ledger.js';
import type { Run } from '../run/run.js';
import type { Entry, Library, Shelf, Stored } from '../store/story-store.js';
import { type Holding, holdUntilDone } from './retry-storage.js';

/** The record of an answer that goes to disk. */
export type KeptRecord = (StoryRecord | PartRecord | FailureRecord) & { name: string };

/** stored: null as long as it stays in staging. */
export type Committed = { done: true; stored: Stored | null } | { done: false };

/**
 * Brings an answer to disk: staged, recorded, published. After the record the pair is part of the run whatever happens,
 * before it the pair is whole in staging or was never there. Tried until it is done, because it was paid for.
 * @param shelf null: it stays in staging, for its rest is asked for
 * @returns not done when given up on request; its text is in the log then
 */
export type Commit = (entry: Entry, record: KeptRecord, shelf: Shelf | null) => Promise<Committed>;

export interface CommitDeps {
  run: Run;
  library: Library;
  holding: Holding;
  aborting: AbortSignal;
}

export function createCommit({ run, library, holding, aborting }: CommitDeps): Commit {
  return async (entry, record, shelf) => {
    const { name, completes } = record;
    let staged = false;
    let recorded = false;
    const result = await holdUntilDone(holding, { what: '소설을 저장하지', entry, giveUp: aborting }, async () => {
      // Once: writing it anew where it lies whole could tear it.
      if (!staged) await library.stage(name, entry);
      staged = true;
      if (!recorded) await run.record(record);
      recorded = true;
      if (shelf === null) return null;
      return library.publish(name, shelf).catch((error: NodeJS.ErrnoException) => {
        // Somebody has moved the folder away.
        if (error.code === 'ENOENT') staged = false;
        throw error;
      });
    });
    // Its text stands in the new one, which the ledger says: the next start removes what this cannot.
    if (recorded && completes !== undefined) await library.discard(completes);
    if (result.done) return { done: true, stored: result.value };
    // What is staged whole, the next start records and publishes; this process only counts it.
    if (staged && !recorded) run.recordInMemory(record);
    return { done: false };
  };
}
