import { describe, expect, it } from 'vitest';
import type { ShadowState } from '../../src/picture/shadow-state.ts';
import { lastChange, lastStep, since, until, type WhyRun } from '../../src/why/run.ts';

/** States that differ in one number alone. */
const counting = (...values: number[]): WhyRun => ({
  geometry: {} as WhyRun['geometry'],
  states: values.map(
    (indirect_shadow_pages) => ({ arch: { indirect_shadow_pages } }) as ShadowState,
  ),
  steps: values.slice(1).map((_, i) => ({ actor: 'vcpu0', transition: `t${i + 1}` })),
});

const value = (state: ShadowState): number => state.arch.indirect_shadow_pages;

describe('since', () => {
  it('is the step from which on something is so to the end', () => {
    expect(since(counting(0, 1, 0, 1, 1), (s) => value(s) === 1)).toBe(3);
  });

  it('is nothing when it is not so at the end, or has been from the start', () => {
    expect(since(counting(0, 1, 0), (s) => value(s) === 1)).toBeUndefined();
    expect(since(counting(1, 1, 1), (s) => value(s) === 1)).toBeUndefined();
  });
});

describe('lastChange', () => {
  it('is the step that made the value what it is', () => {
    expect(lastChange(counting(0, 1, 2, 2), value)).toBe(2);
    expect(lastChange(counting(5, 5), value)).toBeUndefined();
    expect(lastChange(until(counting(0, 1, 2, 2), 1), value)).toBe(1);
  });
});

describe('lastStep', () => {
  it('looks at the states around each step, from the end down to a first one', () => {
    const run = counting(0, 1, 1, 2, 2);
    const grows = (a: ShadowState, b: ShadowState) => value(b) > value(a);
    expect(lastStep(run, 1, grows)).toBe(3);
    expect(lastStep(run, 4, grows)).toBeUndefined();
    expect(lastStep(run, 1, (_a, _b, step) => step.transition === 't2')).toBe(2);
  });
});
