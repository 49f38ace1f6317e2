import { describe, expect, it } from 'vitest';
import { buildingMutants } from '../../../model/mutants/building.ts';
import { firstViolation } from '../../support/search.ts';

describe('buildingMutants', () => {
  it('break the property that they name, and none before it', { timeout: 180_000 }, async () => {
    for (const mutant of buildingMutants) {
      const found = await firstViolation(mutant);
      expect([mutant.id, found?.property]).toEqual([mutant.id, mutant.property]);
    }
  });
});
