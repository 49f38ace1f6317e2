import { describe, expect, it } from 'vitest';
import {
  addressCount,
  prefixCount,
  prefixOf,
  tableIndex,
  type Geometry,
} from '../../model/geometry.ts';
import { aKvm } from '../support/kvm.ts';

const geometry = (levels: number, entries = 2): Geometry =>
  aKvm({ geometry: { levels, entries } }).geometry;
const addresses = (g: Geometry) => Array.from({ length: addressCount(g) }, (_, va) => va);

describe('tableIndex', () => {
  it('selects the digits of an address, the top level first', () => {
    const g = geometry(3);
    expect(addresses(g).map((va) => [3, 2, 1].map((level) => tableIndex(g, va, level)))).toEqual([
      [0, 0, 0],
      [0, 0, 1],
      [0, 1, 0],
      [0, 1, 1],
      [1, 0, 0],
      [1, 0, 1],
      [1, 1, 0],
      [1, 1, 1],
    ]);
  });

  it('counts in tables of more than two entries too', () => {
    const g = geometry(2, 3);
    expect(addressCount(g)).toBe(9);
    expect([tableIndex(g, 5, 2), tableIndex(g, 5, 1)]).toEqual([1, 2]);
  });
});

describe.each([
  { levels: 2, entries: 2, above: 2 },
  { levels: 3, entries: 2, above: 6 },
  { levels: 3, entries: 3, above: 12 },
])('prefixOf over $levels levels of $entries entries', ({ levels, entries, above }) => {
  const g = geometry(levels, entries);

  it('numbers the entries above the last level without a gap', () => {
    expect(prefixCount(g)).toBe(above);
    const seen = new Set<number>();
    for (let level = levels; level > 1; level -= 1) {
      for (const va of addresses(g)) seen.add(prefixOf(g, va, level));
    }
    expect([...seen].sort((a, b) => a - b)).toEqual(Array.from({ length: above }, (_, i) => i));
  });

  it('is equal for two addresses exactly when they agree from that level up', () => {
    for (let level = levels; level > 0; level -= 1) {
      const span = entries ** (level - 1);
      for (const va of addresses(g)) {
        for (const other of addresses(g)) {
          const same = Math.floor(va / span) === Math.floor(other / span);
          expect(prefixOf(g, va, level) === prefixOf(g, other, level)).toBe(same);
        }
      }
    }
  });

  it('puts prefixes of the root level first', () => {
    expect(prefixOf(g, 0, levels)).toBe(0);
    expect(prefixOf(g, addressCount(g) - 1, levels)).toBe(entries - 1);
    expect(prefixOf(g, 0, levels - 1)).toBe(entries);
  });
});
