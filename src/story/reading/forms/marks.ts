import { LONGEST_MARK_LINE } from '../../thresholds.js';
import { bare, isDecorated, isListItem, isQuoted, labelOf } from './lines.js';
import { sameTitle } from './title.js';
import { isOnly } from './vocabulary.js';

// Marks that end a text, count it or date it: short lines of nothing but words for that.

/** What an end may be of: a chapter, a piece of writing. A recording, a log, a call are the story's own. */
const SUBJECT =
  '(?:제?\\d{1,4}(?:화|장|회|부|편|권|막|차)?|[ivxl]{1,5}|이|본|소설|단편|이야기|본편|본문|작품|원고|초고|초안|에피소드|챕터|스토리|괴담|창작|전체|상편|하편|전편|후편|최종화|마지막화|마지막회|chapter|part|episode|story)';
const END_PIECE = new RegExp(`^${SUBJECT}*의?(?:끝|완|완결|終|完|마침|완료|완성|종료|fin|finis|end|theend)$`, 'iu');
const WRITTEN_PIECE =
  /^(?:소설|단편|원고|초고|초안|글|본문|이야기|작품|스토리|최종|전체)?(?:작성|출력|집필|생성|창작)(?:이|을)?(?:완료|끝|종료|완료됨|완료했습니다|완료되었습니다|마침|마칩니다)$/u;
const NEXT_PIECE =
  /^(?:다음에?|제?\d{1,4})(?:화|회|편|장|부|시간|이야기|에피소드)?(?:에서|에|으로|로)?(?:계속|계속됩니다|계속된다|계속됨|이어집니다|이어진다|이어짐|이어질예정)$|^계속$|^tobecontinued(?:inthenext(?:chapter|episode|part))?$|^tbc$/iu;
const ENGLISH_END =
  /^(?:the)?end(?:of)?(?:the)?(?:story|chapter|part|episode|novel|tale|text|output|response)?\d{0,3}$|^(?:chapter|part|episode)\d{1,3}end$/iu;
/** Words that end plays and peals as well. */
const ONLY_DECORATED = /^(?:종|막|계속)$/u;

/** Is a line an end marker: `(끝)`, `12화 끝. 다음 화에서 계속.`, `— 〈검은 방〉 끝 —`, `The End`? */
export function isEndMarker(line: string, title: string | null): boolean {
  if (line.length > LONGEST_MARK_LINE) return false;
  if (/^[\s*_(]*(?:🔚|🏁|🎬)[\s*_)]*$/u.test(line)) return true;
  const plain = bare(line);
  if (!/\p{L}/u.test(plain)) return false;
  if (ONLY_DECORATED.test(plain.replace(/[.…]+$/u, ''))) return isDecorated(line) || plain === '계속';
  const pieces = plain
    .split(/[.!~|,·…:]+|\s[-–—―]+\s|[<>「」『』《》〈〉()[\]"'“”‘’]+/u)
    .map((piece) => piece.trim())
    .filter((piece) => piece !== '');
  const kinds = pieces.map((piece) => pieceOf(piece, title));
  return kinds.includes('end') && !kinds.includes('other');
}

/** The end marker behind the last sentence of a line: `… 닫혔다. (끝)`; null when there is none. */
export function markerAtEnd(line: string, title: string | null): string | null {
  const tail = line.slice(-LONGEST_MARK_LINE / 2);
  const match =
    /(?<=[.!?…。"”’」』)\]*_]\s*)([[(<〈【*_-][^.!?…。"”\n]{1,24}[\])>〉】*_-])$/u.exec(tail) ??
    /(?<=[.!?…。"”’」』]\s+)(the end|fin|終|完)\.?$/iu.exec(tail);
  return match === null || match.index === 0 || !isEndMarker(match[0], title) ? null : match[0];
}

function pieceOf(piece: string, title: string | null): 'end' | 'subject' | 'other' {
  const letters = piece.toLowerCase().replace(/[\s\-–—_*]+/gu, '');
  if ([END_PIECE, WRITTEN_PIECE, NEXT_PIECE, ENGLISH_END].some((pattern) => pattern.test(letters))) return 'end';
  if (letters === '' || /^제?\d{1,4}(?:화|장|회|부|편|권|막)?$/u.test(letters)) return 'subject';
  if (title === null) return 'other';
  if (sameTitle(piece, title)) return 'subject';
  return /(?:끝|완|完|終|end)$/iu.test(piece) && sameTitle(piece.replace(/\s*(?:끝|완|完|終|end)$/iu, ''), title)
    ? 'end'
    : 'other';
}

const CHARACTERS = /\d[\d,.]*\s?(?:만|천)?\s?\d*\s?(?:자|글자|매|단어|어절|characters?|chars?|words?|tokens?|토큰)/iu;
/** Pages and minutes are a count only of something to read. */
const READING_TIME = /\d\s?(?:분|쪽|페이지|min)/iu;
const COUNTED = /분량|글자|읽는|독서|예상|소요|원고|공백|총|약|reading|words?|char|length|\d{3}/iu;
const COUNT_WORDS =
  /총|전체|약|대략|본문|공백|띄어쓰기|포함|제외|미포함|분량|글자\s?수|글자|자수|단어\s?수|단어|어절|원고지|기준|정도|내외|가량|현재|최종|작성|완성|길이|환산|200자|한글|읽는|예상|독서|소요|시간|입니다|이에요|예요|됩니다|했습니다|였습니다|으로|이며|이고|수|words?|count|characters?|chars?|length|total|approx(?:imately)?|about|tokens?|토큰|including|excluding|spaces?|reading|time|min(?:utes?)?|korean|in|of|매|자|장|쪽|페이지|분|로|는|은|의|을|를|도/giu;

/** Is a line a count of characters or words: `(공백 포함 4,247자)`, `분량: 약 3,500자입니다.`? */
export function isCount(line: string): boolean {
  if (line.length > LONGEST_MARK_LINE || !COUNTED.test(line)) return false;
  const isTime = READING_TIME.test(line) && /분량|읽는|독서|원고|reading/iu.test(line);
  if (!CHARACTERS.test(line) && !isTime) return false;
  return line.replace(COUNT_WORDS, '').replace(/[\s\d\p{P}\p{S}\p{M}\u200d]+/gu, '') === '';
}

const DAY =
  /(?:19|20)\d\d\s?[년.\-/]\s?\d{1,2}(?:\s?[월.\-/]\s?\d{1,2}\s?일?)?\.?(?:\s?[(（]?[월화수목금토일][)）]?)?(?:[T\s]+\d{1,2}:\d{2}(?::\d{2})?)?/gu;

const WRITING = /창작|작성|집필|생성|수정|완성|업데이트|발행|created|generated|updated|written|modified|published/iu;

/** Is a line the date on which the text was made: `_작성일: 2026-11-28_`? A bare date belongs to a letter. */
export function isWritingDate(line: string): boolean {
  if (line.length > LONGEST_MARK_LINE || !WRITING.test(line)) return false;
  const rest = bare(line.replace(DAY, ' ')).replace(/\d{1,2}:\d{2}/g, '');
  return rest !== bare(line) && isOnly('date', rest);
}

/** Is a line a date and nothing else? */
export const isBareDate = (line: string): boolean =>
  line.length <= LONGEST_MARK_LINE && line.search(DAY) >= 0 && bare(line.replace(DAY, ' ')) === '';

/** Fields of an evaluation that a model fills in, or leaves empty. */
const SCORE =
  /^[\s_*]*(?:\d{1,3}(?:\.\d)?\s?(?:\/|점|%|out of)\s?\d{0,3}점?|[★☆⭐]+(?:\s?\(?\d.*)?|[상중하]|✓|✔|✅|❌|o|x|yes|no|통과|적합|충족|완료|해당\s?없음|없음|n\/a|-+|_+|tbd|미정)?[\s_*]*$/iu;

/** Is a line a field about the text: empty (`- **문체 일치도**:`), or with a score (`공포 지수: 8/10`)? */
export function isField(line: string): boolean {
  const label = labelOf(line);
  if (label === null || !(label.isSetOff || isListItem(line) || isQuoted(line))) return false;
  const isAbout = isOnly('note', label.key) || isOnly('meta', label.key) || isOnly('count', label.key);
  return isAbout && SCORE.test(label.value);
}
