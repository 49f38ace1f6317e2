/**
 * Random exploration: walks among enabled instances, drawn, shrunk and replayed by fast-check.
 *
 * It finds violations and never claims that there are none: a run without one is inconclusive,
 * bounded by its samples, its time or an interruption.
 */
import { asyncProperty, check, PreconditionFailure, type RunDetails } from 'fast-check';
import { BrokenModelError } from './broken-model.ts';
import type { Fields, Machine } from './machine/index.ts';
import { minimise, type MinimiseOptions } from './minimise.ts';
import { attempt, type FailingTrace } from './minimise/attempt.ts';
import type { Bound, Control, Limits, Outcome, Statistics, Violation } from './outcome.ts';
import { compileMachine, type Program } from './program.ts';
import { Guide } from './random/guide.ts';
import { Pacer } from './random/pacer.ts';
import { checkPath, foldSeed, seedForFastCheck } from './random/seed.ts';
import { TraceArbitrary } from './random/trace-arbitrary.ts';
import type { Walk } from './random/walk.ts';
import { Walker } from './random/walker.ts';

/** A walk is not interrupted, so its length is bounded. */
export const WALK_STEPS_MAX = 10_000;

/** Steps replayed for shrinking; minimisation goes on from there. Counted, not timed. */
const SHRINK_STEPS_MAX = 5_000_000;

export interface RandomOptions extends MinimiseOptions {
  /** Folded to 32 bits, see `foldSeed`. */
  readonly seed: bigint;
  /** Starts at the walk, and the shrink of it, that an earlier run reported. */
  readonly path?: string;
  /** Walks to make. */
  readonly maxSamples: number;
  /** Steps of a walk; at most `WALK_STEPS_MAX`. */
  readonly maxSteps: number;
  /**
   * `time_ms` ends the drawing of walks; shrinking and minimising follow nevertheless. `depth`
   * bounds the steps of a walk too. No states are kept, so `states` and `memory_bytes` are not
   * bounds here.
   */
  readonly limits?: Limits;
  /**
   * Begin most walks in states that earlier ones were the first to reach. A walk then depends on
   * all before it: the seed repeats the run, and there is no path. Default: `false`.
   */
  readonly guided?: boolean;
  /** Whether to look for the smallest counterexample after shrinking. Default: `true`. */
  readonly minimise?: boolean;
  /** Range-check writes and indices, and disabled steps for writes (slow). Default: `false`. */
  readonly checked?: boolean;
}

/**
 * Seed and path together repeat the violation; without one, the path is the one given. The path
 * of a guided run is empty.
 */
export type RandomOutcome = Outcome & { readonly seed: bigint; readonly path: string };

const checkCount = (name: string, value: number, max: number): number => {
  if (value >= 1 && value <= max && (Number.isInteger(value) || value === Infinity)) return value;
  throw new RangeError(`${name} ${value}: must be a whole number from 1 to ${max}`);
};

/** One run: what fast-check calls back into. */
class Exploration<S, F extends Fields> {
  readonly pacer: Pacer;
  readonly arbitrary: TraceArbitrary<S, F>;
  /** As of the first failure: shrinking is not exploring. */
  statisticsAtFailure: Statistics | null = null;
  /** The bound that ended the run before its samples did. */
  bound: Bound | null = null;
  readonly #program: Program<S, F>;
  readonly #walker: Walker<S, F>;
  readonly #samples_max: number;
  #samples = 0;
  #shrinkSteps = 0;

  constructor(machine: Machine<S, F>, options: RandomOptions, control: Control) {
    const { maxSteps, limits = {} } = options;
    checkCount('maxSteps', maxSteps, WALK_STEPS_MAX);
    this.#samples_max = checkCount('maxSamples', options.maxSamples, Infinity);
    this.#program = compileMachine(machine, { checked: options.checked ?? false });
    const guide = options.guided === true ? new Guide() : null;
    const steps_max = Math.min(maxSteps, limits.depth ?? Infinity);
    this.#walker = new Walker(this.#program, steps_max, guide);
    this.arbitrary = new TraceArbitrary(this.#program, this.#walker);
    this.pacer = new Pacer(control, limits.time_ms, () => control.onProgress?.(this.statistics()));
  }

  /** The property: `false` when a walk, or a shrink of one, ends in the failure looked for. */
  async holds(walk: Walk): Promise<boolean> {
    const exploring = this.statisticsAtFailure === null;
    if (exploring && this.#samples === this.#samples_max) throw new PreconditionFailure(true);
    const failing = this.verdict(walk);
    if (exploring) this.#samples++;
    else this.#shrinkSteps += walk.steps.length;
    if (exploring && failing !== null) this.statisticsAtFailure = this.statistics();
    if (this.pacer.due()) await this.pacer.giveWay();
    if (failing !== null) return false;
    this.#stopIfEnded(exploring);
    return true;
  }

  verdict(walk: Walk): FailingTrace | null {
    return walk.verdict === undefined
      ? attempt(this.#program, walk, this.arbitrary.target)
      : walk.verdict;
  }

  statistics(): Statistics {
    const { taken } = this.#walker;
    return {
      states: 0,
      transitions: taken.reduce((sum, count) => sum + count, 0),
      depth: this.#walker.longest,
      levels: [],
      queue: 0,
      elapsed_ms: this.pacer.elapsed_ms(),
      memory_bytes: process.memoryUsage.rss(),
      collisionProbability: 0,
      coverage: this.#program.machine.transitions.map(({ name }, index) => ({
        name,
        taken: taken[index] ?? 0,
      })),
      evidence: this.#program.evidence(),
      samples: this.#samples,
    };
  }

  /** A time limit does not cut shrinking, which takes milliseconds; an interruption does. */
  #stopIfEnded(exploring: boolean): void {
    const { ended } = this.pacer;
    if (this.#shrinkSteps > SHRINK_STEPS_MAX) throw new PreconditionFailure(true);
    if (ended === null || (ended === 'time' && !exploring)) return;
    this.bound = ended;
    throw new PreconditionFailure(true);
  }
}

/**
 * Explores at random until a property is violated, or a bound is reached.
 *
 * Deterministic for a seed: the same walks in the same order. A violation is shrunk by fast-check,
 * then minimised. Statistics count walks up to the first failure; antecedents are counted per
 * judged state, which may be the same one again; `states` is 0, because none are kept for good.
 * Errors: `BrokenModelError` with a shrunk trace; `RangeError` for an option out of range.
 */
export async function explore<S, F extends Fields>(
  machine: Machine<S, F>,
  options: RandomOptions,
  control: Control,
): Promise<RandomOutcome> {
  const seed = foldSeed(options.seed);
  const path = checkPath(options.path ?? '');
  if (options.guided === true && path !== '') throw new RangeError('a guided run has no path');
  const exploration = new Exploration(machine, options, control);
  const property = asyncProperty(exploration.arbitrary, (walk) => exploration.holds(walk));
  const details: RunDetails<[Walk]> = await check(property, {
    seed: seedForFastCheck(seed),
    path,
    numRuns: options.maxSamples,
  });
  const failing = details.counterexample && exploration.verdict(details.counterexample[0]);
  if (failing === null) {
    const bound = exploration.bound ?? 'samples';
    return { kind: 'inconclusive', bound, statistics: exploration.statistics(), seed, path };
  }
  const { failure, trace } = failing;
  if (failure.kind === 'broken') {
    throw new BrokenModelError(failure.error.message, trace, { cause: failure.error });
  }
  const { property: id, finding } = failure;
  const found: Violation = { property: id, finding, trace, minimality: { kind: 'none' } };
  const statistics = exploration.statisticsAtFailure ?? exploration.statistics();
  const violation =
    options.minimise === false
      ? found
      : await minimise(machine, found, options, {
          ...control,
          onProgress: () => control.onProgress?.(statistics),
        });
  const interrupted = control.interrupted?.() === true ? 'interrupted' : null;
  const bound = exploration.bound ?? interrupted;
  return {
    kind: 'violated',
    violations: [violation],
    ...(bound === null ? {} : { bound }),
    statistics,
    seed,
    path: options.guided === true ? '' : (details.counterexamplePath ?? path),
  };
}
