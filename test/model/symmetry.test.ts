/** Two identical vCPUs may be swapped: the search of orbits says what the full search says. */
import { describe, expect, it } from 'vitest';
import { mutants, scenarios } from '../../model/index.ts';
import { firstViolation, search } from '../support/search.ts';

/** Two vCPUs, and fewer than 60 000 orbits. */
const small = [
  'shadow-unsync-strict',
  'shadow-fault-race',
  'shadow-table-becomes-root',
  'shadow-cr0-wp',
  'shadow-aliased-frame',
  'shadow-strict-emulated-window',
];

/** Mutants that two vCPUs show, and that breadth-first search finds within 10 000 orbits. */
const quick = mutants.filter(({ id }) =>
  [
    'unsync-flag-after-writable',
    'fault-skips-gpte-recheck',
    'write-hits-invalid-sp',
    'map-into-lost-root',
    'cr0-wp-stale-in-permission-check',
    'lookup-builds-a-twin',
    'alias-stays-unsync',
    'unsync-at-any-level',
    'new-page-not-protected',
    'new-page-protected-without-flush',
    'zap-forgets-counters',
    'child-keeps-level',
    'cr0-wp-missing-from-role',
    'zap-keeps-users-on-the-root',
    'leaf-recorded-without-gfn',
    'sync-without-protection',
    'emulated-write-not-tracked',
    'tracked-write-without-flush',
    'zap-leaves-parent-links',
    'zapped-root-stays-listed',
    'free-before-flush',
    'flush-misses-vcpus-outside-the-guest',
    'flush-reaches-the-caller-only',
  ].includes(id),
);

describe('symmetry of vCPUs', () => {
  it('is tried on scenarios and mutants that have two vCPUs', () => {
    const vcpusOf = (id: string) => scenarios.find((s) => s.id === id)?.geometry.vcpus;
    expect(small.map(vcpusOf)).toEqual(small.map(() => 2));
    expect(quick.map(({ scenario }) => vcpusOf(scenario))).toEqual(quick.map(() => 2));
    expect(quick).toHaveLength(23);
  });

  it('leaves verdict, depth and witnesses of a scenario as they are', async () => {
    for (const scenario of small) {
      const orbits = await search({ scenario }, { symmetry: true });
      const full = await search({ scenario }, { symmetry: false });
      expect([scenario, orbits.kind]).toEqual([scenario, full.kind]);
      expect(orbits.statistics.depth).toBe(full.statistics.depth);
      const reached = [orbits, full].map(({ statistics }) =>
        statistics.evidence.map(({ id, applied, witnessReached }) => [
          id,
          applied > 0,
          witnessReached,
        ]),
      );
      expect(reached[0]).toEqual(reached[1]);
      // An orbit has one state or two.
      expect(full.statistics.states).toBeGreaterThan(orbits.statistics.states);
      expect(full.statistics.states).toBeLessThanOrEqual(2 * orbits.statistics.states);
    }
  });

  it('leaves property and shortest length of a violation as they are', async () => {
    for (const mutant of quick) {
      const orbits = await firstViolation(mutant, {}, { symmetry: true });
      const full = await firstViolation(mutant, {}, { symmetry: false });
      expect([mutant.id, orbits]).toEqual([mutant.id, full]);
    }
  });
});
