import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pool } from '../../../src/engine/machine/index.ts';
import { compileLayout } from '../../../src/engine/state/compile.ts';
import { layoutsOver, recordContents, writeContents } from './layouts.ts';

const layouts = layoutsOver([pool('vcpu', 2), pool('slot', 3)]);
const written = layouts.chain((layout) =>
  fc.tuple(fc.constant(layout), recordContents(layout), recordContents(layout)),
);

describe('compileLayout', () => {
  it('reads back what was written, whatever was there before', () => {
    fc.assert(
      fc.property(written, ([layout, old, contents]) => {
        const compiled = compileLayout(layout);
        const { view } = compiled.createCursor();
        writeContents(layout, view, old);
        writeContents(layout, view, contents);
        expect(compiled.snapshot(view)).toEqual(contents);
      }),
      { seed: 1, numRuns: 150 },
    );
  });

  it('gives the same words with generated, checked and closure accessors', () => {
    fc.assert(
      fc.property(written, ([layout, old, contents]) => {
        const vectors = [
          compileLayout(layout),
          compileLayout(layout, { checked: true }),
          compileLayout(layout, { backend: 'closures' }),
        ].map((compiled) => {
          const { words, view } = compiled.createCursor();
          writeContents(layout, view, old);
          writeContents(layout, view, contents);
          expect(compiled.snapshot(view)).toEqual(contents);
          return [...words];
        });
        expect(vectors[1]).toEqual(vectors[0]);
        expect(vectors[2]).toEqual(vectors[0]);
      }),
      { seed: 2, numRuns: 100 },
    );
  });

  it('leaves a vector of zeros when all values are zero values again', () => {
    fc.assert(
      fc.property(written, ([layout, contents]) => {
        const compiled = compileLayout(layout);
        const { words, view } = compiled.createCursor();
        const zeros = compiled.snapshot(view);
        writeContents(layout, view, contents);
        writeContents(layout, view, zeros);
        expect(words.every((word) => word === 0)).toBe(true);
      }),
      { seed: 3, numRuns: 100 },
    );
  });

  it('keeps two cursors apart', () => {
    fc.assert(
      fc.property(written, ([layout, first, second]) => {
        const compiled = compileLayout(layout);
        const one = compiled.createCursor();
        const two = compiled.createCursor();
        writeContents(layout, one.view, first);
        writeContents(layout, two.view, second);
        expect(compiled.snapshot(one.view)).toEqual(first);
      }),
      { seed: 4, numRuns: 100 },
    );
  });
});
