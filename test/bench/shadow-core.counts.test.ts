import { beforeAll, describe, expect, it } from 'vitest';
import type { Outcome } from '../../src/engine/outcome.ts';
import { shadowCoreCounts, shadowCoreFaults } from './published-counts.ts';
import { countsOf, runShadowCore, takenBy } from './shadow-core.ts';

const published = shadowCoreCounts.S;

describe('shadowCore, preset S', () => {
  let outcome: Outcome;

  beforeAll(async () => {
    outcome = await runShadowCore('S', 0, 'none');
  });

  it('holds, with the published states, transitions and depth', () => {
    expect(outcome.kind).toBe('held');
    expect(countsOf(outcome.statistics)).toEqual(published.none);
  });

  it('has the published new states on every level', () => {
    expect(outcome.statistics.levels).toEqual(published.levels);
  });

  it('has the published transitions of every action', () => {
    expect(takenBy(outcome.statistics)).toEqual(published.taken);
  });

  it('stays within four bytes per word and 32 bytes more per state', () => {
    const { memory_bytes, states } = outcome.statistics;
    expect(memory_bytes / states).toBeLessThanOrEqual(4 * 1 + 32);
  });

  it.each(['vcpus', 'all'] as const)('has the published orbits (%s)', async (interchangeable) => {
    const { kind, statistics } = await runShadowCore('S', 0, interchangeable);
    expect(kind).toBe('held');
    expect(countsOf(statistics)).toEqual(published[interchangeable]);
  });

  it.each(shadowCoreFaults)('shows fault $fault in $steps steps', async (expected) => {
    for (const interchangeable of expected.fault === 4
      ? (['none'] as const)
      : (['none', 'all'] as const)) {
      const outcome = await runShadowCore('S', expected.fault, interchangeable);
      const [violation] = outcome.kind === 'violated' ? outcome.violations : [];
      expect(violation?.property).toBe(expected.property);
      expect(violation?.trace.steps).toHaveLength(expected.steps);
    }
  });
});
