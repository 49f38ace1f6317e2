import { describe, expect, it } from 'vitest';
import { smmMutants } from '../../../model/mutants/smm.ts';
import { firstViolation } from '../../support/search.ts';

describe('smmMutants', () => {
  it('break the property that they name, and none before it', { timeout: 180_000 }, async () => {
    for (const mutant of smmMutants) {
      const found = await firstViolation(mutant);
      expect([mutant.id, found?.property]).toEqual([mutant.id, mutant.property]);
    }
  });
});
