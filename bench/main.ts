/**
 * Measures the exhaustive engine on the reference machines and prints a table.
 *
 * Each row is a process of its own, the best of a few runs by CPU time. Ratios between rows of one
 * table mean something on any machine; absolute figures mean something on an idle one only.
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { Measurement } from './run.ts';

const RUNS = 3;

const rows: readonly (readonly [title: string, ...args: string[]])[] = [
  ['two-phase commit, 7 managers', 'two-phase-commit', '7'],
  ['  managers interchangeable', 'two-phase-commit', '7', '--symmetry', 'all'],
  ['shadow core S', 'shadow-core', 'S'],
  ['  two workers', 'shadow-core', 'S', '--workers', '2'],
  ['  fingerprints', 'shadow-core', 'S', '--storage', 'fingerprint'],
  ['  accessors from closures', 'shadow-core', 'S', '--backend', 'closures'],
  ['  vCPUs interchangeable', 'shadow-core', 'S', '--symmetry', 'vcpus'],
  ['  all interchangeable', 'shadow-core', 'S', '--symmetry', 'all'],
  ['  16 words', 'shadow-core', 'S', '--padding', '15'],
  ['  32 words', 'shadow-core', 'S', '--padding', '31'],
  ['  64 words', 'shadow-core', 'S', '--padding', '63'],
];

function measure(args: readonly string[]): Measurement {
  const runs = Array.from({ length: RUNS }, () => {
    const script = join(import.meta.dirname, 'run.js');
    const line = execFileSync(process.execPath, [script, ...args], { encoding: 'utf8' });
    return JSON.parse(line) as Measurement;
  });
  return runs.reduce((best, run) => (run.cpu_ms < best.cpu_ms ? run : best));
}

const cells = (title: string, ...columns: (string | number)[]): string =>
  `${[title.padEnd(30), ...columns.map((column) => String(column).padStart(11))].join('')}\n`;

process.stdout.write(
  cells('', 'states', 'CPU s', 'k states/s', 'k trans/s', 'bytes/state', 'GC %'),
);
for (const [title, ...args] of rows) {
  const { states, transitions, cpu_ms, gc_ms, bytesPerState } = measure(args);
  process.stdout.write(
    cells(
      title,
      states,
      (cpu_ms / 1000).toFixed(2),
      Math.round(states / cpu_ms),
      Math.round(transitions / cpu_ms),
      bytesPerState.toFixed(1),
      ((100 * gc_ms) / cpu_ms).toFixed(1),
    ),
  );
}
