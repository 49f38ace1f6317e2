/** One search after the other in a thread beside this one. */
import { Worker } from 'node:worker_threads';
import { BrokenModelError } from '../../engine/broken-model.ts';
import { SpillError } from '../../engine/search/spill-file.ts';
import type { Outcome, Statistics } from '../../engine/outcome.ts';
import type { News, Task, ThrownThere } from './protocol.ts';

/** Sources need their loader first; the built tree does not. */
const entry = new URL(
  import.meta.url.endsWith('.ts') ? './thread-development.mjs' : './thread.js',
  import.meta.url,
);

export class Lane {
  readonly #flags: Int32Array;
  #thread: Worker | null = null;

  constructor(flags: Int32Array) {
    this.#flags = flags;
  }

  /**
   * Makes a search. In a thread that has seen another machine, the code of the model is compiled
   * for both and slower: what takes long gets a new one.
   * Errors: what the engine throws, or whatever ended the thread.
   */
  async run<O extends Outcome>(
    task: Task,
    isLong: boolean,
    onProgress: (statistics: Statistics) => void,
  ): Promise<O> {
    if (isLong) await this.end();
    this.#thread ??= new Worker(entry, { workerData: this.#flags });
    try {
      return await outcomeFrom<O>(this.#thread, task, onProgress);
    } finally {
      if (isLong) await this.end();
    }
  }

  async end(): Promise<void> {
    const thread = this.#thread;
    this.#thread = null;
    await thread?.terminate();
  }
}

function outcomeFrom<O extends Outcome>(
  thread: Worker,
  task: Task,
  onProgress: (statistics: Statistics) => void,
): Promise<O> {
  return new Promise<O>((resolve, reject) => {
    const settle = (report: () => void): void => {
      thread.off('message', onNews).off('error', onError).off('exit', onExit);
      report();
    };
    const onError = (error: unknown): void => settle(() => reject(error));
    const onExit = (): void => onError(new Error('the thread of a search has ended'));
    const onNews = (news: News<O>): void => {
      if (news.kind === 'progress') onProgress(news.statistics);
      else if (news.kind === 'done') settle(() => resolve(news.outcome));
      else onError(thrownHere(news));
    };
    thread.on('message', onNews).on('error', onError).on('exit', onExit);
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
    thread.postMessage(task);
  });
}

function thrownHere({ error, broken, unkept }: ThrownThere): unknown {
  if (broken !== undefined) return new BrokenModelError(broken.sentence, broken.trace);
  return unkept === undefined ? error : new SpillError(unkept.folder, new Error(unkept.reason));
}
