/**
 * The part of the state graph in which something is under way: which goals are pending in each
 * stored state, who could move there, and the steps between such states.
 *
 * Arrays are indexed by the ids of the store. Steps are executed anew: the store keeps none.
 */
import type { Fields } from '../machine/index.ts';
import type { Bound } from '../outcome.ts';
import type { StoredSearch } from '../search/trace.ts';
import type { Watch } from '../search/watch.ts';
import type { ExactStore } from '../search/store.ts';
import type { Fairness, Goal } from './goals.ts';

/** Words per state and per step, to be known before they are asked for. */
export const WORDS_PER_STATE = 10;
const STEPS_FIRST = 2 ** 14;

/** The limits of the work. */
export interface Limits {
  readonly watch: Watch;
  /** Bytes that may be held beside the store. */
  readonly room_bytes: number;
}

/** Loops are looked for among whole vectors. */
export function wholeVectorsOf<S, F extends Fields>({ store }: StoredSearch<S, F>): ExactStore {
  if (store.kind === 'exact') return store;
  throw new RangeError('loops cannot be looked for among fingerprints');
}

export class ProgressGraph<S, F extends Fields> {
  /** One more than the highest id. */
  readonly size: number;
  /** By state: the goals that are pending, as a set. */
  readonly pending: Int32Array;
  /** By state: the actors that have a sure step; known where a goal is pending. */
  readonly able: Int32Array;
  readonly levelOf: Int32Array;
  /** By state: its steps are `firstOf .. endOf - 1`. */
  readonly firstOf: Int32Array;
  readonly endOf: Int32Array;
  /** By step: the state that it leads to, its instance, and who made a sure step (0: nobody). */
  targets = new Int32Array(STEPS_FIRST);
  instances = new Int32Array(STEPS_FIRST);
  movers = new Int32Array(STEPS_FIRST);
  /** By goal: in how many states it is pending. */
  readonly counts: Float64Array;
  /** By goal: the state that shows it was met. */
  readonly witnessed: Uint8Array;
  readonly #search: StoredSearch<S, F>;
  readonly #store: ExactStore;
  readonly #goals: readonly Goal<S>[];
  readonly #words: Int32Array;
  #steps = 0;

  constructor(search: StoredSearch<S, F>, goals: readonly Goal<S>[]) {
    this.#search = search;
    this.#store = wholeVectorsOf(search);
    this.#goals = goals;
    this.size = Math.max(0, ...search.levels.ranges.flat());
    this.pending = new Int32Array(this.size);
    this.able = new Int32Array(this.size);
    this.levelOf = new Int32Array(this.size);
    this.firstOf = new Int32Array(this.size);
    this.endOf = new Int32Array(this.size);
    this.counts = new Float64Array(goals.length);
    this.witnessed = new Uint8Array(goals.length);
    this.#words = new Int32Array(search.program.words);
  }

  /** Returns what stopped the work, if anything did. */
  async build(fairness: Fairness<S, F>, limits: Limits): Promise<Bound | null> {
    const { levels } = this.#search;
    for (let level = 0; level < levels.ranges.length; level++) {
      const bound = await this.#each(level, limits, (id) => this.#judge(id, level));
      if (bound !== null) return bound;
    }
    for (let level = 0; level < levels.ranges.length; level++) {
      const bound = await this.#each(level, limits, (id) => this.#connect(id, fairness));
      if (bound !== null) return bound;
    }
    return null;
  }

  async #each(
    level: number,
    { watch, room_bytes }: Limits,
    act: (id: number) => void,
  ): Promise<Bound | null> {
    const ranges = this.#search.levels.ranges[level] ?? [];
    for (let k = 0; k < ranges.length; k += 2) {
      const end = ranges[k + 1] ?? 0;
      for (let id = ranges[k] ?? 0; id < end; id++) {
        act(id);
        if ((id & 255) !== 0) continue;
        const bytes = 4 * (WORDS_PER_STATE * this.size + 2 * 3 * this.targets.length);
        if (bytes > room_bytes) return 'memory';
        const bound = await watch.pause();
        if (bound !== null) return bound;
      }
    }
    return null;
  }

  #judge(id: number, level: number): void {
    const { program } = this.#search;
    this.#store.readVector(id, this.#words);
    program.load(this.#words);
    const s = program.current;
    let pending = 0;
    for (let g = 0; g < this.#goals.length; g++) {
      const { property, object } = this.#goals[g] as Goal<S>;
      if (this.witnessed[g] === 0 && property.witness.reached(s)) this.witnessed[g] = 1;
      if (!property.pending(s, object)) continue;
      pending |= 1 << g;
      this.counts[g] = (this.counts[g] ?? 0) + 1;
    }
    this.pending[id] = pending;
    this.levelOf[id] = level;
  }

  /** Steps to states without a common goal, and to states that were not stored, are left out. */
  #connect(id: number, fairness: Fairness<S, F>): void {
    const { program } = this.#search;
    const pending = this.pending[id] ?? 0;
    if (pending === 0) return;
    this.#store.readVector(id, this.#words);
    this.firstOf[id] = this.#steps;
    this.able[id] = fairness.visit(this.#words, (instance, mover) => {
      const target = this.#store.find(program.currentWords);
      if (target >= 0 && ((this.pending[target] ?? 0) & pending) !== 0) {
        this.#add(target, instance, mover);
      }
    });
    this.endOf[id] = this.#steps;
  }

  #add(target: number, instance: number, mover: number): void {
    const step = this.#steps++;
    if (step === this.targets.length) {
      this.targets = doubled(this.targets);
      this.instances = doubled(this.instances);
      this.movers = doubled(this.movers);
    }
    this.targets[step] = target;
    this.instances[step] = instance;
    this.movers[step] = mover;
  }
}

function doubled(words: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const longer = new Int32Array(2 * words.length);
  longer.set(words);
  return longer;
}
