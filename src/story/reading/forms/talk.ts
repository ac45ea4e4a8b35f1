import { isPlain, isPolite, sentencesOf } from '../../sentences.js';
import { FEWEST_CRAFT_WORDS, LONGEST_PLAIN_PREFACE, LONGEST_TALK } from '../../thresholds.js';
import { headingOf, isListItem, isQuoted, labelOf } from './lines.js';
import {
  ABOUT_THE_WORK,
  ACKNOWLEDGES,
  AGREES,
  ANNOUNCES,
  ASKS_FOR_WISHES,
  CLOSES,
  CRAFT_WORDS,
  HOPES_TO_PLEASE,
  IS_A_WORK,
  MAKES,
  NAMES_A_STORY,
  NAMES_ANY_WORK,
  NAMES_THE_WORK,
  OFFERS,
  OFFERS_CHOICE,
  OPTION,
  PRAISES_REQUEST,
  PRESENTS,
  REFERS_TO_REQUEST,
  REVISES,
} from './talk-words.js';

// How a model talks to the person who asked, as opposed to how a story speaks to its readers. No single word tells;
// families of words are counted, and it depends on the story's own register how many are needed.

const LATIN = /[a-z]/gi;
const LATIN_WORD = /[a-z]{2}/i;

/** Somebody has read something. */
const READS = /읽(?:으|어)|감상|소설|이야기|작품|단편/;

/** How far a paragraph is talk of the model, and in which ways. */
export interface Talk {
  /** 0: not at all; from 2 on it is quite sure. */
  score: number;
  acknowledges: boolean;
  /** Says that it writes, or for whom. */
  promises: boolean;
  offers: boolean;
  /** Wants an answer: offers, or asks for wishes. */
  asks: boolean;
  /** Says what letters and posts do not: names a work of fiction, offers something, refers to a request. */
  isOfAModel: boolean;
  /** Offers to change the text: no story does, whatever its register. */
  offersRevision: boolean;
  refersToRequest: boolean;
}

const NO_TALK: Talk = {
  ...{ score: 0, acknowledges: false, promises: false },
  ...{ isOfAModel: false, offers: false, asks: false, offersRevision: false, refersToRequest: false },
};

/** "다음은 요청에 따라 쓴 호러 단편이다.": short, of a request, and of a work, in the register of narration. */
const presentsPlainly = (text: string): boolean =>
  text.length <= LONGEST_PLAIN_PREFACE && REFERS_TO_REQUEST.test(text) && NAMES_THE_WORK.test(text);
const PLAIN_PREFACE = { score: 4, promises: true, isOfAModel: true, refersToRequest: true };

/** Weighs a paragraph. Long ones are no talk, whatever they say. */
export function weighTalk(paragraph: string): Talk {
  const text = paragraph.replace(/^[\s>*_#"“'([~-]+/u, '').replace(/\*\*|__/g, '');
  if (text === '' || text.length > LONGEST_TALK) return NO_TALK;
  const isEnglish = LATIN_WORD.test(text) && (text.match(LATIN)?.length ?? 0) > text.length / 2;
  const sentences = isEnglish ? [] : sentencesOf(text);
  // Narration is most of what is looked at, and no talk.
  if (!isEnglish && (sentences.some(isPlain) || !sentences.some(isPolite))) {
    return presentsPlainly(text) ? { ...NO_TALK, ...PLAIN_PREFACE } : NO_TALK;
  }
  const acknowledges = ACKNOWLEDGES.test(text);
  const refersToRequest = REFERS_TO_REQUEST.test(text);
  const offers = OFFERS.test(text);
  const [work, story] = [NAMES_THE_WORK.test(text), NAMES_A_STORY.test(text)];
  const makes = MAKES.test(text);
  const promises = refersToRequest || (makes && (work || story || ANNOUNCES.test(text)));
  const pleases = HOPES_TO_PLEASE.test(text);
  let score = 0;
  if (acknowledges) score += AGREES.test(text) ? 2 : 1;
  if (refersToRequest) score += 2;
  if (PRAISES_REQUEST.test(text)) score += 2;
  const asks = ASKS_FOR_WISHES.test(text);
  if (offers) score += 2;
  else if (asks) score += 1;
  if (makes) score += work || story || refersToRequest ? 2 : 1;
  if (pleases) score += (work || story || text.length < 40 ? 2 : 1) + (READS.test(text) ? 1 : 0);
  if (PRESENTS.test(text)) score += work || refersToRequest ? 3 : 1;
  if (IS_A_WORK.test(text) || CLOSES.test(text)) score += 2;
  if (ABOUT_THE_WORK.test(text)) score += 1;
  if (work) score += 1;
  if ((text.match(CRAFT_WORDS)?.length ?? 0) >= 2) score += 1;
  const offersRevision = (offers || asks) && (isEnglish ? offers : REVISES.test(text));
  return {
    ...{ score, acknowledges, refersToRequest, promises },
    ...{ isOfAModel: work || offers || refersToRequest, offers, asks: offers || asks || pleases, offersRevision },
  };
}

/** Does a line offer a choice of what can be done next: "다음 중 무엇을 해 드릴까요?", "이어서 할 수 있는 것:"? */
export const offersChoice = (line: string): boolean =>
  line.length <= LONGEST_PLAIN_PREFACE && (OFFERS_CHOICE.test(line) || weighTalk(line).asks);

/** Does an item of a list name something that can be done with a story? */
export const isOption = (line: string): boolean => line.length <= LONGEST_PLAIN_PREFACE && OPTION.test(line);

/** Is every sentence of a paragraph talk by itself? */
export const isAllTalk = (paragraph: string): boolean =>
  sentencesOf(paragraph).every((sentence) => weighTalk(sentence).score > 0 || !/[\p{L}]/u.test(sentence));

/** How much a paragraph says of writing and of works: 0 for nearly every paragraph of a story. */
export function craftWordsOf(text: string): number {
  const bounded = text.slice(0, LONGEST_TALK);
  const words = bounded.match(CRAFT_WORDS)?.length ?? 0;
  if (!NAMES_ANY_WORK.test(bounded)) return words;
  return words + (ABOUT_THE_WORK.test(bounded) ? 2 : 0) + (NAMES_THE_WORK.test(bounded) ? 1 : 0);
}

/** Does a paragraph comment on the work, from its first words on, in whatever register? */
export function commentsOnWork(paragraph: string): boolean {
  if (paragraph.length > LONGEST_TALK || craftWordsOf(paragraph) < FEWEST_CRAFT_WORDS) return false;
  return ABOUT_THE_WORK.test(sentencesOf(paragraph)[0] ?? '');
}

/** Is a paragraph part of a telling: sentences in prose, not items, labels or talk about the work? */
export const isNarrative = (paragraph: string): boolean => isProse(paragraph) && weighTalk(paragraph).score < 2;

/** Does a paragraph consist of sentences, and not of items, quotations and labels? */
export function isProse(paragraph: string): boolean {
  const isListed = paragraph
    .split('\n')
    .every((line) => isListItem(line) || isQuoted(line) || headingOf(line) !== null || isLabelLine(line));
  if (isListed) return false;
  return sentencesOf(paragraph).some((each) => each.length >= 8 && (isPlain(each) || isPolite(each)));
}

function isLabelLine(line: string): boolean {
  const label = labelOf(line);
  return label !== null && (label.isSetOff || label.value.length < 40);
}
