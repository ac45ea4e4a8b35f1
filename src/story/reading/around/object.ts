import { parse } from 'yaml';
import { FEWEST_ESCAPED_LINES, LEAST_FENCED_SHARE, MOST_CONTAINERS } from '../../thresholds.js';
import { tagsIn } from '../forms/tags.js';
import type { RemovedText } from '../removed-text.js';
import { fromOutside, type Unwrapped } from './outside.js';

// A whole answer as an object of JSON or YAML, or with its line ends written as `\n`.

const TITLE_KEYS = ['title', '제목', 'name'];
const TAG_KEYS = ['tags', '태그', 'keywords', 'hashtags'];
/** Names of parts of a text, where a list has objects for them. */
const PART_KEYS = ['text', 'content', 'body', 'paragraph', '본문', '내용', '문단'];

/** Unwraps an object with the story as its longest text, and line ends written as `\\n`. */
export function unwrapObject(text: string): Unwrapped | null {
  return unwrapJson(text) ?? unwrapYaml(text) ?? unescapeLines(text);
}

/** A key at the top, and a text below a key, set in from the left. */
const YAML = /^[\p{L}_]{1,20}:[\s\S]{0,2000}?(?:^|\n)[\p{L}_]{1,20}:[ \t]*[|>][-+]?[ \t]*\n(?:[ \t]*\n)*[ \t]+\S/u;

function unwrapYaml(text: string): Unwrapped | null {
  if (!YAML.test(text)) return null;
  const found = asObject(parseYaml(text));
  const story = found === null ? null : storyIn(found, 0);
  if (story === null || story.text.length < text.length * LEAST_FENCED_SHARE) return null;
  const removed: RemovedText[] = [{ what: 'fence', where: 'around', text: story.rest }];
  return { text: story.text.trim(), title: story.title, tags: story.tags, removed };
}

function parseYaml(text: string): unknown {
  try {
    return parse(text);
  } catch {
    return null;
  }
}

function unwrapJson(text: string): Unwrapped | null {
  const [from, to] = [text.indexOf('{'), text.lastIndexOf('}') + 1];
  if (from < 0 || to - from < text.length * LEAST_FENCED_SHARE) return null;
  const object = parseObject(text.slice(from, to));
  const found = object === null ? null : storyIn(object, 0);
  if (object === null || found === null || found.text.length < (to - from) * LEAST_FENCED_SHARE) return null;
  const around = fromOutside({
    ...{ before: text.slice(0, from).trim(), inside: found.text.trim(), after: text.slice(to).trim() },
    marks: found.rest,
  });
  return around === null ? null : { ...around, title: found.title, tags: [...found.tags, ...around.tags] };
}

interface Found {
  text: string;
  title: string | null;
  tags: string[];
  /** All the other fields, as JSON. */
  rest: string;
}

/** The longest text of an object, with what its other fields say about it; objects may stand in each other. */
function storyIn(object: Record<string, unknown>, depth: number): Found | null {
  const entries = Object.entries(object);
  const texts = entries.map(([key, value]) => ({ key, value, text: textOf(value) }));
  const longest = texts.reduce((a, b) => (b.text.length > a.text.length ? b : a), { key: '', value: null, text: '' });
  const inner = entries
    .flatMap(([key, value]) =>
      isObject(value) && depth < MOST_CONTAINERS ? { key, found: storyIn(value, depth + 1) } : [],
    )
    .reduce<{ key: string; found: Found } | null>(
      (best, { key, found }) =>
        found !== null && found.text.length > (best?.found.text.length ?? 0) ? { key, found } : best,
      null,
    );
  const isInner = inner !== null && inner.found.text.length > longest.text.length;
  const [key, found] = isInner ? [inner.key, inner.found] : [longest.key, null];
  if (key === '') return null;
  const title = entries.find(
    ([name, value]) => TITLE_KEYS.includes(name.toLowerCase()) && typeof value === 'string',
  )?.[1];
  const [, tags] = entries.find(([name]) => TAG_KEYS.includes(name.toLowerCase())) ?? [];
  const others = Object.fromEntries(entries.filter(([name]) => name !== key));
  const list = Array.isArray(tags) ? tags.join(',') : typeof tags === 'string' ? tags : '';
  return {
    text: found?.text ?? longest.text,
    title: found?.title ?? (typeof title === 'string' && key !== 'title' ? title : null),
    tags: [...tagsIn(list), ...(found?.tags ?? [])],
    rest: [JSON.stringify(others), ...(found === null ? [] : [found.rest])].join('\n'),
  };
}

/** A text, or the paragraphs of a list as one; '' for anything else. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (!Array.isArray(value)) return '';
  const parts = value.map((part: unknown) =>
    isObject(part) ? PART_KEYS.map((key) => part[key]).find((each) => typeof each === 'string') : part,
  );
  return parts.every((part) => typeof part === 'string') ? parts.join('\n\n') : '';
}

function unescapeLines(text: string): Unwrapped | null {
  const escapes = text.includes('\n') ? 0 : text.split('\\n').length - 1;
  if (escapes < FEWEST_ESCAPED_LINES) return null;
  const removed: RemovedText[] = [{ what: 'fence', where: 'around', text: '\\n' }];
  return { text: text.replaceAll('\\n', '\n').replaceAll('\\"', '"').trim(), title: null, tags: [], removed };
}

/** Models forget to escape the line ends of a long text, which JSON does not allow. */
function parseObject(text: string): Record<string, unknown> | null {
  return tryParse(text) ?? tryParse(withEscapedLines(text));
}

function withEscapedLines(text: string): string {
  let [escaped, isInString] = ['', false];
  for (let at = 0; at < text.length; at++) {
    const character = text[at] ?? '';
    if (character === '\\') {
      escaped += character + (text[++at] ?? '');
      continue;
    }
    if (character === '"') isInString = !isInString;
    escaped += isInString && character === '\n' ? '\\n' : isInString && character === '\t' ? '\\t' : character;
  }
  return escaped;
}

function tryParse(text: string): Record<string, unknown> | null {
  try {
    return asObject(JSON.parse(text));
  } catch {
    return null;
  }
}

const asObject = (value: unknown): Record<string, unknown> | null => (isObject(value) ? value : null);

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
