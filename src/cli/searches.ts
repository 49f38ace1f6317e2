/** Searches of several scenarios: side by side where there are cores, reported in their order. */
import type { Outcome, Statistics } from '../engine/outcome.ts';
import type { RandomOutcome } from '../engine/random.ts';
import { inOrder } from './apart/in-order.ts';
import { Lane } from './apart/lane.ts';
import { Flag, FLAGS, type Task } from './apart/protocol.ts';
import type { Environment } from './environment.ts';
import {
  exhaustiveSearch,
  expectedStates,
  LARGE_STATES,
  parallelAfter_ms,
  randomSearch,
  reported,
  searchHere,
  showProgress,
  type ExhaustiveSettings,
  type RandomSettings,
  type Search,
  type SearchContext,
  type Searched,
  type SearchTarget,
} from './search.ts';

/** How often a signal is looked for while threads search. */
const poll_ms = 50;

export interface Wanted<Settings> {
  readonly target: SearchTarget;
  readonly settings: Settings;
}

interface Begun {
  readonly search: Search;
  readonly work: Promise<Outcome | RandomOutcome>;
}

/** How many searches of these targets can be made at once. */
function lanesFor({ catalogue, cores = 1 }: Environment, targets: readonly SearchTarget[]): number {
  // A limit of memory is one of the process, hence of one search at a time.
  const isBounded = targets.some(({ limits }) => limits.memory_bytes !== undefined);
  return catalogue.source === undefined || isBounded ? 1 : Math.min(cores, targets.length);
}

/** The searches of one command, in threads beside this one. */
class SideBySide {
  readonly #context: SearchContext;
  readonly #searches: readonly (() => Search)[];
  readonly #costs: readonly number[];
  readonly #flags = new Int32Array(new SharedArrayBuffer(FLAGS * Int32Array.BYTES_PER_ELEMENT));
  readonly #lanes: readonly Lane[];
  /** The search that is reported next: its progress is shown. */
  #shown: Search | null = null;
  /** Searches that have not come to an end. */
  #left: number;

  /** `costs`: states expected. */
  constructor(
    context: SearchContext,
    searches: readonly (() => Search)[],
    costs: readonly number[],
    lanes: number,
  ) {
    this.#context = context;
    this.#searches = searches;
    this.#costs = costs;
    this.#left = searches.length;
    this.#lanes = Array.from({ length: lanes }, () => new Lane(this.#flags));
  }

  /** Order: of the searches. Errors: what ends one of them, when it is its turn. */
  async *reports(): AsyncGenerator<Searched> {
    const context = this.#context;
    const isStopped = () => context.environment.stopSignal() !== undefined;
    const poll = setInterval(() => {
      if (isStopped()) Atomics.store(this.#flags, Flag.stop, 1);
    }, poll_ms);
    const begin = (index: number, lane: number) => this.#begin(index, lane);
    const lanes = this.#lanes.length;
    try {
      for await (const { search, work } of inOrder(this.#costs, lanes, begin, isStopped)) {
        this.#shown = search;
        context.reporter.started(search.header);
        yield await reported(context, search, work);
      }
    } finally {
      clearInterval(poll);
      await Promise.all(this.#lanes.map((lane) => lane.end()));
    }
  }

  #begin(index: number, lane: number): Begun {
    const search = (this.#searches[index] as () => Search)();
    const isLong = (this.#costs[index] ?? 0) >= LARGE_STATES;
    const show = (statistics: Statistics): void => {
      if (search === this.#shown) showProgress(this.#context, search.header, statistics);
    };
    const work = (this.#lanes[lane] as Lane).run(this.#taskOf(search), isLong, show);
    return { search, work: work.finally(() => this.#oneLess()) };
  }

  #taskOf({ target, task }: Search): Task {
    const { catalogue, cores = 1 } = this.#context.environment;
    const source = catalogue.source?.(target.selection);
    if (source === undefined) throw new RangeError('there is no source of the machine');
    if (task.engine === 'random') return { engine: 'random', options: task.options, source };
    return { ...task, source, options: { ...task.options, workers: cores, parallelAfter_ms } };
  }

  /** The last one may have all cores. */
  #oneLess(): void {
    this.#left--;
    if (this.#left === 1) Atomics.store(this.#flags, Flag.alone, 1);
  }
}

async function* oneByOne(
  context: SearchContext,
  searches: readonly (() => Search)[],
  workers: readonly (number | undefined)[],
): AsyncGenerator<Searched> {
  for (const [index, search] of searches.entries()) {
    if (context.environment.stopSignal() !== undefined) return;
    yield await searchHere(context, search(), workers[index]);
  }
}

/** How the searches of a command are prepared, and what is known of them before. */
interface Preparation<Settings> {
  readonly prepare: (environment: Environment, target: SearchTarget, settings: Settings) => Search;
  /** Whether somebody asked for a number of threads: then one search after the other. */
  readonly isBound: (settings: Settings) => boolean;
  /** Threads of a search that is made here. */
  readonly workersOf: (settings: Settings) => number | undefined;
  /** States expected. */
  readonly costOf: (target: SearchTarget) => number;
}

function searchEach<Settings>(
  context: SearchContext,
  wanted: readonly Wanted<Settings>[],
  { prepare, isBound, workersOf, costOf }: Preparation<Settings>,
): AsyncGenerator<Searched> {
  const { environment } = context;
  const targets = wanted.map(({ target }) => target);
  const searches = wanted.map(
    ({ target, settings }) =>
      () =>
        prepare(environment, target, settings),
  );
  const isFree = wanted.every(({ settings }) => !isBound(settings));
  const lanes = isFree ? lanesFor(environment, targets) : 1;
  if (lanes === 1) {
    const workers = wanted.map(({ settings }) => workersOf(settings));
    return oneByOne(context, searches, workers);
  }
  return new SideBySide(context, searches, targets.map(costOf), lanes).reports();
}

/**
 * Searches exhaustively, side by side unless somebody gave a number of threads; each is reported
 * when those before it have been. After a signal, what was not begun is left out.
 */
export const searchEachExhaustively = (
  context: SearchContext,
  wanted: readonly Wanted<ExhaustiveSettings>[],
): AsyncGenerator<Searched> =>
  searchEach(context, wanted, {
    prepare: exhaustiveSearch,
    isBound: ({ workers }) => workers !== undefined,
    workersOf: ({ workers }) => workers,
    costOf: (target) => expectedStates(target) ?? 0,
  });

/** Walks at random, likewise. */
export const searchEachAtRandom = (
  context: SearchContext,
  wanted: readonly Wanted<RandomSettings>[],
): AsyncGenerator<Searched> =>
  searchEach(context, wanted, {
    prepare: randomSearch,
    isBound: ({ workers = 'auto' }) => workers !== 'auto',
    workersOf: () => undefined,
    costOf: () => 0,
  });
