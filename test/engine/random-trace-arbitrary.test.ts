import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { attempt } from '../../src/engine/minimise/attempt.ts';
import { compileMachine } from '../../src/engine/program.ts';
import { TraceArbitrary } from '../../src/engine/random/trace-arbitrary.ts';
import { Walk } from '../../src/engine/random/walk.ts';
import { Walker } from '../../src/engine/random/walker.ts';
import { aTransition, counter, lockedUpdate, lostUpdate, type Counter } from './random-machines.ts';

describe('TraceArbitrary', () => {
  const program = compileMachine(lockedUpdate);
  const arbitrary = () => new TraceArbitrary(program, new Walker(program, 14));

  it('draws traces of which every step is enabled', () => {
    fc.assert(
      fc.property(arbitrary(), ({ initial, steps }) => {
        program.initialise(initial);
        expect(steps.every((id) => program.execute(id))).toBe(true);
      }),
      { seed: 0x5eed, numRuns: 200 },
    );
  });

  it('ends a walk in a deadlock alone', () => {
    const walks = fc.sample(arbitrary(), { seed: 0x5eed, numRuns: 50 });
    expect(walks.every(({ steps }) => steps.length === 14)).toBe(true);
  });

  it('draws every enabled instance at some time', () => {
    const walks = fc.sample(arbitrary(), { seed: 0x5eed, numRuns: 50 });
    expect(new Set(walks.flatMap(({ steps }) => steps)).size).toBe(program.instances.length);
  });

  it('shrinks a trace given as an example', async () => {
    const buggy = compileMachine(lostUpdate);
    const trace = new TraceArbitrary(buggy, new Walker(buggy, 14));
    const { counterexample } = fc.check(
      fc.property(trace, (walk) => attempt(buggy, walk, null) === null),
      { examples: [[new Walk({ initial: 0, steps: [1, 3, 1, 0, 2, 0, 3] })]], seed: 1 },
    );
    expect(counterexample?.[0]?.steps).toHaveLength(4);
    expect(trace.canShrinkWithoutContext({ initial: 0, steps: [] })).toBe(false);
  });

  it('prints a walk on one line', () => {
    expect(fc.stringify(new Walk({ initial: 0, steps: [3, 1] }))).toBe('Walk(from 0: 3 1)');
  });

  it('tries all of a machine whose arguments are nearly always disabled', () => {
    const needle = compileMachine({
      ...counter,
      transitions: [
        aTransition<Counter>('needle', { x: 50, y: 50 }, () => false),
        aTransition<Counter>('hay', { x: 60 }, (s, x) => {
          if (x !== s.value) return false;
          s.value++;
          return true;
        }),
      ],
      initial: [() => {}],
      properties: [],
    });
    const walks = fc.sample(new TraceArbitrary(needle, new Walker(needle, 30)), {
      seed: 0x5eed,
      numRuns: 5,
    });
    expect(walks.every(({ steps }) => steps.length === 30)).toBe(true);
  });
});
