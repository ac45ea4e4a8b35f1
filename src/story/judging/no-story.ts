import { headingOf, isListItem, labelOf } from '../reading/forms/lines.js';
import { craftWordsOf, isProse, weighTalk } from '../reading/forms/talk.js';
import { politeShare, sentencesOf } from '../sentences.js';
import { NO_STORY } from '../thresholds.js';
import type { Finding } from './loops.js';

// Answers that are something else than a story: a refusal, questions, talk, an outline. They are recognised by what
// most of them consists of, not by a phrase.

const APOLOGY = /죄송|미안|유감|양해|송구|아쉽지만|안타깝지만|어려울\s?것\s?같|sorry|apolog|unfortunately|regret/iu;
const CANNOT =
  /(?:쓸|쓰실|써\s?드릴|작성(?:할|해\s?드릴)|도와\s?드릴|도울|만들(?:어\s?드릴)?|제공(?:할|해\s?드릴)|생성(?:할|해\s?드릴)|응할|들어\s?드릴|진행(?:할|해\s?드릴)|따를|처리할|답변(?:할|해\s?드릴|드릴)|다룰|이어\s?쓸|이어갈|계속할|완성할|지원할)\s?수(?:는|가|도)?\s?없|(?:작성|제공|생성|응답|도움|진행|집필)(?:은|이|해\s?드리기|해드리기|드리기|하기)?(?:는|가)?\s?(?:어렵|힘들|불가|곤란)|(?:쓰|드리|작성하|제공하|응하|돕|도와드리|다루|만들|진행하|따르)기(?:는|가|엔|에는)?\s?(?:어렵|힘들|곤란|조심스|부적절)|거절|사양하|(?:쓰|작성하|다루|만들|돕)지\s?(?:않(?:겠|으려|기로|습)|못)|\b(?:cannot|can't|can not|unable|won't|not able|not comfortable|decline|must refuse|refuse)\b/iu;
const POLICY =
  /정책|지침|가이드라인|안전|유해|해로|폭력|자해|자살|성적|노골|잔혹|잔인|미성년|불법|윤리|부적절|민감|인공지능|언어\s?모델|\bAI\b|어시스턴트|요청|내용|대신|대안|다른\s?(?:방향|주제|소재|이야기|방식)|도움|원하시|말씀|policy|policies|guideline|safety|harm|explicit|instead|alternative|as an ai|request|content/giu;

/** Finds a refusal in words: an apology or a "cannot" at the start, and talk about what may be asked instead. */
export function findRefusal(text: string): Finding | null {
  const start = sentencesOf(text.slice(0, NO_STORY.refusalStart)).slice(0, 4).join(' ');
  if (!CANNOT.test(start)) return null;
  const policies = new Set(text.slice(0, NO_STORY.longestRefusal).match(POLICY)).size;
  const isEnglish = (text.match(/[a-z]/gi)?.length ?? 0) > text.length / 2;
  if (!isEnglish && politeShare(sentencesOf(text.slice(0, NO_STORY.longestRefusal))) < NO_STORY.politeShare)
    return null;
  const evidence = policies + (APOLOGY.test(start) ? 1 : 0);
  if (evidence < NO_STORY.refusalEvidence) return null;
  const isShort = text.length <= NO_STORY.shortRefusal;
  // The longer it is, the more it has to say of what may be asked instead.
  if (!isShort && policies < NO_STORY.longRefusalPolicies) return null;
  return { isFailure: text.length <= NO_STORY.longestRefusal, detail: start.slice(0, 30) };
}

/** Does a paragraph that was taken away say that the model does not go on? Then the story is not whole. */
export const refusesToGoOn = (text: string): boolean =>
  text.length <= NO_STORY.shortRefusal &&
  CANNOT.test(text) &&
  (APOLOGY.test(text) || new Set(text.match(POLICY)).size >= NO_STORY.refusalEvidence);

export interface Shares {
  /** Paragraphs that speak to the person who asked. */
  talk: number;
  /** Paragraphs that speak about the work from outside. */
  about: number;
  /** Paragraphs of telling. */
  narrative: number;
  /** Sentences that ask, among all. */
  questions: number;
}

/** Talk names what is written, or offers something; quick to rule out. */
const MAY_BE_TALK =
  /소설|단편|작품|이야기|결말|분량|버전|소재|요청|말씀|원하|필요|수정|드리|드릴|작성|구성|준비|쓰겠|써 |알려|[a-z]{4}/;

/** What the paragraphs of a text are, by their share of it. */
export function sharesOf(text: string, sentences: readonly string[] = sentencesOf(text)): Shares {
  let [talk, about, narrative, all] = [0, 0, 0, 0];
  for (const paragraph of text.slice(0, NO_STORY.looksAt).split(/\n\s*\n/)) {
    const { length } = paragraph;
    all += length;
    if (MAY_BE_TALK.test(paragraph) && weighTalk(paragraph).score >= 3) talk += length;
    else if (craftWordsOf(paragraph) >= NO_STORY.craftWords) about += length;
    else if (isProse(paragraph)) narrative += length;
  }
  const asks = sentences.filter((sentence) =>
    /\?$|(?:알려|말씀해?|골라|선택해|정해|답해)\s?주(?:세요|시면|십시오)/u.test(sentence),
  );
  const of = (part: number) => (all === 0 ? 0 : part / all);
  return {
    talk: of(talk),
    about: of(about),
    narrative: of(narrative),
    questions: asks.length / Math.max(1, sentences.length),
  };
}

/** Finds an answer that mostly speaks to the person who asked: questions back, a report of what was done. */
export function findTalk(text: string, { talk, narrative, questions }: Shares): Finding | null {
  const asksBack =
    questions >= NO_STORY.questions && talk >= NO_STORY.talkDoubt && text.length <= NO_STORY.longestRefusal;
  if (talk < NO_STORY.talkDoubt && !asksBack) return null;
  const isFailure = (talk >= NO_STORY.talkFailure && talk > narrative) || asksBack;
  return { isFailure, detail: `${Math.round(talk * 100)}%` };
}

/** What the points of outlines and the fields of character sheets are called. */
const OUTLINE_KEY =
  /^(?:[\s>*_\-+•·#|\d.)\][(①-⑳]|제\s?)*(?:도입|발단|전개|위기|절정|결말|반전|기승전결|기|승|전|결|시작|중반|후반|초반|고조|클라이맥스|프롤로그|에필로그|\d{1,2}\s?(?:장|막|화|부|단계)|장면|씬|scene|act|chapter|episode|배경|무대|주제|등장인물|주인공|조연|인물|이름|나이|직업|성격|외모|특징|욕망|비밀|동기|과거|관계|역할|시점|문체|분위기|핵심|복선|로그라인|시놉시스|줄거리|개요|목표|갈등|소재|장치|제목|장르|설정|플롯|구성|공포\s?(?:요소|포인트)|logline|synopsis|plot|setting|theme|character|name|age|occupation)(?:\s?\d{1,2})?[\s*_\])]*(?:[:：.\-–—|(]|\s[-–—]\s|$)/iu;

/** What is said of the course of a story by somebody who tells of it from outside. */
const SYNOPSIS_WORD =
  /초반부?|중반부?|후반부?|도입부?|절정|클라이맥스|결말|주인공|조연|장면|시작된다|시작됩니다|전개|드러난다|드러납니다|밝혀진다|밝혀집니다|등장|인물|배경은|긴장|여운|독자|반전|복선|서술|[13]인칭|다룬다|다룹니다|마무리/gu;

/** The share of paragraphs that tell of a story instead of telling it. */
function synopsisShare(text: string): number {
  let [told, all] = [0, 0];
  for (const paragraph of text.slice(0, NO_STORY.looksAt).split(/\n\s*\n/)) {
    all += paragraph.length;
    if (new Set(paragraph.match(SYNOPSIS_WORD)).size >= NO_STORY.synopsisWords) told += paragraph.length;
  }
  return all === 0 ? 0 : told / all;
}

/** Finds an outline, a list or a character sheet: lines with points instead of paragraphs. */
export function findOutline(text: string, { about, narrative }: Shares): Finding | null {
  const lines = text
    .slice(0, NO_STORY.looksAt)
    .split('\n')
    .filter((line) => line.trim() !== '');
  let [structured, points, bullets, unfinished, all] = [0, 0, 0, 0, 0];
  for (const line of lines) {
    all += line.length;
    const label = line.length < 400 ? labelOf(line) : null;
    const isBullet = /^\s*[-*+•·▪◦]\s+\S/u.test(line);
    const isPoint = line.length < 400 && OUTLINE_KEY.test(line);
    if (isPoint) points++;
    if (isBullet) {
      bullets += line.length;
      if (!/[.!?…"”’'」』)]\s*$/u.test(line)) unfinished += line.length;
    }
    if (isPoint || isListItem(line) || headingOf(line) !== null || label?.isSetOff === true || /^\s*\|/.test(line)) {
      structured += line.length;
    }
  }
  if (all === 0) return null;
  const [share, bulletShare] = [structured / all, bullets / all];
  const isList = bulletShare >= NO_STORY.bulletShare && unfinished >= bullets * NO_STORY.unfinishedShare;
  const isOutline = points >= NO_STORY.outlinePoints && share >= NO_STORY.outlineShare;
  const synopsis = synopsisShare(text);
  const isSynopsis = (about >= NO_STORY.aboutShare && about > narrative) || synopsis >= NO_STORY.synopsisFailure;
  const detail = `${Math.round(Math.max(share, about, synopsis) * 100)}%`;
  if (isList || isOutline || isSynopsis) return { isFailure: true, detail };
  const isDoubtful =
    (points >= NO_STORY.outlinePoints && share >= NO_STORY.outlineShare / 2) ||
    about >= NO_STORY.aboutShare / 2 ||
    synopsis >= NO_STORY.synopsisDoubt ||
    bulletShare >= NO_STORY.bulletShare;
  return isDoubtful ? { isFailure: false, detail } : null;
}
