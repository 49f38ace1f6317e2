import { describe, expect, it } from 'vitest';
import { alternatives, necessityTable, plantedBy } from '../../src/docs/necessity.ts';
import { sweptValues } from '../../src/docs/swept-values.ts';

describe('the necessity table', () => {
  const all = alternatives();

  it('takes from sweeps what no planted bug tells, in the order of the rules', () => {
    const swept = sweptValues.map(({ value }) => value);
    const unplanted = all.filter((alternative) => plantedBy(alternative).length === 0);
    expect(unplanted.filter((alternative) => swept.includes(alternative))).toEqual(swept);
  });

  it('has a row for each value, in the same order', () => {
    const rows = necessityTable().split('\n').slice(2);
    expect(rows.map((row) => row.split('`')[1])).toEqual(all);
  });

  it('names the shortest run of a planted bug', () => {
    const row = necessityTable()
      .split('\n')
      .find((line) => line.includes('`split_flush=never`'));
    expect(row).toMatch(
      /\| NEEDED \| `owed-flush-is-paid-before-unlock` in \d+ steps of `shadow-split-finds-table`/,
    );
  });
});
