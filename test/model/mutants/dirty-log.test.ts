import { describe, expect, it } from 'vitest';
import { dirtyLogMutants } from '../../../model/mutants/dirty-log.ts';
import { firstViolation } from '../../support/search.ts';

describe('dirtyLogMutants', () => {
  it('break the property that they name, and none before it', { timeout: 180_000 }, async () => {
    for (const mutant of dirtyLogMutants) {
      const found = await firstViolation(mutant);
      expect([mutant.id, found?.property]).toEqual([mutant.id, mutant.property]);
    }
  });
});
