import { describe, expect, it } from 'vitest';
import { Fault, type FaultCode } from '../../src/checker/fault.ts';
import { replay, type Replay } from '../../src/counterexample/replay.ts';
import type { Counterexample } from '../../src/counterexample/schema.ts';
import { toyCatalogue } from '../toy/catalogue.ts';
import { badRun, endlessRun, goodRun, toyModel, withFingerprints } from '../toy/counterexamples.ts';

const replayed = (found: Counterexample, acceptModelChange = false): Replay =>
  replay('x.json', found, toyCatalogue, { model: toyModel, acceptModelChange });

function refusal(found: Counterexample, acceptModelChange = false): [FaultCode, string] {
  try {
    replayed(found, acceptModelChange);
  } catch (error) {
    if (error instanceof Fault) return [error.code, error.lines().join('\n')];
    throw error;
  }
  throw new Error('the file was not refused');
}

const withAction = (index: number, changes: object): Counterexample => {
  const run = badRun();
  const actions = run.actions.map((action, i) =>
    i === index ? { ...action, ...changes } : action,
  );
  return { ...run, actions };
};

describe('replay of a loop', () => {
  it('verifies that it closes, is fair, and leaves something under way', () => {
    const { asExpected, violation, loopFault } = replayed(endlessRun());
    expect(loopFault).toBeUndefined();
    expect(violation).toEqual({
      property: 'everybody-gets-in',
      step: 2,
      endless: { loop: 0, finding: { message: 'an actor never gets in', where: { actor: 0 } } },
    });
    expect(asExpected).toBe(true);
  });

  it('notices one that does not close', () => {
    const open = replayed({ ...endlessRun(), loop: 1 });
    expect(open).toMatchObject({ asExpected: false, loopFault: { kind: 'open' } });
  });

  it('notices one on which somebody is kept from moving', () => {
    const expected = { verdict: 'violated', property: 'lock-is-freed', step: 1 } as const;
    const actions = endlessRun().actions.slice(0, 1);
    const unfair = { ...endlessRun(), actions, loop: 1, expect: expected };
    const result = replayed(withFingerprints(unfair));
    expect(result).toMatchObject({ asExpected: false, loopFault: { kind: 'unfair' } });
  });

  it('notices one on which the thing comes to its end', () => {
    const expected = { verdict: 'violated', property: 'lock-is-freed', step: 2 } as const;
    const ends = replayed({ ...endlessRun(), expect: expected });
    expect(ends.asExpected).toBe(false);
    expect(ends.violation).toBeUndefined();
  });

  it('takes a run that ends for no more than that', () => {
    const { loop: _, ...ended } = endlessRun();
    expect(replayed(ended)).toMatchObject({ asExpected: false });
  });
});

describe('replay', () => {
  it('reaches the recorded violation at the recorded step', () => {
    const { asExpected, violation, drift } = replayed(badRun());
    expect(asExpected).toBe(true);
    expect(violation).toEqual({ property: 'one-inside-at-a-time', step: 4 });
    expect(drift).toBeUndefined();
  });

  it('finds nothing along a run that holds', () => {
    const { asExpected, violation } = replayed(goodRun());
    expect(asExpected).toBe(true);
    expect(violation).toBeUndefined();
  });

  it('notices a run that holds where a violation is recorded, and the reverse', () => {
    const holds = { ...goodRun(), expect: badRun().expect, actions: goodRun().actions };
    const step = { verdict: 'violated', property: 'one-inside-at-a-time', step: 3 } as const;
    expect(replayed({ ...holds, expect: step }).asExpected).toBe(false);
    expect(replayed({ ...badRun(), expect: { verdict: 'holds' } }).asExpected).toBe(false);
  });

  it('notices a violation at another step', () => {
    const expected = { ...badRun().expect, step: 3 };
    expect(replayed({ ...badRun(), expect: expected }).asExpected).toBe(false);
  });

  it.each([
    ['scenario', { scenario: 'lock-two-actor' }, 'nearest: lock-two-actors'],
    ['preset', { rules: { preset: 'upsteam', changes: {} } }, 'nearest: upstream'],
    ['mutant', { rules: { ...badRun().rules, mutant: 'test-then-get' } }, 'nearest: test-then-set'],
    ['rule', { rules: { ...badRun().rules, changes: { aquire: 1 } } }, 'nearest: acquire'],
    ['the value', { rules: { ...badRun().rules, changes: { release: 'me' } } }, 'explain release'],
    [
      'property',
      { expect: { verdict: 'violated', property: 'one-inside', step: 4 } },
      'nearest: one-inside-at-a-time',
    ],
    ['machine', { machine: 'look' }, 'machine "lock"'],
    ['initial state', { initial: 7 }, 'machine "lock" has 1'],
  ] as const)('refuses an unknown %s', (what, changes, hint) => {
    const [code, text] = refusal({ ...badRun(), ...changes });
    expect(code).toBe('KMC-201');
    expect(text).toContain('x.json');
    expect(text).toContain(what);
    expect(text).toContain(hint);
  });

  it('names the step with an unknown transition, and the nearest ones', () => {
    const [code, text] = refusal(withAction(2, { transition: 'lock_acquire.sat' }));
    expect(code).toBe('KMC-201');
    expect(text).toContain('x.json: step 3 names transition "lock_acquire.sat"');
    expect(text).toContain('nearest: lock_acquire.set');
    expect(text).toContain('list transitions --machine lock');
  });

  it('names the step with an argument out of its domain', () => {
    const [code, text] = refusal(withAction(0, { args: { actor: 'a7' } }));
    expect(code).toBe('KMC-201');
    expect(text).toContain('step 1');
    expect(text).toContain('actor is one of a0, a1');
  });

  it('names the step with the wrong actor', () => {
    const [code, text] = refusal(withAction(1, { actor: 'actor0' }));
    expect(code).toBe('KMC-201');
    expect(text).toContain('step 2');
  });

  it('names the step whose guard does not hold', () => {
    const [code, text] = refusal(withAction(0, { transition: 'lock_release' }));
    expect(code).toBe('KMC-208');
    expect(text).toContain('step 1');
  });

  it('locates the first state that is not the recorded one', () => {
    const run = badRun();
    const fingerprints = run.fingerprints.map((f, i) => (i < 2 ? f : '0adcd5aa51ee2980'));
    const [code, text] = refusal({ ...run, fingerprints });
    expect(code).toBe('KMC-207');
    expect(text).toContain('after step 3');
  });

  it('refuses another model, and says how to go on', () => {
    const model = { version: '0.0.0', hash: 'ffffffffffffffff' };
    const [code, text] = refusal({ ...badRun(), model });
    expect(code).toBe('KMC-206');
    expect(text).toContain('replay --accept-model-change x.json');
  });

  it('goes on with another model when told to, and reports where states differ', () => {
    const run = badRun();
    const model = { version: '0.0.1', hash: run.model.hash };
    expect(replayed({ ...run, model }, true)).toMatchObject({ asExpected: true });
    const fingerprints = run.fingerprints.map((f, i) => (i === 1 ? '0adcd5aa51ee2980' : f));
    expect(replayed({ ...run, model, fingerprints }, true)).toMatchObject({
      asExpected: true,
      drift: 2,
    });
  });

  it('judges by the recorded property alone', () => {
    const run = badRun();
    const other = { verdict: 'violated', property: 'entry-takes-the-lock', step: 4 } as const;
    expect(replayed(withFingerprints({ ...run, expect: other })).violation).toBeUndefined();
  });
});
