/** How the numbers of pages and flushes went, in a fixed number of equal stretches of time. */

export interface Stretch {
  /** Largest numbers of used and of unsync shadow pages. */
  readonly used: number;
  readonly unsync: number;
  readonly flushes: number;
}

interface Bucket {
  used: number;
  unsync: number;
  flushes: number;
}

const limit = 128;

export class Timeline {
  #begin: number | undefined;
  /** Length of a stretch, in units of the trace clock; doubles when there are too many. */
  #length = 1e-6;
  #buckets: Bucket[] = [];
  #peak: Bucket = { used: 0, unsync: 0, flushes: 0 };

  /** Largest numbers, and the sum of flushes. */
  get peak(): Stretch {
    return this.#peak;
  }

  note(time: number, used: number, unsync: number, isFlush: boolean): void {
    this.#begin ??= time;
    let at = Math.max(0, Math.floor((time - this.#begin) / this.#length));
    while (at >= limit) {
      this.#halve();
      at = Math.max(0, Math.floor((time - this.#begin) / this.#length));
    }
    const last = this.#buckets.at(-1);
    while (this.#buckets.length <= at) {
      this.#buckets.push({ used: last?.used ?? 0, unsync: last?.unsync ?? 0, flushes: 0 });
    }
    for (const bucket of [this.#buckets[at], this.#peak]) {
      if (bucket === undefined) continue;
      if (used > bucket.used) bucket.used = used;
      if (unsync > bucket.unsync) bucket.unsync = unsync;
      if (isFlush) bucket.flushes += 1;
    }
  }

  #halve(): void {
    const old = this.#buckets;
    this.#length *= 2;
    this.#buckets = [];
    for (let i = 0; i < old.length; i += 2) {
      const [a, b] = [old[i], old[i + 1]];
      if (a === undefined) continue;
      this.#buckets.push({
        used: Math.max(a.used, b?.used ?? 0),
        unsync: Math.max(a.unsync, b?.unsync ?? 0),
        flushes: a.flushes + (b?.flushes ?? 0),
      });
    }
  }

  /** At most `limit`, in order of time. */
  stretches(): readonly Stretch[] {
    return this.#buckets;
  }

  get stretch_s(): number {
    return this.#length;
  }
}
