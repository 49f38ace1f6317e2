import { describe, expect, it } from 'vitest';
import { BrokenModelError } from '../../src/engine/broken-model.ts';
import { checkExhaustively } from '../../src/engine/exhaustive.ts';
import { array, record, uint, type Fields, type Machine } from '../../src/engine/machine/index.ts';
import type { Outcome, Violation } from '../../src/engine/outcome.ts';
import { compileMachine } from '../../src/engine/program.ts';
import {
  aControl,
  brittleMachine,
  gridMachine,
  gridState,
  gridStep,
  lockMachine,
  type Lock,
} from './search/machines.ts';

/** What a reader of the trace would find at its end. */
function replayed<S, F extends Fields>(machine: Machine<S, F>, { trace }: Violation) {
  const program = compileMachine(machine, { checked: true });
  program.initialise(trace.initial);
  let last = program.evaluate(null);
  for (const id of trace.steps) {
    expect(program.execute(id)).toBe(true);
    last = program.evaluate(id);
  }
  return last.map(({ id, finding }) => ({ id, finding }));
}

const violationsOf = (outcome: Outcome): readonly Violation[] =>
  outcome.kind === 'violated' ? outcome.violations : [];

const summary = ({ kind, statistics: { states, transitions, depth, levels } }: Outcome) => ({
  kind,
  states,
  transitions,
  depth,
  levels,
});

describe('checkExhaustively', () => {
  it('counts states, transitions, levels and depth', async () => {
    const outcome = await checkExhaustively(gridMachine([], 3), {}, aControl());
    expect(summary(outcome)).toEqual({
      kind: 'held',
      states: 16,
      transitions: 12 + 4 * (3 + 2),
      depth: 5,
      levels: [1, 3, 4, 4, 3, 1],
    });
    expect(outcome.statistics).toMatchObject({ queue: 0, collisionProbability: 0 });
    expect(outcome.statistics.coverage).toEqual([
      { name: 'up', taken: 12 },
      { name: 'right', taken: 20 },
    ]);
  });

  it('reports a shortest violation, with the finding of that very state', async () => {
    const machine = gridMachine([gridState('low', (s) => s.x + s.y < 9)]);
    const [violation] = violationsOf(await checkExhaustively(machine, {}, aControl()));
    expect(violation).toMatchObject({ property: 'low', minimality: { kind: 'shortest' } });
    expect(violation?.trace.steps).toHaveLength(5);
    expect(violation && replayed(machine, violation)).toEqual([
      { id: 'low', finding: violation?.finding },
    ]);
  });

  it('sees a property that is broken at the start', async () => {
    const machine = gridMachine([gridState('never', () => false)]);
    const [violation] = violationsOf(await checkExhaustively(machine, {}, aControl()));
    expect(violation?.trace).toEqual({ initial: 0, steps: [] });
  });

  it('judges steps on every execution, also into known states', async () => {
    const machine = gridMachine([
      gridStep('no-jump-to-four', (b, a, [by]) => !(by === 1 && a.x === 4)),
    ]);
    const outcome = await checkExhaustively(machine, {}, aControl());
    const [violation] = violationsOf(outcome);
    // Up first: the property applies above the bottom row. The state is reached otherwise too.
    expect(violation?.trace.steps).toHaveLength(3);
    expect(violation?.finding.where).toEqual({ from: 2, to: 4 });
    expect(violation && replayed(machine, violation)).toEqual([
      { id: 'no-jump-to-four', finding: violation?.finding },
    ]);
  });

  it('collects one violation per property when asked to go on, and all counts', async () => {
    const properties = [
      gridState('far', (s) => s.x < 8),
      gridState('near', (s) => s.y < 2),
      gridState('holds', () => true),
    ];
    const plain = await checkExhaustively(gridMachine(), {}, aControl());
    const machine = gridMachine(properties);
    const outcome = await checkExhaustively(machine, { maxErrors: Infinity }, aControl());
    expect(
      violationsOf(outcome).map(({ property, trace }) => [property, trace.steps.length]),
    ).toEqual([
      ['near', 2],
      ['far', 4],
    ]);
    expect(summary(outcome)).toEqual({ ...summary(plain), kind: 'violated' });
    const two = await checkExhaustively(machine, { maxErrors: 2 }, aControl());
    expect(violationsOf(two)).toHaveLength(2);
  });

  it('counts antecedents once per state and looks for witnesses', async () => {
    const machine = gridMachine([
      gridState(
        'corner',
        () => true,
        (s) => s.x === 0,
      ),
      gridStep('step', () => true),
      gridState(
        'top',
        () => true,
        () => true,
        'at-the-top',
      ),
    ]);
    const { statistics } = await checkExhaustively(machine, {}, aControl());
    expect(statistics.evidence).toEqual([
      { id: 'corner', applied: 10, witnessReached: true },
      { id: 'step', applied: 9 * 17, witnessReached: true },
      { id: 'top', applied: 10, witnessReached: true },
    ]);
  });

  it('gives the same counts and the same trace with fingerprints', async () => {
    const machine = gridMachine([gridState('low', (s) => s.x + s.y < 15)]);
    const exact = await checkExhaustively(machine, {}, aControl());
    const hashed = await checkExhaustively(machine, { storage: 'fingerprint' }, aControl());
    expect(summary(hashed)).toEqual(summary(exact));
    expect(violationsOf(hashed)).toEqual(violationsOf(exact));
    expect(hashed.statistics.collisionProbability).toBeGreaterThan(0);
    expect(hashed.statistics.collisionProbability).toBeLessThan(1e-14);
  });

  it('gives the same outcome with checked accessors and with those from closures', async () => {
    const plain = await checkExhaustively(lockMachine(3), {}, aControl());
    const checked = await checkExhaustively(lockMachine(3), { checked: true }, aControl());
    const options = { backend: 'closures' } as const;
    const closures = await checkExhaustively(lockMachine(3), options, aControl());
    expect(summary(checked)).toEqual(summary(plain));
    expect(summary(closures)).toEqual(summary(plain));
    expect(violationsOf(closures)).toEqual(violationsOf(plain));
  });

  it.each([1, 9, 40, 150])('gives the same counts when a state has %i words more', async (size) => {
    const machine = gridMachine([gridState('low', (s) => s.x + s.y < 17)]);
    const padding = array(uint(2 ** 31 - 1), size);
    const longer = { ...machine, layout: record({ ...machine.layout.fields, padding }) };
    for (const storage of ['exact', 'fingerprint'] as const) {
      const outcome = await checkExhaustively(longer, { storage }, aControl());
      const plain = await checkExhaustively(machine, { storage }, aControl());
      expect(summary(outcome)).toEqual(summary(plain));
      // Which of the shortest traces it is depends on the hashes of vectors.
      const lengths = (of: Outcome) => violationsOf(of).map(({ trace }) => trace.steps.length);
      expect(lengths(outcome)).toEqual(lengths(plain));
    }
  });

  it('searches from several initial states, each counted once', async () => {
    const start = (x: number) => (s: { x: number }) => {
      s.x = x;
    };
    const machine = {
      ...gridMachine([gridState('low', (s) => s.x < 9)]),
      initial: [start(3), start(3), start(6)],
    };
    const outcome = await checkExhaustively(machine, {}, aControl());
    expect(outcome.statistics.levels[0]).toBe(2);
    expect(violationsOf(outcome)[0]?.trace).toMatchObject({ initial: 2, steps: { length: 2 } });
  });
});

describe('checkExhaustively with limits', () => {
  it('stops at exactly the number of states allowed', async () => {
    const outcome = await checkExhaustively(gridMachine(), { limits: { states: 42 } }, aControl());
    expect(outcome).toMatchObject({ kind: 'inconclusive', bound: 'states' });
    expect(outcome.statistics.states).toBe(42);
    const all = await checkExhaustively(gridMachine(), { limits: { states: 100 } }, aControl());
    expect(all.kind).toBe('held');
  });

  it('stops at the depth allowed', async () => {
    const outcome = await checkExhaustively(gridMachine(), { limits: { depth: 4 } }, aControl());
    expect(outcome).toMatchObject({ kind: 'inconclusive', bound: 'depth' });
    expect(outcome.statistics).toMatchObject({ depth: 4, levels: [1, 3, 5, 7, 9], queue: 9 });
    const all = await checkExhaustively(gridMachine(), { limits: { depth: 15 } }, aControl());
    expect(all).toMatchObject({ kind: 'held', statistics: { depth: 14 } });
  });

  it('stops when the time is up, when memory is used up, and when interrupted', async () => {
    const now = (() => {
      let at = 0;
      return () => (at += 100);
    })();
    const timed = checkExhaustively(gridMachine(), { limits: { time_ms: 150 } }, { now });
    expect(await timed).toMatchObject({ kind: 'inconclusive', bound: 'time' });
    const limits = { memory_bytes: 1000 };
    const tight = checkExhaustively(gridMachine(), { limits }, aControl());
    expect(await tight).toMatchObject({ kind: 'inconclusive', bound: 'memory' });
    const stopped = checkExhaustively(gridMachine(), {}, { now, interrupted: () => true });
    expect(await stopped).toMatchObject({ kind: 'inconclusive', bound: 'interrupted' });
  });

  it('keeps the violations found before a limit', async () => {
    const machine = gridMachine([gridState('near', (s) => s.y < 2)]);
    const options = { maxErrors: Infinity, limits: { depth: 5 } };
    const outcome = await checkExhaustively(machine, options, aControl());
    expect(outcome).toMatchObject({ kind: 'violated', bound: 'depth' });
  });

  it('reports progress and lets timers run', async () => {
    let at = 0;
    const seen: number[] = [];
    let ticks = 0;
    const timer = setInterval(() => ticks++, 1);
    await checkExhaustively(
      gridMachine([], 200),
      {},
      {
        now: () => (at += 60),
        onProgress: ({ states }) => seen.push(states),
      },
    );
    clearInterval(timer);
    expect(seen.length).toBeGreaterThan(3);
    expect(seen).toEqual(seen.toSorted((x, y) => x - y));
    expect(ticks).toBeGreaterThan(0);
  });
});

describe('checkExhaustively with symmetry', () => {
  it('searches orbits and gives a concrete trace of the same length', async () => {
    const machine = lockMachine(4);
    const plain = await checkExhaustively(machine, { symmetry: false }, aControl());
    const orbits = await checkExhaustively(machine, {}, aControl());
    const [one] = violationsOf(plain);
    const [two] = violationsOf(orbits);
    expect(orbits.statistics.states).toBeLessThan(plain.statistics.states / 4);
    expect(two?.trace.steps).toHaveLength(one?.trace.steps.length ?? -1);
    expect(two && replayed(machine, two)).toEqual([
      { id: 'one-greedy-client', finding: two?.finding },
    ]);
  });

  it('gives the same orbits with fingerprints', async () => {
    const exact = await checkExhaustively(lockMachine(4), {}, aControl());
    const hashed = await checkExhaustively(lockMachine(4), { storage: 'fingerprint' }, aControl());
    expect(hashed.statistics.levels).toEqual(exact.statistics.levels);
    expect(violationsOf(hashed)).toEqual(violationsOf(exact));
  });
});

describe('checkExhaustively on a broken model', () => {
  it('notices that pools declared interchangeable are not', async () => {
    const machine = lockMachine(2);
    const transitions = machine.transitions.map((transition) =>
      transition.name === 'wait'
        ? { ...transition, step: (s: Lock, c: number) => c === 0 && transition.step(s, c, 0, 0, 0) }
        : transition,
    );
    const error = await checkExhaustively({ ...machine, transitions }, {}, aControl()).catch(
      (e: unknown) => e,
    );
    expect(error).toBeInstanceOf(BrokenModelError);
    expect(String(error)).toContain('permuting a symmetric pool maps behaviours onto behaviours');
  });

  it('throws the sentence and the run that shows it', async () => {
    const error = await checkExhaustively(brittleMachine, {}, aControl()).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(BrokenModelError);
    expect(error).toMatchObject({
      message: 'the count stays below 4',
      trace: { initial: 0, steps: [0, 0, 0, 0] },
    });
  });

  it('throws for a property that breaks, with the run to the state', async () => {
    const machine = gridMachine([
      gridState('odd', (s) => {
        if (s.x === 2) throw new Error('out of order');
        return true;
      }),
    ]);
    await expect(checkExhaustively(machine, {}, aControl())).rejects.toThrow('out of order');
  });

  it('notices a disabled step that wrote when checked', async () => {
    const machine = gridMachine();
    const [up, ...others] = machine.transitions;
    if (up === undefined) throw new Error('the grid has transitions');
    const dirty = {
      ...up,
      step: (s: { x: number; y: number }) => {
        s.y = 0;
        s.x = 3;
        return false;
      },
    };
    const broken = checkExhaustively(
      { ...machine, transitions: [...others, dirty] },
      { checked: true },
      aControl(),
    );
    await expect(broken).rejects.toThrow('up() is disabled and writes nothing');
  });
});
