/**
 * The stores of states: what both kinds have in common, and the one that keeps whole vectors.
 *
 * A state has an id: the number of its segment, then its place within. Its record holds its vector
 * and the low hash of its parent. A slot of the table holds `1 + id` in its low bits and bits of
 * the hash in the others.
 */
import { hashWords } from '../state/hash.ts';
import { newWords, type MemoryLimit } from './memory.ts';
import { reclaim } from './reclaim.ts';
import type { Words } from './words.ts';

export type { Words } from './words.ts';

/** Words of one segment, at most; it holds a power of two of states. */
const SEGMENT_WORDS = 2 ** 16;
const FIRST_TABLE_SLOTS = 2 ** 16;
/** Slots stay addressable by a mask of 31 bits. */
const TABLE_SLOTS_MAX = 2 ** 30;

export type Storage = 'exact' | 'fingerprint';

export interface StoreOptions {
  /** Length of a vector. */
  readonly words: number;
  readonly memory: Pick<MemoryLimit, 'room'>;
  /** Threads will share it. */
  readonly shareable: boolean;
  /** States for which the first table shall have room, if more than a few. */
  readonly expectedStates: number;
}

/** A state in a store, as the store names it. */
export type Handle = number;

/** What traces and checkpoints need of a store, whatever it keeps of a state. */
export interface AnyStore {
  readonly words: number;
  readonly segmentShift: number;
  readonly segmentStates: number;
  /** By number of segment: vectors of states that are still to be expanded, and maybe others. */
  readonly vectors: Words[];
  /** Bytes held for states and tables. */
  readonly bytes: number;
  /** Adds a segment. Returns `false` when there is no room for it. */
  addSegment(): boolean;
  /** The states up to `id` have been expanded. */
  forgetVectorsBelow(id: number): void;
  /** The state with this vector; -1 when there is none. */
  find(vector: Int32Array): Handle;
  /** Whether this is its vector. */
  isOf(state: Handle, vector: Int32Array): boolean;
  /** Low hash of the parent that counts; 0 for an initial state. */
  parentHashOf(state: Handle): number;
  /** The states with this low hash. Order: does not depend on that of the search. */
  withLowHash(hash: number): Handle[];
  /** Gives back what is no memory. */
  close(): void;
}

/** Part of the slots in use from which on the table grows, and when it cannot grow any more. */
export const LOAD = 0.5;
export const LOAD_TIGHT = 0.8;

/** The first table takes at most this part of the memory. */
const MEMORY_SHARE = 4;

/** States in one segment, as a power of two. */
export const segmentShiftOf = (words: number): number =>
  Math.floor(Math.log2(SEGMENT_WORDS / (words + 1)));

/** As many slots as the expected states need, unless they take too much of the memory. */
function firstSlots({ expectedStates, memory }: StoreOptions): number {
  const most = Math.min(TABLE_SLOTS_MAX, memory.room(0) / 4 / MEMORY_SHARE);
  let slots = FIRST_TABLE_SLOTS;
  while (slots * LOAD < expectedStates && 2 * slots <= most) slots *= 2;
  return slots;
}

export class ExactStore implements AnyStore {
  readonly kind = 'exact';
  /** Length of a vector. */
  readonly words: number;
  readonly segmentShift: number;
  readonly segmentStates: number;
  /** Records by segment: a vector, then the hash of the parent. */
  readonly vectors: Words[] = [];
  table: Words;
  readonly #options: StoreOptions;
  /** A table that is being filled. */
  #widerSlots = 0;

  constructor(options: StoreOptions) {
    this.#options = options;
    this.words = options.words;
    this.segmentShift = segmentShiftOf(options.words);
    this.segmentStates = 2 ** this.segmentShift;
    const slots = firstSlots(options);
    this.table = newWords(slots, options.shareable) ?? new Int32Array(FIRST_TABLE_SLOTS);
  }

  get bytes(): number {
    const records = this.vectors.length * this.segmentStates * (this.words + 1);
    return 4 * (records + this.table.length + this.#widerSlots);
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

  addSegment(): boolean {
    const records = this.#allocate(this.segmentStates * (this.words + 1));
    if (records === null) return false;
    this.vectors.push(records);
    return true;
  }

  forgetVectorsBelow(): void {}

  parentHashOf(id: Handle): number {
    return this.#recordWord(id, this.words);
  }

  /** Negative, zero or positive as the vector of `id` comes before, equals or comes after. */
  compareVector(id: Handle, vector: Int32Array): number {
    for (let k = 0; k < this.words; k++) {
      const left = this.#recordWord(id, k);
      const right = vector[k] ?? 0;
      if (left !== right) return left < right ? -1 : 1;
    }
    return 0;
  }

  isOf(id: Handle, vector: Int32Array): boolean {
    return this.compareVector(id, vector) === 0;
  }

  find(vector: Int32Array): Handle {
    const { low } = hashWords(vector);
    const mask = this.table.length - 1;
    for (let slot = low & mask, known: number; ; slot = (slot + 1) & mask) {
      known = this.table[slot] as number;
      if (known === 0) return -1;
      if (((known ^ low) & ~mask) !== 0) continue;
      const id = (known & mask) - 1;
      if (this.isOf(id, vector)) return id;
    }
  }

  /** Copies the vector of a state. */
  readVector(id: Handle, into: Int32Array): void {
    for (let k = 0; k < this.words; k++) into[k] = this.#recordWord(id, k);
  }

  vectorOf(id: Handle): Int32Array {
    return Int32Array.from({ length: this.words }, (_, k) => this.#recordWord(id, k));
  }

  withLowHash(hash: number): Handle[] {
    const mask = this.table.length - 1;
    const found: number[] = [];
    for (let slot = hash & mask, known: number; ; slot = (slot + 1) & mask) {
      known = this.table[slot] ?? 0;
      if (known === 0) break;
      if (((known ^ hash) & ~mask) === 0) found.push((known & mask) - 1);
    }
    return found
      .filter((id) => hashWords(this.vectorOf(id)).low === hash)
      .sort((x, y) => this.compareVector(x, this.vectorOf(y)));
  }

  close(): void {}

  #recordWord(id: number, word: number): number {
    const offset = (id & (this.segmentStates - 1)) * (this.words + 1) + word;
    return this.vectors[id >>> this.segmentShift]?.[offset] ?? 0;
  }

  #allocate(words: number): Words | null {
    const { memory, shareable } = this.#options;
    if (this.bytes + 4 * words > memory.room(this.bytes)) return null;
    return newWords(words, shareable);
  }
}
