/**
 * Symmetry: a machine with interchangeable identities has orbits of states; the search keeps one
 * representative of each.
 *
 * A pool that nothing refers to is *sorted*: its identities are ordered by their columns. Any
 * other pool is *ranked*: its identities are ordered by that part of their columns which no
 * permutation changes, and the representative is the least vector over all orders of those that
 * are equal in it. When these are many, colours and twins cut them down first; neither changes
 * which vector is least among equals of an orbit, so the result is exactly canonical.
 */
import type { Pool } from './machine/index.ts';
import { vectorWords, type RecordShape } from './state/shape.ts';
import { Columns } from './symmetry/columns.ts';
import { familiesOf, type Family } from './symmetry/families.ts';
import { Ranking } from './symmetry/ranking.ts';

export interface Canonicaliser {
  /** Replaces a vector by the representative of its orbit. */
  readonly canonicalise: (words: Int32Array) => void;
}

/** Pools that sorting alone makes canonical: never referred to, never indexing one cell twice. */
function sortedPools(families: readonly Family[], pools: readonly Pool[]): Set<number> {
  const sorted = new Set(pools.keys());
  for (const { pools: by, target } of families) {
    if (target !== null) sorted.delete(target);
    for (const pool of by) if (by.indexOf(pool) !== by.lastIndexOf(pool)) sorted.delete(pool);
  }
  // Of two pools that index one cell, only the larger can be sorted.
  const size = (pool: number) => pools[pool]?.size ?? 0;
  for (const { pools: by } of families) {
    const both = by.filter((pool) => sorted.has(pool)).sort((x, y) => size(y) - size(x) || x - y);
    for (const pool of both.slice(1)) sorted.delete(pool);
  }
  return sorted;
}

const sorter = (columns: readonly Columns[]) => (words: Int32Array) => {
  for (const part of columns) part.sort(words);
};

/**
 * Compiles the canonicaliser of a layout for the given interchangeable pools; `null` when none of
 * them occurs with more than one identity.
 */
export function compileSymmetry(
  shape: RecordShape,
  symmetry: readonly Pool[],
): Canonicaliser | null {
  const proper = symmetry.filter(({ size }) => size > 1);
  const families = familiesOf(shape, proper);
  const occurring = proper.filter((_, pool) =>
    families.some(({ pools, target }) => pools.includes(pool) || target === pool),
  );
  if (occurring.length === 0) return null;
  const sorted = sortedPools(familiesOf(shape, occurring), occurring);
  const toSort = occurring.filter((_, pool) => sorted.has(pool));
  const toRank = occurring.filter((_, pool) => !sorted.has(pool));
  const columns = toSort.map(
    (pool) =>
      new Columns(
        pool.size,
        familiesOf(shape, [pool]).filter(({ pools }) => pools.length > 0),
      ),
  );
  const sort = sorter(columns);
  if (toRank.length === 0) return { canonicalise: sort };
  const ranking = new Ranking(vectorWords(shape), shape, toRank, toSort, sort);
  return { canonicalise: (words) => ranking.canonicalise(words) };
}
