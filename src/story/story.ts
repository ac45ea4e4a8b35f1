import type { Premise } from '../prompt/cards.js';
import type { ReadAnswer } from './read-answer.js';
import { headingOf } from './reading/forms/lines.js';
import { sameTitle } from './reading/forms/title.js';
import { sentencesOf } from './sentences.js';

/** A finished story, as it will stand on disk. */
export interface Story {
  title: string;
  description: string;
  /** The first sentence of the text below the title. */
  opening: string;
  /** The last sentence. */
  ending: string;
  tags: string[];
  /** The story as read, its heading included. */
  text: string;
  /** Code points of `text`, heading and spaces included. */
  wordCount: number;
}

/** The genre of every story, as its frontmatter and tags name it. */
export const GENRE = '호러';
const BASE_TAGS = [GENRE, '심리호러', '단편'];
const TITLE_FALLBACK_LENGTH = 30;
const UNTITLED = '무제';
const DESCRIPTION_LENGTH = 150;
export const OPENING_LENGTH = 120;

/** The story with its title (or the nearest thing to one), tags, description, first and last sentence. */
export function toStory(read: ReadAnswer, premise: Premise): Story {
  const { text } = read;
  const running = prose(bodyOf(read));
  const title = read.title ?? shorten(running, TITLE_FALLBACK_LENGTH);
  return {
    title: title === '' ? UNTITLED : title,
    description: shorten(running, DESCRIPTION_LENGTH),
    ...edgesOf(text),
    tags: tagsOf([...BASE_TAGS, premise.place.text, premise.fear.text, ...read.tags]),
    text,
    wordCount: countCharacters(text),
  };
}

/** The text below its title, wherever that stands. */
function bodyOf({ title, text }: Pick<ReadAnswer, 'title' | 'text'>): string {
  if (title === null) return text;
  const lines = text.split('\n');
  const at = lines.findIndex((line) => {
    const heading = headingOf(line);
    return heading !== null && sameTitle(heading.text, title);
  });
  return lines.slice(at + 1).join('\n');
}

/** The first and the last sentence of a text, headings aside. */
function edgesOf(text: string): Pick<Story, 'opening' | 'ending'> {
  const sentences = sentencesOf(prose(text));
  return {
    opening: shorten(sentences[0] ?? '', OPENING_LENGTH),
    ending: shorten(sentences.at(-1) ?? '', OPENING_LENGTH),
  };
}

/** Every tag once, as readers of frontmatter accept it: no blanks, no marks but `-`, `_` and `/`, not only digits. */
function tagsOf(phrases: readonly string[]): string[] {
  const tags = new Map<string, string>();
  for (const phrase of phrases) {
    const tag = phrase.replace(/[^\p{L}\p{M}\p{N}_/]+/gu, '-').replace(/^[-/]+|[-/]+$/g, '');
    if (/[^\d-]/.test(tag) && !tags.has(tag.toLowerCase())) tags.set(tag.toLowerCase(), tag);
  }
  return [...tags.values()];
}

/** Code points, which is what a reader of Korean calls 글자 수. */
export function countCharacters(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

/** The running text on one line: no headings, rules, fences, quotation or emphasis marks. */
function prose(text: string): string {
  return text
    .split('\n')
    .filter((line) => !/^\s*(#{1,6}(\s|$)|[-*_]{3,}\s*$|`{3,}|~{3,})/.test(line))
    .map((line) => line.replace(/^\s*>\s?/, ''))
    .join('\n')
    .replace(/\*\*|__/g, '')
    .split(/\s+/)
    .filter((word) => word !== '')
    .join(' ');
}

/** In such a text every code unit is a character to a reader: nearly all that is Korean. */
const PLAIN = /^[ -~가-힣·–—‘’“”…]*$/;

/** At most `length` characters as a reader counts them, never through the middle of one; cut ones end in `…`. */
function shorten(text: string, length: number): string {
  if (text.length <= length) return text;
  const end = PLAIN.test(text.slice(0, length + 1)) ? length : endOfCharacters(text, length);
  return end === text.length ? text : `${text.slice(0, end).trimEnd()}…`;
}

/** @returns where the first so many characters end */
function endOfCharacters(text: string, length: number): number {
  // Made only for the few texts that need it: its tables take 3 MB.
  const characters = new Intl.Segmenter('ko', { granularity: 'grapheme' }).segment(text);
  let end = 0;
  let count = 0;
  for (const { segment } of characters) {
    if (++count > length) break;
    end += segment.length;
  }
  return end;
}
