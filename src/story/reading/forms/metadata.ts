import { LONGEST_HEADING } from '../../thresholds.js';
import { bare, isBlank, isDecorated, labelOf, type Span } from './lines.js';
import { isTagKey } from './tags.js';
import { isGenre } from './title.js';
import { isOnly } from './vocabulary.js';

// Lines that tell about a text: its genre, length, date, author. A form that belongs to the story has such lines too;
// it is told by keys that only forms have.

/** Keys that nothing but an account of the text has. */
const SURE_KEYS =
  /장르|분량|글자|자수|단어|태그|키워드|문체|시점|소재|주제|테마|로그라인|시놉시스|줄거리|분류|카테고리|작가|지은이|저자|모델|시리즈|회차|형식|어조|톤|분위기|등장인물|두려움|반전|예상|읽는|부제|공포도|수위|연령|작성일|집필|생성일|수정일|genre|tag|author|words?|character|theme|pov|synopsis|logline|mood|tone|created|generated|model|reading/iu;

const BYLINE =
  /^(?:(?:글|지은이|작가|저자|글쓴이|쓴\s?이|작성|집필)\s*(?:[:：.|\-–—]\s*\S.{0,30}|\s[a-z].{0,30})|(?:written )?by[.:]?\s+\S.{0,30})$/iu;

/** `[본문]`, `**본문 시작**`, `=== 소설 ===`, `본문:`: says that the story follows. */
export function isBodyLabel(line: string): boolean {
  const plain = bare(line)
    .replace(/[:：]\s*$/, '')
    .trim();
  if (plain === '' || plain.length > 20 || !isOnly('body', plain)) return false;
  if (/^(?:본문|본편|전문|원문)(?:\s?시작)?$/.test(plain)) return true;
  return (
    /본문|본편|전문|시작|body|content|story|소설|이야기/iu.test(plain) &&
    (isDecorated(line) || /[:：]\s*$/.test(line)) &&
    !isGenre(plain)
  );
}

/** `답변:`, `Assistant:`: who speaks, alone on its line. */
export const isRole = (line: string): boolean =>
  /^(?:assistant|model|ai|bot|claude|gpt|chatgpt|답변|응답|출력|결과|결과물|완성본|최종본|최종\s?결과물|output|response|answer|result)\s*[:：]?$/iu.test(
    bare(line),
  ) &&
  (isDecorated(line) || /[:：]\s*$/.test(line));

/** `글: Claude`, `by Claude`, `*심리 호러 단편*`: who wrote it, or of which kind it is. */
export function isByline(line: string): boolean {
  const plain = bare(line);
  return BYLINE.test(plain) || (isGenre(plain) && plain.length >= 2);
}

/** Does a line only tell about the text, by a key and a value? */
function metadataKeyOf(line: string): { key: string; isSure: boolean } | null {
  const label = labelOf(line);
  if (label === null || label.key === '') return null;
  const { key } = label;
  const isKnown = isTagKey(key) || isOnly('meta', key) || isOnly('count', key) || isOnly('date', key);
  return isKnown ? { key, isSure: SURE_KEYS.test(key) } : null;
}

/** Is a label's key one that forms have, and accounts of a text do not? */
const isFormKey = (line: string): boolean => {
  const label = labelOf(line);
  return label !== null && !isOnly('meta', label.key) && !isTagKey(label.key) && isOnly('form', label.key);
};

/** Is the block the head of a form, such as a report or a letter? */
export function isFormBlock(lines: readonly string[], { from, to }: Span): boolean {
  return lines.slice(from, to).some(isFormKey);
}

/**
 * The lines from one on that tell about the text; several may stand on one line, between `|` or `/`.
 * @returns where they end; null when there is none, or nothing sure among them
 */
export function metadataLines(lines: readonly string[], { from, to }: Span): number | null {
  let [at, isSure] = [from, false];
  while (at < to) {
    const line = lines[at] ?? '';
    // A row of a table is not told by its cells alone.
    if (isBlank(line) || line.length > LONGEST_HEADING || line.startsWith('|')) break;
    const parts = line.split(/\s+[|/·]\s+/u);
    const [first = ''] = parts;
    // `장르 | 심리 호러`: a key and its value, as in a table.
    const isPair =
      parts.length === 2 && labelOf(first) === null && SURE_KEYS.test(first) && isOnly('meta', bare(first));
    const keys = isPair ? [{ key: bare(first), isSure: true }] : parts.map(metadataKeyOf);
    if (keys.some((key) => key === null)) break;
    isSure ||= keys.some((key) => key?.isSure === true);
    at++;
  }
  return at > from && isSure ? at : null;
}
