/** The threads of a search as one: a request to all of them, and their replies. */
import { Worker } from 'node:worker_threads';
import type { Reply, Request, WorkerSetup } from './protocol.ts';

export type DoneReply = Extract<Reply, { kind: 'done' }>;

/** Sources need their loader first; the built tree does not. */
const entry = new URL(
  import.meta.url.endsWith('.ts') ? './worker-development.mjs' : './worker.js',
  import.meta.url,
);

interface Waiting {
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: unknown) => void;
}

class Thread {
  readonly #worker: Worker;
  #waiting: Waiting | null = null;
  #early: Reply | null = null;
  #error: unknown = null;

  constructor(setup: WorkerSetup) {
    this.#worker = new Worker(entry, { workerData: setup });
    this.#worker.on('message', (reply: Reply) => {
      if (this.#waiting === null) this.#early = reply;
      else this.#settle(this.#waiting, reply);
    });
    this.#worker.on('error', (error) => this.#fail(error));
    this.#worker.on('exit', () => this.#fail(new Error('a thread of the search has ended')));
  }

  send(request: Request): void {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
    this.#worker.postMessage(request);
  }

  /** Errors: whatever ended the thread. */
  reply(): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const early = this.#early;
      this.#early = null;
      if (early !== null) resolve(early);
      else if (this.#error !== null) reject(this.#error);
      else this.#waiting = { resolve, reject };
    });
  }

  async end(): Promise<void> {
    this.#worker.removeAllListeners('exit');
    await this.#worker.terminate();
  }

  #settle(waiting: Waiting, reply: Reply): void {
    this.#waiting = null;
    waiting.resolve(reply);
  }

  #fail(error: unknown): void {
    this.#error ??= error;
    this.#waiting?.reject(this.#error);
    this.#waiting = null;
  }
}

export class Crew {
  readonly #threads: readonly Thread[];
  /** Settled when all threads are ready for work. Errors: whatever kept one from it. */
  readonly ready: Promise<void>;
  #isReady = false;

  constructor(setups: readonly WorkerSetup[]) {
    this.#threads = setups.map((setup) => new Thread(setup));
    this.ready = Promise.all(this.#threads.map((thread) => thread.reply())).then(() => {
      this.#isReady = true;
    });
    // Whoever awaits it gets the error; nobody may.
    this.ready.catch(() => undefined);
  }

  get isReady(): boolean {
    return this.#isReady;
  }

  /** Sends one request to all. Order: that of the threads. */
  async ask(request: Request): Promise<DoneReply[]> {
    for (const thread of this.#threads) thread.send(request);
    const replies = await Promise.all(this.#threads.map((thread) => thread.reply()));
    return replies.filter((reply) => reply.kind === 'done');
  }

  async end(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.end()));
  }
}
