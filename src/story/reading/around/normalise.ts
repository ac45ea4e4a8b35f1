/** Line ends of other systems, and the characters that Unicode made for them. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const LINE_ENDS = /\r\n?|[\u000b\u000c\u0085\u2028\u2029]/g;

/** Control characters other than tab and line feed, and marks of byte order: invisible, and trouble for every reader. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const CONTROLS = /[\u0000-\u0008\u000e-\u001f\u007f-\u009f\ufeff]/g;

/** Zero-width space, joiners, word joiner, soft hyphen: at the edge of a line they join nothing. */
const ZERO_WIDTH = new Set(['\u200b', '\u200c', '\u200d', '\u200e', '\u200f', '\u2060', '\u00ad']);

/** One form for every text: LF, NFC, no control characters, no zero-width characters at edges, no space around. */
export function normalise(raw: string): string {
  return withoutBlankEdges(
    raw
      .replace(LINE_ENDS, '\n')
      .replace(CONTROLS, '')
      .normalize('NFC')
      .split('\n')
      .map(withoutZeroWidthEdges)
      .join('\n'),
  );
}

/** Without blank lines above and space below; the first line keeps its indentation. */
export function withoutBlankEdges(text: string): string {
  const start = text.length - text.trimStart().length;
  return text.slice(text.lastIndexOf('\n', start - 1) + 1).trimEnd();
}

/** Only characters of zero width go; space among them stays, for it may be an indentation. */
function withoutZeroWidthEdges(line: string): string {
  let start = 0;
  while (start < line.length && isEdge(line[start] ?? '')) start++;
  let end = line.length;
  while (end > start && isEdge(line[end - 1] ?? '')) end--;
  const [before, after] = [line.slice(0, start), line.slice(end)];
  return `${visible(before)}${line.slice(start, end)}${visible(after)}`;
}

const isEdge = (character: string): boolean => ZERO_WIDTH.has(character) || /\s/.test(character);

const visible = (edge: string): string =>
  edge === '' ? '' : [...edge].filter((each) => !ZERO_WIDTH.has(each)).join('');
