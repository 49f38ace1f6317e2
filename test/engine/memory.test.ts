/** The limit of memory is one of the process: a process of its own is measured. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Measurement } from '../../bench/run.ts';

const script = join(import.meta.dirname, '../../dist/bench/run.js');
const limit_MB = 180;

describe('a limit of memory', () => {
  it.each(['1', '2'])('is used, and kept within ten per cent, with %s workers', (workers) => {
    const size = ['--max-memory', String(limit_MB), '--padding', '63'];
    const args = [script, 'shadow-core', 'S', ...size, '--workers', workers];
    const line = execFileSync(process.execPath, args, { encoding: 'utf8' });
    const { outcome, bound, states, peak_bytes } = JSON.parse(line) as Measurement;
    expect({ outcome, bound }).toEqual({ outcome: 'inconclusive', bound: 'memory' });
    expect(states).toBeGreaterThan(50_000);
    expect(peak_bytes / 2 ** 20).toBeLessThan(1.1 * limit_MB);
    expect(peak_bytes / 2 ** 20).toBeGreaterThan(0.6 * limit_MB);
  });
});
