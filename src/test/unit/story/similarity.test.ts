import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../../lib/random.js';
import {
  countEqual,
  SIGNATURE_BYTES,
  shinglesOf,
  signatureOf,
  similarity,
  toQuery,
} from '../../../story/similarity.js';

/** A text of Hangul syllables that no other seed gives. */
function textOf(seed: number, characters: number): string {
  const random = seededRandom(seed);
  return Array.from({ length: characters }, () => String.fromCharCode(0xac00 + Math.floor(random() * 11_172))).join('');
}

const compare = (a: string, b: string) => similarity(shinglesOf(a), shinglesOf(b));

test('a text is like itself, whatever its title, spaces and punctuation', () => {
  const text = textOf(1, 500);
  assert.equal(compare(text, text), 1);
  assert.equal(compare(`# 제목 하나\n\n${text}`, `# 다른 제목\n\n“${[...text].join(' ')}…”`), 1);
});

test('texts that share nothing are not alike, and neither are texts too short to compare', () => {
  assert.equal(compare(textOf(1, 3000), textOf(2, 3000)), 0);
  assert.equal(compare('짧다', '짧다'), 0);
  assert.equal(compare('', textOf(1, 100)), 0);
});

test('likeness is the share of sequences that both have', () => {
  // Two texts of 204 sequences each, of which 104 are common: 104 of 304.
  const [common, mine, yours] = [textOf(1, 108), textOf(2, 100), textOf(3, 100)];
  assert.equal(compare(common + mine, common + yours), 104 / 304);
});

test('a passage that moved to another place is still found', () => {
  const [passage, before, after] = [textOf(1, 300), textOf(2, 300), textOf(3, 300)];
  assert.ok(compare(passage + before, after + passage) > 0.3);
});

/** In how many bins two texts agree. */
const agreement = (a: string, b: string) => {
  const [query, other] = [a, b].map((text) => signatureOf(shinglesOf(text)));
  assert.ok(query !== undefined && other !== undefined);
  return countEqual(toQuery(query), new Uint32Array(other.buffer), 0);
};

test('signatures agree in as many bins as the texts are alike', () => {
  for (const [seed, share] of [0, 0.1, 0.25, 0.5, 0.9, 1].entries()) {
    const common = textOf(100 + seed, 3000 * share);
    const [a, b] = [common + textOf(200 + seed, 3000 * (1 - share)), common + textOf(300 + seed, 3000 * (1 - share))];
    const exact = compare(a, b);
    const guess = agreement(a, b) / SIGNATURE_BYTES;
    // Four standard deviations of a share that is measured in so many bins, and what agrees by accident.
    const slack = 4 * Math.sqrt((exact * (1 - exact) + 0.01) / SIGNATURE_BYTES) + (1 - exact) / 93;
    assert.ok(Math.abs(exact - guess) <= slack, `${exact.toFixed(3)} was guessed as ${guess.toFixed(3)}`);
  }
});

test('bins are counted as one by one, wherever the other signature lies', () => {
  const signatures = Array.from({ length: 20 }, (_, seed) => signatureOf(shinglesOf(textOf(seed, 150 + 40 * seed))));
  const many = new Uint32Array(Uint8Array.from(signatures.flatMap((signature) => [...signature])).buffer);
  const words = SIGNATURE_BYTES / 4;
  for (const [number, mine] of signatures.entries()) {
    for (const [other, theirs] of signatures.entries()) {
      const expected = mine.filter((byte, bin) => byte !== 126 && byte === theirs[bin]).length;
      assert.equal(countEqual(toQuery(mine), many, other * words), expected, `${number} and ${other}`);
    }
  }
});

test('a signature is printable, that of a short text too, and an empty one agrees with nothing', () => {
  for (const text of ['', textOf(1, 6), textOf(2, 40), textOf(3, 4000)]) {
    assert.match(Buffer.from(signatureOf(shinglesOf(text))).toString('latin1'), /^[!-~]{192}$/);
  }
  assert.equal(agreement('', ''), 0);
  assert.equal(agreement('', textOf(1, 40)), 0);
});
