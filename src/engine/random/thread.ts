/** A thread that makes blocks of walks beside others. */
import { parentPort, workerData } from 'node:worker_threads';
import { machineFrom } from '../parallel/source.ts';
import { Blocks } from './blocks.ts';
import { Pacer } from './pacer.ts';
import { Share } from './share.ts';
import { Taker } from './taker.ts';
import type { ThreadSetup } from './threads.ts';

const { source, options, lines, of, walks, shared } = workerData as ThreadSetup;
const share = new Share(shared);
// The thread that called looks at the clock; this one pauses after so many walks.
let turns = 0;
const control = { now: () => turns++ };
const pacer = new Pacer(control, { asked: () => share.stopped() });
const taker = new Taker(await machineFrom(source), options, new Blocks(of, walks), share, pacer);
const taken = await taker.run(lines);
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
parentPort?.postMessage(taken);
