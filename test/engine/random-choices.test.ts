/** Which instances a walk draws among. */
import { describe, expect, it } from 'vitest';
import { mayBeEnabled } from '../../src/engine/places.ts';
import { compileMachine } from '../../src/engine/program.ts';
import { Choices } from '../../src/engine/random/choices.ts';
import { aMachine } from '../support/search.ts';

describe('Choices', () => {
  it('are the instances that may be enabled, whatever was asked before', () => {
    const program = compileMachine(aMachine({ scenario: 'shadow-two-roles' }));
    const choices = new Choices(program);
    program.initialise(0);
    let enabled = 0;
    for (let n = 0; n < 400; n++) {
      const words = program.currentWords;
      const expected = program.instances
        .filter(({ transition, args }) => mayBeEnabled(program.places, words, transition, args[0]))
        .map(({ id }) => id);
      const found = choices.at(words);
      expect(found.flatMap(({ ids }) => [...ids])).toEqual(expected);
      expect(found.every(({ ids }) => ids.length > 0)).toBe(true);
      const next = expected.findIndex((id, k) => k >= n % expected.length && program.execute(id));
      if (next < 0) program.initialise(0);
      else enabled++;
    }
    expect(enabled).toBeGreaterThan(200);
  });
});
