/** Which states were found on which level: a few ranges of ids each. */

export class Levels {
  /** By level: `[start, end, start, end, …]`. */
  readonly #ranges: (readonly number[])[] = [];
  readonly #counts: number[] = [];

  /** New states by level. */
  get counts(): readonly number[] {
    return this.#counts;
  }

  /** Ranges of ids by level, flat: start, end (exclusive), start, … */
  get ranges(): readonly (readonly number[])[] {
    return this.#ranges;
  }

  /** Ends a level. A level without states is none. */
  add(ranges: readonly number[]): void {
    let count = 0;
    for (let k = 0; k < ranges.length; k += 2) count += (ranges[k + 1] ?? 0) - (ranges[k] ?? 0);
    if (count === 0) return;
    this.#ranges.push(ranges);
    this.#counts.push(count);
  }

  /** The states of the last level with ids below `next`, as a range if there are any. */
  before(next: number): number[] {
    const [start = 0] = this.#ranges.at(-1) ?? [];
    return start < next ? [start, next] : [];
  }

  /** Adds levels whose states are numbered one after the other from 0. */
  addCounts(counts: readonly number[]): void {
    let start = 0;
    for (const count of counts) {
      this.add([start, start + count]);
      start += count;
    }
  }
}
