/**
 * Parallel search of one level after the other.
 *
 * The threads share segments and table, take chunks of the level from one counter, and store new
 * states with one compare-and-exchange each. Whoever calls directs them: it makes room between
 * two phases of work, and expands nothing itself. Counts do not depend on who found what, and of
 * parents and sightings the least counts, so that the result is that of one thread.
 */
import type { LevelProgress } from '../checkpoint/checkpoints.ts';
import type { Judge } from '../judge.ts';
import type { Sightings } from '../search/sightings.ts';
import { LOAD, LOAD_TIGHT, type StateStore } from '../search/store.ts';
import { Crew, type DoneReply } from './crew.ts';
import {
  chunkStates,
  Shared,
  SHARED_WORDS,
  type StoreNews,
  type ThreadFailure,
  type WorkerSetup,
} from './protocol.ts';

/** Most segments of a store: as many as a table of full size can tell apart. */
const SEGMENTS_MAX = 2 ** 20;

export interface TeamOptions {
  readonly threads: number;
  readonly instances: number;
  readonly transitions: number;
  readonly statesMax: number;
  readonly setup: Pick<WorkerSetup, 'source' | 'storage' | 'symmetry' | 'checked' | 'backend'>;
}

const sharedInts = (length: number): Int32Array =>
  new Int32Array(new SharedArrayBuffer(4 * length));

export class Team {
  readonly #options: TeamOptions;
  readonly #store: StateStore;
  readonly #control = sharedInts(SHARED_WORDS);
  readonly #filled: Int32Array;
  readonly #levelStart: Int32Array;
  readonly #taken: readonly Float64Array[];
  readonly #crew: Crew;
  /** Segments that the threads know. */
  #told = 0;
  #forget: number[] = [];
  #tight = false;

  constructor(store: StateStore, options: TeamOptions) {
    this.#store = store;
    this.#options = options;
    const segments = Math.min(SEGMENTS_MAX, Math.ceil(2 ** 30 / store.segmentStates));
    this.#filled = sharedInts(segments);
    this.#levelStart = sharedInts(segments);
    this.#taken = Array.from(
      { length: options.threads },
      () => new Float64Array(new SharedArrayBuffer(8 * options.transitions)),
    );
    this.#crew = new Crew(
      this.#taken.map((taken) => ({
        ...options.setup,
        control: this.#control,
        filled: this.#filled,
        levelStart: this.#levelStart,
        taken,
      })),
    );
  }

  get ready(): Promise<void> {
    return this.#crew.ready;
  }

  get isReady(): boolean {
    return this.#crew.isReady;
  }

  /** States in the store. */
  get states(): number {
    return Atomics.load(this.#control, Shared.found);
  }

  /** States expanded by the threads. */
  get expanded(): number {
    return Atomics.load(this.#control, Shared.expanded);
  }

  /** Steps executed by the threads, by transition. */
  takenOf(transition: number): number {
    return this.#taken.reduce((sum, taken) => sum + (taken[transition] ?? 0), 0);
  }

  /** Takes over a store with `states` states, those from `fresh` on of the level being found. */
  adopt(states: number, fresh: number): void {
    const size = this.#store.segmentStates;
    const within = (count: number) => Math.max(0, Math.min(count, size));
    this.#store.keys.forEach((_, segment) => {
      this.#filled[segment] = within(states - segment * size);
      this.#levelStart[segment] = within(fresh - segment * size);
    });
    this.#control[Shared.found] = states;
    this.#control[Shared.segment] = this.#store.keys.length;
    this.#control[Shared.segments] = this.#store.keys.length;
  }

  /** Asks the threads to end the phase. */
  stop(): void {
    Atomics.store(this.#control, Shared.stop, 1);
  }

  end(): Promise<void> {
    return this.#crew.end();
  }

  /** Starts on a level. */
  beginLevel(): void {
    this.#control[Shared.chunk] = 0;
  }

  /**
   * One phase of work on the states of `ranges`. Returns what it ended with: `more` calls for
   * another phase on the same level.
   */
  async expand(
    ranges: readonly number[],
    into: { readonly sightings: Sightings; readonly judge: Pick<Judge<never>, 'absorb'> },
  ): Promise<'level' | 'more' | 'memory' | ThreadFailure> {
    if (!(await this.#makeRoom())) return 'memory';
    this.#control[Shared.stop] = 0;
    const chunk = this.#chunkFor(ranges);
    const replies = await this.#crew.ask({ kind: 'expand', ranges, chunk, ...this.#news() });
    for (const { sightings, evidence } of replies) {
      into.sightings.merge(sightings);
      into.judge.absorb(evidence);
    }
    const failure = failureOf(replies);
    if (failure !== null) return failure;
    return Atomics.load(this.#control, Shared.chunk) >= chunksIn(ranges, chunk) ? 'level' : 'more';
  }

  /** Of the ranges of the level in work: what has been expanded, what is left, what was found. */
  progressOn(ranges: readonly number[]): LevelProgress {
    const chunk = this.#chunkFor(ranges);
    const done: number[] = [];
    const left: number[] = [];
    let chunks = Atomics.load(this.#control, Shared.chunk);
    for (let k = 0; k < ranges.length; k += 2) {
      const start = ranges[k] ?? 0;
      const end = ranges[k + 1] ?? 0;
      const middle = Math.min(start + chunks * chunk, end);
      if (middle > start) done.push(start, middle);
      if (end > middle) left.push(middle, end);
      chunks -= Math.min(chunks, Math.ceil((end - start) / chunk));
    }
    return { done, left, found: this.#found() };
  }

  /** The states found so far on the level, as ranges of ids. */
  #found(): number[] {
    const size = this.#store.segmentStates;
    return this.#store.keys.flatMap((_, segment) => {
      const start = this.#levelStart[segment] ?? 0;
      const end = this.#filled[segment] ?? 0;
      return end > start ? [segment * size + start, segment * size + end] : [];
    });
  }

  /** The states found on the level, as ranges of ids; the next level begins. */
  takeLevel(): number[] {
    const size = this.#store.segmentStates;
    const ranges: number[] = [];
    for (let segment = 0; segment < this.#store.keys.length; segment++) {
      const start = this.#levelStart[segment] ?? 0;
      const end = this.#filled[segment] ?? 0;
      if (start === size) {
        if ((this.#store.vectors[segment]?.length ?? 0) > 0 && !this.#store.exact) {
          this.#store.forgetVectors(segment);
          this.#forget.push(segment);
        }
      } else if (end > start) {
        ranges.push(segment * size + start, segment * size + end);
        this.#levelStart[segment] = end;
      }
    }
    return ranges;
  }

  #chunkFor(ranges: readonly number[]): number {
    const { instances, threads } = this.#options;
    const most = chunkStates(instances);
    const states = statesIn(ranges);
    return Math.max(8, Math.min(most, Math.ceil(states / (8 * threads))));
  }

  #news(): StoreNews {
    const { keys, vectors, exact, table } = this.#store;
    const news = {
      keys: keys.slice(this.#told),
      vectors: exact ? [] : vectors.slice(this.#told),
      forget: this.#forget,
      table,
    };
    this.#told = keys.length;
    this.#forget = [];
    return news;
  }

  /** Segments that each thread may want at once. */
  get #segmentsPerThread(): number {
    const { instances } = this.#options;
    return Math.ceil((chunkStates(instances) * instances) / this.#store.segmentStates) + 1;
  }

  /** Returns `false` when memory does not suffice for another phase. */
  async #makeRoom(): Promise<boolean> {
    const store = this.#store;
    const control = this.#control;
    const wanted = this.#options.threads * this.#segmentsPerThread;
    const taken = control[Shared.segment] ?? 0;
    const segments = taken + wanted + (taken >> 3);
    let slots = store.table.length;
    while (slots <= store.segmentStates * segments || this.states >= LOAD * slots) slots *= 2;
    if (slots > store.table.length && !this.#tight && !(await this.#widen(slots))) {
      this.#tight = true;
    }
    const idsMax = Math.floor((store.table.length - 1) / store.segmentStates);
    while (store.keys.length < Math.min(segments, idsMax)) if (!store.addSegment()) break;
    control[Shared.segments] = store.keys.length;
    const load = Math.floor((this.#tight ? LOAD_TIGHT : LOAD) * store.table.length);
    control[Shared.capacity] = Math.min(load, this.#options.statesMax);
    return this.states < load && store.keys.length >= taken + wanted;
  }

  /** All threads enter the states of some segments each. */
  async #widen(slots: number): Promise<boolean> {
    const wider = this.#store.allocateWider(slots);
    if (wider === null) return false;
    this.#control[Shared.rehash] = 0;
    const news = this.#news();
    await this.#crew.ask({ kind: 'rehash', wider, ...news });
    this.#store.useTable(wider);
    return true;
  }
}

function statesIn(ranges: readonly number[]): number {
  let states = 0;
  for (let k = 0; k < ranges.length; k += 2) states += (ranges[k + 1] ?? 0) - (ranges[k] ?? 0);
  return states;
}

function chunksIn(ranges: readonly number[], chunk: number): number {
  let chunks = 0;
  for (let k = 0; k < ranges.length; k += 2) {
    chunks += Math.ceil(((ranges[k + 1] ?? 0) - (ranges[k] ?? 0)) / chunk);
  }
  return chunks;
}

const failureOf = (replies: readonly DoneReply[]): ThreadFailure | null =>
  replies.find(({ failure }) => failure !== null)?.failure ?? null;
