/** The larger preset: minutes of search. Runs with `npm run test:slow` only. */
import { describe, expect, it } from 'vitest';
import { shadowCoreCounts, shadowCoreFaults } from '../bench/published-counts.ts';
import { countsOf, runShadowCore, takenBy } from '../bench/shadow-core.ts';

const MINUTES = 60_000;
const published = shadowCoreCounts.M;

describe.runIf(process.env['SLOW'] !== undefined)('shadowCore, preset M', () => {
  it('has all published figures', { timeout: 20 * MINUTES }, async () => {
    const { kind, statistics } = await runShadowCore('M', 0, 'none');
    expect(kind).toBe('held');
    expect(countsOf(statistics)).toEqual(published.none);
    expect(statistics.levels).toEqual(published.levels);
    expect(takenBy(statistics)).toEqual(published.taken);
  });

  it('has the published orbits under vCPU symmetry', { timeout: 20 * MINUTES }, async () => {
    const { kind, statistics } = await runShadowCore('M', 0, 'vcpus');
    expect(kind).toBe('held');
    expect(countsOf(statistics)).toEqual(published.vcpus);
  });

  it.each(shadowCoreFaults)(
    'shows fault $fault in $steps steps',
    { timeout: 5 * MINUTES },
    async ({ fault, property, steps }) => {
      const outcome = await runShadowCore('M', fault, 'none');
      const [violation] = outcome.kind === 'violated' ? outcome.violations : [];
      expect(violation?.property).toBe(property);
      expect(violation?.trace.steps).toHaveLength(steps);
    },
  );
});
