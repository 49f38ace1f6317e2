import { describe, expect, it } from 'vitest';
import { BrokenModelError } from '../../src/engine/broken-model.ts';
import { compileMachine } from '../../src/engine/program.ts';
import {
  DisabledStepError,
  replayTrace,
  traceOf,
  UnknownActionError,
} from '../../src/engine/replay.ts';
import { brokenCounter, counter, lostUpdate } from './random-machines.ts';

describe('replayTrace', () => {
  it('shows each action with the state before and after it', () => {
    const { initial, steps, stopped } = replayTrace(counter, { initial: 1, steps: [3, 5] });
    expect(initial.state).toEqual({ value: 2, lamp: false });
    expect(initial.findings).toEqual([]);
    expect(stopped).toBeUndefined();
    expect(steps.map(({ action }) => action)).toEqual([
      { actor: 'someone', transition: 'add', args: { by: 3 } },
      { actor: 'someone', transition: 'lamp.toggle', args: {} },
    ]);
    expect(steps.map(({ before, after }) => [before, after])).toEqual([
      [
        { value: 2, lamp: false },
        { value: 6, lamp: false },
      ],
      [
        { value: 6, lamp: false },
        { value: 6, lamp: true },
      ],
    ]);
  });

  it('gives a fingerprint of each state, the same for the same state', () => {
    const { initial, steps } = replayTrace(counter, { initial: 0, steps: [5, 5] });
    expect(initial.fingerprint).toMatch(/^[0-9a-f]{16}$/);
    expect(steps[0]?.fingerprint).not.toBe(initial.fingerprint);
    expect(steps[1]?.fingerprint).toBe(initial.fingerprint);
  });

  it('lists the findings of all properties after the step that breaks them', () => {
    const { steps } = replayTrace(lostUpdate, { initial: 0, steps: [0, 1, 2, 3] });
    expect(steps.map(({ findings }) => findings.map(({ id }) => id))).toEqual([
      [],
      [],
      [],
      ['a-store-adds-one', 'no-update-is-lost'],
    ]);
  });

  it('stops at a disabled step and names it', () => {
    const { steps, stopped } = replayTrace(lostUpdate, { initial: 0, steps: [0, 3, 1] });
    expect(steps).toHaveLength(1);
    expect(stopped).toBeInstanceOf(DisabledStepError);
    expect(stopped).toMatchObject({
      step: 1,
      action: { transition: 'store', args: { thread: 1 } },
      message: 'step 2, store by someone, is disabled',
    });
  });

  it('throws a broken assumption with the trace up to it', () => {
    const trace = { initial: 0, steps: [3, 3, 3, 3] };
    expect(() => replayTrace(brokenCounter, trace)).toThrow(BrokenModelError);
    try {
      replayTrace(brokenCounter, trace);
    } catch (error) {
      expect(error).toMatchObject({ trace: { initial: 0, steps: [3, 3, 3] } });
    }
  });
});

describe('traceOf', () => {
  const program = compileMachine(lostUpdate);

  it('is the way back from the actions of a trace', () => {
    const steps = program.instances.map(({ id }) => id);
    const actions = steps.map((id) => program.actionOf(id));
    expect(traceOf(program, actions, 2)).toEqual({ initial: 2, steps });
  });

  it('names an action that the machine does not have', () => {
    const action = { actor: 'cpu', transition: 'store', args: { thread: 2 } };
    expect(() => traceOf(program, [action])).toThrow(UnknownActionError);
    expect(() => traceOf(program, [action])).toThrow('step 1: there is no store(thread=2)');
  });
});
