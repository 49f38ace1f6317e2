import { describe, expect, it } from 'vitest';
import { stepMemory } from '../../../src/engine/judge/step-memory.ts';

const make = (contentsMax?: number) => {
  const vector = Int32Array.of(0, 0, 0);
  const options = { mask: Int32Array.of(0xff, 0, -1), sizes: [2, 3] };
  const memory = stepMemory(vector, { ...options, ...(contentsMax && { contentsMax }) });
  return { vector, memory };
};

describe('stepMemory', () => {
  it('knows what it was told, for the same arguments and the same contents', () => {
    const { vector, memory } = make();
    expect(memory.knows([1, 2])).toBe(false);
    memory.settle();
    expect(memory.knows([1, 2])).toBe(true);
    expect(memory.knows([1, 1])).toBe(false);
    expect(memory.knows([0, 2])).toBe(false);
    vector[2] = -7;
    expect(memory.knows([1, 2])).toBe(false);
    vector[2] = 0;
    expect(memory.knows([1, 2])).toBe(true);
  });

  it('does not look at what is not read', () => {
    const { vector, memory } = make();
    memory.knows([0, 0]);
    memory.settle();
    vector[1] = 5;
    vector[0] = 0x100;
    expect(memory.knows([0, 0])).toBe(true);
    vector[0] = 0x101;
    expect(memory.knows([0, 0])).toBe(false);
  });

  it('does for a check that reads nothing', () => {
    const memory = stepMemory(Int32Array.of(1), { mask: Int32Array.of(0), sizes: [] });
    expect(memory.knows([])).toBe(false);
    memory.settle();
    expect(memory.knows([])).toBe(true);
  });

  it('forgets what it has no room for, and never takes one case for another', () => {
    const { vector, memory } = make(20);
    const told = new Set<string>();
    for (let n = 0, x = 1; n < 4000; n++) {
      x = (Math.imul(x, 1_664_525) + 1_013_904_223) | 0;
      vector[0] = (x >>> 8) % 9;
      vector[2] = (x >>> 16) % 7;
      const args = [(x >>> 20) % 2, (x >>> 24) % 3];
      const key = `${vector[0]} ${vector[2]} ${args.join(' ')}`;
      if (memory.knows(args)) expect(told.has(key)).toBe(true);
      else memory.settle();
      told.add(key);
    }
    expect(told.size).toBeGreaterThan(300);
  });

  it('gives up where hardly anything comes again', () => {
    const { vector, memory } = make();
    for (let n = 0; n < 5000; n++) {
      vector[2] = n;
      if (!memory.knows([0, 0])) memory.settle();
    }
    expect(memory.knows([0, 0])).toBe(false);
  });
});
