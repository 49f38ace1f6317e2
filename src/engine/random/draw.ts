/**
 * The random numbers of one walk.
 *
 * fast-check hands out one generator per run; a walk takes 64 bits of it and continues with the
 * small generator below, because a walk draws several numbers per step and a call through
 * fast-check costs more than trying a guard. The walk stays a function of seed and run number.
 */

/** Anything that yields whole numbers in an inclusive range, as `fc.Random` does. */
export interface SeedSource {
  nextInt(min: number, max: number): number;
}

const INT_MIN = -0x80000000;
const INT_MAX = 0x7fffffff;
const WARM_UP_DRAWS = 12;

/** A small fast counting generator with 128 bits of state; a new one per walk. */
export class Draw {
  private a = 0;
  private b = 0;
  private c = 0;
  private counter = 1;

  /** Restarts the sequence from two 32-bit words of the source. */
  seedFrom(source: SeedSource): void {
    this.a = source.nextInt(INT_MIN, INT_MAX);
    this.b = source.nextInt(INT_MIN, INT_MAX);
    this.c = 0;
    this.counter = 1;
    for (let i = 0; i < WARM_UP_DRAWS; i++) this.word();
  }

  /** 32 bits, signed. */
  word(): number {
    const sum = (this.a + this.b + this.counter) | 0;
    this.counter = (this.counter + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = (((this.c << 21) | (this.c >>> 11)) + sum) | 0;
    return sum;
  }

  /** A whole number `0..limit-1`. Limit: 2^21, far above any instance table. */
  below(limit: number): number {
    return Math.floor(((this.word() >>> 0) * limit) / 0x100000000);
  }

  /** True once in `n` times on average. */
  oneIn(n: number): boolean {
    return this.below(n) === 0;
  }
}
