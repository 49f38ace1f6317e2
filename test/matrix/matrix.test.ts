/** The runs behind the matrix: what they count is what can be counted by hand. */
import { describe, expect, it } from 'vitest';
import { publishedSchemas } from '../../src/build/schemas.ts';
import { makeMatrix } from '../../src/matrix/matrix.ts';
import { agrees, shapeOf } from '../../src/matrix/published.ts';
import { phases, Run, type Measured } from '../../src/matrix/run.ts';
import { isWritten, type Setting } from '../../src/matrix/setting.ts';
import { isAsPublished, matrixHeadline, matrixLines } from '../../src/matrix/text.ts';
import { matrixSchemaName } from '../../src/matrix/schema.ts';
import { plainStyle } from '../../src/report/style.ts';
import { jsonErrors } from '../report/validators.ts';

const small: Setting = {
  guest: 'shadow',
  vcpus: 1,
  writes: 4,
  log: 'get',
  eager: false,
  entries: 2,
};

const run = (changes: Partial<Setting> = {}): Measured =>
  new Run({ ...small, ...changes }).measure();

describe('a run over four pages', () => {
  it('populates by one fault, which maps the huge page below the root', () => {
    // The root is built when the vCPU enters; one SPTE maps all four pages.
    expect(run().populate).toMatchObject({ locked: 1, lockless: 0, pages: 1, sptes: 1 });
  });

  it('write-protects the huge page when logging is switched on, with one flush', () => {
    // Rmaps of four pages, two runs of 2M and one of 1G.
    const expected = { locked: 0, pages: 0, sptes: 1, rmaps: 7, flushes: 1 };
    expect(run().enable).toMatchObject(expected);
  });

  it('loses the huge page at the first write, and maps page by page', () => {
    // Three tables and their links, four leaves, and the huge leaf that goes.
    const { locked, pages, sptes, flushes } = run()['pass 1'];
    expect([locked, pages, flushes]).toEqual([4, 3, 1]);
    expect(sptes).toBe(8);
    expect(run({ writes: 1 })['pass 1'].locked).toBe(4);
  });

  it('faults again for pages that were harvested and are written', () => {
    expect(run()['harvest 1']).toMatchObject({ sptes: 4, rmaps: 4, flushes: 1 });
    expect(run({ writes: 2 })['pass 2'].locked).toBe(2);
    expect(run({ writes: 1 })['harvest 2']).toMatchObject({ sptes: 1, rmaps: 1 });
  });

  it('splits when logging is switched on, if that is asked for', () => {
    const { enable, 'pass 1': pass } = run({ eager: true, writes: 1 });
    // Three tables: two leaves of 2M and four of 4K are filled in, three links replace what was
    // huge, and four leaves lose the write right.
    expect(enable).toMatchObject({ pages: 3, sptes: 13, flushes: 1 });
    expect(pass).toMatchObject({ locked: 1, pages: 0, sptes: 1, flushes: 0 });
  });

  it('puts the split off to the first CLEAR when the bitmap begins full', () => {
    const {
      enable,
      'pass 1': pass,
      'harvest 1': first,
    } = run({ eager: true, log: 'initially-set' });
    expect(enable).toMatchObject({ sptes: 0, rmaps: 0, flushes: 0 });
    expect(pass).toMatchObject({ locked: 0, lockless: 0 });
    expect(first.pages).toBe(3);
  });

  it('treats a nested guest as any guest with tables', () => {
    for (const eager of [false, true]) {
      expect(run({ guest: 'nested', eager })).toEqual(run({ eager }));
    }
  });

  it('has the processor log what a direct MMU maps, without a fault', () => {
    const guest = 'direct-pml';
    const { enable, 'pass 1': pass, 'harvest 1': harvest } = run({ guest, eager: true });
    expect(enable).toMatchObject({ pages: 3, sptes: 13, rmaps: 7, flushes: 1 });
    // The processor sets four dirty flags, and KVM clears them again.
    expect(pass).toMatchObject({ locked: 0, lockless: 0, sptes: 4 });
    expect(harvest).toMatchObject({ sptes: 4, rmaps: 4, flushes: 1 });
    expect(run({ guest })['pass 1'].locked).toBe(4);
    expect(run({ guest: 'nested-pml' })).toEqual(run({ guest: 'nested' }));
  });

  it('zaps small pages when logging ends, and maps the huge page again', () => {
    for (const eager of [false, true]) {
      const { disable, 'pass 3': pass } = run({ eager });
      expect(disable).toMatchObject({ locked: 0, sptes: 4, flushes: 1 });
      // The link to the tables goes, and the huge leaf takes its place.
      expect(pass).toMatchObject({ locked: 1, pages: 0, sptes: 2 });
    }
  });

  it('splits a write-protected huge page into tables that may be written', () => {
    const nested = { guest: 'nested', eager: true, writes: 1, protectedBefore: true } as const;
    expect(run(nested)['pass 1']).toMatchObject({ locked: 1, pages: 0 });
    const rules = { split_access: 'from-the-spte' } as const;
    // The write finds tables without the right: three other ones, and all four pages fault.
    expect(run({ ...nested, rules })['pass 1']).toMatchObject({ locked: 4, pages: 3 });
  });

  it('asks nothing of a guest that may write nothing', () => {
    const measured = run({ readOnly: true, writes: 0, eager: true });
    expect(measured['pass 1']).toMatchObject({ locked: 0 });
    expect(measured['harvest 1']).toMatchObject({ sptes: 0, flushes: 0 });
  });

  it('has two vCPUs do the work of each', () => {
    const [one, two] = [run(), run({ vcpus: 2 })];
    for (const phase of phases) expect(two[phase].locked).toBe(2 * one[phase].locked);
  });
});

describe('isWritten', () => {
  it('begins with the first page, and spreads the others', () => {
    const written = (writes: number) =>
      [0, 1, 2, 3].filter((page) => isWritten({ ...small, writes }, page));
    expect([written(1), written(2), written(4)]).toEqual([[0], [0, 2], [0, 1, 2, 3]]);
  });
});

describe('the shape of a change', () => {
  it('is what becomes of the larger part', () => {
    expect(shapeOf(17.91, 0.08)).toBe('gone');
    expect(shapeOf(20.26, 9.61)).toBe('less');
    expect(shapeOf(20.88, 19.34)).toBe('same');
    expect(shapeOf(0.105, 1.199)).toBe('more');
    expect([shapeOf(0, 0), shapeOf(0, 1)]).toEqual(['same', 'more']);
  });

  it('agrees within a tenth where something is left', () => {
    const half = { off: 20.26, on: 9.61 };
    expect(agrees(half, { off: 16, on: 8 })).toBe(true);
    expect(agrees(half, { off: 16, on: 4 })).toBe(false);
    expect(agrees(half, { off: 16, on: 16 })).toBe(false);
  });
});

describe('the matrix', () => {
  const matrix = makeMatrix();

  it('has the shape of the published rows, and follows the laws', () => {
    expect(matrix.comparisons.filter((one) => !one.agrees)).toEqual([]);
    expect(matrix.laws.filter(({ holds }) => !holds)).toEqual([]);
    expect(isAsPublished(matrix)).toBe(true);
  });

  it('is as its schema says', () => {
    const document = { schema: matrixSchemaName, ...matrix };
    const asRead: unknown = JSON.parse(JSON.stringify(document));
    expect(jsonErrors(publishedSchemas['matrix.schema.json'] ?? '', asRead)).toEqual([]);
  });

  it('is told in lines that a terminal holds', () => {
    const lines = matrixLines(matrix, plainStyle);
    expect(lines.filter((line) => line.length > 118)).toEqual([]);
    expect(lines.filter((line) => line.startsWith('AGREES'))).toHaveLength(
      matrix.comparisons.length,
    );
    expect(matrix.comparisons.length).toBeGreaterThanOrEqual(6);
    const [law] = matrix.laws;
    if (law === undefined) throw new Error('no laws');
    const wrong = { ...matrix, laws: [{ ...law, holds: false }] };
    expect(isAsPublished(wrong)).toBe(false);
    expect(matrixHeadline(wrong)).toMatch(/0 of 1 laws hold$/);
  });
});
