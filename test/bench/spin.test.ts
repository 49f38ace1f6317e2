import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { presets, type Fault } from '../../bench/machines/shadow-core.ts';
import { buildPan, readPan, runPan, spinVersion, type PanRun } from '../../bench/spin/pan.ts';
import { promelaOf } from '../../bench/spin/promela.ts';
import { shadowCoreCounts, shadowCoreFaults } from './published-counts.ts';

const version = spinVersion();

if (version === null) {
  process.stderr.write(
    'NOT RUN: the Promela text was given to no SPIN. Install it (Debian: spin and gcc)\n',
  );
}

describe.runIf(version !== null)('the Promela text in SPIN', () => {
  let folder = '';

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'kvm-mmu-check-spin-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const run = (fault: Fault, optimisation: '-O0' | '-O1'): PanRun =>
    runPan(buildPan(promelaOf(presets.S, fault), folder, optimisation), folder, 20);

  it('has the published states, transitions and depth', () => {
    const { states, transitions, depth, steps } = run(0, '-O1');
    expect({ states, transitions, depth }).toEqual(shadowCoreCounts.S.none);
    expect(steps).toBeNull();
  });

  it.each(shadowCoreFaults)('shows fault $fault in $steps steps', ({ fault, steps }) => {
    expect(run(fault, '-O0').steps).toBe(steps);
  });
});

describe('readPan', () => {
  it('reads figures, and says which is missing', () => {
    const text = [
      'pan:1: assertion violated ((h!=2)||(tf[0]!=1)) (at depth 5)',
      'State-vector 28 byte, depth reached 6, errors: 1',
      '      120 states, stored',
      '      300 transitions (= stored+matched)',
      'CPU 1500 us',
      'VmHWM:\t    2048 kB',
    ].join('\n');
    expect(readPan(text)).toEqual({
      states: 120,
      transitions: 299,
      depth: 6,
      steps: 6,
      cpu_ms: 1.5,
      peak_bytes: 2 ** 21,
    });
    const rounded = text.replace('      300 tr', '1.5225973e+08 tr');
    expect(readPan(rounded).transitions).toBe(152_259_729);
    expect(() => readPan('error: out of memory')).toThrow(/SPIN printed no .*states, stored/);
  });
});
