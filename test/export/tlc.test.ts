import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tlcText } from '../../src/export/tlc.ts';
import { tlcSchema } from './readers.ts';
import { endlessRun, runEnding, toyRun } from './runs.ts';

const read = (text: string) => tlcSchema.parse(JSON.parse(text)).counterexample;

describe('tlcText', () => {
  it('has the levels, and between them the actions with their arguments', () => {
    const run = toyRun();
    const { state, action } = read(tlcText(run));
    expect(state.map(([, values]) => values)).toEqual(run.states);
    expect(action.map(([from, , to]) => [from[0], to[0]])).toEqual([
      [1, 2],
      [2, 3],
      [3, 4],
      [4, 5],
    ]);
    expect(action.map(([, { name }]) => name)).toEqual(run.steps.map((s) => s.action.transition));
    expect(action[0]?.[0]).toEqual(state[0]);
    expect(action[0]?.[2]).toEqual(state[1]);
  });

  it('leads back from the last action of a run that never ends', () => {
    const { state, action } = read(tlcText(endlessRun()));
    expect(state.map(([level]) => level)).toEqual([1, 2, 3, 4]);
    expect(action.map(([from, , to]) => [from[0], to[0]]).at(-1)).toEqual([4, 3]);
  });

  it('has all levels of a run that ends at rest', () => {
    const { violation, ...run } = endlessRun();
    if (violation === undefined) throw new Error('the run violates nothing');
    const { state, action } = read(tlcText({ ...run, violation: { ...violation, loop: 4 } }));
    expect(state).toHaveLength(5);
    expect(action.at(-1)?.[2][0]).toBe(5);
  });

  it('says who acts, and has a number wherever there is one or none', () => {
    const { state, action } = read(tlcText(runEnding('shared-directory--inherited-permission')));
    expect(action[4]?.[1]).toEqual({
      name: 'guestAccess',
      parameters: ['actor', 'v', 'va', 'kind'],
      context: { actor: 'vcpu0', v: 0, va: '0x0', kind: 'ur' },
    });
    expect(state[0]?.[1]).toMatchObject({ mmu_lock: { holder: -1 } });
    expect(state[1]?.[1]).toMatchObject({ mmu_lock: { holder: 0 } });
  });
});

describe('the schema that judges it', () => {
  it.each(['safety', 'liveness'])('takes what TLC has written itself: %s', (name) => {
    const { state, action } = read(
      readFileSync(join(import.meta.dirname, 'tlc', `${name}.json`), 'utf8'),
    );
    expect(state.map(([level]) => level)).toEqual(name === 'safety' ? [1, 2, 3] : [1, 2]);
    const last = name === 'safety' ? [2, 3] : [2, 1];
    expect(action.map(([from, , to]) => [from[0], to[0]]).at(-1)).toEqual(last);
  });
});
