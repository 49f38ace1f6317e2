/** Walks by several threads: nothing but the time depends on who makes them. */
import { describe, expect, it } from 'vitest';
import { BrokenModelError } from '../../src/engine/broken-model.ts';
import type { Statistics } from '../../src/engine/outcome.ts';
import { explore, type RandomOptions } from '../../src/engine/random.ts';
import { Blocks, seedOfLine, type Block } from '../../src/engine/random/blocks.ts';
import { Share } from '../../src/engine/random/share.ts';
import { machines, sourceOf } from './parallel/sources.ts';

const control = { now: () => performance.now() };

const defaults: RandomOptions = { seed: 0x5eedn, maxSamples: 3000, maxSteps: 60, minimise: false };
const faulty = { source: sourceOf('core', [1, 'none']) } as const;
const sound = { source: sourceOf('core', [0, 'none']) } as const;

/** Of the shadow core, with a fault or without. */
const walk = (fault: 0 | 1, options: Partial<RandomOptions> = {}) => {
  const { source } = fault === 1 ? faulty : sound;
  return explore(machines.core([fault, 'none']), { ...defaults, source, ...options }, control);
};

/** Without what differs from run to run. */
const lasting = (outcome: unknown): unknown =>
  JSON.parse(
    JSON.stringify(outcome, (key, value: unknown) => {
      if (['elapsed_ms', 'memory_bytes'].includes(key)) return undefined;
      return typeof value === 'bigint' ? String(value) : value;
    }),
  );

const blocksOf = (lines: number, walks: number): Block[] => {
  const blocks = new Blocks(lines, walks);
  const all: Block[] = [];
  for (let index = 0; ; index++) {
    const block = blocks.at(index);
    if (block === null) return all;
    all.push(block);
  }
};

describe('blocks', () => {
  it.each([
    [1, 1],
    [1, 500],
    [1, 40_000],
    [3, 7],
    [3, 10_000],
    [8, 100],
  ])('of %i lines hold each of %i walks once', (lines, walks) => {
    const ends = Array.from({ length: lines }, () => 0);
    let sum = 0;
    for (const { line, path, walks: own } of blocksOf(lines, walks)) {
      expect(Number(path)).toBe(ends[line]);
      expect(own).toBeGreaterThan(0);
      ends[line] = Number(path) + own;
      sum += own;
    }
    expect(sum).toBe(walks);
    expect(Math.max(...ends) - Math.min(...ends)).toBeLessThanOrEqual(Math.max(500, walks / 16));
  });

  it('grow, so that skipping earlier walks does not take more and more of the time', () => {
    const blocks = blocksOf(1, 1_000_000);
    expect(blocks.length).toBeLessThan(120);
  });

  it('are one when a path says where to begin', () => {
    const blocks = new Blocks(4, 10, '41:0:3');
    expect([blocks.lines, blocks.at(0), blocks.at(1)]).toEqual([
      1,
      { index: 0, line: 0, path: '41:0:3', walks: 10 },
      null,
    ]);
  });

  it('have a seed by line, the first of which is that of the run', () => {
    const seeds = Array.from({ length: 64 }, (_, line) => seedOfLine(0x5eedn, line));
    expect(seeds[0]).toBe(0x5eedn);
    expect(new Set(seeds).size).toBe(64);
    expect(seeds.every((seed) => seed >= 0n && seed < 2n ** 32n)).toBe(true);
  });
});

describe('a share', () => {
  it('keeps the least block with a violation, in whatever order they are found', () => {
    const share = new Share();
    for (const block of [9, 4, 6]) share.noteFailing(block);
    expect([3, 4, 5].map((block) => share.matters(block))).toEqual([true, true, false]);
  });

  it('keeps the first reason to stop, unless somebody interrupts', () => {
    const share = new Share();
    expect(share.stopped()).toBeNull();
    share.stop('memory');
    share.stop('time');
    expect(share.stopped()).toBe('memory');
    share.stop('interrupted');
    expect(share.stopped()).toBe('interrupted');
  });
});

describe('walks by several threads', { timeout: 60_000 }, () => {
  it('find the violation of the first walk that has one, and count the same', async () => {
    const alone = await walk(1, { workers: 1 });
    expect(alone.kind).toBe('violated');
    expect(Number(alone.path.split(':')[0])).toBeGreaterThan(500);
    expect(lasting(await walk(1, { workers: 3 }))).toEqual(lasting(alone));
    const again = await walk(1, { path: alone.path, maxSamples: 1, workers: 2 });
    expect(again).toMatchObject({ kind: 'violated', path: alone.path });
  });

  it('count the same when all hold, whenever the other threads start', async () => {
    const alone = await walk(0, { workers: 1 });
    expect(alone.statistics.samples).toBe(3000);
    expect(lasting(await walk(0, { workers: 2 }))).toEqual(lasting(alone));
    expect(lasting(await walk(0, { workers: 2, parallelAfter_ms: 60 }))).toEqual(lasting(alone));
  });

  it('have seeds of their own when guided, and are the same for seed and number', async () => {
    const options = { guided: true, harvest: true, maxSamples: 1500, workers: 2 };
    const two = await walk(0, options);
    expect(two.statistics.samples).toBe(1500);
    expect(lasting(await walk(0, options))).toEqual(lasting(two));
    const { source: _, ...alone } = { ...defaults, ...options, ...sound };
    const here = await explore(machines.core([0, 'none']), alone, control);
    expect(lasting(here)).toEqual(lasting(two));
    expect(lasting(await walk(0, { ...options, workers: 1 }))).not.toEqual(lasting(two));
  });

  it('find the same when guided, in each run', async () => {
    const options = { guided: true, maxSamples: 20_000, workers: 2 };
    const found = await walk(1, options);
    expect(found).toMatchObject({ kind: 'violated', path: '' });
    expect(lasting(await walk(1, options))).toEqual(lasting(found));
  });

  it('stop when interrupted, and show progress of all', async () => {
    let interrupted = false;
    const progress: Statistics[] = [];
    setTimeout(() => (interrupted = true), 1200);
    const outcome = await explore(
      machines.core([0, 'none']),
      { ...defaults, ...sound, maxSamples: Infinity, workers: 2 },
      { ...control, interrupted: () => interrupted, onProgress: (now) => progress.push(now) },
    );
    expect(outcome).toMatchObject({ kind: 'inconclusive', bound: 'interrupted' });
    expect(progress.at(-1)?.samples).toBeGreaterThan(0);
    expect(outcome.statistics.samples).toBeGreaterThanOrEqual(progress.at(-1)?.samples ?? 0);
  });

  it('end at the limits of time and memory', async () => {
    const endless = { maxSamples: Infinity, workers: 2 };
    const late = await walk(0, { ...endless, limits: { time_ms: 300 } });
    expect(late).toMatchObject({ kind: 'inconclusive', bound: 'time' });
    const full = await walk(0, { ...endless, limits: { memory_bytes: 2 ** 20 } });
    expect(full).toMatchObject({ kind: 'inconclusive', bound: 'memory' });
  });

  it('pass on a broken model with its trace', async () => {
    const source = sourceOf('brittle', undefined as never);
    const options = { ...defaults, source, workers: 2 };
    const error: unknown = await explore(machines.brittle() as never, options, control).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(BrokenModelError);
  });

  it('fail when a thread cannot build the machine', async () => {
    const source = { ...sound.source, exportName: 'nobody' };
    const failing = walk(0, { source, workers: 2, maxSamples: Infinity });
    await expect(failing).rejects.toThrow('exports no nobody');
  });
});
