import { createHash } from 'node:crypto';
import { authorsOf, type BookAuthor } from './authors.js';
import { formatDateRange } from './dates.js';
import type { BookStory } from './load.js';

/** What a book says of itself, on its title page and to reading systems. */
export interface Book {
  title: string;
  /** A URN. The book of a folder that has grown keeps it, so that a library replaces the older one. */
  identifier: string;
  /** The days from the first to the last story, in Korean. */
  dates: string;
  authors: BookAuthor[];
  /** In the order of the chapters; at least one. */
  stories: readonly BookStory[];
  /** When the book is made, milliseconds since the epoch. */
  madeAt: number;
}

/** @param stories in the order in which they were written, at least one */
export function toBook(stories: readonly BookStory[], madeAt: number): Book {
  const [first] = stories;
  const last = stories.at(-1);
  if (first === undefined || last === undefined) throw new Error('a book has at least one story');
  const dates = formatDateRange(first.writtenAt, last.writtenAt);
  return {
    title: `호러 단편집 (${dates})`,
    identifier: `urn:uuid:${uuidOf(first.name)}`,
    dates,
    authors: authorsOf(stories),
    stories,
    madeAt,
  };
}

/** A UUID of version 8 (RFC 9562): of an application's own making. */
function uuidOf(text: string): string {
  const bytes = createHash('sha256').update(`horror-story-book ${text}`).digest().subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
