/**
 * The machine interface: all that an engine knows of what it explores.
 *
 * `S` is the machine's own working object over one bound state vector: usually the accessor view
 * of the layout together with constants such as rules and geometry. An engine creates a few of
 * them (one per cursor) with `bind` and never looks inside.
 */
import type { Fields, Pool, RecordLayout, RecordView } from './layout.ts';

/** One parameter of a transition: a finite domain `0..size-1`, enumerated smallest first. */
export interface Parameter {
  readonly name: string;
  readonly size: number;
  /** How a value is printed and stored; unique within the domain. Default: the number. */
  readonly label?: (value: number) => string | number;
}

export interface Transition<S> {
  /** Kernel function, with a step suffix where the function is cut: `mmu_set_spte.store`. */
  readonly name: string;
  /** Who acts, for given arguments: `vcpu0`, `mm`, `ioctl`, … */
  readonly actor: (...args: number[]) => string;
  /** At most four. */
  readonly parameters: readonly Parameter[];
  /** One sentence: what happens. Shown by `explain` and `list transitions`. */
  readonly says: string;
  /** Kernel function or manual section by name. */
  readonly source?: readonly string[];
  /**
   * Places (see `Machine.place`) of the actor that is the first argument: nowhere else is the
   * transition enabled, hence it is not tried there. Default: anywhere.
   */
  readonly at?: readonly string[];
  /**
   * Guard and effect in one: returns `false` before the first write when disabled, otherwise
   * changes the bound state in place and returns `true`. Depends on state, arguments and
   * constants alone. A broken assumption of the model is reported with `assertModel`.
   */
  readonly step: (s: S, a: number, b: number, c: number, d: number) => boolean;
  /**
   * Whether its actor is sure to take this enabled step, if it takes no other sure one: asked of
   * the state before the step, for progress properties alone. Default: always.
   */
  readonly sure?: (s: S, a: number, b: number, c: number, d: number) => boolean;
}

/** What a property reports: the sentence and the objects concerned. */
export interface Finding {
  readonly message: string;
  readonly where: Readonly<Record<string, number | string | boolean>>;
}

/** An interesting state that must be reachable, lest a property hold for lack of cases. */
export interface Witness<S> {
  readonly says: string;
  readonly reached: (s: S) => boolean;
  /** As for a state property: what `reached` reads. */
  readonly reads?: readonly string[];
}

interface PropertyText {
  /** Kebab-case sentence: `unsync-only-at-4k`. */
  readonly id: string;
  readonly says: string;
  readonly why: string;
  readonly source: readonly string[];
}

/** A predicate over single states, evaluated on each distinct state at its moment. */
export interface StateProperty<S> extends PropertyText {
  readonly kind: 'state';
  /** Name of a moment of the machine, or `every-step`. */
  readonly when: string;
  /**
   * Paths of the layout that `applies` and `check` read (`vcpu.pc`), with all that is below them.
   * States that agree there get the same answer without being asked again. Without it, every
   * state is asked.
   */
  readonly reads?: readonly string[];
  readonly applies: (s: S) => boolean;
  readonly check: (s: S) => Finding | null;
  readonly witness: Witness<S>;
}

/** A predicate over single steps, evaluated on each execution of the named transitions. */
export interface StepProperty<S> extends PropertyText {
  readonly kind: 'step';
  /** Names of the transitions it judges. */
  readonly on: readonly string[];
  /**
   * Paths of the layout that `check` reads of the state before the step, where it looks at nothing
   * else but the arguments: it is asked once for all steps that agree there. Without it, it is
   * asked whenever it applies.
   */
  readonly reads?: readonly string[];
  /** `before` and `after` are bound to different vectors; `args` are those of the transition. */
  readonly applies: (before: S, after: S, args: readonly number[], transition: string) => boolean;
  readonly check: (
    before: S,
    after: S,
    args: readonly number[],
    transition: string,
  ) => Finding | null;
  readonly witness: Witness<S>;
}

export type Property<S> = StateProperty<S> | StepProperty<S>;

/**
 * A claim about runs without end: what is under way comes to an end, provided that every actor
 * that stays able to take a sure step takes one again and again (weak fairness).
 */
export interface ProgressProperty<S> extends PropertyText {
  readonly kind: 'progress';
  /** How many things it speaks of, each by itself. The same in every state. */
  readonly objects: (s: S) => number;
  /** Whether thing number `object` is under way. It must not stay so for ever. */
  readonly pending: (s: S, object: number) => boolean;
  /** What to report of a thing that stays under way, in a state where it is. */
  readonly finding: (s: S, object: number) => Finding;
  readonly witness: Witness<S>;
}

export interface Machine<S, F extends Fields = Fields> {
  readonly name: string;
  readonly layout: RecordLayout<F>;
  /** Wraps an accessor view. Called once per cursor; the view stays bound to one vector. */
  readonly bind: (view: RecordView<F>) => S;
  /** Initial states: each writes into a vector of zeros. */
  readonly initial: readonly ((s: S) => void)[];
  /** In documented order; instances are enumerated by transition, then arguments, smallest up. */
  readonly transitions: readonly Transition<S>[];
  readonly properties: readonly Property<S>[];
  /** Asked of runs without end. Default: none. */
  readonly progress?: readonly ProgressProperty<S>[];
  /** Moments at which state properties may be asked, beside `every-step`. */
  readonly moments: Readonly<Record<string, (s: S) => boolean>>;
  /** Path of a `one-of` in the records of an array (`vcpu.pc`): where each actor is. */
  readonly place?: string;
  /** Interchangeable pools; permuting any of them maps behaviours onto behaviours. */
  readonly symmetry: readonly Pool[];
  /**
   * Brings fields without meaning to their canonical value. Called after each executed step,
   * before hashing. Must not depend on which identity has which number.
   */
  readonly normalise?: (s: S) => void;
}

/** Thrown when the model itself is wrong; the command line ends with exit code 70. */
export class ModelAssumptionError extends Error {
  override readonly name = 'ModelAssumptionError';
}

/** Errors: throws `ModelAssumptionError` with the sentence that turned out not to hold. */
export function assertModel(condition: boolean, sentence: string): asserts condition {
  if (!condition) throw new ModelAssumptionError(sentence);
}
