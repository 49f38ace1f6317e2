/**
 * The 64-bit hash of a state vector: two 32-bit lanes in one loop.
 *
 * The text of the lanes is shared with the code that the exhaustive search generates for a fixed
 * number of words, so that both give the same fingerprint. For a vector of one word the hash is
 * injective.
 */

export const HASH_SEED_LOW = 0x243f6a88;
export const HASH_SEED_HIGH = 0x85a308d3 | 0;

/** Statements that absorb the word `word` into the lanes `p` and `q`. */
export const absorbText = (word: string): string =>
  `p = Math.imul(p ^ ${word}, 0x9e3779b1); p ^= p >>> 15;
q = Math.imul(q + ${word} | 0, 0x85ebca77); q ^= q >>> 13;`;

/** Statements that finish the lanes `p` (low) and `q` (high). */
export const finishText = `p = p + q | 0;
p = Math.imul(p ^ (p >>> 16), 0x7feb352d);
p = Math.imul(p ^ (p >>> 15), 0x846ca68b); p ^= p >>> 16;
q = q + p | 0;
q = Math.imul(q ^ (q >>> 16), 0x21f0aaad);
q = Math.imul(q ^ (q >>> 15), 0x735a2d97); q ^= q >>> 15;`;

/** Both lanes of the hash of `words[offset .. offset + length - 1]`, as signed words. */
export function hashWords(
  words: Int32Array,
  offset = 0,
  length = words.length,
): { low: number; high: number } {
  let p = HASH_SEED_LOW;
  let q = HASH_SEED_HIGH;
  for (let index = offset; index < offset + length; index++) {
    const word = words[index] ?? 0;
    p = Math.imul(p ^ word, 0x9e3779b1);
    p ^= p >>> 15;
    q = Math.imul((q + word) | 0, 0x85ebca77);
    q ^= q >>> 13;
  }
  p = (p + q) | 0;
  p = Math.imul(p ^ (p >>> 16), 0x7feb352d);
  p = Math.imul(p ^ (p >>> 15), 0x846ca68b);
  p ^= p >>> 16;
  q = (q + p) | 0;
  q = Math.imul(q ^ (q >>> 16), 0x21f0aaad);
  q = Math.imul(q ^ (q >>> 15), 0x735a2d97);
  q ^= q >>> 15;
  return { low: p, high: q };
}

const hex = (word: number): string => (word >>> 0).toString(16).padStart(8, '0');

/** The hash of a whole vector as 16 hexadecimal digits. */
export function fingerprintOf(words: Int32Array): string {
  const { low, high } = hashWords(words);
  return hex(high) + hex(low);
}
