/** A search that was stopped goes on from its checkpoint as if nothing had happened. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CheckpointError } from '../../../src/engine/checkpoint/header.ts';
import { checkExhaustively, type ExhaustiveOptions } from '../../../src/engine/exhaustive.ts';
import type { Machine } from '../../../src/engine/machine/index.ts';
import type { Control, Outcome } from '../../../src/engine/outcome.ts';
import { machines, sourceOf, type ArgumentOf } from '../parallel/sources.ts';
import { aControl } from '../search/machines.ts';

type Name = keyof typeof machines;

let folder = '';
let file = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'checkpoint-'));
  file = join(folder, 'search.checkpoint');
});
afterEach(() => rmSync(folder, { recursive: true }));

function run<N extends Name>(
  [name, argument]: readonly [N, ArgumentOf<N>],
  options: ExhaustiveOptions,
  control: Control = aControl(),
): Promise<Outcome> {
  const machine = machines[name](argument as never) as unknown as Machine<unknown>;
  return checkExhaustively(machine, { ...options, source: sourceOf(name, argument) }, control);
}

/** All but time and memory. */
const comparable = (outcome: Outcome) => ({
  ...outcome,
  statistics: { ...outcome.statistics, elapsed_ms: 0, memory_bytes: 0 },
});

/** Stopped after `patience` looks, then after ever more, and resumed, until it ends by itself. */
async function inPieces<N extends Name>(
  machine: readonly [N, ArgumentOf<N>],
  options: ExhaustiveOptions,
  patience: number,
): Promise<{ outcome: Outcome; pieces: number }> {
  const checkpoint = { file, interval_ms: 1e9, identity: machine };
  for (let pieces = 1; ; pieces++) {
    let looks = 0;
    let now = 0;
    const control = { now: () => (now += 50), interrupted: () => ++looks > patience * 2 ** pieces };
    const resumeFrom = pieces === 1 ? {} : { resumeFrom: file };
    const outcome = await run(machine, { ...options, ...resumeFrom, checkpoint }, control);
    const bound = 'bound' in outcome ? outcome.bound : undefined;
    if (bound !== 'interrupted') return { outcome, pieces };
  }
}

describe('a search in pieces', () => {
  it.each([
    ['exact', 1, 7],
    ['fingerprint', 1, 11],
    ['exact', 2, 1],
  ] as const)('has the same outcome: %s, %i workers', async (storage, workers, patience) => {
    const options = { storage, maxErrors: Infinity };
    const both = [['core', [2, 'all']] as const, ['grid', 40] as const];
    for (const machine of storage === 'exact' ? both.slice(0, 1) : both.slice(1)) {
      const whole = await run(machine as readonly ['grid', 40], options);
      const { outcome, pieces } = await inPieces(
        machine as readonly ['grid', 40],
        { ...options, workers, ...(workers > 1 ? { parallelAfter_ms: 1 } : {}) },
        patience,
      );
      expect(comparable(outcome)).toEqual(comparable(whole));
      expect(pieces).toBeGreaterThan(1);
    }
  });

  it.each([
    [1, 3],
    [2, 1],
  ] as const)('looks for loops at its end: %i workers', async (workers, patience) => {
    const machine = ['philosophers', 5] as const;
    const whole = await run(machine, {});
    const threads = workers > 1 ? { parallelAfter_ms: 1 } : {};
    const { outcome, pieces } = await inPieces(machine, { workers, ...threads }, patience);
    expect(comparable(outcome)).toEqual(comparable(whole));
    expect(whole).toMatchObject({ violations: [{ property: 'everybody-eats' }] });
    expect(pieces).toBeGreaterThan(1);
  });

  it('is saved when it is stopped while it looks for loops', async () => {
    const machine = ['philosophers', 4] as const;
    const whole = await run(machine, {});
    const checkpoint = { file, interval_ms: 1e9, identity: null };
    for (let looks = 1; ; looks++) {
      let now = 0;
      let left = looks;
      const control = { now: () => (now += 50), interrupted: () => --left < 0 };
      const outcome = await run(machine, { checkpoint }, control);
      if (outcome.kind === 'violated') throw new Error('it was never stopped so late');
      if (outcome.statistics.queue > 0) continue;
      expect(outcome).toMatchObject({ kind: 'inconclusive', bound: 'interrupted' });
      const resumed = await run(machine, { resumeFrom: file });
      expect(comparable(resumed)).toEqual(comparable(whole));
      return;
    }
  });

  it('may go on with another number of workers', async () => {
    const machine = ['core', [0, 'vcpus']] as const;
    const whole = await run(machine, {});
    const checkpoint = { file, interval_ms: 100, identity: null };
    const stopped = await run(machine, { checkpoint, limits: { time_ms: 250 } });
    expect(stopped).toMatchObject({ kind: 'inconclusive', bound: 'time' });
    const together = await run(machine, { resumeFrom: file, workers: 2 });
    expect(comparable(together)).toEqual(comparable(whole));
    const alone = await run(machine, { resumeFrom: file });
    expect(comparable(alone)).toEqual(comparable(whole));
  });

  it('refuses a file that is damaged, cut off, foreign or missing', async () => {
    const machine = ['core', [0, 'vcpus']] as const;
    const checkpoint = { file, interval_ms: 1e9, identity: null };
    await run(machine, { checkpoint, limits: { time_ms: 250 } });
    const good = readFileSync(file);
    const refused = async (bytes: Uint8Array | null, message: string) => {
      if (bytes !== null) writeFileSync(file, bytes);
      const resumed = run(machine, { resumeFrom: bytes === null ? folder : file });
      await expect(resumed).rejects.toThrow(CheckpointError);
      await expect(run(machine, { resumeFrom: bytes === null ? folder : file })).rejects.toThrow(
        message,
      );
    };
    for (const at of [60, 200, good.length >> 1, good.length - 1]) {
      const bad = Buffer.from(good);
      bad.writeUInt8(bad.readUInt8(at) ^ 4, at);
      await refused(bad, 'damaged');
    }
    await refused(good.subarray(0, good.length - 4096), 'damaged or cut off');
    await refused(Buffer.concat([good, Buffer.alloc(1)]), 'damaged');
    await refused(Buffer.from('{"format":"something else"}\n'), 'no checkpoint');
    await refused(Buffer.alloc(0), 'no checkpoint');
    writeFileSync(file, good);
    await expect(run(['lock', 5], { resumeFrom: file })).rejects.toThrow('another search');
    await expect(run(machine, { resumeFrom: join(folder, 'none') })).rejects.toThrow(
      'cannot be read',
    );
  });
});
