import { describe, expect, it } from 'vitest';
import { presets, shadowCore } from '../../bench/machines/shadow-core.ts';
import { promelaOf } from '../../bench/spin/promela.ts';

const sizes = ['S', 'M', 'L'] as const;

/** Instances of an action in the text; those that name the table differ by it alone. */
const instancesIn = (text: string, action: string): number =>
  new Set(
    [...text.matchAll(/^ {2}\/\* (\w+(?:\([^)]*\))?).* \*\/$/gm)]
      .map(([, name = '']) => name)
      .filter((name) => name.replace(/\(.*/, '') === action),
  ).size;

describe('promelaOf', () => {
  it.each(sizes)('has each instance of each action of preset %s', (size) => {
    const text = promelaOf(presets[size]);
    const { transitions } = shadowCore(presets[size]);
    expect(transitions.map(({ name }) => [name, instancesIn(text, name)])).toEqual(
      transitions.map(({ name, parameters }) => [
        name,
        parameters.reduce((product, { size }) => product * size, 1),
      ]),
    );
  });

  it.each(sizes)('asserts the invariants at the end of each step of preset %s', (size) => {
    const text = promelaOf(presets[size]);
    const steps = text.match(/:: d_step \{/g) ?? [];
    expect(steps.length).toBeGreaterThan(30);
    expect(text.match(/;\n {7}invariants\(\) \}/g)).toHaveLength(steps.length);
    expect(text.match(/^ {2}assert\(/gm)).toHaveLength(6 + 2 * presets[size].tables);
  });

  it.each(sizes)('closes what it opens, and indexes within its arrays (%s)', (size) => {
    for (const fault of [0, 1, 2, 3, 4] as const) {
      const text = promelaOf(presets[size], fault);
      const count = (token: RegExp): number => (text.match(token) ?? []).length;
      expect(count(/\(/g)).toBe(count(/\)/g));
      expect(count(/\{/g)).toBe(count(/\}/g));
      expect(count(/\bif\b/g)).toBe(count(/\bfi\b/g));
      expect(text).not.toMatch(/undefined|NaN|null/);
      const lengths = new Map(
        [...text.matchAll(/byte (\w+)\[(\d)\]/g)].map(([, name, n]) => [name, Number(n)]),
      );
      for (const [, name, at] of text.replace(/byte [^;]*;/g, '').matchAll(/(\w+)\[(\d+)\]/g)) {
        expect(Number(at)).toBeLessThan(lengths.get(name) ?? 0);
      }
    }
  });

  it('differs with the fault', () => {
    const texts = ([0, 1, 2, 3, 4] as const).map((fault) =>
      promelaOf(presets.S, fault).replace(/^.*\n/, ''),
    );
    expect(new Set(texts).size).toBe(5);
  });
});
