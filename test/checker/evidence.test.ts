/** The recorded evidence: read back as written, and that of the model as it is. */
import { describe, expect, it } from 'vitest';
import { askedOf } from '../../src/checker/catalogue.ts';
import { evidenceIn, evidenceOf, evidenceText } from '../../src/checker/evidence.ts';
import { catalogue } from '../../src/checker/instance.ts';
import { checkExhaustively } from '../../src/engine/exhaustive.ts';

const book = catalogue.evidence?.() ?? {};
const scenarios = catalogue.scenarios.filter(({ id }) => id in book);

const machineOf = (id: string, preset = 'upstream') =>
  catalogue.instantiate({ scenario: id, preset, rules: {} });

describe('evidenceText', () => {
  it('is read back as it was', () => {
    expect(evidenceIn(evidenceText(book))).toEqual(book);
  });
});

describe('the recorded evidence (npm run counts)', () => {
  it('agrees with the counts of the scenarios', () => {
    const known = new Map(catalogue.scenarios.map(({ id, counts }) => [id, counts]));
    for (const [id, { states, transitions }] of Object.entries(book)) {
      expect(known.get(id)).toMatchObject({ states, transitions });
    }
  });

  it('has the transitions and properties of each, and every step counted once', () => {
    for (const { id, preset } of scenarios) {
      const machine = machineOf(id, preset);
      const recorded = book[id];
      if (recorded === undefined) throw new Error(`${id} is not recorded`);
      const { taken, cases, transitions } = recorded;
      const names = machine.transitions.map(({ name }) => name);
      expect(Object.keys(taken).sort()).toEqual(names.sort());
      expect(Object.keys(cases).sort()).toEqual([...askedOf(machine)].sort());
      expect(Object.values(taken).reduce((sum, n) => sum + n, 0)).toBe(transitions);
    }
  });

  it('is what a search of small scenarios comes to', async () => {
    const small = scenarios.filter(({ counts }) => (counts?.states ?? 0) < 1000);
    expect(small.length).toBeGreaterThan(0);
    for (const { id, preset } of small) {
      const { statistics } = await checkExhaustively(machineOf(id, preset), {}, { now: () => 0 });
      expect(book[id]).toEqual(evidenceOf(statistics));
    }
  });
});
