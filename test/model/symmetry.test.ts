/** Identical vCPUs may be swapped: the search of orbits says what the full search says. */
import { describe, expect, it } from 'vitest';
import { mutants, scenarios } from '../../model/index.ts';
import { firstViolation, search } from '../support/search.ts';

const vcpusOf = (id: string) => scenarios.find((s) => s.id === id)?.geometry.vcpus ?? 0;

/** Two vCPUs, and fewer than 60 000 orbits, as recorded. */
const small = scenarios.filter(
  ({ id, endless, counts }) =>
    !endless && vcpusOf(id) > 1 && counts !== undefined && counts.states < 60_000,
);

/** Mutants that take two vCPUs, found by breadth-first search within a few thousand orbits. */
const quick = [
  'unsync-flag-after-writable',
  'cr0-wp-stale-in-permission-check',
  'lookup-builds-a-twin',
  'alias-stays-unsync',
  'unsync-at-any-level',
  'new-page-not-protected',
  'new-page-protected-without-flush',
  'zap-forgets-counters',
  'child-keeps-level',
  'cr0-wp-missing-from-role',
  'leaf-recorded-without-gfn',
  'sync-without-protection',
  'emulated-write-not-tracked',
  'tracked-write-without-flush',
  'zap-leaves-parent-links',
  'free-before-flush',
  'flush-misses-vcpus-outside-the-guest',
  'flush-reaches-the-caller-only',
];

describe('symmetry of vCPUs', () => {
  it(
    'leaves verdict and depth of each small scenario as they are recorded',
    { timeout: 180_000 },
    async () => {
      expect(small.length).toBeGreaterThan(4);
      for (const { id, counts } of small) {
        const full = await search({ scenario: id }, { symmetry: false });
        const { states, depth } = full.statistics;
        expect([id, full.kind, depth]).toEqual([id, 'held', counts?.depth]);
        // An orbit has one state or two; one where the vCPUs begin in different modes.
        expect(states).toBeGreaterThanOrEqual(counts?.states ?? Infinity);
        expect(states).toBeLessThanOrEqual(2 * (counts?.states ?? 0));
      }
    },
  );

  it('leaves what applies, and what is witnessed, as it is', { timeout: 180_000 }, async () => {
    for (const scenario of ['shadow-fault-race', 'shadow-aliased-frame']) {
      const [orbits, full] = await Promise.all(
        [true, false].map(async (symmetry) => {
          const { statistics } = await search({ scenario }, { symmetry });
          return statistics.evidence.map((e) => [e.id, e.applied > 0, e.witnessReached]);
        }),
      );
      expect([scenario, orbits]).toEqual([scenario, full]);
    }
  });

  it(
    'leaves property and shortest length of a violation as they are',
    { timeout: 180_000 },
    async () => {
      const chosen = mutants.filter(({ id }) => quick.includes(id));
      expect(chosen).toHaveLength(quick.length);
      for (const mutant of chosen) {
        expect([mutant.id, vcpusOf(mutant.scenario)]).toEqual([mutant.id, 2]);
        const orbits = await firstViolation(mutant, {}, { symmetry: true });
        const full = await firstViolation(mutant, {}, { symmetry: false });
        expect([mutant.id, orbits?.property]).toEqual([mutant.id, mutant.property]);
        expect([mutant.id, full]).toEqual([mutant.id, orbits]);
      }
    },
  );
});
