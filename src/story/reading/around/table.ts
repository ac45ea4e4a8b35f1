import { LEAST_FENCED_SHARE } from '../../thresholds.js';
import { isBlank } from '../forms/lines.js';
import { isBodyLabel } from '../forms/metadata.js';
import { headingKindOf, labelledTitle } from '../forms/title.js';
import { fromOutside, type Unwrapped } from './outside.js';

// A Markdown table around a whole answer: a column of paragraphs, or one cell that holds the text.

/** Unwraps a table in which the story stands; a log or a form in columns is the story's own. */
export function unwrapTable(text: string): Unwrapped | null {
  if (!text.includes('|')) return null;
  const lines = text.split('\n');
  const isRow = (line: string) => line.trimStart().startsWith('|');
  const [from, last] = [lines.findIndex(isRow), lines.findLastIndex(isRow)];
  const inside = lines.slice(from, last + 1);
  if (from < 0 || inside.length < 3 || !inside.every((line) => isRow(line) || isBlank(line))) return null;
  const rows = inside.filter(isRow).map(cellsOf);
  const rule = rows.findIndex((cells) => cells.every((cell) => /^:?-+:?$/.test(cell)));
  if (rule < 0) return null;
  const story = columnOf(rows, rule) ?? cellOf(rows, rule);
  if (story === null || story.length < text.length * LEAST_FENCED_SHARE) return null;
  return fromOutside({
    before: lines.slice(0, from).join('\n').trim(),
    inside: story,
    after: lines
      .slice(last + 1)
      .join('\n')
      .trim(),
    marks: '| --- |',
  });
}

const cellsOf = (row: string): string[] =>
  row
    .trim()
    .replace(/^\||\|$/g, '')
    .split('|')
    .map((cell) => cell.trim());

/** The paragraphs of a table with one column; its head is the title, or a label for the text. */
function columnOf(rows: readonly string[][], rule: number): string | null {
  if (!rows.every((cells) => cells.length === 1)) return null;
  const cells = rows.map(([cell = '']) => cell);
  const head = cells.slice(0, rule).filter((cell) => cell !== '' && !isBodyLabel(`**${cell}**`));
  const titles = head.map((cell) => (headingKindOf(cell) === 'title' ? `# ${cell}` : cell));
  return [...titles, ...cells.slice(rule + 1)].map(withLines).join('\n\n');
}

/** The one cell that holds most of the text, below the title that its neighbour, or the head of its column, names. */
function cellOf(rows: readonly string[][], rule: number): string {
  const longest = rows.flat().reduce((a, b) => (b.length > a.length ? b : a), '');
  const names = (cell = '') => cell !== '' && labelledTitle(`${cell}:`) === '';
  const column = rows[0]?.findIndex(names) ?? -1;
  const below = rows.slice(rule + 1);
  const title = column >= 0 && rule > 0 ? below[0]?.[column] : below.find(([key]) => names(key))?.[1];
  return [...(title === undefined || title === longest ? [] : [`# ${title}`]), withLines(longest)].join('\n\n');
}

const withLines = (cell: string): string => cell.replace(/<br\s*\/?>/gi, '\n').replace(/\\\|/g, '|');
