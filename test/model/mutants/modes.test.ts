import { describe, expect, it } from 'vitest';
import { modeMutants } from '../../../model/mutants/modes.ts';
import { firstViolation } from '../../support/search.ts';

describe('modeMutants', () => {
  it('break the property that they name, and none before it', { timeout: 180_000 }, async () => {
    for (const mutant of modeMutants) {
      const found = await firstViolation(mutant);
      expect([mutant.id, found?.property]).toEqual([mutant.id, mutant.property]);
    }
  });
});
