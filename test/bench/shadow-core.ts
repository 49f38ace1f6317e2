/** Runs of the shadow core, in the terms in which its figures are published. */
import {
  presets,
  shadowCore,
  type Fault,
  type Interchangeable,
} from '../../bench/machines/shadow-core.ts';
import { checkExhaustively, type ExhaustiveOptions } from '../../src/engine/exhaustive.ts';
import type { Outcome, Statistics } from '../../src/engine/outcome.ts';
import { aControl } from '../engine/search/machines.ts';

export const runShadowCore = (
  preset: keyof typeof presets,
  fault: Fault,
  interchangeable: Interchangeable,
  options: ExhaustiveOptions = {},
): Promise<Outcome> =>
  checkExhaustively(shadowCore(presets[preset], fault, interchangeable), options, aControl());

export const countsOf = ({ states, transitions, depth }: Statistics) => ({
  states,
  transitions,
  depth,
});

/** Executed steps by action, those of the host in one sum. */
export function takenBy({ coverage }: Statistics): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { name, taken } of coverage) {
    const key = name.startsWith('Host') ? 'Host' : name;
    sums[key] = (sums[key] ?? 0) + taken;
  }
  return sums;
}
