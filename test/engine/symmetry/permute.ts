/** Permuting a snapshot by hand: the meaning that the canonicaliser is compared with. */
import type { Layout, Pool } from '../../../src/engine/machine/index.ts';
import type { Plain, PlainRecord } from '../../../src/engine/state/compile.ts';

/** By name of a pool: the new identity of each old one. */
export type Permutation = ReadonlyMap<string, readonly number[]>;

const imageOf = (permutation: Permutation, pool: Pool | undefined, identity: number): number =>
  (pool === undefined ? undefined : permutation.get(pool.name)?.[identity]) ?? identity;

export function permuted(layout: Layout, contents: Plain, permutation: Permutation): Plain {
  switch (layout.kind) {
    case 'scalar':
      return layout.pool === undefined || contents === null
        ? contents
        : imageOf(permutation, layout.pool, contents as number);
    case 'bitset':
      return (contents as number[])
        .map((member) => imageOf(permutation, layout.pool, member))
        .toSorted((x, y) => x - y);
    case 'array': {
      const result: Plain[] = [];
      (contents as Plain[]).forEach((value, index) => {
        const target = imageOf(permutation, layout.pool, index);
        result[target] = permuted(layout.element, value, permutation);
      });
      return result;
    }
    case 'record':
      return Object.fromEntries(
        Object.entries(layout.fields).map(([name, field]) => [
          name,
          permuted(field, (contents as PlainRecord)[name] ?? null, permutation),
        ]),
      );
  }
}
