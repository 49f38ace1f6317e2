/**
 * Where guided walks begin: in states that an earlier walk was the first to reach.
 *
 * States seen are remembered by hash, so that one may be taken for another; that costs a place to
 * begin at, and no claim rests on it.
 */
import type { Trace } from '../outcome.ts';
import { hashWords } from '../state/hash.ts';
import type { Draw } from './draw.ts';

/** States kept to begin at. */
const STARTS_MAX = 20_000;
const SEEN = 2 ** 22;
/** One walk in so many begins at the beginning. */
const FROM_THE_BEGINNING_ONE_IN = 4;

/** A state, and the run that led to it. */
export interface Start extends Trace {
  readonly words: Int32Array;
}

interface Kept extends Start {
  /** Walks that began here. */
  picks: number;
}

export class Guide {
  readonly #seen = new Uint8Array(SEEN);
  readonly #starts: Kept[] = [];

  /** Of two states drawn, the one where fewer walks began; `null`: begin at the beginning. */
  begin(draw: Draw): Start | null {
    const starts = this.#starts;
    if (starts.length === 0 || draw.oneIn(FROM_THE_BEGINNING_ONE_IN)) return null;
    const one = starts[draw.below(starts.length)] as Kept;
    const other = starts[draw.below(starts.length)] as Kept;
    const start = one.picks <= other.picks ? one : other;
    start.picks++;
    return start;
  }

  /** Keeps a state that nobody reached before, in the place of another when there are many. */
  reached(words: Int32Array, { initial, steps }: Trace, draw: Draw): void {
    const slot = hashWords(words).low & (SEEN - 1);
    if (this.#seen[slot] === 1) return;
    this.#seen[slot] = 1;
    const start = { words: words.slice(), initial, steps: steps.slice(), picks: 0 };
    if (this.#starts.length < STARTS_MAX) this.#starts.push(start);
    else this.#starts[draw.below(STARTS_MAX)] = start;
  }
}
