import { existsSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { describe, expect, it } from 'vitest';
import { describePlace, type Report } from '../../bench/history.ts';
import { ratioOf, ratiosOf, rowOf, spreadOf, tableOf, toLine } from '../../bench/report.ts';
import type { Sample } from '../../bench/report.ts';
import { shadowCoreCounts } from './published-counts.ts';

const sample = (changes: Partial<Sample> = {}): Sample => ({
  states: 10,
  transitions: 40,
  depth: 3,
  steps: null,
  wall_ms: 2000,
  cpu_ms: 1000,
  peak_bytes: 2 ** 20,
  ...changes,
});

describe('spreadOf', () => {
  it('takes the middle value, or the mean of the middle two', () => {
    expect(spreadOf([3, 1, 10])).toEqual({ median: 3, min: 1, max: 10 });
    expect(spreadOf([4, 1, 10, 2])).toEqual({ median: 3, min: 1, max: 10 });
    expect(spreadOf([7])).toEqual({ median: 7, min: 7, max: 7 });
  });
});

describe('rowOf', () => {
  it('refuses runs that found different things', () => {
    const other = sample({ states: 11 });
    expect(() => rowOf('a', 'A', [sample(), other])).toThrow('A: runs differ: 10, 40, 3, ');
    expect(() => rowOf('a', 'A', [])).toThrow('a: no runs');
  });

  it('has no figure that no run gave', () => {
    expect(rowOf('a', 'A', [sample()])).toMatchObject({ bytesPerState: null, gc_share: null });
    const own = rowOf('a', 'A', [sample({ bytesPerState: 20, gc_ms: 100 })]);
    expect(own).toMatchObject({ bytesPerState: 20, gc_share: 0.1 });
  });
});

describe('ratioOf', () => {
  const slow = rowOf('slow', 'Slow', [sample({ wall_ms: 4000 })]);
  const fast = rowOf('fast', 'Fast', [sample()]);

  it('divides medians, and judges those that have a goal', () => {
    const ratio = ratioOf(slow, fast, { wall: 1.5, memory: 1 });
    expect(ratio).toMatchObject({ wall: 2, cpu: 1, memory: 1 });
    expect(ratiosOf([ratio], [slow, fast])).toBe(
      'Slow / Fast: wall 2.00 (goal 1.5: missed), CPU 1.00, memory 1.00 (goal 1: met)\n',
    );
  });
});

describe('tableOf', () => {
  it('shows medians with their spread, and a dash for what was not measured', () => {
    const samples = [1000, 2000, 4000].map((wall_ms) => sample({ wall_ms }));
    const [, line = ''] = tableOf('machine', [rowOf('a', 'A', samples)]).split('\n');
    expect(line.split(/ {2,}/)).toEqual([
      'A',
      '10',
      '2.00 (1.00-4.00)',
      '1.00 (1.00-1.00)',
      '0',
      '0',
      '-',
      '1',
      '-',
      '-',
    ]);
  });
});

describe('the history', () => {
  it('is a line with short figures', () => {
    expect(toLine({ states: 8_965_880, wall_ms: 1234.5678, id: 'x' })).toBe(
      '{"states":8965880,"wall_ms":1234.6,"id":"x"}',
    );
  });

  it('does not name the machine', () => {
    expect(Object.keys(describePlace())).toEqual(['cpu', 'cores', 'memory_GB', 'node', 'load']);
    expect(Object.values(describePlace())).not.toContain(hostname());
  });

  it('has the published counts in each recorded run', () => {
    const file = new URL('../../bench/history.jsonl', import.meta.url);
    expect(existsSync(file)).toBe(true);
    const reports = readFileSync(file, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Report);
    const dates = reports.map(({ date }) => date);
    expect(dates).toEqual([...dates].sort());
    for (const { title, rows } of reports.flatMap(({ groups }) => groups)) {
      const [, size] = /^shadow core ([SM])$/.exec(title) ?? [];
      if (size !== 'S' && size !== 'M') continue;
      const whole = rows.filter(({ id }) => !id.includes('symmetry'));
      const { states } = shadowCoreCounts[size].none;
      expect(whole.map((row) => row.states)).toEqual(whole.map(() => states));
    }
  });
});
