/** The inner loop in the thread of the caller, with a table that grows a piece at a time. */
import type { Fields } from '../machine/index.ts';
import type { Program } from '../program.ts';
import { buildKernel, STOPS, type Kernel, type KernelOptions } from './kernel.ts';
import type { StateStore } from './options.ts';
import { failureIn, type Failure } from './violations.ts';
import { LOAD, LOAD_TIGHT } from './store.ts';
import type { Words } from './words.ts';

/** States re-entered in one call of `growStep`. */
const REHASH_STATES = 2 ** 17;

export interface LoneOptions extends Pick<
  KernelOptions,
  'canonicaliser' | 'taken' | 'onState' | 'onStep'
> {
  readonly statesMax: number;
}

export class LoneSearch<S, F extends Fields> {
  readonly #program: Program<S, F>;
  readonly #store: StateStore;
  readonly #instances: number;
  readonly #kernel: Kernel;
  #wider: Words | null = null;
  #rehashed = 0;
  /** The table cannot grow any more. */
  #tight = false;
  #outOfMemory = false;

  constructor(program: Program<S, F>, store: StateStore, options: LoneOptions) {
    this.#program = program;
    this.#store = store;
    this.#instances = program.instances.length;
    const { segmentShift, vectors } = store;
    const fingerprints = store.kind === 'exact' ? null : store.fingerprints;
    this.#kernel = buildKernel(program, {
      ...options,
      store: { segmentShift, vectors, fingerprints },
      alone: {
        statesMax: options.statesMax,
        allocate: () => store.addSegment(),
        grow: (part) => fingerprints?.grow(part) ?? false,
      },
    });
    if (store.kind === 'exact') this.#kernel.useTable(store.table);
    else this.#kernel.beginLevel(store.fingerprints.fresh);
  }

  /** Distinct states so far. */
  get states(): number {
    return this.#kernel.count;
  }

  /** The bound that the search ran into. */
  get bound(): 'states' | 'memory' | null {
    return this.#outOfMemory ? 'memory' : (STOPS[this.#kernel.stop] ?? null);
  }

  /** What it was at when the model broke. */
  failure(): Failure {
    return failureIn(this.#kernel, this.#program);
  }

  /** Bytes held for successors. */
  get bytes(): number {
    return this.#kernel.bufferBytes;
  }

  /** Enters the current state of the program. Returns `true` when it is new. */
  add(): boolean {
    const { count } = this.#kernel;
    this.#kernel.add();
    return this.#kernel.count > count;
  }

  /** Goes on with the states that the store holds. Returns `false` when there is no room. */
  resume(states: number): boolean {
    this.#kernel.resume(states);
    const store = this.#store;
    if (store.kind === 'fingerprint') return true;
    let slots = store.table.length;
    while (2 * states > slots) slots *= 2;
    const table = slots > store.table.length ? store.allocateWider(slots) : null;
    if (table === null && slots > store.table.length) return false;
    const used = table ?? store.table;
    this.#kernel.rehash(used, 0, states);
    if (table !== null) store.useTable(table);
    this.#kernel.useTable(used);
    return true;
  }

  /** From now on, states from `id` on belong to the level being found. */
  beginLevel(id: number): void {
    const store = this.#store;
    this.#kernel.beginLevel(store.kind === 'exact' ? id : store.fingerprints.fresh);
  }

  /** Expands the states `start .. end - 1`, less at a bound. Returns the next one to expand. */
  expand(start: number, end: number): number {
    const store = this.#store;
    if (store.kind === 'exact') return this.#kernel.expand(start, end);
    store.forgetVectorsBelow(start);
    if (store.frontier.hold(store.segmentsOf(start, end))) return this.#kernel.expand(start, end);
    this.#outOfMemory = true;
    return start;
  }

  /** Whether the table must grow before another `parents` states are expanded. */
  needsRoom(parents: number): boolean {
    if (this.#store.kind === 'fingerprint') return false;
    const successors = parents * this.#instances;
    const slots = this.#store.table.length;
    const load = this.#tight ? LOAD_TIGHT : LOAD;
    return this.#wider !== null || this.#kernel.count + successors > load * slots;
  }

  /** Does a part of growing the table. Call until `needsRoom` is `false` or `bound` is set. */
  growStep(): void {
    const { count } = this.#kernel;
    const store = this.#store;
    if (store.kind === 'fingerprint') return;
    if (this.#wider === null) {
      if (this.#tight) return void (this.#outOfMemory = true);
      this.#wider = store.allocateWider();
      this.#rehashed = 0;
      if (this.#wider === null) return void (this.#tight = true);
    }
    const end = Math.min(this.#rehashed + REHASH_STATES, count);
    this.#kernel.rehash(this.#wider, this.#rehashed, end);
    this.#rehashed = end;
    if (end < count) return;
    const wider = this.#wider;
    this.#wider = null;
    this.#kernel.useTable(wider);
    store.useTable(wider);
  }
}
