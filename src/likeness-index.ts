import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { listFolder } from './files.js';
import { filesOf, nameOfStory } from './library.js';
import { estimate, likeness, type Nearest, SIGNATURE_BYTES, shinglesOf, signatureOf } from './likeness.js';
import { openLineFile } from './line-file.js';
import { fromMarkdown } from './story.js';

/** All stories of a folder, to compare a new one with. Its cost hardly grows with their number. */
export interface LikenessIndex {
  /**
   * Reads what is known of the stories on disk, and reads the stories that are not known yet. Done at the first
   * comparison at the latest; started earlier, it is done while the first story is being written.
   */
  load(): Promise<void>;
  /** The story most like this text; null when there is no story yet. */
  nearest(text: string): Promise<Nearest | null>;
  /** Takes a story in, for those that come after it. */
  add(name: string, text: string): Promise<void>;
}

const FILE = '.likeness';

/** How many of those that look most alike are compared word by word. */
const CANDIDATES = 5;

/**
 * Opens the index beside the library: a line a story, its name and its signature. Nothing else needs it: a missing
 * file, or stories missing in it, are made up for from the stories themselves.
 * All functions reject with the file system's error, and can be called again.
 * @param folder the story folder
 */
export function openLikenessIndex(folder: string): LikenessIndex {
  const file = openLineFile(join(folder, FILE));
  const known = new Signatures();
  let loading: Promise<void> | null = null;

  return {
    load,
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
      await write([[name, signatureOf(shinglesOf(text))]]);
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
    const onDisk = (await listFolder(folder)).flatMap((file) => nameOfStory(file) ?? []);
    for (const names of batches(onDisk.filter((name) => !known.has(name)))) {
      const texts = await Promise.all(names.map(async (name) => [name, await readStory(folder, name)] as const));
      await write(texts.flatMap(([name, text]) => (text === null ? [] : [[name, signatureOf(shinglesOf(text))]])));
    }
  }

  async function write(entries: readonly (readonly [string, Uint8Array])[]): Promise<void> {
    await file.append(entries.map(([name, signature]) => `${name} ${Buffer.from(signature).toString('base64')}`));
    await readOn();
  }

  async function readOn(): Promise<void> {
    for (const line of await file.readOn()) known.take(line);
  }
}

/** Names with their signatures, which lie side by side in one array. */
class Signatures {
  #names: string[] = [];
  #numbers = new Map<string, number>();
  #bytes = new Uint8Array(64 * SIGNATURE_BYTES);

  has(name: string): boolean {
    return this.#numbers.has(name);
  }

  /** A line that is none, torn by a crash, is passed over: its story is read again. */
  take(line: string): void {
    const [name = '', base64 = ''] = line.split(' ');
    const signature = Buffer.from(base64, 'base64');
    if (signature.length !== SIGNATURE_BYTES || this.has(name)) return;
    const at = this.#names.length * SIGNATURE_BYTES;
    if (at === this.#bytes.length) {
      const larger = new Uint8Array(2 * this.#bytes.length);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#bytes.set(signature, at);
    this.#numbers.set(name, this.#names.length);
    this.#names.push(name);
  }

  /** The names whose signatures are most like this one, most alike first. */
  candidates(signature: Uint8Array, count: number): string[] {
    const best: { number: number; score: number }[] = [];
    for (let number = 0; number < this.#names.length; number++) {
      const score = estimate(signature, this.#bytes, number * SIGNATURE_BYTES);
      if (best.length === count && score <= (best.at(-1)?.score ?? 0)) continue;
      best.push({ number, score });
      best.sort((a, b) => b.score - a.score).splice(count);
    }
    return best.flatMap(({ number }) => this.#names[number] ?? []);
  }
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
