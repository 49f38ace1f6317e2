/** The memory of answers against asking every time. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { atomsOf } from '../../../src/engine/judge/atoms.ts';
import { createMemory } from '../../../src/engine/judge/memory.ts';

const WORDS = 3;

const mask = fc
  .array(fc.constantFrom(0, 0, -1, 0xff, 0xff00, 0x0ff0, 1, -0x80000000), {
    minLength: WORDS,
    maxLength: WORDS,
  })
  .map((words) => Int32Array.from(words));

/** Few values in each part of a word, so that contents come back. */
const vector = fc.array(fc.constantFrom(0, 1, 0x100, 0x101, 0x1110, -0x7fffffff, -1), {
  minLength: WORDS,
  maxLength: WORDS,
});

const question = fc.record({ mask, moment: fc.constantFrom(0, 1) });

const run = fc.record({
  questions: fc.array(question, { minLength: 1, maxLength: 12 }),
  looks: fc.array(fc.record({ vector, held: fc.integer({ min: 0, max: 3 }) }), { maxLength: 120 }),
  numbersMax: fc.constantFrom(2, 9, 2 ** 31 - 64),
});

/** Any function of what is read will do. */
const answerTo = (read: Int32Array, words: Int32Array): number =>
  read.reduce((sum, bits, n) => (Math.imul(sum, 31) + ((words[n] ?? 0) & bits)) | 0, 7) & 3;

/** Some answers are findings, which are not remembered. */
const isFinding = (answer: number): boolean => answer === 3;

describe('a memory of answers', () => {
  it('counts as if it had asked every time, and gives no answer of another case', () => {
    fc.assert(
      fc.property(run, ({ questions, looks, numbersMax }) => {
        const words = new Int32Array(WORDS);
        const seen = new Map<string, number>();
        const expected = new Map<string, number>();
        const add = (to: Map<string, number>, q: number, answer: number, times: number) =>
          to.set(`${q}: ${answer}`, (to.get(`${q}: ${answer}`) ?? 0) + times);
        const bitsOf = (k: number) =>
          questions.reduce((bits, { moment }, q) => bits | (moment === k ? 1 << q : 0), 0);
        const moments = [bitsOf(0), bitsOf(1)];
        const memory = createMemory(words, {
          masks: questions.map((q) => q.mask),
          moments,
          counted: (q, answer, times) => add(seen, q, answer, times),
          numbersMax,
        });
        for (const look of looks) {
          words.set(look.vector);
          const asked = moments.reduce(
            (all, bits, k) => all | ((look.held >> k) & 1 ? bits : 0),
            0,
          );
          const unknown = memory.unknown(asked);
          expect(unknown & ~asked).toBe(0);
          questions.forEach((one, q) => {
            if (((asked >> q) & 1) === 0) return;
            const answer = answerTo(one.mask, words);
            add(expected, q, answer, 1);
            if (((unknown >> q) & 1) === 0) return expect(memory.answerOf(q)).toBe(answer);
            add(seen, q, answer, 1);
            if (!isFinding(answer)) memory.settle(q, answer);
          });
          if (look.held === 3) memory.tally();
        }
        memory.tally();
        expect(seen).toEqual(expected);
      }),
      { seed: 0x5eed, numRuns: 300 },
    );
  });

  it('asks once for each content while there is room', () => {
    const words = new Int32Array(2);
    const masks = [Int32Array.of(-1, 0), Int32Array.of(-1, -1)];
    const memory = createMemory(words, { masks, moments: [3], counted: () => {} });
    const asked = [0, 0];
    for (let round = 0; round < 2; round++) {
      for (let x = 0; x < 60; x++) {
        for (let y = 0; y < 60; y++) {
          words.set([x, y]);
          const unknown = memory.unknown(3);
          for (const q of [0, 1]) {
            if (((unknown >> q) & 1) === 0) continue;
            asked[q] = (asked[q] ?? 0) + 1;
            memory.settle(q, x & 1);
          }
        }
      }
    }
    expect(asked).toEqual([60, 3600]);
  });

  it('goes on right after there was no more room', () => {
    const words = new Int32Array(2);
    const counts = [0, 0];
    const memory = createMemory(words, {
      masks: [Int32Array.of(-1, -1)],
      moments: [1],
      counted: (_, answer, times) => (counts[answer] = (counts[answer] ?? 0) + times),
    });
    const looks = 60_000;
    for (let n = 0; n < looks; n++) {
      words.set([n >> 1, n >> 2]);
      if (memory.unknown(1) === 0) continue;
      counts[(n >> 1) & 1] = (counts[(n >> 1) & 1] ?? 0) + 1;
      memory.settle(0, (n >> 1) & 1);
    }
    memory.tally();
    expect(counts).toEqual([looks / 2, looks / 2]);
  });
});

describe('atoms', () => {
  it('are the bits that the same questions read, each bit in one', () => {
    const masks = [Int32Array.of(0b1111, 1), Int32Array.of(0b0110, 0), Int32Array.of(0, 1)];
    expect(atomsOf(masks)).toEqual([
      { questions: 0b001, words: [{ word: 0, mask: 0b1001 }] },
      { questions: 0b011, words: [{ word: 0, mask: 0b0110 }] },
      { questions: 0b101, words: [{ word: 1, mask: 1 }] },
    ]);
  });

  it('are joined when there are too many', () => {
    const masks = [Int32Array.of(0b1111, 1), Int32Array.of(0b0110, 0), Int32Array.of(0, 1)];
    expect(atomsOf(masks, 2)).toEqual([
      { questions: 0b001, words: [{ word: 0, mask: 0b1001 }] },
      {
        questions: 0b111,
        words: [
          { word: 0, mask: 0b0110 },
          { word: 1, mask: 1 },
        ],
      },
    ]);
  });
});
