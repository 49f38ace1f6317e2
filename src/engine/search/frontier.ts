/**
 * The vectors of states that are still to be expanded, in segments of one size.
 *
 * A limited number of segments is in memory. The others are in a file: of the segments that could
 * go there, the newest goes first, for it will be wanted last.
 */
import type { SpillFile } from './spill-file.ts';
import type { Words } from './words.ts';

export interface FrontierOptions {
  readonly segmentWords: number;
  /** Segments in memory, if it can be helped. */
  readonly segmentsMax: number;
  /** `null`: there is no room. */
  readonly allocate: (words: number) => Words | null;
  /** Says that so many bytes are out of use. */
  readonly free: (bytes: number) => void;
  readonly file: SpillFile;
}

const NOTHING: Words = new Int32Array(0);

export class Frontier {
  /** By number; empty for those that are not in memory. */
  readonly segments: Words[] = [];
  /** Whether nothing more will be written to a segment. */
  isFull = (segment: number): boolean => segment < this.segments.length - 1;
  readonly #options: FrontierOptions;
  readonly #inMemory = new Set<number>();
  readonly #places = new Map<number, number>();
  #held: readonly number[] = [];
  #spare: Words[] = [];
  #changed: number[] = [];

  constructor(options: FrontierOptions) {
    this.#options = options;
  }

  get bytes(): number {
    return 4 * this.#options.segmentWords * (this.#inMemory.size + this.#spare.length);
  }

  /** Adds an empty segment. Returns `false` when there is no room. Errors: `SpillError`. */
  add(): boolean {
    const words = this.#spareWords(this.#options.segmentsMax);
    if (words === null) return false;
    this.#place(this.segments.length, words);
    return true;
  }

  /** Adds the number of a segment that nobody will want. */
  skip(): void {
    this.segments.push(NOTHING);
  }

  /**
   * Keeps these segments in memory, and no others against their will. Returns `false` when there is
   * no room. Errors: `SpillError`.
   */
  hold(segments: readonly number[]): boolean {
    this.#held = segments;
    return segments.every((segment) => {
      const place = this.#places.get(segment);
      if (place === undefined) return true;
      const words = this.#spareWords(this.#options.segmentsMax + segments.length);
      if (words === null) return false;
      this.#options.file.read(place, words);
      this.#drop(segment);
      this.#place(segment, words);
      return true;
    });
  }

  /** Forgets a segment. */
  forget(segment: number): void {
    const words = this.segments[segment] ?? NOTHING;
    this.#drop(segment);
    if (words.length > 0) this.#release(words);
  }

  /** Whether it is neither in memory nor in the file. */
  isForgotten(segment: number): boolean {
    return !this.#inMemory.has(segment) && !this.#places.has(segment);
  }

  /** Gives memory back, if any can be. Errors: `SpillError`. */
  shrink(): boolean {
    const words = this.#spare.pop() ?? this.#spill();
    if (words === null) return false;
    this.#options.free(words.byteLength);
    return true;
  }

  /** Puts segments into the file until the rest is within the limit. Errors: `SpillError`. */
  tidy(): void {
    while (this.#inMemory.size > this.#options.segmentsMax) {
      const words = this.#spill();
      if (words === null) return;
      this.#release(words);
    }
  }

  /** The words of a segment, wherever it is. Errors: `SpillError`. */
  read(segment: number): Words {
    const place = this.#places.get(segment);
    if (place === undefined) return this.segments[segment] ?? NOTHING;
    const words = new Int32Array(this.#options.segmentWords);
    this.#options.file.read(place, words);
    return words;
  }

  /** Segments that came, went or moved since the last time. */
  takeChanged(): number[] {
    const changed = this.#changed;
    this.#changed = [];
    return changed;
  }

  #spareWords(most: number): Words | null {
    const spare = this.#spare.pop();
    if (spare !== undefined) return spare;
    const { allocate, segmentWords } = this.#options;
    const own = this.#inMemory.size < most ? allocate(segmentWords) : null;
    return own ?? this.#spill() ?? allocate(segmentWords);
  }

  #place(segment: number, words: Words): void {
    this.segments[segment] = words;
    this.#inMemory.add(segment);
    this.#changed.push(segment);
  }

  #drop(segment: number): void {
    const place = this.#places.get(segment);
    if (place !== undefined) this.#options.file.free(place);
    this.#places.delete(segment);
    if (this.#inMemory.delete(segment)) this.#changed.push(segment);
    this.segments[segment] = NOTHING;
  }

  #release(words: Words): void {
    if (this.bytes < 4 * this.#options.segmentWords * this.#options.segmentsMax) {
      this.#spare.push(words);
    } else {
      this.#options.free(words.byteLength);
    }
  }

  /** Writes the newest segment that may go to the file. Returns its memory. */
  #spill(): Words | null {
    let newest = -1;
    for (const segment of this.#inMemory) {
      if (segment > newest && this.isFull(segment) && !this.#held.includes(segment)) {
        newest = segment;
      }
    }
    if (newest < 0) return null;
    const words = this.segments[newest] as Words;
    const place = this.#options.file.write(words);
    this.#drop(newest);
    this.#places.set(newest, place);
    return words;
  }
}
