/**
 * Exhaustive engine: level-synchronous breadth-first search.
 *
 * Levels are completed before a violation is reported, hence the first violation is a shortest
 * one, and which one is reported depends on the machine alone: the least by property, then by
 * order of discovery. All counts of a run that was not stopped by time or interruption are
 * reproducible.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { rethrowWithTrace } from './broken-model.ts';
import { Judge } from './judge.ts';
import { ModelAssumptionError, type Fields, type Machine } from './machine/index.ts';
import type { Bound, Control, Limits, Outcome, Statistics, Trace, Violation } from './outcome.ts';
import { compileMachine, type Judgement, type Program, type ProgramOptions } from './program.ts';
import { SearchKernel, type Storage } from './search/kernel.ts';
import { compileSymmetry, type Canonicaliser } from './symmetry.ts';
import { traceTo } from './search/trace.ts';

export interface ExhaustiveOptions {
  readonly limits?: Limits;
  /** Search orbits under the machine's symmetry. Default: `true`. */
  readonly symmetry?: boolean;
  /** Keep whole vectors, or 64-bit fingerprints with a small risk of omission. Default: `exact`. */
  readonly storage?: Storage;
  /** Distinct violated properties to collect before stopping. Default: 1. */
  readonly maxErrors?: number;
  /** Worker threads. Only 1 so far. */
  readonly workers?: number;
  /** Range-check writes and indices, and disabled steps for writes (slow). Default: `false`. */
  readonly checked?: boolean;
  /** Accessors without code generation (slow, for cross-checks). Default: `generated`. */
  readonly backend?: NonNullable<ProgramOptions['backend']>;
}

/** States expanded between looks at the clock; a fixed number, so that buffering is too. */
const CHUNK_STATES = 256;
/** Longest stretch without yielding to the event loop, give or take one chunk. */
const SLICE_MS = 40;
const PROGRESS_MS = 500;

/** A violation as first met, before its trace is known. */
interface Sighting {
  readonly judgement: Judgement;
  /** The violating state, or the state that the violating step begins in. */
  readonly state: number;
  /** The violating step; `null` for a state. */
  readonly instance: number | null;
}

class ExhaustiveSearch<S, F extends Fields> {
  readonly #machine: Machine<S, F>;
  readonly #options: ExhaustiveOptions;
  readonly #control: Control;
  readonly #program: Program<S, F>;
  readonly #canonicaliser: Canonicaliser | null;
  readonly #kernel: SearchKernel<S, F>;
  readonly #roots = new Map<number, number>();
  readonly #levels: number[] = [];
  readonly #sightings = new Map<number, Sighting>();
  readonly #violations: Violation[] = [];
  readonly #started: number;
  #expanded = 0;
  #lastProgress: number;
  #lastYield: number;

  constructor(machine: Machine<S, F>, options: ExhaustiveOptions, control: Control) {
    this.#machine = machine;
    this.#options = options;
    this.#control = control;
    this.#program = compileMachine(machine, {
      checked: options.checked ?? false,
      backend: options.backend ?? 'generated',
    });
    const symmetric = options.symmetry ?? true;
    this.#canonicaliser = symmetric
      ? compileSymmetry(this.#program.layout.shape, machine.symmetry)
      : null;
    this.#kernel = new SearchKernel(this.#program, {
      storage: options.storage ?? 'exact',
      canonicaliser: this.#canonicaliser,
      statesMax: options.limits?.states ?? Number.MAX_SAFE_INTEGER,
      memoryMax: options.limits?.memory_bytes ?? Number.MAX_SAFE_INTEGER,
      onState: (state, list) => this.#sight(state, null, list),
      onStep: (state, instance, list) => this.#sight(state, instance, list),
    });
    this.#started = control.now();
    this.#lastProgress = this.#started;
    this.#lastYield = this.#started;
  }

  async run(): Promise<Outcome> {
    try {
      const bound = await this.#search();
      return this.#outcome(bound);
    } catch (error) {
      if (!(error instanceof ModelAssumptionError)) throw error;
      return rethrowWithTrace(error, this.#traceToFailure());
    }
  }

  async #search(): Promise<Bound | null> {
    this.#machine.initial.forEach((_, index) => {
      this.#program.initialise(index);
      const id = this.#kernel.states;
      if (this.#kernel.add()) this.#roots.set(id, index);
    });
    let start = 0;
    for (let level = 0; ; level++) {
      const end = this.#kernel.states;
      if (end > start) this.#levels.push(end - start);
      const bound = this.#kernel.bound;
      this.#report();
      if (bound !== null || this.#enough()) return bound;
      if (end === start) return null;
      if (level === this.#options.limits?.depth) return 'depth';
      const stopped = await this.#expandLevel(start, end);
      if (stopped !== null) {
        if (this.#kernel.states > end) this.#levels.push(this.#kernel.states - end);
        this.#report();
        return stopped;
      }
      this.#kernel.forgetVectorsBelow(end);
      start = end;
    }
  }

  async #expandLevel(start: number, end: number): Promise<Bound | null> {
    const kernel = this.#kernel;
    for (let next = start; next < end;) {
      while (kernel.needsRoom(CHUNK_STATES) && kernel.bound === null) {
        kernel.growStep();
        const bound = await this.#pause();
        if (bound !== null) return bound;
      }
      if (kernel.bound !== null) return kernel.bound;
      next = kernel.expand(next, Math.min(next + CHUNK_STATES, end));
      this.#expanded = next;
      const bound = kernel.bound ?? (await this.#pause());
      if (bound !== null) return bound;
    }
    return null;
  }

  /** Between chunks: yields, reports progress, and looks at what only a clock or a user knows. */
  async #pause(): Promise<Bound | null> {
    const now = this.#control.now();
    if (now - this.#lastYield < SLICE_MS) return null;
    await nextTurn();
    this.#lastYield = this.#control.now();
    if (this.#lastYield - this.#lastProgress >= PROGRESS_MS) {
      this.#lastProgress = this.#lastYield;
      this.#control.onProgress?.(this.#statistics());
    }
    if (this.#control.interrupted?.() === true) return 'interrupted';
    const { time_ms } = this.#options.limits ?? {};
    return time_ms !== undefined && this.#lastYield - this.#started >= time_ms ? 'time' : null;
  }

  #sight(state: number, instance: number | null, list: readonly Judgement[]): void {
    for (const judgement of list) {
      if (this.#sightings.has(judgement.property)) continue;
      this.#sightings.set(judgement.property, { judgement, state, instance });
    }
  }

  #enough(): boolean {
    return this.#violations.length >= (this.#options.maxErrors ?? 1);
  }

  /** Turns the sightings of a level into violations. Order: by property. */
  #report(): void {
    const known = new Set(this.#violations.map(({ property }) => property));
    const fresh = [...this.#sightings.values()]
      .filter(({ judgement }) => !known.has(judgement.id))
      .sort((x, y) => x.judgement.property - y.judgement.property);
    for (const sighting of fresh) {
      if (this.#enough()) return;
      this.#violations.push(this.#violation(sighting));
    }
  }

  /** Finds the trace, and the finding as it reads at the end of that very trace. */
  #violation({ judgement, state, instance }: Sighting): Violation {
    const program = this.#program;
    const judge = new Judge(this.#machine as unknown as Machine<S>);
    const same = (list: readonly Judgement[]) =>
      list.find(({ property }) => property === judgement.property);
    const trace = this.#trace(state);
    const found = (steps: readonly number[], finding = judgement.finding): Violation => ({
      property: judgement.id,
      finding,
      trace: { initial: trace.initial, steps },
      minimality: { kind: 'shortest' },
    });
    if (instance === null) {
      return found(trace.steps, same(judge.judgeState(program.current))?.finding);
    }
    const origin = program.save();
    for (const { id, transition, args, parameters } of program.instances) {
      program.load(origin);
      if (judge.judgedTransitions[transition] !== true || !program.execute(id)) continue;
      const { before, current } = program;
      const hit = same(judge.judgeStep(before, current, transition, args.slice(0, parameters)));
      if (hit !== undefined) return found([...trace.steps, id], hit.finding);
    }
    return found([...trace.steps, instance]);
  }

  #trace(state: number): Trace {
    return traceTo(
      {
        program: this.#program,
        kernel: this.#kernel,
        canonicaliser: this.#canonicaliser,
        roots: this.#roots,
      },
      state,
    );
  }

  /** The run to the step or state in which the model broke, as far as it can be found. */
  #traceToFailure(): Trace {
    try {
      return this.#retraceFailure();
    } catch {
      return { initial: 0, steps: [] };
    }
  }

  /** Goes to the step or state in which the model broke again. */
  #retraceFailure(): Trace {
    const { judging, parent } = this.#kernel;
    if (judging >= 0) return this.#trace(judging);
    if (parent < 0) return { initial: 0, steps: [] };
    const trace = this.#trace(parent);
    const origin = this.#program.save();
    for (const { id } of this.#program.instances) {
      this.#program.load(origin);
      try {
        if (this.#program.execute(id)) this.#program.judgeStep(id);
      } catch {
        return { initial: trace.initial, steps: [...trace.steps, id] };
      }
    }
    return trace;
  }

  #outcome(bound: Bound | null): Outcome {
    const statistics = this.#statistics();
    const violations = this.#violations;
    if (violations.length > 0) {
      return bound === null
        ? { kind: 'violated', violations, statistics }
        : { kind: 'violated', violations, bound, statistics };
    }
    return bound === null
      ? { kind: 'held', statistics }
      : { kind: 'inconclusive', bound, statistics };
  }

  #statistics(): Statistics {
    const { states, taken, bytes, exact } = this.#kernel;
    const levels = [...this.#levels];
    const seen = levels.reduce((sum, count) => sum + count, 0);
    if (states > seen) levels.push(states - seen);
    return {
      states,
      transitions: taken.reduce((sum, count) => sum + count, 0),
      depth: Math.max(levels.length - 1, 0),
      levels,
      queue: states - this.#expanded,
      elapsed_ms: this.#control.now() - this.#started,
      memory_bytes: bytes,
      collisionProbability: exact ? 0 : Math.min(1, states ** 2 / 2 ** 65),
      coverage: this.#machine.transitions.map(({ name }, index) => ({
        name,
        taken: taken[index] ?? 0,
      })),
      evidence: this.#program.evidence(),
    };
  }
}

/**
 * Searches all reachable states within the limits.
 * Order: violations by level, then by property, then first found.
 * Errors: `BrokenModelError` when the model itself is wrong, with the trace.
 */
export async function checkExhaustively<S, F extends Fields = Fields>(
  machine: Machine<S, F>,
  options: ExhaustiveOptions,
  control: Control,
): Promise<Outcome> {
  if ((options.workers ?? 1) !== 1) throw new RangeError('the search runs in one worker');
  return new ExhaustiveSearch(machine, options, control).run();
}
