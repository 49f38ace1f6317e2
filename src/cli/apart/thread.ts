/** A thread that makes one search after the other, each on a machine that it builds itself. */
import { parentPort, workerData } from 'node:worker_threads';
import { BrokenModelError } from '../../engine/broken-model.ts';
import { SpillError } from '../../engine/search/spill-file.ts';
import { checkExhaustively } from '../../engine/exhaustive.ts';
import type { Control, Outcome } from '../../engine/outcome.ts';
import { machineFrom } from '../../engine/parallel/source.ts';
import { explore } from '../../engine/random.ts';
import { Flag, type News, type Task } from './protocol.ts';

const flags = workerData as Int32Array;

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
const send = (news: News): void => parentPort?.postMessage(news);

const control: Control = {
  now: () => performance.now(),
  interrupted: () => Atomics.load(flags, Flag.stop) !== 0,
  onProgress: (statistics) => send({ kind: 'progress', statistics }),
};

async function outcomeOf(task: Task): Promise<Outcome> {
  const machine = await machineFrom(task.source);
  if (task.engine === 'random') return explore(machine, task.options, control);
  const { source, options } = task;
  const mayCallThreads = () => Atomics.load(flags, Flag.alone) !== 0;
  return checkExhaustively(machine, { ...options, source, mayCallThreads }, control);
}

async function work(task: Task): Promise<News> {
  try {
    return { kind: 'done', outcome: await outcomeOf(task) };
  } catch (error) {
    if (error instanceof SpillError) {
      const { folder, message: reason } = error;
      return { kind: 'thrown', error: reason, unkept: { folder, reason } };
    }
    if (!(error instanceof BrokenModelError)) return { kind: 'thrown', error };
    const { message: sentence, trace } = error;
    return { kind: 'thrown', error: sentence, broken: { sentence, trace } };
  }
}

parentPort?.on('message', (task: Task) => void work(task).then(send));
