import { mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { loadConfig } from '../config/load.js';
import { defineCommand, UsageError } from '../lib/command-line.js';
import { isSystemError, replaceFile } from '../lib/files.js';
import { formatNumber } from '../lib/format-number.js';
import { fileTimestamp } from '../lib/format-time.js';
import { type Book, toBook } from './book.js';
import { startOfDay } from './dates.js';
import { toEpub } from './epub.js';
import { BookError, loadStories } from './load.js';

/** `npm run book`: makes one EPUB of the stories of a folder. */
export const bookCommand = defineCommand({
  usage: `사용법: npm run book                            모든 소설을 EPUB 한 권으로
        npm run book -- --run 이름              그 실행의 소설만 (이름의 일부도 됩니다)
        npm run book -- --since 2026-11-29      그날부터 쓴 소설만
        npm run book -- --output 파일           다른 곳에 쓰기 (생략하면 지금 폴더)`,
  options: { run: { type: 'string' }, since: { type: 'string' }, output: { type: 'string' } },
  run: async ({ run, since, output }, { root, typedIn, env, now, stdout, stderr }) => {
    if (run === '') throw new UsageError('--run에 값이 필요합니다');
    if (output === '') throw new UsageError('--output에 값이 필요합니다');
    const selection = { run: run ?? null, since: since === undefined ? null : parseDay(since) };
    const { config } = loadConfig({ root, env, flags: {} });
    const { stories, unreadable } = await loadStories(config.outputDir, selection);
    const book = toBook(stories, now());
    const path = resolve(typedIn, output ?? fileNameOf(book));
    writeBook(path, toEpub(book));
    for (const name of unreadable) stderr.write(`읽을 수 없어 뺐습니다: ${name}\n`);
    const authors = book.authors.map(({ name, stories: count }) => `${name} ${formatNumber(count)}편`);
    stdout.write(`${book.title}: 소설 ${formatNumber(stories.length)}편 - ${authors.join(', ')}\n${path}\n`);
  },
});

function parseDay(text: string): number {
  const day = startOfDay(text);
  if (day !== null) return day;
  throw new UsageError(`--since: 2026-11-29처럼 적은 날짜여야 합니다 (입력값: ${JSON.stringify(text)})`);
}

/** `horror_stories_20261123-20261129.epub`. */
function fileNameOf({ stories }: Book): string {
  const days = [stories[0], stories.at(-1)].map((story) => fileTimestamp(story?.writtenAt ?? 0).slice(0, 8));
  return `horror_stories_${[...new Set(days)].join('-')}.epub`;
}

/** @throws BookError */
function writeBook(path: string, epub: Uint8Array): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    replaceFile(path, Buffer.from(epub));
  } catch (cause) {
    if (!isSystemError(cause)) throw cause;
    throw new BookError(`책을 쓸 수 없습니다: ${path} (${cause.code})`, { cause });
  }
}
