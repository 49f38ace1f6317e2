/**
 * States found good before: state properties depend on the state alone, so they need not be asked
 * again. Random walks come back to the same states far more often than not.
 *
 * A direct-mapped table of whole vectors, hence exact: a state that is not in it is judged, at the
 * cost of judging some states again after another one took their place.
 */
const SLOTS = 1 << 16;

export class JudgedStates {
  readonly #width: number;
  readonly #vectors: Int32Array;
  readonly #filled = new Uint8Array(SLOTS);
  #slot = 0;

  constructor(width: number) {
    this.#width = width;
    this.#vectors = new Int32Array(width * SLOTS);
  }

  clear(): void {
    this.#filled.fill(0);
  }

  /** Whether the state was remembered. Otherwise `remember` may be called for it next. */
  has(words: Int32Array): boolean {
    const width = this.#width;
    let hash = 0;
    for (let i = 0; i < width; i++) {
      hash = Math.imul(hash ^ (words[i] ?? 0), 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    this.#slot = hash & (SLOTS - 1);
    if (this.#filled[this.#slot] === 0) return false;
    const vectors = this.#vectors;
    const offset = this.#slot * width;
    for (let i = 0; i < width; i++) {
      if (vectors[offset + i] !== words[i]) return false;
    }
    return true;
  }

  /** Remembers the state that `has` was last asked about. */
  remember(words: Int32Array): void {
    this.#filled[this.#slot] = 1;
    this.#vectors.set(words, this.#slot * this.#width);
  }
}
