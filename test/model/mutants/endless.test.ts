/** What goes on for ever, and what upstream does about it. */
import { describe, expect, it } from 'vitest';
import { mutants, scenarios } from '../../../model/index.ts';
import { endlessMutants } from '../../../model/mutants/endless.ts';
import { progressProperties } from '../../../properties/index.ts';
import { checkExhaustively } from '../../../src/engine/exhaustive.ts';
import { judgeLoop } from '../../../src/engine/liveness/judge.ts';
import { aMachine, control, firstViolation, search } from '../../support/search.ts';

describe('endlessMutants', () => {
  it('break the property that they name, and none before it', { timeout: 180_000 }, async () => {
    for (const mutant of endlessMutants) {
      const found = await firstViolation(mutant);
      expect([mutant.id, found?.property]).toEqual([mutant.id, mutant.property]);
    }
  });

  it('break every progress property', () => {
    const broken = mutants.map(({ property }) => property);
    expect(progressProperties.filter(({ id }) => !broken.includes(id))).toEqual([]);
  });

  it('show in loops that execution alone confirms', { timeout: 180_000 }, async () => {
    for (const { id, scenario, property } of endlessMutants) {
      const selection = { scenario, mutant: id, properties: [property] };
      const outcome = await search(selection);
      const violation = outcome.kind === 'violated' ? outcome.violations[0] : undefined;
      if (violation?.loop === undefined) throw new Error(`${id}: there is no loop`);
      const { fault, findings } = judgeLoop(aMachine(selection), violation.trace, violation.loop);
      expect([id, fault, findings.map((found) => found.id)]).toEqual([id, null, [property]]);
    }
  });
});

describe('the bounded form of a bug that goes on for ever', () => {
  it('is found without a bound too', async () => {
    const outcome = await search({
      scenario: 'shadow-endless-rights',
      mutant: 'present-leaf-kept',
      properties: ['repeated-instruction-ends'],
    });
    expect(outcome).toMatchObject({ violations: [{ property: 'repeated-instruction-ends' }] });
  });
});

describe('progress upstream', () => {
  it('is asked wherever runs need not end, and nowhere else', () => {
    const asked = scenarios.filter(
      ({ id }) => (aMachine({ scenario: id }).progress ?? []).length > 0,
    );
    expect(asked).toEqual(scenarios.filter(({ endless }) => endless));
    expect(asked.length).toBeGreaterThan(0);
  });

  it('needs the host to end what it began', async () => {
    const machine = aMachine({
      scenario: 'shadow-endless-notifier',
      properties: ['repeated-instruction-ends'],
    });
    const transitions = machine.transitions.map((transition) =>
      transition.actor() === 'mm' ? { ...transition, sure: () => false } : transition,
    );
    const outcome = await checkExhaustively({ ...machine, transitions }, {}, control);
    expect(outcome).toMatchObject({ violations: [{ property: 'repeated-instruction-ends' }] });
  });
});
