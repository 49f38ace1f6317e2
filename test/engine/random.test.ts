import { describe, expect, it } from 'vitest';
import { BrokenModelError } from '../../src/engine/broken-model.ts';
import { presets, shadowCore } from '../../bench/machines/shadow-core.ts';
import { checkExhaustively } from '../../src/engine/exhaustive.ts';
import type { Fields, Machine } from '../../src/engine/machine/index.ts';
import { attempt } from '../../src/engine/minimise/attempt.ts';
import type { Control, Statistics } from '../../src/engine/outcome.ts';
import { compileMachine } from '../../src/engine/program.ts';
import {
  explore,
  WALK_STEPS_MAX,
  type RandomOptions,
  type RandomOutcome,
} from '../../src/engine/random.ts';
import {
  brokenCounter,
  combinationLock,
  counter,
  detour,
  lockedUpdate,
  lostUpdate,
} from './random-machines.ts';

const control: Control = { now: () => performance.now() };
const defaults = { seed: 0x5eedn, maxSamples: 2000, maxSteps: 40 } as const;

const run = <S, F extends Fields>(
  machine: Machine<S, F>,
  options: Partial<RandomOptions> = {},
): Promise<RandomOutcome> => explore(machine, { ...defaults, ...options }, control);

/** All that does not depend on the clock or the heap. */
const repeatable = ({ statistics, ...rest }: RandomOutcome): unknown => ({
  ...rest,
  statistics: { ...statistics, elapsed_ms: 0, memory_bytes: 0 },
});

const firstViolation = (outcome: RandomOutcome) => {
  if (outcome.kind !== 'violated') throw new Error(`nothing is violated: ${outcome.kind}`);
  const [violation] = outcome.violations;
  if (violation === undefined) throw new Error('the outcome names no violation');
  return violation;
};

describe('explore, guided', () => {
  it('repeats a run for its seed, without a path', async () => {
    const options = { guided: true, maxSteps: 60 };
    const outcome = await run(combinationLock, options);
    expect(firstViolation(outcome).trace).toEqual({ initial: 0, steps: [2, 0, 3, 1, 1, 3] });
    expect(outcome.path).toBe('');
    expect(repeatable(await run(combinationLock, options))).toEqual(repeatable(outcome));
  });

  it('takes fewer steps to what takes many right choices in a row', async () => {
    const stepsOf = async (guided: boolean) => {
      let steps = 0;
      for (let seed = 1n; seed <= 10n; seed++) {
        const options = { guided, seed, maxSamples: 20_000, maxSteps: 60, minimise: false };
        const outcome = await run(combinationLock, options);
        expect(outcome.kind).toBe('violated');
        steps += outcome.statistics.transitions;
      }
      return steps;
    };
    expect(await stepsOf(true)).toBeLessThan(0.5 * (await stepsOf(false)));
  });

  it('takes no path', async () => {
    await expect(run(counter, { guided: true, path: '3' })).rejects.toThrow('has no path');
  });
});

describe('explore', () => {
  it('finds a violation, and minimises it to the known minimum', async () => {
    const violation = firstViolation(await run(counter));
    expect(violation.property).toBe('value-is-below-12');
    expect(violation.trace.steps).toHaveLength(3);
    expect(violation.minimality).toEqual({ kind: 'shortest' });
  });

  it('finds a violation that needs six right choices in a row', async () => {
    const violation = firstViolation(await run(combinationLock, { maxSteps: 60 }));
    expect(violation.trace).toEqual({ initial: 0, steps: [2, 0, 3, 1, 1, 3] });
    expect(violation.minimality).toEqual({ kind: 'shortest' });
  });

  it('shrinks to the known minimum without minimisation for nearly all seeds', async () => {
    const lengths = [];
    for (let seed = 0n; seed < 40n; seed++) {
      const outcome = await run(lostUpdate, { seed, minimise: false });
      lengths.push(firstViolation(outcome).trace.steps.length);
    }
    expect(lengths.filter((length) => length === 4).length).toBeGreaterThanOrEqual(38);
  });

  it('certifies nothing when minimisation is off', async () => {
    const violation = firstViolation(await run(counter, { minimise: false }));
    expect(violation.minimality).toEqual({ kind: 'none' });
  });

  it('claims nothing when all samples hold', async () => {
    const outcome = await run(lockedUpdate, { maxSamples: 300 });
    expect(outcome).toMatchObject({ kind: 'inconclusive', bound: 'samples', path: '' });
    expect(outcome.statistics.samples).toBe(300);
  });

  it('is the same for the same seed', async () => {
    const outcomes = await Promise.all([run(combinationLock), run(combinationLock)]);
    expect(repeatable(outcomes[0])).toEqual(repeatable(outcomes[1]));
  });

  it('differs for another seed', async () => {
    const one = await run(counter, { maxSamples: 5, maxSteps: 2 });
    const other = await run(counter, { maxSamples: 5, maxSteps: 2, seed: 1n });
    expect(one.statistics.coverage).not.toEqual(other.statistics.coverage);
  });

  it('is repeated by its seed and path in one sample', async () => {
    for (let seed = 0n; seed < 20n; seed++) {
      const found = await run(combinationLock, { seed, maxSteps: 60, minimise: false });
      const { path } = found;
      const again = await run(combinationLock, {
        seed: found.seed,
        path,
        maxSamples: 1,
        maxSteps: 60,
        minimise: false,
      });
      expect(firstViolation(again)).toEqual(firstViolation(found));
      expect(again.path).toBe(path);
    }
  });

  it('reports a seed of more than 32 bits by its fold, which does the same', async () => {
    const long = await run(counter, { seed: 0x1_0000_0002n });
    expect(long.seed).toBe(3n);
    expect(repeatable(await run(counter, { seed: 3n }))).toEqual(repeatable(long));
  });

  it('agrees with exhaustive search on what is violated, and on the shortest length', async () => {
    for (const machine of [lostUpdate, lockedUpdate]) {
      const exhaustive = await checkExhaustively(machine, {}, control);
      const random = await run(machine);
      expect(random.kind === 'violated').toBe(exhaustive.kind === 'violated');
      if (exhaustive.kind !== 'violated' || random.kind !== 'violated') continue;
      const [shortest] = exhaustive.violations;
      expect(firstViolation(random).trace.steps.length).toBe(shortest?.trace.steps.length);
    }
  });

  it('finds the faults of the shadow core, at the published lengths', async () => {
    for (const [fault, length] of [
      [1, 9],
      [2, 7],
      [3, 6],
    ] as const) {
      const outcome = await run(shadowCore(presets.S, fault), { maxSamples: 50_000, maxSteps: 60 });
      const violation = firstViolation(outcome);
      expect(violation.trace.steps).toHaveLength(length);
      expect(violation.minimality).toEqual({ kind: 'shortest' });
    }
  });

  it('finds nothing in the shadow core without a fault', async () => {
    const outcome = await run(shadowCore(presets.S), { maxSamples: 500, maxSteps: 60 });
    expect(outcome.kind).toBe('inconclusive');
    expect(outcome.statistics.coverage.every(({ taken }) => taken > 0)).toBe(true);
  });

  it('finds the same in checked mode', async () => {
    const fast = await run(combinationLock);
    expect(repeatable(await run(combinationLock, { checked: true }))).toEqual(repeatable(fast));
  });

  it('throws a broken assumption with a shrunk trace, of which no step can go', async () => {
    const error: unknown = await run(brokenCounter).catch((thrown: unknown) => thrown);
    if (!(error instanceof BrokenModelError)) throw error;
    expect(error.message).toBe('the value stays below 9');
    const { initial, steps } = error.trace;
    const program = compileMachine(brokenCounter);
    expect(attempt(program, error.trace, null)?.trace).toEqual(error.trace);
    for (const [at] of steps.entries()) {
      expect(attempt(program, { initial, steps: steps.toSpliced(at, 1) }, null)).toBeNull();
    }
  });
});

describe('explore, statistics', () => {
  it('count walks, steps and transitions', async () => {
    const { statistics } = await run(lockedUpdate, { maxSamples: 100 });
    const taken = statistics.coverage.map((entry) => entry.taken);
    expect(statistics.coverage.map(({ name }) => name)).toEqual(['load', 'store']);
    expect(taken.reduce((x, y) => x + y, 0)).toBe(statistics.transitions);
    expect(statistics.depth).toBe(14);
    expect(statistics.transitions).toBe(1400);
  });

  it('show a property that was never asked, and a witness that was not seen', async () => {
    const machine = { ...counter, properties: counter.properties.slice(1) };
    const { statistics } = await run(machine, { maxSamples: 5, maxSteps: 2 });
    expect(statistics.evidence).toEqual([{ id: 'never-asked', applied: 0, witnessReached: true }]);
    const short = await run(counter, { maxSamples: 5, maxSteps: 1 });
    expect(short.statistics.evidence[0]).toMatchObject({ witnessReached: false });
  });

  it('of a violation are those at its discovery', async () => {
    const outcome = await run(counter, { maxSamples: 1_000_000 });
    expect(outcome.statistics.samples).toBe(Number(outcome.path.split(':')[0]) + 1);
  });
});

describe('explore, bounds', () => {
  const endless = { maxSamples: Number.POSITIVE_INFINITY };

  it('ends at the time limit', async () => {
    const outcome = await run(lockedUpdate, { ...endless, limits: { time_ms: 150 } });
    expect(outcome).toMatchObject({ kind: 'inconclusive', bound: 'time' });
    expect(outcome.statistics.elapsed_ms).toBeLessThan(2000);
  });

  it('shrinks and minimises a violation found as the time runs out', async () => {
    const outcome = await run(counter, { limits: { time_ms: 0 } });
    const late = outcome.kind === 'violated' ? firstViolation(outcome) : null;
    expect(late === null ? outcome.kind : late.minimality.kind).toMatch(/inconclusive|shortest/);
  });

  it('ends when interrupted, and serves timers meanwhile', async () => {
    let interrupted = false;
    const progress: Statistics[] = [];
    setTimeout(() => {
      interrupted = true;
    }, 700);
    const outcome = await explore(
      lockedUpdate,
      { ...defaults, ...endless },
      {
        ...control,
        interrupted: () => interrupted,
        onProgress: (statistics) => progress.push(statistics),
      },
    );
    expect(outcome).toMatchObject({ kind: 'inconclusive', bound: 'interrupted' });
    expect(progress.length).toBeGreaterThanOrEqual(1);
    expect(progress[0]?.samples).toBeGreaterThan(0);
  });

  it('reports what it has found when interrupted before it is minimal', async () => {
    const interrupted = { ...control, interrupted: () => true };
    const outcome = await explore(detour, defaults, interrupted);
    expect(outcome).toMatchObject({ kind: 'violated', bound: 'interrupted' });
    const { trace, minimality } = firstViolation(outcome);
    expect(attempt(compileMachine(detour), trace, null)?.trace).toEqual(trace);
    expect(minimality).toEqual({ kind: 'none' });
  });

  it('walks no further than the depth limit', async () => {
    const { statistics } = await run(lockedUpdate, { maxSamples: 20, limits: { depth: 5 } });
    expect(statistics.depth).toBe(5);
  });

  it('refuses options out of range', async () => {
    await expect(run(counter, { maxSteps: WALK_STEPS_MAX + 1 })).rejects.toThrow(/maxSteps 10001/);
    await expect(run(counter, { maxSamples: 0 })).rejects.toThrow(/maxSamples 0/);
    await expect(run(counter, { seed: -1n })).rejects.toThrow(/negative/);
    await expect(run(counter, { path: '1:x' })).rejects.toThrow(/path "1:x"/);
  });
});
