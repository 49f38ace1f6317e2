import { describe, expect, it } from 'vitest';
import { checkExhaustively } from '../../../src/engine/exhaustive.ts';
import { ExactStore } from '../../../src/engine/search/store.ts';
import { aControl, gridMachine } from './machines.ts';

/** With so much memory for the store. */
function slotsFor(expectedStates: number, room_bytes = 2 ** 30): number {
  const memory = { room: () => room_bytes };
  return new ExactStore({ words: 1, memory, shareable: false, expectedStates }).table.length;
}

describe('the first table', () => {
  it('has room for the states that are expected', () => {
    expect([0, 1000, 100_000, 1_000_000].map((n) => slotsFor(n))).toEqual([
      2 ** 16,
      2 ** 16,
      2 ** 18,
      2 ** 21,
    ]);
  });

  it('takes a quarter of the memory at most', () => {
    expect(slotsFor(1_000_000, 2 ** 22)).toBe(2 ** 18);
    expect(slotsFor(1_000_000, 2 ** 10)).toBe(2 ** 16);
  });

  it('changes nothing of the search', async () => {
    const search = async (expectedStates: number) => {
      const { statistics } = await checkExhaustively(
        gridMachine([], 99),
        { expectedStates },
        aControl(),
      );
      const { states, transitions, depth } = statistics;
      return { states, transitions, depth };
    };
    const known = { states: 10_000, transitions: 29_600, depth: 149 };
    expect(await search(0)).toEqual(known);
    expect(await search(10_000)).toEqual(known);
    expect(await search(3)).toEqual(known);
  });
});
