/**
 * A table from words to a number, as generated text looks it up: open addressing in one array. The
 * class holds what is rare: growing, and starting again when it has become too large.
 */

const SLOTS_MIN = 256;
/** Half of them are used at most. */
const SLOTS_MAX = 2 ** 15;

const FACTOR = 0x9e3779b1 | 0;

/** Statement that absorbs the word `word` into the hash `h`, which begins as 1. */
export const absorbText = (word: string): string =>
  `h = Math.imul(h ^ ${word}, ${FACTOR}); h ^= h >>> 15;`;

/** As the text computes it. */
function hashOf(words: Int32Array, start: number, end: number): number {
  let h = 1;
  for (let k = start; k < end; k++) {
    h = Math.imul(h ^ (words[k] ?? 0), FACTOR);
    h ^= h >>> 15;
  }
  return h;
}

export class Table {
  /** Entries: the number, 0 where the entry is free, then the key. */
  words: Int32Array;
  /** Entries less one; they are a power of two. */
  mask = SLOTS_MIN - 1;
  readonly #size: number;
  #used = 0;

  constructor(keyWords: number) {
    this.#size = keyWords + 1;
    this.words = new Int32Array(SLOTS_MIN * this.#size);
  }

  /** To be called after an entry was written. Entries may then have moved, or be gone. */
  added(): void {
    this.#used++;
    if (2 * this.#used <= this.mask) return;
    if (this.mask + 1 < SLOTS_MAX) this.#grow();
    else this.forget();
  }

  /** Forgets all entries. */
  forget(): void {
    this.#used = 0;
    this.words.fill(0);
  }

  #grow(): void {
    const old = this.words;
    const size = this.#size;
    this.mask = 2 * this.mask + 1;
    this.words = new Int32Array((this.mask + 1) * size);
    for (let from = 0; from < old.length; from += size) {
      if (old[from] === 0) continue;
      let i = hashOf(old, from + 1, from + size) & this.mask;
      while (this.words[i * size] !== 0) i = (i + 1) & this.mask;
      this.words.set(old.subarray(from, from + size), i * size);
    }
  }
}
