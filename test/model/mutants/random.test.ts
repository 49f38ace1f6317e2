/** Random exploration finds every mutant too, within walks that take a few seconds at most. */
import { describe, expect, it } from 'vitest';
import { mutants, scenarios, type Mutant } from '../../../model/index.ts';
import { progressProperties } from '../../../properties/index.ts';
import { explore } from '../../../src/engine/random.ts';
import { aMachine, control } from '../../support/search.ts';

/** Seeds that meet the rarest ones early; the others take seed 1. */
const seeds: Readonly<Record<string, bigint>> = {
  'root-loaded-without-flush': 2n,
  'fault-goes-on-below-an-obsolete-root': 6n,
  'split-walk-goes-on-after-unlock': 4n,
};

const found = async ({ id, scenario }: Mutant): Promise<string> => {
  const maxSteps = scenarios.find((s) => s.id === scenario)?.maxSteps ?? 0;
  const options = { seed: seeds[id] ?? 1n, maxSamples: 5_000, maxSteps, minimise: false };
  return (await explore(aMachine({ scenario, mutant: id }), options, control)).kind;
};

describe('random exploration', () => {
  it('finds every mutant that shows in a run that ends', { timeout: 180_000 }, async () => {
    const endless = progressProperties.map(({ id }) => id);
    for (const mutant of mutants.filter(({ property }) => !endless.includes(property))) {
      expect([mutant.id, await found(mutant)]).toEqual([mutant.id, 'violated']);
    }
  });
});
