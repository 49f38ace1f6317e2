import { describe, expect, it } from 'vitest';
import { memslotMutants } from '../../../model/mutants/memslots.ts';
import { firstViolation } from '../../support/search.ts';

describe('memslotMutants', () => {
  it('break the property that they name, and none before it', { timeout: 180_000 }, async () => {
    for (const mutant of memslotMutants) {
      const found = await firstViolation(mutant);
      expect([mutant.id, found?.property]).toEqual([mutant.id, mutant.property]);
    }
  });
});
