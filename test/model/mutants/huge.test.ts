import { describe, expect, it } from 'vitest';
import { hugeMutants } from '../../../model/mutants/huge.ts';
import { firstViolation } from '../../support/search.ts';

describe('hugeMutants', () => {
  it('break the property that they name, and none before it', { timeout: 180_000 }, async () => {
    for (const mutant of hugeMutants) {
      const found = await firstViolation(mutant);
      expect([mutant.id, found?.property]).toEqual([mutant.id, mutant.property]);
    }
  });
});
