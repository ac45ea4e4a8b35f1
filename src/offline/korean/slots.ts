import { josa } from 'es-hangul';

/** Values a fragment may name in braces, e.g. `{device|을/를}`. */
export type SlotValues = Readonly<Record<string, string>>;

const SLOT = /\{([a-zA-Z]+)(?:\|([^{}/|]+)\/([^{}/|]+))?\}/g;
const DIGIT_READINGS = ['영', '일', '이', '삼', '사', '오', '육', '칠', '팔', '구'];
const PLACE_READINGS = ['', '십', '백', '천'];
const CLOSING_MARKS = /[\s"'“”‘’「」『』《》〈〉()[\]{}.,!?…~·:;%-]+$/u;
const TRAILING_ASIDE = /\s*\([^()]*\)\s*$/u;
// Names of the letters that end in a consonant when read out in Korean: 엘, 엠, 엔, 알.
const LETTER_READINGS: Readonly<Record<string, string>> = { l: '엘', m: '엠', n: '엔', r: '알' };

/**
 * The Hangul syllable one hears last when `phrase` is read aloud. es-hangul looks only at
 * the last character and treats digits, Latin letters, brackets and quotation marks as
 * vowels, so "숫자 1" would become "숫자 1가"; this gives it something it can judge.
 */
export function lastSpokenSyllable(phrase: string): string {
  const withoutAside = phrase.replace(TRAILING_ASIDE, '');
  const bare = (withoutAside === '' ? phrase : withoutAside).replace(CLOSING_MARKS, '');
  const digits = /\d+$/.exec(bare)?.[0];
  if (digits !== undefined) return digitSyllable(digits);
  const last = [...bare].at(-1);
  if (last === undefined) return '것';
  if (/[a-z]/i.test(last)) return LETTER_READINGS[last.toLowerCase()] ?? '이';
  return last;
}

function digitSyllable(digits: string): string {
  const significant = digits.replace(/0+$/, '');
  const zeros = digits.length - significant.length;
  if (significant === '') return '영';
  if (zeros === 0) return DIGIT_READINGS[Number(digits.at(-1))] ?? '영';
  if (zeros >= 8) return '억';
  if (zeros >= 4) return '만';
  return PLACE_READINGS[zeros] ?? '영';
}

/** The particle out of `consonantForm/vowelForm` that follows `phrase`. */
export function particle(phrase: string, consonantForm: string, vowelForm: string): string {
  const spoken = lastSpokenSyllable(phrase);
  // ㄹ takes the vowel form of 으로 and its compounds; es-hangul knows this rule.
  if (consonantForm.startsWith('으로')) return josa.pick(spoken, '으로/로') === '으로' ? consonantForm : vowelForm;
  return josa.pick(spoken, '이/가') === '이' ? consonantForm : vowelForm;
}

/** Fills every slot of `template`; a slot without a value is a fault in the material and throws. */
export function fillSlots(template: string, values: SlotValues): string {
  return template.replace(SLOT, (slot: string, name: string, consonantForm?: string, vowelForm?: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`Offline material uses an unknown slot ${slot}.`);
    if (consonantForm === undefined || vowelForm === undefined) return value;
    return value + particle(value, consonantForm, vowelForm);
  });
}
