/** The store of a search with several threads: what they are told of it, and how room is made. */
import type { StateStore } from '../search/options.ts';
import type { FingerprintStore } from '../search/fingerprint-store.ts';
import { PARTS } from '../search/fingerprints.ts';
import { LOAD, LOAD_TIGHT, type ExactStore } from '../search/store.ts';
import type { Words } from '../search/words.ts';
import { chunkStates, Shared, SHARED_WORDS, type Request, type StoreNews } from './protocol.ts';

/** Most segments of a store: as many as a table of full size can tell apart. */
const SEGMENTS_MAX = 2 ** 20;
const STATES_MAX = 2 ** 30;

/** Tables of fingerprints that grow at one time. */
const PARTS_AT_ONCE = 16;

export interface Sizes {
  readonly threads: number;
  readonly instances: number;
  readonly statesMax: number;
}

type Order =
  | { readonly kind: 'rehash'; readonly wider: Words }
  | { readonly kind: 'move'; readonly wider: readonly (readonly [number, Words])[] };

/** Sends a request to all threads, and waits until they are done. */
export type Ask = (request: Request) => Promise<unknown>;

export const sharedInts = (length: number): Int32Array =>
  new Int32Array(new SharedArrayBuffer(4 * length));

export class TeamStore {
  readonly control = sharedInts(SHARED_WORDS);
  readonly filled: Int32Array;
  readonly levelStart: Int32Array;
  readonly #store: StateStore;
  readonly #sizes: Sizes;
  /** Segments and tables of fingerprints that the threads know. */
  #told = 0;
  readonly #toldParts: Words[] = [];
  #tight = false;

  constructor(store: StateStore, sizes: Sizes) {
    this.#store = store;
    this.#sizes = sizes;
    const segments = Math.min(SEGMENTS_MAX, Math.ceil(STATES_MAX / store.segmentStates));
    this.filled = sharedInts(segments);
    this.levelStart = sharedInts(segments);
  }

  /** Takes over `states` states, those from `fresh` on of the level being found. */
  adopt(states: number, fresh: number): void {
    const store = this.#store;
    const size = store.segmentStates;
    const within = (count: number) => Math.max(0, Math.min(count, size));
    store.vectors.forEach((_, segment) => {
      this.filled[segment] = within(states - segment * size);
      this.levelStart[segment] = within(fresh - segment * size);
    });
    this.control[Shared.found] = states;
    this.control[Shared.segment] = store.vectors.length;
    this.control[Shared.segments] = store.vectors.length;
    if (store.kind === 'exact') return;
    store.frontier.isFull = (segment) => this.filled[segment] === size;
    store.fingerprints.keepFree(this.#lateStates());
  }

  /** The ranges cut into parts whose vectors are in memory at one time. */
  windowsOf(ranges: readonly number[]): number[][] {
    const store = this.#store;
    if (store.kind === 'exact') return [[...ranges]];
    const size = store.segmentStates;
    const most = Math.max(1, store.segmentsMax >> 1);
    const windows: number[][] = [];
    let room = 0;
    for (let k = 0; k < ranges.length; k += 2) {
      const end = ranges[k + 1] ?? 0;
      for (let id = ranges[k] ?? 0; id < end;) {
        if (room === 0) windows.push([]);
        room = room === 0 ? most - 1 : room - 1;
        const to = Math.min(end, (Math.floor(id / size) + 1) * size);
        windows.at(-1)?.push(id, to);
        id = to;
      }
    }
    return windows;
  }

  /** Sees that the vectors of these states are in memory. Returns `false` without room. */
  hold(ranges: readonly number[]): boolean {
    const store = this.#store;
    if (store.kind === 'exact') return true;
    store.frontier.tidy();
    return store.frontier.hold(this.#segmentsOf(ranges));
  }

  /** The states of these ranges have been expanded. */
  forget(ranges: readonly number[]): void {
    const store = this.#store;
    if (store.kind === 'exact') return;
    store.frontier.hold([]);
    for (const segment of this.#segmentsOf(ranges)) {
      if (this.levelStart[segment] === store.segmentStates) store.frontier.forget(segment);
    }
  }

  /** In ranges that were cut at the ends of segments. */
  #segmentsOf(ranges: readonly number[]): number[] {
    const size = this.#store.segmentStates;
    const starts = ranges.filter((_, k) => k % 2 === 0);
    return starts.map((id) => Math.floor(id / size));
  }

  /** The states found so far on the level, as ranges of ids. */
  found(): number[] {
    const size = this.#store.segmentStates;
    return this.#store.vectors.flatMap((_, segment) => {
      const start = this.levelStart[segment] ?? 0;
      const end = this.filled[segment] ?? 0;
      return end > start ? [segment * size + start, segment * size + end] : [];
    });
  }

  /** The states found on the level, as ranges of ids; the next level begins. */
  takeLevel(): number[] {
    const ranges = this.found();
    this.#store.vectors.forEach((_, segment) => {
      this.levelStart[segment] = this.filled[segment] ?? 0;
    });
    return ranges;
  }

  news(): StoreNews {
    const store = this.#store;
    const { vectors } = store;
    const changed = store.kind === 'exact' ? [] : store.frontier.takeChanged();
    const known = new Set(changed.filter((segment) => segment < this.#told));
    const numbers = [...known];
    for (let segment = this.#told; segment < vectors.length; segment++) numbers.push(segment);
    this.#told = vectors.length;
    const segments = numbers.map((segment) => [segment, vectors[segment] as Words] as const);
    if (store.kind === 'exact') return { segments, table: store.table, parts: [], fresh: 0 };
    const { parts, fresh } = store.fingerprints;
    const tables = parts.tables.flatMap((table, part) =>
      table === this.#toldParts[part] ? [] : [[part, table] as const],
    );
    for (const [part, table] of tables) this.#toldParts[part] = table;
    return { segments, table: null, parts: tables, fresh };
  }

  /** Returns `false` when memory does not suffice for another phase. */
  async makeRoom(ask: Ask): Promise<boolean> {
    const { threads, statesMax } = this.#sizes;
    const store = this.#store;
    const wanted = threads * this.#segmentsPerThread;
    const taken = this.control[Shared.segment] ?? 0;
    const states = this.control[Shared.found] ?? 0;
    const tell = (order: Order) => ask({ ...this.news(), ...order });
    let most = STATES_MAX;
    if (store.kind === 'exact') most = await this.#makeExactRoom(store, taken + wanted, tell);
    else if (!(await this.#makeFingerprintRoom(store, tell))) return false;
    const spare = store.kind === 'exact' ? taken >> 3 : Math.min(taken, store.segmentsMax) >> 3;
    const ids = store.kind === 'exact' ? store.table.length - 1 : STATES_MAX;
    const segments = Math.min(taken + wanted + spare, Math.floor(ids / store.segmentStates));
    while (store.vectors.length < segments) if (!store.addSegment()) break;
    this.control[Shared.segments] = store.vectors.length;
    this.control[Shared.capacity] = Math.min(most, statesMax);
    return states < most && store.vectors.length >= taken + wanted;
  }

  /** Returns how many states may be stored. */
  async #makeExactRoom(
    store: ExactStore,
    segments: number,
    tell: (order: Order) => Promise<unknown>,
  ): Promise<number> {
    const states = this.control[Shared.found] ?? 0;
    const ids = store.segmentStates * (segments + ((this.control[Shared.segment] ?? 0) >> 3));
    let slots = store.table.length;
    while (slots <= ids || states >= LOAD * slots) slots *= 2;
    if (slots > store.table.length && !this.#tight) {
      const wider = store.allocateWider(slots);
      this.#tight = wider === null;
      if (wider !== null) {
        this.control[Shared.rehash] = 0;
        await tell({ kind: 'rehash', wider });
        store.useTable(wider);
      }
    }
    return Math.floor((this.#tight ? LOAD_TIGHT : LOAD) * store.table.length);
  }

  /** Returns `false` without room. */
  async #makeFingerprintRoom(
    { fingerprints }: FingerprintStore,
    tell: (order: Order) => Promise<unknown>,
  ): Promise<boolean> {
    const full = fingerprints.nearlyFull();
    for (let k = 0; k < full.length; k += PARTS_AT_ONCE) {
      const wider: (readonly [number, Words])[] = [];
      for (const part of full.slice(k, k + PARTS_AT_ONCE)) {
        const table = fingerprints.widerTable(part);
        if (table !== null) wider.push([part, table]);
        else if (!fingerprints.fillUp(part)) return false;
      }
      this.control[Shared.rehash] = 0;
      await tell({ kind: 'move', wider });
      for (const [part, table] of wider) fingerprints.put(part, table);
    }
    return true;
  }

  /** Segments that each thread may want at once. */
  get #segmentsPerThread(): number {
    const { instances } = this.#sizes;
    return Math.ceil((chunkStates(instances) * instances) / this.#store.segmentStates) + 1;
  }

  /**
   * States that may still come into one table of fingerprints when it is noticed that there is no
   * room: twice the mean, and more.
   */
  #lateStates(): number {
    const { instances, threads } = this.#sizes;
    return Math.ceil((2 * threads * chunkStates(instances) * instances) / PARTS) + 64;
  }
}
