/** What properties read is what they say they read. */
import { describe, expect, it } from 'vitest';
import { mutants, scenarios } from '../../model/index.ts';
import { compileMachine } from '../../src/engine/program.ts';
import { aMachine, search, type SelectionInput } from '../support/search.ts';
import { tracedKvm } from '../support/traced.ts';

/** Reads not declared, by property. */
type Undeclared = Map<string, Set<string>>;

/** A fixed sequence of numbers below `bound`. */
const numbers = () => {
  let state = 1;
  return (bound: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return (state >>> 8) % bound;
  };
};

const WALK = 60;

/** Asks all properties on the states of random walks. */
function walk(selection: SelectionInput, steps: number, undeclared: Undeclared): void {
  const machine = aMachine(selection);
  const program = compileMachine(machine);
  const draw = numbers();
  let allowed: readonly string[] = [];
  let asking = '';
  const add = (part: string) =>
    undeclared.set(asking, (undeclared.get(asking) ?? new Set()).add(part));
  const noticed = (part: string): void => {
    if (!allowed.some((path) => part === path || part.startsWith(`${path}.`))) add(part);
  };
  const parts = Object.keys(machine.layout.fields);
  const kvm = tracedKvm(program.current, parts, noticed);
  const before = tracedKvm(program.before, parts, noticed);
  const after = tracedKvm(program.current, parts, (part) => add(`${part} after the step`));
  const ask = (id: string, reads: readonly string[] = [], question: () => boolean): void => {
    asking = id;
    allowed = reads;
    question();
  };
  /** What a check that declares its reads says of the step alone, without the state after it. */
  const askAboutStep = (id: number): void => {
    const { transition, args, parameters } = program.instance(id);
    const { name } = machine.transitions[transition] ?? { name: '' };
    for (const property of machine.properties) {
      if (property.kind !== 'step' || property.reads === undefined) continue;
      const given = args.slice(0, parameters);
      if (!property.on.includes(name)) continue;
      if (!property.applies(program.before, program.current, given, name)) continue;
      ask(property.id, property.reads, () => property.check(before, after, given, name) === null);
    }
  };
  const step = (): boolean => {
    const ids = program.instances.map(({ id }) => id);
    while (ids.length > 0) {
      const [id = 0] = ids.splice(draw(ids.length), 1);
      if (!program.execute(id)) continue;
      askAboutStep(id);
      return true;
    }
    return false;
  };
  for (let n = 0, broken = true; n < steps; n += 1) {
    // What is broken has no states after it that a property need understand.
    if (broken || n % WALK === 0 || !step()) program.initialise(0);
    broken = program.judgeState().length > 0;
    if (broken) continue;
    for (const property of machine.properties) {
      const { id, witness } = property;
      if (property.kind === 'state') {
        ask(id, property.reads, () => property.applies(kvm) && property.check(kvm) === null);
      }
      ask(`${id}, witness`, witness.reads, () => witness.reached(kvm));
    }
  }
}

const found = (undeclared: Undeclared): Record<string, string[]> =>
  Object.fromEntries([...undeclared].map(([id, parts]) => [id, [...parts]]));

describe('the reads that properties declare', { timeout: 180_000 }, () => {
  it('take in all that is read in the scenarios', () => {
    const undeclared: Undeclared = new Map();
    for (const { id } of scenarios) walk({ scenario: id }, 120, undeclared);
    expect(found(undeclared)).toEqual({});
  });

  it('take in all that is read under each mutant', () => {
    const undeclared: Undeclared = new Map();
    for (const { id, scenario } of mutants) walk({ scenario, mutant: id }, 40, undeclared);
    expect(found(undeclared)).toEqual({});
  });

  it('are compared with asking everything', async () => {
    for (const scenario of ['shadow-rights', 'shadow-fault-race']) {
      const outcome = await search({ scenario }, { checked: true });
      expect([scenario, outcome.kind]).toEqual([scenario, 'held']);
    }
  });
});
