/** Searches side by side in threads of their own, and seen as if they were one after the other. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inOrder } from '../../src/cli/apart/in-order.ts';
import { Lane } from '../../src/cli/apart/lane.ts';
import { Flag, FLAGS, type Task } from '../../src/cli/apart/protocol.ts';
import { BrokenModelError } from '../../src/engine/broken-model.ts';
import { checkExhaustively } from '../../src/engine/exhaustive.ts';
import type { Outcome } from '../../src/engine/outcome.ts';
import { machines, sourceOf } from '../engine/parallel/sources.ts';
import { aControl } from '../engine/search/machines.ts';

/** Pieces that end when the test says so. */
function pieces(count: number) {
  const begun: [index: number, lane: number][] = [];
  const enders = new Map<number, { resolve: () => void; reject: (error: unknown) => void }>();
  return {
    begun,
    begin: (index: number, lane: number) => {
      begun.push([index, lane]);
      const work = new Promise<void>((resolve, reject) => enders.set(index, { resolve, reject }));
      return { index, work };
    },
    end: async (index: number, error?: unknown) => {
      const ender = enders.get(index);
      if (error === undefined) ender?.resolve();
      else ender?.reject(error);
      await new Promise((resolve) => setImmediate(resolve));
    },
    costs: Array.from({ length: count }, (_, index) => index * index),
  };
}

describe('pieces of work', () => {
  it('are begun from both sides, and seen in order', async () => {
    const { begun, begin, end, costs } = pieces(4);
    const seen: number[] = [];
    const all = (async () => {
      for await (const piece of inOrder(costs, 2, begin, () => false)) {
        await piece.work;
        seen.push(piece.index);
      }
    })();
    expect(begun).toEqual([
      [0, 0],
      [3, 1],
    ]);
    await end(3);
    expect(begun.at(-1)).toEqual([2, 1]);
    expect(seen).toEqual([]);
    await end(0);
    expect(begun.at(-1)).toEqual([1, 0]);
    expect(seen).toEqual([0]);
    await end(2);
    await end(1);
    await all;
    expect(seen).toEqual([0, 1, 2, 3]);
  });

  it('end before the first that is not begun after a stop', async () => {
    const { begun, begin, end, costs } = pieces(5);
    let stopped = false;
    const seen: number[] = [];
    const all = (async () => {
      for await (const piece of inOrder(costs, 2, begin, () => stopped)) {
        await piece.work;
        seen.push(piece.index);
      }
    })();
    stopped = true;
    await end(0);
    await end(4);
    await all;
    expect(begun.map(([index]) => index)).toEqual([0, 4]);
    expect(seen).toEqual([0]);
  });

  it('throw what went wrong when it is their turn', async () => {
    const { begin, end, costs } = pieces(3);
    const seen: number[] = [];
    const all = (async () => {
      for await (const piece of inOrder(costs, 2, begin, () => false)) {
        await piece.work;
        seen.push(piece.index);
      }
    })();
    const ending = all.catch((error: unknown) => error);
    await end(2, new Error('the last one'));
    expect(seen).toEqual([]);
    await end(0);
    await end(1);
    expect(await ending).toEqual(new Error('the last one'));
    expect(seen).toEqual([0, 1]);
  });

  it('throw what keeps one from beginning', async () => {
    const begin = (index: number) => {
      if (index === 1) throw new RangeError('no such piece');
      return { index, work: Promise.resolve() };
    };
    const seen: number[] = [];
    const all = (async () => {
      for await (const { index } of inOrder([0, 0], 1, begin, () => false)) seen.push(index);
    })();
    await expect(all).rejects.toThrow('no such piece');
    expect(seen).toEqual([0]);
  });
});

const newFlags = () => new Int32Array(new SharedArrayBuffer(FLAGS * Int32Array.BYTES_PER_ELEMENT));

const exhaustive = (source: Task['source']): Task => ({
  engine: 'exhaustive',
  source,
  options: { workers: 2, symmetry: false },
});

/** Without what differs from run to run. */
const lasting = (outcome: Outcome): unknown =>
  JSON.parse(
    JSON.stringify(outcome, (key, value: unknown) =>
      ['elapsed_ms', 'memory_bytes'].includes(key) ? undefined : value,
    ),
  );

describe('a thread that searches', { timeout: 60_000 }, () => {
  it('returns what a search here returns, one machine after the other', async () => {
    const lane = new Lane(newFlags());
    let progress = 0;
    for (const [source, machine] of [
      [sourceOf('grid', 40), machines.grid(40)],
      [sourceOf('lock', 3), machines.lock(3)],
    ] as const) {
      const there = await lane.run(exhaustive(source), false, () => progress++);
      const options = { symmetry: false };
      const here = await checkExhaustively(machine as never, options, aControl());
      expect(lasting(there)).toEqual(lasting(here));
    }
    await lane.end();
  });

  it('walks as a walk here does', async () => {
    const lane = new Lane(newFlags());
    const task: Task = {
      engine: 'random',
      source: sourceOf('grid', 40),
      options: { seed: 7n, maxSamples: 40, maxSteps: 30 },
    };
    const outcome = await lane.run(task, true, () => {});
    expect(outcome).toMatchObject({ kind: 'violated', seed: 7n });
    await lane.end();
  });

  it('passes on a broken model with its trace, and goes on', async () => {
    const lane = new Lane(newFlags());
    const broken = lane.run(exhaustive(sourceOf('brittle', undefined as never)), false, () => {});
    const error: unknown = await broken.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(BrokenModelError);
    expect((error as BrokenModelError).trace.steps.length).toBeGreaterThan(0);
    const next = await lane.run(exhaustive(sourceOf('lock', 2)), false, () => {});
    expect(next.kind).not.toBe('inconclusive');
    await lane.end();
  });

  it('stops when it is asked to', async () => {
    const flags = newFlags();
    Atomics.store(flags, Flag.stop, 1);
    const lane = new Lane(flags);
    const outcome = await lane.run(exhaustive(sourceOf('core', [0, 'none'])), false, () => {});
    expect(outcome).toMatchObject({ kind: 'inconclusive', bound: 'interrupted' });
    await lane.end();
  });
});

const dist = join(import.meta.dirname, '../../dist');

/** The report of the command line, without what differs from run to run. */
function reported(...words: readonly string[]): unknown {
  const args = [join(dist, 'src/cli/main.js'), ...words, '--no-save', '--format', 'json'];
  const { stdout } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  const differing = ['elapsed_ms', 'memory_bytes', 'startedAt', 'workers', 'repeat'];
  return JSON.parse(stdout, (key, value: unknown) =>
    differing.includes(key) ? undefined : value,
  ) as unknown;
}

describe('the command line', { timeout: 60_000 }, () => {
  it('reports the same of several scenarios, side by side or one after the other', () => {
    const scenarios = ['shadow-rights', 'shadow-fault-race', 'shadow-shared-directory'];
    const alone = reported('check', ...scenarios, '--workers', '1');
    expect(reported('check', ...scenarios)).toEqual(alone);
  });

  it('reports the same walks of one scenario, by any number of threads', () => {
    const walks = ['run', 'shadow-rights', '--seed', '7', '--max-samples', '1100'];
    const alone = reported(...walks, '--workers', '1');
    expect(alone).toMatchObject({ searches: [{ statistics: { samples: 1100 } }] });
    expect(reported(...walks, '--workers', '2')).toEqual(alone);
  });
});
