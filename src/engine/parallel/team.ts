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
import type { StateStore } from '../search/options.ts';
import type { Sightings } from '../search/sightings.ts';
import { Crew, type DoneReply } from './crew.ts';
import { chunkStates, Shared, type ThreadFailure, type WorkerSetup } from './protocol.ts';
import { TeamStore, type Sizes } from './team-store.ts';

export interface TeamOptions extends Sizes {
  readonly transitions: number;
  readonly setup: Pick<WorkerSetup, 'source' | 'storage' | 'symmetry' | 'checked' | 'backend'>;
}

export class Team {
  readonly #options: TeamOptions;
  readonly #store: TeamStore;
  readonly #taken: readonly Float64Array[];
  readonly #crew: Crew;
  /** Of the level in work: ranges that have been expanded, and those to come, in windows. */
  #done: number[] = [];
  #windows: number[][] = [];

  constructor(store: StateStore, options: TeamOptions) {
    this.#options = options;
    this.#store = new TeamStore(store, options);
    this.#taken = Array.from(
      { length: options.threads },
      () => new Float64Array(new SharedArrayBuffer(8 * options.transitions)),
    );
    const { control, filled, levelStart } = this.#store;
    const room = store.kind === 'exact' ? null : store.fingerprints.room;
    this.#crew = new Crew(
      this.#taken.map((taken) => ({
        ...options.setup,
        control,
        filled,
        levelStart,
        room,
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
    return Atomics.load(this.#store.control, Shared.found);
  }

  /** States expanded by the threads. */
  get expanded(): number {
    return Atomics.load(this.#store.control, Shared.expanded);
  }

  /** Steps executed by the threads, by transition. */
  takenOf(transition: number): number {
    return this.#taken.reduce((sum, taken) => sum + (taken[transition] ?? 0), 0);
  }

  /** Takes over `states` states, those from `fresh` on of the level being found. */
  adopt(states: number, fresh: number): void {
    this.#store.adopt(states, fresh);
  }

  /** Asks the threads to end the phase. */
  stop(): void {
    Atomics.store(this.#store.control, Shared.stop, 1);
  }

  end(): Promise<void> {
    return this.#crew.end();
  }

  /** Starts on a level, of which the states `done` have been expanded, and `left` have not. */
  beginLevel(done: readonly number[], left: readonly number[]): void {
    this.#done = [...done];
    this.#windows = this.#store.windowsOf(left);
    this.#store.control[Shared.chunk] = 0;
  }

  /**
   * One phase of work on the level. Returns what it ended with: `more` calls for another phase on
   * the same level.
   */
  async expand(into: {
    readonly sightings: Sightings;
    readonly judge: Pick<Judge<never>, 'absorb'>;
  }): Promise<'level' | 'more' | 'memory' | ThreadFailure> {
    const ranges = this.#windows[0];
    if (ranges === undefined) return 'level';
    const ask = (request: Parameters<Crew['ask']>[0]) => this.#crew.ask(request);
    if (!this.#store.hold(ranges) || !(await this.#store.makeRoom(ask))) return 'memory';
    this.#store.control[Shared.stop] = 0;
    const chunk = this.#chunkFor(ranges);
    const replies = await ask({ kind: 'expand', ranges, chunk, ...this.#store.news() });
    for (const { sightings, evidence } of replies) {
      into.sightings.merge(sightings);
      into.judge.absorb(evidence);
    }
    const failure = failureOf(replies);
    if (failure !== null) return failure;
    if (Atomics.load(this.#store.control, Shared.chunk) < chunksIn(ranges, chunk)) return 'more';
    this.#store.forget(ranges);
    this.#done.push(...ranges);
    this.#windows.shift();
    this.#store.control[Shared.chunk] = 0;
    return this.#windows.length === 0 ? 'level' : 'more';
  }

  /** Of the level in work: what has been expanded, what is left, what was found. */
  progress(): LevelProgress {
    const [ranges = [], ...later] = this.#windows;
    const chunk = this.#chunkFor(ranges);
    const done = [...this.#done];
    const left: number[] = [];
    let chunks = Atomics.load(this.#store.control, Shared.chunk);
    for (let k = 0; k < ranges.length; k += 2) {
      const start = ranges[k] ?? 0;
      const end = ranges[k + 1] ?? 0;
      const middle = Math.min(start + chunks * chunk, end);
      if (middle > start) done.push(start, middle);
      if (end > middle) left.push(middle, end);
      chunks -= Math.min(chunks, Math.ceil((end - start) / chunk));
    }
    return { done, left: [...left, ...later.flat()], found: this.#store.found() };
  }

  /** The states found on the level, as ranges of ids; the next level begins. */
  takeLevel(): number[] {
    return this.#store.takeLevel();
  }

  #chunkFor(ranges: readonly number[]): number {
    const { instances, threads } = this.#options;
    const most = chunkStates(instances);
    const states = statesIn(ranges);
    return Math.max(8, Math.min(most, Math.ceil(states / (8 * threads))));
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
