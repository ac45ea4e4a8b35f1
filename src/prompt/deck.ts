import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { type AppendLog, openAppendLog, readLines } from '../lib/append-log.js';
import { checkFormat, FORMAT, isSystemError, replaceFile, withFile } from '../lib/files.js';
import type { Random } from '../lib/random.js';
import { AXES, type Axis, type AxisCards, byAxis, idsOf, type Premise } from './cards.js';
import { type Combination, type DeckSnapshot, DeckState } from './deck-state.js';

/** Draws the premise for the next story. Rejects with the file system's error; can be tried again. */
export type DrawPremise = () => Promise<Premise>;

export interface DeckOptions {
  /** The story folder. All runs and workers on it share one deck. */
  folder: string;
  axes: readonly AxisCards[];
  random: Random;
  /** Returns a new text each time, such as a UUID. */
  newId: () => string;
}

/** One line of the deck's file. */
interface Draw {
  /** Of this line and all after it, up to the next that says so: the first of our format in the file does. */
  format?: number;
  /** Tells this draw from any other, also of other workers. */
  id: string;
  premise: Combination;
  /** The combination may have been dealt before, because all others that the cards allow were. */
  again?: true;
  /** By axis, how often the card may have been used in its round: 1 for a card that is dealt ahead; see round.ts. */
  ahead?: Partial<Record<Axis, number>>;
}

const FILE = '.deck.jsonl';

/**
 * Opens the deck of a folder: one shuffled deck per axis, kept on disk. Cards of one premise fit together, no card comes
 * back before its axis is used up (round.ts names the exception), no card comes twice in a row, and no combination is
 * dealt again while there is another, whichever worker draws and after any restart.
 *
 * Drawing appends a line and reads back what was appended meanwhile: where another worker's line came first and
 * took one of the cards, this draw is void, for that worker as for this one, and is made again.
 */
export function openDeck({ folder, axes, random, newId }: DeckOptions): DrawPremise {
  const path = join(folder, FILE);
  let opened: { file: AppendLog & { position(): number }; state: DeckState } | null = null;
  let sinceDigest = 0;
  /** Whether a line of the file says that it and those after it are of our format. */
  let isMarked = false;

  return async () => {
    opened ??= await openAt(await readDigest(path));
    const { file, state } = opened;
    await takeIn(await file.readOn());
    for (;;) {
      const { premise, allowRepeat, ahead } = state.propose(random);
      const draw: Draw = {
        ...(isMarked ? {} : { format: FORMAT }),
        id: newId(),
        premise: idsOf(premise),
        ...(allowRepeat ? { again: true } : {}),
        ...(Object.keys(ahead).length > 0 ? { ahead } : {}),
      };
      const valid = await takeIn(await file.appendAndReadOn([JSON.stringify(draw)]));
      if (valid.has(draw.id)) return premise;
    }
  };

  async function openAt(digest: Digest | null) {
    isMarked = digest?.format === FORMAT;
    return { file: openAppendLog(path, digest?.read), state: new DeckState(axes, digest?.snapshot) };
  }

  /** Takes in draws that were appended since the last time. @returns the ids of those that are valid */
  async function takeIn(lines: readonly string[]): Promise<Set<string>> {
    const valid = new Set<string>();
    if (opened === null) return valid;
    const { file, state } = opened;
    for (const line of lines) {
      const format = formatOf(line);
      checkFormat(format, path);
      isMarked ||= format === FORMAT;
      const id = useDraw(state, line);
      sinceDigest++;
      if (id !== null) valid.add(id);
    }
    if (sinceDigest >= DIGEST_EVERY) {
      sinceDigest = 0;
      await writeDigest(path, { read: file.position(), format: isMarked ? FORMAT : 1, snapshot: state.snapshot() });
    }
    return valid;
  }
}

/**
 * Looks at a deck before anything is drawn from it, and changes nothing.
 * @throws NewerFormatError, or the file system's error
 */
export async function checkDeckFormat(folder: string): Promise<void> {
  const path = join(folder, FILE);
  if (!existsSync(path)) return;
  const digest = await readDigest(path);
  checkFormat(digest?.format, path);
  for (const line of readLines(path, digest?.read)) checkFormat(formatOf(line), path);
}

/** @returns null where the line does not say */
function formatOf(line: string): number | null {
  const [, format] = /^\{"format":(\d+)/.exec(line) ?? [];
  return format === undefined ? null : Number(format);
}

/** A premise that the next draw may have. Uses nothing up, writes nothing, and needs no folder. */
export async function peekPremise({ folder, axes, random }: Omit<DeckOptions, 'newId'>): Promise<Premise> {
  const path = join(folder, FILE);
  const digest = await readDigest(path);
  const state = new DeckState(axes, digest?.snapshot);
  for (const line of readLines(path, digest?.read)) useDraw(state, line);
  return state.propose(random).premise;
}

/**
 * Uses up what a line of the deck's file took. Of two draws that want the same card of a round, the first line has it.
 * @returns the id of the draw; null when it is void
 */
function useDraw(state: DeckState, line: string): string | null {
  const draw = parseDraw(line);
  if (draw === null) return null;
  const { id, premise, again = false, ahead = {} } = draw;
  return state.use(premise, { allowRepeat: again, ahead }) ? id : null;
}

function parseDraw(line: string): Draw | null {
  try {
    const draw = JSON.parse(line) as Partial<Draw> | null;
    const named = AXES.map((axis) => draw?.premise?.[axis]).filter((id) => id !== undefined);
    const isDraw = typeof draw?.id === 'string' && named.length > 0 && named.every((id) => typeof id === 'string');
    return isDraw ? (draw as Draw) : null;
  } catch {
    // Torn by a crash, before any worker could use the draw.
    return null;
  }
}

/** The state after the first `read` bytes of the deck's file, so that a start need not read them. */
interface Digest {
  read: number;
  /** Of those bytes. */
  format: number;
  snapshot: DeckSnapshot;
}

interface DigestHead {
  read: number;
  /** Absent in format 1. */
  format?: number;
  /** Hash of the bytes before `read`, which tells a file that was moved away and begun anew from the one that was read. */
  check: string;
  used: DeckSnapshot['used'];
  /** Length of the past combinations, which follow the head, in bytes. */
  came: number;
}

/** Draws after which the digest is written anew; a start reads no more lines than that. */
const DIGEST_EVERY = 32;

/** How many of the bytes before `read` the check covers. */
const CHECKED = 512;

const digestPath = (path: string) => path.replace(/\.jsonl$/, '.digest');

/**
 * Writes the head as a line of JSON, and after it all past combinations in one piece: after years they are long, and every
 * start reads them. Not durable: without a digest the next start reads the whole file.
 */
async function writeDigest(path: string, { read, format, snapshot }: Digest): Promise<void> {
  const { used, pastCombinations } = snapshot;
  try {
    const check = await checkOf(path, read);
    const head: DigestHead = { read, format, check, used, came: pastCombinations.length };
    replaceFile(
      digestPath(path),
      Buffer.concat([
        Buffer.from(`${JSON.stringify(head)}
`),
        pastCombinations,
      ]),
    );
  } catch (error) {
    // A digest that cannot be written only makes the next start slower.
    if (!isSystemError(error)) throw error;
  }
}

/** @returns null when there is none that fits the deck's file */
async function readDigest(path: string): Promise<Digest | null> {
  try {
    const bytes = readFileSync(digestPath(path));
    const end = bytes.indexOf('\n');
    const head = JSON.parse(bytes.toString('utf8', 0, end)) as DigestHead;
    const pastCombinations = bytes.subarray(end + 1);
    if (head.came !== pastCombinations.length || head.check !== (await checkOf(path, head.read))) return null;
    // An axis that was added since has used nothing.
    return {
      read: head.read,
      format: head.format ?? 1,
      snapshot: { pastCombinations, used: byAxis((axis) => head.used[axis] ?? []) },
    };
  } catch {
    // Missing, torn or foreign: the deck's file holds everything.
    return null;
  }
}

async function checkOf(path: string, read: number): Promise<string> {
  const bytes = Buffer.alloc(Math.min(read, CHECKED));
  const length = await withFile(path, 'r', (file) => readSync(file, bytes, 0, bytes.length, read - bytes.length));
  return createHash('sha256').update(bytes.subarray(0, length)).digest('hex');
}
