import { describe, expect, it } from 'vitest';
import { Judge } from '../../src/engine/judge.ts';
import type { Property } from '../../src/engine/machine/index.ts';
import { gridMachine, gridState, gridStep, type Grid } from './search/machines.ts';

const judgeOf = (...properties: Property<Grid>[]) => {
  const { bind, layout: _, ...machine } = gridMachine(properties);
  return new Judge<Grid>({
    ...machine,
    bind: bind as never,
    layout: { kind: 'record', fields: {} },
  });
};

describe('Judge', () => {
  it('asks a property at its moment only, and only when it applies', () => {
    const judge = judgeOf(
      gridState(
        'top',
        () => false,
        () => true,
        'at-the-top',
      ),
      gridState(
        'right',
        () => false,
        (s) => s.x > 0,
      ),
    );
    expect(judge.judgeState({ x: 0, y: 0 })).toEqual([]);
    expect(judge.judgeState({ x: 1, y: 0 }).map(({ id }) => id)).toEqual(['right']);
    expect(judge.judgeState({ x: 1, y: 9 }).map(({ id }) => id)).toEqual(['top', 'right']);
    expect(judge.evidence().map(({ applied }) => applied)).toEqual([1, 2]);
  });

  it('returns one shared list when everything holds', () => {
    const judge = judgeOf(
      gridState('holds', () => true),
      gridStep('steps', () => true),
    );
    const s = { x: 1, y: 1 };
    expect(judge.judgeState(s)).toBe(judge.judgeState(s));
    expect(judge.judgeStep(s, s, 1, [0])).toBe(judge.judgeState(s));
  });

  it('judges steps of the named transitions alone', () => {
    const judge = judgeOf(gridStep('never', () => false));
    const s = { x: 1, y: 1 };
    expect(judge.judgedTransitions).toEqual([false, true]);
    expect(judge.judgeStep(s, s, 0, [])).toEqual([]);
    expect(judge.judgeStep(s, s, 1, [0])).toMatchObject([{ id: 'never', property: 0 }]);
  });

  it('takes no offence at a transition that the machine leaves out', () => {
    const property = gridStep('never', () => false);
    const wider = { ...property, on: ['right', 'left'] } as Property<Grid>;
    expect(judgeOf(wider).judgedTransitions).toEqual([false, true]);
  });

  it('forgets counts and witnesses when reset', () => {
    const judge = judgeOf(gridState('holds', () => true));
    judge.judgeState({ x: 9, y: 9 });
    expect(judge.evidence()).toEqual([{ id: 'holds', applied: 1, witnessReached: true }]);
    judge.reset();
    expect(judge.evidence()).toEqual([{ id: 'holds', applied: 0, witnessReached: false }]);
  });
});
