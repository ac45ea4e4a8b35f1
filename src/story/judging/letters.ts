import { BROKEN, FOREIGN, LEAST_KOREAN } from '../thresholds.js';
import type { Finding } from './loops.js';

// What a text is written in: Korean letters, other scripts, remains of characters that were broken on the way.

const countOf = (text: string, pattern: RegExp): number => text.match(pattern)?.length ?? 0;

const LETTER = /\p{L}/u;
const HANGUL = /\p{Script=Hangul}/u;

/** The letters of a text, counted. */
export interface Letters {
  all: number;
  hangul: number;
  /** Is there anything but ASCII, punctuation, symbols and modern Hangul? */
  hasOthers: boolean;
}

/** Counts in one pass; syllables, ASCII and punctuation are nearly everything, and told by their codes. */
export function countLetters(text: string): Letters {
  const letters: Letters = { all: 0, hangul: 0, hasOthers: false };
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code >= 0xac00 && code <= 0xd7a3) {
      letters.all++;
      letters.hangul++;
    } else if (code < 0x80) {
      const lower = code | 0x20;
      if (lower >= 0x61 && lower <= 0x7a) letters.all++;
    } else if (!(code >= 0x2000 && code <= 0x2bff) && !(code >= 0x3000 && code <= 0x303f)) {
      const character = String.fromCodePoint(text.codePointAt(at) ?? code);
      if (LETTER.test(character)) letters.all++;
      if (HANGUL.test(character)) letters.hangul++;
      letters.hasOthers = true;
      at += character.length - 1;
    }
  }
  return letters;
}

/** Is it a Korean text? Names and screens may be in other letters. */
export const isKorean = ({ all, hangul }: Letters): boolean => all > 0 && hangul / all >= LEAST_KOREAN;

/** Scripts that a Korean story has now and then, in a name or on a sign. Latin is everywhere, Greek in formulas. */
const FOREIGN_SCRIPTS =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Cyrillic}\p{Script=Thai}\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Devanagari}\p{Script=Bengali}\p{Script=Tamil}\p{Script=Georgian}\p{Script=Armenian}]/gu;

/** A reading or a meaning in brackets: `상가(喪家)`. */
const GLOSS = /[(（[][^()（）[\]\n]{1,20}[)）\]]/g;

/** Finds letters of other scripts outside of brackets. */
export function findForeign(text: string): Finding | null {
  const plain = text.replace(GLOSS, '');
  const letters = countOf(plain, FOREIGN_SCRIPTS);
  if (letters === 0) return null;
  const share = letters / Math.max(1, countOf(plain, /\p{L}/gu));
  const isFailure = letters >= FOREIGN.letters && share >= FOREIGN.share;
  return { isFailure, detail: `${letters}자` };
}

/** Places where a syllable was lost: runs of U+FFFD, half surrogates. */
const LOST = /\ufffd+|\p{Cs}+/gu;
/** UTF-8 that was read as Latin-1, and escapes that were never resolved. */
const MISREAD = /(?:[\u00c2-\u00ef][\u00a0-\u00bf]{1,2}){2,}|(?:\\u[0-9a-f]{4})+|(?:&#x?[0-9a-f]{2,6};)+/giu;
/** Syllables taken apart: a consonant and a vowel of their own side by side, or jamo that join to nothing. */
const APART = /[ㄱ-ㅎ][ㅏ-ㅣ]|[ᄀ-ᇿ]/gu;

/** A character of one of these at least. */
const MAY_BE_BROKEN = /[\ufffd\u00c2-\u00ef\\&ㄱ-ㅣᄀ-ᇿ]/;

/** Finds characters that were broken on the way. */
export function findBroken(text: string): Finding | null {
  if (!MAY_BE_BROKEN.test(text) && text.isWellFormed()) return null;
  const lost = countOf(text, LOST) + countOf(text, MISREAD);
  const apart = countOf(text, APART);
  if (lost === 0 && apart < BROKEN.apartDoubt) return null;
  const isFailure = lost > BROKEN.lostDoubt || apart >= BROKEN.apartFailure;
  return { isFailure, detail: `${lost + apart}곳` };
}
