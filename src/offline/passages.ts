import type { Axis } from '../prompt/cards.js';
import { type Corpus, name, variants } from './materials.js';
import type { Beat, Plot } from './plots.js';
import type { Chosen } from './premise-materials.js';
import { fillSlots, type SlotValues } from './slots.js';
import { bestOf, type Draw, openingKeyOf } from './usage-history.js';

/** A beat, told. */
export interface Passage {
  readonly beat: Beat;
  readonly text: string;
}

type Fill = (template: string, axis: Axis, more?: SlotValues) => string;
type IsHeard = (openingKey: string) => boolean;

/** How a story begins. */
interface Opening {
  readonly text: string;
  readonly tellsHour: boolean;
  readonly tellsPlace: boolean;
}

interface OpeningSource {
  readonly chosen: Chosen;
  readonly draw: Draw;
  readonly fill: Fill;
  /** A phrase for the time of the story. */
  readonly hour: string;
}

interface Telling {
  readonly chosen: Chosen;
  readonly opening: Opening;
  /** When it happens, unless the opening has told. */
  readonly hour: string;
  readonly senses: readonly [string, string];
  /** A passage of a card's material. */
  readonly part: (axis: Axis, field: string, more?: SlotValues) => string;
  /** A passage that fits every premise. */
  readonly shared: (field: string) => string;
}

/** Who has the first sentence, as often as it stands here; "place" stands for the hour and the place. */
const BEGINNINGS = ['form', 'form', 'form', 'form', 'person', 'person', 'person', 'place', 'place'] as const;
/** How many beginnings are tried for one that nobody has heard. */
const MOST_TRIES = 40;
/** So many of them with the card that was to begin, so that the mix stays as it is when many were heard. */
const TRIES_AS_WANTED = 12;

const TELLERS: Readonly<Record<Beat, (telling: Telling) => string>> = {
  opening: ({ opening }) => opening.text,
  setting: settingOf,
  rewoundSetting: (telling) => `${telling.shared('rewind')} ${settingOf(telling)}`,
  self: ({ part }) => part('person', 'self'),
  hour: ({ part }) => part('time', 'feel'),
  sense: ({ senses }) => senses[0],
  otherSense: ({ senses }) => senses[1],
  routine: ({ part }) => part('place', 'routine'),
  resumedRoutine: ({ part, shared }) => `${part('place', 'routine')} ${shared('resume')}`,
  firstMessage: (telling) => messageOf(telling, 'first', 'line1'),
  reaction: ({ shared }) => shared('reaction'),
  memory: ({ part, shared }) => `${shared('recall')} ${part('fear', 'memory')}`,
  earlyMemory: ({ part, shared }) => `${shared('before')} ${part('fear', 'memory')}`,
  hint: ({ part }) => part('presence', 'hint'),
  // A turn that changes what the caller may know brings its own call, told with its clue.
  call: ({ chosen, shared }) => (hasOwnCall(chosen) ? '' : shared('call')),
  clue: ({ chosen, part }) =>
    hasOwnCall(chosen) ? `${part('turn', 'call')}\n\n${part('turn', 'clue')}` : part('turn', 'clue'),
  sign: ({ part }) => part('presence', 'sign'),
  inner: ({ part }) => part('fear', 'inner'),
  secondMessage: (telling) => messageOf(telling, 'again', 'line2'),
  secondReaction: ({ shared }) => shared('reactionLater'),
  late: ({ part }) => part('time', 'late'),
  link: ({ shared }) => shared('link'),
  approach: ({ shared }) => shared('approach'),
  turnBack: ({ shared }) => shared('turnBack'),
  approachAgain: ({ shared }) => shared('approachAgain'),
  encounter: ({ part }) => part('presence', 'encounter'),
  peak: ({ part }) => part('fear', 'peak'),
  echo: ({ part }) => part('person', 'echo'),
  retreat: ({ part }) => part('place', 'retreat'),
  lastMessage: (telling) => messageOf(telling, 'final', 'line3'),
  aside: ({ part }) => part('form', 'aside'),
  scene: ({ part }) => part('turn', 'scene'),
  last: ({ part }) => part('turn', 'last'),
  close: ({ part }) => part('form', 'close'),
};

/**
 * Tells the beats of a plot.
 * @param isHeard whether a first sentence, as `openingKey` writes it, was used before
 */
export function tell(plot: Plot, corpus: Corpus, chosen: Chosen, draw: Draw, isHeard: IsHeard): Passage[] {
  const values = slotValues(chosen);
  const fill: Fill = (template, axis, more = {}) =>
    fillSlots(template, { ...values, text: chosen.texts[axis], ...more });
  const hour = fill(draw.least(variants(chosen.material.time, 'open')), 'time');
  const telling: Telling = {
    chosen,
    hour,
    opening: openingOf({ chosen, draw, fill, hour }, isHeard),
    senses: twoOf(variants(chosen.material.place, 'sense'), draw, (text) => fill(text, 'place')),
    part: (axis, field, more) => fill(draw.least(variants(chosen.material[axis], field)), axis, more),
    shared: (field) => fill(draw.least(variants(corpus.common, field)), 'turn'),
  };
  return plot.beats.map((beat) => ({ beat, text: TELLERS[beat](telling) }));
}

function openingOf(source: OpeningSource, isHeard: IsHeard): Opening {
  const wanted = source.draw.any(BEGINNINGS);
  const make = (tries: number): { opening: Opening; fork: Draw } => {
    const fork = source.draw.fork(tries);
    const beginning = tries < TRIES_AS_WANTED ? wanted : fork.any(BEGINNINGS);
    return { opening: beginWith(beginning, { ...source, draw: fork }), fork };
  };
  const isNew = ({ opening }: { opening: Opening }): number => (isHeard(openingKeyOf(opening.text)) ? 0 : 1);
  const best = bestOf(MOST_TRIES, make, isNew, 1);
  source.draw.keep(best.fork);
  return best.opening;
}

/** The first paragraphs. Whichever card begins, the form is set before the story is under way. */
function beginWith(beginning: string, { chosen, draw, fill, hour }: OpeningSource): Opening {
  const { person, place, form } = chosen.material;
  if (beginning === 'form') {
    const frame = draw.least(variants(form, 'open'));
    return { text: fill(frame, 'form', { when: hour }), tellsHour: tellsHour(frame), tellsPlace: false };
  }
  const axis = beginning === 'person' ? 'person' : 'place';
  const first =
    axis === 'person' ? draw.least(variants(person, 'open')) : `{when}, ${draw.least(variants(place, 'open'))}`;
  const frame = frameAfter(first, variants(form, 'open'), draw);
  return {
    text: `${fill(first, axis, { when: hour })}\n\n${fill(frame, 'form', { when: hour })}`,
    tellsHour: tellsHour(first) || tellsHour(frame),
    tellsPlace: axis === 'place',
  };
}

/** How the form is set once the story has begun: without the hour and the place, if they are told already. */
function frameAfter(first: string, opens: readonly string[], draw: Draw): string {
  if (!tellsHour(first)) return draw.least(opens);
  const shorter = opens.map((open) => ({ open, frame: open.replace('{when}, {place}에', '그곳에') }));
  const fitting = shorter.filter(({ frame }) => !tellsHour(frame));
  const chosen = draw.least((fitting.length > 0 ? fitting : shorter).map(({ open }) => open));
  return shorter.find(({ open }) => open === chosen)?.frame ?? chosen;
}

function tellsHour(template: string): boolean {
  return template.includes('{when');
}

/** Where the story takes place and why, without what its opening has said already. */
function settingOf({ opening, hour, part }: Telling): string {
  if (opening.tellsPlace) return part('place', 'reason');
  const open = `${part('place', 'open')} ${part('place', 'reason')}`;
  return opening.tellsHour ? open : `${hour}, ${open}`;
}

/** What the device passes on: a sentence of the turn. */
function messageOf({ chosen, part }: Telling, field: string, line: string): string {
  return part('device', field, { line: name(chosen.material.turn, line) });
}

function hasOwnCall({ material: { turn } }: Chosen): boolean {
  return variants(turn, 'call').length > 0;
}

function slotValues({ material: { place, presence, device } }: Chosen): SlotValues {
  return {
    place: name(place, 'name'),
    deep: name(place, 'deep'),
    exit: name(place, 'exit'),
    desk: name(place, 'desk'),
    light: name(place, 'light'),
    contact: name(place, 'contact'),
    ref: name(presence, 'ref'),
    device: name(device, 'ref'),
  };
}

/** Two different variants, so that the same passage never stands in a story twice. */
function twoOf(list: readonly string[], draw: Draw, fill: (template: string) => string): [string, string] {
  const first = draw.least(list);
  const others = list.filter((item) => item !== first);
  return [fill(first), fill(draw.least(others.length > 0 ? others : list))];
}
