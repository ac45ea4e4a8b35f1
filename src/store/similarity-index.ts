import { closeSync, existsSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { openAppendLog } from '../lib/append-log.js';
import { listFolder } from '../lib/files.js';
import {
  countEqual,
  type MostSimilar,
  mostAlike,
  SIGNATURE_BYTES,
  shinglesOf,
  signatureOf,
  similarity,
  toQuery,
} from '../story/similarity.js';
import { fromMarkdown } from './frontmatter.js';
import { filesOf, nameOfStory } from './story-store.js';

/** All stories of a folder, to compare a new one with. */
export interface SimilarityIndex {
  /** The story most like this text; null when there is no story yet. Where no index is left, all stories are read. */
  nearest(text: string): Promise<MostSimilar | null>;
  /** Takes a story in, for those that come after it. */
  add(name: string, text: string): Promise<void>;
  /**
   * Looks through the folder for stories that are not known, and reads them: those that somebody copied there, and those
   * whose process was killed before it could add them. Best while nobody waits for it.
   */
  catchUp(): Promise<void>;
}

const FILE = '.likeness';

/** How many of those that look most alike may be compared word by word. */
const CANDIDATES = 5;

/**
 * From this similarity on the most similar story is found exactly. Below it, the first candidate stands for all that can
 * be no more alike than that: they are unlike, and reading five files per story to say which is least so costs more than
 * everything else that a story costs.
 */
const EXACT_FROM = 0.15;

/**
 * Opens the index beside the library: a line a story, its signature and its name. It is read through for every new story,
 * and never held in memory. Nothing else needs it: a missing file, or stories missing in it, are made up for from the
 * stories themselves.
 * All functions reject with the file system's error, and can be called again.
 * @param folder the story folder
 */
export function openSimilarityIndex(folder: string): SimilarityIndex {
  const path = join(folder, FILE);
  const file = openAppendLog(path);
  let signed: { text: string; signature: Uint8Array } | null = null;

  return {
    nearest: async (text) => {
      if (isMissing()) await addStories(new Set());
      const shingles = shinglesOf(text);
      const signature = signatureOf(shingles);
      signed = { text, signature };
      let nearest: MostSimilar | null = null;
      for (const { name, equal } of findCandidates(path, signature)) {
        if (nearest !== null && mostAlike(equal) < Math.max(nearest.score, EXACT_FROM)) continue;
        const other = readStory(folder, name);
        const score = other === null ? -1 : similarity(shingles, shinglesOf(other));
        if (score > (nearest?.score ?? -1)) nearest = { name, score };
      }
      return nearest;
    },
    add: async (name, text) => {
      if (isMissing()) return addStories(new Set());
      // A story is compared before it is added.
      const signature = signed?.text === text ? signed.signature : signatureOf(shinglesOf(text));
      await file.append([toIndexLine(name, signature)]);
    },
    catchUp: async () => {
      const known = new Set<string>();
      readLines(path, (lines, at) => known.add(nameIn(lines, at)));
      await addStories(known);
    },
  };

  function isMissing(): boolean {
    return (statSync(path, { throwIfNoEntry: false })?.size ?? 0) === 0;
  }

  /** Adds the stories of the folder but these. */
  async function addStories(known: ReadonlySet<string>): Promise<void> {
    const onDisk = (await listFolder(folder)).flatMap((file) => nameOfStory(file) ?? []);
    for (const names of batches(onDisk.filter((name) => !known.has(name)))) {
      const lines = names.flatMap((name) => {
        const text = readStory(folder, name);
        return text === null ? [] : toIndexLine(name, signatureOf(shinglesOf(text)));
      });
      if (lines.length > 0) await file.append(lines);
    }
  }
}

/** A line of the index, without its end. All are of one length, so that a hundred thousand need not be taken apart. */
export function toIndexLine(name: string, signature: Uint8Array): string {
  return `${Buffer.from(signature).toString('latin1')}${GAP}${name}`;
}

const GAP = '  ';
const NAME_AT = SIGNATURE_BYTES + GAP.length;
const NAME_LENGTH = 'horror_story_YYYYMMDD_HHMMSS_12345678'.length;
/** A multiple of four: the signatures are read as words. */
const LINE_BYTES = NAME_AT + NAME_LENGTH + '\n'.length;

interface Candidate {
  name: string;
  /** Bins of its signature that are equal. */
  equal: number;
}

/** @returns the stories whose signatures are most like this one, most alike first */
function findCandidates(path: string, signature: Uint8Array): Candidate[] {
  const query = toQuery(signature);
  const best: Candidate[] = [];
  let least = -1;
  readLines(path, (lines, at, words) => {
    const equal = countEqual(query, words, at / 4);
    if (equal <= least) return;
    const name = nameIn(lines, at);
    // Two processes may have read the same story.
    if (best.some((each) => each.name === name)) return;
    best.push({ name, equal });
    best.sort((a, b) => b.equal - a.equal).splice(CANDIDATES);
    if (best.length === CANDIDATES) least = best.at(-1)?.equal ?? -1;
  });
  return best;
}

/** Lines that are in memory at a time. */
const SLICE = 256;

/**
 * Goes through the index, in the calling turn: of a hundred thousand lines most of the time would go into waiting for one
 * slice after another. What is no line, torn by a crash, is passed over: its story is read again.
 * @param onLine gets a stretch of the file, where in it a line begins, and the same stretch in words
 */
function readLines(path: string, onLine: (lines: Buffer, at: number, words: Uint32Array) => void): void {
  if (!existsSync(path)) return;
  const file = openSync(path, 'r');
  try {
    const lines = Buffer.allocUnsafeSlow(SLICE * LINE_BYTES);
    const words = new Uint32Array(lines.buffer);
    for (let position = 0; ; ) {
      const end = readSync(file, lines, 0, lines.length, position);
      let at = 0;
      while (isLine(lines, at, end)) {
        onLine(lines, at, words);
        at += LINE_BYTES;
      }
      if (at === 0) at = passOver(lines, end);
      if (at === 0) return;
      position += at;
    }
  } finally {
    closeSync(file);
  }
}

const NEWLINE = '\n'.charCodeAt(0);
const SPACE = ' '.charCodeAt(0);

/** Does a whole line of the index begin there? */
function isLine(lines: Uint8Array, at: number, end: number): boolean {
  return (
    at + LINE_BYTES <= end &&
    lines[at + LINE_BYTES - 1] === NEWLINE &&
    lines[at + SIGNATURE_BYTES] === SPACE &&
    lines[at + SIGNATURE_BYTES + 1] === SPACE
  );
}

/** @returns where what is no line of the index ends, as far as it can be seen; 0 at the end of the file */
function passOver(lines: Buffer, end: number): number {
  let at = 0;
  do {
    const newline = lines.subarray(0, end).indexOf(NEWLINE, at);
    if (newline === -1) return at === 0 && end === lines.length ? end : at;
    at = newline + 1;
  } while (!isLine(lines, at, end));
  return at;
}

function nameIn(lines: Buffer, at: number): string {
  return lines.toString('latin1', at + NAME_AT, at + NAME_AT + NAME_LENGTH);
}

/** @returns null when somebody has taken the story away */
function readStory(folder: string, name: string): string | null {
  try {
    return fromMarkdown(readFileSync(join(folder, filesOf(name)[0]), 'utf8'))?.text ?? null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** So many stories are read in one turn, some milliseconds: what else the process has to do goes on in between. */
const BATCH = 16;

function* batches(names: readonly string[]): Generator<readonly string[]> {
  for (let at = 0; at < names.length; at += BATCH) yield names.slice(at, at + BATCH);
}
