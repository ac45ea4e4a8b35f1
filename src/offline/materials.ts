import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../lib/project.js';
import { type Axis, byAxis, type Card } from '../prompt/cards.js';
import { readCards } from '../prompt/read-cards.js';

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
    passages: ['titles', 'open', 'reason', 'sense', 'routine', 'stay', 'retreat', 'blocked'],
  },
  time: { names: [], passages: ['titles', 'open', 'feel', 'late'] },
  fear: { names: [], passages: ['memory', 'inner', 'peak'] },
  presence: { names: ['ref'], passages: ['titles', 'hint', 'sign', 'encounter', 'visit', 'end'] },
  device: { names: ['ref'], passages: ['titles', 'first', 'again', 'final'] },
  turn: {
    names: ['line1', 'line2', 'line3', 'fate'],
    passages: ['titles', 'clue', 'scene', 'scene@in', 'last', 'last@in', 'answer'],
  },
  // The plots of the composer are structures of their own.
  structure: { names: [], passages: [] },
  form: { names: ['register', 'self'], passages: ['open', 'aside', 'aside@late', 'touch', 'close'] },
};

const COMMON_PASSAGES = [
  'titlePatterns',
  'before',
  'rewind',
  'resume',
  'recall',
  'reaction',
  'reactionLater',
  'fright',
  'call',
  'note',
  'approach',
  'turnBack',
  'approachAgain',
  'choice',
  'leave',
] as const;

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
  return {
    cards: byAxis((axis) => cards.get(axis) ?? []),
    material: byAxis(readMaterial),
    generic: byAxis(readGeneric),
    common,
  };
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

function asRecord(value: unknown, where: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Error(`${where} is not a JSON object.`);
  }
  return Object.fromEntries(Object.entries(value));
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(join(ROOT, 'config', path), 'utf8'));
}
