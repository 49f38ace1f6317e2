/**
 * The store of states: segments of records, and the open-addressing table that finds them.
 *
 * A state has an id: the number of its segment, then its place within. Its record holds its key
 * (the vector, or the 64-bit fingerprint of it) and the low hash of its parent. A slot of the
 * table holds `1 + id` in its low bits and bits of the hash in the others.
 */

import { reclaim } from './reclaim.ts';

/** Words of one segment, at most; it holds a power of two of states. */
const SEGMENT_WORDS = 2 ** 16;
const FIRST_TABLE_SLOTS = 2 ** 16;
/** Slots stay addressable by a mask of 31 bits. */
const TABLE_SLOTS_MAX = 2 ** 30;

export type Storage = 'exact' | 'fingerprint';
export type Words = Int32Array<ArrayBuffer | SharedArrayBuffer>;

export interface StoreOptions {
  /** Length of a vector. */
  readonly words: number;
  readonly storage: Storage;
  /** Bytes that may be allocated. */
  readonly memoryMax: number;
  /** Threads will share it. */
  readonly shareable: boolean;
  /** States for which the first table shall have room, if more than a few. */
  readonly expectedStates: number;
}

/** Part of the slots in use from which on the table grows, and when it cannot grow any more. */
export const LOAD = 0.5;
export const LOAD_TIGHT = 0.8;

/** The first table takes at most this part of the memory. */
const MEMORY_SHARE = 4;

/** States in one segment, as a power of two. */
export const segmentShiftOf = (words: number): number =>
  Math.floor(Math.log2(SEGMENT_WORDS / (words + 1)));

/** What a thread needs beside the store. */
const THREAD_BYTES = 32 * 2 ** 20;

/** What a process grows by while it searches, beside its tables: code and young objects. */
const GROWTH_BYTES = 32 * 2 ** 20;

/** Bytes left for the store, when the whole process shall stay within a limit. */
export const roomWithin = (memory_bytes = Number.MAX_SAFE_INTEGER, workers = 1): number =>
  memory_bytes -
  process.memoryUsage.rss() -
  GROWTH_BYTES -
  (workers === 1 ? 0 : workers * THREAD_BYTES);

/** As many slots as the expected states need, unless they take too much of the memory. */
function firstSlots({ expectedStates, memoryMax }: StoreOptions): number {
  const most = Math.min(TABLE_SLOTS_MAX, memoryMax / 4 / MEMORY_SHARE);
  let slots = FIRST_TABLE_SLOTS;
  while (slots * LOAD < expectedStates && 2 * slots <= most) slots *= 2;
  return slots;
}

export class StateStore {
  readonly exact: boolean;
  /** Length of a vector. */
  readonly words: number;
  /** Words of a key in a record: the hash of the parent follows it. */
  readonly keyWords: number;
  readonly segmentShift: number;
  readonly segmentStates: number;
  readonly keys: Words[] = [];
  /** Vectors by segment: the keys themselves when storage is exact. */
  readonly vectors: Words[];
  table: Words;
  readonly #options: StoreOptions;
  #vectorSegments = 0;
  /** A table that is being filled. */
  #widerSlots = 0;

  constructor(options: StoreOptions) {
    this.#options = options;
    this.exact = options.storage === 'exact';
    this.words = options.words;
    this.keyWords = this.exact ? options.words : 2;
    this.segmentShift = segmentShiftOf(options.words);
    this.segmentStates = 2 ** this.segmentShift;
    this.vectors = this.exact ? this.keys : [];
    this.table = this.#newWords(firstSlots(options));
  }

  /** Bytes held for states and tables. */
  get bytes(): number {
    const keys = this.keys.length * this.segmentStates * (this.keyWords + 1);
    const vectors = this.#vectorSegments * this.segmentStates * this.words;
    return 4 * (keys + vectors + this.table.length + this.#widerSlots);
  }

  /** A table of at least twice the slots; `null` when there is no room for it. */
  allocateWider(slots = 2 * this.table.length): Words | null {
    const wider = slots > TABLE_SLOTS_MAX ? null : this.#allocate(slots);
    this.#widerSlots = wider?.length ?? 0;
    return wider;
  }

  /** Puts the table from `allocateWider` in the place of the old one. */
  useTable(wider: Words): void {
    const old = this.table.byteLength;
    this.table = wider;
    this.#widerSlots = 0;
    reclaim(old);
  }

  /** Adds a segment. Returns `false` when there is no room for it. */
  addSegment(): boolean {
    const keys = this.#allocate(this.segmentStates * (this.keyWords + 1));
    if (keys === null) return false;
    const vectors = this.exact ? keys : this.#allocate(this.segmentStates * this.words);
    if (vectors === null) return false;
    this.keys.push(keys);
    if (this.exact) return true;
    this.vectors.push(vectors);
    this.#vectorSegments++;
    return true;
  }

  /** Forgets the vectors of a segment, when keys are kept apart from them. */
  forgetVectors(segment: number): void {
    if (this.exact || (this.vectors[segment]?.length ?? 0) === 0) return;
    this.vectors[segment] = new Int32Array(0);
    this.#vectorSegments--;
    reclaim(4 * this.segmentStates * this.words);
  }

  /** Forgets the vectors of all segments that end before state `id`. */
  forgetVectorsBelow(id: number): void {
    const segments = id >>> this.segmentShift;
    for (let k = segments - 1; k >= 0 && (this.vectors[k]?.length ?? 0) > 0; k--) {
      this.forgetVectors(k);
      if (this.exact) return;
    }
  }

  /** Low hash of the parent that counts; 0 for an initial state. */
  parentHashOf(id: number): number {
    return this.#recordWord(id, this.keyWords);
  }

  /** Negative, zero or positive as the key of `id` comes before, equals or comes after `key`. */
  compareKey(id: number, key: Int32Array): number {
    for (let k = 0; k < this.keyWords; k++) {
      const left = this.#recordWord(id, k);
      const right = key[k] ?? 0;
      if (left !== right) return left < right ? -1 : 1;
    }
    return 0;
  }

  /** Id of the state with this key; -1 when there is none. */
  find(key: Int32Array, low: number): number {
    const mask = this.table.length - 1;
    for (let slot = low & mask, known: number; ; slot = (slot + 1) & mask) {
      known = this.table[slot] as number;
      if (known === 0) return -1;
      if (((known ^ low) & ~mask) !== 0) continue;
      const id = (known & mask) - 1;
      if (this.compareKey(id, key) === 0) return id;
    }
  }

  /** Copies the key of a state. */
  readKey(id: number, into: Int32Array): void {
    for (let k = 0; k < this.keyWords; k++) into[k] = this.#recordWord(id, k);
  }

  keyOf(id: number): Int32Array {
    return Int32Array.from({ length: this.keyWords }, (_, k) => this.#recordWord(id, k));
  }

  /** Ids that may have this low hash, and some more. */
  candidates(low: number): number[] {
    const mask = this.table.length - 1;
    const found: number[] = [];
    for (let slot = low & mask, known: number; ; slot = (slot + 1) & mask) {
      known = this.table[slot] ?? 0;
      if (known === 0) return found;
      if (((known ^ low) & ~mask) === 0) found.push((known & mask) - 1);
    }
  }

  #recordWord(id: number, word: number): number {
    const offset = (id & (this.segmentStates - 1)) * (this.keyWords + 1) + word;
    return this.keys[id >>> this.segmentShift]?.[offset] ?? 0;
  }

  #allocate(words: number): Words | null {
    if (this.bytes + 4 * words > this.#options.memoryMax) return null;
    try {
      return this.#newWords(words);
    } catch (error) {
      if (error instanceof RangeError) return null;
      throw error;
    }
  }

  #newWords(words: number): Words {
    return this.#options.shareable
      ? new Int32Array(new SharedArrayBuffer(4 * words))
      : new Int32Array(words);
  }
}
