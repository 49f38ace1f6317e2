/**
 * Columns: everything in a vector that is indexed by one identity of a pool, and only by it.
 *
 * Columns compare as sequences of bit fields, which gives a total order on their contents.
 */
import { maskOf } from '../state/shape.ts';
import type { Family } from './families.ts';

export class Columns {
  /** Number of identities. */
  readonly size: number;
  /** Bit fields of one column. */
  readonly #fields: number;
  /** `[identity * fields + field]` */
  readonly #words: Int32Array;
  readonly #shifts: Int32Array;
  /** `[field]` */
  readonly #masks: Int32Array;
  readonly #order: Int32Array;
  readonly #scratch: Int32Array;

  /** Limit: each family is indexed by the pool alone, with `size` copies. */
  constructor(size: number, families: readonly Family[]) {
    this.size = size;
    this.#fields = families.length;
    const cells = size * families.length;
    this.#words = new Int32Array(cells);
    this.#shifts = new Int32Array(cells);
    this.#masks = Int32Array.from(families, ({ bits }) => maskOf(bits) | 0);
    this.#order = new Int32Array(size);
    this.#scratch = new Int32Array(cells);
    families.forEach(({ addresses }, field) => {
      addresses.forEach((address, identity) => {
        this.#words[identity * this.#fields + field] = address >>> 5;
        this.#shifts[identity * this.#fields + field] = address & 31;
      });
    });
  }

  /** Negative, zero or positive as column `x` comes before, equals or comes after column `y`. */
  compare(m: Int32Array, x: number, y: number): number {
    const fields = this.#fields;
    const words = this.#words;
    const shifts = this.#shifts;
    const masks = this.#masks;
    for (let k = 0, i = x * fields, j = y * fields; k < fields; k++, i++, j++) {
      const mask = masks[k] as number;
      const left = ((m[words[i] as number] as number) >>> (shifts[i] as number)) & mask;
      const right = ((m[words[j] as number] as number) >>> (shifts[j] as number)) & mask;
      if (left !== right) return left < right ? -1 : 1;
    }
    return 0;
  }

  /** Writes the identities, sorted by column, into `order[start ..]`. The sort is stable. */
  rank(m: Int32Array, order: Int32Array, start: number): void {
    for (let k = 0; k < this.size; k++) {
      let at = k;
      while (at > 0 && this.compare(m, k, order[start + at - 1] as number) < 0) {
        order[start + at] = order[start + at - 1] as number;
        at--;
      }
      order[start + at] = k;
    }
  }

  /** Sorts the columns in place. */
  sort(m: Int32Array): void {
    if (this.#isSorted(m)) return;
    this.rank(m, this.#order, 0);
    this.#gather(m);
    this.#scatter(m);
  }

  #isSorted(m: Int32Array): boolean {
    for (let k = 1; k < this.size; k++) if (this.compare(m, k - 1, k) > 0) return false;
    return true;
  }

  #gather(m: Int32Array): void {
    const fields = this.#fields;
    for (let i = 0; i < this.#scratch.length; i++) {
      const mask = this.#masks[i % fields] as number;
      const word = m[this.#words[i] as number] as number;
      this.#scratch[i] = (word >>> (this.#shifts[i] as number)) & mask;
    }
  }

  #scatter(m: Int32Array): void {
    const fields = this.#fields;
    for (let target = 0; target < this.size; target++) {
      const source = this.#order[target] as number;
      for (let k = 0; k < fields; k++) {
        const i = target * fields + k;
        const word = this.#words[i] as number;
        const shift = this.#shifts[i] as number;
        const rest = (m[word] as number) & ~((this.#masks[k] as number) << shift);
        m[word] = rest | ((this.#scratch[source * fields + k] as number) << shift);
      }
    }
  }
}
