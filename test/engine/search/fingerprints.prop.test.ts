/** The set of fingerprints against a map. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Fingerprints, moveEntries, PARTS } from '../../../src/engine/search/fingerprints.ts';

/** Few values in the low lane, so that tables grow and low lanes coincide. */
const entry = fc.record({
  low: fc.constantFrom(0, 1, 2, 0x01000000, 0xff000000 | 0, -1, 257),
  high: fc.oneof(fc.integer(), fc.integer({ min: -3, max: 3 }), fc.constant(-(2 ** 31))),
  parent: fc.integer(),
});

const ascending = (x: number, y: number): number => x - y;

const emptySet = (allocate = (words: number): Int32Array | null => new Int32Array(words)) =>
  new Fingerprints({ allocate, free: () => {}, expectedStates: 0 });

describe('the set of fingerprints', () => {
  it('holds what was entered', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(entry, {
          maxLength: 700,
          minLength: 1,
          size: 'max',
          selector: ({ low, high }) => `${low} ${high}`,
        }),
        (entries) => {
          const set = emptySet();
          for (const { low, high, parent } of entries) {
            expect(set.find(low, high)).toBe(-1);
            expect(set.enter(low, high, parent)).toBe(true);
          }
          for (const { low, high, parent } of entries) {
            const handle = set.find(low, high);
            expect(set.withLow(low)).toContain(handle);
            expect([set.highOf(handle), set.parentOf(handle)]).toEqual([high, parent]);
          }
          const stored = Array.from({ length: PARTS }, (_, part) => [...set.entriesOf(part)]);
          const known = entries.flatMap(({ low, high, parent }) => [low, high, parent]);
          expect(stored.flat().sort(ascending)).toEqual(known.sort(ascending));
        },
      ),
      { numRuns: 30 },
    );
  });

  it('is filled up when memory is short, and then full', () => {
    let left = PARTS;
    const set = emptySet((words) => (left-- > 0 ? new Int32Array(words) : null));
    let entered = 0;
    while (set.enter(7, entered * 1_000_003, 0)) entered++;
    expect(entered).toBe(Math.floor(0.95 * 256));
    expect(set.withLow(7).length).toBe(entered);
  });

  it('moves the entries of a table into a wider one', () => {
    const from = Int32Array.of(5, 0, 9, -1, 0, 3, 11, 0, 12);
    const to = new Int32Array(15);
    moveEntries(from, to);
    expect([...to]).toEqual([9, 0, 0, 0, 5, 3, 0, 0, 0, -1, 12, 0, 0, 0, 11]);
  });
});
