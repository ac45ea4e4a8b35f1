import { createHash, randomBytes } from 'node:crypto';
import { existsSync, renameSync } from 'node:fs';
import { readFile, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { checkFormat, listFolder, makeFolder, NewerFormatError, syncFolder, writeTogether } from '../lib/files.js';
import { fileTimestamp } from '../lib/format-time.js';
import { type ReadMetadata, readMetadata, type StoryFiles } from './story-metadata.js';

/** Stories are seen; what is set aside is no story, but was paid for. */
export type Destination = 'stories' | 'set-aside';

/** Where an entry lies. */
export interface StoredStory {
  /** `horror_story_YYYYMMDD_HHMMSS_<id>`. */
  name: string;
  markdownPath: string;
  metadataPath: string;
}

/**
 * The folder of stories: whole pairs to see, everything else in dot folders. A pair is first staged and then
 * published; a crash in between leaves it staged, and whole, for the next start to publish.
 */
export interface StoryStore {
  /** Writes both files where nobody sees them, durably. Rejects with the file system's error; can be tried again. */
  stage(name: string, entry: StoryFiles): Promise<void>;
  /** Moves a staged pair to its destination, durably. Rejects likewise; can be tried again, also when half is moved. */
  publish(name: string, destination: Destination): Promise<StoredStory>;
  /** Removes a staged pair that a later text has taken in. What cannot be removed, the next start removes. */
  discard(name: string): Promise<void>;
}

/** A name that no other worker gives, not even in the same second. */
export function newName(writtenAt: number): string {
  return `horror_story_${fileTimestamp(writtenAt)}_${randomBytes(4).toString('hex')}`;
}

/** What a crash left in a run's staging. */
export interface StagedLeftover {
  name: string;
  /** null: not whole, and never published. */
  metadata: ReadMetadata | null;
}

const STAGING = '.staging';

const SET_ASIDE = '.set-aside';

/** Where a run writes its pairs before they are seen. */
export function stagingFolder(folder: string, runId: string): string {
  return join(folder, STAGING, runId);
}

/** Where answers lie that are no stories. */
export function setAsideFolder(folder: string): string {
  return join(folder, SET_ASIDE);
}

/** @param runId every run stages in a folder of its own, so that no worker touches what another one stages */
export function openStoryStore(folder: string, runId: string): StoryStore {
  const staging = stagingFolder(folder, runId);
  return {
    stage: (name, entry) => stage(staging, name, entry),
    publish: (name, destination) => publish(staging, destination === 'stories' ? folder : setAsideFolder(folder), name),
    discard: (name) => discard(staging, name),
  };
}

/** The folders are made anew each time: somebody may have moved them away since the last story. */
async function stage(staging: string, name: string, { markdown, metadata }: StoryFiles): Promise<void> {
  await makeFolder(staging);
  const [markdownFile, metadataFile] = filesOf(name);
  try {
    // The checksum vouches for the pair, whichever of the two is on disk first.
    const metadataText = toJson({ ...metadata, sha256: checksum(markdown) });
    await writeTogether(
      staging,
      new Map([
        [markdownFile, markdown],
        [metadataFile, metadataText],
      ]),
    );
  } catch (error) {
    await discard(staging, name);
    throw error;
  }
}

async function publish(staging: string, destination: string, name: string): Promise<StoredStory> {
  await makeFolder(destination);
  const [markdownFile, metadataFile] = filesOf(name);
  // The metadata first: whoever sees a story finds its metadata.
  for (const file of [metadataFile, markdownFile]) {
    try {
      renameSync(join(staging, file), join(destination, file));
    } catch (error) {
      // Moved before a failure or a crash.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || !existsSync(join(destination, file))) throw error;
    }
  }
  await syncFolder(destination);
  return { name, markdownPath: join(destination, markdownFile), metadataPath: join(destination, metadataFile) };
}

/** The ids of the runs that have left something in staging. */
export async function listStagings(folder: string): Promise<string[]> {
  return (await listFolder(join(folder, STAGING))).filter((name) => !name.startsWith('.'));
}

/** What lies in a run's staging, one entry a name. */
export async function listLeftovers(folder: string, runId: string): Promise<StagedLeftover[]> {
  const staging = stagingFolder(folder, runId);
  const names = (await listFolder(staging)).map((file) => file.replace(/(_metadata\.json|\.md)$/, ''));
  return Promise.all(
    [...new Set(names)].sort().map(async (name) => ({ name, metadata: await verifiedMetadata(folder, staging, name) })),
  );
}

/** Removes what cannot be completed. */
export async function discardLeftover(folder: string, runId: string, name: string): Promise<void> {
  await discard(stagingFolder(folder, runId), name);
}

/** Removes a run's staging if nothing is in it. */
export async function removeStaging(folder: string, runId: string): Promise<void> {
  await rmdir(stagingFolder(folder, runId)).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT' && error.code !== 'ENOTEMPTY') throw error;
  });
}

/** The metadata of a staged pair when both files are there, whole, the metadata perhaps moved; null otherwise. */
async function verifiedMetadata(folder: string, staging: string, name: string): Promise<ReadMetadata | null> {
  const [markdownFile, metadataFile] = filesOf(name);
  try {
    const markdown = await readFile(join(staging, markdownFile), 'utf8');
    const destinations = [folder, setAsideFolder(folder)];
    const text = await readFirst(
      join(staging, metadataFile),
      ...destinations.map((destination) => join(destination, metadataFile)),
    );
    const metadata = readMetadata(JSON.parse(text));
    checkFormat(metadata?.format, join(staging, metadataFile));
    return metadata?.sha256 === checksum(markdown) ? metadata : null;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (error instanceof NewerFormatError) throw error;
    // Missing or torn: that is the answer. What cannot be read just now may be whole.
    if (code === undefined || code === 'ENOENT' || code === 'EISDIR') return null;
    throw error;
  }
}

/** The content of the first of these files that is there. */
async function readFirst(path: string, ...others: string[]): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const [next, ...rest] = others;
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || next === undefined) throw error;
    return readFirst(next, ...rest);
  }
}

async function discard(staging: string, name: string): Promise<void> {
  await Promise.allSettled([...filesOf(name), name].map((file) => rm(join(staging, file), { force: true })));
}

/** The two files of a pair. */
export function filesOf(name: string): [markdown: string, metadata: string] {
  return [`${name}.md`, `${name}_metadata.json`];
}

/** @returns the name of the pair whose text this file is; null when it is none */
export function nameOfStory(file: string): string | null {
  return /^(horror_story_\d{8}_\d{6}_[0-9a-f]{8})\.md$/.exec(file)?.[1] ?? null;
}

function toJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** The checksum that metadata has of its text: SHA-256, hexadecimal. */
export function checksum(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}
