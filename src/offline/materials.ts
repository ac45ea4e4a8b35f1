import { join } from 'node:path';
import { ROOT } from '../lib/project.js';
import { type Axis, byAxis, type Card } from '../prompt/cards.js';
import { readCards } from '../prompt/read-cards.js';
import { asRecord, readJson } from './json.js';
import { type Plot, readPlots, threadsOf } from './plots.js';

/**
 * Single-valued fields are names used as slots; lists hold variants of one passage. `field@tag` holds variants of `field`
 * that fit only where the tag applies.
 */
export type Material = Readonly<Record<string, string | readonly string[]>>;

export interface Corpus {
  readonly cards: Readonly<Record<Axis, readonly Card[]>>;
  readonly material: Readonly<Record<Axis, ReadonlyMap<string, Material>>>;
  /** Used for a card that the user added: names it through the {text} slot. */
  readonly generic: Readonly<Record<Axis, Material>>;
  readonly common: Material;
  readonly plots: readonly Plot[];
}

interface Fields {
  readonly names: readonly string[];
  readonly passages: readonly string[];
}

/** What each axis must provide; `names` are single strings, `passages` are lists of variants. */
export const REQUIRED_FIELDS: Readonly<Record<Axis, Fields>> = {
  person: { names: [], passages: ['open', 'self', 'echo'] },
  place: {
    names: ['name', 'deep', 'exit', 'desk', 'light', 'contact'],
    passages: ['titles', 'open', 'reason', 'routine', 'stay', 'retreat', 'blocked'],
  },
  time: { names: [], passages: ['titles', 'open', 'late'] },
  fear: { names: [], passages: ['inner', 'peak'] },
  presence: { names: ['ref'], passages: ['titles', 'hint', 'sign', 'encounter', 'visit', 'end'] },
  device: { names: ['ref'], passages: ['titles', 'first', 'again', 'final'] },
  turn: {
    names: ['line1', 'line2', 'line3', 'fate'],
    passages: ['titles', 'clue', 'trace', 'scene', 'scene@in', 'last', 'last@in', 'answer'],
  },
  structure: { names: [], passages: [] }, // threads, which are checked against the plots
  form: { names: ['register', 'self'], passages: ['open', 'aside', 'aside@late', 'touch@sign', 'touch@stay', 'close'] },
};

const COMMON_PASSAGES = [
  'titlePatterns',
  'rewind',
  'resume',
  'reaction',
  'reactionLater',
  'fright',
  'stay',
  'call',
  'note',
  'approach',
  'turnBack',
  'approachAgain',
  'choice',
  'leave',
] as const;

/** What becomes of the narrator of a turn. */
const FATES = ['free', 'lost'] as const;

let cached: Corpus | undefined;

/** Reads and checks the premise cards and the offline material, once per process. */
export function loadCorpus(): Corpus {
  cached ??= readCorpus();
  return cached;
}

/** The variants of a passage, with those for a tag if there is one; empty when the material has none. */
export function variants(material: Material, field: string, tag: string | null = null): readonly string[] {
  const own = listOf(material[field]);
  return tag === null ? own : [...own, ...listOf(material[`${field}@${tag}`])];
}

/** The tags under which a field has variants: `open@a` has the tag a. */
export function tagsOf(material: Material, field: string): string[] {
  return Object.keys(material).flatMap((key) => (key.startsWith(`${field}@`) ? [key.slice(field.length + 1)] : []));
}

/**
 * The threads of a structure: passages that belong together and are told in their order, all through the story.
 * @param fate what becomes of the narrator: some threads tell it
 */
export function threadsFor(material: Material, fate: string): (readonly string[])[] {
  return Object.entries(material).flatMap(([field, passages]) =>
    field.startsWith('thread@') || field.startsWith(`thread-${fate}@`) ? [listOf(passages)] : [],
  );
}

/** A single-valued field; `fallback` when the material has none. */
export function name(material: Material, field: string, fallback = ''): string {
  const value = material[field];
  return typeof value === 'string' ? value : fallback;
}

function listOf(value: string | readonly string[] | undefined): readonly string[] {
  if (value === undefined) return [];
  return typeof value === 'string' ? [value] : value;
}

function readCorpus(): Corpus {
  const common = toMaterial(readJson('offline/common.json'), 'common');
  for (const field of COMMON_PASSAGES) requirePassage(common, field, 'common');
  const cards = new Map(
    readCards(join(ROOT, 'config', 'premises')).map((axisCards) => [axisCards.axis, axisCards.cards]),
  );
  const material = byAxis(readMaterial);
  const plots = readPlots((cards.get('structure') ?? []).map(({ id }) => id));
  for (const plot of plots) checkThreads(plot, material.structure.get(plot.structure) ?? {});
  return { cards: byAxis((axis) => cards.get(axis) ?? []), material, generic: byAxis(readGeneric), common, plots };
}

/** Every plot must find threads of its length, whatever becomes of its narrator. */
function checkThreads(plot: Plot, material: Material): void {
  for (const fate of FATES) {
    const lengths = threadsFor(material, fate).map((thread) => thread.length);
    if (lengths.length === 0 || lengths.some((length) => length !== threadsOf(plot))) {
      throw new Error(`offline/structure.json ${plot.structure}: the plot "${plot.name}" needs other threads.`);
    }
  }
}

function readMaterial(axis: Axis): ReadonlyMap<string, Material> {
  const file = `offline/${axis}.json`;
  const entries = Object.entries(asRecord(asRecord(readJson(file), file).cards, file));
  return new Map(entries.map(([id, value]) => [id, checked(axis, toMaterial(value, id), `${file} ${id}`)]));
}

function readGeneric(axis: Axis): Material {
  const file = `offline/${axis}.json`;
  return checked(axis, toMaterial(asRecord(readJson(file), file).generic, file), `${file} generic`);
}

function checked(axis: Axis, material: Material, where: string): Material {
  const { names, passages } = REQUIRED_FIELDS[axis];
  for (const field of names) {
    if (name(material, field) === '') throw new Error(`${where}: "${field}" is missing.`);
  }
  for (const field of passages) requirePassage(material, field, where);
  return material;
}

function requirePassage(material: Material, field: string, where: string): void {
  const tagged = tagsOf(material, field).flatMap((tag) => variants(material, `${field}@${tag}`));
  if (variants(material, field).length + tagged.length === 0) throw new Error(`${where}: "${field}" has no variants.`);
}

function toMaterial(value: unknown, where: string): Material {
  const material: Record<string, string | string[]> = {};
  for (const [field, content] of Object.entries(asRecord(value, where))) {
    if (typeof content === 'string') material[field] = content;
    else if (isStringArray(content)) material[field] = content;
    else throw new Error(`${where}: "${field}" must be a string or a list of strings.`);
  }
  return material;
}

function isStringArray(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
