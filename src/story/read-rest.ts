import type { Failure } from '../api/failure.js';
import { type Doubt, doubtOf, mergeDoubts } from './doubts.js';
import { countLetters, isKorean } from './judging/letters.js';
import { findRefusal, findTalk, sharesOf } from './judging/no-story.js';
import { unpack } from './reading/around/unpack.js';
import { bare, blockFrom, headingOf, isBlank, isDecorated, isRule, skipBlank, textOf } from './reading/forms/lines.js';
import { weighTalk } from './reading/forms/talk.js';
import {
  cleanTitle,
  emphasisedTitle,
  enclosedTitle,
  headingKindOf,
  labelledTitle,
  sameTitle,
} from './reading/forms/title.js';
import type { RemovedKind, RemovedText } from './reading/removed-text.js';
import { isPolite as endsPolitely, sentencesOf, speaksPolitely } from './sentences.js';
import { shinglesOf } from './similarity.js';
import { REST } from './thresholds.js';

/** The rest of a cut-off story, read. */
export interface ReadRest {
  /** What goes on with the story; '' when nothing does. */
  text: string;
  tags: string[];
  removed: RemovedText[];
  doubts: Doubt[];
  /** Does it tell the whole story once more, from its beginning? */
  isAnew: boolean;
  /** Why it cannot be joined to what it was to go on from; null when it can. */
  failure: Failure | null;
}

/**
 * Reads the answer to a request for the rest: what the model says about it, the title once more and "(계속)" are taken
 * away, so that the seam is clean.
 * @param kept what stands of the story, its `# title` line included
 */
export function readRest(raw: string, kept: string): ReadRest {
  const unpacked = unpack(raw);
  const [, title = null] = /^# (.*)/.exec(kept) ?? [];
  const top = stripTop(unpacked.text.split('\n'), title, kept);
  const { text } = top;
  const doubts = mergeDoubts(
    unpacked.doubts,
    top.doubts,
    goesOnFrom(kept, text) ? [doubtOf('seam', text.slice(0, 30))] : [],
  );
  return {
    text,
    tags: unpacked.tags,
    removed: [...unpacked.removed, ...top.removed].map((each) => ({ ...each, where: 'inside' })),
    doubts,
    isAnew: beginsLike(kept, text),
    failure: problemOf(unpacked.text, text, top.newTitle),
  };
}

interface Top {
  text: string;
  removed: RemovedText[];
  doubts: Doubt[];
  /** The title of another story; null when there is none. */
  newTitle: string | null;
}

function stripTop(lines: readonly string[], title: string | null, kept: string): Top {
  const removed: RemovedText[] = [];
  const isPolite = speaksPolitely(kept.slice(-REST.looksAt));
  let at = skipBlank(lines, 0);
  let newTitle: string | null = null;
  while (at < lines.length) {
    const line = lines[at] ?? '';
    const block = blockFrom(lines, at);
    const what =
      kindOfLine(line, title, removed.length > 0) ?? (isSeamTalk(textOf(lines, block), isPolite) ? 'talk' : null);
    if (what === null) break;
    const to = what === 'talk' ? block.to : at + 1;
    removed.push({ what, where: 'inside', text: textOf(lines, { from: at, to }) });
    at = skipBlank(lines, to);
  }
  const heading = headingOf(lines[at] ?? '');
  const hasSections = kept
    .split('\n')
    .slice(1)
    .some((line) => headingOf(line) !== null);
  if (heading !== null && title !== null && !hasSections && headingKindOf(heading.text) === 'title')
    newTitle = heading.text;
  let text = lines.slice(at).join('\n').trim();
  const promise = promiseOf(text, isPolite);
  if (promise !== '') {
    removed.push({ what: 'talk', where: 'inside', text: promise });
    text = text.slice(promise.length).trim();
  }
  const { score } = weighTalk(text.split(/\n\s*\n/)[0] ?? '');
  const doubts = score >= (isPolite ? 3 : 2) ? [doubtOf('seam', text.slice(0, 30))] : [];
  return { text, removed, doubts, newTitle };
}

/** What a line at the top of a rest is, if it is no part of the story. */
function kindOfLine(line: string, title: string | null, isBelowRemoved: boolean): RemovedKind | null {
  if (isRule(line)) return isBelowRemoved ? 'rule' : null;
  if (isSeamMark(line)) return 'label';
  const heading = headingOf(line);
  if (heading !== null && ['label', 'body', 'plan', 'empty'].includes(headingKindOf(heading.text))) return 'label';
  if (title === null) return null;
  const named =
    heading?.text ??
    labelledTitle(line) ??
    emphasisedTitle(line) ??
    enclosedTitle(line) ??
    (isBlank(line) ? null : line);
  return named !== null && named.length <= REST.longestTitle && sameTitle(withoutPart(named), title) ? 'title' : null;
}

/** `검은 방 2`, `검은 방 - 2부`: the number of a part. */
const withoutPart = (title: string): string =>
  cleanTitle(title).replace(/\s*[-–—:]?\s*\(?(?:제?\s?\d\s?(?:부|편)?|계속|이어서|continued)\)?$/iu, '');

/** `(계속)`, `[이어서]`, `(앞부분에서 이어짐)`. */
function isSeamMark(line: string): boolean {
  if (line.length > REST.longestTitle || !(isDecorated(line) || /[:：]\s*$/.test(line))) return false;
  const letters = bare(line).replace(/[\s.…:：~-]+/gu, '');
  return /^(?:앞(?:의|선)?(?:글|부분|내용|이야기)?|이전(?:글|부분|내용)?|본문|이야기|소설|글|끊긴(?:부분|곳)?)?(?:에서|에|부터|을|를)?(?:계속|계속해서|계속됨|이어서|이어짐|이어쓰기|이어씀|이어지는(?:글|부분|내용|이야기|본문)|이어갑니다|이어집니다)$|^cont(?:inued|inuing|inuation|d)?$/iu.test(
    letters,
  );
}

const GOES_ON =
  /이어(?:서|\s|쓰|가|지|나|집|갑|드)|마저|계속(?:해서|하|쓰|\s)|끊긴|끊어진|나머지|뒷부분|잘린|\bcontinu/iu;

/** Talk about going on. In a story that itself speaks politely it has to name that, and how. */
function isSeamTalk(block: string, isPolite: boolean): boolean {
  if (block.length > REST.longestTalk) return false;
  const { score, acknowledges, refersToRequest } = weighTalk(block);
  const goesOn = GOES_ON.test(block) && (score > 0 || sentencesOf(block).every(endsPolitely));
  if (score === 0 && !goesOn) return false;
  if (isPolite) return (goesOn && score >= 2) || (refersToRequest && score >= 3);
  return score >= 2 || goesOn || (acknowledges && !/^["“'‘「]/.test(block));
}

/** A promise to go on in front of the first sentence, in its paragraph. */
function promiseOf(text: string, isPolite: boolean): string {
  const first = text.slice(0, REST.longestTalk);
  let length = 0;
  for (const sentence of sentencesOf(first).slice(0, 2)) {
    const to = first.indexOf(sentence, length) + sentence.length;
    const isAcknowledged =
      length === 0 &&
      /^(?:네|예|물론(?:입니다|이죠)|알겠습니다|좋습니다)[,.!]*$/u.test(sentence) &&
      GOES_ON.test(first.slice(to, to + 40));
    if (!isAcknowledged && !(GOES_ON.test(sentence) && isSeamTalk(sentence, isPolite))) break;
    length = to;
  }
  // A promise and nothing below it was taken as a paragraph already.
  return text.slice(length).trim() === '' ? '' : text.slice(0, length);
}

/**
 * Does the rest begin as the story did? Then it is the whole, written once more. Each beginning has to stand in the other
 * text: of a short story so far, a rest that repeats only the last paragraph shares much too.
 */
function beginsLike(kept: string, text: string): boolean {
  const body = kept.replace(/^#.*\n+/, '');
  const compared = Math.min(REST.beginning, text.length, body.length);
  if (compared < REST.shortestBeginning) return false;
  const first = letters(text).slice(0, REST.sameWords);
  // A later place of the story is repeated, word for word.
  if (letters(body).indexOf(first) > 0) return false;
  const stands = (part: string, whole: string) =>
    sharedPart(part.slice(0, compared), whole.slice(0, REST.beginning * 2)) >= REST.sameShare;
  return stands(text, body) && stands(body, text);
}

const letters = (text: string): string => text.replace(/\s/g, '');

/** Does the rest tell again what the end of the kept text told, in other words than the last ones? */
function goesOnFrom(kept: string, text: string): boolean {
  const end = letters(kept.slice(-REST.looksAt));
  const start = text.slice(0, REST.beginning);
  if (start.length < REST.shortestBeginning || end.endsWith(letters(start.slice(0, REST.sameWords)))) return false;
  return sharedPart(start, kept.slice(-REST.looksAt)) >= REST.sameShare;
}

/** The share of the shingles of one text that another one has too. */
function sharedPart(part: string, whole: string): number {
  const [few, many] = [shinglesOf(part), shinglesOf(whole)];
  let shared = 0;
  for (const shingle of few) if (many.has(shingle)) shared++;
  return few.size === 0 ? 0 : shared / few.size;
}

function problemOf(whole: string, text: string, newTitle: string | null): Failure | null {
  if (newTitle !== null) return seamFailure(`다른 제목: ${newTitle}`);
  const refusal = findRefusal(whole);
  if (refusal?.isFailure === true) return seamFailure(`거절: ${refusal.detail}`);
  if (text === '')
    return whole.length > REST.longestTalk || whole.includes('?') ? seamFailure('이야기가 아닌 답') : null;
  if (findTalk(text, sharesOf(text))?.isFailure === true) return seamFailure('요청한 사람에게 하는 말');
  return text.length >= REST.shortestBeginning && !isKorean(countLetters(text))
    ? seamFailure('한국어가 아닌 글')
    : null;
}

function seamFailure(detail: string): Failure {
  const reason = `이어 쓴 글이 앞의 글과 이어지지 않습니다 (${detail})`;
  return { kind: 'incomplete', code: 'seam', reason, advice: null, retryAfterMs: null };
}
