import { stringify } from 'yaml';
import type { Premise } from '../prompt/cards.js';
import type { ReadAnswer } from './read-answer.js';

/** A finished story, as it will stand on disk. */
export interface Story {
  title: string;
  description: string;
  /** The first sentence of the text below the title. */
  opening: string;
  /** The last sentence. */
  ending: string;
  tags: string[];
  /** The story as written, its heading included; only the space around it is gone. */
  text: string;
  /** Code points of `text`, heading and spaces included. */
  wordCount: number;
}

/** What the frontmatter adds to the story itself. */
export interface FrontmatterFacts {
  /** ISO 8601, local time with offset. */
  date: string;
  model: string;
  /** null unless the user set one. */
  temperature: number | null;
  /** Who wrote it: "anthropic", "offline" or a host. */
  provider: string;
}

const GENRE = '호러';
const BASE_TAGS = [GENRE, '심리호러', '단편'];
const TITLE_FALLBACK_LENGTH = 30;
const LONGEST_TITLE_LINE = 60;
const DESCRIPTION_LENGTH = 150;
const OPENING_LENGTH = 120;
/** `제목: `, `**제목:** `, `**제목**: `. */
const TITLE_LABEL = /^(?:\*\*|__)?제목(?:\*\*|__)?\s*[:：](?:(?:\*\*|__)(?=\s))?\s*/;

/** The story with its title (or the nearest thing to one), tags and description. */
export function toStory(read: ReadAnswer, premise: Premise): Story {
  const { text } = read;
  const { title, body } = findTitle(text);
  return {
    title,
    description: shorten(prose(body), DESCRIPTION_LENGTH),
    opening: shorten(firstSentence(prose(body)), OPENING_LENGTH),
    ending: '',
    tags: [...BASE_TAGS, ...new Set([premise.place.text, premise.fear.text])],
    text,
    wordCount: countCharacters(text),
  };
}

/** Code points, which is what a reader of Korean calls 글자 수. */
export function countCharacters(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

/** The Markdown file: YAML frontmatter, then the story as written. */
export function toMarkdown(story: Story, facts: FrontmatterFacts): string {
  const frontmatter = stringify(
    {
      title: story.title,
      date: facts.date,
      description: story.description,
      tags: story.tags,
      genre: GENRE,
      wordCount: story.wordCount,
      model: facts.model,
      provider: facts.provider,
      temperature: facts.temperature,
      draft: false,
    },
    // One line a value: folded lines would be legal, and a nuisance to every grep. And for older readers a title "yes"
    // must not be a boolean.
    { lineWidth: 0, compat: 'yaml-1.1' },
  );
  return `---\n${frontmatter}---\n\n${story.text}\n`;
}

/** The two parts of a Markdown file of `toMarkdown`; null when it is not put together like that. */
export function fromMarkdown(markdown: string): { frontmatter: string; text: string } | null {
  const [, frontmatter, text] = /^---\n([\s\S]*?\n)---\n\n([\s\S]*)\n$/.exec(markdown) ?? [];
  return frontmatter === undefined || text === undefined ? null : { frontmatter, text };
}

/**
 * The first `#` heading is the title, or a deeper one that opens the text. Without one, a short first line set apart from the text is (`**제목**`,
 * `제목: …`), and else the first words of the story.
 */
function findTitle(text: string): { title: string; body: string } {
  const heading = /^ {0,3}#[ \t]+(\S.*)$/m.exec(text) ?? /^#{2,6}[ \t]+(\S.*)/.exec(text);
  if (heading?.[1] !== undefined) {
    const title = plain(heading[1].replace(/[ \t]+#+[ \t]*$/, ''));
    if (title !== '') return { title, body: text.slice(heading.index + heading[0].length) };
  }
  const [first = '', ...rest] = text.split('\n');
  const candidate = plain(plain(first).replace(TITLE_LABEL, ''));
  const setApart = rest.length > 0 && rest[0]?.trim() === '' && !/[.!?…。”"]$/.test(candidate);
  if (prose(candidate) !== '' && setApart && countCharacters(candidate) <= LONGEST_TITLE_LINE) {
    return { title: candidate, body: rest.join('\n') };
  }
  return { title: shorten(prose(text), TITLE_FALLBACK_LENGTH) || '무제', body: text };
}

/** Without the emphasis marks around a whole line. */
function plain(line: string): string {
  return line
    .trim()
    .replace(/^(\*{1,3}|_{1,3})(.+)\1$/, '$2')
    .trim();
}

/** The running text on one line: no headings, rules or emphasis marks. */
function prose(text: string): string {
  return text
    .split('\n')
    .filter((line) => !/^\s*(#{1,6}(\s|$)|[-*_]{3,}\s*$)/.test(line))
    .join(' ')
    .replace(/(\*\*|__)/g, '')
    .replace(/\s+/g, ' ')
    .trim();
}

function firstSentence(text: string): string {
  return /^.+?[.!?…](?=[\s”’"']|$)[”’"']*/.exec(text)?.[0] ?? text;
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
