import { parse } from 'yaml';
import { LONGEST_TITLE } from '../../thresholds.js';
import { isRule } from '../forms/lines.js';
import { tagsIn } from '../forms/tags.js';
import { cleanTitle } from '../forms/title.js';

/** The model's own frontmatter at the top of its answer. */
export interface Frontmatter {
  /** The number of the line after it. */
  to: number;
  title: string | null;
  tags: string[];
}

/** Lines of the longest frontmatter. */
const MOST_LINES = 40;

const TITLE_KEYS = ['title', '제목'];
const TAG_KEYS = ['tags', 'tag', '태그', 'keywords', '키워드'];
/** One of these says that it is about a text, and not the head of a form that belongs to the story. */
const KNOWN_KEYS = new Set([
  ...TITLE_KEYS,
  ...TAG_KEYS,
  ...['author', 'genre', '장르', 'description', '설명', 'wordcount', 'word_count', 'draft', 'categories', 'category'],
  ...['date', 'slug', 'layout', 'lang', '분량'],
]);

/** Keys of forms: the head of a report, of a letter. */
const FORM_KEYS =
  /^(?:작성자|보고자|기록자|담당자?|근무자|수신|발신|참조|받는 ?사람|보낸 ?사람|일시|사건 ?번호|문서 ?번호|from|to|subject)$/i;

/** Reads frontmatter between two `---` (YAML) or `+++` (TOML), or in a fence for YAML; null when there is none at this line. */
export function frontmatterAt(lines: readonly string[], from: number): Frontmatter | null {
  const opening = lines[from]?.trim() ?? '';
  if (!/^(?:-{3,}|\+{3}|`{3}\s*ya?ml)$/i.test(opening)) return null;
  const fence = opening.startsWith('`') ? '```' : opening;
  const isEnd = (line: string) => line.trim() === fence || (fence.startsWith('-') && line.trim() === '...');
  const window = lines.slice(from + 1, from + 1 + MOST_LINES);
  const length = window.findIndex(isEnd);
  if (length < 1) return null;
  const fields = readFields(window.slice(0, length), fence.startsWith('+') ? '=' : ':');
  return fields === null ? null : { to: from + length + 2, ...fields };
}

/** Title and tags of lines that are all keys with values, or items of a list; null when they are something else. */
function readFields(lines: readonly string[], separator: ':' | '='): Omit<Frontmatter, 'to'> | null {
  const pattern =
    separator === ':'
      ? /^([\p{L}_][\p{L}\p{N}_ -]{0,30}?)\s*:(?:\s+(.*))?$/u
      : /^([\p{L}_][\p{L}\p{N}_ -]{0,30}?)\s*=\s*(.*)$/u;
  const values = new Map<string, string>();
  let key: string | null = null;
  for (const line of lines) {
    if (line.trim() === '' || /^\s*#/.test(line)) continue;
    const field = line.length > 400 ? null : pattern.exec(line.trimEnd());
    if (field !== null) {
      key = (field[1] ?? '').toLowerCase();
      values.set(key, field[2] ?? '');
    } else if (key !== null && /^\s*-\s|^\s{2,}\S|^\s*[\]}]/.test(line)) {
      values.set(key, `${values.get(key)}\n${line.trim()}`);
    } else {
      return null;
    }
  }
  const keys = [...values.keys()];
  if (!keys.some((each) => KNOWN_KEYS.has(each)) || keys.some((each) => FORM_KEYS.test(each))) return null;
  const fieldOf = (names: readonly string[]) =>
    names.map((name) => values.get(name)).find((value) => value !== undefined);
  const title = fieldOf(TITLE_KEYS);
  const tags = fieldOf(TAG_KEYS);
  return {
    title: title === undefined ? null : cleanTitle(scalarOf(title)) || null,
    tags: tags === undefined ? [] : tagsIn(tags.replace(/^\s*[|>]-?\s*$/gm, '')),
  };
}

/** A YAML scalar without its quotes; as it stands when it is not valid YAML. */
function scalarOf(value: string): string {
  try {
    const parsed: unknown = parse(value.slice(0, LONGEST_TITLE * 4));
    return typeof parsed === 'string' || typeof parsed === 'number' ? String(parsed) : value;
  } catch {
    return value;
  }
}

/** The model's own YAML without the opening rule: keys at the very top, then `---`. */
export function openFrontmatterAt(lines: readonly string[], from: number): Frontmatter | null {
  const window = lines.slice(from, from + MOST_LINES);
  const length = window.findIndex((line) => isRule(line));
  if (length < 2 || window.slice(0, length).some((line) => line.trim() === '')) return null;
  const fields = readFields(window.slice(0, length), ':');
  return fields === null || fields.title === null ? null : { to: from + length + 1, ...fields };
}
