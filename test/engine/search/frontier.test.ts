/** Fingerprints and a frontier in a file: the same search as with whole vectors. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkExhaustively, type ExhaustiveOptions } from '../../../src/engine/exhaustive.ts';
import type { Machine } from '../../../src/engine/machine/index.ts';
import type { Outcome } from '../../../src/engine/outcome.ts';
import { MemoryLimit } from '../../../src/engine/search/memory.ts';
import { unreturned_bytes } from '../../../src/engine/search/reclaim.ts';
import { SpillError, SpillFile } from '../../../src/engine/search/spill-file.ts';
import { machines, sourceOf, type ArgumentOf } from '../parallel/sources.ts';
import { aControl } from './machines.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'frontier-'));
});
afterEach(() => {
  const left = readdirSync(folder).filter((name) => name.endsWith('.states'));
  if (left.length > 0) throw new Error(`left behind: ${left.join(' ')}`);
  rmSync(folder, { recursive: true });
});

function run<N extends keyof typeof machines>(
  name: N,
  argument: ArgumentOf<N>,
  options: ExhaustiveOptions,
): Promise<Outcome> {
  const machine = machines[name](argument as never) as unknown as Machine<unknown>;
  return checkExhaustively(machine, { ...options, source: sourceOf(name, argument) }, aControl());
}

/** All that does not depend on how states are kept. */
const comparable = (outcome: Outcome) => ({
  ...outcome,
  statistics: { ...outcome.statistics, elapsed_ms: 0, memory_bytes: 0, collisionProbability: 0 },
});

/** As little of the frontier in memory as can be. */
const spilled = (): ExhaustiveOptions => ({
  storage: 'fingerprint',
  frontier: { folder, memory_bytes: 0 },
});

describe('a frontier in a file', () => {
  it.each([1, 2])('changes nothing of the outcome: %i workers', async (workers) => {
    const limits = { depth: 10 };
    const whole = await run('padded', 0, { limits });
    expect(whole.statistics.states).toBe(75_132);
    const options = { ...spilled(), limits, workers };
    expect(comparable(await run('padded', 0, options))).toEqual(comparable(whole));
    // It was needed: without the folder the search ends.
    const nowhere = { folder: join(folder, 'none'), memory_bytes: 0 };
    const without = run('padded', 0, { ...options, frontier: nowhere });
    await expect(without).rejects.toThrow(SpillError);
  });

  it('has the same counterexample', async () => {
    const whole = await run('padded', 1, {});
    expect(comparable(await run('padded', 1, spilled()))).toEqual(comparable(whole));
    expect(whole).toMatchObject({ kind: 'violated' });
  });

  it('opens no file while it fits', async () => {
    const frontier = { folder: join(folder, 'none') };
    const outcome = await run('grid', 60, { storage: 'fingerprint', frontier });
    expect(outcome.kind).toBe('violated');
  });

  it('loses nothing when the process is killed at any moment', async () => {
    const whole = await run('padded', 0, { storage: 'fingerprint', limits: { depth: 10 } });
    const script = join(import.meta.dirname, 'killed-search.mjs');
    const file = join(folder, 'saved');
    const savedAt = () => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    let text = '';
    // Each is killed some time after it has saved itself; the last one is left alone.
    for (const wait_ms of [3, 41, 17, Infinity]) {
      text = '';
      const before = savedAt();
      const child = spawn(process.execPath, [script, file], { stdio: ['ignore', 'pipe', 2] });
      child.stdout?.on('data', (data) => (text += String(data)));
      const ended = new Promise((resolve) => child.on('close', resolve));
      const poll = setInterval(() => {
        if (wait_ms === Infinity || savedAt() === before) return;
        clearInterval(poll);
        setTimeout(() => child.kill('SIGKILL'), wait_ms);
      }, 5);
      await ended;
      clearInterval(poll);
      if (wait_ms < Infinity) expect(existsSync(file)).toBe(true);
    }
    expect(comparable(JSON.parse(text) as Outcome)).toEqual(comparable(whole));
  });
});

describe('fingerprints', () => {
  it('take at most 16 bytes a state', async () => {
    const { statistics } = await run('core', [0, 'vcpus'], spilled());
    expect(statistics.states).toBe(390_403);
    expect(statistics.memory_bytes / statistics.states).toBeLessThanOrEqual(16);
  });

  it('tell the level being found from others, however many there are', async () => {
    const whole = await run('grid', 400, { maxErrors: Infinity });
    expect(whole.statistics.depth).toBeGreaterThan(512);
    const outcome = await run('grid', 400, { storage: 'fingerprint', maxErrors: Infinity });
    expect(comparable(outcome)).toEqual(comparable(whole));
  });
});

describe('a file for what does not fit', () => {
  it('gives back what was written, and uses places again', () => {
    const file = new SpillFile(3, folder);
    const [a, b] = [file.write(Int32Array.of(1, 2, 3)), file.write(Int32Array.of(4, 5, 6))];
    file.free(a);
    const c = file.write(new Int32Array(new SharedArrayBuffer(12)).fill(7));
    const words = new Int32Array(3);
    expect([b, c].map((place) => (file.read(place, words), [...words]))).toEqual([
      [4, 5, 6],
      [7, 7, 7],
    ]);
    expect(file.bytes).toBe(24);
    file.close();
  });

  it('names a full disk', () => {
    const error = Object.assign(new Error('ENOSPC: no space left on device, write'), {
      code: 'ENOSPC',
    });
    expect(new SpillError(folder, error)).toMatchObject({ message: 'the disk is full', folder });
  });
});

describe('a limit of memory', () => {
  it('counts what others hold, once it is more than was expected', () => {
    const MB = 2 ** 20;
    let occupied = 100 * MB;
    const memory = new MemoryLimit({ limit_bytes: 500 * MB, occupied: () => occupied });
    expect(memory.room(0) / MB).toBe(500 - 100 - 32);
    occupied = 300 * MB;
    expect(memory.room(180 * MB) / MB).toBe(500 - 100 - 32);
    expect(Math.floor(memory.room(50 * MB) / MB)).toBe(250 + Math.floor(unreturned_bytes() / MB));
  });
});
