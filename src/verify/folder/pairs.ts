import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checkFormat, listFolder } from '../../lib/files.js';
import { type ReadMetadata, readMetadata } from '../../store/story-metadata.js';
import { type Destination, filesOf, setAsideFolder, stagingFolder } from '../../store/story-store.js';
import type { AddFinding } from '../findings.js';

// Reads the pairs of a story folder, also while a worker moves them: a pair that seems incomplete is looked up again.

/** The folder of a pair. half-published: the metadata is in its destination, the text still in staging. */
export type PairLocation = Destination | 'staged' | 'half-published';

/** A text and its metadata, both readable. They are not checked yet. */
export interface ReadPair {
  name: string;
  location: PairLocation;
  markdownPath: string;
  markdown: Buffer;
  metadata: ReadMetadata;
  /** The metadata's JSON, with fields that are unknown or of another type. */
  json: Record<string, unknown>;
  /** The content of the metadata file. */
  metadataText: string;
}

/** The number of files outside of dot folders. */
export interface VisibleCounts {
  markdown: number;
  metadata: number;
}

/** Receives the pairs of a folder, one at a time. */
export interface PairVisitor {
  onPair(pair: ReadPair): void;
  /** Called for a pair in staging that is incomplete or damaged. */
  onTornPair(name: string, runId: string): void;
  addFinding: AddFinding;
}

/** In the order in which a pair moves, so that a lookup in this order does not miss a pair that is being moved. */
const PAIR_FOLDERS = ['staged', 'set-aside', 'stories'] as const;
type PairFolder = (typeof PAIR_FOLDERS)[number];

/** The folders in which the two files of a pair were found. */
interface LocatedPair {
  name: string;
  /** Id of the run whose staging has, or had, the pair. */
  stagedBy: string | null;
  markdown: Set<PairFolder>;
  metadata: Set<PairFolder>;
}

/** Pairs that are read at the same time: few enough for the memory, enough to keep the disk busy. */
const BATCH_SIZE = 8;

/** Reads all pairs of a story folder, oldest first. */
export async function readPairs(folder: string, visitor: PairVisitor): Promise<VisibleCounts> {
  const { located, visible } = await locateAll(folder, visitor.addFinding);
  const names = [...located.keys()].sort();
  for (let from = 0; from < names.length; from += BATCH_SIZE) {
    const batch = names.slice(from, from + BATCH_SIZE).flatMap((name) => located.get(name) ?? []);
    const visits = await Promise.all(batch.map((pair) => readPair(folder, pair)));
    for (const visit of visits) visit(visitor);
  }
  return visible;
}

const FILE = /^(horror_story_\d{8}_\d{6}_[0-9a-f]{8})(\.md|_metadata\.json)$/;
const STAGING = '.staging';

async function locateAll(folder: string, addFinding: AddFinding) {
  const located = new Map<string, LocatedPair>();
  const visible: VisibleCounts = { markdown: 0, metadata: 0 };
  const addFile = (file: string, pairFolder: PairFolder, runId: string | null): boolean => {
    const [, name, end] = FILE.exec(file) ?? [];
    if (name === undefined) return false;
    const known = located.get(name) ?? { name, stagedBy: runId, markdown: new Set(), metadata: new Set() };
    const half = end === '.md' ? 'markdown' : 'metadata';
    known[half].add(pairFolder);
    located.set(name, known);
    if (pairFolder === 'stories') visible[half] += 1;
    return true;
  };
  for (const runId of await listFolder(join(folder, STAGING))) {
    for (const file of await listFolder(stagingFolder(folder, runId))) addFile(file, 'staged', runId);
  }
  for (const destination of ['set-aside', 'stories'] as const) {
    for (const file of await listFolder(destinationFolder(folder, destination))) {
      if (file.startsWith('.') || addFile(file, destination, null)) continue;
      addFinding('foreign', destination === 'stories' ? file : join('.set-aside', file), { severity: 'note' });
    }
  }
  return { located, visible };
}

function destinationFolder(folder: string, destination: Destination): string {
  return destination === 'stories' ? folder : setAsideFolder(folder);
}

/** How often a pair that moves while it is read is looked up. */
const MAX_LOOKS = 4;

/** @returns a call to the visitor, so that pairs read in parallel are visited in order */
async function readPair(folder: string, firstLook: LocatedPair): Promise<(visitor: PairVisitor) => void> {
  let located = isInPlace(firstLook) ? firstLook : await locateAgain(folder, firstLook);
  for (let tries = 1; ; tries++) {
    const [latest, found] = [located, pairLocationOf(located)];
    if (found === null) return (visitor) => reportHalves(latest, visitor);
    try {
      const markdownPath = pathOf(folder, located, found.markdown, 0);
      const markdown = await readFile(markdownPath);
      const metadataText = await readFile(pathOf(folder, located, found.metadata, 1), 'utf8');
      const pair = { name: located.name, location: found.location, markdownPath, markdown, metadataText };
      return (visitor) => visit(latest, pair, visitor);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || tries === MAX_LOOKS) throw error;
      located = await locateAgain(folder, located);
    }
  }
}

/** Tells whether both files are in one destination, as nearly all are. */
function isInPlace({ markdown, metadata }: LocatedPair): boolean {
  const [pairFolder] = markdown;
  return (
    markdown.size === 1 &&
    metadata.size === 1 &&
    pairFolder !== undefined &&
    pairFolder !== 'staged' &&
    metadata.has(pairFolder)
  );
}

async function locateAgain(folder: string, { name, stagedBy: before }: LocatedPair): Promise<LocatedPair> {
  // The pair may have been staged after staging was listed.
  const stagedBy = before ?? (await stagedWhere(folder, name));
  const look = (half: 0 | 1) => {
    const foundIn = new Set<PairFolder>();
    const isAt = (pairFolder: PairFolder) => existsSync(pathOf(folder, { name, stagedBy }, pairFolder, half));
    for (const pairFolder of PAIR_FOLDERS)
      if ((pairFolder !== 'staged' || stagedBy !== null) && isAt(pairFolder)) foundIn.add(pairFolder);
    // A file found in two folders may have been moved from the one to the other between the two lookups.
    if (foundIn.size > 1) for (const pairFolder of [...foundIn]) if (!isAt(pairFolder)) foundIn.delete(pairFolder);
    return foundIn;
  };
  // The text moves last, so that metadata missing beside a text in its destination is really missing.
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

function pathOf(
  folder: string,
  { name, stagedBy }: Pick<LocatedPair, 'name' | 'stagedBy'>,
  pairFolder: PairFolder,
  half: 0 | 1,
) {
  const parent =
    pairFolder === 'staged' ? stagingFolder(folder, stagedBy ?? '') : destinationFolder(folder, pairFolder);
  return join(parent, filesOf(name)[half]);
}

/** The folders to read the two files from; null when they do not make a pair. */
function pairLocationOf({
  markdown,
  metadata,
}: LocatedPair): { location: PairLocation; markdown: PairFolder; metadata: PairFolder } | null {
  for (const destination of ['stories', 'set-aside'] as const) {
    if (!metadata.has(destination)) continue;
    if (markdown.has(destination)) return { location: destination, markdown: destination, metadata: destination };
    if (markdown.has('staged')) return { location: 'half-published', markdown: 'staged', metadata: destination };
  }
  const isStaged = markdown.has('staged') && metadata.has('staged') && markdown.size + metadata.size === 2;
  return isStaged ? { location: 'staged', markdown: 'staged', metadata: 'staged' } : null;
}

function reportHalves(located: LocatedPair, { addFinding, onTornPair }: PairVisitor): void {
  const { name, stagedBy, markdown, metadata } = located;
  for (const destination of ['stories', 'set-aside'] as const) {
    const where = destination === 'stories' ? name : join('.set-aside', name);
    if (markdown.has(destination) && !metadata.has(destination)) addFinding('missing_metadata', where);
    if (metadata.has(destination) && !markdown.has(destination)) addFinding('missing_text', where);
  }
  const isPublished = [...markdown, ...metadata].some((pairFolder) => pairFolder !== 'staged');
  const isStaged = markdown.has('staged') || metadata.has('staged');
  if (!isPublished && isStaged && stagedBy !== null) onTornPair(name, stagedBy);
}

function visit(located: LocatedPair, pair: Omit<ReadPair, 'metadata' | 'json'>, visitor: PairVisitor): void {
  const { name, stagedBy, markdown, metadata: metadataFolders } = located;
  const json = parseObject(pair.metadataText);
  const metadata = readMetadata(json);
  checkFormat(metadata?.format, name);
  if (markdown.size > 1 || metadataFolders.size > 1)
    visitor.addFinding('twice', name, { run: metadata?.run_id ?? null });
  if (json !== null && metadata !== null) visitor.onPair({ ...pair, metadata, json });
  else if (pair.location === 'staged') visitor.onTornPair(name, stagedBy ?? '');
  else visitor.addFinding('unreadable_metadata', name);
}

function parseObject(text: string): Record<string, unknown> | null {
  try {
    const json: unknown = JSON.parse(text);
    return typeof json === 'object' && !Array.isArray(json) ? (json as Record<string, unknown> | null) : null;
  } catch {
    return null;
  }
}
