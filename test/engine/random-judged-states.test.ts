import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JudgedStates } from '../../src/engine/random/judged-states.ts';

describe('JudgedStates', () => {
  it('knows a state only when that very state was remembered', () => {
    const vector = fc
      .tuple(fc.nat(3), fc.nat(3), fc.nat(400))
      .map((words) => Int32Array.of(...words));
    fc.assert(
      fc.property(fc.array(vector, { size: 'max', maxLength: 200 }), (vectors) => {
        const states = new JudgedStates(3);
        const remembered = new Set<string>();
        for (const words of vectors) {
          if (states.has(words)) expect(remembered.has(words.join())).toBe(true);
          else {
            states.remember(words);
            expect(states.has(words)).toBe(true);
          }
          remembered.add(words.join());
        }
      }),
      { seed: 0x5eed, numRuns: 30 },
    );
  });

  it('does not take the empty slot of a state for that state', () => {
    expect(new JudgedStates(2).has(new Int32Array(2))).toBe(false);
  });
});
