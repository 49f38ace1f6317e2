import { describe, expect, it } from 'vitest';
import { HandPacked } from '../../bench/hand-packed.ts';
import { presets } from '../../bench/machines/shadow-core.ts';
import { shadowCoreCounts, shadowCoreFaults } from './published-counts.ts';

describe('HandPacked', () => {
  it('finds what the machine has on preset S, level by level', () => {
    const { states, transitions, depth, levels, violation } = new HandPacked(presets.S).run();
    expect({ states, transitions, depth }).toEqual(shadowCoreCounts.S.none);
    expect(levels).toEqual(shadowCoreCounts.S.levels);
    expect(violation).toBeNull();
  });

  it.each(shadowCoreFaults)('shows fault $fault in $steps steps', ({ fault, property, steps }) => {
    const invariant = property === 'tlb-follows-the-guest' ? 1 : 4;
    expect(new HandPacked(presets.S, fault).run().violation).toEqual({ invariant, steps });
  });
});
