import { describe, expect, it } from 'vitest';
import { quotaMutants } from '../../../model/mutants/quota.ts';
import { firstViolation } from '../../support/search.ts';

describe('quotaMutants', () => {
  it('break the property that they name, and none before it', { timeout: 180_000 }, async () => {
    for (const mutant of quotaMutants) {
      const found = await firstViolation(mutant);
      expect([mutant.id, found?.property]).toEqual([mutant.id, mutant.property]);
    }
  });
});
