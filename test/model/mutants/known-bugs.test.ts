import { describe, expect, it } from 'vitest';
import { knownBugs } from '../../../model/mutants/known-bugs.ts';
import { firstViolation } from '../../support/search.ts';

describe('knownBugs', () => {
  it('break the property that they name, and none before it', { timeout: 180_000 }, async () => {
    for (const mutant of knownBugs) {
      const found = await firstViolation(mutant);
      expect([mutant.id, found?.property]).toEqual([mutant.id, mutant.property]);
    }
  });
});
