/**
 * From any counterexample to a small one, with a certificate of how small it is.
 *
 * First replay alone: delta debugging, pairs, smaller arguments. Then breadth-first search from
 * the states of the trace, late ones first, for anything shorter; and last from the initial
 * states, which, when it completes, proves that nothing shorter exists within the scenario.
 */
import { BrokenModelError } from './broken-model.ts';
import { checkExhaustively } from './exhaustive.ts';
import type { Fields, Machine } from './machine/index.ts';
import { attempt, type FailingTrace, type Wanted } from './minimise/attempt.ts';
import { Reducer } from './minimise/reduce.ts';
import type { Control, Minimality, Outcome, Trace, Violation } from './outcome.ts';
import { compileMachine, type Program } from './program.ts';
import { Pacer } from './random/pacer.ts';

/** States that all searches of one minimisation may visit together. */
export const SEARCH_STATES_DEFAULT = 300_000;
/** Steps that all replays of one minimisation may execute together. */
export const REPLAY_STEPS_DEFAULT = 20_000_000;

export interface MinimiseOptions {
  /** Budget of the breadth-first searches, in states; 0 for none. Default: 300 000. */
  readonly searchStates?: number;
  /** Budget of the replays, in steps. Default: 20 000 000. */
  readonly replaySteps?: number;
}

/** What a search for a shorter trace came to. */
type Searched =
  | { readonly kind: 'shorter'; readonly trace: Trace; readonly states: number }
  | { readonly kind: 'nothing-shorter'; readonly states: number }
  | { readonly kind: 'cut-short' };

/** The machine that starts where `steps` lead to from an initial state. */
function startingAfter<S, F extends Fields>(
  program: Program<S, F>,
  { initial, steps }: Trace,
): Machine<S, F> {
  const { machine } = program;
  const start = (s: S): void => {
    machine.initial[initial]?.(s);
    machine.normalise?.(s);
    for (const id of steps) {
      const { transition, args } = program.instance(id);
      machine.transitions[transition]?.step(s, ...args);
      machine.normalise?.(s);
    }
  };
  return { ...machine, initial: [start] };
}

class Minimiser<S, F extends Fields> {
  readonly #program: Program<S, F>;
  readonly #reducer: Reducer<S, F>;
  readonly #pacer: Pacer;
  readonly #control: Control;
  #budget: number;

  constructor(
    program: Program<S, F>,
    failing: FailingTrace,
    options: MinimiseOptions,
    control: Control,
  ) {
    this.#program = program;
    this.#control = control;
    this.#budget = options.searchStates ?? SEARCH_STATES_DEFAULT;
    this.#pacer = new Pacer(control);
    const replaySteps = options.replaySteps ?? REPLAY_STEPS_DEFAULT;
    this.#reducer = new Reducer(program, failing, replaySteps, this.#pacer);
  }

  get best(): FailingTrace {
    return this.#reducer.best;
  }

  async run(): Promise<Minimality> {
    if (!(await this.#reducer.reduce())) return { kind: 'none' };
    let length: number;
    let shortest: boolean;
    do {
      length = this.best.trace.steps.length;
      shortest = await this.#searchSuffixes();
      if (!(await this.#reducer.reduce()) && !shortest) return { kind: 'none' };
    } while (!shortest && this.best.trace.steps.length < length);
    return { kind: shortest ? 'shortest' : '1-minimal' };
  }

  /**
   * Makes the rest of the trace a shortest one from each of its states, from the end to the
   * beginning. Returns whether that was completed: then the whole trace is a shortest one.
   */
  async #searchSuffixes(): Promise<boolean> {
    for (let at = Math.max(0, this.best.trace.steps.length - 2); at >= 0; at--) {
      const { initial, steps } = this.best.trace;
      const prefix = { initial, steps: steps.slice(0, at) };
      const searched = await this.#search(prefix, steps.length - at - 1);
      if (searched.kind === 'cut-short') return false;
      this.#budget -= searched.states;
      if (searched.kind === 'shorter') this.#replace(searched.trace);
    }
    return true;
  }

  /** From the state after `prefix`; from every initial state when there is no prefix. */
  async #search(prefix: Trace, depth: number): Promise<Searched> {
    if (depth < 0) return { kind: 'nothing-shorter', states: 0 };
    if (this.#budget <= 0 || this.#pacer.ended !== null) return { kind: 'cut-short' };
    const whole = prefix.steps.length === 0;
    const start = whole ? this.#program.machine : startingAfter(this.#program, prefix);
    const outcome = await this.#explore(start, depth);
    if (outcome === null) return { kind: 'cut-short' };
    const { states } = outcome.statistics;
    if (outcome.kind === 'violated') {
      const found = outcome.violations[0]?.trace ?? prefix;
      const initial = whole ? found.initial : prefix.initial;
      const trace = { initial, steps: [...prefix.steps, ...found.steps] };
      return { kind: 'shorter', trace, states };
    }
    const complete = outcome.kind === 'held' || outcome.bound === 'depth';
    return complete ? { kind: 'nothing-shorter', states } : { kind: 'cut-short' };
  }

  /** `null` when the search met a broken assumption, which is not what it looks for. */
  async #explore(machine: Machine<S, F>, depth: number): Promise<Outcome | null> {
    const limits = { depth, states: this.#budget };
    try {
      return await checkExhaustively(machine, { limits, symmetry: false }, this.#control);
    } catch (error) {
      if (error instanceof BrokenModelError) return null;
      throw error;
    }
  }

  #replace(trace: Trace): void {
    const failing = attempt(this.#program, trace, this.best.failure);
    if (failing === null) throw new Error('the search found a trace that replay does not confirm');
    this.#reducer.best = failing;
  }
}

/**
 * Minimises a counterexample for its own property; other properties are not looked at.
 *
 * Deterministic. The certificate is `shortest` when the search from the initial states completed,
 * `1-minimal` when no deletion of one or two steps keeps the violation, and `none` when an
 * interruption or the budget of replays ended it before that was known.
 * Errors: `RangeError` when the machine has no such property or the trace does not violate it.
 */
export async function minimise<S, F extends Fields>(
  machine: Machine<S, F>,
  violation: Violation,
  options: MinimiseOptions,
  control: Control,
): Promise<Violation> {
  const { property, finding, trace } = violation;
  const properties = machine.properties.filter(({ id }) => id === property);
  if (properties.length === 0) throw new RangeError(`there is no property ${property}`);
  const program = compileMachine({ ...machine, properties });
  const wanted: Wanted = { kind: 'violated', property, finding };
  const failing = attempt(program, trace, wanted);
  if (failing === null) throw new RangeError(`the trace does not violate ${property}`);
  const minimiser = new Minimiser(program, failing, options, control);
  const minimality = await minimiser.run();
  const { trace: small, failure } = minimiser.best;
  const smallFinding = failure.kind === 'violated' ? failure.finding : finding;
  return { property, finding: smallFinding, trace: small, minimality };
}
