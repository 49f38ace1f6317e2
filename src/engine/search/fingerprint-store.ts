/**
 * The store that keeps 64 bits of each state: a set of fingerprints, and the vectors of those
 * states that are still to be expanded, in memory or in a file.
 *
 * A state has a place in the frontier, which is no name for it any more once it has been expanded.
 */
import { hashWords } from '../state/hash.ts';
import { Fingerprints } from './fingerprints.ts';
import { Frontier } from './frontier.ts';
import { newWords } from './memory.ts';
import { reclaim } from './reclaim.ts';
import { SpillFile } from './spill-file.ts';
import { segmentShiftOf, type AnyStore, type Handle, type StoreOptions } from './store.ts';
import type { Words } from './words.ts';

export interface FingerprintStoreOptions extends StoreOptions {
  /** Where the frontier goes when it is too large. Default: the folder for temporary files. */
  readonly folder?: string | undefined;
  /** Bytes of vectors to keep in memory. Default: an eighth of the memory, and not too many. */
  readonly frontier_bytes?: number | undefined;
}

const FRONTIER_BYTES_MAX = 2 ** 26;
const FRONTIER_SHARE = 8;
const SEGMENTS_MIN = 2;

/** The first tables take at most this part of the memory. */
const MEMORY_SHARE = 4;
const EXPECTED_BYTES = 16;

export class FingerprintStore implements AnyStore {
  readonly kind = 'fingerprint';
  readonly words: number;
  readonly segmentShift: number;
  readonly segmentStates: number;
  readonly fingerprints: Fingerprints;
  readonly frontier: Frontier;
  /** Segments to hold in memory. */
  readonly segmentsMax: number;
  readonly #options: FingerprintStoreOptions;
  readonly #file: SpillFile;

  constructor(options: FingerprintStoreOptions) {
    this.#options = options;
    const { words, memory, expectedStates, folder } = options;
    const room_bytes = memory.room(0);
    const most_bytes = Math.min(FRONTIER_BYTES_MAX, room_bytes / FRONTIER_SHARE);
    const { frontier_bytes = most_bytes } = options;
    this.words = words;
    this.segmentShift = segmentShiftOf(words);
    this.segmentStates = 2 ** this.segmentShift;
    const segmentWords = this.segmentStates * words;
    this.segmentsMax = Math.max(SEGMENTS_MIN, Math.floor(frontier_bytes / 4 / segmentWords));
    this.#file = new SpillFile(segmentWords, folder);
    const allocate = (count: number) => this.#allocate(count);
    const { segmentsMax } = this;
    const file = this.#file;
    this.frontier = new Frontier({ segmentWords, segmentsMax, allocate, free: reclaim, file });
    const expected = Math.min(expectedStates, room_bytes / MEMORY_SHARE / EXPECTED_BYTES);
    this.fingerprints = new Fingerprints({ allocate, free: reclaim, expectedStates: expected });
  }

  get vectors(): Words[] {
    return this.frontier.segments;
  }

  get bytes(): number {
    return (this.fingerprints?.bytes ?? 0) + this.frontier.bytes;
  }

  /** Most bytes that were in the file. */
  get spilled_bytes(): number {
    return this.#file.bytes;
  }

  addSegment(): boolean {
    return this.frontier.add();
  }

  /** The segments of these states. */
  segmentsOf(start: number, end: number): number[] {
    const first = start >>> this.segmentShift;
    const last = (end - 1) >>> this.segmentShift;
    return Array.from({ length: last - first + 1 }, (_, k) => first + k);
  }

  forgetVectorsBelow(id: number): void {
    for (let k = (id >>> this.segmentShift) - 1; k >= 0 && !this.frontier.isForgotten(k); k--) {
      this.frontier.forget(k);
    }
  }

  find(vector: Int32Array): Handle {
    const { low, high } = hashWords(vector);
    return this.fingerprints.find(low, high);
  }

  isOf(state: Handle, vector: Int32Array): boolean {
    return this.find(vector) === state;
  }

  parentHashOf(state: Handle): number {
    return this.fingerprints.parentOf(state);
  }

  withLowHash(hash: number): Handle[] {
    const { fingerprints } = this;
    const high = (state: Handle) => fingerprints.highOf(state);
    return fingerprints.withLow(hash).sort((x, y) => high(x) - high(y));
  }

  close(): void {
    this.#file.close();
  }

  /** What does not fit goes to the file before it is given up. */
  #allocate(words: number): Words | null {
    const { memory, shareable } = this.#options;
    while (this.bytes + 4 * words > memory.room(this.bytes)) {
      if (!this.frontier.shrink()) return null;
    }
    return newWords(words, shareable);
  }
}
