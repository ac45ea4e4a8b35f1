import { readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../lib/errors.js';
import { listFolder, makeFolder, syncFolder, writeDurably } from '../lib/files.js';
import { localIso } from '../lib/format-time.js';
import { type ReadMetadata, readMetadata } from './story-metadata.js';
import { filesOf, setAsideFolder } from './story-store.js';

/** An answer that is no story, but was paid for. */
export interface SetAside {
  name: string;
  title: string;
  characters: number;
  /** Why it was set aside: a stable word, and the same in Korean. */
  code: string;
  reason: string;
  tokens: number | null;
  writtenAt: string;
}

/** A request that cannot be carried out; the message is for the user. */
export class SetAsideError extends UserError {
  override readonly name = 'SetAsideError';
}

/**
 * All that is set aside, oldest first.
 * @param folder the story folder
 */
export async function listSetAside(folder: string): Promise<SetAside[]> {
  const names = (await listFolder(setAsideFolder(folder)))
    .filter((file) => file.endsWith('.md'))
    .map((file) => file.slice(0, -'.md'.length))
    .sort();
  return Promise.all(names.map(async (name) => describe(name, await readKnown(folder, name))));
}

/** The text of one, as it was written. */
export async function showSetAside(folder: string, wanted: string): Promise<string> {
  const name = await find(folder, wanted);
  return readFile(join(setAsideFolder(folder), filesOf(name)[0]), 'utf8');
}

/**
 * Puts one among the stories. Its metadata keeps why it was set aside, and says when it was accepted.
 * @returns the path of the story
 */
export async function acceptSetAside(folder: string, wanted: string, now: number): Promise<string> {
  const name = await find(folder, wanted);
  const metadata = { ...(await readSetAsideJson(folder, name)), accepted_at: localIso(now) };
  return moveToStories(folder, name, { markdown: null, metadata });
}

/**
 * Moves a text from what is set aside to the stories, with other metadata, and another text where there is one. A second
 * call completes what a crash cut off.
 * @param files markdown: null to keep the text as it is
 * @returns the path of the story
 */
export async function moveToStories(
  folder: string,
  name: string,
  { markdown, metadata }: { markdown: string | null; metadata: Record<string, unknown> },
): Promise<string> {
  const [markdownFile, metadataFile] = filesOf(name);
  const from = setAsideFolder(folder);
  const draftOf = (file: string) => join(from, `.${file}`);
  await makeFolder(folder);
  await writeDurably(draftOf(metadataFile), `${JSON.stringify(metadata, null, 2)}\n`);
  if (markdown !== null) await writeDurably(draftOf(markdownFile), markdown);
  // The metadata first, as with every story.
  await rename(draftOf(metadataFile), join(folder, metadataFile));
  await rename(markdown === null ? join(from, markdownFile) : draftOf(markdownFile), join(folder, markdownFile));
  for (const file of [markdownFile, metadataFile]) await rm(join(from, file), { force: true });
  await syncFolder(folder);
  return join(folder, markdownFile);
}

/** By its name or any part of it that fits one alone, such as the id at its end. */
async function find(folder: string, wanted: string): Promise<string> {
  const names = (await listSetAside(folder)).map(({ name }) => name);
  const fitting = names.filter((name) => name === wanted || name.includes(wanted));
  const [name] = fitting;
  if (name === undefined) throw new SetAsideError(`따로 보관한 글 가운데 "${wanted}"에 맞는 것이 없습니다`);
  if (fitting.length > 1) {
    throw new SetAsideError(`"${wanted}"에 맞는 글이 여럿입니다: ${fitting.join(', ')}`);
  }
  return name;
}

async function readKnown(folder: string, name: string): Promise<ReadMetadata> {
  const metadata = readMetadata(await readSetAsideJson(folder, name));
  if (metadata === null) throw new SetAsideError(`메타데이터가 JSON 객체가 아닙니다: ${filesOf(name)[1]}`);
  return metadata;
}

/** The metadata as it stands, fields that we do not know included. */
export async function readSetAsideJson(folder: string, name: string): Promise<Record<string, unknown>> {
  const path = join(setAsideFolder(folder), filesOf(name)[1]);
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>;
  } catch (cause) {
    throw new SetAsideError(`메타데이터를 읽을 수 없습니다: ${path}: ${(cause as Error).message}`, { cause });
  }
}

function describe(name: string, metadata: ReadMetadata): SetAside {
  const { title, word_count, set_aside: why, usage, generated_at } = metadata;
  return {
    name,
    title: title ?? '(제목 없음)',
    characters: word_count ?? 0,
    code: why?.code ?? 'unknown',
    reason: why?.reason ?? '까닭이 적혀 있지 않습니다',
    tokens: usage?.total_tokens ?? null,
    writtenAt: generated_at ?? '',
  };
}
