/** The value that fast-check draws and shrinks: a concrete trace. */
import { toStringMethod } from 'fast-check';
import type { Trace } from '../outcome.ts';
import type { FailingTrace } from '../minimise/attempt.ts';

/**
 * What became of a walk: its failure, or `null` when all held. `undefined`: not executed yet,
 * as is the case for what the shrinker proposes.
 */
export type Verdict = FailingTrace | null | undefined;

/** Instance ids from an initial state. Disabled ones are skipped when it is executed. */
export class Walk implements Trace {
  readonly initial: number;
  readonly steps: readonly number[];
  readonly verdict: Verdict;

  constructor({ initial, steps }: Trace, verdict?: Verdict) {
    this.initial = initial;
    this.steps = steps;
    this.verdict = verdict;
  }

  [toStringMethod](): string {
    return `Walk(from ${this.initial}: ${this.steps.join(' ')})`;
  }
}
