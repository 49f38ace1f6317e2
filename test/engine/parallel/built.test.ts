/** Whatever the number of threads, the outcome is the same: the built programs, larger machines. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Measurement } from '../../../bench/run.ts';

const dist = join(import.meta.dirname, '../../../dist');

function outputOf(script: string, args: readonly string[]): string {
  const all = [join(dist, script), ...args];
  return spawnSync(process.execPath, all, { encoding: 'utf8' }).stdout;
}

function measured(workers: number, ...args: readonly string[]): Measurement {
  const words = ['shadow-core', 'S', ...args, '--workers', String(workers)];
  return JSON.parse(outputOf('bench/run.js', words)) as Measurement;
}

/** The report of a search of KVM, without what differs from run to run. */
function reported(workers: number, ...args: readonly string[]): unknown {
  const words = ['check', ...args, '--no-save', '--format', 'json', '--workers', String(workers)];
  const report = JSON.parse(outputOf('src/cli/main.js', words)) as object;
  const text = JSON.stringify(report, (key, value: unknown) =>
    ['elapsed_ms', 'memory_bytes', 'startedAt', 'workers'].includes(key) ? undefined : value,
  );
  return JSON.parse(text) as unknown;
}

describe('any number of workers', () => {
  it('counts the same on the shadow core, preset S', () => {
    const alone = measured(1);
    expect(alone).toMatchObject({ outcome: 'held', states: 764473, transitions: 10945520 });
    expect(measured(2).digest).toBe(alone.digest);
    expect(measured(3).digest).toBe(alone.digest);
  });

  it.each([1, 2, 3, 4])('shows fault %i of the shadow core by the same trace', (fault) => {
    const alone = measured(1, '--fault', String(fault));
    expect(alone.outcome).toBe('violated');
    expect(measured(2, '--fault', String(fault)).digest).toBe(alone.digest);
    expect(measured(3, '--fault', String(fault)).digest).toBe(alone.digest);
  });

  it('counts the same with fingerprints and with interchangeable vCPUs', () => {
    for (const options of [
      ['--storage', 'fingerprint'],
      ['--symmetry', 'vcpus'],
    ]) {
      expect(measured(2, ...options).digest).toBe(measured(1, ...options).digest);
    }
  });

  it.each([
    [['shadow-link-unsync-child'], 'held'],
    [['shadow-shared-directory'], 'held'],
    [['--mutant', 'inherited-permission', '--continue'], 'violated'],
    [['--mutant', 'perm-reduction-no-remote-flush'], 'violated'],
    [['--mutant', 'lookup-builds-a-twin'], 'violated'],
  ])('reports the same on KVM: %s', (args, verdict) => {
    const alone = reported(1, ...args);
    expect(alone).toMatchObject({ verdict });
    expect(reported(2, ...args)).toEqual(alone);
  });
});
