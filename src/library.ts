import { createHash, randomBytes } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileTimestamp } from './time.js';

/** A text and what is known about it, as they go to disk together. */
export interface Entry {
  /** The whole content of the .md file. */
  markdown: string;
  /** The whole metadata but the checksum, which is added here. */
  metadata: Record<string, unknown>;
  /** When it was written, milliseconds since the epoch; part of the name, in local time. */
  writtenAt: number;
}

/** Where an entry lies. */
export interface Stored {
  /** `horror_story_YYYYMMDD_HHMMSS_<id>`. */
  name: string;
  markdownPath: string;
  metadataPath: string;
}

/** The folder of stories: whole pairs to see, everything else in dot folders. */
export interface Library {
  /** Puts a story on disk; rejects with the file system's error, and then nothing of it is visible. */
  save(entry: Entry): Promise<Stored>;
  /** Keeps a text that is no story, but was paid for, in `.set-aside`. */
  setAside(entry: Entry): Promise<Stored>;
}

const STAGING = '.staging';
const SET_ASIDE = '.set-aside';

export function openLibrary(folder: string): Library {
  return {
    save: (entry) => commit(folder, folder, entry),
    setAside: (entry) => commit(folder, join(folder, SET_ASIDE), entry),
  };
}

/** The folders are made anew each time: somebody may have moved them away since the last story. */
async function commit(folder: string, target: string, { markdown, metadata, writtenAt }: Entry): Promise<Stored> {
  const staging = join(folder, STAGING);
  await mkdir(staging, { recursive: true });
  await mkdir(target, { recursive: true });
  // The id keeps workers apart that write in the same second.
  const name = `horror_story_${fileTimestamp(writtenAt)}_${randomBytes(4).toString('hex')}`;
  const sha256 = createHash('sha256').update(markdown).digest('hex');
  const files = [
    // The metadata first: whoever sees a story finds its metadata.
    { file: `${name}_metadata.json`, content: `${JSON.stringify({ ...metadata, sha256 }, null, 2)}\n` },
    { file: `${name}.md`, content: markdown },
  ];
  const moved: string[] = [];
  try {
    for (const { file, content } of files) await writeDurably(join(staging, file), content);
    for (const { file } of files) {
      await rename(join(staging, file), join(target, file));
      moved.push(join(target, file));
    }
    await syncFolder(target);
  } catch (error) {
    const leftovers = [...moved, ...files.map(({ file }) => join(staging, file))];
    await Promise.allSettled(leftovers.map((path) => rm(path, { force: true })));
    throw error;
  }
  return {
    name,
    markdownPath: join(target, `${name}.md`),
    metadataPath: join(target, `${name}_metadata.json`),
  };
}

async function writeDurably(path: string, content: string): Promise<void> {
  const file = await open(path, 'wx');
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Makes the renames themselves durable. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
