/**
 * Walks in blocks, which several threads can make without anything depending on who makes which.
 *
 * A line is a run of fast-check with a seed of its own. Walks that begin at the beginning depend on
 * seed and number alone, so that one line is enough for any number of threads. A guided walk
 * depends on those before it in its line, so that each thread needs one, and makes its blocks in
 * order. What is counted anew in each block is the same whoever made the one before.
 */

/** Small enough that threads end at about the same time, large enough to pay for its start. */
const WALKS_MIN = 500;
/** A block is this part of the walks before it: fast-check takes time to skip them. */
const SHARE_OF_EARLIER = 1 / 16;

export interface Block {
  /** Order: in which violations count; the first one is reported. */
  readonly index: number;
  readonly line: number;
  /** Where it begins within the seed of its line. */
  readonly path: string;
  readonly walks: number;
}

export class Blocks {
  readonly lines: number;
  readonly #walks_max: number;
  readonly #path: string;
  /** By round: the walks of a line before it. */
  readonly #starts: number[] = [0];

  /** With a `path`, there is one block, which begins there. */
  constructor(lines: number, walks_max: number, path = '') {
    this.lines = path === '' ? lines : 1;
    this.#walks_max = walks_max;
    this.#path = path;
  }

  /** `null`: there are fewer blocks. */
  at(index: number): Block | null {
    if (this.#path !== '') {
      return index > 0 ? null : { index, line: 0, path: this.#path, walks: this.#walks_max };
    }
    const round = Math.floor(index / this.lines);
    const line = index % this.lines;
    const start = this.#start(round);
    const size = this.#start(round + 1) - start;
    const walks = Math.min(size, this.#walks_max - this.lines * start - line * size);
    return walks <= 0 ? null : { index, line, path: String(start), walks };
  }

  #start(round: number): number {
    const starts = this.#starts;
    for (let start = starts.at(-1) ?? 0; starts.length <= round; starts.push(start)) {
      start += Math.max(this.#least, Math.floor(start * SHARE_OF_EARLIER));
    }
    return starts[round] ?? 0;
  }

  /** Few walks are divided evenly. */
  get #least(): number {
    return Math.min(WALKS_MIN, Math.ceil(this.#walks_max / this.lines));
  }
}

/** The seed of a line: of the first one, that of the run. */
export function seedOfLine(seed: bigint, line: number): bigint {
  if (line === 0) return seed;
  let word = Number(BigInt.asIntN(32, seed)) ^ Math.imul(line, 0x9e3779b1);
  for (const factor of [0x85ebca6b, 0xc2b2ae35]) {
    word = Math.imul(word ^ (word >>> 16), factor);
  }
  return BigInt((word ^ (word >>> 13)) >>> 0);
}
