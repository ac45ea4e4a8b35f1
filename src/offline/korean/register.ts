import { finalOf, formalOf, infinitiveOf, withFinal } from './conjugation.js';
import { toHumble } from './pronouns.js';

/**
 * How a story speaks to its reader:
 * - plain: 해라체, as the material is written
 * - formal: 합쇼체
 * - polite: 해요체
 * - casual: 해체
 */
export const REGISTERS = ['plain', 'formal', 'polite', 'casual'] as const;
export type Register = (typeof REGISTERS)[number];

export interface Voice {
  readonly register: Register;
  /** Whether the narrator says 저 for 나. */
  readonly humble: boolean;
}

/** The last part of verbs whose stem ends in ㄹ, and of no others, by their present: 줄어든다 → 줄어들. */
const RIEUL_ENDINGS: Readonly<Record<string, string>> = {
  든: '들',
  머문: '머물',
  내민: '내밀',
  떠민: '떠밀',
  매단: '매달',
  부푼: '부풀',
};
/** Short verbs whose stem ends in ㄹ, by their present: 안다 → 알. Longer ones may end alike: 여민다 is 여미. */
const RIEUL_PRESENTS: Readonly<Record<string, string>> = {
  안: '알',
  운: '울',
  산: '살',
  먹고산: '먹고살',
  논: '놀',
  는: '늘',
  단: '달',
  건: '걸',
  연: '열',
  민: '밀',
  돈: '돌',
  판: '팔',
  분: '불',
  푼: '풀',
  만: '말',
  깐: '깔',
  빈: '빌',
  썬: '썰',
};
/** Adjectives whose stem ends in a vowel. Any other word in a vowel and 다 is a noun with 이다. */
const VOWEL_ADJECTIVES = [
  '크',
  '다르',
  '아프',
  '빠르',
  '푸르',
  '어리',
  '흐리',
  '나쁘',
  '바쁘',
  '기쁘',
  '슬프',
  '예쁘',
  '고프',
  '느리',
  '희',
  '시',
  '차',
  '비',
  '세',
  '쓰',
  '보',
  '아니',
];

/** What a sentence's last word becomes; null when it is left as it is. */
type Endings = Readonly<Record<Exclude<Register, 'plain'>, string>>;

/** Endings that are no statements, the longest first. `$1` is what stands before them. */
const OTHER_ENDINGS: readonly [pattern: RegExp, endings: Endings][] = [
  [/^(.*)것이리라$/u, { formal: '$1것이겠지요', polite: '$1것이겠죠', casual: '$1것이겠지' }],
  [/^(.*)했더라$/u, { formal: '$1했던가요', polite: '$1했던가요', casual: '$1했더라' }],
  [/^(.*[았었였했됐갔왔났섰졌있없겠])(?:는가|나)$/u, { formal: '$1습니까', polite: '$1나요', casual: '$1나' }],
  [/^(.*)인가$/u, { formal: '$1입니까', polite: '$1인가요', casual: '$1인가' }],
  [/^(.*(?:는가|던가|은가|서였나))$/u, { formal: '$1요', polite: '$1요', casual: '$1' }],
  [/^(.*)구나$/u, { formal: '$1군요', polite: '$1군요', casual: '$1구나' }],
  [/^(.*(?:겠|테|있|없|었|았|이))지$/u, { formal: '$1지요', polite: '$1죠', casual: '$1지' }],
  [/^(.*까)$/u, { formal: '$1요', polite: '$1요', casual: '$1' }],
  [/^(.*(?:는데|은데|인데|텐데|아닌데|니까|거든))$/u, { formal: '$1요', polite: '$1요', casual: '$1' }],
];

const QUOTED = /“[^”]*”|‘[^’]*’/gu;
const MARK = '\uE000';
/** The last word of a sentence, and the marks after it. */
const LAST_WORD = /([가-힣]+)([.?!…]+)(?=\s|$|\uE000)/gu;

/** Narration in the voice of a form. What stands in quotation marks was said by somebody, and stays. */
export function inVoice(text: string, { register, humble }: Voice): string {
  if (register === 'plain' && !humble) return text;
  const quotes: string[] = [];
  const narration = text.replace(QUOTED, (quote) => {
    quotes.push(quote);
    return MARK;
  });
  const spoken = humble ? toHumble(narration) : narration;
  const ended =
    register === 'plain'
      ? spoken
      : spoken.replace(LAST_WORD, (_, word: string, marks: string) => endingOf(word, register) + marks);
  return ended.replace(new RegExp(MARK, 'gu'), () => quotes.shift() ?? '');
}

/** The last word of a sentence in another register. */
export function endingOf(word: string, register: Exclude<Register, 'plain'>): string {
  if (isFormal(word)) return word;
  if (word.endsWith('다') && word.length > 1) return statementOf(word.slice(0, -1), register);
  for (const [pattern, endings] of OTHER_ENDINGS) {
    if (pattern.test(word)) return word.replace(pattern, endings[register]);
  }
  return word;
}

/** 했습니다, 합니까, 합시다: what is formal already. */
function isFormal(word: string): boolean {
  return /(?:[니시]다|니까)$/u.test(word) && finalOf(word.slice(0, -2)) === 'ㅂ';
}

/** @param body the word without its 다 */
function statementOf(body: string, register: Exclude<Register, 'plain'>): string {
  const final = finalOf(body);
  if (final === 'ㅆ') return body + { formal: '습니다', polite: '어요', casual: '어' }[register];
  if (body.endsWith('이') && !body.endsWith('보이')) return copulaOf(body.slice(0, -1), register);
  const stem = stemOf(body, final);
  if (stem === null) return copulaOf(body, register);
  if (stem === '아니') return { formal: '아닙니다', polite: '아니에요', casual: '아니야' }[register];
  if (register === 'formal') return formalOf(stem);
  return infinitiveOf(stem) + (register === 'polite' ? '요' : '');
}

/** The stem of a verb in the present or of an adjective; null for a noun with 이다. */
function stemOf(body: string, final: string | null): string | null {
  if (body.endsWith('는') && body.length > 1) return body.slice(0, -1);
  if (final === 'ㄴ') {
    const ending = Object.keys(RIEUL_ENDINGS).find((present) => body.endsWith(present));
    if (ending !== undefined) return body.slice(0, -ending.length) + RIEUL_ENDINGS[ending];
    return RIEUL_PRESENTS[body] ?? withFinal(body, '');
  }
  if (final === '') {
    if (body.endsWith('하')) return body;
    return VOWEL_ADJECTIVES.includes(body) ? body : null;
  }
  return final === null ? null : body;
}

function copulaOf(noun: string, register: Exclude<Register, 'plain'>): string {
  // 것이에요 and 것이야 are written, but said as 거예요 and 거야.
  if (register !== 'formal' && noun.endsWith('것')) return copulaOf(`${noun.slice(0, -1)}거`, register);
  if (register === 'formal') return `${noun}입니다`;
  const isOpen = finalOf(noun) === '';
  return noun + (register === 'polite' ? (isOpen ? '예요' : '이에요') : isOpen ? '야' : '이야');
}
