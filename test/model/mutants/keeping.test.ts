import { describe, expect, it } from 'vitest';
import { keepingMutants } from '../../../model/mutants/keeping.ts';
import { firstViolation } from '../../support/search.ts';

describe('keepingMutants', () => {
  it('break the property that they name, and none before it', { timeout: 180_000 }, async () => {
    for (const mutant of keepingMutants) {
      const found = await firstViolation(mutant);
      expect([mutant.id, found?.property]).toEqual([mutant.id, mutant.property]);
    }
  });
});
