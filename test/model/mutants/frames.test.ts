import { describe, expect, it } from 'vitest';
import { frameMutants } from '../../../model/mutants/frames.ts';
import { firstViolation } from '../../support/search.ts';

describe('frameMutants', () => {
  it('break the property that they name, and none before it', { timeout: 180_000 }, async () => {
    for (const mutant of frameMutants) {
      const found = await firstViolation(mutant);
      expect([mutant.id, found?.property]).toEqual([mutant.id, mutant.property]);
    }
  });
});
