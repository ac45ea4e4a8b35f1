import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../lib/errors.js';
import { localIso } from '../lib/format-time.js';
import type { Premise } from '../prompt/cards.js';
import type { Doubt } from '../story/doubts.js';
import { type ReadAnswer, readAnswer } from '../story/read-answer.js';
import { toStory } from '../story/story.js';
import { validateAnswer } from '../story/validate-answer.js';
import { fromMarkdown, toMarkdown } from './frontmatter.js';
import { listSetAside, moveToStories, readSetAsideJson } from './set-aside.js';
import { type ReadMetadata, readMetadata } from './story-metadata.js';
import { checksum, filesOf, setAsideFolder } from './story-store.js';

// What was set aside, judged by today's rules: earlier versions refused whole stories.

/** One text that was set aside, judged again. */
export interface Rejudged {
  name: string;
  title: string;
  /** Why it was set aside. */
  before: string;
  /** Why it is no story today; null when it is one. */
  failure: string | null;
  /** Of a story. */
  doubts: readonly Doubt[];
}

/** Kinds of failure that say something about the text, and not only about the call. */
const JUDGED_KINDS: ReadonlySet<string> = new Set(['unusable', 'incomplete']);

/** Codes whose text may be a whole story and was set aside for something else. */
const NOT_OF_THE_TEXT: ReadonlySet<string> = new Set(['too_alike', 'context_exceeded']);

/**
 * Judges everything that is set aside by today's rules; changes nothing.
 * @param folder the story folder
 * @param minCharacters the shortest story, in code points
 */
export async function rejudgeSetAside(folder: string, minCharacters: number): Promise<Rejudged[]> {
  const all = await listSetAside(folder);
  return Promise.all(
    all.map(async ({ name, title, code }) => {
      const { metadata, read } = await readText(folder, name);
      const { kind = null } = metadata.set_aside ?? {};
      if (kind === null || !JUDGED_KINDS.has(kind) || NOT_OF_THE_TEXT.has(code)) {
        return { name, title, before: code, failure: code, doubts: [] };
      }
      const answer = { stopReason: metadata.stop_reason, refusalCategory: null };
      const { failure, doubts } = validateAnswer(answer, read, { minCharacters });
      return { name, title: read.title ?? title, before: code, failure: failure?.code ?? null, doubts };
    }),
  );
}

/**
 * Puts a text that is a story by today's rules among the stories, without what stands around it. Its metadata keeps why
 * it was set aside and what was taken away, and says when it was accepted.
 * @returns the path of the story
 */
export async function acceptRejudged(
  folder: string,
  { name, doubts }: Pick<Rejudged, 'name' | 'doubts'>,
  now: number,
): Promise<string> {
  const { metadata, read } = await readText(folder, name);
  const { generated_at, model, provider, premise, config } = metadata;
  if (generated_at === null || model === null || provider === null || premise === null) {
    throw new UserError(`메타데이터에 빠진 것이 있어 소설로 만들 수 없습니다: ${name}`);
  }
  const story = toStory(read, premise as Premise);
  const facts = { date: generated_at, model, provider, temperature: config?.temperature ?? null };
  const markdown = toMarkdown(story, facts);
  const { title, tags, description, opening, ending, wordCount: word_count } = story;
  const changed = { title, tags, description, opening, ending, word_count, doubts, removed: read.removed };
  return moveToStories(folder, name, {
    markdown,
    metadata: {
      ...(await readSetAsideJson(folder, name)),
      ...changed,
      accepted_at: localIso(now),
      sha256: checksum(markdown),
    },
  });
}

async function readText(folder: string, name: string): Promise<{ metadata: ReadMetadata; read: ReadAnswer }> {
  const metadata = readMetadata(await readSetAsideJson(folder, name));
  const markdown = await readFile(join(setAsideFolder(folder), filesOf(name)[0]), 'utf8');
  const text = fromMarkdown(markdown)?.text;
  if (metadata === null || text === undefined) throw new UserError(`따로 보관한 글을 읽을 수 없습니다: ${name}`);
  return { metadata, read: readAnswer(text) };
}
