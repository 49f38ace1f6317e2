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
import type { Control, Limits, Minimality, Outcome, Trace, Violation } from './outcome.ts';
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

/**
 * Share of the search budget for the states of the trace. The rest is for the initial states,
 * whose search alone can certify.
 */
const SUFFIX_SHARE = 0.25;

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
      await this.#searchFromTrace();
      shortest = await this.#search({ initial: 0, steps: [] }, this.#budget);
      if (!(await this.#reducer.reduce()) && !shortest) return { kind: 'none' };
    } while (!shortest && this.best.trace.steps.length < length);
    return { kind: shortest ? 'shortest' : '1-minimal' };
  }

  /** Makes the rest of the trace a shortest one from each of its states, late ones first. */
  async #searchFromTrace(): Promise<void> {
    const reserve = Math.ceil(this.#budget * (1 - SUFFIX_SHARE));
    for (let at = this.best.trace.steps.length - 2; at > 0; at--) {
      const { initial, steps } = this.best.trace;
      const prefix = { initial, steps: steps.slice(0, at) };
      if (!(await this.#search(prefix, this.#budget - reserve))) return;
    }
  }

  /**
   * Searches for a shorter trace that begins with `prefix`; from every initial state when that is
   * empty. Returns whether the search was completed: then the rest of the trace is shortest.
   */
  async #search(prefix: Trace, states: number): Promise<boolean> {
    const depth = this.best.trace.steps.length - prefix.steps.length - 1;
    if (depth < 0) return true;
    if (this.#pacer.due()) await this.#pacer.giveWay();
    if (states <= 0 || this.#pacer.ended !== null) return false;
    const whole = prefix.steps.length === 0;
    const start = whole ? this.#program.machine : startingAfter(this.#program, prefix);
    const outcome = await this.#explore(start, { depth, states });
    if (outcome === null) return false;
    this.#budget -= outcome.statistics.states;
    if (outcome.kind !== 'violated') return outcome.kind === 'held' || outcome.bound === 'depth';
    const found = outcome.violations[0]?.trace ?? prefix;
    const initial = whole ? found.initial : prefix.initial;
    this.#replace({ initial, steps: [...prefix.steps, ...found.steps] });
    return true;
  }

  /** `null` when the search met a broken assumption, which is not what it looks for. */
  async #explore(machine: Machine<S, F>, limits: Limits): Promise<Outcome | null> {
    try {
      const options = { limits, symmetry: false, liveness: false };
      return await checkExhaustively(machine, options, this.#control);
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
