/** Shares the thread: gives way to timers and signals, reports progress, notices the end. */
import type { Bound, Control } from '../outcome.ts';

/** The event loop is served at least this often, between two pieces of work. */
const SLICE_MS = 50;
const PROGRESS_EVERY_MS = 500;

export class Pacer {
  readonly startedAt: number;
  readonly #control: Control;
  readonly #deadline: number;
  readonly #onProgress: (() => void) | null;
  #yieldedAt: number;
  #reportedAt: number;
  #ended: Bound | null = null;

  /** `time_ms` is counted from now; `onProgress` is called at least once a second. */
  constructor(control: Control, time_ms = Number.POSITIVE_INFINITY, onProgress?: () => void) {
    this.#control = control;
    this.startedAt = control.now();
    this.#deadline = this.startedAt + time_ms;
    this.#onProgress = onProgress ?? null;
    this.#yieldedAt = this.startedAt;
    this.#reportedAt = this.startedAt;
    if (control.interrupted?.() === true) this.#ended = 'interrupted';
  }

  /** Why to stop; `null` to go on. Kept up to date by `due` and `giveWay`. */
  get ended(): Bound | null {
    return this.#ended;
  }

  elapsed_ms(): number {
    return this.#control.now() - this.startedAt;
  }

  /** Whether to call `giveWay` now. Cheap enough for each walk or replay. */
  due(): boolean {
    const now = this.#control.now();
    if (now >= this.#deadline) this.#ended ??= 'time';
    return now - this.#yieldedAt >= SLICE_MS;
  }

  /** Lets the event loop run, then asks the caller whether to go on. */
  async giveWay(): Promise<void> {
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
    if (this.#control.interrupted?.() === true) this.#ended = 'interrupted';
    const now = this.#control.now();
    this.#yieldedAt = now;
    if (this.#onProgress !== null && now - this.#reportedAt >= PROGRESS_EVERY_MS) {
      this.#reportedAt = now;
      this.#onProgress();
    }
  }
}
