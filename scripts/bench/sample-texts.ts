import { type Random, seededRandom } from '../../src/lib/random.js';

// Sample answers for the endpoint: cheap to make, and accepted as stories. Each is whole, of Korean syllables, of one
// length, and as different from the others as two stories are, because the worker warns about stories that are alike.

/** Length of every text in characters, heading and spaces included. */
export const TEXT_LENGTH = 3300;

const FIRST_SYLLABLE = 0xac00;
const SYLLABLES = 11_172;
const SENTENCES = 4000;
const WORDS = 6;
const SYLLABLES_PER_WORD = 4;
const SENTENCES_PER_PARAGRAPH = 10;

/** @returns a function that makes the text number `index`: the same index gives the same text */
export function createTexts(): (index: number) => string {
  const random = seededRandom(1);
  const sentences = Array.from({ length: SENTENCES }, () => makeSentence(random));
  return (index) => {
    const choose = seededRandom(index + 1);
    let text = `# 제목 ${index}`;
    for (let count = 0; text.length < TEXT_LENGTH; count++) {
      const gap = count % SENTENCES_PER_PARAGRAPH === 0 ? '\n\n' : ' ';
      text += `${gap}${sentences[Math.floor(choose() * SENTENCES)]}`;
    }
    return `${text.slice(0, TEXT_LENGTH - ENDING.length)}${ENDING}`;
  };
}

const ENDING = '다.';

function makeSentence(random: Random): string {
  const syllable = () => String.fromCharCode(FIRST_SYLLABLE + Math.floor(random() * SYLLABLES));
  const word = () => Array.from({ length: SYLLABLES_PER_WORD }, syllable).join('');
  return `${Array.from({ length: WORDS }, word).join(' ')}${ENDING}`;
}
