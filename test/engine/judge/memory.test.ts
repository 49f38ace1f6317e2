/** Answers that are remembered by what a property reads. */
import { describe, expect, it } from 'vitest';
import type { Property, StateProperty } from '../../../src/engine/machine/index.ts';
import { checkExhaustively } from '../../../src/engine/exhaustive.ts';
import { aControl, gridMachine, gridState, type Grid } from '../search/machines.ts';

type StateOf = StateProperty<Grid>;

/** A property that counts how often it is asked, and says what it reads. */
const counting = (id: string, reads: readonly string[], more: Partial<StateOf> = {}) => {
  const asked = { times: 0, witness: 0 };
  const base = gridState(id, () => true) as StateOf;
  const property: Property<Grid> = {
    ...base,
    reads,
    ...more,
    applies: (s: Grid) => {
      asked.times += 1;
      return more.applies?.(s) ?? s.x > 3;
    },
    witness: {
      says: 'Never.',
      reads,
      reached: (s) => {
        asked.witness += 1;
        return more.witness?.reached(s) ?? false;
      },
    },
  };
  return { asked, property };
};

const evidenceOf = async (properties: readonly Property<Grid>[], checked = false) => {
  const outcome = await checkExhaustively(gridMachine(properties), { checked }, aControl());
  return outcome.statistics.evidence;
};

const forgetful = (property: Property<Grid>): Property<Grid> => {
  const { reads: _, ...witness } = property.witness;
  const { reads: __, ...rest } = property as StateOf;
  return { ...rest, witness };
};

describe('a judge that remembers', () => {
  it('asks once for all states that agree in what is read', async () => {
    const { asked, property } = counting('column', ['x']);
    await evidenceOf([property]);
    expect(asked).toEqual({ times: 10, witness: 10 });
  });

  it('counts as if it had asked every time', async () => {
    const properties = [
      counting('column', ['x']).property,
      counting('row', ['y'], { when: 'at-the-top', applies: () => true }).property,
      counting('corner', ['x', 'y'], {
        witness: { says: 'The corner.', reached: (s) => s.x === 9 && s.y === 9 },
      }).property,
    ];
    const remembered = await evidenceOf(properties);
    expect(remembered).toEqual(await evidenceOf(properties.map(forgetful)));
    expect(remembered).toEqual([
      { id: 'column', applied: 60, witnessReached: false },
      { id: 'row', applied: 10, witnessReached: false },
      { id: 'corner', applied: 60, witnessReached: true },
    ]);
  });

  it('reports a finding in every state that has it', async () => {
    const { property } = counting('column', ['x'], {
      applies: () => true,
      check: (s) => (s.x === 5 ? { message: 'five', where: {} } : null),
    });
    const options = { maxErrors: Infinity };
    const outcome = await checkExhaustively(gridMachine([property]), options, aControl());
    expect(outcome.kind === 'violated' && outcome.violations.map(({ property: p }) => p)).toEqual([
      'column',
    ]);
    expect(outcome.statistics.evidence[0]?.applied).toBe(100);
  });

  it('asks again and compares where everything is checked', async () => {
    const honest = counting('column', ['x']);
    await evidenceOf([honest.property], true);
    expect(honest.asked.times).toBe(100);
    const lies = [
      counting('antecedent', ['x'], { applies: (s) => s.y > 3 }),
      counting('verdict', ['x'], {
        check: (s) => (s.x === 5 && s.y === 5 ? { message: 'both', where: {} } : null),
      }),
      counting('witness', ['x'], { witness: { says: 'Both.', reached: (s) => s.x + s.y === 18 } }),
    ];
    for (const { property } of lies) {
      await expect(evidenceOf([property], true)).rejects.toThrow('read nothing else');
    }
  });

  it('stops looking up what it hardly ever knows', async () => {
    const { asked, property } = counting('everything', ['x', 'y'], { applies: () => true });
    const machine = gridMachine([property], 149);
    const { statistics } = await checkExhaustively(machine, {}, aControl());
    expect(statistics.evidence[0]?.applied).toBe(150 * 150);
    expect(asked.times).toBe(150 * 150);
  });

  it('refuses a property that reads what the layout does not have', async () => {
    const { property } = counting('elsewhere', ['z']);
    await expect(evidenceOf([property])).rejects.toThrow('no field z');
  });

  it('takes more questions than one word has bits', async () => {
    const many = Array.from({ length: 70 }, (_, k) =>
      k % 2 === 0
        ? counting(`p-${k}`, ['x'], { applies: (s) => s.x === k % 10 }).property
        : forgetful(counting(`p-${k}`, ['y'], { applies: (s) => s.y === k % 10 }).property),
    );
    const evidence = await evidenceOf(many);
    expect(evidence).toEqual(await evidenceOf(many.map(forgetful)));
    expect(evidence.every(({ applied }) => applied === 10)).toBe(true);
  });
});
