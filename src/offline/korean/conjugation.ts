import { combineCharacter, disassembleCompleteCharacter } from 'es-hangul';

/** A Hangul syllable in its parts, each written as es-hangul does: `ㅗㅏ` for ㅘ. */
interface Syllable {
  readonly initial: string;
  readonly vowel: string;
  /** Empty when the syllable ends in its vowel. */
  readonly final: string;
}

/** Stems in ㅂ that keep it before a vowel: 잡아, 좁아. All others change it: 무거워. */
const REGULAR_B = ['잡', '입', '씹', '좁', '뽑', '집', '접', '꼽', '업', '수줍', '붙잡', '움켜잡'];
/** Stems in ㄷ that change it to ㄹ before a vowel: 들어, 걸어. */
const IRREGULAR_D = ['듣', '걷', '묻', '싣', '깨닫', '일컫', '긷'];
/** Stems in ㅅ that lose it before a vowel: 지어, 나아. */
const IRREGULAR_S = ['짓', '잇', '낫', '붓', '긋', '젓'];
/** Stems in 르 that only lose their ㅡ, as any stem in ㅡ does: 따라, 치러. */
const REGULAR_REU = ['따르', '치르', '들르', '우러르'];
/** Stems in ㅎ that keep it before a vowel: 좋아, 쌓아. */
const REGULAR_H = ['좋', '놓', '넣', '쌓', '낳', '찧', '닿', '땋', '내놓', '집어넣'];
/** Stems that no rule covers, as they end with their own ending. */
const WHOLE: Readonly<Record<string, string>> = {
  푸르: '푸르러',
  이르: '이르러',
  하: '해',
  그러: '그래',
  갖: '가져',
  피: '피어',
  비: '비어',
  시: '시어',
  쥐: '쥐어',
  뛰: '뛰어',
  쉬: '쉬어',
  희: '희어',
  띄: '띄어',
  바라: '바라',
  아니: '아니',
};
/** The vowel that a stem's last vowel and 아 or 어 make. Vowels that are not here take a syllable of their own. */
const CONTRACTED: Readonly<Record<string, string>> = {
  ㅏ: 'ㅏ',
  ㅑ: 'ㅑ',
  ㅓ: 'ㅓ',
  ㅕ: 'ㅕ',
  ㅐ: 'ㅐ',
  ㅔ: 'ㅔ',
  ㅗ: 'ㅗㅏ',
  ㅜ: 'ㅜㅓ',
  ㅣ: 'ㅕ',
  ㅗㅣ: 'ㅗㅐ',
};

/** The form of a stem to which 요 and other endings are added: 먹어, 가, 들어, 몰라, 무거워. */
export function infinitiveOf(stem: string): string {
  const whole = Object.keys(WHOLE).find((key) => endsWithWord(stem, key));
  if (whole !== undefined) return stem.slice(0, -whole.length) + (WHOLE[whole] ?? '');
  const { initial, vowel, final } = split(lastOf(stem));
  const head = stem.slice(0, -1);
  if (final === '') return stem.endsWith('르') ? ofReu(stem) : vowel === 'ㅡ' ? ofEu(head, initial) : ofVowel(stem);
  const hasBright = vowel === 'ㅏ' || vowel === 'ㅗ' || vowel === 'ㅑ';
  const ending = hasBright ? '아' : '어';
  if (final === 'ㅂ' && !REGULAR_B.some((regular) => stem.endsWith(regular))) {
    return head + join(initial, vowel, '') + (stem === '돕' || stem === '곱' ? '와' : '워');
  }
  if (final === 'ㄷ' && IRREGULAR_D.includes(stem)) return head + join(initial, vowel, 'ㄹ') + ending;
  if (final === 'ㅅ' && IRREGULAR_S.some((irregular) => stem.endsWith(irregular))) {
    return head + join(initial, vowel, '') + ending;
  }
  if (final === 'ㅎ' && !REGULAR_H.some((regular) => stem.endsWith(regular))) {
    return head + join(initial, vowel === 'ㅑ' ? 'ㅒ' : 'ㅐ', '');
  }
  return stem + ending;
}

/** The 합쇼체 of a stem, in its statement: 먹습니다, 갑니다, 압니다. */
export function formalOf(stem: string): string {
  const { initial, vowel, final } = split(lastOf(stem));
  if (final !== '' && final !== 'ㄹ') return `${stem}습니다`;
  return `${stem.slice(0, -1)}${join(initial, vowel, 'ㅂ')}니다`;
}

/** The final consonant of a word's last syllable; empty when there is none, null when the word ends in no Hangul. */
export function finalOf(word: string): string | null {
  const last = word.at(-1);
  if (last === undefined || !/^[가-힣]$/u.test(last)) return null;
  return split(last).final;
}

/** A word whose last syllable has this final consonant instead. */
export function withFinal(word: string, final: string): string {
  const { initial, vowel } = split(lastOf(word));
  return word.slice(0, -1) + join(initial, vowel, final);
}

/** 모르 → 몰라, 서두르 → 서둘러. */
function ofReu(stem: string): string {
  const head = stem.slice(0, -1);
  if (REGULAR_REU.some((regular) => stem.endsWith(regular))) return ofEu(head, 'ㄹ');
  const { initial, vowel } = split(lastOf(head));
  return head.slice(0, -1) + join(initial, vowel, 'ㄹ') + (isBright(head) ? '라' : '러');
}

/** 쓰 → 써, 아프 → 아파. */
function ofEu(head: string, initial: string): string {
  return head + join(initial, isBright(head) ? 'ㅏ' : 'ㅓ', '');
}

function ofVowel(stem: string): string {
  const { initial, vowel } = split(lastOf(stem));
  const contracted = CONTRACTED[vowel];
  return contracted === undefined ? `${stem}어` : stem.slice(0, -1) + join(initial, contracted, '');
}

/** Whether what comes after takes 아 rather than 어. */
function isBright(head: string): boolean {
  if (head === '') return false;
  return ['ㅏ', 'ㅗ'].includes(split(lastOf(head)).vowel);
}

/** Whether a stem is the word, or a compound that ends in it. */
function endsWithWord(stem: string, word: string): boolean {
  return word === '하' ? stem.endsWith(word) : stem === word;
}

function split(syllable: string): Syllable {
  const parts = disassembleCompleteCharacter(syllable);
  if (parts === undefined) throw new Error(`"${syllable}" is no Hangul syllable.`);
  return { initial: parts.choseong, vowel: parts.jungseong, final: parts.jongseong };
}

function join(initial: string, vowel: string, final: string): string {
  return combineCharacter(initial, vowel, final);
}

function lastOf(word: string): string {
  const last = word.at(-1);
  if (last === undefined) throw new Error('A word is empty.');
  return last;
}
