import { LONGEST_ENDING_FORM } from '../thresholds.js';

/** How a text ends: surely as a text may, surely in the middle of a sentence, or one cannot say. */
export type LastLine = 'ends' | 'breaks_off' | 'unclear';

const SENTENCE_MARK = /[.!?…。！？─—~♪*]$/u;
/** What may close after the last word. */
const CLOSERS = /["'”’」』)\]}>*_~|\-\s]+$/u;
/** Verbs and what else ends a sentence without a mark. */
const FINAL_ENDING =
  /(?:[다요까죠네지라니자군오소마걸]|[음함임됨짐없있]|끝|올림|드림|씀|배상|바람|예정|완료|종료|이상)$/u;
/** Particles, connectives, the stem of a past tense: a word is still to come. */
const OPEN_ENDING =
  /(?:[가-힣](?:을|를|은|는|과|와|의|에|에서|에게|으로|로|까지|부터|처럼|보다|만|도|이|가|며|고|면|서|지만|는데|려고|도록|거나|듯이|면서|어서|아서|니까|므로)|[았었했였겠됐갔왔봤]|[가-힣]던|그리고|하지만|그러나|그래서|그런데)$/u;
/** A conjunction that joins a sentence to nothing. */
const DANGLING = /\S\s(?:그리고|하지만|그러나|그래서|그런데)$/u;
const OPEN_MARK = /[,:;·([{“‘「『]$/u;

/** Looks at the last line of a text. */
export function lastLineOf(text: string): LastLine {
  const trimmed = text.trimEnd();
  const line = trimmed.slice(trimmed.lastIndexOf('\n') + 1).trim();
  if (/^#{1,6}\s/.test(line) || /^(?:[-*+]|\d{1,3}[.)])\s*$/.test(line)) return 'breaks_off';
  if (OPEN_MARK.test(line)) return 'breaks_off';
  const bare = line.slice(-40).replace(CLOSERS, '');
  const isOpen = hasOpenQuotation(line);
  if (SENTENCE_MARK.test(bare)) return isOpen ? 'breaks_off' : 'ends';
  if (isOpen) return 'breaks_off';
  // Brackets, a cell of a table: a form's own last line.
  if (/[)\]|>」』】]$/.test(line)) return 'ends';
  if (/\d$/.test(bare) && !/[:.\-/]\d+$/.test(bare)) return 'breaks_off';
  // An address or a date: `당신의 딸, 수진`, `2024년 11월 3일`.
  if (/,\s?\S{1,8}$/u.test(bare) || /[년월일시분]$/u.test(bare)) return 'ends';
  if (FINAL_ENDING.test(bare)) return 'ends';
  return OPEN_ENDING.test(bare) ? 'breaks_off' : 'unclear';
}

/**
 * Does the last line break off so plainly that one may doubt a model which says that it is done? Short lines of their
 * own, such as a name or a place below a letter, are forms of an ending.
 */
export function surelyBreaksOff(text: string): boolean {
  const line = text.slice(text.trimEnd().lastIndexOf('\n') + 1).trim();
  return (
    lastLineOf(text) === 'breaks_off' &&
    (line.length >= LONGEST_ENDING_FORM || OPEN_MARK.test(line) || hasOpenQuotation(line) || DANGLING.test(line))
  );
}

/** Was a quotation opened on the line and not closed? */
function hasOpenQuotation(line: string): boolean {
  const pairs = [
    ['“', '”'],
    ['「', '」'],
    ['『', '』'],
  ] as const;
  return pairs.some(([open, close]) => line.lastIndexOf(open) > line.lastIndexOf(close));
}
