import { describe, expect, it } from 'vitest';
import {
  array,
  bitset,
  bool,
  boolIf,
  ModelAssumptionError,
  oneOf,
  optionalRef,
  pool,
  record,
  uint,
} from '../../../src/engine/machine/index.ts';
import { compileLayout } from '../../../src/engine/state/compile.ts';
import { shapeOf } from '../../../src/engine/state/shape.ts';

const slots = pool('slot', 5);
const layout = record({
  mode: oneOf('idle', 'busy'),
  owner: optionalRef(slots),
  count: uint(9),
  marks: bitset(slots),
  levels: array(uint(3), 4),
  page: array(record({ used: bool, gfn: uint(1000), dirty: bitset(4) }), slots),
});

describe('compileLayout', () => {
  it('shows zero values in a new vector', () => {
    const compiled = compileLayout(layout);
    const { view } = compiled.createCursor();
    expect(compiled.snapshot(view)).toEqual({
      mode: 'idle',
      owner: null,
      count: 0,
      marks: [],
      levels: [0, 0, 0, 0],
      page: Array.from({ length: 5 }, () => ({ used: false, gfn: 0, dirty: [] })),
    });
  });

  it('reads and writes through typed views', () => {
    const { view } = compileLayout(layout).createCursor();
    view.mode = 'busy';
    view.owner = 4;
    view.levels.set(2, 3);
    view.marks.add(0);
    view.marks.add(4);
    view.marks.delete(0);
    const page = view.page.at(3);
    page.gfn = 1000;
    page.dirty.bits = 0b1010;
    expect([view.mode, view.owner, view.levels.get(2)]).toEqual(['busy', 4, 3]);
    expect([view.marks.bits, view.marks.count(), view.marks.has(4)]).toEqual([0b10000, 1, true]);
    expect([page.gfn, page.dirty.has(3), page.used]).toEqual([1000, true, false]);
    expect([view.levels.length, view.page.length]).toEqual([4, 5]);
  });

  it('keeps bit sets of 32 members unsigned', () => {
    const { view } = compileLayout(record({ all: bitset(32) })).createCursor();
    view.all.bits = 0xffff_ffff;
    expect([view.all.bits, view.all.count()]).toEqual([0xffff_ffff, 32]);
  });

  it.each(['generated', 'closures'] as const)(
    'refuses values and indices outside their domain when checked (%s)',
    (backend) => {
      const { view, words } = compileLayout(layout, { checked: true, backend }).createCursor();
      const writes = [
        () => void (view.count = 10),
        () => void (view.count = -1),
        () => void (view.count = 1.5),
        () => void (view.owner = 5),
        () => view.levels.set(0, 4),
        () => view.levels.set(4, 0),
        () => view.levels.get(-1),
        () => view.page.at(5),
        () => view.marks.add(5),
        () => view.marks.has(-1),
        () => void (view.marks.bits = 32),
        () => void (view.mode = 'lost' as 'busy'),
      ];
      for (const write of writes) expect(write).toThrow(ModelAssumptionError);
      expect(words.every((word) => word === 0)).toBe(true);
    },
  );

  it('names the field that a refused value was meant for', () => {
    const { view } = compileLayout(layout, { checked: true }).createCursor();
    expect(() => void (view.page.at(1).gfn = 1001)).toThrow('page[].gfn does not take');
  });
});

describe('shapeOf', () => {
  it('packs a record of at most 32 bits into one word', () => {
    const shape = shapeOf(record({ a: uint(2 ** 20 - 1), b: bitset(12) }));
    expect([shape.bits, shape.words]).toEqual([32, 0]);
  });

  it('starts a larger record on a word and never splits a field', () => {
    const { fields, words } = shapeOf(
      record({ a: uint(2 ** 20 - 1), b: bitset(20), c: bitset(12) }),
    );
    expect(words).toBe(2);
    expect(fields.map(({ word, bit }) => [word, bit])).toEqual([
      [0, 0],
      [1, 0],
      [0, 20],
    ]);
  });

  it('fills words with whole elements of a packed array', () => {
    const { fields } = shapeOf(record({ list: array(uint(127), 9) }));
    expect(fields[0]?.shape).toMatchObject({ perWord: 4, words: 3, bits: 0 });
  });

  it('gives no room to a truth value that is not present', () => {
    const { fields } = shapeOf(record({ a: boolIf(true), b: boolIf(false), c: uint(1) }));
    expect(fields.map(({ bit }) => bit)).toEqual([0, 1, 1]);
  });

  it('gives one shape to a layout used twice', () => {
    const entry = record({ present: bool });
    const { fields } = shapeOf(record({ a: entry, b: entry }));
    expect(fields[0]?.shape).toBe(fields[1]?.shape);
  });

  it('refuses what cannot be placed, by name', () => {
    expect(() => shapeOf(record({ a: record({ b: bitset(33) }) }))).toThrow('a.b has 33 members');
    expect(() => shapeOf(record({ a: uint(2 ** 31) }))).toThrow('a has 2147483649 values');
    expect(() => shapeOf(record({ $m: bool }))).toThrow('$m is not a usable field name');
  });
});
