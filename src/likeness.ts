/** A story that is like another, and how much. */
export interface Nearest {
  /** `horror_story_YYYYMMDD_HHMMSS_<id>`. */
  name: string;
  /** The share of character sequences that both have among those that either has, from 0 to 1 (Jaccard). */
  score: number;
}

/** From here on two stories share whole passages; by accident they share a few hundredths. */
export const ALIKE = 0.2;

/** Characters of a shingle; space and punctuation do not count. Two Korean texts share few of this length by accident. */
const SHINGLE = 5;

/** Bytes of a signature. */
export const SIGNATURE_BYTES = 192;

/** Stands for a bin of a signature into which no shingle fell; hashes stay below. */
const EMPTY = 255;

/** A text as the set of its shingles, each a 32-bit hash. Its `#` heading is left out. */
export function shinglesOf(text: string): Set<number> {
  const characters = Array.from(text.replace(/^\s*#.*\n/, '').replace(/[^\p{L}\p{N}]/gu, ''));
  const shingles = new Set<number>();
  for (let at = 0; at + SHINGLE <= characters.length; at++) {
    let hash = 0x811c9dc5;
    for (const character of characters.slice(at, at + SHINGLE)) {
      hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
    }
    shingles.add(mix(hash));
  }
  return shingles;
}

/** The likeness of two texts, from 0 to 1; 0 when one is shorter than a shingle. */
export function likeness(a: ReadonlySet<number>, b: ReadonlySet<number>): number {
  const [small, large] = a.size < b.size ? [a, b] : [b, a];
  let common = 0;
  for (const shingle of small) if (large.has(shingle)) common++;
  const all = a.size + b.size - common;
  return all === 0 ? 0 : common / all;
}

/**
 * A short stand-in for a set of shingles: of two signatures about as many bytes are equal as the sets are alike.
 * One-permutation MinHash (Li, Owen and Zhang 2012): every shingle falls into one bin, every bin keeps the low bits of
 * its least hash.
 */
export function signatureOf(shingles: ReadonlySet<number>): Uint8Array {
  const least = new Array<number>(SIGNATURE_BYTES).fill(Number.POSITIVE_INFINITY);
  for (const shingle of shingles) {
    const bin = shingle % SIGNATURE_BYTES;
    const value = Math.floor(shingle / SIGNATURE_BYTES);
    if (value < (least[bin] ?? 0)) least[bin] = value;
  }
  return Uint8Array.from(least, (value) => (value === Number.POSITIVE_INFINITY ? EMPTY : mix(value) % EMPTY));
}

/**
 * The likeness that a signature and one of many suggest.
 * @param at where the other one starts in `many`
 */
export function estimate(signature: Uint8Array, many: Uint8Array, at: number): number {
  let equal = 0;
  let filled = 0;
  for (let bin = 0; bin < SIGNATURE_BYTES; bin++) {
    const [mine, other] = [signature[bin], many[at + bin]];
    if (mine === EMPTY && other === EMPTY) continue;
    filled++;
    if (mine === other) equal++;
  }
  if (filled === 0) return 0;
  // Of unlike bins, one in so many is equal by accident.
  const accident = 1 / EMPTY;
  return Math.max(0, (equal / filled - accident) / (1 - accident));
}

/** Spreads the bits of a 32-bit number (the finalizer of MurmurHash3). */
function mix(value: number): number {
  let h = value;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
