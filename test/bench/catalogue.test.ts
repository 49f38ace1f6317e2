import { describe, expect, it } from 'vitest';
import { search, type Run } from '../../bench/machines/catalogue.ts';
import { aControl } from '../engine/search/machines.ts';

const run = (changes: Partial<Run>): Run => ({
  machine: 'two-phase-commit',
  size: '3',
  fault: 0,
  interchangeable: 'none',
  padding: 0,
  ...changes,
});

describe('search', () => {
  it('finds machines by name', async () => {
    const { statistics } = await search(run({}), {}, aControl());
    expect(statistics.states).toBe(288);
    const padded = run({ machine: 'shadow-core', size: 'S', fault: 3, padding: 3 });
    expect(await search(padded, {}, aControl())).toMatchObject({ kind: 'violated' });
  });

  it('says what it takes', () => {
    const wrong: [Partial<Run>, string][] = [
      [{ machine: 'peterson' }, 'shadow-core or two-phase-commit'],
      [{ size: 'many' }, 'managers are 1 to 16'],
      [{ machine: 'shadow-core', size: 'XL' }, 'preset is S, M or L'],
      [{ machine: 'shadow-core', size: 'S', fault: 5 }, 'fault is 0 to 4'],
    ];
    for (const [changes, sentence] of wrong) {
      expect(() => search(run(changes), {}, aControl())).toThrow(sentence);
    }
  });
});
