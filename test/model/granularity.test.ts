/** What is left when operations of KVM do not interleave. */
import { describe, expect, it } from 'vitest';
import { mutants } from '../../model/index.ts';
import { firstViolation, search } from '../support/search.ts';

const named = (id: string) => mutants.filter((mutant) => mutant.id === id);

describe('granularity operation', () => {
  it('reaches fewer states and keeps the verdict of upstream', async () => {
    for (const scenario of ['shadow-fault-race', 'shadow-aliased-frame']) {
      const step = await search({ scenario });
      const operation = await search({ scenario, granularity: 'operation' });
      expect([scenario, step.kind, operation.kind]).toEqual([scenario, 'held', 'held']);
      expect(operation.statistics.states).toBeLessThan(step.statistics.states / 2);
    }
  });

  it('finds what needs no interleaving', async () => {
    const sequential = ['new-page-not-protected', 'alias-stays-unsync', 'zap-leaves-parent-links'];
    for (const mutant of sequential.flatMap(named)) {
      const found = await firstViolation(mutant, { granularity: 'operation' });
      expect([mutant.id, found?.property]).toEqual([mutant.id, mutant.property]);
    }
  });

  it('misses races of a fault with another vCPU, which is why steps are small', async () => {
    const races = ['fault-skips-gpte-recheck', 'flush-misses-vcpus-outside-the-guest'];
    for (const mutant of races.flatMap(named)) {
      const found = await firstViolation(mutant, { granularity: 'operation' });
      expect([mutant.id, found]).toEqual([mutant.id, null]);
    }
  });
});
