/**
 * Random exploration: walks among enabled instances, drawn, shrunk and replayed by fast-check.
 *
 * It finds violations and never claims that there are none: a run without one is inconclusive,
 * bounded by its samples, its time, its memory or an interruption.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { BrokenModelError } from './broken-model.ts';
import type { Fields, Machine } from './machine/index.ts';
import { minimise, type MinimiseOptions } from './minimise.ts';
import type { Bound, Control, Limits, Outcome, Statistics, Trace, Violation } from './outcome.ts';
import type { MachineSource } from './parallel/source.ts';
import { Blocks } from './random/blocks.ts';
import { merged, type Opening } from './random/harvest.ts';
import { Pacer } from './random/pacer.ts';
import { checkPath, foldSeed } from './random/seed.ts';
import { Share } from './random/share.ts';
import { sumOf } from './random/sum.ts';
import { Taker, type BlockResult, type Taken, type TakerOptions } from './random/taker.ts';
import { Threads } from './random/threads.ts';

/** A walk is not interrupted, so its length is bounded. */
export const WALK_STEPS_MAX = 10_000;

/** How often the calling thread looks up while others walk. */
const POLL_MS = 40;

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
   * bounds the steps of a walk too. `memory_bytes` is that of the process. No states are kept, so
   * `states` is no bound here.
   */
  readonly limits?: Limits;
  /**
   * Begin most walks in states that earlier ones were the first to reach. A walk then depends on
   * all before it: the seed repeats the run, and there is no path. Default: `false`.
   */
  readonly guided?: boolean;
  /**
   * Threads that walk, this one included. Unless guided, nothing depends on their number. Guided
   * walks are shared out among as many seeds, made from the one given. Default: 1.
   */
  readonly workers?: number;
  /** How the other threads build the machine. Without it this one walks alone. */
  readonly source?: MachineSource;
  /** Time after which they start; 0 for a guided run. Default: 0. */
  readonly parallelAfter_ms?: number;
  /** Runs that one walk in four of a guided run begins with, until all were taken. */
  readonly openings?: readonly Trace[];
  /** Whether to say what later runs should begin with. Default: `false`. */
  readonly harvest?: boolean;
  /** Whether to look for the smallest counterexample after shrinking. Default: `true`. */
  readonly minimise?: boolean;
  /** Range-check writes and indices, and disabled steps for writes (slow). Default: `false`. */
  readonly checked?: boolean;
}

/**
 * Seed and path together repeat the violation; without one, the path is the one given. The path
 * of a guided run is empty.
 */
export type RandomOutcome = Outcome & {
  readonly seed: bigint;
  readonly path: string;
  /** Where walks came to, a shortest run for each, when that was asked for. */
  readonly openings?: readonly Opening[];
};

const checkCount = (name: string, value: number, max: number): number => {
  if (value >= 1 && value <= max && (Number.isInteger(value) || value === Infinity)) return value;
  throw new RangeError(`${name} ${value}: must be a whole number from 1 to ${max}`);
};

/** Errors: `RangeError` for what is out of range or does not go together. */
function checkOptions({ guided = false, path = '', ...options }: RandomOptions): void {
  checkPath(path);
  checkCount('maxSteps', options.maxSteps, WALK_STEPS_MAX);
  checkCount('maxSamples', options.maxSamples, Infinity);
  checkCount('workers', options.workers ?? 1, 1024);
  if (guided && path !== '') throw new RangeError('a guided run has no path');
  if (!guided && (options.openings ?? []).length > 0) {
    throw new RangeError('only a guided run has openings');
  }
}

/** One run: the walks of all threads. */
class Exploration<S, F extends Fields> {
  readonly pacer: Pacer;
  readonly #machine: Machine<S, F>;
  readonly #options: RandomOptions;
  readonly #plain: TakerOptions;
  readonly #blocks: Blocks;
  readonly #share = new Share();
  #threads: Threads | null = null;

  constructor(machine: Machine<S, F>, options: RandomOptions, control: Control) {
    const { seed, path, guided = false, workers = 1, limits = {}, maxSamples } = options;
    this.#machine = machine;
    this.#options = options;
    this.#plain = {
      seed,
      maxSteps: Math.min(options.maxSteps, limits.depth ?? Infinity),
      guided,
      checked: options.checked ?? false,
      openings: options.openings ?? [],
      harvest: options.harvest ?? false,
    };
    this.#blocks = new Blocks(guided ? workers : 1, maxSamples, path);
    this.pacer = new Pacer(control, {
      time_ms: limits.time_ms,
      memory_bytes: limits.memory_bytes,
      onProgress: () => control.onProgress?.(this.#bare()),
      asked: () => this.#turn(),
    });
  }

  /** Errors: what ends one of the threads. */
  async run(): Promise<readonly Taken[]> {
    try {
      this.#turn();
      const blocks = this.#blocks;
      const own = new Taker(this.#machine, this.#plain, blocks, this.#share, this.pacer);
      const mine = await own.run(this.#linesOf(0));
      if (this.#threads === null) return [mine];
      return [mine, ...(await this.#others(this.#threads))];
    } finally {
      await this.#threads?.end();
    }
  }

  statistics(blocks: readonly BlockResult[]): Statistics {
    const { transitions } = this.#machine;
    const { samples, taken, longest, evidence } = sumOf(blocks.map(({ counts }) => counts));
    return {
      ...this.#bare(),
      samples,
      transitions: taken.reduce((sum, count) => sum + count, 0),
      depth: longest,
      coverage: transitions.map(({ name }, index) => ({ name, taken: taken[index] ?? 0 })),
      evidence,
    };
  }

  #bare(): Statistics {
    return {
      states: 0,
      transitions: this.#share.steps,
      depth: 0,
      levels: [],
      queue: 0,
      elapsed_ms: this.pacer.elapsed_ms(),
      memory_bytes: process.memoryUsage.rss(),
      collisionProbability: 0,
      coverage: [],
      evidence: [],
      samples: this.#share.samples,
    };
  }

  /** Between walks: starts the other threads when it is time to, and tells them when to stop. */
  #turn(): Bound | null {
    const { parallelAfter_ms = 0, guided = false } = this.#options;
    if (this.#threads === null && (guided || this.pacer.elapsed_ms() >= parallelAfter_ms)) {
      this.#start();
    }
    const ended = this.pacer.ended;
    if (ended !== null) this.#share.stop(ended);
    return this.#share.stopped();
  }

  #start(): void {
    const { source, workers = 1, path = '', maxSamples } = this.#options;
    if (source === undefined || workers === 1 || path !== '') return;
    const setups = Array.from({ length: workers - 1 }, (_, k) => ({
      source,
      options: this.#plain,
      lines: this.#linesOf(k + 1),
      of: this.#blocks.lines,
      walks: maxSamples,
      shared: this.#share.shared,
    }));
    this.#threads = new Threads(setups, () => this.#share.stop('interrupted'));
  }

  /** Of a thread: its own, or the one that all share. */
  #linesOf(thread: number): number[] {
    const { lines } = this.#blocks;
    if (lines === 1) return [0];
    const isAlone = this.#options.source === undefined;
    return isAlone ? Array.from({ length: lines }, (_, line) => line) : [thread];
  }

  async #others(threads: Threads): Promise<readonly Taken[]> {
    const done = threads.taken.then(
      () => true,
      () => true,
    );
    while (!(await Promise.race([done, delay(POLL_MS, false)]))) {
      this.pacer.look();
    }
    return threads.taken;
  }
}

/** In their order, up to the first violation. */
function upToViolation(taken: readonly Taken[]): readonly BlockResult[] {
  const blocks = taken.flatMap((one) => one.blocks).sort((x, y) => x.index - y.index);
  const first = blocks.findIndex(({ failing }) => failing !== null);
  return first < 0 ? blocks : blocks.slice(0, first + 1);
}

/**
 * Explores at random until a property is violated, or a bound is reached.
 *
 * Deterministic for a seed: the same walks, and the violation of the first of them that has one,
 * whichever thread makes it. A violation is shrunk by fast-check, then minimised. Statistics count
 * walks up to the first failure; antecedents are counted per judged state, which may be the same
 * one again; `states` is 0, because none are kept for good.
 * Errors: `BrokenModelError` with a shrunk trace; `RangeError` for an option out of range, or an
 * opening of which a step is disabled.
 */
export async function explore<S, F extends Fields>(
  machine: Machine<S, F>,
  options: RandomOptions,
  control: Control,
): Promise<RandomOutcome> {
  checkOptions(options);
  const { guided = false, path = '' } = options;
  const seed = foldSeed(options.seed);
  const exploration = new Exploration(machine, { ...options, seed }, control);
  const taken = await exploration.run();
  const blocks = upToViolation(taken);
  const statistics = exploration.statistics(blocks);
  const failing = blocks.at(-1)?.failing ?? null;
  const cut = blocks.find(({ bound }) => bound !== null)?.bound ?? exploration.pacer.ended;
  if (failing === null) {
    const openings = merged(
      taken.flatMap((one) => one.openings),
      (x, y) => x + y,
    );
    return {
      kind: 'inconclusive',
      bound: statistics.samples === options.maxSamples ? 'samples' : (cut ?? 'samples'),
      statistics,
      seed,
      path,
      ...(options.harvest === true ? { openings } : {}),
    };
  }
  const { failure, trace } = failing;
  if (failure.kind === 'broken') {
    throw new BrokenModelError(failure.error.message, trace, { cause: failure.error });
  }
  const { property: id, finding } = failure;
  const found: Violation = { property: id, finding, trace, minimality: { kind: 'none' } };
  const violation =
    options.minimise === false
      ? found
      : await minimise(machine, found, options, {
          ...control,
          onProgress: () => control.onProgress?.(statistics),
        });
  const interrupted = control.interrupted?.() === true ? 'interrupted' : null;
  const bound = blocks.find((block) => block.bound !== null)?.bound ?? interrupted;
  return {
    kind: 'violated',
    violations: [violation],
    ...(bound === null ? {} : { bound }),
    statistics,
    seed,
    path: guided ? '' : failing.path,
  };
}
