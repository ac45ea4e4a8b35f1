import { LONGEST_HEADING, LONGEST_TAG, MOST_TAGS } from '../../thresholds.js';
import { bare, headingOf, isBlank, labelOf } from './lines.js';
import { isOnly } from './vocabulary.js';

// Tags that a model gives: a line of them, a list below a heading, hashtags.

/** Names tags and nothing else; words for works alone name none. */
export function isTagKey(key: string): boolean {
  return /태그|키워드|검색어|tags?|keywords?/iu.test(key) && isOnly('tags', key);
}

/** A line of nothing but hashtags, two at least, or one of a word that is no number. */
export function isHashtags(line: string): boolean {
  if (!line.includes('#') || line.length > LONGEST_TAG * MOST_TAGS) return false;
  const words = line
    .trim()
    .replace(/^[>*_\s]+|[*_\s]+$/g, '')
    .split(/[\s,·|/]+/u)
    .filter((word) => word !== '');
  if (words.length === 0 || words.length > MOST_TAGS * 2) return false;
  if (!words.every((word) => /^\\?#[\p{L}\p{N}_][^\s#]*$/u.test(word))) return false;
  return words.length > 1 || /^\\?#\p{L}{2,}/u.test(words[0] ?? '');
}

/** The tags of a line with a label of its own (`태그: a, b`), or of hashtags; null when it is neither. */
export function tagsOfLine(line: string): string[] | null {
  if (isHashtags(line)) return tagsIn(line);
  const label = labelOf(line);
  return label !== null && isTagKey(label.key) ? tagsIn(label.value) : null;
}

/** Does a heading or a label without value say that tags follow? */
export function announcesTags(line: string): boolean {
  const heading = headingOf(line);
  if (heading !== null) return isTagKey(bare(heading.text));
  const label = labelOf(line);
  return label === null ? isTagKey(bare(line)) && !isBlank(line) : label.value === '' && isTagKey(label.key);
}

/** The tags of a text: after `#`, or between commas and line ends. */
export function tagsIn(text: string): string[] {
  const lines = text.split('\n').slice(0, MOST_TAGS);
  const parts = lines.flatMap((line) => {
    const plain = line.replace(/^\s*(?:[-*+•·▪>]|\d{1,2}[.)])\s+/u, '');
    return plain.includes('#') ? plain.split(/#|,/) : plain.split(/[,，、·|;]|\s\/\s|`\s+`/u);
  });
  const tags = parts
    .filter((part) => part.length <= LONGEST_HEADING)
    .map((part) => part.replace(/^[\s"'“”‘’`*_[\](){}\\]+|[\s"'“”‘’`*_[\](){}\\.]+$/gu, ''))
    .filter((tag) => tag !== '' && tag.length <= LONGEST_TAG && /\p{L}|\p{N}/u.test(tag));
  return [...new Set(tags)].slice(0, MOST_TAGS);
}

/** May a line stand below a heading for tags? */
export function isTagLine(line: string): boolean {
  if (line.length > LONGEST_TAG * MOST_TAGS || /[.!?。]\s*$/.test(line.trim())) return false;
  const tags = tagsIn(line);
  return tags.length > 0 && tags.join('').length >= line.replace(/[\s#,·|/`*_-]/g, '').length * 0.6;
}

/** The tags of a fence that holds title, tags and counts for machines; null when it holds something else. */
export function tagsOfData(opening: string, text: string): string[] | null {
  if (!/^ {0,3}`{3,}\s*(?:json|ya?ml|toml)\s*$/i.test(opening)) return null;
  if (!/title|제목|tags|태그|word_?count/iu.test(text)) return null;
  return tagsIn(/["']?(?:tags|태그|keywords)["']?\s*:\s*(\[[^\]]*\]|[^\n]*)/iu.exec(text)?.[1] ?? '');
}
