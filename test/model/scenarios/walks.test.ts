/** Random walks of all scenarios, and their agreement with the exhaustive search. */
import { describe, expect, it } from 'vitest';
import { scenarios } from '../../../model/index.ts';
import { explore } from '../../../src/engine/random.ts';
import { aMachine, control, search } from '../../support/search.ts';

describe('every scenario', () => {
  it(
    'holds on random walks that check ranges, and that disabled steps write nothing',
    { timeout: 180_000 },
    async () => {
      for (const { id, preset, maxSteps } of scenarios) {
        const options = { seed: 0x57e9n, maxSamples: 15, maxSteps, checked: true };
        const outcome = await explore(aMachine({ scenario: id, preset }), options, control);
        expect([id, outcome.kind]).toEqual([id, 'inconclusive']);
        expect(outcome.statistics.samples).toBe(15);
      }
    },
  );

  it(
    'holds on random walks where the exhaustive search finds that it holds',
    { timeout: 180_000 },
    async () => {
      for (const scenario of ['shadow-progress', 'shadow-fault-race', 'shadow-rights']) {
        const { kind } = await search({ scenario });
        expect([scenario, kind]).toEqual([scenario, 'held']);
        const options = { seed: 0xa97een, maxSamples: 300, maxSteps: 120 };
        const walked = await explore(aMachine({ scenario }), options, control);
        expect([scenario, walked.kind]).toEqual([scenario, 'inconclusive']);
      }
    },
  );
});
