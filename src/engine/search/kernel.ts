/**
 * The inner loop of the exhaustive search over its store of states.
 *
 * A state has an id: its number in order of discovery. Its key (the vector, or the 64-bit
 * fingerprint of it) and its parent's id lie in segments; an open-addressing table of ids finds
 * it. Successors are gathered in a buffer and looked up together, in order, so that the ids, the
 * parents and all counts are the same in every run.
 */
import type { Fields } from '../machine/index.ts';
import type { Judgement, Program } from '../program.ts';
import { kernelText } from './kernel-text.ts';
import type { Canonicaliser } from '../symmetry.ts';

/** Words of one segment, at most; it holds a power of two of states. */
const SEGMENT_WORDS = 2 ** 18;
const FIRST_TABLE_SLOTS = 2 ** 16;
/** Slots stay addressable by a mask of 31 bits. */
const TABLE_SLOTS_MAX = 2 ** 30;
/** States re-entered in one call of `growStep`. */
const REHASH_STATES = 2 ** 17;
/** Words of successors to gather before the buffer is emptied, and limits of their number. */
const BUFFER_WORDS = 2 ** 16;
const BUFFER_MIN = 512;
const BUFFER_MAX = 4096;

export type Storage = 'exact' | 'fingerprint';

export interface KernelOptions {
  readonly storage: Storage;
  readonly canonicaliser: Canonicaliser | null;
  readonly statesMax: number;
  readonly memoryMax: number;
  /** A state property does not hold in the state `id`. */
  readonly onState: (id: number, list: readonly Judgement[]) => void;
  /** A step property does not hold for `instance`, executed in the state `id`. */
  readonly onStep: (id: number, instance: number, list: readonly Judgement[]) => void;
}

/** What the generated text returns. */
interface Kernel {
  readonly count: number;
  readonly stop: number;
  readonly parent: number;
  readonly judging: number;
  readonly bufferBytes: number;
  add(): void;
  expand(start: number, end: number): number;
  rehash(wider: Int32Array, start: number, end: number): void;
  useTable(wider: Int32Array): void;
}

const STOPS = [null, 'states', 'memory'] as const;

export class SearchKernel<S, F extends Fields> {
  /** Executed steps by transition. */
  readonly taken: Float64Array;
  /** Words of a key in a segment: the parent's id follows it. */
  readonly keyWords: number;
  /** Keys are whole vectors. */
  readonly exact: boolean;
  readonly #program: Program<S, F>;
  readonly #options: KernelOptions;
  readonly #segmentShift: number;
  readonly #keys: Int32Array[] = [];
  readonly #vectors: Int32Array[];
  readonly #vectorWords: number;
  readonly #kernel: Kernel;
  #vectorSegments = 0;
  #table = new Int32Array(FIRST_TABLE_SLOTS);
  #wider: Int32Array<ArrayBuffer> | null = null;
  #rehashed = 0;
  #outOfMemory = false;

  constructor(program: Program<S, F>, options: KernelOptions) {
    this.#program = program;
    this.#options = options;
    const exact = options.storage === 'exact';
    this.exact = exact;
    this.keyWords = exact ? program.words : 2;
    this.#vectorWords = program.words;
    this.#segmentShift = Math.floor(Math.log2(SEGMENT_WORDS / (program.words + 1)));
    this.#vectors = exact ? this.#keys : [];
    this.taken = new Float64Array(program.machine.transitions.length);
    this.#kernel = this.#build();
    this.#kernel.useTable(this.#table);
  }

  get #segmentStates(): number {
    return 2 ** this.#segmentShift;
  }

  /** Distinct states so far. */
  get states(): number {
    return this.#kernel.count;
  }

  /** The bound that the kernel ran into. */
  get bound(): 'states' | 'memory' | null {
    return this.#outOfMemory ? 'memory' : (STOPS[this.#kernel.stop] ?? null);
  }

  /** The state being expanded, for the report of a broken model; -1 before the first. */
  get parent(): number {
    return this.#kernel.parent;
  }

  /** The state being judged, or -1. */
  get judging(): number {
    return this.#kernel.judging;
  }

  /** Bytes held for states, tables and buffers. */
  get bytes(): number {
    const keys = this.#keys.length * this.#segmentStates * (this.keyWords + 1);
    const vectors = this.#vectorSegments * this.#segmentStates * this.#vectorWords;
    const tables = this.#table.length + (this.#wider?.length ?? 0);
    return 4 * (keys + vectors + tables) + this.#kernel.bufferBytes;
  }

  /** Enters the current state of the program. Returns `true` when it is new. */
  add(): boolean {
    const { count } = this.#kernel;
    this.#kernel.add();
    return this.#kernel.count > count;
  }

  /** Expands the states `start..end-1`, less at a bound. Returns the next one to expand. */
  expand(start: number, end: number): number {
    return this.#kernel.expand(start, end);
  }

  /** Whether the table must grow before another `parents` states are expanded. */
  needsRoom(parents: number): boolean {
    const successors = parents * this.#program.instances.length;
    return this.#wider !== null || 2 * (this.#kernel.count + successors) > this.#table.length;
  }

  /** Does a part of growing the table. Call until `needsRoom` is `false` or `bound` is set. */
  growStep(): void {
    const { count } = this.#kernel;
    if (this.#wider === null) {
      const slots = 2 * this.#table.length;
      this.#wider = slots > TABLE_SLOTS_MAX ? null : this.#allocate(slots);
      this.#rehashed = 0;
      if (this.#wider === null) return void (this.#outOfMemory = true);
    }
    const end = Math.min(this.#rehashed + REHASH_STATES, count);
    this.#kernel.rehash(this.#wider, this.#rehashed, end);
    this.#rehashed = end;
    if (end < count) return;
    this.#table = this.#wider;
    this.#wider = null;
    this.#kernel.useTable(this.#table);
  }

  /** Forgets the vectors below state `id`, when keys are kept apart from them. */
  forgetVectorsBelow(id: number): void {
    if (this.#vectors === this.#keys) return;
    const segments = id >>> this.#segmentShift;
    for (let k = segments - 1; k >= 0 && (this.#vectors[k]?.length ?? 0) > 0; k--) {
      this.#vectors[k] = new Int32Array(0);
      this.#vectorSegments--;
    }
  }

  /** Id of the state from which `id` was first reached; -1 for an initial state. */
  parentOf(id: number): number {
    return this.#segmentWord(id, this.keyWords);
  }

  /** Whether `key` is the key of the state `id`. */
  hasKey(id: number, key: Int32Array): boolean {
    for (let k = 0; k < this.keyWords; k++) {
      if (this.#segmentWord(id, k) !== key[k]) return false;
    }
    return true;
  }

  #segmentWord(id: number, word: number): number {
    const offset = (id & (this.#segmentStates - 1)) * (this.keyWords + 1) + word;
    return this.#keys[id >>> this.#segmentShift]?.[offset] ?? -1;
  }

  #allocate(words: number): Int32Array<ArrayBuffer> | null {
    if (this.bytes + 4 * words > this.#options.memoryMax) return null;
    try {
      return new Int32Array(words);
    } catch (error) {
      if (error instanceof RangeError) return null;
      throw error;
    }
  }

  #allocateSegment(index: number): boolean {
    const keys = this.#allocate(this.#segmentStates * (this.keyWords + 1));
    if (keys === null) return false;
    this.#keys[index] = keys;
    if (this.#vectors === this.#keys) return true;
    const vectors = this.#allocate(this.#segmentStates * this.#vectorWords);
    if (vectors === null) return false;
    this.#vectors[index] = vectors;
    this.#vectorSegments++;
    return true;
  }

  #build(): Kernel {
    const { machine, judge, instances, current, before } = this.#program;
    const args = instances.map((instance) => instance.args.slice(0, instance.parameters));
    const transitions = machine.transitions.map(({ parameters }, index) => ({
      sizes: parameters.map(({ size }) => size),
      firstInstance: instances.find(({ transition }) => transition === index)?.id ?? 0,
      judged: judge.judgedTransitions[index] === true,
    }));
    const text = kernelText({
      words: this.#program.words,
      storage: this.#options.storage,
      transitions,
      normalises: machine.normalise !== undefined,
      canonicalises: this.#options.canonicaliser !== null,
      judgesStates: machine.properties.length > 0,
      checked: this.#program.checked,
      segmentShift: this.#segmentShift,
      slack: Math.max(BUFFER_MIN, Math.min(BUFFER_MAX, BUFFER_WORDS / this.#program.words)) | 0,
    });
    const environment = {
      m: this.#program.currentWords,
      origin: this.#program.beforeWords,
      s: current,
      steps: machine.transitions.map(({ step }) => step),
      taken: this.taken,
      keys: this.#keys,
      vectors: this.#vectors,
      limit: this.#options.statesMax,
      normalise: machine.normalise,
      canonicalise: this.#options.canonicaliser?.canonicalise,
      judgeState: (s: S) => judge.judgeState(s),
      judgeStep: (transition: number, id: number) =>
        judge.judgeStep(before, current, transition, args[id] ?? []),
      onState: this.#options.onState,
      onStep: this.#options.onStep,
      allocate: (index: number) => this.#allocateSegment(index),
      checkUntouched: (id: number) => this.#program.checkUntouched(id),
    };
    // Reviewed: the text is made from numbers alone; everything named comes through `env`.
    // oxlint-disable-next-line no-new-func, typescript/no-implied-eval
    return (new Function('env', text) as (env: typeof environment) => Kernel)(environment);
  }
}
