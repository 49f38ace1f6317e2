import { describe, expect, it } from 'vitest';
import { twoPhaseCommit } from '../../bench/machines/two-phase-commit.ts';
import { ModelAssumptionError } from '../../src/engine/machine/index.ts';
import { compileMachine, type Program } from '../../src/engine/program.ts';
import { brittleMachine, gridMachine, gridState, gridStep } from './search/machines.ts';

/** Breadth-first search without any of the engine's machinery. */
function walk(program: Program<never>): { states: number; transitions: number; prints: string[] } {
  program.initialise(0);
  const seen = new Set([program.fingerprint()]);
  let transitions = 0;
  for (let level = [program.save()]; level.length > 0;) {
    const next: Int32Array[] = [];
    for (const words of level) {
      for (const { id } of program.instances) {
        program.load(words);
        if (!program.execute(id)) continue;
        transitions++;
        if (seen.has(program.fingerprint())) continue;
        seen.add(program.fingerprint());
        next.push(program.save());
      }
    }
    level = next;
  }
  return { states: seen.size, transitions, prints: [...seen] };
}

describe('Program', () => {
  it('lists instances by transition, then by arguments, smallest first', () => {
    const { instances } = compileMachine(twoPhaseCommit(2));
    expect(
      instances.map(({ transition, args, parameters }) => [transition, args, parameters]),
    ).toEqual([
      [0, [0, 0, 0, 0], 1],
      [0, [1, 0, 0, 0], 1],
      [1, [0, 0, 0, 0], 0],
      [2, [0, 0, 0, 0], 0],
      [3, [0, 0, 0, 0], 1],
      [3, [1, 0, 0, 0], 1],
      [4, [0, 0, 0, 0], 1],
      [4, [1, 0, 0, 0], 1],
      [5, [0, 0, 0, 0], 1],
      [5, [1, 0, 0, 0], 1],
      [6, [0, 0, 0, 0], 1],
      [6, [1, 0, 0, 0], 1],
    ]);
  });

  it('names instances, with labels for arguments, and finds them by name', () => {
    const program = compileMachine(gridMachine());
    expect(program.actionOf(2)).toEqual({
      actor: 'walker',
      transition: 'right',
      args: { by: 'by-2' },
    });
    for (const { id } of program.instances) {
      expect(program.instanceOf(program.actionOf(id))).toBe(id);
    }
    expect(program.instanceOf({ transition: 'right', args: { by: 'by-9' } })).toBeUndefined();
    expect(program.instanceOf({ transition: 'left', args: {} })).toBeUndefined();
  });

  it('leaves a disabled step without a trace and an executed one in both cursors', () => {
    const program = compileMachine(gridMachine([], 1));
    program.initialise(0);
    expect(program.execute(2)).toBe(false);
    expect(program.execute(1)).toBe(true);
    expect([program.snapshotBefore(), program.snapshot()]).toEqual([
      { x: 0, y: 0 },
      { x: 1, y: 0 },
    ]);
  });

  it('reaches the same states and fingerprints with every kind of accessor', () => {
    const machine = twoPhaseCommit(4);
    const plain = walk(compileMachine(machine) as unknown as Program<never>);
    const checked = compileMachine(machine, { checked: true });
    const closures = compileMachine(machine, { backend: 'closures', checked: true });
    expect(walk(checked as unknown as Program<never>)).toEqual(plain);
    expect(walk(closures as unknown as Program<never>)).toEqual(plain);
    expect(plain.states).toBe(1568);
  });

  it('normalises initial states and after steps', () => {
    const machine = {
      ...gridMachine(),
      normalise: (s: { x: number; y: number }) => {
        if (s.y > 1) s.x = 0;
      },
    };
    const program = compileMachine(machine);
    program.initialise(0);
    for (const id of [1, 0, 0]) program.execute(id);
    expect(program.snapshot()).toEqual({ x: 0, y: 2 });
  });

  it('keeps the fingerprint of a state when it is loaded again', () => {
    const program = compileMachine(twoPhaseCommit(3));
    program.initialise(0);
    program.execute(5);
    const words = program.save();
    const print = program.fingerprint();
    expect(print).toMatch(/^[0-9a-f]{16}$/);
    program.initialise(0);
    expect(program.fingerprint()).not.toBe(print);
    program.load(words);
    expect(program.fingerprint()).toBe(print);
  });

  it('evaluates the step, then the state', () => {
    const properties = [
      gridState('left', (s) => s.x < 2),
      gridStep('slow', (b, a) => a.x - b.x < 2),
    ];
    const program = compileMachine(gridMachine(properties));
    program.initialise(0);
    expect(program.evaluate(null)).toEqual([]);
    program.execute(0);
    expect(program.evaluate(0)).toEqual([]);
    program.execute(2);
    expect(program.evaluate(2).map(({ id }) => id)).toEqual(['slow', 'left']);
    expect(program.evidence()).toEqual([
      { id: 'left', applied: 3, witnessReached: false },
      { id: 'slow', applied: 1, witnessReached: true },
    ]);
  });

  it('lets a broken assumption through', () => {
    const program = compileMachine(brittleMachine);
    program.initialise(0);
    for (let k = 0; k < 3; k++) program.execute(0);
    expect(() => program.execute(0)).toThrow(ModelAssumptionError);
  });

  it('refuses a machine that contradicts itself', () => {
    const machine = gridMachine();
    const [up] = machine.transitions;
    const twice = { ...machine, transitions: up === undefined ? [] : [up, up] };
    expect(() => compileMachine(twice)).toThrow('two transitions are named up');
    const lost = gridMachine([
      gridState(
        'lost',
        () => true,
        () => true,
        'never-heard-of',
      ),
    ]);
    expect(() => compileMachine(lost)).toThrow('no moment never-heard-of');
    expect(() => compileMachine(machine).initialise(1)).toThrow('no initial state 1');
    expect(() => compileMachine(machine).execute(99)).toThrow('no instance 99');
  });
});
