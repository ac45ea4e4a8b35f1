import type { Axis } from '../prompt/cards.js';
import { isMismatch, unmarked } from './clues.js';
import { quotation } from './korean/quotation.js';
import { inVoice, REGISTERS, type Voice } from './korean/register.js';
import { fillSlots, type SlotValues } from './korean/slots.js';
import { type Corpus, type Material, name, tagsOf, threadsFor, variants } from './materials.js';
import { type Opening, writeOpening } from './openings.js';
import type { Beat, Plot } from './plots.js';
import type { PremiseMaterials } from './premise-materials.js';
import type { Picker } from './usage-history.js';

/** The text of one beat. */
export interface Passage {
  readonly beat: Beat;
  readonly text: string;
  /** A sentence after it, in which the form speaks to its reader; empty when there is none. */
  readonly touch: string;
  /** What of the material it is made of. */
  readonly items: readonly string[];
}

interface PartOptions {
  /** Variants under this tag are taken too. */
  readonly tag?: string | null;
  readonly slots?: SlotValues;
  /** Variants of which this is true are taken only when there are no others. */
  readonly avoid?: (template: string) => boolean;
}

interface Context {
  readonly plot: Plot;
  readonly materials: PremiseMaterials;
  readonly opening: Opening;
  /** When it happens. */
  readonly hour: string;
  /** What the narrator does at the place: the tag of those variants. */
  readonly job: string | null;
  readonly reason: string;
  /** A passage of a card's material. */
  readonly part: (axis: Axis, field: string, options?: PartOptions) => string;
  /** A passage that fits every premise. */
  readonly shared: (field: string) => string;
  /** A passage of a card's material, or one that fits every premise. */
  readonly either: (axis: Axis, field: string) => string;
  /** A passage of the thread that runs through the story, by its number from 1. */
  readonly thread: (number: number) => string;
}

/** A conversation on the phone, of which some plots do without. */
const CALL = /(?<!휴대)전화(?!번호)|통화|수화기/u;

/** The beats that tell a passage of one card as it is, and which. */
const CARD_PASSAGES = {
  self: ['person', 'self'],
  hint: ['presence', 'hint'],
  sign: ['presence', 'sign'],
  trace: ['turn', 'trace'],
  inner: ['fear', 'inner'],
  earlyAside: ['form', 'aside'],
  aside: ['form', 'aside'],
  late: ['time', 'late'],
  encounter: ['presence', 'encounter'],
  visit: ['presence', 'visit'],
  peak: ['fear', 'peak'],
  echo: ['person', 'echo'],
  lateAside: ['form', 'aside@late'],
  retreat: ['place', 'retreat'],
  blocked: ['place', 'blocked'],
  scene: ['turn', 'scene'],
  sceneInside: ['turn', 'scene@in'],
  last: ['turn', 'last'],
  lastInside: ['turn', 'last@in'],
  answer: ['turn', 'answer'],
  close: ['form', 'close'],
} as const satisfies Partial<Record<Beat, readonly [Axis, string]>>;

type CardBeat = keyof typeof CARD_PASSAGES;
type ThreadBeat = Extract<Beat, `thread${number}`>;

const BEAT_WRITERS: Readonly<Record<Exclude<Beat, CardBeat | ThreadBeat>, (context: Context) => string>> = {
  opening: ({ opening }) => opening.text,
  setting: settingOf,
  rewoundSetting: (context) => `${context.shared('rewind')} ${settingOf(context)}`,
  routine: ({ part, job }) => part('place', 'routine', { tag: job }),
  resumedRoutine: ({ part, job, shared }) => `${part('place', 'routine', { tag: job })} ${shared('resume')}`,
  firstMessage: (context) => messageOf(context, 'first', 'line1'),
  reaction: ({ shared }) => shared('reaction'),
  // A turn that changes what the caller may know brings its own call, told with its clue.
  contact: ({ plot, materials, shared }) =>
    plot.contact === 'none' || hasOwnCall(materials) ? '' : shared(plot.contact),
  clue: ({ materials, part }) =>
    hasOwnCall(materials) ? `${part('turn', 'call')}\n\n${part('turn', 'clue')}` : part('turn', 'clue'),
  // A turn of the user's has one of its own: its only clue does not say what the turn is.
  otherClue: ({ materials, part }) =>
    part('turn', variants(materials.material.turn, 'otherClue').length > 0 ? 'otherClue' : 'clue'),
  fright: ({ shared }) => shared('fright'),
  secondMessage: (context) => messageOf(context, 'again', 'line2'),
  secondReaction: ({ shared }) => shared('reactionLater'),
  stay: ({ either }) => either('place', 'stay'),
  approach: ({ shared }) => shared('approach'),
  turnBack: ({ shared }) => shared('turnBack'),
  approachAgain: ({ shared }) => shared('approachAgain'),
  choice: ({ shared }) => shared('choice'),
  leave: ({ shared }) => shared('leave'),
  lastMessage: (context) => messageOf(context, 'final', 'line3'),
  // Only a narrator who lives on can say what became of the presence.
  end: ({ materials, part }) => (name(materials.material.turn, 'fate') === 'free' ? part('presence', 'end') : ''),
};

/** What the form says in its own name, and the thread, are not part of what is told aloud. */
const NEVER_SPOKEN: ReadonlySet<Beat> = new Set(['opening', 'earlyAside', 'aside', 'lateAside', 'close']);
/** How a narrator speaks to a stranger. */
const ALOUD: Voice = { register: 'polite', humble: true };

/** Beats after one of which the form speaks to its reader for a sentence, and the field that says something of what just happened. */
const TOUCHES: ReadonlyMap<Beat, string> = new Map([
  ['trace', 'touch@sign'],
  ['stay', 'touch@stay'],
]);

export interface PassageSource {
  readonly plot: Plot;
  /** The beats of the plot that are told. */
  readonly beats: readonly Beat[];
  readonly corpus: Corpus;
  readonly materials: PremiseMaterials;
  readonly picker: Picker;
  /** Whether a first sentence, as `openingKey` writes it, was used before. */
  readonly isKnownOpening: (openingKey: string) => boolean;
}

/** Writes the beats of a plot. */
export function writePassages(source: PassageSource): Passage[] {
  const { beats, picker } = source;
  const touched = picker.any([...TOUCHES.keys()].filter((beat) => beats.includes(beat)));
  let counted = picker.picked.length;
  const context = openContext(source);
  return beats.map((beat) => {
    const text = textOf(beat, context);
    const touchField = beat === touched ? TOUCHES.get(beat) : undefined;
    const touch = touchField === undefined ? '' : context.part('form', touchField);
    const items = picker.picked.slice(counted);
    counted = picker.picked.length;
    return { beat, text, touch, items };
  });
}

function textOf(beat: Beat, context: Context): string {
  if (isThreadBeat(beat)) return context.thread(Number(beat.slice('thread'.length)));
  const text = isCardBeat(beat) ? cardPassage(beat, context) : BEAT_WRITERS[beat](context);
  return context.plot.isSpoken && !NEVER_SPOKEN.has(beat) ? quotation(text) : text;
}

/**
 * How often what a plot would tell of the cards was told before, counting the variant that was told least.
 * @param usesOf how often a variant was used
 */
export function stalenessOf(plot: Plot, { material }: PremiseMaterials, usesOf: (variant: string) => number): number {
  const passages = plot.beats.filter(isCardBeat).map((beat) => {
    const [axis, field] = CARD_PASSAGES[beat];
    return variants(material[axis], field);
  });
  return passages.reduce((sum, list) => sum + Math.min(...list.map(usesOf)), 0);
}

function cardPassage(beat: CardBeat, { plot, part }: Context): string {
  const [axis, field] = CARD_PASSAGES[beat];
  return part(axis, field, { avoid: (template) => isAhead(template, beat, plot) });
}

/** Whether a passage names the presence before the plot has shown it. */
function isAhead(template: string, beat: Beat, { beats }: Plot): boolean {
  return template.includes('{ref') && beats.indexOf(beat) < beats.indexOf('sign');
}

function isThreadBeat(beat: Beat): beat is ThreadBeat {
  return beat.startsWith('thread');
}

function isCardBeat(beat: Beat): beat is CardBeat {
  return beat in CARD_PASSAGES;
}

function openContext({ plot, corpus, materials, picker, isKnownOpening }: PassageSource): Context {
  const { form, place, time } = materials.material;
  const narration = voiceOf(form, 'register');
  const framing = voiceOf(form, 'frame');
  const telling = plot.isSpoken ? ALOUD : narration;
  const names = slotValues(materials);
  const fill = (template: string, axis: Axis, slots: SlotValues = {}, voice = telling): string =>
    inVoice(
      fillSlots(unmarked(template), { ...names, text: materials.texts[axis], ...slots }),
      axis === 'form' ? framing : voice,
    );
  const hour = fillSlots(picker.leastUsed(variants(time, 'open')), { ...names, text: materials.texts.time });
  /** No variant stands in a story twice, and those come first that fit what else the plot tells. */
  const pick = (list: readonly string[], avoid: (template: string) => boolean = () => false): string => {
    const unused = filled(list, (template) => !picker.picked.includes(template));
    const fitting = filled(unused, (template) => !avoid(template));
    return picker.leastUsed(plot.contact === 'call' ? fitting : filled(fitting, (template) => !CALL.test(template)));
  };
  const reasons = [null, ...tagsOf(place, 'reason')].flatMap((tag) =>
    variants(place, tag === null ? 'reason' : `reason@${tag}`).map((reason) => ({ tag, reason })),
  );
  const reason = pick(reasons.map((candidate) => candidate.reason));
  const job = reasons.find((candidate) => candidate.reason === reason)?.tag ?? null;
  const thread = pickThread(plot, corpus, materials, picker);
  return {
    plot,
    materials,
    hour,
    job,
    reason: fill(reason, 'place'),
    opening: writeOpening(
      { materials, picker, job, fill: (template, axis) => fill(template, axis, { when: hour }, narration) },
      isKnownOpening,
    ),
    part: (axis, field, { tag = null, slots, avoid = () => false } = {}) => {
      const { turn } = materials.material;
      const told = { turn, whereabouts: plot.whereabouts, told: picker.picked };
      const isUnfit = (template: string): boolean =>
        avoid(template) || (axis === 'turn' && isMismatch(template, field, told));
      return fill(pick(variants(materials.material[axis], field, tag), isUnfit), axis, slots);
    },
    shared: (field) => fill(pick(variants(corpus.common, field)), 'turn'),
    either: (axis, field) =>
      fill(pick([...variants(materials.material[axis], field), ...variants(corpus.common, field)]), axis),
    thread: (number) => fill(picker.leastUsed(thread.slice(number - 1, number)), 'structure', {}, narration),
  };
}

/** The thread that was told least. */
function pickThread({ structure }: Plot, { material }: Corpus, materials: PremiseMaterials, picker: Picker) {
  const threads = threadsFor(material.structure.get(structure) ?? {}, name(materials.material.turn, 'fate'));
  const chosen = picker.fork(0).leastUsed(threads.map(([first = '']) => first));
  return threads.find(([first]) => first === chosen) ?? [];
}

function filled(list: readonly string[], keep: (template: string) => boolean): readonly string[] {
  const kept = list.filter(keep);
  return kept.length > 0 ? kept : list;
}

/** Where the story takes place and why, without what its opening has said already. */
function settingOf({ opening, hour, job, reason, part }: Context): string {
  if (opening.tellsPlace) return reason;
  const open = `${part('place', 'open', { tag: job })} ${reason}`;
  return opening.tellsHour ? open : `${hour}, ${open}`;
}

/** What the device passes on: a sentence of the turn. A narrator who is still inside is not at the way out. */
function messageOf({ plot, materials, part }: Context, field: string, line: string): string {
  return part('device', field, {
    slots: { line: name(materials.material.turn, line) },
    avoid: (template) => plot.whereabouts === 'in' && template.includes('{exit'),
  });
}

function hasOwnCall({ material: { turn } }: PremiseMaterials): boolean {
  return variants(turn, 'call').length > 0;
}

/** How a form speaks: its narrator, or whoever frames what the narrator says. */
function voiceOf(form: Material, field: 'register' | 'frame'): Voice {
  const named = name(form, field, name(form, 'register'));
  const register = REGISTERS.find((candidate) => candidate === named);
  if (register === undefined) throw new Error(`"${named}" is no register.`);
  return { register, humble: register !== 'plain' && name(form, 'self') === '저' };
}

function slotValues({ material: { place, presence, device } }: PremiseMaterials): SlotValues {
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
