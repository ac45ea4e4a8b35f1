import type { BookStory } from './load.js';

/** One who wrote stories of a book. */
export interface BookAuthor {
  /** Korean where it is no model's name. */
  name: string;
  isOffline: boolean;
  stories: number;
}

/** The provider that metadata names for the built-in author. */
const OFFLINE = 'offline';

/** Who wrote a story: `claude-sonnet-5-5 (anthropic)`, or the built-in author, so that it is not taken for Claude. */
export function authorOf({ model, provider }: Pick<BookStory, 'model' | 'provider'>): string {
  if (provider === OFFLINE) return '내장 작가(offline)';
  return `${model ?? '알 수 없는 모델'}${provider === null ? '' : ` (${provider})`}`;
}

/** The authors of a book, who wrote most first. */
export function authorsOf(stories: readonly BookStory[]): BookAuthor[] {
  const authors = new Map<string, BookAuthor>();
  for (const story of stories) {
    const name = authorOf(story);
    const before = authors.get(name)?.stories ?? 0;
    authors.set(name, { name, isOffline: story.provider === OFFLINE, stories: before + 1 });
  }
  return [...authors.values()].sort((a, b) => b.stories - a.stories);
}
