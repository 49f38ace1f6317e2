/** Whatever the number of threads, the outcome is the same: threads that run from sources. */
import { describe, expect, it } from 'vitest';
import { BrokenModelError } from '../../../src/engine/broken-model.ts';
import { checkExhaustively, type ExhaustiveOptions } from '../../../src/engine/exhaustive.ts';
import type { Machine } from '../../../src/engine/machine/index.ts';
import type { Outcome } from '../../../src/engine/outcome.ts';
import { aControl } from '../search/machines.ts';
import { machines, sourceOf, type ArgumentOf } from './sources.ts';

async function run<N extends keyof typeof machines>(
  name: N,
  argument: ArgumentOf<N>,
  options: ExhaustiveOptions = {},
): Promise<Outcome> {
  const machine = machines[name](argument as never) as unknown as Machine<unknown>;
  const source = sourceOf(name, argument);
  return checkExhaustively(machine, { ...options, source }, aControl());
}

/** All but time and memory. */
const comparable = (outcome: Outcome) => ({
  ...outcome,
  statistics: { ...outcome.statistics, elapsed_ms: 0, memory_bytes: 0 },
});

async function expectSame<N extends keyof typeof machines>(
  name: N,
  argument: ArgumentOf<N>,
  options: ExhaustiveOptions = {},
  counts: readonly number[] = [2, 3],
): Promise<Outcome> {
  const alone = await run(name, argument, options);
  for (const workers of counts) {
    const together = await run(name, argument, { ...options, workers });
    expect(comparable(together)).toEqual(comparable(alone));
  }
  return alone;
}

describe('checkExhaustively with several workers', () => {
  it('counts the same and finds the same trace on small machines', async () => {
    await expectSame('grid', 40, { maxErrors: Infinity }, [2]);
    await expectSame('grid', 40, { storage: 'fingerprint', limits: { depth: 30 } }, [3]);
    await expectSame('lock', 4, { symmetry: false, maxErrors: Infinity }, [2]);
  });

  it('finds the same loop', async () => {
    const alone = await expectSame('philosophers', 4, {}, [2]);
    expect(alone).toMatchObject({ violations: [{ property: 'everybody-eats' }] });
  });

  it('hands over in the midst of a search', async () => {
    const alone = await run('core', [0, 'vcpus']);
    // The clock moves at each look; how far the search gets until the thread is ready varies.
    const late = await run('core', [0, 'vcpus'], { workers: 2, parallelAfter_ms: 3 });
    expect(comparable(late)).toEqual(comparable(alone));
  });

  it('throws for a broken model, with the run, and for a source that is none', async () => {
    const broken = run('brittle', undefined as never, { workers: 2 });
    await expect(broken).rejects.toThrow(BrokenModelError);
    await expect(broken).rejects.toMatchObject({ trace: { initial: 0, steps: [0, 0, 0, 0] } });
    const source = { ...sourceOf('lock', 2), exportName: 'nothing' };
    const machine = machines.lock(2);
    const none = checkExhaustively(machine, { workers: 2, source }, aControl());
    await expect(none).rejects.toThrow('exports no nothing');
  });

  it('stops at limits', async () => {
    const states = await run('core', [0, 'none'], { workers: 2, limits: { states: 1000 } });
    expect(states).toMatchObject({ kind: 'inconclusive', bound: 'states' });
    const memory_bytes = 2 ** 20;
    const memory = await run('core', [0, 'none'], { workers: 2, limits: { memory_bytes } });
    expect(memory).toMatchObject({ kind: 'inconclusive', bound: 'memory' });
  });
});
