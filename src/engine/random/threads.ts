/** Threads that make blocks of walks beside this one. */
import { Worker } from 'node:worker_threads';
import type { MachineSource } from '../parallel/source.ts';
import type { SharedWords } from './share.ts';
import type { Taken, TakerOptions } from './taker.ts';

/** Plain data. */
export interface ThreadSetup {
  readonly source: MachineSource;
  readonly options: TakerOptions;
  /** The lines whose blocks it makes. */
  readonly lines: readonly number[];
  /** Lines in all. */
  readonly of: number;
  /** Walks in all. */
  readonly walks: number;
  readonly shared: SharedWords;
}

/** Sources need their loader first; the built tree does not. */
const entry = new URL(
  import.meta.url.endsWith('.ts') ? './thread-development.mjs' : './thread.js',
  import.meta.url,
);

export class Threads {
  readonly #workers: readonly Worker[];
  /** Order: of the setups. Errors: whatever ended one of them. */
  readonly taken: Promise<readonly Taken[]>;

  /** `onError`: called at once, before anybody awaits `taken`. */
  constructor(setups: readonly ThreadSetup[], onError: () => void) {
    this.#workers = setups.map((workerData) => new Worker(entry, { workerData }));
    this.taken = Promise.all(this.#workers.map(resultOf));
    this.taken.catch(onError);
  }

  async end(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }
}

const resultOf = (worker: Worker): Promise<Taken> =>
  new Promise((resolve, reject) => {
    worker.once('message', (taken: Taken) => resolve(taken));
    worker.once('error', reject);
    worker.once('exit', () => reject(new Error('a thread of random walks has ended')));
  });
