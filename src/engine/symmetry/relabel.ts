/** Applying a permutation of pools to a vector, as generated straight-line code. */
import type { Pool } from '../machine/index.ts';
import { maskOf, WORD_BITS } from '../state/shape.ts';
import type { Family } from './families.ts';

/**
 * Writes the image of `source` into `target`. `to[offsets[pool] + identity]` is the new identity.
 */
export type Relabel = (source: Int32Array, target: Int32Array, to: Int32Array) => void;

/** Start of each pool in a list of all identities of all pools. */
export function offsetsOf(pools: readonly Pool[]): number[] {
  let next = 0;
  return pools.map(({ size }) => (next += size) - size);
}

/** The identities of copy `index` of a family. */
export function identitiesOf(family: Family, pools: readonly Pool[], index: number): number[] {
  const identities: number[] = [];
  let rest = index;
  for (const pool of family.pools.toReversed()) {
    const size = pools[pool]?.size ?? 1;
    identities.unshift(rest % size);
    rest = Math.floor(rest / size);
  }
  return identities;
}

class Generator {
  readonly tables: Int32Array[] = [];
  readonly #pools: readonly Pool[];
  readonly #offsets: readonly number[];

  constructor(pools: readonly Pool[]) {
    this.#pools = pools;
    this.#offsets = offsetsOf(pools);
  }

  /** Statements that move and rename all copies of one family. */
  moves(family: Family): string {
    const table = `table${this.tables.push(Int32Array.from(family.addresses)) - 1}`;
    const weights = family.pools.map((_, k) =>
      family.pools.slice(k + 1).reduce((product, pool) => product * this.#sizeOf(pool), 1),
    );
    return family.addresses
      .map((address, index) => {
        const identities = identitiesOf(family, this.#pools, index);
        const terms = identities.map((identity, k) => {
          const image = `to[${this.#offset(family.pools[k] ?? 0) + identity}]`;
          return weights[k] === 1 ? image : `${image} * ${weights[k]}`;
        });
        const value = this.#value(family, address);
        if (terms.length === 0) return `t[${address >>> 5}] |= ${value} << ${address & 31};`;
        return `a = ${table}[${terms.join(' + ')}]; t[a >>> 5] |= ${value} << (a & 31);`;
      })
      .join('\n');
  }

  #value(family: Family, address: number): string {
    const raw = `((m[${address >>> 5}] >>> ${address & 31}) & ${maskOf(family.bits) | 0})`;
    if (family.target === null) return raw;
    const offset = this.#offset(family.target);
    return family.optional
      ? `((v = ${raw}) === 0 ? 0 : 1 + to[${offset - 1} + v])`
      : `to[${offset} + ${raw}]`;
  }

  #sizeOf(pool: number): number {
    return this.#pools[pool]?.size ?? 1;
  }

  #offset(pool: number): number {
    return this.#offsets[pool] ?? 0;
  }
}

/** Bits of each word that no permutation touches. */
function fixedMasks(words: number, families: readonly Family[]): Int32Array {
  const masks = new Int32Array(words).fill(-1);
  for (const { addresses, bits, pools, target } of families) {
    if (pools.length === 0 && target === null) continue;
    for (const address of addresses) {
      const word = Math.floor(address / WORD_BITS);
      masks[word] = (masks[word] ?? 0) & ~(maskOf(bits) << (address & 31));
    }
  }
  return masks;
}

/** Compiles `Relabel` for the families of a layout. */
export function compileRelabel(
  words: number,
  families: readonly Family[],
  pools: readonly Pool[],
): Relabel {
  const generator = new Generator(pools);
  const moving = families.filter(({ pools: by, target }) => by.length > 0 || target !== null);
  const moves = moving.map((family) => generator.moves(family));
  const starts = [...fixedMasks(words, families)].map((mask, word) =>
    mask === -1 ? `t[${word}] = m[${word}];` : `t[${word}] = m[${word}] & ${mask};`,
  );
  const tables = generator.tables.map((_, index) => `const table${index} = tables[${index}];`);
  const source = `"use strict";
${tables.join('\n')}
return function relabel(m, t, to) {
let a = 0, v = 0;
${starts.join('\n')}
${moves.join('\n')}
};`;
  // Reviewed: the text is made from numbers alone.
  // oxlint-disable-next-line no-new-func, typescript/no-implied-eval
  return (new Function('tables', source) as (tables: Int32Array[]) => Relabel)(generator.tables);
}
