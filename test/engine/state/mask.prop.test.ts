import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { array, bool, pool, record, uint } from '../../../src/engine/machine/index.ts';
import { compileLayout } from '../../../src/engine/state/compile.ts';
import { maskOfPaths } from '../../../src/engine/state/mask.ts';
import { layoutsOver, recordContents, writeContents } from './layouts.ts';

const layouts = layoutsOver([pool('vcpu', 2), pool('slot', 3)]);
const written = layouts.chain((layout) =>
  fc.tuple(fc.constant(layout), recordContents(layout), recordContents(layout)),
);

describe('maskOfPaths', () => {
  it('covers what a write to the field changes, and no other field', () => {
    fc.assert(
      fc.property(written, ([layout, old, contents]) => {
        const compiled = compileLayout(layout);
        const covered = compiled.createCursor().words;
        for (const [name, value] of Object.entries(contents)) {
          const mask = maskOfPaths(compiled.shape, [name]);
          const { view, words } = compiled.createCursor();
          writeContents(layout, view, old);
          const before = [...words];
          writeContents(layout, view, { ...old, [name]: value });
          const changed = before.map((word, k) => word ^ (words[k] ?? 0));
          expect(changed.filter((bits, k) => (bits & ~(mask[k] ?? 0)) !== 0)).toEqual([]);
          expect([...mask].filter((bits, k) => (bits & (covered[k] ?? 0)) !== 0)).toEqual([]);
          mask.forEach((bits, k) => (covered[k] = (covered[k] ?? 0) | bits));
        }
      }),
      { seed: 4, numRuns: 150 },
    );
  });

  const inner = record({ on: bool, rest: array(uint(1000), 5) });
  const { shape } = compileLayout(
    record({ a: uint(3), list: array(inner, 2), none: array(inner, 0) }),
  );

  it('takes in what is below a path, in all elements of arrays', () => {
    const whole = maskOfPaths(shape, ['list']);
    const parts = [maskOfPaths(shape, ['list.on']), maskOfPaths(shape, ['list.rest'])];
    expect(parts.map((part) => part.some((bits) => bits !== 0))).toEqual([true, true]);
    expect([...whole]).toEqual([...maskOfPaths(shape, ['list.on', 'list.rest'])]);
    expect([...maskOfPaths(shape, [])].every((bits) => bits === 0)).toBe(true);
  });

  it('refuses a path that the layout does not have', () => {
    for (const path of ['b', 'list.off', 'a.b', 'list.rest.deep', '']) {
      expect(() => maskOfPaths(shape, [path])).toThrow(`layout: no field ${path}`);
    }
  });

  it('has nothing to mark in an empty array', () => {
    expect([...maskOfPaths(shape, ['none.on'])].every((bits) => bits === 0)).toBe(true);
  });
});
