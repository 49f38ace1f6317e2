/** A run as a search for causes sees it: the states, and questions about when things became so. */
import type { Geometry } from '../../model/geometry.ts';
import type { Cause, PlainRun } from '../checker/catalogue.ts';
import type { Finding } from '../engine/machine/index.ts';
import type { ShadowPage, ShadowState, ShadowVcpu } from '../picture/shadow-state.ts';
import { readGuest } from '../picture/shadow-walk.ts';

export interface WhyRun {
  readonly geometry: Geometry;
  /** From the initial state to the one with the finding: state `n` is the one after step `n`. */
  readonly states: readonly ShadowState[];
  /** Step `n` is at `n - 1`. */
  readonly steps: PlainRun['steps'];
}

/**
 * Finds the steps that led to a finding, by looking at states alone: which rule was changed is
 * not known here. Finds nothing rather than guess.
 */
export type CauseFinder = (run: WhyRun, finding: Finding) => readonly Cause[];

export type { Cause } from '../checker/catalogue.ts';

export type Test = (state: ShadowState) => boolean;

/** Number of the last step. */
export const endOf = ({ states }: WhyRun): number => states.length - 1;

export const stateAt = ({ states }: WhyRun, step: number): ShadowState =>
  states[step] ?? (states[0] as ShadowState);

export const finalState = (run: WhyRun): ShadowState => stateAt(run, endOf(run));

/** The run up to a step. */
export const until = (run: WhyRun, step: number): WhyRun => ({
  ...run,
  states: run.states.slice(0, step + 1),
  steps: run.steps.slice(0, step),
});

/**
 * The step that made something true that is so from there to the end. Nothing when it is not so
 * at the end, or has been from the start.
 */
export function since(run: WhyRun, test: Test): number | undefined {
  let step = endOf(run);
  if (!test(stateAt(run, step))) return undefined;
  while (step > 0 && test(stateAt(run, step - 1))) step -= 1;
  return step === 0 ? undefined : step;
}

/** The last step that changed a value. Nothing when none did. */
export function lastChange(
  run: WhyRun,
  valueIn: (state: ShadowState) => unknown,
): number | undefined {
  const now = JSON.stringify(valueIn(finalState(run)));
  return since(run, (state) => JSON.stringify(valueIn(state)) === now);
}

/** The last step, at or after `from`, for which the states around it pass a test. */
export function lastStep(
  run: WhyRun,
  from: number,
  test: (before: ShadowState, after: ShadowState, step: PlainRun['steps'][number]) => boolean,
): number | undefined {
  for (let n = endOf(run); n >= Math.max(1, from); n -= 1) {
    const step = run.steps[n - 1];
    if (step !== undefined && test(stateAt(run, n - 1), stateAt(run, n), step)) return n;
  }
  return undefined;
}

/** A cause where the step is known. */
export const cause = (step: number | undefined, text: string): Cause[] =>
  step === undefined ? [] : [{ step, text }];

export const hex = (value: number): string => `0x${value.toString(16)}`;

/** A number that a finding names, as a number or in hexadecimal. */
export function named({ where }: Finding, name: string): number | undefined {
  const value = where[name];
  const number = typeof value === 'string' ? Number(value) : value;
  return typeof number === 'number' && Number.isInteger(number) ? number : undefined;
}

export const pageAt = (state: ShadowState, sp: number): ShadowPage | undefined => state.sp[sp];
export const vcpuAt = (state: ShadowState, v: number): ShadowVcpu | undefined => state.vcpu[v];
export const spteAt = (state: ShadowState, sp: number, index: number): number =>
  state.sp[sp]?.spt[index] ?? 0;

/** The guest entry, in some state, behind an entry of a page of the final state. */
export const gpteBehind = (run: WhyRun, state: ShadowState, sp: number, index: number): number =>
  readGuest(state, run.geometry, finalState(run).sp[sp]?.gfn ?? 0, index);

export const isAllocated = (page: ShadowPage | undefined): page is ShadowPage =>
  page !== undefined && page.list !== 'free';

/** A lookup may return it, and its guest table must be mapped read-only everywhere. */
export const isTableInSync = (page: ShadowPage): boolean =>
  isAllocated(page) && !page.role.invalid && !page.role.direct && !page.unsync;

/** Pages in sync that shadow a guest table, by number. */
export const inSyncAt = (state: ShadowState, gfn: number): number[] =>
  state.sp.flatMap((page, sp) => (page.gfn === gfn && isTableInSync(page) ? [sp] : []));
