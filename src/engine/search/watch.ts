/** What ends or interrupts a search from outside: the clock, the user, the next checkpoint. */
import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import type { Bound, Control, Statistics } from '../outcome.ts';

/** Longest stretch without yielding to the event loop, give or take one chunk. */
const SLICE_MS = 40;
const PROGRESS_MS = 500;

export class Watch {
  readonly #control: Control;
  readonly #statistics: () => Statistics;
  readonly #time_ms: number;
  readonly #started: number;
  #earlier_ms = 0;
  #lastProgress: number;
  /** The time of the last look. */
  #at: number;

  constructor(control: Control, time_ms = Infinity, statistics: () => Statistics) {
    this.#control = control;
    this.#statistics = statistics;
    this.#time_ms = time_ms;
    this.#started = control.now();
    this.#lastProgress = this.#started;
    this.#at = this.#started;
  }

  /** Adds the time that an earlier part of the search took. It counts for no limit. */
  addEarlier(elapsed_ms: number): void {
    this.#earlier_ms += elapsed_ms;
  }

  /** Time of the last look. */
  get at(): number {
    return this.#at;
  }

  /** Time since the start, at the last look. */
  get lasted_ms(): number {
    return this.#at - this.#started;
  }

  /** Time of the whole search, now. */
  elapsed_ms(): number {
    return this.#earlier_ms + this.#control.now() - this.#started;
  }

  now(): number {
    return this.#control.now();
  }

  /** Between chunks: yields when it is time to, and looks. */
  async pause(): Promise<Bound | null> {
    if (this.#control.now() - this.#at < SLICE_MS) return null;
    await nextTurn();
    return this.look();
  }

  /** While others work: looks now and then, and calls `seen` with what was found. */
  async until(work: Promise<unknown>, seen: (bound: Bound | null) => void): Promise<void> {
    const done = work.then(
      () => true,
      () => true,
    );
    while (!(await Promise.race([done, delay(SLICE_MS, false)]))) seen(this.look());
  }

  look(): Bound | null {
    this.#at = this.#control.now();
    if (this.#at - this.#lastProgress >= PROGRESS_MS) {
      this.#lastProgress = this.#at;
      this.#control.onProgress?.(this.#statistics());
    }
    if (this.#control.interrupted?.() === true) return 'interrupted';
    return this.lasted_ms >= this.#time_ms ? 'time' : null;
  }
}
