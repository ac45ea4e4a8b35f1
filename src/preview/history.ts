import { join } from 'node:path';
import type { Usage } from '../api/usage.js';
import { listFolder, readJson } from '../lib/files.js';
import { type ReadMetadata, readMetadata } from '../store/story-metadata.js';
import { filesOf, nameOfStory, setAsideFolder } from '../store/story-store.js';

/** What a text of the past has cost, as its metadata say. */
export interface PastText {
  /** Of all its calls, thinking included; null where the endpoint did not say. */
  usage: Usage | null;
  /** Time of generation, milliseconds; of a text that came in a batch, its share of the batch's time. */
  generationMs: number | null;
  /** Id of the batch that it came with; null for one that was streamed. */
  batch: string | null;
}

/** The latest texts of one model in a folder. */
export interface History {
  /** Newest first. */
  stories: PastText[];
  /** Texts that are set aside, since the oldest of the stories. */
  setAside: PastText[];
}

/** How many stories say what the next ones will cost. */
const MOST_STORIES = 200;

/** How many stories of a folder are looked at for them: others may have been written by other models. */
const MOST_READ = 2000;

/** Reads the latest stories that one model of one provider wrote, and what of its answers was set aside meanwhile. */
export async function readHistory(folder: string, writer: { provider: string; model: string }): Promise<History> {
  const found: { name: string; text: PastText }[] = [];
  for (const name of await newestNames(folder)) {
    if (found.length === MOST_STORIES) break;
    const text = readPast(folder, name, writer);
    if (text !== null) found.push({ name, text });
  }
  // A name begins with the time at which the text was written.
  const oldest = found.at(-1)?.name ?? '';
  const aside = setAsideFolder(folder);
  const setAside = (await newestNames(aside)).filter((name) => name >= oldest);
  return {
    stories: found.map(({ text }) => text),
    setAside: setAside.flatMap((name) => readPast(aside, name, writer) ?? []),
  };
}

async function newestNames(folder: string): Promise<string[]> {
  const names = (await listFolder(folder)).flatMap((file) => nameOfStory(file) ?? []);
  return names.sort().reverse().slice(0, MOST_READ);
}

/** @returns null when another model wrote it, or its metadata cannot be read */
function readPast(folder: string, name: string, writer: { provider: string; model: string }): PastText | null {
  const metadata = readMetadata(readJson(join(folder, filesOf(name)[1])));
  if (metadata === null || !isBy(metadata, writer)) return null;
  return { usage: metadata.usage, generationMs: metadata.duration_ms, batch: metadata.batch };
}

function isBy({ provider, model, config }: ReadMetadata, writer: { provider: string; model: string }): boolean {
  // Endpoints may answer with another name of the model that was asked for.
  return provider === writer.provider && (model === writer.model || config?.model === writer.model);
}
