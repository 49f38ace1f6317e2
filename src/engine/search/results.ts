/** Outcome and statistics of a search, put together. */
import type { Fields, Machine } from '../machine/index.ts';
import type { Bound, Outcome, PropertyEvidence, Statistics, Violation } from '../outcome.ts';

export function outcomeOf(
  bound: Bound | null,
  violations: readonly Violation[],
  statistics: Statistics,
): Outcome {
  if (violations.length > 0) {
    return bound === null
      ? { kind: 'violated', violations, statistics }
      : { kind: 'violated', violations, bound, statistics };
  }
  return bound === null
    ? { kind: 'held', statistics }
    : { kind: 'inconclusive', bound, statistics };
}

export interface Counters<S, F extends Fields> extends Pick<
  Statistics,
  'states' | 'elapsed_ms' | 'memory_bytes'
> {
  readonly machine: Machine<S, F>;
  readonly expanded: number;
  /** Executed steps by transition. */
  readonly taken: readonly number[];
  /** New states of the levels that are complete. */
  readonly levels: readonly number[];
  readonly exact: boolean;
  readonly evidence: readonly PropertyEvidence[];
}

export function statisticsOf<S, F extends Fields>(counters: Counters<S, F>): Statistics {
  const { machine, states, taken, exact } = counters;
  const levels = [...counters.levels];
  const seen = levels.reduce((sum, count) => sum + count, 0);
  if (states > seen) levels.push(states - seen);
  return {
    states,
    transitions: taken.reduce((sum, count) => sum + count, 0),
    depth: Math.max(levels.length - 1, 0),
    levels,
    queue: states - counters.expanded,
    elapsed_ms: counters.elapsed_ms,
    memory_bytes: counters.memory_bytes,
    collisionProbability: exact ? 0 : Math.min(1, states ** 2 / 2 ** 65),
    coverage: machine.transitions.map(({ name }, index) => ({ name, taken: taken[index] ?? 0 })),
    evidence: counters.evidence,
  };
}
