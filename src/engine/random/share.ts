/** What the threads of a random run tell each other, in shared memory. */
import type { Bound } from '../outcome.ts';

const Word = { next: 0, failing: 1, stop: 2 } as const;
const Count = { samples: 0, steps: 1 } as const;

/** Order: of their numbers. */
const bounds = ['time', 'memory', 'interrupted'] as const satisfies readonly Bound[];
type Stop = (typeof bounds)[number];

const NONE = 0x7fffffff;

/** The memory itself, which can be sent. */
export interface SharedWords {
  readonly words: Int32Array;
  readonly counts: BigInt64Array;
}

export function newSharedWords(): SharedWords {
  const words = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT * 3));
  words[Word.failing] = NONE;
  const counts = new BigInt64Array(new SharedArrayBuffer(BigInt64Array.BYTES_PER_ELEMENT * 2));
  return { words, counts };
}

export class Share {
  readonly shared: SharedWords;

  constructor(shared: SharedWords = newSharedWords()) {
    this.shared = shared;
  }

  /** The number of a block that nobody has taken. */
  takeNext(): number {
    return Atomics.add(this.shared.words, Word.next, 1);
  }

  /** Whether the block can still hold the first violation. */
  matters(block: number): boolean {
    return Atomics.load(this.shared.words, Word.failing) >= block;
  }

  noteFailing(block: number): void {
    const { words } = this.shared;
    for (let least = Atomics.load(words, Word.failing); block < least;) {
      const seen = Atomics.compareExchange(words, Word.failing, least, block);
      if (seen === least) return;
      least = seen;
    }
  }

  /** The first reason counts, but for an interruption, which alone cuts shrinking too. */
  stop(bound: Bound): void {
    const { words } = this.shared;
    const number = 1 + bounds.indexOf(bound as Stop);
    if (bound === 'interrupted') Atomics.store(words, Word.stop, number);
    else Atomics.compareExchange(words, Word.stop, 0, number);
  }

  stopped(): Bound | null {
    return bounds[Atomics.load(this.shared.words, Word.stop) - 1] ?? null;
  }

  /** Adds to what progress shows. */
  count(samples: number, steps: number): void {
    Atomics.add(this.shared.counts, Count.samples, BigInt(samples));
    Atomics.add(this.shared.counts, Count.steps, BigInt(steps));
  }

  get samples(): number {
    return Number(Atomics.load(this.shared.counts, Count.samples));
  }

  get steps(): number {
    return Number(Atomics.load(this.shared.counts, Count.steps));
  }
}
