/**
 * Colours of identities that no permutation changes, finer than their own columns: what an
 * identity is related to counts as well. Used when sorting leaves too many ties.
 *
 * Each round, every copy of every family contributes a hash of its value and of the colours of
 * all identities involved to each of these identities. Contributions are added up, hence their
 * order is immaterial. Identities without a colour of their own (pools that are merely sorted)
 * take no part, so that permuting them changes nothing either.
 */
import type { Pool } from '../machine/index.ts';
import { maskOf } from '../state/shape.ts';
import type { Family } from './families.ts';
import { identitiesOf, offsetsOf } from './relabel.ts';

const ROUNDS = 3;

interface Cell {
  readonly word: number;
  readonly shift: number;
  readonly mask: number;
  readonly family: number;
  /** Places in the list of colours of the identities that index it. */
  readonly by: readonly number[];
  /** Start of the pool referred to in the list of colours; -1 for data. */
  readonly target: number;
  /** Value that refers to identity 0. */
  readonly first: number;
}

const mix = (hash: number, value: number): number => {
  const product = Math.imul(hash ^ value, 0x9e3779b1);
  return product ^ (product >>> 15);
};

export class Refinement {
  readonly #cells: readonly Cell[];
  #colours: Int32Array;
  #next: Int32Array;

  /** `families` are those of `pools`; the first `ranked` pools have colours. */
  constructor(families: readonly Family[], pools: readonly Pool[], ranked: number) {
    const offsets = offsetsOf(pools);
    const total = pools.slice(0, ranked).reduce((sum, { size }) => sum + size, 0);
    this.#colours = new Int32Array(total);
    this.#next = new Int32Array(total);
    this.#cells = families.flatMap((family, number) =>
      family.addresses.map((address, index) => ({
        word: address >>> 5,
        shift: address & 31,
        mask: maskOf(family.bits) | 0,
        family: number,
        by: identitiesOf(family, pools, index).flatMap((identity, k) => {
          const pool = family.pools[k] ?? 0;
          return pool < ranked ? [(offsets[pool] ?? 0) + identity] : [];
        }),
        target: family.target === null ? -1 : (offsets[family.target] ?? 0),
        first: family.optional ? 1 : 0,
      })),
    );
  }

  /** Colours of all identities of the ranked pools, valid until the next call. */
  coloursOf(m: Int32Array): Int32Array {
    this.#colours.fill(0);
    for (let round = 0; round < ROUNDS; round++) {
      this.#next.fill(round + 1);
      for (const cell of this.#cells) this.#contribute(m, cell);
      [this.#colours, this.#next] = [this.#next, this.#colours];
    }
    return this.#colours;
  }

  #contribute(m: Int32Array, { word, shift, mask, family, by, target, first }: Cell): void {
    const value = ((m[word] as number) >>> shift) & mask;
    const referred = target >= 0 && value >= first ? target + value - first : -1;
    if (by.length === 0 && referred < 0) return;
    const colours = this.#colours;
    const next = this.#next;
    let hash = mix(
      family + 1,
      target < 0 ? value : referred < 0 ? -1 : (colours[referred] as number),
    );
    for (const identity of by) hash = mix(hash, colours[identity] as number);
    for (let k = 0; k < by.length; k++) {
      const identity = by[k] as number;
      next[identity] = ((next[identity] as number) + mix(hash, k + 1)) | 0;
    }
    if (referred >= 0) next[referred] = ((next[referred] as number) + mix(hash, -1)) | 0;
  }
}
