/**
 * What an engine returns. `held | violated | inconclusive` is all that leaves an engine;
 * a broken model assumption is thrown (`BrokenModelError`, with the trace that led to it).
 */
import type { Finding } from './machine/index.ts';

/** One executed step by name: what is printed and stored. Arguments are labels, not indices. */
export interface Action {
  readonly actor: string;
  readonly transition: string;
  readonly args: Readonly<Record<string, string | number>>;
}

/** A run of the machine: which initial state, then the instance ids of the executed steps. */
export interface Trace {
  readonly initial: number;
  readonly steps: readonly number[];
}

/** What is known of the length of a counterexample. */
export type Minimality =
  /** Exhaustive breadth-first search found nothing shorter within the scenario. */
  | { readonly kind: 'shortest' }
  /** No single action, nor pair of actions, can go. */
  | { readonly kind: '1-minimal' }
  /** A loop: no shorter run leads into one, and none through the state entered is shorter. */
  | { readonly kind: 'shortest-entry' }
  | { readonly kind: 'none' };

export interface Violation {
  readonly property: string;
  readonly finding: Finding;
  /** Ends with the step after which (or at which) the property is broken. */
  readonly trace: Trace;
  /**
   * For a progress property: the state after so many steps is the last one again, and the steps
   * from there on repeat for ever. No step is left when nobody is sure to move.
   */
  readonly loop?: number;
  readonly minimality: Minimality;
}

/** The named bounds; hitting one is an outcome, never silence. */
export type Bound = 'states' | 'depth' | 'time' | 'memory' | 'samples' | 'interrupted';

export interface TransitionCoverage {
  readonly name: string;
  /** Executed steps, those that reach a known state included. */
  readonly taken: number;
}

export interface PropertyEvidence {
  readonly id: string;
  /** How often the antecedent held: distinct states, or executed steps for a step property. */
  readonly applied: number;
  readonly witnessReached: boolean;
}

/** Counters of a run. Exact and reproducible for a search that was not cut short. */
export interface Statistics {
  /** Distinct states, initial ones included (orbits, when symmetry is on). */
  readonly states: number;
  /** Pairs of a state and an instance enabled in it. */
  readonly transitions: number;
  /** Largest shortest distance from an initial state, in steps, of the states seen. */
  readonly depth: number;
  /** New states per level, from level 0 (exhaustive search only). */
  readonly levels: readonly number[];
  /** States found but not yet expanded. */
  readonly queue: number;
  readonly elapsed_ms: number;
  readonly memory_bytes: number;
  /** Upper bound on the probability that two distinct states were taken for one; 0 when exact. */
  readonly collisionProbability: number;
  readonly coverage: readonly TransitionCoverage[];
  readonly evidence: readonly PropertyEvidence[];
  /** Random exploration only: walks made, steps executed in all. */
  readonly samples?: number;
}

export type Outcome =
  | { readonly kind: 'held'; readonly statistics: Statistics }
  | {
      readonly kind: 'violated';
      /** In order of discovery; one per property unless asked for more. */
      readonly violations: readonly Violation[];
      /** The bound that ended the search afterwards, when it went on and was cut short. */
      readonly bound?: Bound;
      readonly statistics: Statistics;
    }
  | { readonly kind: 'inconclusive'; readonly bound: Bound; readonly statistics: Statistics };

/** What a caller may limit. Absent = unlimited. */
export interface Limits {
  readonly states?: number;
  readonly depth?: number;
  readonly time_ms?: number;
  readonly memory_bytes?: number;
}

/** The caller's clock and its wish to stop: engines have neither of their own. */
export interface Control {
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  /** Polled between slices. */
  readonly interrupted?: () => boolean;
  /** Called at least once a second while an engine runs. */
  readonly onProgress?: (statistics: Statistics) => void;
}
