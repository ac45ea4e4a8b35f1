import { createHash } from 'node:crypto';
import { readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { type AppendLog, openAppendLog } from '../lib/append-log.js';
import { isSystemError, replaceFile, withFile } from '../lib/files.js';
import type { Random } from '../lib/random.js';
import { AXES, type AxisCards, byAxis, idsOf, type Premise } from './cards.js';
import { type Combination, type DeckSnapshot, DeckState } from './deck-state.js';

/** Gives the premise for the next story. Rejects with the file system's error; can be tried again. */
export type DrawPremise = () => Promise<Premise>;

export interface DeckOptions {
  /** The story folder. All runs and workers on it share one deck. */
  folder: string;
  axes: readonly AxisCards[];
  random: Random;
  /** A new text each time, such as a UUID. */
  newId: () => string;
}

/** One line of the deck's file: who drew what. */
interface Draw {
  /** Tells this draw from any other, also of other workers. */
  id: string;
  premise: Combination;
  /** All that the cards allow has come already; only then may a combination come again. */
  again?: true;
}

const FILE = '.deck.jsonl';

/**
 * A shuffled deck an axis, kept on disk: no card comes back before its axis is used up, no round begins with the
 * card that ended the last one, and no combination comes again while there is another, whoever draws and after
 * whatever restart.
 *
 * Drawing appends a line and reads back what was appended meanwhile: where another worker's line came first and
 * took one of the cards, this draw is void, for that worker as for this one, and is made again.
 */
export function openDeck({ folder, axes, random, newId }: DeckOptions): DrawPremise {
  const path = join(folder, FILE);
  let opened: { file: AppendLog & { position(): number }; rounds: DeckState } | null = null;
  let sinceDigest = 0;

  return async () => {
    opened ??= await openAt(await readDigest(path));
    const { file, rounds } = opened;
    await readOn();
    for (;;) {
      const { premise, again } = rounds.choose(random);
      const draw: Draw = { id: newId(), premise: idsOf(premise), ...(again ? { again } : {}) };
      await file.append([JSON.stringify(draw)]);
      if ((await readOn()).has(draw.id)) return premise;
    }
  };

  async function openAt(digest: Digest | null) {
    return { file: openAppendLog(path, digest?.read), rounds: new DeckState(axes, digest?.rounds) };
  }

  /** Takes in what was drawn since the last time. @returns the ids of the draws among it that hold */
  async function readOn(): Promise<Set<string>> {
    const holding = new Set<string>();
    if (opened === null) return holding;
    const { file, rounds } = opened;
    for (const line of await file.readOn()) {
      const draw = parseDraw(line);
      sinceDigest++;
      // Of two draws that want the same card of a round, the first line has it.
      if (draw !== null && rounds.use(draw.premise, draw.again === true)) holding.add(draw.id);
    }
    if (sinceDigest >= DIGEST_EVERY) {
      sinceDigest = 0;
      await writeDigest(path, file.position(), rounds.state());
    }
    return holding;
  }
}

function parseDraw(line: string): Draw | null {
  try {
    const draw = JSON.parse(line) as Partial<Draw> | null;
    const named = AXES.map((axis) => draw?.premise?.[axis]).filter((id) => id !== undefined);
    const isDraw = typeof draw?.id === 'string' && named.length > 0 && named.every((id) => typeof id === 'string');
    return isDraw ? (draw as Draw) : null;
  } catch {
    // Torn by a crash: nobody has had that draw.
    return null;
  }
}

/** What the first so many bytes of the deck's file come to, so that a start need not read them. */
interface Digest {
  read: number;
  rounds: DeckSnapshot;
}

interface DigestHead {
  read: number;
  /** Of the bytes before `read`: a file that was moved away and begun anew is told from the one that was read. */
  check: string;
  used: DeckSnapshot['used'];
  /** Bytes that follow. */
  came: number;
}

/** After so many draws the digest is written anew; so many lines a start reads at the most. */
const DIGEST_EVERY = 16;

/** How many of the bytes before it a digest vouches for. */
const CHECKED = 512;

const digestPath = (path: string) => path.replace(/\.jsonl$/, '.digest');

/**
 * A line of JSON, and after it all combinations that came, as they are: after years they are long, and every start reads
 * them. Not durable, and no loss: without it the next start reads the whole file.
 */
async function writeDigest(path: string, read: number, { used, came }: DeckSnapshot): Promise<void> {
  try {
    const head = JSON.stringify({ read, check: await checkOf(path, read), used, came: came.length });
    replaceFile(digestPath(path), Buffer.concat([Buffer.from(`${head}\n`), came]));
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
    const came = bytes.subarray(end + 1);
    if (head.came !== came.length || head.check !== (await checkOf(path, head.read))) return null;
    // An axis that has come since has used nothing.
    return { read: head.read, rounds: { came, used: byAxis((axis) => head.used[axis] ?? []) } };
  } catch {
    // Missing, torn or foreign: the file itself has it all.
    return null;
  }
}

async function checkOf(path: string, read: number): Promise<string> {
  const bytes = Buffer.alloc(Math.min(read, CHECKED));
  const length = await withFile(path, 'r', (file) => readSync(file, bytes, 0, bytes.length, read - bytes.length));
  return createHash('sha256').update(bytes.subarray(0, length)).digest('hex');
}
