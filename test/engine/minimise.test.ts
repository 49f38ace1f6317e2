import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Fields, Machine } from '../../src/engine/machine/index.ts';
import { minimise, type MinimiseOptions } from '../../src/engine/minimise.ts';
import { attempt } from '../../src/engine/minimise/attempt.ts';
import { chunkDeletions, pairDeletions } from '../../src/engine/minimise/candidates.ts';
import type { Control, Trace, Violation } from '../../src/engine/outcome.ts';
import { compileMachine } from '../../src/engine/program.ts';
import { TraceArbitrary } from '../../src/engine/random/trace-arbitrary.ts';
import { Walker } from '../../src/engine/random/walker.ts';
import {
  aProperty,
  brokenCounter,
  combinationLock,
  counter,
  detour,
  lostUpdate,
  type Counter,
} from './random-machines.ts';

const control: Control = { now: () => performance.now() };

const violationOf = (property: string, steps: readonly number[], initial = 0): Violation => ({
  property,
  finding: { message: '', where: {} },
  trace: { initial, steps },
  minimality: { kind: 'none' },
});

/** Traces that end in a violation, as random walks find them. */
function arbViolatingTrace<S, F extends Fields>(machine: Machine<S, F>, steps_max: number) {
  const program = compileMachine(machine);
  return new TraceArbitrary(program, new Walker(program, steps_max))
    .map(({ verdict }) => verdict ?? null)
    .filter((failing) => failing !== null);
}

const minimiseTrace = <S, F extends Fields>(
  machine: Machine<S, F>,
  property: string,
  trace: Trace,
  options: MinimiseOptions,
): Promise<Violation> =>
  minimise(machine, violationOf(property, trace.steps, trace.initial), options, control);

/** Every list that `steps` becomes without one or two of its elements. */
const withoutOneOrTwo = (steps: readonly number[]): number[][] =>
  steps.flatMap((_, i) =>
    steps.slice(i).map((_unused, j) => steps.filter((_step, at) => at !== i && at !== i + j)),
  );

describe('minimise', () => {
  it('leaves no removable action and no removable pair', async () => {
    const cases = [
      { machine: counter, property: 'value-is-below-12' },
      { machine: detour, property: 'is-good' },
    ] as const;
    const noLonger = async <S, F extends Fields>(machine: Machine<S, F>, property: string) => {
      const program = compileMachine(machine);
      await fc.assert(
        fc.asyncProperty(arbViolatingTrace(machine, 30), async ({ trace }) => {
          const small = await minimiseTrace(machine, property, trace, { searchStates: 0 });
          expect(small.minimality).toEqual({ kind: '1-minimal' });
          const { initial, steps } = small.trace;
          for (const fewer of withoutOneOrTwo(steps)) {
            expect(attempt(program, { initial, steps: fewer }, null)).toBeNull();
          }
        }),
        { seed: 0x5eed, numRuns: 100 },
      );
    };
    await noLonger(cases[0].machine, cases[0].property);
    await noLonger(cases[1].machine, cases[1].property);
  });

  it('reaches the known minimum from every violating trace', async () => {
    await fc.assert(
      fc.asyncProperty(arbViolatingTrace(lostUpdate, 14), async ({ trace, failure }) => {
        const property = failure.kind === 'violated' ? failure.property : '';
        const small = await minimiseTrace(lostUpdate, property, trace, {});
        expect(small.trace.steps.slice(0, 2)).toEqual([0, 1]);
        expect(small.trace.steps.slice(2).toSorted((x, y) => x - y)).toEqual([2, 3]);
        expect(small.minimality).toEqual({ kind: 'shortest' });
      }),
      { seed: 0x5eed, numRuns: 10 },
    );
  });

  it('leaves a way that deletion cannot leave, when it may search', async () => {
    const far = violationOf('is-good', [0, 0, 0, 0, 0, 0]);
    const reduced = await minimise(detour, far, { searchStates: 0 }, control);
    expect(reduced.trace.steps).toEqual([0, 0, 0, 0, 0, 0]);
    expect(reduced.minimality).toEqual({ kind: '1-minimal' });
    const searched = await minimise(detour, far, {}, control);
    expect(searched.trace.steps).toEqual([1, 2]);
    expect(searched.minimality).toEqual({ kind: 'shortest' });
  });

  it('claims no more than 1-minimality when the budget is used up', async () => {
    const steps = [...Array<number>(20).fill(4), 2, 0, 3, 1, 1, 3];
    const lock = violationOf('stays-shut', steps);
    const cheap = await minimise(combinationLock, lock, { searchStates: 12 }, control);
    expect(cheap.trace.steps).toEqual([2, 0, 3, 1, 1, 3]);
    expect(cheap.minimality).toEqual({ kind: '1-minimal' });
  });

  it('lowers arguments and the initial state where the length stays', async () => {
    const small = await minimise(
      counter,
      violationOf('value-is-below-12', [3, 3, 4, 3], 1),
      {},
      control,
    );
    expect(small.trace).toEqual({ initial: 0, steps: [3, 3, 3] });
    const other = await minimise(
      lostUpdate,
      violationOf('no-update-is-lost', [1, 0, 3, 2]),
      {},
      control,
    );
    expect(other.trace.steps).toEqual([0, 1, 2, 3]);
  });

  it('keeps to the property that was violated', async () => {
    const trace = [1, 0, 3, 1, 3, 2];
    for (const id of ['no-update-is-lost', 'a-store-adds-one']) {
      const small = await minimise(lostUpdate, violationOf(id, trace), {}, control);
      expect(small.property).toBe(id);
      expect(small.trace.steps).toHaveLength(4);
    }
  });

  it('certifies a violation of the initial state as shortest', async () => {
    const machine = { ...counter, initial: [(s: { value: number }) => void (s.value = 20)] };
    const small = await minimise(machine, violationOf('value-is-below-12', [1, 2]), {}, control);
    expect(small.trace.steps).toEqual([]);
    expect(small.minimality).toEqual({ kind: 'shortest' });
  });

  it('certifies nothing when interrupted at once', async () => {
    const interrupted = { ...control, interrupted: () => true };
    const long = violationOf('value-is-below-12', [0, 0, 0, 3, 3, 3]);
    const { minimality } = await minimise(counter, long, {}, interrupted);
    expect(minimality).toEqual({ kind: 'none' });
  });

  it('certifies nothing when its replays are used up', async () => {
    const long = violationOf('value-is-below-12', [0, 0, 0, 3, 3, 3]);
    const { minimality } = await minimise(counter, long, { replaySteps: 20 }, control);
    expect(minimality).toEqual({ kind: 'none' });
  });

  it('takes no interest in a broken assumption on the way', async () => {
    const machine = {
      ...brokenCounter,
      properties: [aProperty('is-dark', (s: Counter) => !s.lamp)],
    };
    const small = await minimise(machine, violationOf('is-dark', [0, 0, 4, 5]), {}, control);
    expect(small.trace.steps).toEqual([5]);
    expect(small.minimality).toEqual({ kind: 'shortest' });
  });

  it('refuses an unknown property, and a trace that violates nothing', async () => {
    await expect(minimise(counter, violationOf('x', [0]), {}, control)).rejects.toThrow(
      'there is no property x',
    );
    await expect(
      minimise(counter, violationOf('value-is-below-12', [0]), {}, control),
    ).rejects.toThrow('the trace does not violate value-is-below-12');
  });
});

describe('candidates', () => {
  it('delete halves first and single steps last', () => {
    const sizes = [...chunkDeletions([0, 1, 2, 3, 4, 5, 6, 7])].map((steps) => 8 - steps.length);
    expect(sizes).toEqual([4, 4, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1]);
    expect([...chunkDeletions([])]).toEqual([]);
  });

  it('delete each pair once', () => {
    const pairs = [...pairDeletions([0, 1, 2, 3])].map((steps) => steps.join(''));
    expect(pairs.toSorted()).toEqual(['01', '02', '03', '12', '13', '23']);
  });
});
