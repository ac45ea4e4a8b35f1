/** Line ends of other systems, and the characters that Unicode made for them. */
const LINE_ENDS = /\r\n?|[\u0085\u2028\u2029]/g;

/** Control characters other than tab and line feed, and marks of byte order: invisible, and trouble for every reader. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\ufeff]/g;

/** Zero-width characters at the edge of a line, where they join nothing. */
const ZERO_WIDTH_EDGES = /^[\u200b-\u200d\u2060\u00ad]+|[\u200b-\u200d\u2060\u00ad]+$/gm;

/** One form for every text: LF, NFC, no control characters, no zero-width characters at the edges, no space around. */
export function normalise(raw: string): string {
  return raw.replace(LINE_ENDS, '\n').replace(CONTROLS, '').replace(ZERO_WIDTH_EDGES, '').normalize('NFC').trim();
}
