/** A story that is like another, and how much. */
export interface MostSimilar {
  /** `horror_story_YYYYMMDD_HHMMSS_<id>`. */
  name: string;
  /** The share of character sequences that both have among those that either has, from 0 to 1 (Jaccard). */
  score: number;
}

/** From here on two stories share whole passages; by accident they share a few hundredths. */
export const SIMILAR = 0.2;

/** Characters of a shingle; space and punctuation do not count. Two Korean texts share few of this length by accident. */
const SHINGLE = 5;

/** Bytes of a signature. */
export const SIGNATURE_BYTES = 192;

/** A signature is of printable ASCII characters, so that it can stand in a line: this one and those after it. */
const FIRST = '!'.charCodeAt(0);

/** Stands for a bin of a signature into which no shingle fell. */
const EMPTY = '~'.charCodeAt(0);

/** More than any value of a bin. */
const NONE = 0xffffffff;

/** A text as the set of its shingles, each a signed 32-bit hash. Its `#` heading is left out. */
export function shinglesOf(text: string): Set<number> {
  const characters = text.replace(/^\s*#.*\n/, '').replace(/[^\p{L}\p{N}]/gu, '');
  const codePoints = new Uint32Array(characters.length);
  let count = 0;
  for (let at = 0; at < characters.length; count++) {
    const codePoint = characters.codePointAt(at) ?? 0;
    codePoints[count] = codePoint;
    at += codePoint > 0xffff ? 2 : 1;
  }
  const shingles = new Set<number>();
  for (let at = 0; at + SHINGLE <= count; at++) {
    // FNV-1a, a code point at a time.
    let hash = 0x811c9dc5;
    for (let next = at; next < at + SHINGLE; next++) hash = Math.imul(hash ^ (codePoints[next] ?? 0), 0x01000193);
    shingles.add(mix(hash));
  }
  return shingles;
}

/** The similarity of two texts, from 0 to 1; 0 when one is shorter than a shingle. */
export function similarity(a: ReadonlySet<number>, b: ReadonlySet<number>): number {
  const [small, large] = a.size < b.size ? [a, b] : [b, a];
  let common = 0;
  for (const shingle of small) if (large.has(shingle)) common++;
  const all = a.size + b.size - common;
  return all === 0 ? 0 : common / all;
}

/**
 * A short stand-in for a set of shingles: of two signatures about as many bytes are equal as the sets are alike.
 * One-permutation MinHash (Li, Owen and Zhang 2012): every shingle falls into one bin, every bin keeps a character made
 * of its least hash.
 */
export function signatureOf(shingles: ReadonlySet<number>): Uint8Array {
  const least = new Uint32Array(SIGNATURE_BYTES).fill(NONE);
  for (const shingle of shingles) {
    const hash = shingle >>> 0;
    const bin = hash % SIGNATURE_BYTES;
    const value = (hash - bin) / SIGNATURE_BYTES;
    if (value < (least[bin] ?? 0)) least[bin] = value;
  }
  return Uint8Array.from(least, (value) => (value === NONE ? EMPTY : FIRST + ((mix(value) >>> 0) % (EMPTY - FIRST))));
}

/** A signature made ready to be counted against many: four bytes a word, and an empty bin equal to nothing. */
export function toQuery(signature: Uint8Array): Uint32Array {
  return new Uint32Array(signature.map((byte) => (byte === EMPTY ? 0 : byte)).buffer);
}

/**
 * How many bins of a signature are equal to those of another one: most for the texts that are most alike. Of unlike
 * bins, one in 93 is equal by accident.
 * @param many where the other one lies, among others
 * @param at the word where it begins
 */
export function countEqual(query: Uint32Array, many: Uint32Array, at: number): number {
  // Four counts side by side, a byte each; four bins at a time, since a folder may have a hundred thousand stories.
  let unequal = 0;
  for (let word = 0; word < SIGNATURE_BYTES / 4; word++) {
    // No byte is above 0x7f: added to that, each that is not zero gets its high bit.
    const differ = ((query[word] ?? 0) ^ (many[at + word] ?? 0)) + 0x7f7f7f7f;
    unequal += (differ >>> 7) & 0x01010101;
  }
  return SIGNATURE_BYTES - (Math.imul(unequal, 0x01010101) >>> 24);
}

/** Of unlike bins, one in so many is equal by accident. */
const ACCIDENT = EMPTY - FIRST;

/**
 * The most that two texts can be alike when so many bins of their signatures are equal: three standard deviations above
 * what the bins say, so that one text in some seven hundred is more alike than this.
 */
export function mostAlike(equal: number): number {
  const share = Math.max(0, (equal / SIGNATURE_BYTES - 1 / ACCIDENT) / (1 - 1 / ACCIDENT));
  const deviation = Math.sqrt((Math.max(share, 1 / SIGNATURE_BYTES) * (1 - share)) / SIGNATURE_BYTES);
  return Math.min(1, share + 3 * deviation);
}

/** Spreads the bits of a 32-bit number (the finalizer of MurmurHash3). Signed: larger numbers make slow members of sets. */
function mix(value: number): number {
  let h = value;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
