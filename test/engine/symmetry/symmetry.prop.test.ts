import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  array,
  bitset,
  bool,
  optionalRef,
  pool,
  record,
  ref,
  uint,
  type Fields,
  type Pool,
  type RecordLayout,
} from '../../../src/engine/machine/index.ts';
import { compileLayout, type PlainRecord } from '../../../src/engine/state/compile.ts';
import { compileSymmetry } from '../../../src/engine/symmetry.ts';
import { layoutsOver, recordContents, writeContents } from '../state/layouts.ts';
import { permuted, type Permutation } from './permute.ts';

const permutationsOf = (pools: readonly Pool[]): fc.Arbitrary<Permutation> =>
  fc
    .tuple(
      ...pools.map(({ name, size }) => {
        const identities = Array.from({ length: size }, (_, k) => k);
        return fc
          .shuffledSubarray(identities, { minLength: size })
          .map((to): [string, number[]] => [name, to]);
      }),
    )
    .map((entries) => new Map(entries));

function canonicalWords(
  layout: RecordLayout<Fields>,
  pools: readonly Pool[],
  contents: PlainRecord,
): { words: Int32Array; contents: PlainRecord } {
  const compiled = compileLayout(layout);
  const { words, view } = compiled.createCursor();
  writeContents(layout, view, contents);
  compileSymmetry(compiled.shape, pools)?.canonicalise(words);
  return { words, contents: compiled.snapshot(view) };
}

function assertCanonical(
  layouts: fc.Arbitrary<RecordLayout<Fields>>,
  pools: readonly Pool[],
  parameters: fc.Parameters<unknown>,
): void {
  const cases = layouts.chain((layout) =>
    fc.tuple(fc.constant(layout), recordContents(layout), permutationsOf(pools)),
  );
  fc.assert(
    fc.property(cases, ([layout, contents, permutation]) => {
      const image = permuted(layout, contents, permutation) as PlainRecord;
      const one = canonicalWords(layout, pools, contents);
      const two = canonicalWords(layout, pools, image);
      expect([...two.words]).toEqual([...one.words]);
      const again = canonicalWords(layout, pools, one.contents);
      expect([...again.words]).toEqual([...one.words]);
    }),
    parameters as fc.Parameters<[[RecordLayout<Fields>, PlainRecord, Permutation]]>,
  );
}

const vcpu = pool('vcpu', 2);
const page = pool('page', 3);
const many = pool('page', 5);

describe('compileSymmetry', () => {
  it('gives one representative to all permutations of a state, whatever the layout', () => {
    assertCanonical(layoutsOver([vcpu, page]), [vcpu, page], { seed: 11, numRuns: 150 });
  });

  it('does so when some pools are not interchangeable', () => {
    assertCanonical(layoutsOver([vcpu, page]), [page], { seed: 12, numRuns: 60 });
  });

  it('does so for a pool whose members refer to each other', () => {
    const layout = record({
      root: array(optionalRef(many), vcpu),
      page: array(record({ used: bool, next: optionalRef(many), seen: bitset(vcpu) }), many),
    });
    assertCanonical(fc.constant(layout), [vcpu, many], { seed: 13, numRuns: 150 });
  });

  it('does so for a matrix over two pools, and over one pool twice', () => {
    const layout = record({
      by: array(array(uint(2), many), vcpu),
      linked: array(bitset(many), many),
    });
    assertCanonical(fc.constant(layout), [vcpu, many], { seed: 14, numRuns: 100 });
  });

  it('keeps the representative within the orbit', () => {
    const layout = record({
      holder: ref(vcpu),
      page: array(record({ owner: optionalRef(vcpu), gfn: uint(40) }), page),
    });
    const swap = (vcpus: number[], pages: number[]): Permutation =>
      new Map([
        ['vcpu', vcpus],
        ['page', pages],
      ]);
    const orders = [
      [0, 1, 2],
      [0, 2, 1],
      [1, 0, 2],
      [1, 2, 0],
      [2, 0, 1],
      [2, 1, 0],
    ];
    fc.assert(
      fc.property(recordContents(layout), (contents) => {
        const orbit = [
          [0, 1],
          [1, 0],
        ].flatMap((vcpus) => orders.map((pages) => permuted(layout, contents, swap(vcpus, pages))));
        expect(orbit).toContainEqual(canonicalWords(layout, [vcpu, page], contents).contents);
      }),
      { seed: 15, numRuns: 100 },
    );
  });

  it('needs nothing for pools that do not occur', () => {
    const { shape } = compileLayout(record({ a: bool }));
    expect(compileSymmetry(shape, [vcpu])).toBeNull();
  });

  it('refuses a pool that has two sizes', () => {
    const { shape } = compileLayout(record({ a: ref(page) }));
    expect(() => compileSymmetry(shape, [many])).toThrow('pool page has two sizes');
  });
});
