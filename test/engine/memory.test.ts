/** The limit of memory is one of the process: a process of its own is measured. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Measurement } from '../../bench/run.ts';

const script = join(import.meta.dirname, '../../dist/bench/run.js');
const limit_MB = 180;

const measured = (...more: readonly string[]): Measurement => {
  const args = [script, 'shadow-core', 'S', '--padding', '63', ...more];
  const line = execFileSync(process.execPath, args, { encoding: 'utf8' });
  return JSON.parse(line) as Measurement;
};

describe('a limit of memory', () => {
  it.each(['1', '2'])('is used, and kept within ten per cent, with %s workers', (workers) => {
    const limit = ['--max-memory', String(limit_MB), '--workers', workers];
    const { outcome, bound, states, peak_bytes } = measured(...limit);
    expect({ outcome, bound }).toEqual({ outcome: 'inconclusive', bound: 'memory' });
    expect(states).toBeGreaterThan(50_000);
    expect(peak_bytes / 2 ** 20).toBeLessThan(1.1 * limit_MB);
    expect(peak_bytes / 2 ** 20).toBeGreaterThan(0.6 * limit_MB);
  });

  it('is enough for fingerprints where it is not for whole vectors', () => {
    const limit = ['--max-memory', String(limit_MB), '--storage', 'fingerprint'];
    const { outcome, states, peak_bytes } = measured(...limit);
    expect({ outcome, states }).toEqual({ outcome: 'held', states: 764_473 });
    expect(peak_bytes / 2 ** 20).toBeLessThan(1.1 * limit_MB);
  });
});
