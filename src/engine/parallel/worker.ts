/** A thread of the parallel search: expands chunks of the level on request. */
import { parentPort, workerData } from 'node:worker_threads';
import { ModelAssumptionError } from '../machine/index.ts';
import { compileMachine, type Program } from '../program.ts';
import { buildKernel, type Kernel } from '../search/kernel.ts';
import { reclaim } from '../search/reclaim.ts';
import { Sightings } from '../search/sightings.ts';
import { failureIn } from '../search/violations.ts';
import type { Words } from '../search/words.ts';
import { moveEntries, Parts } from '../search/fingerprints.ts';
import { segmentShiftOf } from '../search/store.ts';
import { compileSymmetry } from '../symmetry.ts';
import {
  chunkStates,
  Shared,
  type Reply,
  type Request,
  type StoreNews,
  type ThreadFailure,
  type WorkerSetup,
} from './protocol.ts';
import { machineFrom } from './source.ts';

class SearchThread {
  readonly #setup: WorkerSetup;
  readonly #program: Program<unknown>;
  readonly #kernel: Kernel;
  readonly #vectors: Words[] = [];
  readonly #parts = new Parts();
  readonly #sightings = new Sightings();
  readonly #segmentShift: number;
  /** Segments of this thread: the one being filled, and those to be filled next. */
  #segment = -1;
  readonly #reserved: number[] = [];
  /** Slots of the table in use. */
  #slots = 0;

  constructor(setup: WorkerSetup, program: Program<unknown>) {
    this.#setup = setup;
    this.#program = program;
    this.#segmentShift = segmentShiftOf(program.words);
    const { layout, machine, currentWords, beforeWords } = program;
    const sightings = this.#sightings;
    this.#kernel = buildKernel(program, {
      store: {
        segmentShift: this.#segmentShift,
        vectors: this.#vectors,
        fingerprints: setup.room === null ? null : { parts: this.#parts, room: setup.room },
      },
      canonicaliser: setup.symmetry ? compileSymmetry(layout.shape, machine.symmetry) : null,
      taken: setup.taken,
      onState: (list) => sightings.note(currentWords, null, list),
      onStep: (instance, list) => sightings.note(beforeWords, instance, list),
      shared: {
        levelStart: setup.levelStart,
        takeSegment: () => this.#takeSegment(),
        partIsFull: () => Atomics.store(setup.control, Shared.stop, 1),
      },
    });
  }

  answer(request: Request): Reply {
    this.#learn(request);
    let finished = false;
    let failure: ThreadFailure | null = null;
    try {
      if (request.kind === 'rehash') this.#rehash(request.wider);
      else if (request.kind === 'move') this.#move(request.wider);
      else finished = this.#expand(request.ranges, request.chunk);
    } catch (error) {
      Atomics.store(this.#setup.control, Shared.stop, 1);
      const broken = error instanceof ModelAssumptionError ? error.message : null;
      failure = { error, broken, where: failureIn(this.#kernel, this.#program) };
    }
    if (this.#segment >= 0) {
      const free = this.#kernel.room;
      this.#setup.filled[this.#segment] = 2 ** this.#segmentShift - free;
    }
    return {
      kind: 'done',
      finished,
      sightings: this.#sightings.take(),
      evidence: this.#program.judge.drain(),
      failure,
    };
  }

  #learn({ segments, table, parts, fresh }: StoreNews): void {
    for (const [segment, words] of segments) {
      if (words.length === 0) reclaim(this.#vectors[segment]?.byteLength ?? 0);
      this.#vectors[segment] = words;
    }
    for (const [part, words] of parts) {
      reclaim(this.#parts.tables[part]?.byteLength ?? 0);
      this.#parts.put(part, words);
    }
    if (table === null) return this.#kernel.beginLevel(fresh);
    this.#kernel.useTable(table);
    if (table.length !== this.#slots) reclaim(4 * this.#slots);
    this.#slots = table.length;
  }

  /** Returns whether every chunk was handed out: not so when room was lacking, or on request. */
  #expand(ranges: readonly number[], chunk: number): boolean {
    const { control } = this.#setup;
    const kernel = this.#kernel;
    let range = 0;
    let chunksBefore = 0;
    for (;;) {
      if (Atomics.load(control, Shared.stop) !== 0 || !this.#reserveRoom()) return false;
      const mine = Atomics.add(control, Shared.chunk, 1);
      let start = 0;
      let end = 0;
      for (; ; range += 2) {
        if (range >= ranges.length) return true;
        start = ranges[range] ?? 0;
        end = ranges[range + 1] ?? 0;
        const chunks = Math.ceil((end - start) / chunk);
        if (mine < chunksBefore + chunks) break;
        chunksBefore += chunks;
      }
      const from = start + (mine - chunksBefore) * chunk;
      const to = Math.min(from + chunk, end);
      const { count } = kernel;
      kernel.expand(from, to);
      Atomics.add(control, Shared.found, kernel.count - count);
      Atomics.add(control, Shared.expanded, to - from);
    }
  }

  /** Makes sure that all successors of a chunk have a place in segments and table. */
  #reserveRoom(): boolean {
    const { control } = this.#setup;
    if (Atomics.load(control, Shared.found) >= Atomics.load(control, Shared.capacity)) return false;
    const instances = this.#program.instances.length;
    const needed = chunkStates(instances) * instances;
    const size = 2 ** this.#segmentShift;
    while (this.#kernel.room + this.#reserved.length * size < needed) {
      const next = Atomics.load(control, Shared.segment);
      if (next >= Atomics.load(control, Shared.segments)) return false;
      if (Atomics.compareExchange(control, Shared.segment, next, next + 1) === next) {
        this.#reserved.push(next);
      }
    }
    return true;
  }

  #takeSegment(): number {
    if (this.#segment >= 0) this.#setup.filled[this.#segment] = 2 ** this.#segmentShift;
    const segment = this.#reserved.shift();
    if (segment === undefined) throw new RangeError('there is no room reserved');
    this.#segment = segment;
    return segment * 2 ** this.#segmentShift;
  }

  #rehash(wider: Int32Array): void {
    const { control, filled } = this.#setup;
    for (;;) {
      const segment = Atomics.add(control, Shared.rehash, 1);
      if (segment >= this.#vectors.length) return;
      const start = segment * 2 ** this.#segmentShift;
      const end = start + (filled[segment] ?? 0);
      this.#kernel.rehash(wider, start, end);
    }
  }

  #move(wider: readonly (readonly [number, Int32Array])[]): void {
    for (;;) {
      const [part, words] = wider[Atomics.add(this.#setup.control, Shared.rehash, 1)] ?? [];
      if (part === undefined || words === undefined) return;
      moveEntries(this.#parts.tables[part] as Words, words);
    }
  }
}

async function main(): Promise<void> {
  const setup = workerData as WorkerSetup;
  const { checked, backend } = setup;
  const machine = await machineFrom(setup.source);
  const thread = new SearchThread(setup, compileMachine(machine, { checked, backend }));
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  const send = (reply: Reply) => parentPort?.postMessage(reply);
  parentPort?.on('message', (request: Request) => send(thread.answer(request)));
  send({ kind: 'ready' });
}

await main();
