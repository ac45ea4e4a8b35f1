import type { Axis, Corpus, Material } from './corpus.js';
import { AXES, loadCorpus, name, variants } from './corpus.js';
import type { SlotValues } from './slots.js';
import { fillSlots } from './slots.js';

export interface StoryRequest {
  /** Card texts as they stood in the prompt; a missing axis is drawn from the cards. */
  premise: Partial<Record<Axis, string>>;
  /** Returns [0, 1). The same premise and sequence give the same story. */
  random: () => number;
}

export interface ComposedStory {
  title: string;
  /** Markdown: a `# title` line, then paragraphs separated by blank lines. */
  text: string;
}

interface Chosen {
  readonly material: Readonly<Record<Axis, Material>>;
  readonly texts: Readonly<Record<Axis, string>>;
}

interface Passage {
  readonly text: string;
  /** Left out first when the story grows too long. */
  readonly optional: boolean;
}

type Draw = (list: readonly string[]) => string;

const SHORTEST = 2200;
const LONGEST = 3900;
const COMFORTABLE = 3400;
const FEWEST_PARAGRAPHS = 16;
const MOST_PARAGRAPHS = 30;
const ATTEMPTS = 24;
const TITLE_LENGTH = { min: 4, max: 25 };
const TEXT_LIMIT = 60;

/** Writes one whole story for the premise, without any network. */
export function composeStory(request: StoryRequest): ComposedStory {
  const corpus = loadCorpus();
  const chosen = choose(corpus, request);
  let story = attempt(corpus, chosen, request.random, 0);
  // Fragments are written to fit each other; a retry only catches the rare bad length or echo.
  for (let turn = 1; turn < ATTEMPTS && !isSound(story.text); turn += 1) {
    story = attempt(corpus, chosen, request.random, turn);
  }
  return story;
}

/** The sentences of a story's body, as the check against repetition sees them. */
export function sentencesOf(text: string): string[] {
  return text
    .replace(/^# .*\n/, '')
    .split(/\n+|(?<=[.?!…][”’"']?)\s+/u)
    .map((sentence) => sentence.trim())
    .filter((sentence) => sentence !== '');
}

function choose(corpus: Corpus, { premise, random }: StoryRequest): Chosen {
  const material: Partial<Record<Axis, Material>> = {};
  const texts: Partial<Record<Axis, string>> = {};
  for (const axis of AXES) {
    const given = cleaned(premise[axis] ?? '');
    const cards = corpus.cards[axis];
    const drawn = given === '' ? cards[Math.floor(random() * cards.length)] : undefined;
    const card = drawn ?? cards.find((candidate) => cleaned(candidate.text) === given);
    texts[axis] = card === undefined ? given : cleaned(card.text);
    const own = card === undefined ? undefined : corpus.material[axis].get(card.id);
    material[axis] = own ?? corpus.generic[axis];
  }
  return { material: complete(material), texts: complete(texts) };
}

function complete<T>(partial: Partial<Record<Axis, T>>): Record<Axis, T> {
  const { place, time, fear, presence, device, turn } = partial;
  if (
    place === undefined ||
    time === undefined ||
    fear === undefined ||
    presence === undefined ||
    device === undefined ||
    turn === undefined
  ) {
    throw new Error('An axis of the premise has no cards.');
  }
  return { place, time, fear, presence, device, turn };
}

/** A user's card may hold line breaks, braces or a full stop, none of which fit inside a sentence. */
function cleaned(text: string): string {
  const flat = text
    .replace(/[{}|]/g, '')
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/[.。]+$/, '')
    .trim();
  if (!/[\p{L}\p{N}]/u.test(flat)) return '';
  return [...flat].slice(0, TEXT_LIMIT).join('').trim();
}

function attempt(corpus: Corpus, chosen: Chosen, random: () => number, offset: number): ComposedStory {
  // The offset makes a retry differ even when `random` keeps returning one value.
  const draw: Draw = (list) => {
    const index = (Math.floor(random() * list.length) + offset) % Math.max(list.length, 1);
    return list[index] ?? '';
  };
  const title = composeTitle(corpus, chosen, draw);
  const paragraphs = fit(passages(corpus, chosen, draw));
  return { title, text: `# ${title}\n\n${paragraphs.join('\n\n')}\n` };
}

function slotValues(chosen: Chosen, axis: Axis): SlotValues {
  const { place, presence, device, turn } = chosen.material;
  return {
    text: chosen.texts[axis],
    place: fillSlots(name(place, 'name'), { text: chosen.texts.place }),
    deep: name(place, 'deep'),
    exit: name(place, 'exit'),
    desk: name(place, 'desk'),
    light: name(place, 'light'),
    contact: name(place, 'contact'),
    ref: name(presence, 'ref'),
    device: name(device, 'ref'),
    one: name(turn, 'line1'),
    two: name(turn, 'line2'),
    three: name(turn, 'line3'),
  };
}

function passages(corpus: Corpus, chosen: Chosen, draw: Draw): Passage[] {
  const { place, turn } = chosen.material;
  const part = (axis: Axis, field: string, line = ''): string =>
    fillSlots(draw(variants(chosen.material[axis], field)), { ...slotValues(chosen, axis), line: name(turn, line) });
  const shared = (field: string): string => fillSlots(draw(variants(corpus.common, field)), slotValues(chosen, 'turn'));
  const must = (text: string): Passage => ({ text, optional: false });
  const may = (text: string): Passage => ({ text, optional: true });
  const [firstSense, laterSense] = twoOf(variants(place, 'sense'), draw);
  const sense = (text: string): string => fillSlots(text, slotValues(chosen, 'place'));
  const hour = must(part('time', 'feel'));
  const memory = must(`${shared('recall')} ${part('fear', 'memory')}`);
  const hint = must(part('presence', 'hint'));
  // Two places where the order is free, so that stories do not all share one skeleton.
  const settingFirst = draw(['setting', 'hour']) === 'setting';
  const memoryFirst = draw(['memory', 'hint']) === 'memory';
  // A turn that changes what the caller may know brings its own telephone call.
  const hasOwnCall = variants(turn, 'call').length > 0;
  return [
    must(`${part('time', 'open')}, ${part('place', 'open')} ${part('place', 'reason')}`),
    ...(settingFirst ? [must(sense(firstSense)), hour] : [hour, must(sense(firstSense))]),
    must(part('place', 'routine')),
    must(part('device', 'first', 'line1')),
    must(shared('reaction')),
    ...(memoryFirst ? [memory, hint, may(sense(laterSense))] : [hint, may(sense(laterSense)), memory]),
    must(hasOwnCall ? part('turn', 'call') : shared('call')),
    must(part('turn', 'clue')),
    must(part('presence', 'sign')),
    must(part('fear', 'inner')),
    must(part('device', 'again', 'line2')),
    must(shared('reactionLater')),
    may(part('time', 'late')),
    may(shared('link')),
    must(shared('approach')),
    must(part('presence', 'encounter')),
    must(part('fear', 'peak')),
    must(part('place', 'retreat')),
    must(part('device', 'final', 'line3')),
    must(part('turn', 'scene')),
    must(part('turn', 'last')),
  ];
}

/** Two different variants, so that the same passage never stands in a story twice. */
function twoOf(list: readonly string[], draw: Draw): [string, string] {
  const first = draw(list);
  return [first, draw(list.filter((item) => item !== first))];
}

function fit(all: readonly Passage[]): string[] {
  const kept = [...all];
  const isTooLong = (): boolean => lengthOf(kept) > COMFORTABLE || paragraphsOf(kept).length > MOST_PARAGRAPHS;
  while (isTooLong()) {
    const index = kept.findIndex((passage) => passage.optional);
    if (index === -1) break;
    kept.splice(index, 1);
  }
  return paragraphsOf(kept);
}

function paragraphsOf(list: readonly Passage[]): string[] {
  return list.flatMap(({ text }) => text.split('\n\n')).filter((paragraph) => paragraph.trim() !== '');
}

function lengthOf(list: readonly Passage[]): number {
  return [...paragraphsOf(list).join('\n\n')].length;
}

function isSound(text: string): boolean {
  const length = [...text].length;
  const sentences = sentencesOf(text);
  const paragraphs = text.trim().split('\n\n').length - 1; // less the title
  return (
    length >= SHORTEST &&
    length <= LONGEST &&
    paragraphs >= FEWEST_PARAGRAPHS &&
    paragraphs <= MOST_PARAGRAPHS &&
    new Set(sentences).size === sentences.length
  );
}

function composeTitle(corpus: Corpus, chosen: Chosen, draw: Draw): string {
  const from = (axis: Axis): string => {
    const fitting = variants(chosen.material[axis], 'titles')
      .map((title) => fillSlots(title, { text: chosen.texts[axis] }))
      .filter((title) => [...title].length <= TITLE_LENGTH.max);
    return draw(fitting.length > 0 ? fitting : ['그곳']);
  };
  const parts = {
    placeTitle: from('place'),
    timeTitle: from('time'),
    presenceTitle: from('presence'),
    deviceTitle: from('device'),
  };
  const title = fillSlots(draw(variants(corpus.common, 'titlePatterns')), parts);
  const { min, max } = TITLE_LENGTH;
  const length = [...title].length;
  if (length >= min && length <= max) return title;
  const short = fillSlots('{deviceTitle}', parts);
  return [...short].length >= min ? short : `${short}, 그날`;
}
