/**
 * A shortest loop through one state of a component, on which everybody who stays able to move
 * moves: breadth-first search over pairs of a state and the set of actors treated fairly so far.
 *
 * An actor is treated fairly once it takes a sure step or a state is met in which it has none.
 */
import type { Fields } from '../machine/index.ts';
import type { ProgressGraph } from './graph.ts';

/** Pairs that are tried before what was reached so far is taken. */
const PAIRS_MIN = 2 ** 20;

export interface LoopOptions {
  readonly start: number;
  /** All actors. */
  readonly everybody: number;
  /** States of the component. */
  readonly states: number;
  readonly isInside: (id: number) => boolean;
}

/** A pair, and how it was reached. */
interface Pair {
  readonly state: number;
  readonly fair: number;
  readonly from: number;
  readonly instance: number;
}

class LoopSearch<S, F extends Fields> {
  readonly #graph: ProgressGraph<S, F>;
  readonly #options: LoopOptions;

  constructor(graph: ProgressGraph<S, F>, options: LoopOptions) {
    this.#graph = graph;
    this.#options = options;
  }

  /** Instances of the loop, and whether none is shorter. */
  run(): { readonly steps: number[]; readonly shortest: boolean } {
    const { start, everybody } = this.#options;
    const steps: number[] = [];
    let pair: Pair = { state: start, fair: this.#idle(start), from: -1, instance: -1 };
    let pieces = 0;
    while (pair.state !== start || pair.fair !== everybody) {
      const reached = this.#search(pair);
      if (reached.steps.length === 0) throw new RangeError('the component is not fair');
      pair = reached.pair;
      steps.push(...reached.steps);
      pieces++;
    }
    return { steps, shortest: pieces <= 1 };
  }

  #idle(state: number): number {
    return this.#options.everybody & ~(this.#graph.able[state] as number);
  }

  /** To the end of the loop; with too many pairs, to the one that treats most actors fairly. */
  #search(first: Pair): { readonly pair: Pair; readonly steps: number[] } {
    const { start, everybody, states } = this.#options;
    const pairs: Pair[] = [{ ...first, from: -1, instance: -1 }];
    const known = new Set([this.#keyOf(first)]);
    let best = 0;
    for (let k = 0; k < pairs.length; k++) {
      for (const next of this.#successors(pairs[k] as Pair, k)) {
        const key = this.#keyOf(next);
        if (known.has(key)) continue;
        known.add(key);
        pairs.push(next);
        if (next.state === start && next.fair === everybody) return follow(pairs, next);
        if (sizeOf(next.fair) > sizeOf((pairs[best] as Pair).fair)) best = pairs.length - 1;
      }
      if (pairs.length > Math.max(PAIRS_MIN, 2 * states) && best > 0) break;
    }
    return follow(pairs, pairs[best] as Pair);
  }

  #keyOf({ state, fair }: Pair): number {
    return state * (this.#options.everybody + 1) + fair;
  }

  *#successors({ state, fair }: Pair, from: number): Generator<Pair> {
    const { firstOf, endOf, targets, instances, movers } = this.#graph;
    for (let step = firstOf[state] as number; step < (endOf[state] as number); step++) {
      const target = targets[step] as number;
      if (!this.#options.isInside(target)) continue;
      const moved = fair | (movers[step] as number) | this.#idle(target);
      yield { state: target, fair: moved, from, instance: instances[step] as number };
    }
  }
}

function follow(pairs: readonly Pair[], last: Pair): { pair: Pair; steps: number[] } {
  const steps: number[] = [];
  for (let at = last; at.from >= 0; at = pairs[at.from] as Pair) steps.unshift(at.instance);
  return { pair: last, steps };
}

function sizeOf(set: number): number {
  let count = 0;
  for (let rest = set; rest !== 0; rest &= rest - 1) count++;
  return count;
}

/** Errors: `RangeError` when no loop through the state is fair. */
export const fairLoop = <S, F extends Fields>(
  graph: ProgressGraph<S, F>,
  options: LoopOptions,
): { readonly steps: number[]; readonly shortest: boolean } => new LoopSearch(graph, options).run();
