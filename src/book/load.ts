import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../lib/errors.js';
import { isSystemError, listFolder, readJson } from '../lib/files.js';
import { listRuns } from '../run/ledger.js';
import { selectRun } from '../run/select-run.js';
import { fromMarkdown } from '../store/frontmatter.js';
import { readMetadata } from '../store/story-metadata.js';
import { filesOf, nameOfStory } from '../store/story-store.js';

/** The book cannot be made; the message is for the user. */
export class BookError extends UserError {
  override readonly name = 'BookError';
}

/** A story of the book. */
export interface BookStory {
  /** The name of its pair of files. */
  name: string;
  title: string;
  /** Markdown, without frontmatter. */
  text: string;
  /** Milliseconds since the epoch. */
  writtenAt: number;
  /** As the metadata has them; null where it does not say. */
  model: string | null;
  provider: string | null;
}

/** Which stories of a folder belong in the book. Both conditions hold. */
export interface BookSelection {
  /** A run's id, or any part that only one id has; null: of all runs. */
  run: string | null;
  /** Milliseconds since the epoch; null: from the first one on. */
  since: number | null;
}

export interface LoadedStories {
  /** In the order in which they were written. */
  stories: BookStory[];
  /** Names of the selected folder's stories that cannot be read, for a word to the user. */
  unreadable: string[];
}

/**
 * Reads the stories of a folder. What is set aside lies elsewhere, and is never among them.
 * @throws BookError when there is none, RunSelectionError when `run` does not fit one run
 */
export async function loadStories(folder: string, { run, since }: BookSelection): Promise<LoadedStories> {
  const names = (await listFolder(folder)).flatMap((file) => nameOfStory(file) ?? []);
  const found = names.map((name) => ({ name, metadata: readMetadata(readJson(join(folder, filesOf(name)[1]))) }));
  // A ledger may be lost, or its run have no story.
  const runIds = new Set([...(await listRuns(folder)), ...found.flatMap(({ metadata }) => metadata?.run_id ?? [])]);
  const runId = run === null ? null : selectRun([...runIds].sort().reverse(), run);
  const stories: BookStory[] = [];
  const unreadable: string[] = [];
  for (const { name, metadata } of found) {
    if (runId !== null && metadata?.run_id !== runId) continue;
    const writtenAt = Date.parse(metadata?.generated_at ?? '');
    if (since !== null && writtenAt < since) continue;
    const text = readText(join(folder, filesOf(name)[0]));
    if (metadata === null || text === null || Number.isNaN(writtenAt)) unreadable.push(name);
    else {
      const { title, model, provider } = metadata;
      stories.push({ name, title: title ?? '무제', text, writtenAt, model, provider });
    }
  }
  if (stories.length === 0) throw new BookError(`책에 넣을 소설이 없습니다: ${folder}`);
  stories.sort((a, b) => a.writtenAt - b.writtenAt || (a.name < b.name ? -1 : 1));
  return { stories, unreadable: unreadable.sort() };
}

/** @returns null when the file is gone, cannot be read, or has no frontmatter */
function readText(path: string): string | null {
  try {
    // Editors on other systems write other line ends.
    return fromMarkdown(readFileSync(path, 'utf8').replace(/\r\n?/g, '\n'))?.text ?? null;
  } catch (error) {
    if (isSystemError(error)) return null;
    throw error;
  }
}
