/** The limit of memory, which is one of the whole process. */
import { unreturned_bytes } from './reclaim.ts';

/** What a thread needs beside the store. */
const THREAD_BYTES = 32 * 2 ** 20;

/** What a process grows by while it searches, beside its tables: code and young objects. */
const GROWTH_BYTES = 32 * 2 ** 20;

export interface MemoryOptions {
  /** Default: none. */
  readonly limit_bytes?: number | undefined;
  readonly workers?: number | undefined;
  /** Bytes that the process occupies. */
  readonly occupied?: () => number;
}

/**
 * What a store may hold. What else the process occupies is taken off: at least what is known to
 * come, and what there is when that is more, remembered answers of properties for example.
 */
export class MemoryLimit {
  readonly #limit_bytes: number;
  readonly #occupied: () => number;
  /** What all else takes, at least. */
  readonly #others_bytes: number;

  constructor({
    limit_bytes,
    workers = 1,
    occupied = () => process.memoryUsage.rss(),
  }: MemoryOptions) {
    this.#limit_bytes = limit_bytes ?? Number.MAX_SAFE_INTEGER;
    this.#occupied = occupied;
    const threads = workers === 1 ? 0 : workers * THREAD_BYTES;
    this.#others_bytes = occupied() + GROWTH_BYTES + threads;
  }

  /** Bytes that the store may hold in all, if it holds `held_bytes` now. */
  room(held_bytes: number): number {
    if (this.#limit_bytes === Number.MAX_SAFE_INTEGER) return this.#limit_bytes;
    const others = Math.max(this.#others_bytes, this.#occupied() - held_bytes - unreturned_bytes());
    return this.#limit_bytes - others;
  }
}

/** Words without room for them are `null`. */
export function newWords(words: number, shareable: boolean): Int32Array | null {
  try {
    return shareable ? new Int32Array(new SharedArrayBuffer(4 * words)) : new Int32Array(words);
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}
