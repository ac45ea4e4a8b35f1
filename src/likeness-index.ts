import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { listFolder } from './files.js';
import { filesOf, nameOfStory } from './library.js';
import { countEqual, likeness, type Nearest, SIGNATURE_BYTES, shinglesOf, signatureOf, toQuery } from './likeness.js';
import { openLineFile } from './line-file.js';
import { fromMarkdown } from './story.js';

/** All stories of a folder, to compare a new one with. Its cost hardly grows with their number. */
export interface LikenessIndex {
  /** The story most like this text; null when there is no story yet. Where no index is left, all stories are read. */
  nearest(text: string): Promise<Nearest | null>;
  /** Takes a story in, for those that come after it. */
  add(name: string, text: string): Promise<void>;
  /**
   * Looks through the folder for stories that are not known, and reads them: those that somebody copied there, and those
   * whose process was killed before it could add them. Best while nobody waits for it.
   */
  catchUp(): Promise<void>;
}

const FILE = '.likeness';

/** How many of those that look most alike are compared word by word. */
const CANDIDATES = 5;

/**
 * Opens the index beside the library: a line a story, its signature and its name. Nothing else needs it: a missing
 * file, or stories missing in it, are made up for from the stories themselves.
 * All functions reject with the file system's error, and can be called again.
 * @param folder the story folder
 */
export function openLikenessIndex(folder: string): LikenessIndex {
  const file = openLineFile(join(folder, FILE));
  const known = new Signatures();
  let loading: Promise<void> | null = null;

  return {
    nearest: async (text) => {
      await load();
      await readOn();
      const shingles = shinglesOf(text);
      let nearest: Nearest | null = null;
      for (const name of known.candidates(signatureOf(shingles), CANDIDATES)) {
        const other = await readStory(folder, name);
        const score = other === null ? -1 : likeness(shingles, shinglesOf(other));
        if (score >= 0 && score > (nearest?.score ?? -1)) nearest = { name, score };
      }
      return nearest;
    },
    add: async (name, text) => {
      await load();
      await write([lineOf(name, signatureOf(shinglesOf(text)))]);
    },
    catchUp: async () => {
      await load();
      await readStories();
    },
  };

  function load(): Promise<void> {
    loading ??= readAll().catch((error: unknown) => {
      loading = null;
      throw error;
    });
    return loading;
  }

  async function readAll(): Promise<void> {
    await readOn();
    if (known.count === 0) await readStories();
  }

  /** Those that are not known yet. */
  async function readStories(): Promise<void> {
    const names = known.names();
    const onDisk = (await listFolder(folder)).flatMap((file) => nameOfStory(file) ?? []);
    for (const batch of batches(onDisk.filter((name) => !names.has(name)))) {
      const texts = await Promise.all(batch.map(async (name) => [name, await readStory(folder, name)] as const));
      await write(texts.flatMap(([name, text]) => (text === null ? [] : lineOf(name, signatureOf(shinglesOf(text))))));
    }
  }

  async function write(lines: readonly string[]): Promise<void> {
    await file.append(lines);
    await readOn();
  }

  async function readOn(): Promise<void> {
    known.take(await file.readBytesOn());
  }
}

/** A line of the index, without its end. All are of one length, so that a hundred thousand need not be taken apart. */
export function lineOf(name: string, signature: Uint8Array): string {
  return `${Buffer.from(signature).toString('latin1')}${GAP}${name}`;
}

const GAP = '  ';
const NAME_AT = SIGNATURE_BYTES + GAP.length;
const NAME_LENGTH = 'horror_story_YYYYMMDD_HHMMSS_12345678'.length;
const LINE_BYTES = NAME_AT + NAME_LENGTH + '\n'.length;

/** The lines of the index as they stand in its file, one after another. */
class Signatures {
  #bytes = new Uint8Array(64 * LINE_BYTES);
  #words = new Uint32Array(this.#bytes.buffer);
  #used = 0;

  get count(): number {
    return this.#used / LINE_BYTES;
  }

  /** Takes whole lines in. One that is none, torn by a crash, is passed over: its story is read again. */
  take(lines: Buffer): void {
    let at = 0;
    while (at < lines.length) {
      let end = at;
      while (isLine(lines, end)) end += LINE_BYTES;
      if (end === at) end = lines.indexOf('\n', at) + 1;
      else this.#append(lines.subarray(at, end));
      at = end;
    }
  }

  names(): Set<string> {
    return new Set(Array.from({ length: this.count }, (_, number) => this.#nameAt(number * LINE_BYTES)));
  }

  /** The names whose signatures are most like this one, most alike first. */
  candidates(signature: Uint8Array, count: number): string[] {
    const query = toQuery(signature);
    const best: { at: number; equal: number }[] = [];
    let least = -1;
    for (let at = 0; at < this.#used; at += LINE_BYTES) {
      const equal = countEqual(query, this.#words, at / 4);
      if (equal <= least) continue;
      best.push({ at, equal });
      best.sort((a, b) => b.equal - a.equal).splice(count);
      if (best.length === count) least = best.at(-1)?.equal ?? -1;
    }
    // Two processes may have read the same story.
    return [...new Set(best.map(({ at }) => this.#nameAt(at)))];
  }

  #append(lines: Uint8Array): void {
    const needed = this.#used + lines.length;
    if (needed > this.#bytes.length) {
      const larger = new Uint8Array(Math.ceil((needed * GROWTH) / LINE_BYTES) * LINE_BYTES);
      larger.set(this.#bytes.subarray(0, this.#used));
      this.#bytes = larger;
      this.#words = new Uint32Array(larger.buffer);
    }
    this.#bytes.set(lines, this.#used);
    this.#used = needed;
  }

  #nameAt(at: number): string {
    return Buffer.from(this.#bytes.buffer, at + NAME_AT, NAME_LENGTH).toString('latin1');
  }
}

/** By how much room is made for more. */
const GROWTH = 1.25;

const NEWLINE = '\n'.charCodeAt(0);
const SPACE = ' '.charCodeAt(0);

/** Does a whole line of the index begin there? */
function isLine(lines: Uint8Array, at: number): boolean {
  return (
    lines[at + LINE_BYTES - 1] === NEWLINE &&
    lines[at + SIGNATURE_BYTES] === SPACE &&
    lines[at + SIGNATURE_BYTES + 1] === SPACE
  );
}

/** @returns null when somebody has taken the story away */
async function readStory(folder: string, name: string): Promise<string | null> {
  try {
    return fromMarkdown(await readFile(join(folder, filesOf(name)[0]), 'utf8'))?.text ?? null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** So many stories are read at a time: a folder of thousands must not be in memory at once. */
const BATCH = 64;

function* batches(names: readonly string[]): Generator<readonly string[]> {
  for (let at = 0; at < names.length; at += BATCH) yield names.slice(at, at + BATCH);
}
