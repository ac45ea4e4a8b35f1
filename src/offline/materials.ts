import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../lib/project.js';
import { type Axis, byAxis, type Card } from '../prompt/cards.js';
import { readCards } from '../prompt/read-cards.js';

/** Single-valued fields are names used as slots; lists hold variants of one passage. */
export type Material = Readonly<Record<string, string | readonly string[]>>;

export interface Corpus {
  readonly cards: Readonly<Record<Axis, readonly Card[]>>;
  readonly material: Readonly<Record<Axis, ReadonlyMap<string, Material>>>;
  /** Used for a card the user added: names it through the {text} slot. */
  readonly generic: Readonly<Record<Axis, Material>>;
  readonly common: Material;
}

/** What each axis must provide; `names` are single strings, `passages` are lists of variants. */
export const REQUIRED_FIELDS: Readonly<Record<Axis, { names: readonly string[]; passages: readonly string[] }>> = {
  person: { names: [], passages: ['open', 'self', 'echo'] },
  place: {
    names: ['name', 'deep', 'exit', 'desk', 'light', 'contact'],
    passages: ['titles', 'open', 'reason', 'sense', 'routine', 'retreat'],
  },
  time: { names: [], passages: ['titles', 'open', 'feel', 'late'] },
  fear: { names: [], passages: ['memory', 'inner', 'peak'] },
  presence: { names: ['ref'], passages: ['titles', 'hint', 'sign', 'encounter'] },
  device: { names: ['ref'], passages: ['titles', 'first', 'again', 'final'] },
  turn: { names: ['line1', 'line2', 'line3'], passages: ['clue', 'scene', 'last'] },
  // The plots of the composer are structures of their own.
  structure: { names: [], passages: [] },
  form: { names: [], passages: ['open', 'aside', 'close'] },
};

const COMMON_PASSAGES = [
  'titlePatterns',
  'rewind',
  'resume',
  'before',
  'recall',
  'call',
  'reaction',
  'reactionLater',
  'link',
  'approach',
  'turnBack',
  'approachAgain',
] as const;

let cached: Corpus | undefined;

/** Reads and checks the premise cards and the offline material, once per process. */
export function loadCorpus(): Corpus {
  cached ??= readCorpus();
  return cached;
}

/** The variants of a passage; empty when the material has none. */
export function variants(material: Material, field: string): readonly string[] {
  const value = material[field];
  if (value === undefined) return [];
  return typeof value === 'string' ? [value] : value;
}

/** A single-valued field; `fallback` when the material has none. */
export function name(material: Material, field: string, fallback = ''): string {
  const value = material[field];
  return typeof value === 'string' ? value : fallback;
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
  if (variants(material, field).length === 0) throw new Error(`${where}: "${field}" has no variants.`);
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
