/** When a search saves itself, what it saves, and how it goes on from there. */
import type { Fields } from '../machine/index.ts';
import type { StoredSearch } from '../search/trace.ts';
import type { Verdicts } from '../search/verdicts.ts';
import { readCheckpoint, writeCheckpoint } from './format.ts';
import type { SavedSearch } from './header.ts';

export interface CheckpointOptions {
  readonly file: string;
  /** Longest time between two checkpoints; one is also written when the search is stopped. */
  readonly interval_ms: number;
  /** What is searched, for whoever resumes: plain data. */
  readonly identity: unknown;
}

/** Where the work on a level stands: ranges of ids. */
export interface LevelProgress {
  readonly done: readonly number[];
  readonly left: readonly number[];
  /** States of the next level. */
  readonly found: readonly number[];
}

const countIn = (ranges: readonly number[]): number => {
  let count = 0;
  for (let k = 0; k < ranges.length; k += 2) count += (ranges[k + 1] ?? 0) - (ranges[k] ?? 0);
  return count;
};

const machineText = <S, F extends Fields>(search: StoredSearch<S, F>): string => {
  const { name, transitions, properties } = search.program.machine;
  return JSON.stringify([
    name,
    search.canonicaliser === null ? 'states' : 'orbits',
    transitions.map((transition) => transition.name),
    properties.map(({ id }) => id),
  ]);
};

export class Checkpoints<S, F extends Fields> {
  readonly #options: CheckpointOptions | undefined;
  readonly #search: StoredSearch<S, F>;
  readonly #verdicts: Verdicts;
  #last: number;

  constructor(
    options: CheckpointOptions | undefined,
    search: StoredSearch<S, F>,
    verdicts: Verdicts,
    now: number,
  ) {
    this.#options = options;
    this.#search = search;
    this.#verdicts = verdicts;
    this.#last = now;
  }

  get wanted(): boolean {
    return this.#options !== undefined;
  }

  isDue(now: number): boolean {
    return this.#options !== undefined && now - this.#last >= this.#options.interval_ms;
  }

  /** Saves the search. `after` tells the time when that is done. Errors: `CheckpointWriteError`. */
  save(
    { done, left, found }: LevelProgress,
    counters: Pick<SavedSearch, 'taken' | 'elapsed_ms'>,
    after: () => number,
  ): void {
    if (this.#options === undefined) return;
    const { store, levels, program } = this.#search;
    const saved: SavedSearch = {
      identity: this.#options.identity,
      machine: machineText(this.#search),
      words: store.words,
      storage: store.kind,
      levels: levels.counts,
      expanded: countIn(done),
      found: countIn(found),
      evidence: program.judge.counts(),
      sightings: this.#verdicts.sightings
        .list()
        .map(({ judgement, vector, instance }) => ({ judgement, vector: [...vector], instance })),
      violations: this.#verdicts.violations,
      ...counters,
    };
    const earlier = levels.ranges.slice(0, -1).flat();
    const waiting = [...left, ...found];
    const all = [...earlier, ...done, ...waiting];
    writeCheckpoint(this.#options.file, saved, store, { all, waiting });
    this.#last = after();
  }

  /** Reads a checkpoint into the empty search. Errors: `CheckpointError`. */
  restore(file: string): SavedSearch {
    const { store, levels, program } = this.#search;
    const saved = readCheckpoint(file, machineText(this.#search), store);
    levels.addCounts(saved.levels);
    program.judge.absorb(saved.evidence);
    this.#verdicts.restore(saved.violations);
    return saved;
  }

  /** Notes what had been seen on the level. */
  restoreSightings({ sightings }: SavedSearch): void {
    for (const { judgement, vector, instance } of sightings) {
      this.#verdicts.sightings.note(Int32Array.from(vector), instance, [judgement]);
    }
  }
}
