import { describe, expect, it } from 'vitest';
import { notifierMutants } from '../../../model/mutants/notifier.ts';
import { firstViolation } from '../../support/search.ts';

describe('notifierMutants', () => {
  it('break the property that they name, and none before it', { timeout: 180_000 }, async () => {
    for (const mutant of notifierMutants) {
      const found = await firstViolation(mutant);
      expect([mutant.id, found?.property]).toEqual([mutant.id, mutant.property]);
    }
  });
});
