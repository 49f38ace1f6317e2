import { describe, expect, it } from 'vitest';
import { actionKey, instanceTable } from '../../src/engine/instances.ts';

const transition = (name: string, ...sizes: number[]) => ({
  name,
  parameters: sizes.map((size, k) => ({ name: `p${k}`, size })),
});

describe('instanceTable', () => {
  it('numbers instances in order, the first argument weighing most', () => {
    const table = instanceTable([transition('none'), transition('two', 2, 3)]);
    expect(table.map(({ id }) => id)).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(table.slice(1).map(({ args }) => args.join())).toEqual([
      '0,0,0,0',
      '0,1,0,0',
      '0,2,0,0',
      '1,0,0,0',
      '1,1,0,0',
      '1,2,0,0',
    ]);
  });

  it('has no instance of a transition with an empty domain', () => {
    expect(instanceTable([transition('never', 0)])).toEqual([]);
  });

  it('refuses names used twice and more than four parameters', () => {
    expect(() => instanceTable([transition('a'), transition('a')])).toThrow('two transitions');
    expect(() => instanceTable([transition('a', 1, 1, 1, 1, 1)])).toThrow('more than 4 parameters');
  });
});

describe('actionKey', () => {
  it('does not depend on the order of arguments', () => {
    const one = actionKey({ transition: 't', args: { a: 1, b: 'x' } });
    expect(actionKey({ transition: 't', args: { b: 'x', a: 1 } })).toBe(one);
    expect(actionKey({ transition: 't', args: { a: '1', b: 'x' } })).not.toBe(one);
  });
});
