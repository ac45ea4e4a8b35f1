import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { listFolder } from '../../lib/files.js';
import { type Destination, filesOf, setAsideFolder, stagingFolder } from '../../store/story-store.js';
import type { Report } from '../findings.js';

// Finding the pairs of a story folder, also while a worker moves them: what looks wrong is looked at again.

/** Where a pair lies. half-published: its metadata on a shelf, its text still in staging. */
export type Place = Destination | 'staged' | 'half-published';

/** A text with its metadata, both readable; whether they are right is for others to say. */
export interface ReadPair {
  name: string;
  place: Place;
  markdownPath: string;
  markdown: Buffer;
  metadata: Record<string, unknown>;
  /** The metadata as it stands in its file. */
  metadataText: string;
}

/** What there is to see in the story folder. */
export interface Visible {
  markdown: number;
  metadata: number;
}

export interface PairVisitor {
  pair(pair: ReadPair): void;
  /** Something in a run's staging that is no whole pair. */
  torn(name: string, runId: string): void;
  report: Report;
}

/** In the order in which a pair moves on: whoever looks in this order does not miss one that is being moved. */
const SPOTS = ['staged', 'set-aside', 'stories'] as const;
type Spot = (typeof SPOTS)[number];

/** Where the two files of a name were seen. */
interface Sighting {
  name: string;
  /** The run whose staging has it, or had it. */
  stagedBy: string | null;
  markdown: Set<Spot>;
  metadata: Set<Spot>;
}

/** How many pairs are in memory at a time: enough that the disk has something to do. */
const AT_A_TIME = 8;

/** Reads all pairs of a story folder, oldest first, a few at a time. */
export async function readPairs(folder: string, visitor: PairVisitor): Promise<Visible> {
  const { sightings, visible } = await lookAround(folder, visitor.report);
  const names = [...sightings.keys()].sort();
  for (let from = 0; from < names.length; from += AT_A_TIME) {
    const batch = names.slice(from, from + AT_A_TIME).flatMap((name) => sightings.get(name) ?? []);
    const visits = await Promise.all(batch.map((sighting) => readPair(folder, sighting)));
    for (const visit of visits) visit(visitor);
  }
  return visible;
}

const FILE = /^(horror_story_\d{8}_\d{6}_[0-9a-f]{8})(\.md|_metadata\.json)$/;
const STAGING = '.staging';

async function lookAround(folder: string, report: Report) {
  const sightings = new Map<string, Sighting>();
  const visible: Visible = { markdown: 0, metadata: 0 };
  const see = (file: string, spot: Spot, runId: string | null): boolean => {
    const [, name, end] = FILE.exec(file) ?? [];
    if (name === undefined) return false;
    const known = sightings.get(name) ?? { name, stagedBy: runId, markdown: new Set(), metadata: new Set() };
    const half = end === '.md' ? 'markdown' : 'metadata';
    known[half].add(spot);
    sightings.set(name, known);
    if (spot === 'stories') visible[half] += 1;
    return true;
  };
  for (const runId of await listFolder(join(folder, STAGING))) {
    for (const file of await listFolder(stagingFolder(folder, runId))) see(file, 'staged', runId);
  }
  for (const shelf of ['set-aside', 'stories'] as const) {
    for (const file of await listFolder(shelfFolder(folder, shelf))) {
      if (file.startsWith('.') || see(file, shelf, null)) continue;
      report('foreign', shelf === 'stories' ? file : join('.set-aside', file), { severity: 'note' });
    }
  }
  return { sightings, visible };
}

function shelfFolder(folder: string, shelf: Destination): string {
  return shelf === 'stories' ? folder : setAsideFolder(folder);
}

/** How often one that moves on while it is read is looked for. */
const MOST_LOOKS = 4;

/** @returns what to tell the visitor */
async function readPair(folder: string, seen: Sighting): Promise<(visitor: PairVisitor) => void> {
  let sighting = isPlain(seen) ? seen : await lookAgain(folder, seen);
  for (let looks = 1; ; looks++) {
    const [latest, found] = [sighting, placeOf(sighting)];
    if (found === null) return (visitor) => blame(latest, visitor);
    try {
      const markdownPath = pathOf(folder, sighting, found.markdown, 0);
      const markdown = await readFile(markdownPath);
      const metadataText = await readFile(pathOf(folder, sighting, found.metadata, 1), 'utf8');
      const pair = { name: sighting.name, place: found.place, markdownPath, markdown, metadataText };
      return (visitor) => tell(latest, pair, visitor);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || looks === MOST_LOOKS) throw error;
      sighting = await lookAgain(folder, sighting);
    }
  }
}

/** Both files on one shelf, as nearly all are. */
function isPlain({ markdown, metadata }: Sighting): boolean {
  const [spot] = markdown;
  return markdown.size === 1 && metadata.size === 1 && spot !== undefined && spot !== 'staged' && metadata.has(spot);
}

async function lookAgain(folder: string, { name, stagedBy: before }: Sighting): Promise<Sighting> {
  // It may have come into staging after that was looked through.
  const stagedBy = before ?? (await stagedWhere(folder, name));
  const look = (half: 0 | 1) => {
    const spots = new Set<Spot>();
    const isAt = (spot: Spot) => existsSync(pathOf(folder, { name, stagedBy }, spot, half));
    for (const spot of SPOTS) if ((spot !== 'staged' || stagedBy !== null) && isAt(spot)) spots.add(spot);
    // Seen in two places: it may have been moved from the one to the other between two looks.
    if (spots.size > 1) for (const spot of [...spots]) if (!isAt(spot)) spots.delete(spot);
    return spots;
  };
  // The text moves last: a text on a shelf whose metadata is then not there has lost it.
  const markdown = look(0);
  return { name, stagedBy, markdown, metadata: look(1) };
}

async function stagedWhere(folder: string, name: string): Promise<string | null> {
  for (const runId of await listFolder(join(folder, STAGING))) {
    const files = await listFolder(stagingFolder(folder, runId));
    if (files.some((file) => file.startsWith(name))) return runId;
  }
  return null;
}

function pathOf(folder: string, { name, stagedBy }: Pick<Sighting, 'name' | 'stagedBy'>, spot: Spot, half: 0 | 1) {
  const below = spot === 'staged' ? stagingFolder(folder, stagedBy ?? '') : shelfFolder(folder, spot);
  return join(below, filesOf(name)[half]);
}

/** Where the two files of a pair are to be read; null when they are no pair. */
function placeOf({ markdown, metadata }: Sighting): { place: Place; markdown: Spot; metadata: Spot } | null {
  for (const shelf of ['stories', 'set-aside'] as const) {
    if (!metadata.has(shelf)) continue;
    if (markdown.has(shelf)) return { place: shelf, markdown: shelf, metadata: shelf };
    if (markdown.has('staged')) return { place: 'half-published', markdown: 'staged', metadata: shelf };
  }
  const isStaged = markdown.has('staged') && metadata.has('staged') && markdown.size + metadata.size === 2;
  return isStaged ? { place: 'staged', markdown: 'staged', metadata: 'staged' } : null;
}

function blame(sighting: Sighting, { report, torn }: PairVisitor): void {
  const { name, stagedBy, markdown, metadata } = sighting;
  for (const shelf of ['stories', 'set-aside'] as const) {
    const where = shelf === 'stories' ? name : join('.set-aside', name);
    if (markdown.has(shelf) && !metadata.has(shelf)) report('missing_metadata', where);
    if (metadata.has(shelf) && !markdown.has(shelf)) report('missing_text', where);
  }
  const isShelved = [...markdown, ...metadata].some((spot) => spot !== 'staged');
  const isStaged = markdown.has('staged') || metadata.has('staged');
  if (!isShelved && isStaged && stagedBy !== null) torn(name, stagedBy);
}

function tell(sighting: Sighting, pair: Omit<ReadPair, 'metadata'>, visitor: PairVisitor): void {
  const { name, stagedBy, markdown, metadata } = sighting;
  const parsed = parseMetadata(pair.metadataText);
  if (markdown.size > 1 || metadata.size > 1) visitor.report('twice', name, { run: runOf(parsed) });
  if (parsed !== null) visitor.pair({ ...pair, metadata: parsed });
  else if (pair.place === 'staged') visitor.torn(name, stagedBy ?? '');
  else visitor.report('unreadable_metadata', name);
}

function runOf(metadata: Record<string, unknown> | null): string | null {
  return typeof metadata?.run_id === 'string' ? metadata.run_id : null;
}

function parseMetadata(text: string): Record<string, unknown> | null {
  try {
    const metadata: unknown = JSON.parse(text);
    return typeof metadata === 'object' && !Array.isArray(metadata) ? (metadata as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
