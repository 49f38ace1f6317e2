/** Shares the thread: gives way to timers and signals, reports progress, notices the end. */
import type { Bound, Control } from '../outcome.ts';

/** The event loop is served at least this often, between two pieces of work. */
const SLICE_MS = 50;
const PROGRESS_EVERY_MS = 500;

export interface PacerOptions {
  /** Counted from now. */
  readonly time_ms?: number | undefined;
  /** Of the process. */
  readonly memory_bytes?: number | undefined;
  /** Called at least once a second. */
  readonly onProgress?: () => void;
  /** Called whenever the event loop was served: why to stop, if somebody else knows. */
  readonly asked?: () => Bound | null;
}

export class Pacer {
  readonly startedAt: number;
  readonly #control: Control;
  readonly #options: PacerOptions;
  readonly #deadline: number;
  #yieldedAt: number;
  #reportedAt: number;
  #ended: Bound | null = null;

  constructor(control: Control, options: PacerOptions = {}) {
    this.#control = control;
    this.#options = options;
    this.startedAt = control.now();
    this.#deadline = this.startedAt + (options.time_ms ?? Number.POSITIVE_INFINITY);
    this.#yieldedAt = this.startedAt;
    this.#reportedAt = this.startedAt;
    if (control.interrupted?.() === true) this.#ended = 'interrupted';
  }

  /** Why to stop; `null` to go on. Kept up to date by `due`, `giveWay` and `look`. */
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
    this.look();
  }

  /** Asks the caller whether to go on, now that the event loop has run. */
  look(): void {
    const { memory_bytes = Infinity, onProgress, asked } = this.#options;
    if (this.#control.interrupted?.() === true) this.#ended = 'interrupted';
    if (memory_bytes < Infinity && process.memoryUsage.rss() >= memory_bytes) {
      this.#ended ??= 'memory';
    }
    const told = asked?.() ?? null;
    if (told === 'interrupted') this.#ended = told;
    else this.#ended ??= told;
    const now = this.#control.now();
    if (now >= this.#deadline) this.#ended ??= 'time';
    this.#yieldedAt = now;
    if (onProgress !== undefined && now - this.#reportedAt >= PROGRESS_EVERY_MS) {
      this.#reportedAt = now;
      onProgress();
    }
  }
}
