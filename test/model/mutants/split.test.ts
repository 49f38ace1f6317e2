import { describe, expect, it } from 'vitest';
import { splitMutants } from '../../../model/mutants/split.ts';
import { firstViolation } from '../../support/search.ts';

describe('splitMutants', () => {
  it('break the property that they name, and none before it', { timeout: 180_000 }, async () => {
    for (const mutant of splitMutants) {
      const found = await firstViolation(mutant);
      expect([mutant.id, found?.property]).toEqual([mutant.id, mutant.property]);
    }
  });
});
