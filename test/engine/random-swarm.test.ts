import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Draw } from '../../src/engine/random/draw.ts';
import { checkPath, foldSeed, seedForFastCheck } from '../../src/engine/random/seed.ts';
import { familiesOf, Swarm } from '../../src/engine/random/swarm.ts';

/** A source that starts every walk from the same two words. */
const sourceOf = (word: number) => ({ nextInt: () => word | 0 });

function drawOf(word: number): Draw {
  const draw = new Draw();
  draw.seedFrom(sourceOf(word));
  return draw;
}

describe('Draw', () => {
  it('repeats its numbers after the same start', () => {
    const [one, other] = [drawOf(7), drawOf(7)];
    const numbers = (draw: Draw) => Array.from({ length: 50 }, () => draw.below(1000));
    expect(numbers(one)).toEqual(numbers(other));
    expect(numbers(drawOf(8))).not.toEqual(numbers(drawOf(7)));
  });

  it('stays in range and reaches every number about equally often', () => {
    const draw = drawOf(0x5eed);
    const counts = new Map<number, number>();
    for (let i = 0; i < 70_000; i++) {
      const value = draw.below(7);
      counts.set(value, (counts.get(value) ?? 0) + 1);
    }
    expect([...counts.keys()].toSorted((x, y) => x - y)).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(Math.min(...counts.values())).toBeGreaterThan(9_500);
    expect(Math.max(...counts.values())).toBeLessThan(10_500);
  });
});

describe('Swarm', () => {
  const names = ['fault.load', 'zap', 'fault.store', 'flush'];

  it('numbers families by the name before the first dot', () => {
    expect(familiesOf(names)).toEqual([0, 1, 0, 2]);
  });

  it('keeps the steps of a family together, and always enables something', () => {
    const swarm = new Swarm(names);
    const draw = drawOf(0x5eed);
    const seen = new Set<string>();
    for (let i = 0; i < 500; i++) {
      swarm.draw(draw);
      expect(swarm.weights[0]).toBe(swarm.weights[2]);
      expect(Math.max(...swarm.weights)).toBeGreaterThan(0);
      seen.add([...swarm.weights].map((weight) => (weight > 0 ? 1 : 0)).join(''));
    }
    expect(seen.size).toBe(7);
  });
});

describe('seeds', () => {
  it('below 2^32 are their own fold', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 0xffffffffn }), (seed) => {
        expect(foldSeed(seed)).toBe(seed);
        expect(BigInt.asUintN(32, BigInt(seedForFastCheck(seed)))).toBe(seed);
      }),
      { seed: 0x5eed, numRuns: 100 },
    );
  });

  it('of any length fold to 32 bits', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 1n << 128n }), (seed) => {
        expect(foldSeed(seed)).toBeLessThan(1n << 32n);
      }),
      { seed: 0x5eed, numRuns: 100 },
    );
  });

  it('go with paths of numbers and colons', () => {
    expect(checkPath('')).toBe('');
    expect(checkPath('41:0:3')).toBe('41:0:3');
    expect(() => checkPath('41:')).toThrow('must be numbers and colons, as in 41:0:3');
  });
});
