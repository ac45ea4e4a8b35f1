import { isPlain, isPolite, sentencesOf } from '../../sentences.js';
import { LONGEST_TALK } from '../../thresholds.js';
import { headingOf, isListItem, isQuoted, labelOf } from './lines.js';

// How a model talks to the person who asked, as opposed to how a story speaks to its readers. No single word tells;
// families of words are counted, and it depends on the story's own register how many are needed.

/** "물론입니다", "네, 알겠습니다", "Sure". */
const ACKNOWLEDGES =
  /^["“]?(?:물론(?:입니다|이죠|이에요|이지요|이예요|이고말고요|요|[,!.~])|(?:네|예|넵|넹|그럼요|그럼|자|좋아|오케이)[,!.~\s]|알겠(?:습니다|어요)|알았(?:습니다|어요)|좋(?:습니다|아요|네요)|(?:반갑|감사|고맙)습니다|안녕하세요|기꺼이|흥미로운|멋진|훌륭한|sure\b|certainly\b|of course\b|absolutely\b|okay\b|ok\b|great\b|understood\b|got it\b|no problem\b|gladly\b|here(?:'s| is| are)\b|below is\b|i(?:'ll| will|'ve| have| can)\b|thank)/iu;

/** Agrees to do what was asked: no story begins so. */
const AGREES = /^["“]?(?:물론(?:입니다|이죠|이에요|이지요|이예요)[!.,]|sure\b|certainly\b|of course\b|absolutely\b)/iu;

/** Speaks of what was asked for. */
const REFERS_TO_REQUEST =
  /요청(?:하신|해\s?주신|주신|에\s?(?:따라|맞|따른|맞춰)|대로|사항|을\s?반영)|(?:말씀|부탁|제시|지정|의뢰|요구|제안|설명|언급|입력|지시|공유|전달)(?:하신|해\s?주신|해주신|하셨던|주신)|(?:보내|알려|골라|정해|적어|던져)\s?주신|주신\s?(?:소재|조건|내용|설정|키워드|템플릿|틀|지침|요소|재료|카드|단어|주제|프롬프트|정보)|(?:주어진|제시된|지정된|요구된)\s?(?:소재|조건|설정|키워드|템플릿|틀|지침|요소|주제|정보)|원하(?:시|신|셨)|(?:모든|위의|이)\s?조건|지침(?:에|을|대로)|요구\s?사항|프롬프트|의뢰|as (?:you )?(?:requested|asked)|you (?:asked|requested|wanted|provided|gave)|your (?:request|prompt|specifications?|requirements?|elements?|premise)|based on (?:the|your)|requested/iu;

/** Names what was written as a piece of writing. */
const NAMES_THE_WORK =
  /소설|단편|작품|한\s?편|원고|초안|초고|스토리|호러(?!블)|공포물|심리\s?공포|창작|픽션|엽편|\b(?:story|stories|tale|draft|fiction|novel|piece)\b/iu;
const NAMES_A_STORY =
  /이야기|괴담|본문|결말|반전|분량|버전|문체|장면|줄거리|전개|글(?=[을이은로에도의]|\s|입|$)|\b(?:ending|version|scene)\b/iu;

/** A verb of making it, in the first person and politely. */
const MAKES =
  /(?:써|적어|지어|만들어|풀어|그려|엮어|담아|옮겨|꾸며|구성해|완성해|작성해|준비해|창작해|집필해|이어)\s?(?:보(?:았|겠|려|면|도록)|봤|볼게|드(?:리|렸|릴|려)|내(?:겠|었)|냈|낼|두었|둘게|나가|가겠|갈게|갑니다|쓰)|(?:작성|구성|완성|준비|집필|창작|반영|수정|각색|조정|보완|추가|확장|제공|설계|활용|연출|묘사|표현|시도|의도|유지|배치|설정|출력)(?:했|하였|하겠|할게|해\s?(?:드|보|두)|하고자|합니다|되었습니다|됐습니다|하도록)|쓰겠|쓸게|써\s?보|썼습니다|썼어요|썼으며|시작(?:하겠|합니다|할게)|(?:들려|보여|전해|소개해|공유해|올려)\s?(?:드|보)|이어(?:서|\s)?\s?(?:쓰|가|나가|집|적|작성|갑)|이어집니다|담(?:았|아냈|으려|고자)|살(?:렸|려|리려)|녹여|다듬|마무리(?:했|하겠|하였|지었)|맞춰|\b(?:wrote|written|write|crafted?|created?|composed?|continu(?:e|ing)|begin|start|provide)\b/iu;

/** Offers to write or to change something. */
const OFFERS =
  /(?:원하시|원하신|원하면|필요하시|필요하신|필요하면|말씀해|말씀만|말씀\s?주|알려\s?주|알려주|궁금하|부족하|아쉬우|마음에\s?(?:안|들지)|바꾸고\s?싶|싶으시|싶으신|의견|피드백|언제든|혹시|추가로|더\s?필요|괜찮으시|편하게)[^\n]{0,90}?(?:(?:써|고쳐|다듬어|바꿔|이어|늘려|줄여|만들어|적어|들려)\s?(?:드리|드릴|볼|보겠)|쓰겠|쓸\s?수|(?:작성|수정|변경|조정|추가|확장|각색|보완|반영|제공|집필)(?:해\s?드|하겠|할\s?수|해\s?보|이?\s?가능)|드리겠|드릴게|드릴까|드릴\s?수|도와\s?드)|다른\s?(?:버전|결말|분위기|시점|소재|이야기)[^\n]{0,40}?(?:드리|드릴|가능|쓸|써|작성|원하)|(?:수정|보완|변경|추가|조정|각색|후속편|속편|뒷이야기|다음\s?편|다음\s?화)[^\n]{0,40}?(?:드릴까|드리겠|드릴게|드릴\s?수|해\s?드|가능합니다)|이어서\s?(?:써|쓸|작성|계속할)[^\n]{0,12}까요|let me know|would you like|if you(?:'d| would)? (?:like|want|need|prefer)|feel free|happy to|i can (?:also|adjust|revise|write|change|continue|expand)/iu;

/** Asks for wishes, as models do and some letters and posts too. */
const ASKS_FOR_WISHES =
  /(?:원하시|원하신|원하는|필요하|필요한|궁금|수정|부족|아쉬|고치|바꾸|바꿔|더하|의견|피드백|요청|부탁|마음에|혹시|다른|추가)[^\n]{0,60}?(?:말씀|알려|남겨|이야기해|얘기해|요청해)\s?(?:해\s?)?(?:주|만)|(?:말씀|알려|요청)[^\n]{0,12}(?:주세요|주시면|주십시오|바랍니다)/u;

/** Names what may be changed about a text, with changing it: seldom said in a story, whatever its register. */
const REVISES =
  /(?:부분|분위기|결말|분량|톤|문체|장면|설정|버전|내용|이야기|소설|인물|시점|수위|전개|소재|반전|표현|제목|방향|후속|속편|뒷이야기|다음\s?편)[^\n]{0,30}(?:고치|고쳐|수정|바꾸|바꿔|바꿀|변경|조정|보완|다듬|추가|늘리|늘려|줄이|줄여|각색|이어|다시|필요|원하|더\s?(?:어둡|무섭|길|짧))|(?:고치|고쳐|수정|바꾸|바꿔|변경|조정|보완|다듬|추가|각색)[^\n]{0,20}(?:부분|분위기|결말|분량|톤|문체|장면|설정|버전|내용|사항|필요|원하|싶)|(?:필요한|필요하신|원하시는|원하는|바라시는)\s?(?:다른\s?)?(?:이야기|부분|내용|방향|버전|수정|분위기|결말|소재|장르)/u;

/** Asks how it was received, or hopes that it pleases. */
const HOPES_TO_PLEASE =
  /마음에\s?(?:드|들)|어떠셨|어떠신|어떠세요|어땠나요|어떤가요|만족|(?:즐겁|재미있|재밌|오싹|무섭|흥미롭|편안)게?\s?(?:읽|보|즐기|감상|느끼)?[^\n]{0,8}(?:셨|시길|시기|바랍|으면\s?좋)|(?:즐기|읽으|보|느끼)셨(?:길|기를|나요|는지|으면)|읽어\s?(?:보|주)(?:세요|시|셔)|감상(?:하|해|평|을)|도움이\s?되|기대에\s?(?:부응|미치|맞)|되셨(?:길|기를|나요|으면)|(?:이|었)으면\s?(?:좋겠|합니다)|hope (?:you|this|it)|enjoy/iu;

/** Presents it: "아래는 …입니다", "다음과 같습니다". */
const PRESENTS =
  /^(?:["“*_>\s]*)(?:(?:여기|아래|다음|이하|이어서|이번|위)(?:에|는|은|의|가|와|엔|로|에는)?(?:\s|,)|here\b|below\b|the following\b|this is\b)[^\n]*(?:입니다|이에요|예요|합니다|드립니다|드려요|있습니다|있어요|했습니다|했어요|보세요|같습니다|봅니다|겠습니다|게요|story|tale|draft|[:：])/iu;

/** Says of a piece of writing that it is one: "심리 호러 단편입니다". */
const IS_A_WORK = /(?:소설|단편|작품|초안|초고|원고|창작물|픽션)\s?(?:한\s?편)?(?:입니다|이에요|예요|이며|으로,)/u;

/** Speaks of the work in front of it: "이 소설은", "본 작품의". */
const ABOUT_THE_WORK =
  /(?:^|\s|["“(*])(?:이|본|위|해당|이번)\s?(?:소설|단편|작품|이야기|글|원고|초안|괴담|스토리)(?:은|는|이|가|에서|에는|의|을|를|도)|\bthis (?:story|tale|piece|draft)\b/iu;

/** What is said of the craft, and seldom in a story. */
const CRAFT_WORDS =
  /독자|복선|반전|결말|서사|서술|화자|시점|문체|플롯|클라이맥스|긴장감|공포감|심리적|상징|은유|주제|장르|연출|묘사|여운|암시|장치|소재|설정|기승전결|회수|모티프|캐릭터|등장인물|의도|표현|구성|분량|분위기/gu;

/** What a text has that names a work of any kind; quick to rule out. */
const NAMES_ANY_WORK =
  /소설|단편|작품|한 ?편|원고|초안|초고|스토리|호러|공포|창작|픽션|엽편|이야기|글|괴담|stor|tale|draft|fiction|novel|piece/;

const LATIN = /[a-z]/gi;
const LATIN_WORD = /[a-z]{2}/i;

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

/** Weighs a paragraph. Long ones are no talk, whatever they say. */
export function weighTalk(paragraph: string): Talk {
  const text = paragraph.replace(/^[\s>*_#"“'([~-]+/u, '').replace(/\*\*|__/g, '');
  if (text === '' || text.length > LONGEST_TALK) return NO_TALK;
  const isEnglish = LATIN_WORD.test(text) && (text.match(LATIN)?.length ?? 0) > text.length / 2;
  const sentences = isEnglish ? [] : sentencesOf(text);
  // Narration is most of what is looked at, and no talk.
  if (!isEnglish && (sentences.some(isPlain) || !sentences.some(isPolite))) return NO_TALK;
  const acknowledges = ACKNOWLEDGES.test(text);
  const refersToRequest = REFERS_TO_REQUEST.test(text);
  const offers = OFFERS.test(text);
  const [work, story] = [NAMES_THE_WORK.test(text), NAMES_A_STORY.test(text)];
  const makes = MAKES.test(text);
  const pleases = HOPES_TO_PLEASE.test(text);
  let score = 0;
  if (acknowledges) score += AGREES.test(text) ? 2 : 1;
  if (refersToRequest) score += 2;
  const asks = ASKS_FOR_WISHES.test(text);
  if (offers) score += 2;
  else if (asks) score += 1;
  if (makes) score += work || story || refersToRequest ? 2 : 1;
  if (pleases) score += work || story || text.length < 40 ? 2 : 1;
  if (PRESENTS.test(text)) score += work || refersToRequest ? 3 : 1;
  if (IS_A_WORK.test(text)) score += 2;
  if (ABOUT_THE_WORK.test(text)) score += 1;
  if (work) score += 1;
  if ((text.match(CRAFT_WORDS)?.length ?? 0) >= 2) score += 1;
  const offersRevision = (offers || asks) && (isEnglish ? offers : REVISES.test(text));
  return {
    ...{ score, acknowledges, refersToRequest, promises: makes || refersToRequest },
    ...{ isOfAModel: work || offers || refersToRequest, offers, asks: offers || asks || pleases, offersRevision },
  };
}

/** How much a paragraph says of writing and of works: 0 for nearly every paragraph of a story. */
export function craftWordsOf(text: string): number {
  const bounded = text.slice(0, LONGEST_TALK);
  const words = bounded.match(CRAFT_WORDS)?.length ?? 0;
  if (!NAMES_ANY_WORK.test(bounded)) return words;
  return words + (ABOUT_THE_WORK.test(bounded) ? 2 : 0) + (NAMES_THE_WORK.test(bounded) ? 1 : 0);
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
