/**
 * Where symmetric pools occur in a vector.
 *
 * A family is one place in the layout with all its copies: one for each tuple of identities of
 * the pools that index it. `vcpu[c].root` is a family with a copy per vCPU. Permuting the pools
 * moves the copies of a family among themselves, and renames what references hold.
 */
import type { Pool } from '../machine/index.ts';
import { elementPlace, WORD_BITS, type RecordShape, type Shape } from '../state/shape.ts';

export interface Family {
  /** Numbers of the pools that index it, outermost first. Empty: it does not move. */
  readonly pools: readonly number[];
  /** Address (`word * 32 + bit`) of each copy. Order: by identities, the first weighing most. */
  readonly addresses: readonly number[];
  readonly bits: number;
  /** Number of the pool that the value refers to; `null` for plain data. */
  readonly target: number | null;
  /** The value 0 refers to nothing, and `1 + identity` to something. */
  readonly optional: boolean;
}

const addressOf = ({ word, bit }: { word: number; bit: number }): number => word * WORD_BITS + bit;

class Walk {
  readonly families: Family[] = [];
  readonly #pools: readonly Pool[];

  constructor(pools: readonly Pool[]) {
    this.#pools = pools;
  }

  visit(shape: Shape, addresses: readonly number[], pools: readonly number[]): void {
    switch (shape.kind) {
      case 'record':
        for (const field of shape.fields) {
          this.visit(field.shape, shifted(addresses, addressOf(field)), pools);
        }
        return;
      case 'array':
        return this.#visitArray(shape, addresses, pools);
      case 'bitset': {
        const pool = this.#numberOf(shape.layout.pool);
        if (pool === null) return this.#add(addresses, pools, shape.bits);
        const bits = Array.from({ length: shape.bits }, (_, bit) => bit);
        const all = addresses.flatMap((address) => bits.map((bit) => address + bit));
        return this.#add(all, [...pools, pool], 1);
      }
      case 'scalar': {
        const target = this.#numberOf(shape.layout.pool);
        const optional = shape.layout.codec === 'optional-ref';
        return this.#add(addresses, pools, shape.bits, target, optional);
      }
    }
  }

  #visitArray(
    shape: Shape & { kind: 'array' },
    addresses: readonly number[],
    pools: readonly number[],
  ): void {
    const places = Array.from({ length: shape.layout.size }, (_, index) =>
      addressOf(elementPlace(shape, index)),
    );
    const pool = this.#numberOf(shape.layout.pool);
    if (pool === null) {
      for (const place of places) this.visit(shape.element, shifted(addresses, place), pools);
      return;
    }
    const all = addresses.flatMap((address) => places.map((place) => address + place));
    this.visit(shape.element, all, [...pools, pool]);
  }

  #add(
    addresses: readonly number[],
    pools: readonly number[],
    bits: number,
    target: number | null = null,
    optional = false,
  ): void {
    if (bits > 0) this.families.push({ pools, addresses, bits, target, optional });
  }

  /** Number of a pool of the layout among the symmetric ones, by name. */
  #numberOf(pool: Pool | undefined): number | null {
    if (pool === undefined) return null;
    const index = this.#pools.findIndex(({ name }) => name === pool.name);
    if (index < 0) return null;
    if (this.#pools[index]?.size === pool.size) return index;
    throw new RangeError(`pool ${pool.name} has two sizes`);
  }
}

const shifted = (addresses: readonly number[], by: number): readonly number[] =>
  by === 0 ? addresses : addresses.map((address) => address + by);

/** Whether `next` follows `family` in the same word in every copy, and moves with it. */
function joins(family: Family, next: Family): boolean {
  return (
    family.target === null &&
    next.target === null &&
    family.pools.length === next.pools.length &&
    family.pools.every((pool, k) => pool === next.pools[k]) &&
    family.addresses.every((address, k) => {
      const end = address + family.bits;
      return end === next.addresses[k] && end % WORD_BITS !== 0;
    })
  );
}

/**
 * The families of a layout under the given symmetric pools. Neighbouring data that moves together
 * is one family, so that whole words move at once. Order: by address.
 */
export function familiesOf(shape: RecordShape, pools: readonly Pool[]): Family[] {
  const walk = new Walk(pools);
  walk.visit(shape, [0], []);
  const sorted = walk.families.toSorted((x, y) => (x.addresses[0] ?? 0) - (y.addresses[0] ?? 0));
  const merged: Family[] = [];
  for (const family of sorted) {
    const last = merged.at(-1);
    if (last !== undefined && joins(last, family)) {
      merged[merged.length - 1] = { ...last, bits: last.bits + family.bits };
    } else {
      merged.push(family);
    }
  }
  return merged;
}
