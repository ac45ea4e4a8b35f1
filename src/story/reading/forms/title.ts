import { isPlain, isPolite } from '../../sentences.js';
import { LONGEST_HEADING, LONGEST_PLAIN_TITLE, LONGEST_TITLE } from '../../thresholds.js';
import { headingOf, isBlank, isEmphasised, isListItem, isQuoted, isRule, labelOf } from './lines.js';
import { isOnly } from './vocabulary.js';

// The forms in which a title stands, and what looks like one and is none.

/** Pairs of marks between which a title as a whole may stand. */
const ENCLOSURES: readonly (readonly [open: string, close: string])[] = [
  ...['""', "''", '“”', '‘’', '「」', '『』', '《》', '≪≫', '〈〉', '<>', '【】', '«»', '``', '[]', '()'].map(
    (pair) => [pair[0] ?? '', pair[1] ?? ''] as const,
  ),
  ...['***', '**', '*', '___', '__', '_', '~', '=', '-', '–', '—', '―', '─'].map((mark) => [mark, mark] as const),
];

/** `제목: `, `[제목] `, `소설 제목 - `, `Title | `: of a line without emphasis. */
const TITLE_LABEL =
  /^[[<【(「『]?\s*(?:(?:소설|작품|단편|이야기|글|호러|공포)\s?(?:소설|단편|의)?\s?)?(?:제목|타이틀|작품명|title)(?:\s?\([^)]{1,8}\))?(?:\s*[\]>】)」』]\s*[:：|=-]?|\s*[:：|=]|\s*[-–—―]+(?=\s))\s*/iu;

/** What a model adds after a title: that it goes on, that it ends, what it is. */
const TITLE_SUFFIX =
  /\s*[([<〈【-]\s*(?:계속|이어서|이어짐|계속됨|끝|완|完|단편|단편\s?소설|호러\s?단편|심리\s?호러(?:\s?단편)?|공포\s?단편|초안|초고|수정본|수정판|최종(?:본|안)?|완성본|전문|가제|continued|cont(?:'d|\.)?|the end|end|draft|final)\s*[)\]>〉】-]\s*$/iu;

/** A genre, and then the title in brackets of its own: `심리 호러 단편 「검은 방」`. */
const GENRE_BEFORE = /^(.{1,24}?)\s*(?:[「『《〈<“"]([^」』》〉>”"]{1,60})[」』》〉>”"])$/u;

/** A genre in brackets before the title: `[단편] 검은 방`, `단편소설 | 검은 방`. */
const GENRE_PREFIX = /^[[<【(]([^\]>】)]{1,16})[\]>】)]\s*(\S.*)$|^([^|:：]{1,16})\s*[|:：]\s+(\S.*)$/u;

/** A number of its own, as sections within a story have. */
const SECTION_NUMBER =
  /^(?:#?\s*\d{1,4}|[ivxlcdm]{1,6}|[①-⑳]|[가-하]|[a-h]|하나|둘|셋|넷|다섯|여섯|일곱|첫째|둘째|셋째|넷째|다섯째)[.)]?$/iu;

/** A chapter without a name: `제3장`, `12화`, `Chapter 4`, `프롤로그`. */
const BARE_CHAPTER =
  /^(?:제\s?)?\d{1,4}\s?(?:화|장|회|부|편|막|권|절)[.:]?$|^(?:chapter|episode|part|ep|act)\.?\s?(?:\d{1,4}|[ivxl]{1,6})[.:]?$|^(?:프롤로그|에필로그|서장|종장|서문|prologue|epilogue)$/iu;

/** `4화: 빈칸`, `Chapter 3 - 빈칸`. */
const NAMED_CHAPTER =
  /^(?:(?:제\s?)?\d{1,4}\s?(?:화|장|회|부|편)|(?:chapter|episode|part|ep)\.?\s?\d{1,4})\s*[.:：\-–—―]\s*\S/iu;

/** A date, an hour, a day: an entry of a diary or a log begins so. */
const STAMP =
  /^[[(<【]?\s*(?:(?:19|20)\d\d\s?[년.\-/]|\d{1,2}\s?월\s?\d{1,2}\s?일|\d{1,2}\s?[./]\s?\d{1,2}(?:\s|$|\.)|\d{1,2}\s?:\s?\d{2}|(?:오전|오후|새벽|밤|아침|저녁|낮|자정|정오)(?:\s?\d|\s?[가-힣]{1,3}\s?시|$)|[가-힣]{1,3}\s?시\s?[가-힣\d]{0,4}\s?분?$|(?:월|화|수|목|금|토|일)요일|\d{1,3}\s?일\s?차|(?:첫|둘|셋|넷|다섯|여섯|일곱|여덟|아홉|열)(?:째|번째|흘째)?\s?(?:날|밤)|사흘째|나흘째|닷새째|d[+-]\d)/iu;

/** A letter is addressed to somebody. */
const SALUTATION =
  /(?:에게|께|한테|귀하|귀중|님|씨|야|아|보아라|보거라|보렴|보세요|전상서|앞|여러분|께\s?드리는\s?글)[,.!~]?$|^(?:dear|to)\b|^(?:사랑하는|보고\s?싶은|존경하는|그리운|친애하는)\s/iu;

/** A line that a form begins with: of a transcript, a log, a form, a review, an exam. */
const FORM_LINE =
  /^[[(<【].*[\])>】]$|^[★☆]|별점|^(?:문제|문항|제\s?\d+\s?문)\s?\d*|^(?:q|a|문|답)\s?[.:]|\d+\s?번\s?(?:문제|테이프|글)|녹취|녹음|기록\s?번호|사건\s?번호|문서\s?번호|접수\s?번호|^no\.|^re:|^log\b|^file\b|\d{4}-\d/iu;

export const isFormLine = (line: string): boolean => line.length <= LONGEST_TITLE && FORM_LINE.test(line.trim());

/** Does a form begin with this line: an address, a date, a stamp? */
export const isFormHead = (line: string): boolean =>
  (line.length <= LONGEST_TITLE && (isFormLine(line) || SALUTATION.test(line.trim()))) ||
  STAMP.test(line.trim()) ||
  /^(?:안녕하(?:세요|십니까)|\S{1,10}(?:님|께|에게|씨),\s)/u.test(line.trim());

/** Marks that decorate a title at either end. */
const ORNAMENTS = /^[■◆◇□▶●▷○◈▣❖✦✧♦◎✵❀☾†⁂]+\s*|\s*[■◆◇□◀●◁○◈▣❖✦✧♦◎✵❀☽†⁂]+$/gu;

/** Without emphasis, quotation marks, label, closing remarks. */
export function cleanTitle(raw: string): string {
  if (raw.length > LONGEST_HEADING) return raw.trim();
  let title = raw.trim();
  for (let round = 0; round < 6; round++) {
    const before = title;
    title = withoutEnclosure(title.replace(TITLE_LABEL, '').trim());
    title = title.replace(TITLE_SUFFIX, '').trim();
    const [, genre = '', named] = GENRE_BEFORE.exec(title) ?? [];
    if (named !== undefined && isGenre(genre)) title = named.trim();
    const [, bracketed, afterBracket, piped, afterPipe] = GENRE_PREFIX.exec(title) ?? [];
    const [prefix, rest] = [bracketed ?? piped, afterBracket ?? afterPipe];
    if (prefix !== undefined && rest !== undefined && isGenre(prefix)) title = rest;
    title = title.replace(/^\\(?=[#*_[\]-])/, '').replace(ORNAMENTS, '');
    if (title === before) break;
  }
  return title;
}

/** Words for the kind of text, none for what is in it. */
export const isGenre = (text: string): boolean => isOnly('body', text) && !/이야기|글/.test(text.trim());

function withoutEnclosure(text: string): string {
  for (const [open, close] of ENCLOSURES) {
    if (text.length <= open.length + close.length || !text.startsWith(open) || !text.endsWith(close)) continue;
    const inside = text.slice(open.length, text.length - close.length);
    // `「가」와 「나」` is no title in brackets.
    if (!inside.includes(open) && !inside.includes(close)) return inside.trim();
  }
  return text;
}

const withoutEmphasis = (text: string): string => text.replace(/\*{2,3}|_{2,3}/g, '').trim();

/** `**제목** 검은 방`: emphasis in place of a colon. */
const BOLD_LABEL = /^(?:\*\*|__)(제목|타이틀|작품명|title)(?:\*\*|__)\s+(?=\S)/iu;

/** The title that a label names (`제목: …`); '' for the label alone; null when the line has no such label. */
export function labelledTitle(line: string): string | null {
  if (line.length > LONGEST_TITLE * 2) return null;
  const unmarked = line.trim().replace(/^(?:#{1,6}\s*|>\s*|[-*•]\s+)(?=\S)/, '');
  const plain = withoutEmphasis(unmarked.replace(BOLD_LABEL, '$1: '));
  const label = TITLE_LABEL.exec(plain);
  if (label !== null) return cleanTitle(plain.slice(label[0].length));
  return /제목|타이틀|작품명|title/i.test(plain) && isOnly('title', plain) ? '' : null;
}

/**
 * - title: names this story
 * - label: says that the title follows (`# 제목`)
 * - body: says that the story follows (`## 본문`)
 * - genre: the kind of text only (`# 심리 호러 단편`)
 * - plan: thoughts about the story (`# 구상`, `## 등장인물`)
 * - tags: tags follow
 * - chapter: a chapter without a name (`# 제3장`)
 * - stamp: a date or an hour, which may be a section's or the story's
 * - section: a number, as sections of a story have
 * - empty: nothing
 */
export type HeadingKind =
  | 'title'
  | 'label'
  | 'body'
  | 'genre'
  | 'plan'
  | 'tags'
  | 'chapter'
  | 'stamp'
  | 'section'
  | 'empty';

/** What a heading at the top of an answer is for. */
export function headingKindOf(text: string): HeadingKind {
  const plain = cleanTitle(withoutEmphasis(text));
  if (plain === '') return labelledTitle(text) === '' ? 'label' : 'empty';
  const labelled = labelledTitle(text);
  if (labelled !== null) return labelled === '' ? 'label' : 'title';
  if (BARE_CHAPTER.test(plain)) return 'chapter';
  if (SECTION_NUMBER.test(plain)) return 'section';
  if (STAMP.test(plain)) return 'stamp';
  if (/태그|해시|키워드|tag|keyword/i.test(plain) && isOnly('tags', plain)) return 'tags';
  if (/^(?:본문|본편|전문|시작|원문|이야기|소설|story|text|content|body)$/i.test(plain)) return 'body';
  if (isGenre(plain)) return 'genre';
  if (PLAN_WORD.test(plain) && (isOnly('note', plain) || isOnly('meta', plain))) return 'plan';
  return 'title';
}

/** Without one of these a heading of words from notes may be a title: `마지막 질문`. */
const PLAN_WORD =
  /구상|기획|개요|소개|분석|메모|노트|설정|요약|시놉시스|등장인물|인물|플롯|구성|줄거리|작업|준비|의도|소재|복선|검토|체크|해설|계획|방향|아이디어|후보|목차|조건|요소|배경|장르|로그라인|plan|outline|note|plot|analysis|synopsis|checklist|setting|character/i;

/**
 * A title that nothing marks as one but its place: a short line of its own above the text.
 * @returns null when the line may as well be the first of the story: a sentence, a date, an address, a form
 */
export function plainTitle(line: string): string | null {
  const plain = cleanTitle(line);
  if (NAMED_CHAPTER.test(plain) && plain.length <= LONGEST_TITLE) return plain;
  // What stands in quotation marks is said, unless `enclosedTitle` knows better.
  if (/^["“'‘]/.test(line.trim())) return null;
  if (plain === '' || plain.length > LONGEST_PLAIN_TITLE || isRule(line) || isListItem(line) || isQuoted(line)) {
    return null;
  }
  if (labelOf(line) !== null || /[.!?…,;:~。！？"'”’)\]]$/u.test(plain) || /\|/.test(plain)) return null;
  if (!/\p{L}/u.test(plain) || isPolite(plain) || isPlain(plain)) return null;
  return STAMP.test(plain) || SALUTATION.test(plain) || FORM_LINE.test(plain) ? null : plain;
}

/** A tag of HTML stands in the same brackets as a title. */
const HTML_TAG =
  /^<\/?(?:[a-z][a-z\d]*\s[^<>]*=|(?:div|p|span|br|hr|body|html|head|section|article|center|h\d|b|i|em|strong)\b)/iu;

/** A title between quotation marks or brackets, alone on its line; null for something that is said. */
export function enclosedTitle(line: string): string | null {
  const trimmed = line.trim();
  const plain = cleanTitle(trimmed);
  if (plain === trimmed || plain === '' || plain.length > LONGEST_TITLE || isListItem(line)) return null;
  if (HTML_TAG.test(trimmed)) return null;
  if (/^[「『《≪〈<«【]/.test(trimmed)) return /^【/.test(trimmed) && FORM_LINE.test(plain) ? null : plain;
  if (!/^["“']/.test(trimmed)) return null;
  return isSaid(plain) ? null : plain;
}

/** Does somebody say this? Speech ends in a mark or a verb, or calls somebody. */
function isSaid(text: string): boolean {
  if (/[.!?…,~。！？—-]$/u.test(text) || isPolite(text) || isPlain(text)) return true;
  return /(?:와|라|려|써|든|겠|고|며|서|야|아|어|지|니|냐|까|게|래|대|네|군|해|자|봐|줘|마|걸|거든|잖아|엄마|아빠|아버지|어머니|할머니|할아버지|언니|오빠|누나|형|여보|누구|저기|여기|왜)$/u.test(
    text,
  );
}

/** A line that is emphasised as a whole and names the story; null when it does not. */
export function emphasisedTitle(line: string): string | null {
  if (!isEmphasised(line)) return null;
  const plain = cleanTitle(line);
  if (plain === '' || plain.length > LONGEST_TITLE || /[.!?…,~。！？"”]$/u.test(plain)) return null;
  // A single star is as often a thought or a sound.
  const isBold = /^\s*(\*\*|__)/.test(line);
  if (STAMP.test(plain)) return null;
  return isBold ||
    (plain.length <= LONGEST_PLAIN_TITLE && !isPolite(plain) && !isPlain(plain) && !SALUTATION.test(plain))
    ? plain
    : null;
}

/** The same title, whatever stands around and between its letters. */
export const sameTitle = (a: string, b: string): boolean => lettersOf(a) === lettersOf(b);

const lettersOf = (title: string): string =>
  cleanTitle(title)
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '');

/** A title underlined as in setext: `검은 방` over `===`. */
export function isUnderline(line: string): boolean {
  return line.length <= 80 && /^ {0,3}(?:={2,}|-{2,})\s*$/.test(line);
}

/** Is this heading a title of the whole, and not of a section? */
export function titleOfHeading(line: string): string | null {
  const heading = headingOf(line);
  if (heading === null || isBlank(heading.text) || heading.text.length > LONGEST_TITLE * 2) return null;
  return headingKindOf(heading.text) === 'title' ? cleanTitle(withoutEmphasis(heading.text)) : null;
}
