/** Narration as it is said aloud: every paragraph in quotation marks, and what it quotes in single ones. */
export function quotation(text: string): string {
  if (text === '') return '';
  return text
    .split('\n\n')
    .map((paragraph) => `“${paragraph.replaceAll('“', '‘').replaceAll('”', '’')}”`)
    .join('\n\n');
}
