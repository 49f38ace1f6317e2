/** What `npm run bench` measures: rows by group, and the ratios between them. */
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { presets } from './machines/shadow-core.ts';
import type { Goal, Sample } from './report.ts';
import type { Measurement } from './run.ts';
import { buildPan, runPan } from './spin/pan.ts';
import { promelaOf } from './spin/promela.ts';

export type Size = keyof typeof presets;

/** A row: `run` is one process. */
export interface Contender {
  readonly id: string;
  readonly title: string;
  readonly run: () => Omit<Sample, 'wall_ms'>;
}

export interface Group {
  readonly title: string;
  readonly contenders: readonly Contender[];
  readonly ratios: readonly (readonly [of: string, to: string, goal?: Goal])[];
}

/** Slots of SPIN's hash table, as a power of two: at least as many as states. */
const hashBits: Readonly<Record<Size, number>> = { S: 22, M: 24, L: 26 };

function node(script: string, args: readonly string[]): unknown {
  const path = join(import.meta.dirname, script);
  return JSON.parse(execFileSync(process.execPath, [path, ...args], { encoding: 'utf8' }));
}

const engine = (title: string, ...args: readonly string[]): Contender => ({
  id: args.join(' '),
  title,
  run: () => {
    const measured = node('run.js', args) as Measurement;
    const { states, transitions, depth, steps, cpu_ms, gc_ms, peak_bytes } = measured;
    const { bytesPerState } = measured;
    return { states, transitions, depth, steps, cpu_ms, gc_ms, peak_bytes, bytesPerState };
  },
});

const handPacked = (size: Size): Contender => ({
  id: `hand-packed ${size}`,
  title: 'hand-packed explorer',
  run: () => node('run-hand-packed.js', [size]) as Omit<Sample, 'wall_ms'>,
});

function spin(size: Size, version: string, folder: string): Contender {
  mkdirSync(folder, { recursive: true });
  const pan = buildPan(promelaOf(presets[size]), folder, '-O3');
  return {
    id: `spin ${size}`,
    title: `SPIN ${version}`,
    run: () => runPan(pan, folder, hashBits[size]),
  };
}

/** The engine alone on the reference machines. */
export const machines = (): Group => ({
  title: 'reference machines',
  contenders: [
    engine('two-phase commit, 7 managers', 'two-phase-commit', '7'),
    engine('  managers interchangeable', 'two-phase-commit', '7', '--symmetry', 'all'),
    engine('shadow core S', 'shadow-core', 'S'),
    engine('  fingerprints', 'shadow-core', 'S', '--storage', 'fingerprint'),
    engine('  accessors from closures', 'shadow-core', 'S', '--backend', 'closures'),
    engine('  vCPUs interchangeable', 'shadow-core', 'S', '--symmetry', 'vcpus'),
    engine('  all interchangeable', 'shadow-core', 'S', '--symmetry', 'all'),
    engine('  16 words', 'shadow-core', 'S', '--padding', '15'),
    engine('  32 words', 'shadow-core', 'S', '--padding', '31'),
    engine('  64 words', 'shadow-core', 'S', '--padding', '63'),
  ],
  ratios: [],
});

/** Time to the first counterexample: one row per seeded fault. */
export const counterexamples = (size: Size): Group => ({
  title: `first counterexample, ${size}`,
  contenders: [1, 2, 3, 4].map((fault) =>
    engine(`shadow core ${size}, fault ${fault}`, 'shadow-core', size, '--fault', String(fault)),
  ),
  ratios: [],
});

/**
 * The engine with one and two workers beside a hand-packed explorer and SPIN. The goals against
 * SPIN are stated for preset M.
 */
export function peers(size: Size, version: string | null, folder: string): Group {
  const two = ['--workers', '2'];
  const all = ['--symmetry', 'all'];
  const own = [
    engine('one worker', 'shadow-core', size),
    engine('two workers', 'shadow-core', size, ...two),
    engine('one worker, symmetry', 'shadow-core', size, ...all),
    engine('two workers, symmetry', 'shadow-core', size, ...all, ...two),
  ];
  const [one, pair, , reduced] = own.map(({ id }) => id) as [string, string, string, string];
  const packed = handPacked(size);
  const rival = version === null ? null : spin(size, version, folder);
  const goals: readonly [string, Goal][] = [
    [one, { wall: 0.7, memory: 0.5 }],
    [pair, { wall: 0.4 }],
    [reduced, { wall: 0.15 }],
  ];
  return {
    title: `shadow core ${size}`,
    contenders: [...(rival === null ? [] : [rival]), packed, ...own],
    ratios: [
      ...(rival === null
        ? []
        : goals.map(([of, goal]) => [of, rival.id, size === 'M' ? goal : {}] as const)),
      [one, packed.id, { wall: 1.5 }],
      [pair, one],
    ],
  };
}
