import { sentencesOf } from '../sentences.js';
import { LOOPS } from '../thresholds.js';

/** How bad something is: not at all, enough to doubt, enough to refuse. */
export interface Finding {
  isFailure: boolean;
  /** Korean: what was found. */
  detail: string;
}

/**
 * Finds a text that goes round in circles: a word, a phrase, a sentence or a paragraph again and again. Refrains pass:
 * a knock, a name that is called, a chorus come back a few times, and most of the text lies between.
 */
export function findLoop(text: string, sentences: readonly string[] = sentencesOf(text)): Finding | null {
  const findings = [
    ...[loopOfWords(text), loopOfLetters(text), repeatedParagraphs(text), repeatedSentences(sentences)],
    nearRepetitions(text),
  ];
  return (
    findings.find((finding) => finding?.isFailure === true) ?? findings.find((finding) => finding !== null) ?? null
  );
}

/** A run in which every item equals the one `period` before it. */
interface Run {
  period: number;
  /** How often the unit stands there. */
  times: number;
  /** The items of the run: from the first to before the last. */
  from: number;
  to: number;
}

/**
 * The longest run for each period up to a bound. Looks only where a run of interest has to be met: at half its length.
 * @param fewest how often a unit of so many items has to stand in a row to be of interest
 */
function longestRuns<T>(items: ArrayLike<T>, longestPeriod: number, fewest: (period: number) => number): Run[] {
  const runs: Run[] = [];
  for (let period = 1; period <= Math.min(longestPeriod, items.length / 2); period++) {
    const isEqual = (at: number) => items[at] === items[at - period];
    const step = Math.max(1, Math.floor(((fewest(period) - 1) * period) / 2));
    let best: Run | null = null;
    for (let at = period; at < items.length; at += step) {
      if (!isEqual(at)) continue;
      let [from, to] = [at, at + 1];
      while (from > period && isEqual(from - 1)) from--;
      while (to < items.length && isEqual(to)) to++;
      const times = Math.floor((to - from) / period) + 1;
      if (times >= 2 && times > (best?.times ?? 0)) best = { period, times, from: from - period, to };
      at = to;
    }
    if (best !== null) runs.push(best);
  }
  return runs;
}

/** Syllables in a row, whatever marks and blanks are between: `측측측측`, `벨-벨-벨`. Jamo (`ㅋㅋㅋ`) and digits do not count. */
function loopOfLetters(text: string): Finding | null {
  const codes = new Uint16Array(text.length);
  let length = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    const isSyllable = code >= 0xac00 && code <= 0xd7a3;
    if (isSyllable || (code >= 0x61 && code <= 0x7a) || (code >= 0x4e00 && code <= 0x9fff)) codes[length++] = code;
  }
  const letters = codes.subarray(0, length);
  const runs = longestRuns(letters, LOOPS.longestLetterPeriod, () => LOOPS.letters.doubt);
  const most = runs.reduce((largest, { times }) => Math.max(largest, times), 0);
  return findingOf(most, LOOPS.letters, (times) => `같은 글자가 ${times}번 이어짐`);
}

function loopOfWords(text: string): Finding | null {
  const words = text.split(/\s+/);
  const fewest = (period: number) => (period === 1 ? LOOPS.words : LOOPS.phrases).doubt;
  let worst: Finding | null = null;
  for (const { period, times, from, to } of longestRuns(words, LOOPS.longestWordPeriod, fewest)) {
    const unit = words.slice(from, from + period).join(' ');
    if (!/\p{L}|\p{N}/u.test(unit)) continue;
    const characters = unit.length * times + to - from;
    const isLarge = characters >= text.length * LOOPS.largestShare;
    const bounds = unit.length <= LOOPS.longestWord ? LOOPS.words : LOOPS.phrases;
    const fails = times >= bounds.failure || (isLarge && times >= bounds.failureWhenLarge);
    if (!fails && times < bounds.doubt) continue;
    const found = { isFailure: fails, detail: `"${unit.slice(0, 20)}" ${times}번 이어짐` };
    if (worst === null || (fails && !worst.isFailure)) worst = found;
  }
  return worst;
}

/** Paragraphs of some length that come back word for word. */
function repeatedParagraphs(text: string): Finding | null {
  const paragraphs = text.split(/\n\s*\n/).map((paragraph) => paragraph.trim());
  const prose = paragraphs.filter(
    (paragraph) => paragraph.length >= LOOPS.repeatableParagraph && !isRefrain(paragraph),
  );
  const [seen, again] = [new Set<string>(), new Map<string, number>()];
  let [before, inARow, characters] = ['', false, 0];
  for (const paragraph of prose) {
    if (seen.has(paragraph)) {
      again.set(paragraph, (again.get(paragraph) ?? 0) + 1);
      characters += paragraph.length;
      inARow ||= paragraph === before;
    }
    seen.add(paragraph);
    before = paragraph;
  }
  if (again.size === 0) return null;
  const isFailure =
    inARow || again.size >= LOOPS.returningParagraphs || characters >= text.length * LOOPS.repeatedParagraphShare;
  return { isFailure, detail: `같은 문단이 ${again.size}개 되풀이됨` };
}

/** Paragraphs that tell the same again in slightly other words: a number that counts up, a verb that takes turns. */
function nearRepetitions(text: string): Finding | null {
  const { shortest, before, sameShare, doubt, loopShare, failure, failureShare } = LOOPS.near;
  const recent: Set<string>[] = [];
  let [alike, looping, characters] = [0, 0, 0];
  for (const paragraph of text.split(/\n\s*\n/)) {
    if (paragraph.length < shortest || isRefrain(paragraph)) continue;
    const words = new Set(paragraph.split(/\s+/));
    const share = Math.max(0, ...recent.map((other) => sharedShare(words, other)));
    if (share >= sameShare) alike++;
    if (share >= loopShare) {
      looping++;
      characters += paragraph.length;
    }
    recent.push(words);
    if (recent.length > before) recent.shift();
  }
  if (alike < doubt) return null;
  const isFailure = looping >= failure && characters >= text.length * failureShare;
  return { isFailure, detail: `거의 같은 문단이 ${alike}개 이어짐` };
}

function sharedShare(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  let shared = 0;
  for (const word of a) if (b.has(word)) shared++;
  return a.size === 0 ? 0 : shared / a.size;
}

/** Is there a paragraph of some length twice? All that versions before 2 looked for. */
export function hasRepeatedParagraph(text: string): boolean {
  const paragraphs = text.split(/\n\s*\n/).map((paragraph) => paragraph.trim());
  const long = paragraphs.filter((paragraph) => [...paragraph].length >= LOOPS.repeatableParagraph);
  return new Set(long).size < long.length;
}

/** Verse, a quotation, a sign: its lines may come back as a chorus does. */
function isRefrain(paragraph: string): boolean {
  const lines = paragraph.split('\n');
  const isVerse = lines.length >= 2 && lines.every((line) => line.length <= LOOPS.longestVerse);
  return isVerse || /^[>*_“"「『[(<|]/.test(paragraph);
}

/** Sentences of some length that come back, wherever: their share of the text. */
function repeatedSentences(sentences: readonly string[]): Finding | null {
  const seen = new Set<string>();
  let [repeated, all] = [0, 0];
  for (const sentence of sentences) {
    all += sentence.length;
    if (sentence.length < LOOPS.repeatableSentence) continue;
    if (seen.has(sentence)) repeated += sentence.length;
    seen.add(sentence);
  }
  const share = all === 0 ? 0 : repeated / all;
  return findingOf(share, LOOPS.sentenceShare, (value) => `되풀이된 문장 ${Math.round(value * 100)}%`);
}

function findingOf(
  value: number,
  { doubt, failure }: { doubt: number; failure: number },
  say: (value: number) => string,
): Finding | null {
  return value < doubt ? null : { isFailure: value >= failure, detail: say(value) };
}
