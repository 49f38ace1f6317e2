/** Openings: what is kept of walks, and what later walks make of it. */
import { describe, expect, it } from 'vitest';
import { compileMachine } from '../../src/engine/program.ts';
import { explore, type RandomOptions } from '../../src/engine/random.ts';
import { featureAfter, merged, rarest, type Opening } from '../../src/engine/random/harvest.ts';
import { combinationLock, counter } from './random-machines.ts';

const control = { now: () => performance.now() };
const opening = (feature: number, steps: number[], reached = 1, initial = 0): Opening => {
  return { feature, steps, reached, initial };
};

describe('openings that are merged', () => {
  const all = [
    opening(1, [3, 4, 5], 2),
    opening(1, [3, 4], 7),
    opening(2, [9, 9], 1, 1),
    opening(1, [2, 8], 1),
    opening(2, [9, 9], 5),
  ];

  it('are a shortest one for each feature, the least of several', () => {
    const sum = merged(all, (x, y) => x + y);
    expect(sum).toEqual([opening(1, [2, 8], 10), opening(2, [9, 9], 6)]);
  });

  it('are the same in any order', () => {
    const order = (list: readonly Opening[]) => rarest(merged(list, Math.max), 10);
    expect(order(all.toReversed())).toEqual(order(all));
  });
});

describe('openings that are kept', () => {
  it('are the rarest, and among equals the shortest', () => {
    const all = [opening(1, [1], 9), opening(2, [2, 2], 3), opening(3, [3], 3), opening(4, [4], 1)];
    expect(rarest(all, 3).map(({ feature }) => feature)).toEqual([4, 3, 2]);
  });

  it('are none that another one begins with', () => {
    const all = [opening(1, [1, 2, 3]), opening(2, [1, 2]), opening(3, [1, 2], 1, 1)];
    expect(rarest(all, 9).map(({ feature }) => feature)).toEqual([3, 1]);
  });
});

describe('a feature', () => {
  it('is there after steps that can be executed alone', () => {
    const program = compileMachine(counter);
    const subtract = program.instances.find(({ transition }) => transition === 1)?.id ?? -1;
    expect(featureAfter(program, { initial: 1, steps: [subtract] })).not.toBeNull();
    expect(featureAfter(program, { initial: 0, steps: [subtract] })).toBeNull();
    expect(featureAfter(program, { initial: 7, steps: [subtract] })).toBeNull();
    expect(featureAfter(program, { initial: 0, steps: [999] })).toBeNull();
    expect(featureAfter(program, { initial: 0, steps: [] })).toBeNull();
  });
});

describe('a run with openings', () => {
  const options: RandomOptions = { seed: 1n, maxSamples: 40, maxSteps: 8, guided: true };

  it('says where it came to, with runs that lead there', async () => {
    const { openings = [] } = await explore(
      { ...counter, properties: [] },
      { ...options, harvest: true },
      control,
    );
    const program = compileMachine(counter);
    expect(new Set(openings.map(({ feature }) => feature))).toEqual(new Set([0, 1, 2]));
    for (const one of openings) expect(featureAfter(program, one)).toBe(one.feature);
  });

  it('takes the first one first, judges it, and goes on from there', async () => {
    const five = { initial: 0, steps: [2, 0, 3, 1, 1] };
    const found = await explore(
      combinationLock,
      { ...options, maxSteps: 60, openings: [five] },
      control,
    );
    expect(found.kind).toBe('violated');
    const six = { initial: 0, steps: [2, 0, 3, 1, 1, 3] };
    const at = await explore(combinationLock, { ...options, openings: [six] }, control);
    expect(at).toMatchObject({ kind: 'violated', statistics: { samples: 1, transitions: 6 } });
  });

  it('takes every fourth walk for them', async () => {
    const one = { initial: 0, steps: [4] };
    const six = { initial: 0, steps: [2, 0, 3, 1, 1, 3] };
    const short = { ...options, maxSteps: 6, openings: [one, six] };
    const outcome = await explore(combinationLock, short, control);
    expect(outcome).toMatchObject({ kind: 'violated', statistics: { samples: 5 } });
  });

  it('refuses one that cannot be taken, and any in a run that is not guided', async () => {
    const openings = [{ initial: 0, steps: [4] }];
    await expect(explore(counter, { ...options, openings }, control)).rejects.toThrow('disabled');
    const plain = { ...options, guided: false, openings };
    await expect(explore(counter, plain, control)).rejects.toThrow('only a guided run');
  });
});
