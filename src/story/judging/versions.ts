import { bare, headingOf, isDecorated, isEmphasised, isRule, labelOf } from '../reading/forms/lines.js';
import { isEndMarker } from '../reading/forms/marks.js';
import { VERSIONS } from '../thresholds.js';
import type { Finding } from './loops.js';

// Answers that hold a story more than once, or less than all of it. Both are told by lines that a model sets between the
// parts; a story may have such lines too, so neither is refused.

/** `버전 1`, `A안`, `수정본`, `다른 결말`: names a text beside another one. */
const VERSION =
  /^(?:(?:버전|version|시안|안|초안)\s?[\dab가나]|(?:제?\s?\d|[ab가나]|첫\s?번째|두\s?번째)\s?(?:안|시안|버전|초안|version)|수정본|수정판|개정판|개작|(?:다른|또\s?다른|대체|두\s?번째)\s?(?:버전|결말|판본)|결말\s?[\dab가나]|(?:revised|alternat(?:e|ive)|another) (?:version|ending))(?:\s?[:：(\-–—].*)?$/iu;

/** Quick to rule out: nearly every line. */
const MAY_PART = /버전|version|ending|안|시안|수정|개정|개작|결말|판본|끝|완|종|fin|end|完|終/iu;

/** Finds a text that holds two versions of a story, or a second story, with a title, below the end of the first. */
export function findVersions(text: string): Finding | null {
  const names = new Set<string>();
  let isOver = false;
  for (const { line, share } of linesOf(text)) {
    const isBetween = share.above >= VERSIONS.leastShare && share.below >= VERSIONS.leastShare;
    if (isOver && !isRule(line)) {
      if (headingOf(line) !== null || isEmphasised(line)) return { isFailure: false, detail: bare(line) };
      isOver = false;
    }
    if (line.length > VERSIONS.longestLine || !MAY_PART.test(line)) continue;
    const name = nameOf(line);
    if (VERSION.test(name)) names.add(name);
    const isSecond = names.has(name) && share.above >= VERSIONS.leastShare;
    if (names.size >= 2 || isSecond) return { isFailure: false, detail: name };
    // `1화 끝` stands between chapters.
    isOver = isBetween && isDecorated(line) && isEndMarker(line, null) && !/\d/.test(line);
  }
  return null;
}

/** `(중략: 회의 장면, 약 800자)`, `[이하 생략 — 요청하시면 작성]`: a bracket that says what is left out, and no paper's own. */
const OMISSION =
  /^[\s*_>]*[[(（<【].{0,12}(?:중략|생략|후략|하략|omitted|truncated|continued).{0,80}(?:\d\s?자|장면|요청|작성|이어|characters|words|scene)/iu;

/** The same in a sentence: `자세한 묘사는 생략하겠습니다.` */
const OMITS = /(?:묘사|장면|내용|부분|대목)[^\n]{0,16}(?:생략(?:하겠|합|했)|다루지\s?않(?:겠|았|습))/u;

const LEAVES_OUT = /중략|다루지|생략|후략|하략|omitted|truncated|continued/iu;

/** Finds a place of which the model says that it has left something out. */
export function findOmission(text: string): Finding | null {
  if (!LEAVES_OUT.test(text)) return null;
  const line = text
    .split('\n')
    .find((each) => each.length <= VERSIONS.longestLine && (OMISSION.test(each) || OMITS.test(each)));
  return line === undefined ? null : { isFailure: false, detail: line.trim().slice(0, 30) };
}

interface Line {
  line: string;
  /** How much of the text stands above it, and below. */
  share: { above: number; below: number };
}

function* linesOf(text: string): Generator<Line> {
  let above = 0;
  for (const line of text.split('\n')) {
    if (line.trim() !== '') {
      yield { line, share: { above: above / text.length, below: (text.length - above - line.length) / text.length } };
    }
    above += line.length + 1;
  }
}

/** What a heading, an emphasised line or a label without a value says; '' for other lines. */
function nameOf(line: string): string {
  const heading = headingOf(line);
  if (heading !== null) return bare(heading.text);
  if (isEmphasised(line)) return bare(line).replace(/[:：]$/u, '');
  const label = labelOf(line);
  return label !== null && label.value === '' ? label.key : line.trim();
}
