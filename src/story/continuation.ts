import type { Failure } from '../api/failure.js';
import type { Answer } from '../api/messages-client.js';
import { addKnownUsage, type Usage } from '../api/usage.js';
import { askForRest, type Prompt } from '../prompt/prompt.js';
import { mergeDoubts } from './doubts.js';
import { type ReadAnswer, readAnswer } from './read-answer.js';
import { readRest } from './read-rest.js';
import { readEnding } from './reading/after/ending.js';
import { stopKindOf } from './stop-reason.js';
import { isCutOff, type ValidationOptions, type Verdict, validateAnswer } from './validate-answer.js';

// A text that was cut off at a token limit, its rest, and how the two become one.

/** A cut-off text, taken back to where it can be gone on with. */
export interface CutText {
  /** Up to its last sentence that is surely whole: after which another one had begun. */
  kept: string;
  /** The space that stood between the two: a blank, or a new paragraph. */
  gap: string;
}

/** A mark that ends a sentence, what closes after it, and the space before the next one. */
const SENTENCE_END = /[.!?…。！？][”’"'」』)\]*_]*(?=(\s+)\S)/gu;

/**
 * Takes a cut-off text back to its last whole sentence, so that the rest begins with a sentence of its own: nobody can
 * say whether a broken word wants its end or a blank, nor whether a quotation was still to be closed.
 * @returns null when no sentence below the title is whole, and there is nothing to go on with
 */
export function cutBack(text: string): CutText | null {
  const title = /^\s*#.*(\n|$)/.exec(text)?.[0].length ?? 0;
  const last = [...text.matchAll(SENTENCE_END)].at(-1);
  if (last === undefined || last.index < title) return null;
  return { kept: text.slice(0, last.index + last[0].length).trimStart(), gap: last[1] ?? '' };
}

/** The shortest overlap, in characters other than space, that is a repetition and no accident. */
const SHORTEST_OVERLAP = 8;

/** The longest: a model that repeats more begins anew. */
const LONGEST_OVERLAP = 4000;

/**
 * Joins a cut-off text with its rest. A model that was asked for the rest may begin with the title again, with `…`, or
 * with the last sentences once more: what stands twice then stands once. One that begins anew has written the whole.
 */
export function joinRest({ kept, gap }: CutText, rest: string): string {
  const body = withoutTitle(kept, rest).replace(/^[\s…]+/u, '');
  if (beginsAnew(kept, body)) return rest.trim();
  const after = body.slice(overlap(kept, body)).trimStart();
  return after === '' ? kept : `${kept}${gap}${after}`;
}

function withoutTitle(kept: string, rest: string): string {
  const [title] = /^#.*$/m.exec(kept) ?? [];
  const trimmed = rest.trimStart();
  return title !== undefined && trimmed.startsWith(`${title}\n`) ? trimmed.slice(title.length) : trimmed;
}

/** So long a beginning, in characters, comes a second time only when everything does. */
const SAME_BEGINNING = 80;

function beginsAnew(kept: string, body: string): boolean {
  const [first, again] = [kept.replace(/^#.*\n/, ''), body].map((text) =>
    text.replace(/\s/g, '').slice(0, SAME_BEGINNING),
  );
  return first?.length === SAME_BEGINNING && first === again;
}

/** How much of the start of `body` stands at the end of `kept` already, whatever space is between the words. */
function overlap(kept: string, body: string): number {
  const end = kept.replace(/\s/g, '');
  const positions = [...body.matchAll(/\S/g)].map(({ index }) => index);
  const start = body.replace(/\s/g, '').slice(0, Math.min(end.length, LONGEST_OVERLAP));
  for (let length = start.length; length >= SHORTEST_OVERLAP; length--) {
    if (end.endsWith(start.slice(0, length))) return (positions[length - 1] ?? -1) + 1;
  }
  return 0;
}

/**
 * How to ask for the rest of an answer that was cut off.
 * @returns null when it was not, or there is nothing to go on with
 */
export function restRequest(prompt: Prompt, answer: Answer): { prompt: Prompt; cut: CutText } | null {
  const cut = isCutOff(answer) ? cutBack(readAnswer(answer.text, { isCutOff: true }).text) : null;
  return cut === null ? null : { prompt: askForRest(prompt, cut.kept), cut };
}

/** The story so far, with the answer to a request for its rest. */
function joinRead(first: ReadAnswer, cut: CutText, rest: Answer): { read: ReadAnswer; failure: Failure | null } {
  const { text, tags, removed, doubts, isAnew, failure } = readRest(rest.text, cut.kept);
  const isLast = !isCutOff(rest);
  const carried = { tags: [...first.tags, ...tags], doubts: mergeDoubts(first.doubts, doubts) };
  if (isAnew) {
    const anew = readAnswer(rest.text, { isCutOff: !isLast });
    const hasTitle = anew.title !== null || first.title === null;
    return {
      read: {
        ...anew,
        ...(hasTitle ? {} : { title: first.title, text: `# ${first.title}\n\n${anew.text}` }),
        tags: [...new Set([...first.tags, ...anew.tags])],
        removed: [...first.removed, ...anew.removed],
        doubts: mergeDoubts(first.doubts, anew.doubts),
      },
      failure: null,
    };
  }
  // What cannot be joined is kept aside, word for word, and not mixed into the story.
  if (failure !== null) return { read: { ...first, text: cut.kept }, failure };
  const joined = joinRest(cut, text);
  // The end may have begun before the cut, with notes that the rest only goes on with.
  const ending = isLast ? readEnding(joined.split('\n'), first.title) : null;
  const read = {
    title: first.title,
    text: ending === null ? joined : ending.lines.join('\n').trim(),
    tags: [...new Set([...carried.tags, ...(ending?.tags ?? [])])],
    removed: [...first.removed, ...removed, ...(ending?.removed ?? [])],
    doubts: mergeDoubts(carried.doubts, ending?.doubts ?? []),
  };
  return { read, failure: null };
}

/** The two answers as one. A rest that goes on with nothing leaves the answer cut off, so that it is asked for again. */
function joinAnswers(first: Answer, text: string, rest: Answer, hasRest: boolean): Answer {
  return {
    ...rest,
    text,
    stopReason: !hasRest && stopKindOf(rest.stopReason) === 'whole' ? first.stopReason : rest.stopReason,
    usage: addKnownUsage(first.usage, rest.usage),
    model: rest.model ?? first.model,
  };
}

/** What one of the calls for a story came to, as its metadata tells. */
export interface CallSummary {
  request_id: string | null;
  stop_reason: string | null;
  usage: Usage | null;
  cost_usd: number | null;
}

/** What stands of a story while its calls come in. */
export interface Draft {
  /** All answers so far, as one. Once there are several, its text is that of `read`. */
  answer: Answer;
  /** What the model wrote, word for word: all of one answer, or the kept text and all of the answer with its rest. */
  verbatim: string;
  /** The story so far, read; what was taken away from any of the answers is named here. */
  read: ReadAnswer;
  /** Why a rest could not be joined to what it was to go on from; null while all could. */
  seamFailure: Failure | null;
  /** US dollars and milliseconds of all calls; the cost is null as soon as one is not known. */
  costUsd: number | null;
  generationMs: number;
  calls: readonly [CallSummary, ...CallSummary[]];
  /** Where the cut-off text is kept that the latest answer went on from. */
  part: string | null;
}

/** One answer, and what it took. */
export interface ReceivedAnswer {
  answer: Answer;
  costUsd: number | null;
  generationMs: number;
}

export function newDraft({ answer, costUsd, generationMs }: ReceivedAnswer): Draft {
  const read = readAnswer(answer.text, { isCutOff: isCutOff(answer) });
  return {
    answer,
    verbatim: answer.text.trim(),
    read,
    seamFailure: null,
    costUsd,
    generationMs,
    calls: [factsOf(answer, costUsd)],
    part: null,
  };
}

/** The draft with its rest. @param part where the draft was kept meanwhile */
export function appendRest(
  draft: Draft,
  part: string,
  cut: CutText,
  { answer, costUsd, generationMs }: ReceivedAnswer,
): Draft {
  const { read, failure } = joinRead(draft.read, cut, answer);
  return {
    answer: joinAnswers(draft.answer, read.text, answer, failure !== null || read.text !== cut.kept),
    verbatim: `${cut.kept}${cut.gap}${answer.text.trim()}`,
    read,
    seamFailure: draft.seamFailure ?? failure,
    costUsd: draft.costUsd === null || costUsd === null ? null : draft.costUsd + costUsd,
    generationMs: draft.generationMs + generationMs,
    calls: [...draft.calls, factsOf(answer, costUsd)],
    part,
  };
}

/** Is the draft a whole story? As `validateAnswer`, of one answer or of several that were joined. */
export function validateDraft({ answer, read, seamFailure }: Draft, options: ValidationOptions): Verdict {
  const verdict = validateAnswer(answer, read, options);
  return seamFailure === null ? verdict : { ...verdict, failure: seamFailure };
}

/** What the latest call alone used, which is what the ledger has not counted yet. */
export function lastCall({ calls }: Draft): CallSummary {
  return calls.at(-1) ?? calls[0];
}

function factsOf({ requestId, stopReason, usage }: Answer, costUsd: number | null): CallSummary {
  return { request_id: requestId, stop_reason: stopReason, usage, cost_usd: costUsd };
}
