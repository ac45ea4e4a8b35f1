import { LEAST_TOLD } from './thresholds.js';

/** Marks that may end a sentence, with whatever closes after them; or the end of a line. */
const MARKS = /[.!?…。！？]+["'”’」』)\]*_~]*|\n+/gu;

/** The sentences of a text, trimmed, in their order; lines without a mark count as sentences. */
export function sentencesOf(text: string): string[] {
  const sentences: string[] = [];
  let from = 0;
  for (const match of text.matchAll(MARKS)) {
    const to = match.index + match[0].length;
    // In `3.5` and `a.b` the mark ends nothing.
    if (!match[0].startsWith('\n') && to < text.length && !/\s/.test(text[to] ?? '')) continue;
    const sentence = text.slice(from, to).trim();
    if (sentence !== '') sentences.push(sentence);
    from = to;
  }
  const rest = text.slice(from).trim();
  if (rest !== '') sentences.push(rest);
  return sentences;
}

/** Is a character a letter or a digit of Korean, English or Chinese text? Marks, blanks and pictures are none. */
function isOfWord(code: number): boolean {
  if (code >= 0xac00) return code <= 0xd7a3;
  return code >= 0x3040 || (code >= 0x30 && code <= 0x39) || ((code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a);
}

/** The last letters of a sentence, without the marks behind them: what tells the register. */
function stemOf(sentence: string): string {
  let end = sentence.length;
  while (end > 0 && !isOfWord(sentence.charCodeAt(end - 1))) end--;
  return sentence.slice(Math.max(0, end - 3), end);
}

const POLITE =
  /(?:니다|니까|어요|아요|여요|해요|세요|에요|예요|데요|네요|군요|지요|까요|래요|게요|나요|가요|고요|든요|죠|시오)$/u;

/** Does a sentence speak politely to somebody (합쇼체, 해요체)? */
export const isPolite = (sentence: string): boolean => POLITE.test(stemOf(sentence));

/** Does a sentence tell, in the plain register of narration (해라체)? */
export function isPlain(sentence: string): boolean {
  const stem = stemOf(sentence);
  return (stem.endsWith('다') || stem.endsWith('라')) && !stem.endsWith('니다');
}

/**
 * The share of polite sentences among those whose register can be told, from 0 to 1. Where it can be told of few, as in
 * a log, those few do not speak for all.
 */
export function politeShare(sentences: readonly string[]): number {
  let [polite, plain] = [0, 0];
  for (const sentence of sentences) {
    if (isPolite(sentence)) polite++;
    else if (isPlain(sentence)) plain++;
  }
  return polite === 0 ? 0 : polite / Math.max(polite + plain, sentences.length * LEAST_TOLD);
}

/** Does a text speak politely, as letters and posts do, more than not? */
export const speaksPolitely = (text: string): boolean => politeShare(sentencesOf(text)) > 0.5;
