import { describe, expect, it } from 'vitest';
import {
  absorbText,
  finishText,
  fingerprintOf,
  HASH_SEED_HIGH,
  HASH_SEED_LOW,
  hashWords,
} from '../../../src/engine/state/hash.ts';

const vector = (length: number, seed: number): Int32Array =>
  Int32Array.from({ length }, (_, k) => Math.imul(seed + k, 0x2545f491) ^ (k << 3));

describe('hashWords', () => {
  it('is what the text for generated code computes', () => {
    // oxlint-disable-next-line typescript/no-implied-eval
    const run = new Function(
      'words',
      `let p = ${HASH_SEED_LOW}, q = ${HASH_SEED_HIGH};
for (const w of words) { ${absorbText('w')} }
${finishText}
return { low: p, high: q };`,
    ) as (words: Int32Array) => unknown;
    for (let length = 1; length < 40; length++) {
      expect(run(vector(length, length))).toEqual(hashWords(vector(length, length)));
    }
  });

  it('hashes a part of an array like a copy of it', () => {
    const words = vector(20, 3);
    expect(hashWords(words, 5, 7)).toEqual(hashWords(words.slice(5, 12)));
  });

  it('tells close vectors apart in either half', () => {
    const low = new Set<number>();
    const high = new Set<number>();
    const base = vector(16, 9);
    for (let bit = 0; bit < 16 * 32; bit++) {
      const words = base.slice();
      words[bit >>> 5] = (words[bit >>> 5] ?? 0) ^ (1 << (bit & 31));
      low.add(hashWords(words).low);
      high.add(hashWords(words).high);
    }
    expect([low.size, high.size]).toEqual([512, 512]);
  });

  it('spreads the low bits, which number the slots of a table', () => {
    const slots = new Map<number, number>();
    for (let k = 0; k < 65_536; k++) {
      const slot = hashWords(Int32Array.of(k, 0)).low & 1023;
      slots.set(slot, (slots.get(slot) ?? 0) + 1);
    }
    expect(Math.min(...slots.values())).toBeGreaterThan(30);
    expect(Math.max(...slots.values())).toBeLessThan(110);
  });
});

describe('fingerprintOf', () => {
  it('does not change: files hold fingerprints', () => {
    expect(fingerprintOf(Int32Array.of(0))).toMatchInlineSnapshot(`"f311976a93c924f8"`);
    expect(fingerprintOf(Int32Array.of(1, -1, 7))).toMatchInlineSnapshot(`"326aeb584cf46ff6"`);
  });
});
